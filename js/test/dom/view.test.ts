// @vitest-environment happy-dom

import { beforeEach, describe, expect, test } from "vitest";
import { View } from "../../src/cell/view.js";
import { Connection, LATE_AFTER } from "../../src/jupyter/connection.js";
import type { Card } from "../../src/wire/protocol.js";
import type { Flat } from "../answers.js";
import { FakeModel, patch as plainPatch, snapshot } from "../model.js";
import { FakePage } from "./page.js";

const CARD: Card = {
  kind: "rate_limit",
  title: "Rate limit reached",
  detail: "slow down",
  kept: 0,
  next: [],
  request_id: null,
  status_code: 429,
  categories: [],
};

let page: FakePage;
let model: FakeModel;
let host: HTMLElement;
let connection: Connection;
let view: View;

function open(document_: Flat = {}): void {
  page = new FakePage();
  model = new FakeModel();
  host = document.createElement("div");
  document.body.replaceChildren(host);
  connection = new Connection(model, page.clock);
  model.receive(snapshot({ status: "streaming", ...document_ }));
  view = new View(host, connection, page);
}

const part = <E extends HTMLElement = HTMLElement>(selector: string): E => {
  const found = host.querySelector<E>(selector);
  if (!found) throw new Error(`no ${selector}`);
  return found;
};

const root = () => part("[data-streamcell]");
const answer = () => part("[data-streamcell-answer]");
const line = () => part(".sc-status").textContent;
const spoken = () => part("[aria-live]").textContent;
const button = (name: string) => part(`button[aria-label="${name}"]`);
const isShown = (element: HTMLElement) => !element.hidden;
const commands = () =>
  model.sent.filter((message) => !["hello", "measure"].includes((message as { type: string }).type));

/** A patch; `["append", kind, text]` is what the kernel sends for more of the last part, or for a further one. */
function patch(seq: number, ...ops: readonly (readonly unknown[])[]) {
  const bodies = connection.state.doc.parts.map(({ kind }) => kind);
  const sent = ops.map(([verb, kind, body]) => {
    const at = bodies.lastIndexOf(String(kind));
    if (verb !== "append") return [verb, kind, body];
    if (at >= 0) return ["grow", at, body];
    bodies.push(String(kind));
    return ["part", bodies.length - 1, { kind, text: kind === "text", open: true, body }];
  });
  return plainPatch(seq, ...sent);
}

function frames(count: number): void {
  for (let i = 0; i < count; i += 1) page.clock.frame();
}

beforeEach(() => open());

