// @vitest-environment happy-dom

import { diffWordsWithSpace } from "diff";
import { beforeEach, describe, expect, test } from "vitest";
import { differences } from "../../src/addons/differences.js";
import { Meter } from "../../src/cell/numbers.js";
import { View } from "../../src/cell/view.js";
import { Connection } from "../../src/jupyter/connection.js";
import { EMPTY, readDoc } from "../../src/wire/narrow.js";
import type { Doc, Figures, Segment } from "../../src/wire/protocol.js";
import { start } from "../../src/wire/store.js";
import { part } from "../answers.js";
import { FakeModel, patch, snapshot } from "../model.js";
import { FakePage } from "./page.js";

const USAGE = {
  input_tokens: null,
  output_tokens: null,
  total_tokens: null,
  reasoning_tokens: null,
  cached_tokens: null,
};

const FIGURES: Figures = {
  elapsed: null,
  queue: 0,
  connect: 0.25,
  wait: 2,
  tools: 0,
  total: 9.5,
  rate: 40,
  estimated: true,
  attempts: 2,
  chunks: 1200,
  bytes: 20_000,
  longest_gap: 1.25,
  price: 0.0012,
  timeline: [],
};

let page: FakePage;
let model: FakeModel;
let host: HTMLElement;

function open(doc: Partial<Doc>): void {
  page = new FakePage();
  model = new FakeModel();
  host = document.createElement("div");
  document.body.replaceChildren(host);
  const connection = new Connection(model, page.clock);
  model.receive(snapshot(doc));
  new View(host, connection, page);
}

const find = (selector: string) => host.querySelector<HTMLElement>(selector) as HTMLElement;
const button = (name: string) => find(`button[aria-label="${name}"]`) as HTMLButtonElement;
const asked = (type: string) => model.sent.filter((message) => (message as { type: string }).type === type);

describe("the meter", () => {
  const streaming = (text: string, more: Partial<Doc> = {}) => {
    const doc = readDoc(
      (name) => ({ ...EMPTY, status: "streaming", parts: [part("text", text)], ...more })[name as "parts"],
    );
    return start({ ...doc, timings: { first_token: 0.5, total: null } }, { epoch: 1, seq: 1 }).state;
  };
  const connecting = () => start({ ...EMPTY, status: "connecting" }, { epoch: 1, seq: 1 }).state;

  test("counts seconds from the start of the attempt, and tokens by bytes, once a second", () => {
    const meter = new Meter();
    expect(meter.text(connecting(), 1_000)).toBe("");
    expect(meter.text(connecting(), 3_000)).toBe("2 s");
    expect(meter.text(streaming(""), 4_000)).toBe("3 s · first token 0.5 s");
    expect(meter.text(streaming("a".repeat(400)), 6_000)).toBe("5 s · ≈ 50 tokens/s · first token 0.5 s");
    expect(meter.text(streaming("a".repeat(4_000)), 6_500)).toBe("5 s · ≈ 50 tokens/s · first token 0.5 s");
    expect(meter.due(streaming(""), 6_500)).toBe(500);
  });

  test("a character of Chinese has three bytes, and a text that was replaced is counted anew", () => {
    const meter = new Meter();
    meter.text(connecting(), 0);
    meter.text(streaming(""), 0);
    expect(meter.text(streaming("字".repeat(40)), 1_000)).toContain("≈ 30 tokens/s");
    expect(meter.text({ ...streaming("a".repeat(80)), texts: 1 }, 2_000)).toContain("≈ 10 tokens/s");
  });

  test("a page that was opened later learns from the kernel since when it streams", () => {
    const meter = new Meter();
    const state = streaming("a".repeat(400));
    expect(meter.text(state, 50_000)).toBe("");
    expect(meter.isLate).toBe(true);
    const known = {
      ...state,
      numbers: { type: "numbers", version: 0, figures: { ...FIGURES, elapsed: 10.5 } },
    } as const;
    expect(meter.text(known, 50_000)).toBe("10 s · ≈ 10 tokens/s · first token 0.5 s");
    expect(meter.isLate).toBe(false);
  });

  test("the end has the provider's counts, without reasoning that was not streamed", () => {
    const usage = {
      input_tokens: 1,
      output_tokens: 200,
      total_tokens: null,
      reasoning_tokens: 100,
      cached_tokens: null,
    };
    const ended = streaming("x", { status: "done", usage });
    const done = {
      ...ended,
      doc: { ...ended.doc, status: "done", usage, timings: { first_token: 0.5, total: 4.5 } },
    } as const;
    expect(new Meter().text(done, 0)).toBe("25 tokens/s · first token 0.5 s");
    const thought = { ...done.doc, parts: [part("reasoning", "h".repeat(400)), part("text", "x")] };
    expect(new Meter().text({ ...done, doc: thought }, 0)).toBe("50 tokens/s · first token 0.5 s");
    const summary = { ...done.doc, parts: [part("reasoning", "h".repeat(80)), part("text", "x")] };
    expect(new Meter().text({ ...done, doc: summary }, 0)).toBe("30 tokens/s · first token 0.5 s");
    const called = { ...done.doc, parts: [part("tool_call", "{}"), part("text", "x")] };
    expect(new Meter().text({ ...done, doc: called }, 0)).toBe("first token 0.5 s");
  });

  test("nothing is counted in the queue, without a kernel, and where nothing streamed", () => {
    const queued = start({ ...EMPTY, status: "queued" }, { epoch: 1, seq: 1 }).state;
    expect(new Meter().text(queued, 0)).toBe("");
    const meter = new Meter();
    meter.text(connecting(), 0);
    expect(meter.text({ ...connecting(), gone: "kernel" }, 5_000)).toBe("");
    expect(meter.due({ ...connecting(), gone: "kernel" }, 5_000)).toBeNull();
  });
});

