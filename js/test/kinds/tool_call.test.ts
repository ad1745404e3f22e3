// @vitest-environment happy-dom

/** A call of a tool in the page: its states, what the user can say to it, and what it returned. */

import { beforeEach, describe, expect, test } from "vitest";
import copies from "../../../tests/kinds/tool_call.json";
import { LIMIT } from "../../src/cell/box.js";
import { copied } from "../../src/cell/parts/kinds.js";
import { View } from "../../src/cell/view.js";
import { Connection } from "../../src/jupyter/connection.js";
import type { Part, Status, ToolCallFields } from "../../src/wire/protocol.js";
import { saved } from "../../src/wire/store.js";
import { docOf, part } from "../answers.js";
import { FakePage } from "../dom/page.js";
import { FakeModel, patch, snapshot } from "../model.js";

const ARGUMENTS = '{"city":"Zürich"}';

let page: FakePage;
let model: FakeModel;
let host: HTMLElement;
let seq: number;

const call = (fields: Record<string, unknown> = {}, body = ARGUMENTS, over: Partial<Part> = {}): Part =>
  part("tool_call", body, { fields: { name: "get_weather", call_id: "c1", ...fields }, ...over });

function open(parts: readonly Part[], status: Status = "calling"): void {
  page = new FakePage();
  model = new FakeModel();
  host = document.createElement("div");
  document.body.replaceChildren(host);
  seq = 0;
  const connection = new Connection(model, page.clock);
  model.receive(snapshot({ status, parts }));
  new View(host, connection, page);
}

function receive(...ops: readonly (readonly unknown[])[]): void {
  seq += 1;
  model.receive(patch(seq, ...ops));
  page.clock.frame();
}

/** What a notebook shows without a kernel. */
function openSaved(parts: readonly Part[], gone: "saved" | "kernel" = "saved"): void {
  page = new FakePage();
  host = document.createElement("div");
  document.body.replaceChildren(host);
  const state = { ...saved(docOf({ status: "calling", parts })), gone };
  new View(host, { state, subscribe: () => () => {}, press: () => {} }, page);
}

const get = <E extends Element = HTMLElement>(selector: string, at = 0): E => {
  const found = host.querySelectorAll<E>(selector)[at];
  if (!found) throw new Error(`no ${selector}`);
  return found;
};

const said = () => get(".sc-call-state").textContent;
const line = () => get(".sc-status").textContent;
const spoken = () => get("[aria-live=polite].sc-live").textContent;
const isShown = (one: Element): boolean => !one.closest("[hidden]");
const buttons = () => [...host.querySelectorAll<HTMLButtonElement>(".sc-call button")].filter(isShown);
const button = (label: string): HTMLButtonElement => {
  const found = buttons().find(({ textContent }) => textContent === label);
  if (!found) throw new Error(`no button ${label}`);
  return found;
};
const acts = () => model.sent.filter((message) => (message as { type: string }).type === "act");
const area = () => get<HTMLTextAreaElement>(".sc-call textarea");
const flaw = () => get(".sc-call-flaw").textContent;

beforeEach(() => open([call({ state: "asked" })]));