describe("text", () => {
  test("that is there when the view opens is shown at once", () => {
    open({ text: "# Title\n\nabc", status: "done" });
    expect(root().getAttribute("data-status")).toBe("done");
    expect(answer().innerHTML).toContain("<h1>Title</h1>");
  });

  test("of half a megabyte is drawn over many frames, and is not done before it is whole", () => {
    const text = "A line of it.\n\n".repeat(34_000);
    const before = answer().textContent?.length ?? 0;
    model.receive(patch(1, ["append", "text", text], ["set", "status", "done"]));
    let drawn = before;
    let count = 0;
    while (root().getAttribute("data-status") !== "done") {
      page.clock.frame();
      const now = answer().textContent?.length ?? 0;
      expect(now - drawn).toBeLessThanOrEqual(10_000);
      drawn = now;
      count += 1;
    }
    expect(count).toBeGreaterThan(40);
    expect(drawn).toBe(text.replaceAll("\n", "").length);
    expect(page.clock.framesRequested).toBe(0);
  });

  test("that arrives is revealed over some frames, and all of it", () => {
    model.receive(patch(1, ["append", "text", "x"]));
    expect(answer().textContent).toBe("");
    page.clock.frame();
    expect(answer().textContent, "the first is shown at once").toBe("x");
    model.receive(patch(2, ["append", "text", "x".repeat(99)]));
    const lengths: number[] = [];
    for (let i = 0; i < 10; i += 1) {
      page.clock.frame();
      lengths.push(answer().textContent?.length ?? 0);
    }
    expect(lengths[1]).toBeGreaterThan(1);
    expect(lengths[1]).toBeLessThan(60);
    expect(lengths.at(-1)).toBe(100);
    expect(page.clock.framesRequested).toBe(0);
  });

  test("is all there when the status says that it has ended", () => {
    model.receive(patch(1, ["append", "text", "x".repeat(100)], ["set", "status", "done"]));
    page.clock.frame();
    expect(answer().textContent).toHaveLength(100);
    expect(root().getAttribute("data-status")).toBe("done");
    expect(page.clock.framesRequested).toBe(0);
  });

  test("stands still where the user wants no motion, or does not look", () => {
    page.still = true;
    model.receive(patch(1, ["append", "text", "x".repeat(100)]));
    page.clock.frame();
    expect(answer().textContent).toHaveLength(100);
  });

  test("that nobody sees is drawn now and then, at once when it comes into sight, and when it ends", () => {
    const see = (isSeen: boolean) => {
      for (const seen of page.watching) seen(isSeen);
    };
    see(false);
    for (let at = 1; at <= 50; at += 1) model.receive(patch(at, ["append", "text", "xx"]));
    frames(5);
    expect(answer().textContent).toBe("");
    expect(page.clock.framesRequested).toBe(0);
    page.clock.pass(2000);
    frames(2);
    expect(answer().textContent).toHaveLength(100);
    model.receive(patch(51, ["append", "text", "yy"]));
    see(true);
    frames(30);
    expect(answer().textContent).toHaveLength(102);
    see(false);
    model.receive(patch(52, ["append", "text", "zz"], ["set", "status", "done"]));
    frames(1);
    expect(answer().textContent).toHaveLength(104);
    view.dispose();
    expect([page.watching.size, page.clock.waiting]).toEqual([0, expect.any(Number)]);
  });

  test("of a new attempt replaces the old", () => {
    model.receive(patch(1, ["append", "text", "old answer"], ["set", "status", "done"]));
    frames(2);
    model.receive(snapshot({ status: "connecting", text: "", version: 1, versions: 2 }, 2, 0));
    frames(2);
    expect(answer().textContent).toBe("");
  });

  test("that is taken up stays where it is, node by node", () => {
    page.still = true;
    model.receive(patch(1, ["append", "text", "# Title\n\nFirst.\n\nSecond, which"]));
    frames(2);
    const nodes = [...answer().querySelectorAll("*")];
    const changes = new MutationObserver(() => {});
    changes.observe(answer(), { childList: true, subtree: true });
    model.receive(patch(2, ["set", "status", "waiting"], ["set", "attempt", 2], ["set", "retry_at", 1]));
    frames(2);
    model.receive(patch(3, ["set", "status", "connecting"], ["set", "attempt", 2], ["set", "retry_at", null]));
    frames(2);
    const resumed = { kind: "text", text: true, open: true, body: "", fields: { resumed: "exact" } };
    model.receive(patch(4, ["set", "status", "streaming"], ["end", 0], ["part", 1, resumed]));
    frames(2);
    expect(changes.takeRecords()).toEqual([]);
    model.receive(patch(5, ["append", "text", " goes on."]));
    frames(2);
    expect([...answer().querySelectorAll("*")]).toEqual(nodes);
    expect(answer().textContent).toContain("Second, which goes on.");
  });

  test("that a snapshot brings again stays too, and one that is another is drawn anew", () => {
    page.still = true;
    model.receive(patch(1, ["append", "text", "First.\n\nSecond"]));
    frames(2);
    const first = answer().querySelector("p");
    model.receive(snapshot({ status: "streaming", attempt: 2, text: "First.\n\nSecond, more" }, 2, 0));
    frames(2);
    expect(answer().querySelector("p")).toBe(first);
    model.receive(snapshot({ status: "streaming", attempt: 2, text: "Furst.\n\nSecond, more" }, 3, 0));
    frames(2);
    expect(answer().textContent).toBe("Furst.Second, more");
  });

  test("that may become something else waits while it streams", () => {
    model.receive(patch(1, ["append", "text", "Steps:\n-"]));
    frames(20);
    expect(answer().querySelector(".sc-section")?.innerHTML).toBe('<p data-tip="">Steps:</p>');
    model.receive(patch(2, ["set", "status", "stopped"]));
    frames(2);
    expect(answer().innerHTML).toContain("<h2");
  });

  test("is marked as busy while it comes", () => {
    expect(answer().getAttribute("aria-busy")).toBe("true");
    model.receive(patch(1, ["set", "status", "done"]));
    frames(1);
    expect(answer().getAttribute("aria-busy")).toBe("false");
  });
});

