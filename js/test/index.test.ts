// @vitest-environment happy-dom

import { expect, test } from "vitest";
import make from "../src/jupyter/index.js";
import { docOf } from "./answers.js";
import { FakeModel, snapshot } from "./model.js";

test("one connection serves all views of a model, and ends with it", () => {
  const model = new FakeModel();
  const definition = make();
  const end = definition.initialize({ model, early: [snapshot({ text: "early", status: "done" })] });
  const views = [document.createElement("div"), document.createElement("div")];
  const closes = views.map((el) => definition.render({ model, el }));
  expect(views.map((el) => el.querySelector("[data-streamcell-answer]")?.textContent)).toEqual(["early", "early"]);
  expect(model.sent).toHaveLength(1);
  for (const close of closes) close();
  expect(views.map((el) => el.childElementCount)).toEqual([0, 0]);
  end();
  expect(model.listening).toBe(0);
});

test("a host that does not initialize gets a view all the same", () => {
  const model = new FakeModel({ _answer: docOf({ text: "saved", status: "done" }) });
  const el = document.createElement("div");
  make().render({ model, el })();
  expect(model.sent).toHaveLength(1);
});
