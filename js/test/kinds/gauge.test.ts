// @vitest-environment happy-dom

/** A kind of part of the test's own, from the kernel's messages to the screen, the clipboard and the notebook's file. */

import { afterEach, beforeEach, expect, test } from "vitest";
import recorded from "../../../tests/kinds/gauge.json";
import { KINDS } from "../../src/cell/parts/kinds.js";
import { View } from "../../src/cell/view.js";
import { Connection } from "../../src/jupyter/connection.js";
import { outputOf, readOutput } from "../../src/jupyter/lab/output.js";
import type { Op, Part } from "../../src/wire/protocol.js";
import { saved } from "../../src/wire/store.js";
import { docOf } from "../answers.js";
import { FakePage } from "../dom/page.js";
import { FakeModel, patch, snapshot } from "../model.js";
import { GAUGE } from "./gauge.js";

/** What the kernel's own test of this kind saw it send: the operations one after the other, and where they lead. */
const RECORDED = recorded as unknown as { ops: Op[]; parts: Partial<Part>[] };

const page = new FakePage();
let host: HTMLElement;

beforeEach(() => {
  KINDS.set("gauge", GAUGE);
  host = document.createElement("div");
  document.body.replaceChildren(host);
});

afterEach(() => KINDS.delete("gauge"));

function stream(ops: readonly Op[]) {
  const model = new FakeModel();
  const connection = new Connection(model, page.clock);
  model.receive(snapshot({ status: "streaming" }));
  const view = new View(host, connection, page);
  for (const [at, op] of ops.entries()) model.receive(patch(at + 1, op));
  for (let frame = 0; frame < 60; frame += 1) page.clock.frame();
  return { model, connection, view };
}

const shown = () => [...host.querySelectorAll(".sc-parts > :not(.sc-foot)")].map((one) => one.textContent);

test("it streams, in its place among the parts, and a user's action on it goes to the kernel", () => {
  const { model, connection, view } = stream(RECORDED.ops);
  expect(connection.state.doc.parts).toMatchObject(RECORDED.parts);
  expect(shown()).toEqual(["Measuring.", "99 %…ten twenty Reset", "30 %…Reset", " Done.".trim()]);
  host.querySelectorAll<HTMLButtonElement>(".gauge button")[1]?.click();
  expect(model.sent.at(-1)).toEqual({ type: "act", part: 2, action: "set", value: 0 });
  view.dispose();
  expect(host.childElementCount).toBe(0);
});

test("the status line says what it does while it grows", () => {
  stream([["part", 0, { kind: "gauge", text: false, open: true, body: "", fields: { level: 1 } }]]);
  expect(host.querySelector(".sc-status")?.textContent).toBe("Measuring");
});

test("Copy takes what it gives, in its place", async () => {
  stream(RECORDED.ops);
  host.querySelector<HTMLButtonElement>('[aria-label="Copy"]')?.click();
  await Promise.resolve();
  expect(page.copied.at(-1)).toBe("Measuring.\n\nLevel 99\nLevel 30\n\n Done.");
});

test("the notebook's file holds it, and it is shown from there", () => {
  const { connection } = stream(RECORDED.ops);
  const document = { ...connection.state.doc, status: "done" };
  const read = readOutput(outputOf({ document, markdown: null, others: null }, "key", null));
  expect(read?.doc.parts).toMatchObject(RECORDED.parts);
  const state = saved(read?.doc ?? docOf());
  new View(host, { state, subscribe: () => () => {}, press: () => {} }, page);
  expect(shown().slice(-4)).toEqual(["Measuring.", "99 %ten twenty Reset", "30 %Reset", "Done."]);
});

test("a page that does not know it shows its body, under its name", () => {
  KINDS.delete("gauge");
  stream(RECORDED.ops);
  const [block] = host.querySelectorAll(".sc-unknown");
  expect(block?.getAttribute("aria-label")).toBe("gauge");
  expect(block?.querySelector("pre")?.textContent).toBe("ten twenty ");
});