describe("the details", () => {
  const timeline: readonly Segment[] = [
    { kind: "connect", start: 0, seconds: 0.5, text: "" },
    { kind: "stream", start: 0.5, seconds: 2, text: "" },
    { kind: "wait", start: 2.5, seconds: 2, text: "Interrupted" },
    { kind: "tool", start: 3, seconds: 1, text: "<b>gauge</b>" },
  ];
  const answer = (figures: Partial<Figures>) =>
    model.receive({ type: "numbers", version: 0, figures: { ...FIGURES, ...figures } });

  beforeEach(() => open({ status: "connecting" }));

  test("are closed, and ask for nothing", () => {
    expect(find(".sc-details").hidden).toBe(true);
    page.clock.frame(5_000);
    expect(asked("measure")).toHaveLength(0);
  });

  test("ask for the numbers when they are opened, again each second while the answer runs, and once at its end", () => {
    button("Details").click();
    expect(button("Details").getAttribute("aria-expanded")).toBe("true");
    expect(asked("measure")).toHaveLength(1);
    answer({});
    for (let second = 0; second < 3; second += 1) page.clock.frame(1_000);
    expect(asked("measure")).toHaveLength(4);
    model.receive(patch(1, ["set", "status", "done"]));
    page.clock.frame(100);
    expect(asked("measure")).toHaveLength(5);
    answer({});
    page.clock.frame(10_000);
    expect(asked("measure")).toHaveLength(5);
    button("Details").click();
    expect(find(".sc-details").hidden).toBe(true);
  });

  test("show the numbers, the timeline in proportion, and its names for who does not see it", () => {
    button("Details").click();
    answer({ timeline });
    page.clock.frame();
    const facts = find(".sc-facts").textContent ?? "";
    for (const said of [
      "rate≈ 40 tokens/s",
      "requests2",
      "chunks1,200 (20 kB)",
      "price0.0012",
      "between attempts2.00 s",
    ])
      expect(facts).toContain(said);
    expect(facts).not.toContain("in the queue");
    const pieces = [...host.querySelectorAll<HTMLElement>(".sc-piece")];
    expect(pieces.map(({ dataset, style }) => [dataset.kind, style.width])).toEqual([
      ["connect", "11.111%"],
      ["stream", "44.444%"],
      ["wait", "44.444%"],
      ["tool", "22.222%"],
    ]);
    const named = find(".sc-track").getAttribute("aria-label");
    expect(named).toContain("Waiting to retry (Interrupted): 2.00 s, from 2.50 s");
    expect(host.querySelector("b")).toBeNull();
  });

  test("a thousand pieces are not all read aloud", () => {
    button("Details").click();
    const many = Array.from({ length: 200 }, (_, start): Segment => ({ kind: "gap", start, seconds: 1, text: "" }));
    answer({ timeline: many });
    page.clock.frame();
    expect(find(".sc-track").getAttribute("aria-label")).toMatch(/; 170 more$/);
  });

  test("another version's numbers are asked for at once, and none of the former stay", () => {
    open({ status: "done", version: 1, versions: 2, usage: { ...USAGE, output_tokens: 7 } });
    button("Details").click();
    model.receive({ type: "numbers", version: 1, figures: FIGURES });
    page.clock.frame();
    expect(find(".sc-facts").textContent).toContain("7 tokens");
    model.receive(patch(1, ["set", "version", 0], ["set", "usage", null]));
    page.clock.frame();
    expect(asked("measure")).toHaveLength(2);
    expect(find(".sc-facts").textContent).toBe("");
  });

  test("a fact that changes keeps its node, so that it can be selected", () => {
    button("Details").click();
    answer({ chunks: 1 });
    page.clock.frame();
    const first = find(".sc-facts dd");
    answer({ chunks: 2 });
    page.clock.frame();
    expect(find(".sc-facts dd")).toBe(first);
    expect(find(".sc-facts").textContent).toContain("chunks2 (");
  });

  test("numbers of another version are not shown", () => {
    button("Details").click();
    model.receive({ type: "numbers", version: 3, figures: FIGURES });
    page.clock.frame();
    expect(find(".sc-facts").textContent).not.toContain("requests");
  });
});

