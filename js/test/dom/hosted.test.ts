// @vitest-environment happy-dom

/** A tool that the provider runs, and commentary, in the page and on the clipboard. */

import { beforeEach, expect, test } from "vitest";
import { copied } from "../../src/cell/parts/kinds.js";
import { View } from "../../src/cell/view.js";
import { Connection } from "../../src/jupyter/connection.js";
import type { Op } from "../../src/wire/protocol.js";
import { part } from "../answers.js";
import { FakeModel, patch, snapshot } from "../model.js";
import { FakePage } from "./page.js";

let page: FakePage;
let model: FakeModel;
let host: HTMLElement;

beforeEach(() => {
  page = new FakePage();
  model = new FakeModel();
  host = document.createElement("div");
  document.body.replaceChildren(host);
  const connection = new Connection(model, page.clock);
  model.receive(snapshot({ status: "streaming" }));
  new View(host, connection, page);
});

let seq = 0;
function receive(...ops: readonly Op[]): void {
  seq = ops[0]?.[0] === "part" && ops[0][1] === 0 ? 1 : seq + 1;
  model.receive(patch(seq, ...ops));
  page.clock.frame();
}

const SEARCH = { tool: "web_search_call", title: "Web search" };
const tool = (fields: object, body = "", open = true): Op => [
  "part",
  0,
  part("hosted_tool", body, { open, fields: { ...SEARCH, ...fields } }),
];
const fold = () => host.querySelector("details.sc-tool") as HTMLDetailsElement;
const line = () => [...fold().querySelectorAll("summary span span")].map((one) => one.textContent);
const texts = () =>
  [...fold().querySelectorAll<HTMLElement>(".sc-fold-body > :not([hidden])")].map((one) => one.textContent);

test("its line says what it is, how far it is, and what it was asked", () => {
  receive(tool({ state: "searching" }, "the longest\n river"));
  expect(line()).toEqual(["Web search", "searching", "the longest river"]);
  expect(host.querySelector(".sc-status")?.textContent).toBe("Using a tool");
  receive(["fields", 0, { state: "completed", came: "Nile" }], ["end", 0]);
  expect(line()[1]).toBe("done");
  expect([fold().open, texts()]).toEqual([false, ["the longest\n river", "Nile"]]);
});

test("one that was cut off says so", () => {
  receive(tool({ state: "calling" }));
  receive(["set", "status", "interrupted"]);
  expect(line()[1]).toBe("not finished");
});

test("what is left to the user's code says so", () => {
  receive(tool({ state: "requested", note: "Nothing has run." }, "{}"));
  expect([fold().open, texts()]).toEqual([false, ["Nothing has run.", "{}"]]);
});

test("all that it says is text, and only http addresses are links", () => {
  const harm = "<img src=x onerror=alert(1)>";
  const links = ["javascript:alert(1)", "https://example.org/", "data:text/html,x"].map((url) => ({
    url,
    title: harm,
  }));
  receive(tool({ title: harm, came: harm, error: harm, note: harm, links }, harm));
  expect(host.querySelector("img")).toBeNull();
  expect([...host.querySelectorAll("a")].map((one) => [one.href, one.rel])).toEqual([
    ["https://example.org/", "noopener noreferrer"],
  ]);
});

test.each([
  ["numbers", { title: 7, state: 7, code: 7, came: 7, links: 7, error: 7, note: 7 }],
  ["lists", { title: [], state: [], links: [7, null, {}, { url: 7 }, "x"], came: {} }],
  ["a state of tomorrow", { state: "dreaming" }],
])("%s in its fields do no harm", (_, fields) => {
  receive(tool({ ...fields, tool: "web_search_call" }, "q"));
  expect(line().slice(1)).toEqual(["running", "q"]);
});

test("what a notebook holds is shown as far as there is room", () => {
  const links = Array.from({ length: 1000 }, (_, at) => ({ url: `https://example.org/${at}` }));
  receive(tool({ came: "x".repeat(1e6), links }, "y".repeat(1e6)));
  expect(fold().textContent?.length).toBeLessThan(50_000);
  expect(fold().querySelectorAll("li")).toHaveLength(50);
});

test("commentary stands apart, as Markdown, and the line says nothing of it", () => {
  receive(["part", 0, part("commentary", "I *look*.", { open: true })]);
  expect(host.querySelector(".sc-commentary em")?.textContent).toBe("look");
  expect(host.querySelector("[data-streamcell-answer]")?.textContent).toBe("");
});

test("Copy has their short forms, and code in a fence that it cannot end", () => {
  const parts = [
    part("commentary", "I look.\nAgain."),
    part("hosted_tool", "rivers", { fields: SEARCH }),
    part("hosted_tool", "a```b", { fields: { title: "Code", code: true } }),
    part("hosted_tool", "", { fields: { title: "Empty" } }),
    part("text", "The Nile."),
  ];
  expect(copied({ parts })).toBe(
    "> I look.\n> Again.\n\nWeb search: rivers\n\nCode:\n\n````\na```b\n````\n\nEmpty\n\nThe Nile.",
  );
});