describe("the buttons", () => {
  const places = () => ["Stop", "Continue", "Copy", "Retry"].filter((name) => isShown(button(name)));
  const isOff = (name: string) => button(name).getAttribute("aria-disabled") === "true";

  test("Stop while it runs; Copy and Retry stay where they are, and Retry is on when it has ended", () => {
    expect([places(), isOff("Retry")]).toEqual([["Stop", "Copy", "Retry"], true]);
    model.receive(patch(1, ["set", "status", "done"]));
    frames(1);
    expect([places(), isOff("Stop"), isOff("Retry")]).toEqual([["Stop", "Copy", "Retry"], true, false]);
    page.clock.pass(1000);
    expect(places()).toEqual(["Copy", "Retry"]);
  });

  test("Stop answers at once, is sent once, and keeps its name", () => {
    button("Stop").click();
    expect(button("Stop").textContent).toBe("Stopping…");
    expect(button("Stop").getAttribute("aria-disabled")).toBe("true");
    button("Stop").click();
    expect(commands()).toEqual([{ type: "stop" }]);
    model.receive(patch(1, ["set", "status", "stopped"]));
    frames(1);
    expect(line()).toBe("Stopped");
    expect(button("Retry").textContent).toBe("Retry");
  });

  test("a kernel that does not answer is named, and Stop can be pressed again", () => {
    button("Stop").click();
    page.clock.pass(LATE_AFTER);
    expect(line()).toBe("Streaming · waiting for the kernel");
    button("Stop").click();
    expect(commands()).toHaveLength(2);
    expect(line()).toBe("Streaming");
  });

  test("Retry says that it has been pressed", () => {
    open({ status: "stopped" });
    button("Retry").click();
    expect(button("Retry").textContent).toBe("Retrying…");
    model.receive(snapshot({ status: "connecting" }, 2, 0));
    expect(button("Stop").textContent).toBe("Stop");
    expect(isShown(button("Stop"))).toBe(true);
  });

  test("Retry is off with its reason", () => {
    open({ status: "done", retry_disabled_reason: "A bare iterator cannot be asked again." });
    expect(button("Retry").getAttribute("aria-disabled")).toBe("true");
    expect(button("Retry").title).toBe("A bare iterator cannot be asked again.");
    button("Retry").click();
    expect(commands()).toEqual([]);
  });

  const click = (name: string, detail: number) =>
    button(name).dispatchEvent(new MouseEvent("click", { bubbles: true, detail }));

  test("a second click where Stop was asks nothing again: for a second Stop stays there, and does nothing", () => {
    click("Stop", 1);
    model.receive(patch(1, ["append", "text", "a"], ["set", "status", "stopped"], ["set", "resumable", "continued"]));
    page.clock.frame();
    page.clock.pass(900);
    expect(places()).toEqual(["Stop", "Copy", "Retry"]);
    click("Stop", 1);
    page.clock.pass(200);
    expect(places()).toEqual(["Continue", "Copy", "Retry"]);
    click("Continue", 2); // a double click
    click("Retry", 2);
    expect(commands()).toEqual([{ type: "stop" }]);
    click("Retry", 1);
    expect(commands()).toEqual([{ type: "stop" }, { type: "retry" }]);
  });

  test("an answer that is asked again within that second has its Stop at once", () => {
    model.receive(patch(1, ["set", "status", "stopped"]));
    page.clock.frame();
    click("Retry", 1);
    model.receive(snapshot({ status: "connecting", version: 1, versions: 2 }, 2, 0));
    page.clock.frame();
    expect([places(), isOff("Stop")]).toEqual([["Stop", "Copy", "Retry"], false]);
    page.clock.pass(5000);
    expect(places()).toContain("Stop");
  });

  const press = (key: string, on: Element) => {
    const pressed = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
    on.dispatchEvent(pressed);
    return pressed.defaultPrevented;
  };

  test("Escape stops, wherever in the cell the focus is, and only while it runs", () => {
    expect(press("Enter", button("Copy"))).toBe(false);
    expect(press("Escape", button("Copy"))).toBe(true);
    press("Escape", answer());
    expect(commands()).toEqual([{ type: "stop" }]);
    open({ status: "done" });
    expect(press("Escape", button("Copy"))).toBe(false);
    expect(commands()).toEqual([]);
  });

  test("the focus goes on where what had it is gone, and is not taken from elsewhere", () => {
    const elsewhere = document.createElement("button");
    open({ status: "failed", text: "abc", error: { ...CARD, request_id: "req_1" } });
    document.body.append(elsewhere);
    part("button[aria-label='Copy request id']").focus();
    model.receive(patch(1, ["set", "status", "connecting"], ["set", "error", null]));
    frames(1);
    expect(document.activeElement).toBe(button("Stop"));
    open({ status: "failed", text: "abc", error: { ...CARD, request_id: "req_1" } });
    document.body.append(elsewhere);
    part("button[aria-label='Copy request id']").focus();
    elsewhere.focus();
    model.receive(patch(1, ["set", "status", "connecting"], ["set", "error", null]));
    frames(1);
    expect(document.activeElement).toBe(elsewhere);
  });

  test("the focus goes from Continue to Stop", () => {
    open({ status: "interrupted", text: "abc", resumable: "exact" });
    button("Continue").focus();
    button("Continue").click();
    model.receive(patch(1, ["set", "status", "streaming"], ["set", "resumable", null]));
    page.clock.frame();
    expect(document.activeElement).toBe(button("Stop"));
  });

  test("an image that was loaded takes the focus of its button", () => {
    open({ text: "![a](https://example.org/a.png)", status: "done" });
    const load = part(".sc-load");
    const place = load.parentElement;
    load.focus();
    load.click();
    expect(place?.querySelector("img")).not.toBeNull();
    expect(document.activeElement).toBe(place);
  });

  test("the notebook's keys are off where a key belongs to a button, and what scrolls can be reached", () => {
    open({ text: "```\nabc\n```\n\n| a |\n|---|\n| b |\n", status: "done" });
    for (const selector of ["button[aria-label=Copy]", "pre", ".sc-table"]) {
      part(selector).focus();
      expect(part(selector).getAttribute("data-lm-suppress-shortcuts"), selector).toBe("true");
    }
    for (const selector of ["pre", ".sc-table"]) {
      expect(part(selector).tabIndex).toBe(0);
      expect(part(selector).getAttribute("aria-label")).toMatch(/Code|Table/);
    }
  });

  test("a card offers what there is, with the buttons for it, and says why there is no Retry", () => {
    const next = [{ text: "Press Retry to ask again.", code: null }];
    const offered = () => [...host.querySelectorAll(".sc-card-buttons button")].map(({ textContent }) => textContent);
    for (const resumable of ["continued", null] as const) {
      open({ status: "failed", text: "abc", resumable, error: { ...CARD, next } });
      expect(part(".sc-card").textContent?.includes("Press Continue")).toBe(resumable !== null);
      expect(offered()).toEqual(resumable ? ["Continue", "Retry"] : ["Retry"]);
    }
    part<HTMLButtonElement>(".sc-card-buttons button").click();
    expect(commands()).toEqual([{ type: "retry" }]);
    open({ status: "failed", text: "abc", resumable: "continued", error: { ...CARD, next } });
    connection.gone();
    frames(1);
    expect(offered()).toEqual([]);
    expect(part(".sc-card").textContent).toContain("There is no Retry here: no kernel is connected");
    expect(part(".sc-card").textContent).not.toContain("Press Continue");
  });

  test("the focus goes from Stop to Retry", () => {
    button("Stop").focus();
    model.receive(patch(1, ["set", "status", "done"]));
    frames(1);
    expect(document.activeElement).toBe(button("Stop"));
    page.clock.pass(1000);
    expect(document.activeElement).toBe(button("Retry"));
  });

  test("versions are shown when there are several, and lead to each other", () => {
    expect(isShown(part(".sc-versions"))).toBe(false);
    open({ status: "done", version: 1, versions: 3 });
    expect(part(".sc-position").textContent).toBe("2/3");
    button("Previous version").click();
    expect(commands()).toEqual([{ type: "select", version: 0 }]);
    model.receive(snapshot({ status: "done", version: 0, versions: 3 }, 2, 0));
    frames(1);
    expect(button("Previous version").getAttribute("aria-disabled")).toBe("true");
    button("Next version").click();
    expect(commands().at(-1)).toEqual({ type: "select", version: 1 });
  });

  test("another version waits for the one that was asked for", () => {
    open({ status: "done", version: 0, versions: 2 });
    button("Retry").click();
    button("Next version").click();
    expect(commands()).toEqual([{ type: "retry" }]);
  });

  test("Copy takes the Markdown, all that has come, and says so without changing its name", async () => {
    model.receive(patch(1, ["append", "text", "**all** of it"]));
    frames(1);
    button("Copy").click();
    await Promise.resolve();
    expect(page.copied).toEqual(["**all** of it"]);
    expect(button("Copy").textContent).toBe("Copied");
    expect(spoken()).toBe("Copied");
    page.clock.pass(2000);
    expect(button("Copy").textContent).toBe("Copy");
  });

  test("Copy says when the browser refuses, and is off when there is nothing", async () => {
    expect(button("Copy").getAttribute("aria-disabled")).toBe("true");
    model.receive(patch(1, ["append", "text", "a"]));
    frames(1);
    page.refuses = true;
    button("Copy").click();
    await Promise.resolve();
    expect(spoken()).toBe("The browser did not allow copying");
  });
});