describe("two versions", () => {
  const LATER = { status: "done", version: 2, versions: 3, parts: [part("text", "One small step")] } as const;

  beforeEach(() => {
    open(LATER);
    page.addons = { ...page.addons, differences: () => differences };
  });

  test("are compared word by word when the user asks, and nothing before", () => {
    expect(button("Compare").hidden).toBe(false);
    expect(asked("fetch")).toHaveLength(0);
    button("Compare").click();
    expect(asked("fetch")).toEqual([{ type: "fetch", version: 1 }]);
    model.receive({ type: "read", version: 1, text: "One giant step" });
    page.clock.frame();
    const shown = find(".sc-difference-text");
    expect([...shown.children].map(({ localName, textContent }) => [localName, textContent])).toEqual([
      ["del", "giant"],
      ["ins", "small"],
    ]);
    expect(shown.textContent).toBe("One giantsmall step");
  });

  test("another one can be chosen, and what was read once is not asked for again", () => {
    button("Compare").click();
    model.receive({ type: "read", version: 1, text: "One giant step" });
    page.clock.frame();
    const choice = find(".sc-difference select") as HTMLSelectElement;
    expect([...choice.options].map(({ textContent }) => textContent)).toEqual(["version 1", "version 2"]);
    choice.value = "0";
    choice.dispatchEvent(new Event("change"));
    expect(asked("fetch").at(-1)).toEqual({ type: "fetch", version: 0 });
    model.receive({ type: "read", version: 0, text: "One small step" });
    page.clock.frame();
    expect(find(".sc-difference-text").textContent).toBe("The two texts are the same.");
    choice.value = "1";
    choice.dispatchEvent(new Event("change"));
    expect(asked("fetch")).toHaveLength(2);
  });

  test("a choice that is taken back shows its comparison again, and a lost request is made again", () => {
    button("Compare").click();
    model.receive({ type: "read", version: 1, text: "One giant step" });
    page.clock.frame();
    const choice = find(".sc-difference select") as HTMLSelectElement;
    const choose = (value: string) => {
      choice.value = value;
      choice.dispatchEvent(new Event("change"));
    };
    choose("0");
    expect(find(".sc-difference-text").textContent).toBe("Waiting for the kernel");
    choose("1");
    expect(find(".sc-difference-text").textContent).toBe("One giantsmall step");
    choose("0");
    button("Compare").click();
    button("Compare").click();
    expect(asked("fetch").filter((one) => (one as { version: number }).version === 0)).toHaveLength(3);
  });

  test("an addon that comes late does not show a former comparison", async () => {
    let bring = (_found: typeof differences) => {};
    const coming = new Promise<typeof differences>((resolve) => {
      bring = resolve;
    });
    page.addons = { ...page.addons, differences: () => coming };
    button("Compare").click();
    model.receive({ type: "read", version: 1, text: "One giant step" });
    page.clock.frame();
    const choice = find(".sc-difference select") as HTMLSelectElement;
    choice.value = "0";
    choice.dispatchEvent(new Event("change"));
    bring(differences);
    await coming;
    await Promise.resolve();
    expect(find(".sc-difference-text").textContent).toBe("Waiting for the kernel");
  });

  test("what a model writes is text, never markup", () => {
    button("Compare").click();
    model.receive({ type: "read", version: 1, text: "<img src=x onerror=alert(1)>" });
    page.clock.frame();
    expect(host.querySelector("img")).toBeNull();
    expect(find("del").textContent).toContain("<img");
  });

  test("a comparison is offered only where there are two, and not in mid-stream", () => {
    open({ status: "done" });
    expect(button("Compare").hidden).toBe(true);
    open({ ...LATER, status: "streaming" });
    expect(button("Compare").hidden).toBe(true);
  });

  test("the version says what was changed for it", () => {
    open({ ...LATER, changed: ["temperature 0", "model m"] });
    expect(find(".sc-changed").textContent).toBe("temperature 0, model m");
  });

  test("without the addon the panel says so and tries again later", () => {
    open(LATER);
    button("Compare").click();
    model.receive({ type: "read", version: 1, text: "One giant step" });
    page.clock.frame();
    expect(find(".sc-difference-text").textContent).toBe("The comparison cannot be loaded now.");
  });
});

test("a comparison ends in time, and then has lines in place of words, or nothing", () => {
  const words = (seed: number) =>
    Array.from({ length: 30_000 }, (_, at) => `w${(at * seed) % 7919}${at % 10 === 9 ? "\n" : ""}`).join(" ");
  const [one, other] = [words(17), words(31)];
  expect(diffWordsWithSpace(one, other, { timeout: 1 })).toBeUndefined();
  const found = differences.compare(one, other);
  if (found !== null)
    expect(
      found
        .filter(({ kind }) => kind !== "added")
        .map(({ text }) => text)
        .join(""),
    ).toBe(one);
  expect(found === null || found.length > 1).toBe(true);
});
