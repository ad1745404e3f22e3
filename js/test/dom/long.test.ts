// @vitest-environment happy-dom

/** What a view and its addon for long answers have to do with each other; what is measured needs a browser. */

import { expect, test, vi } from "vitest";
import { View } from "../../src/cell/view.js";
import { Connection } from "../../src/jupyter/connection.js";
import type { LongAnswers } from "../../src/render/addons.js";
import type { Status } from "../../src/wire/protocol.js";
import { FakeModel, patch, snapshot } from "../model.js";
import { FakePage } from "./page.js";

function open(status: Status, max_height: number | null, longAnswers: () => LongAnswers | Promise<LongAnswers> | null) {
  const page = new FakePage();
  page.addons = { ...page.addons, longAnswers };
  const model = new FakeModel();
  const host = document.createElement("div");
  document.body.replaceChildren(host);
  const connection = new Connection(model, page.clock);
  model.receive(snapshot({ status, text: "abc", max_height }));
  return { page, model, host, connection, view: new View(host, connection, page) };
}

const addon = () => {
  const made = { update: vi.fn(), dispose: vi.fn() };
  return { made, longAnswers: { make: () => made } as LongAnswers };
};

test("is loaded for an answer that grows, and hears of its end", () => {
  const { made, longAnswers } = addon();
  const { page, model, view } = open("streaming", 300, () => longAnswers);
  expect(made.update.mock.lastCall).toEqual([false, 300]);
  model.receive(patch(1, ["set", "status", "done"]));
  page.clock.frame();
  expect(made.update.mock.lastCall).toEqual([true, 300]);
  view.dispose();
  expect(made.dispose).toHaveBeenCalledTimes(1);
});

test("is not loaded for an answer that has ended and has no limit", () => {
  const asked = vi.fn(() => null);
  open("done", null, asked);
  expect(asked).not.toHaveBeenCalled();
  open("done", 300, asked);
  expect(asked).toHaveBeenCalledTimes(1);
});

test("gets the newest state when it comes late, and nothing after the view has gone", async () => {
  const { made, longAnswers } = addon();
  let come = (_: LongAnswers) => {};
  const coming = () =>
    new Promise<LongAnswers>((resolve) => {
      come = resolve;
    });
  const { page, model } = open("streaming", null, coming);
  model.receive(patch(1, ["set", "status", "done"]));
  page.clock.frame();
  come(longAnswers);
  await Promise.resolve();
  expect(made.update.mock.calls).toEqual([[true, null]]);
  const { view } = open("streaming", null, coming);
  view.dispose();
  const other = addon();
  come(other.longAnswers);
  await Promise.resolve();
  expect(other.made.update).not.toHaveBeenCalled();
});