describe("going on", () => {
  const isHidden = (name: string) => button(name).hidden;
  const isOff = (name: string) => button(name).getAttribute("aria-disabled") === "true";

  test("is offered where an answer was cut, and asks the kernel", () => {
    open({ status: "interrupted", text: "abc", resumable: "exact" });
    expect(isHidden("Continue")).toBe(false);
    expect(isHidden("Retry")).toBe(false);
    button("Continue").click();
    expect(model.sent.at(-1)).toEqual({ type: "resume" });
    expect(button("Continue").textContent).toBe("Continuing…");
  });

  test("is not offered for what is whole or still on its way", () => {
    open({ status: "done", text: "abc" });
    expect(isHidden("Continue")).toBe(true);
    open({ status: "streaming", text: "abc", resumable: "exact" });
    expect(isHidden("Continue")).toBe(true);
  });

  test("leaves a mark where it was cut, which says what happened there and after which words", () => {
    const parts = [
      { body: "Three words only", fields: {} },
      { body: " and more", fields: { resumed: "continued" } },
    ];
    open({ status: "done", parts: parts.map((one) => ({ kind: "text", text: true, open: false, ...one })) });
    expect(answer().textContent).toBe("Three words only and more");
    const mark = part(".sc-resumed");
    expect([mark.getAttribute("role"), mark.tabIndex]).toEqual(["note", 0]);
    expect(mark.title).toContain("a second request asked for the rest");
    expect(mark.getAttribute("aria-label")).toBe(`After “…Three words only”: ${mark.title}`);
    open({ status: "done", text: "abcdef" });
    expect(host.querySelector(".sc-resumed")).toBeNull();
  });

  test("a wait can be cut short, or ended", () => {
    open({ status: "waiting", attempt: 2, attempts: 4, retry_at: 9, error: CARD });
    // Its name has what is on it, for those who say it.
    expect(button("Retry now").textContent).toBe("Retry now");
    expect(isHidden("Stop")).toBe(false);
    button("Retry now").click();
    expect(model.sent.at(-1)).toEqual({ type: "retry" });
  });

  test.each(["refusal", "budget"] as const)("so can a wait in the line that only a time ends: %s", (reason) => {
    open({ status: "queued", queue_position: 0, wait: { reason, seconds: 40, running: 1 } });
    expect([button("Retry now").textContent, isShown(button("Stop"))]).toEqual(["Retry now", true]);
    button("Retry now").click();
    expect(commands()).toEqual([{ type: "retry" }]);
    expect(button("Retry now").textContent).toBe("Retrying…");
    model.receive(snapshot({ status: "connecting" }, 2, 0));
    frames(1);
    expect([isOff("Retry"), isShown(button("Stop"))]).toEqual([true, true]);
  });

  test("but not where too many answers are streaming", () => {
    open({ status: "queued", queue_position: 0, wait: { reason: "running", seconds: null, running: 16 } });
    expect([isOff("Retry"), isShown(button("Stop"))]).toEqual([true, true]);
  });
});