describe("its state", () => {
  test.each([
    [{ state: "asked" }, "Asks to run"],
    [{ state: "running" }, "Running…"],
    [{ state: "done", seconds: 1.24 }, "Done in 1.2 s"],
    [{ state: "done", seconds: 0.04 }, "Done"],
    [{ state: "done" }, "Done"],
    [{ state: "failed", seconds: 2 }, "Failed"],
    [{ state: "denied" }, "Denied"],
    [{ state: "stopped" }, "Stopped"],
    [{ state: "running", always: true, edited: "{}" }, "Running… · with your changes · always allowed"],
  ])("%j", (fields, words) => {
    open([call(fields)]);
    expect(said()).toBe(words);
    expect(get(".sc-call-head code").textContent).toBe("get_weather");
    expect(buttons().length > 0).toBe(fields.state === "asked");
  });

  test("is its approval where the provider runs it; its arguments are not the user's to edit", () => {
    open([call({ state: "asked", server: "atlas" })]);
    expect(get(".sc-call-head code").textContent).toBe("atlas · get_weather");
    expect(buttons().map(({ textContent }) => textContent)).toEqual(["Run", "Deny", "Always allow"]);
    open([call({ state: "done", server: "atlas" })]);
    expect(said()).toBe("Approved");
  });

  test("is that it was not run, where nobody runs it; before that it is only being prepared", () => {
    open([call({}, '{"ci', { open: true })], "streaming");
    expect([said(), line()]).toEqual(["Preparing…", "Preparing a tool call"]);
    receive(["end", 0], ["set", "status", "done"]);
    expect(said()).toBe("Not run");
  });

  test("is told in the status line, with Stop beside it", () => {
    const stop = get('[aria-label="Stop"]');
    expect([line(), stop.hidden]).toEqual(["Waiting for your approval", false]);
    receive(["fields", 0, { state: "running" }]);
    expect(line()).toBe("Running get_weather");
    receive(["part", 1, call({ state: "running" })]);
    expect([line(), stop.hidden]).toEqual(["Running 2 tools", false]);
    stop.click();
    expect(model.sent.at(-1)).toEqual({ type: "stop" });
  });

  test("is said aloud when it begins to wait, for each call that does", () => {
    open([call({}, ARGUMENTS, { open: true })], "streaming");
    receive(["end", 0], ["fields", 0, { state: "asked" }], ["set", "status", "calling"]);
    expect(spoken()).toBe("Waiting for your approval to run get_weather");
    receive(["fields", 0, { state: "running" }]);
    receive(["part", 1, call({ name: "send_mail", state: "asked" })]);
    expect(spoken()).toBe("Waiting for your approval to run send_mail");
    expect(document.activeElement).toBe(document.body);
  });
});

describe("the arguments", () => {
  test("are laid out while they grow", () => {
    open([call({}, '{"city":"Zür', { open: true })], "streaming");
    expect(get(".sc-box").textContent).toBe('{\n  "city": "Zür');
    receive(["grow", 0, 'ich","days":[1']);
    expect(get(".sc-box").textContent).toBe('{\n  "city": "Zürich",\n  "days": [\n    1');
  });

  test("are the user's where there are any, and a text as it came where the tool takes one", () => {
    open([call({ state: "done", edited: '{"city":"Basel"}' }), call({ custom: true }, '{"a":1}  \u202ex')]);
    expect(get(".sc-box").textContent).toBe('{\n  "city": "Basel"\n}');
    expect(get(".sc-call:nth-of-type(2) .sc-box").textContent).toBe('{"a":1}  \\u202ex');
  });

  test("are cut where they are very long, and shown whole on demand", () => {
    open([call({ state: "asked" }, JSON.stringify({ text: "x".repeat(200_000) }))]);
    expect(get(".sc-box").textContent).toHaveLength(LIMIT);
    expect(get(".sc-box-more").textContent).toContain("… 180,016 characters are left out");
    button("Show all").click();
    expect(get(".sc-box").textContent).toHaveLength(200_016);
    expect(get(".sc-box-more").hidden).toBe(true);
  });

  test("do not leave the box, whatever they are", () => {
    open([
      call(
        { name: `<b>\u202e${"x".repeat(200)}`, state: "asked", result: { a: 1 }, shown: [1], seconds: "1" },
        '"</script>\u202e',
      ),
      call({ name: 7, state: "exploded", shown: "image/png" }, "\u0000"),
    ]);
    expect(get(".sc-call-head code").textContent).toBe(`<b>\\u202e${"x".repeat(55)}…`);
    expect(get(".sc-box").textContent).toBe('"</script>\\u202e');
    expect(get(".sc-call-head code", 1).textContent).toBe("?");
    expect(get(".sc-call:nth-of-type(2) .sc-box").textContent).toBe("\\u0000");
    expect(host.querySelector("script, b, img, iframe")).toBeNull();
  });
});

