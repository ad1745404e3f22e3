// @vitest-environment happy-dom

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Engine } from "../../src/markdown/engine.js";
import { NO_ADDONS } from "../../src/render/addons.js";
import { LiveMarkdown } from "../../src/render/live.js";
import { Renderer } from "../../src/render/render.js";
import { FakeLayout } from "./drawn.js";

let root: HTMLElement;
let live: LiveMarkdown;
let pushed: string[];

beforeEach(() => {
  pushed = [];
  const push = Engine.prototype.push;
  vi.spyOn(Engine.prototype, "push").mockImplementation(function (this: Engine, text) {
    pushed.push(text);
    push.call(this, text);
  });
  root = document.createElement("div");
  live = new LiveMarkdown(new Renderer(root, "p", NO_ADDONS, new FakeLayout()));
});

afterEach(() => vi.restoreAllMocks());

const show = (text: string, { end = text.length, ended = false, name = "0.1" } = {}) =>
  live.show(text, end, ended, name);

describe("a text", () => {
  test("is read once, as far as it is shown", () => {
    show("some text", { end: 4 });
    show("some text", { end: 4 });
    show("some text grows", { end: 7 });
    show("some text grows", { ended: true });
    show("some text grows", { ended: true });
    expect(pushed).toEqual(["some", " te", "xt grows"]);
    expect(root.textContent).toBe("some text grows");
  });

  test("is not taken back if the pace falls behind", () => {
    show("some text", { end: 6 });
    show("some text", { end: 5 });
    expect(pushed).toEqual(["some t"]);
  });

  test("ends with what it says it is", () => {
    show("Title\n=");
    expect(root.querySelector("h1, h2")).toBeNull();
    show("Title\n=", { ended: true });
    expect(root.querySelector("h1")?.textContent).toBe("Title");
  });

  test.each([
    ["is shorter", "so", "0.1"],
    ["differs", "nice text and more", "0.1"],
    ["is another version's", "some text and more", "1.1"],
    ["is another one by its name", "some text and more", "0.2"],
    ["is empty", "", "0.1"],
  ])("that %s is another one, read from its start", (_, text, name) => {
    show("some text");
    pushed.length = 0;
    show(text, { name });
    expect(pushed.join("")).toBe(text);
    expect(root.textContent).toBe(text);
    expect(root.hasAttribute("data-tip")).toBe(text === "");
  });

  test("that goes on after its end is read again, and what it had closed is open", () => {
    show("**half", { ended: true });
    expect(root.querySelector("strong")).toBeNull();
    show("**half");
    expect(root.textContent).toBe("**half");
    show("**half a**");
    expect(root.querySelector("strong")?.textContent).toBe("half a");
  });
});