describe("the status line", () => {
  const usage = {
    input_tokens: 5,
    output_tokens: 1234,
    total_tokens: 1239,
    reasoning_tokens: null,
    cached_tokens: null,
  };
  test.each<[string, Flat]>([
    ["Queued", { status: "queued" }],
    ["Connecting", { status: "connecting" }],
    ["Checking the prompt", { status: "connecting", checking: "prompt" }],
    ["Streaming · checked before it is shown", { status: "streaming", checking: "text" }],
    ["Checking the answer", { status: "streaming", checking: "end" }],
    ["Checking a tool's result", { status: "calling", checking: "end" }],
    ["Connecting · attempt 3 of 4", { status: "connecting", attempt: 3, attempts: 4 }],
    ["Queued · 2 ahead", { status: "queued", queue_position: 2 }],
    ["Queued · next", { status: "queued", queue_position: 0 }],
    [
      "Queued · 2 ahead · 16 answers are streaming",
      { status: "queued", queue_position: 2, wait: { reason: "running", seconds: null, running: 16 } },
    ],
    [
      "Queued · next · 1 answer is streaming",
      { status: "queued", queue_position: 0, wait: { reason: "running", seconds: null, running: 1 } },
    ],
    [
      "Queued · 2 ahead · the server asks to wait 40 s",
      { status: "queued", queue_position: 2, wait: { reason: "refusal", seconds: 39.2, running: 0 } },
    ],
    [
      "Queued · next · the rate limit has room again in 12 s",
      { status: "queued", queue_position: 0, wait: { reason: "budget", seconds: 12, running: 3 } },
    ],
    [
      "Queued · next · the server asks to wait",
      { status: "queued", queue_position: 0, wait: { reason: "refusal", seconds: null, running: 0 } },
    ],
    ["Streaming", { status: "streaming", text: "a" }],
    ["Thinking", { status: "streaming", reasoning: "hm" }],
    ["Done", { status: "done" }],
    ["Done · 1,234 tokens · 4.3 s", { status: "done", usage, timings: { first_token: 0.3, total: 4.26 } }],
    ["Cut at the length limit · 1,234 tokens", { status: "done", finish_reason: "length", usage }],
    ["Stopped · 3 characters kept", { status: "stopped", text: "abc" }],
    ["Interrupted · 1 character kept", { status: "interrupted", text: "a" }],
    ["Interrupted · 10 characters kept", { status: "interrupted", text: "😀".repeat(10) }],
    ["Failed", { status: "failed" }],
  ])("%s", (words, document_) => {
    open(document_);
    expect(line()).toBe(words);
  });

  test("counts down to the moment when the line may move", () => {
    const wait = { reason: "refusal", seconds: 2.5, running: 0 } as const;
    open({ status: "queued", queue_position: 1, wait });
    expect(line()).toBe("Queued · 1 ahead · the server asks to wait 3 s");
    page.clock.pass(500);
    expect(line()).toBe("Queued · 1 ahead · the server asks to wait 2 s");
    model.receive(patch(1, ["set", "queue_position", 0], ["set", "wait", { ...wait, seconds: 1.5 }]));
    frames(1);
    page.clock.pass(500);
    expect(line()).toBe("Queued · next · the server asks to wait 1 s");
  });

  test("counts down to the next attempt", () => {
    open({ status: "waiting", attempt: 2, attempts: 4, retry_at: 2.5, error: CARD });
    expect(line()).toBe("Waiting · attempt 2 of 4, in 3 s · Rate limit reached");
    page.clock.pass(500);
    expect(line()).toBe("Waiting · attempt 2 of 4, in 2 s · Rate limit reached");
    page.clock.pass(2000);
    expect(line()).toBe("Waiting · attempt 2 of 4, now · Rate limit reached");
    expect(page.clock.waiting).toBe(1); // the connection, which listens for the kernel
    model.receive(patch(1, ["set", "status", "connecting"], ["set", "retry_at", null]));
    frames(1);
    expect(line()).toBe("Connecting · attempt 2 of 4");
  });

  test("counts the silence on, and says when it is given up", () => {
    open({ status: "streaming", text: "a", idle: { seconds: 10.2, limit: 60 } });
    expect(line()).toBe("Streaming · no data for 10 s, given up after 60 s");
    page.clock.pass(2000);
    expect(line()).toBe("Streaming · no data for 12 s, given up after 60 s");
    model.receive(patch(1, ["append", "text", "b"], ["set", "idle", null]));
    frames(1);
    expect(line()).toBe("Streaming");
    expect(page.clock.waiting).toBe(1);
  });

  test("says that the kernel does not answer, until it does", () => {
    button("Stop").click();
    page.clock.pass(20_000);
    frames(1);
    expect(line()).toBe("Streaming · no answer from the kernel");
    model.receive({ type: "here", epoch: 1, seq: 0 });
    frames(1);
    expect(line()).toBe("Streaming · waiting for the kernel");
  });

  test("says what the answer cost", () => {
    open({ status: "done", usage, timings: { first_token: 0.5, total: 2 } });
    expect(part(".sc-status").title).toBe(
      "input: 5 tokens\noutput: 1,234 tokens\nfirst token after: 0.50 s\nwhole answer: 2.00 s",
    );
  });

  test("is spoken when it changes, not for each token, and not for what was there before", () => {
    expect(spoken()).toBe("");
    model.receive(patch(1, ["append", "text", "abc"]));
    frames(20);
    expect(spoken()).toBe("");
    model.receive(patch(2, ["set", "status", "failed"], ["set", "error", CARD]));
    frames(1);
    expect(spoken()).toBe("Failed. Rate limit reached");
  });
});