describe("the user's say", () => {
  test.each([
    ["Run", "run"],
    ["Deny", "deny"],
    ["Always allow", "always"],
  ])("%s is sent once, until the kernel has answered", (label, action) => {
    button(label).click();
    button(label).click();
    button("Deny").click();
    button("Edit").click();
    expect(acts()).toEqual([{ type: "act", part: 0, action }]);
    expect(buttons().every((one) => one.getAttribute("aria-disabled") === "true")).toBe(true);
    receive(["fields", 0, { state: "running" }]);
    expect(buttons()).toEqual([]);
  });

  test("can be sent again where the kernel does not answer", () => {
    button("Run").click();
    page.clock.pass(10_000);
    expect(flaw()).toContain("not answered");
    button("Run").click();
    expect(acts()).toHaveLength(2);
    receive(["fields", 0, { state: "running" }]);
    page.clock.pass(20_000);
    expect(flaw()).toBe("");
  });

  test("is not the second half of a double click", () => {
    button("Run").dispatchEvent(new MouseEvent("click", { detail: 2, bubbles: true }));
    expect(acts()).toEqual([]);
  });

  test("goes to its own call", () => {
    open([part("text", "Let me see."), call({ state: "done" }), call({ state: "asked" })]);
    button("Deny").click();
    expect(acts()).toEqual([{ type: "act", part: 2, action: "deny" }]);
  });

  test("leaves the focus at the call when its buttons go, and takes it from nowhere else", () => {
    button("Run").focus();
    receive(["fields", 0, { state: "running" }]);
    expect(document.activeElement).toBe(get(".sc-call"));
    const copy = get<HTMLButtonElement>('[aria-label="Copy"]');
    copy.focus();
    receive(["fields", 0, { state: "asked" }]);
    receive(["fields", 0, { state: "done" }]);
    expect(document.activeElement).toBe(copy);
  });

  test("is not asked for without a kernel", () => {
    openSaved([call({ state: "asked" })]);
    expect(said()).toBe("Was waiting for approval when this was saved: nothing can be run from here");
    expect(buttons()).toEqual([]);
    openSaved([call({ state: "running" })]);
    expect(said()).toBe("Was running when this was saved");
    openSaved([call({ state: "asked" })], "kernel");
    expect(said()).toContain("no kernel is connected");
    expect(buttons()).toEqual([]);
    openSaved([call({ state: "done", result: "12 °C" })]);
    expect(get(".sc-call-result .sc-box").textContent).toBe("12 °C");
  });
});

describe("an edit", () => {
  test("is sent as it was written", () => {
    button("Edit").click();
    expect(document.activeElement).toBe(area());
    expect(area().value).toBe('{\n  "city": "Zürich"\n}');
    area().value = '{"city": "Bern"}';
    button("Run with changes").click();
    button("Run with changes").click();
    expect(acts()).toEqual([{ type: "act", part: 0, action: "edit", value: '{"city": "Bern"}' }]);
    receive(["fields", 0, { state: "running", edited: '{"city": "Bern"}' }]);
    expect(get(".sc-box").textContent).toBe('{\n  "city": "Bern"\n}');
    expect(buttons()).toEqual([]);
  });

  test.each([
    ["{", "This is not valid JSON: "],
    ["[1]", "The arguments must be a JSON object, such as {}."],
    ["null", "The arguments must be a JSON object, such as {}."],
    [`{"a":"${"x".repeat(1_000_000)}"}`, "The arguments are too long."],
  ])("that is %.9s is not sent, and the reason is said", (text, reason) => {
    button("Edit").click();
    area().value = text;
    button("Run with changes").click();
    expect(acts()).toEqual([]);
    expect(flaw()).toContain(reason);
    expect(get(".sc-call-flaw").getAttribute("aria-live")).toBe("polite");
    expect(area().getAttribute("aria-invalid")).toBe("true");
    area().value = "  ";
    area().dispatchEvent(new Event("input"));
    expect([flaw(), area().getAttribute("aria-invalid")]).toEqual(["", null]);
    button("Run with changes").click();
    expect(acts()).toEqual([{ type: "act", part: 0, action: "edit", value: "{}" }]);
  });

  test("is given up with Cancel or Escape, and the notebook hears no key of it", () => {
    const heard: string[] = [];
    host.addEventListener("keydown", ({ key }) => heard.push(key));
    for (const leave of [
      () => button("Cancel").click(),
      () => area().dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true })),
    ]) {
      button("Edit").click();
      area().dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", shiftKey: true, bubbles: true }));
      leave();
      expect(document.activeElement).toBe(button("Edit"));
    }
    expect([acts(), heard]).toEqual([[], []]);
  });

  test("is offered for arguments only, not for a text", () => {
    open([call({ state: "asked", custom: true }, "a text")]);
    expect(buttons().map(({ textContent }) => textContent)).toEqual(["Run", "Deny", "Always allow"]);
  });
});

describe("the result", () => {
  const result = () => get<HTMLDetailsElement>(".sc-call-result");

  test.each([
    ["12 °C", "12 °C", true],
    ['{"t":12}', '{\n  "t": 12\n}', true],
    ['{"t":12', '{"t":12', true],
    ["a\u001b[2J\u202e", "a\\u001b[2J\\u202e", true],
    ["line\n".repeat(30), "line\n".repeat(30), false],
  ])("%j", (text, shown, isOpen) => {
    open([call({ state: "done", result: text })]);
    expect([get("summary").textContent, get(".sc-call-result .sc-box").textContent]).toEqual(["Result", shown]);
    expect(result().open).toBe(isOpen);
  });

  test("stays as the user has folded it", () => {
    open([call({ state: "done", result: "12 °C" })]);
    result().open = false;
    receive(["fields", 0, { always: true }]);
    expect(result().open).toBe(false);
  });

  test("is a picture where it is one", () => {
    open([call({ state: "done", result: "an image", shown: ["image/png", "iVBO\nRw0="] })]);
    const image = get<HTMLImageElement>("img");
    expect([image.getAttribute("src"), image.alt]).toEqual([
      "data:image/png;base64,iVBORw0=",
      "Image returned by get_weather",
    ]);
    expect([get("summary").textContent, result().open]).toEqual(["Result as text", false]);
  });

  test.each([
    ["image/png", 'x" onerror="window.hit=1'],
    ["image/png", "https://evil.example/x.png"],
    ["image/svg+xml", "PHN2Zz4="],
    ["text/javascript", "alert(1)"],
    ["text/html", "x".repeat(1_000_001)],
  ])("is only text where it is %s as it should not be", (mime, data) => {
    open([call({ state: "done", result: "r", shown: [mime, data] })]);
    expect(host.querySelector(".sc-call :is(img, iframe, .sc-shown)")).toBeNull();
    expect(result().open).toBe(true);
  });

  test("is Markdown, drawn like the answer", () => {
    open([
      call({ state: "done", result: "r", shown: ["text/markdown", "**b** [x](javascript:hit) <script>1</script>"] }),
    ]);
    expect(get(".sc-shown strong").textContent).toBe("b");
    expect(host.querySelector(".sc-shown :is(script, a[href^=javascript])")).toBeNull();
  });

  test("is a table in a frame of its own, in which nothing runs and nothing is fetched", () => {
    const html = "<link rel=preconnect href=https://evil.example><META http-equiv=refresh><table><tr><td>1</table>";
    open([call({ state: "done", result: "r", shown: ["text/html", html] })]);
    const frame = get<HTMLIFrameElement>("iframe");
    expect([frame.getAttribute("sandbox"), frame.title]).toEqual([
      "allow-same-origin",
      "Table returned by get_weather",
    ]);
    const source = frame.getAttribute("srcdoc") ?? "";
    expect(source).toContain("default-src 'none'; style-src 'unsafe-inline'; img-src data:");
    expect(
      source.endsWith(
        "&lt;link rel=preconnect href=https://evil.example>&lt;META http-equiv=refresh><table><tr><td>1</table>",
      ),
    ).toBe(true);
    expect(source.indexOf("Content-Security-Policy")).toBeLessThan(source.indexOf("<style"));
  });
});

test("calls in a row are copied apart, as the kernel saves them", () => {
  const one = call({ name: "f", state: "done" }, "{}");
  const text = "Tool call `f` (done)\n\n```\n{}\n```";
  expect(copied({ parts: [one, one] })).toBe(`${text}\n\n${text}`);
});

test("Copy takes the kernel's own words of it", () => {
  for (const { body, fields, markdown } of copies) {
    expect(copied({ parts: [part("tool_call", body, { fields: fields as Partial<ToolCallFields> })] })).toBe(markdown);
  }
});