describe("what is said aloud", () => {
  test("thinking as thinking, and the answer once it begins", () => {
    open({ status: "connecting" });
    model.receive(patch(1, ["set", "status", "streaming"]));
    frames(1);
    expect(spoken()).toBe("");
    model.receive(patch(2, ["append", "reasoning", "hm"]));
    frames(1);
    expect(spoken()).toBe("The model is thinking");
    model.receive(patch(3, ["append", "text", "a"]));
    frames(1);
    expect(spoken()).toBe("The answer is streaming");
  });

  test("an answer that does not think is not said to think", () => {
    open({ status: "connecting" });
    model.receive(patch(1, ["set", "status", "streaming"], ["append", "text", "a"]));
    frames(1);
    expect(spoken()).toBe("The answer is streaming");
  });

  test("another version by its number, also where it has the same status", () => {
    open({ status: "done", version: 1, versions: 2 });
    model.receive(snapshot({ status: "done", version: 0, versions: 2 }, 2, 0));
    frames(1);
    expect(spoken()).toMatch(/^Version 1 of 2\. Done/);
  });

  test("once, by one of two views", () => {
    const other = document.createElement("div");
    document.body.append(other);
    const second = new View(other, connection, page);
    model.receive(patch(1, ["set", "status", "stopped"]));
    frames(1);
    const said = [...document.querySelectorAll("[aria-live]")].map(({ textContent }) => textContent);
    expect(said).toEqual(["Stopped", ""]);
    view.dispose();
    model.receive(patch(2, ["set", "status", "done"]));
    frames(1);
    expect(other.querySelector("[aria-live]")?.textContent).toMatch(/^Done/);
    second.dispose();
  });
});

describe("around the answer", () => {
  test("the origin, with the reason for it; a rehearsal says that it is one", () => {
    open({ origin: { model: "gpt-x", api: "Responses API", note: "it has it", rehearsal: false } });
    expect(part(".sc-origin").textContent).toBe("gpt-x · Responses API");
    expect(part(".sc-origin").title).toBe("it has it");
    expect(isShown(part(".sc-badge"))).toBe(false);
    open({ origin: { model: "rehearsal", api: "", note: "", rehearsal: true } });
    expect(isShown(part(".sc-badge"))).toBe(true);
    expect(part(".sc-badge").textContent).toBe("rehearsal: scripted answer, not a model");
  });

  test("what was asked stands above it as text, if the user wants that", () => {
    open({ status: "done", text: "42" });
    expect(isShown(part(".sc-prompt"))).toBe(false);
    open({ status: "done", text: "42", prompt: "What is\n<b>this</b>?" });
    expect([isShown(part(".sc-prompt")), part(".sc-prompt").tabIndex]).toEqual([true, 0]);
    expect(part(".sc-prompt").textContent).toBe("What is\n<b>this</b>?");
    button("Copy").click();
    expect(page.copied).toEqual(["42"]);
  });

  test("the card is there when the answer has ended, not while another attempt is coming", () => {
    open({ status: "waiting", error: CARD });
    expect(host.querySelector(".sc-card")).toBeNull();
    model.receive(patch(1, ["set", "status", "failed"]));
    frames(1);
    const card = part(".sc-card");
    model.receive(patch(2, ["set", "notice", "a remark"]));
    frames(1);
    expect(part(".sc-card")).toBe(card);
    expect(part(".sc-notice").textContent).toBe("a remark");
  });

  test("a refusal stands apart, as text", () => {
    model.receive(patch(1, ["append", "refusal", "No <b>way</b>"]));
    frames(1);
    expect(part(".sc-refusal").textContent).toBe("No <b>way</b>");
    expect(part(".sc-refusal").children).toHaveLength(0);
  });

  test("reasoning is folded, and drawn when it is opened", () => {
    model.receive(patch(1, ["append", "reasoning", "*hm*"]));
    frames(1);
    const details = part("details") as HTMLDetailsElement;
    expect([details.open, details.hidden, details.querySelector("em")]).toEqual([false, false, null]);
    details.open = true;
    details.dispatchEvent(new Event("toggle"));
    expect(details.querySelector("em")?.textContent).toBe("hm");
    model.receive(patch(2, ["append", "reasoning", " more"]));
    frames(1);
    expect(details.textContent).toBe("Reasoninghm more");
  });

  describe("reasoning", () => {
    const fold = () => part("details.sc-reasoning") as HTMLDetailsElement;
    const toggle = (isOpen: boolean) => {
      fold().open = isOpen;
      fold().dispatchEvent(new Event("toggle"));
    };
    const think = (show: string) => {
      model.receive(
        plainPatch(1, ["part", 0, { kind: "reasoning", text: false, open: true, body: "*hm*", fields: { show } }]),
      );
      frames(1);
      fold().dispatchEvent(new Event("toggle"));
    };
    const answerBegins = (seconds: number) => {
      model.receive(plainPatch(2, ["fields", 0, { seconds }], ["end", 0]));
      frames(1);
    };

    test.each([
      ["closed", false, false],
      ["streaming", true, false],
      ["open", true, true],
    ])("that is to be shown when %s is open while it comes: %s, and then: %s", (show, first, then) => {
      think(show);
      expect([fold().open, fold().querySelector("em") !== null]).toEqual([first, first]);
      answerBegins(12.4);
      expect(fold().open).toBe(then);
      expect(fold().querySelector("summary")?.textContent).toBe("Thought for 12 s");
    });

    test("stays as the user has left it", () => {
      think("streaming");
      toggle(false);
      toggle(true);
      answerBegins(1);
      expect(fold().open).toBe(true);
      open();
      think("streaming");
      toggle(false);
      model.receive(plainPatch(2, ["grow", 0, " more"]));
      frames(1);
      expect(fold().open).toBe(false);
    });

    test.each([
      [0.2, "Thought for less than a second"],
      [59, "Thought for 59 s"],
      [125, "Thought for 2 min 5 s"],
    ])("of %s seconds says so", (seconds, said) => {
      think("closed");
      answerBegins(seconds);
      expect(fold().querySelector("summary")?.textContent).toBe(said);
    });

    test("in several parts one after the other is one fold, with the time of all", () => {
      think("open");
      answerBegins(2);
      model.receive(plainPatch(3, ["part", 1, { kind: "reasoning", text: false, body: "ah", fields: { seconds: 3 } }]));
      frames(1);
      expect(host.querySelectorAll("details")).toHaveLength(1);
      expect(fold().textContent).toBe("Thought for 5 shmah");
    });
  });

  test("another wire is named, and its text is shown as it is", () => {
    model.receive({ type: "snapshot", wire: 9, document: { text: "# plain" } });
    frames(1);
    expect(part(".sc-notice").textContent).toContain("(wire 9 and 2)");
    expect(part(".sc-foreign").textContent).toBe("# plain");
    expect(isShown(part(".sc-parts"))).toBe(false);
    model.receive(snapshot({ text: "# again" }, 2, 0));
    frames(20);
    expect([isShown(part(".sc-parts")), isShown(part(".sc-foreign")), isShown(part(".sc-notice"))]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

test("two views of one answer show the same, with ids of their own, and end apart", () => {
  const other = document.createElement("div");
  document.body.append(other);
  const second = new View(other, connection, page);
  model.receive(patch(1, ["append", "text", "a[^1]\n\n[^1]: b"], ["set", "status", "done"]));
  frames(2);
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids).toHaveLength(8);
  view.dispose();
  expect(host.children).toHaveLength(0);
  model.receive(patch(2, ["append", "text", "\n\nc"]));
  frames(2);
  expect(other.textContent).toContain("c");
  second.dispose();
});

test("the style sheet is there once", () => {
  new View(document.createElement("div"), connection, page);
  expect(document.querySelectorAll("style[data-streamcell-style]")).toHaveLength(1);
});

describe("without a kernel", () => {
  test("an answer on its way says so, keeps its text and offers Copy", () => {
    open({ text: "Half **of", status: "streaming" });
    connection.gone();
    frames(2);
    expect(line()).toBe("Kernel disconnected · 9 characters kept");
    expect(spoken()).toBe("Kernel disconnected. 9 characters kept");
    expect(root().getAttribute("data-status")).toBe("gone");
    expect(answer().getAttribute("aria-busy")).toBe("false");
    expect(isShown(button("Stop"))).toBe(false);
    expect(button("Retry").getAttribute("aria-disabled")).toBe("true");
    expect(button("Retry").title).toContain("Run the cell again");
    button("Copy").click();
    expect(page.copied).toEqual(["Half **of"]);
    expect(page.clock.waiting).toBe(0);
  });

  test("an answer that had ended stays what it is", () => {
    open({ text: "Whole", status: "done", resumable: "exact" });
    connection.gone();
    frames(2);
    expect(root().getAttribute("data-status")).toBe("done");
    expect(isShown(button("Continue"))).toBe(false);
  });
});
