// @vitest-environment happy-dom

/** Several answers in one output: their cells are mounted as they come and go, and a layout is not needed. */

import { afterEach, expect, test } from "vitest";
import { shared } from "../src/jupyter/handles.js";
import make from "../src/jupyter/index.js";
import { docOf } from "./answers.js";
import { FakeModel } from "./model.js";

afterEach(() => shared().cells.clear());

const cellModel = (key: string, text: string) =>
  new FakeModel({ _key: key, _answer: docOf({ text, status: "done" }), _epoch: 1, _seq: 0 });
const groupModel = (...keys: string[]) =>
  new FakeModel({ _key: "group", _addon: "", _state: {}, _places: keys.map((key) => ({ key })) });
const texts = (el: Element) =>
  [...el.querySelectorAll("[data-streamcell-answer]")].map(({ textContent }) => textContent);

test("a group shows its cells, also those that come later, and lets go of what has gone", () => {
  const one = make();
  const endOne = one.initialize({ model: cellModel("a", "first") });
  const model = groupModel("a", "b");
  const group = make();
  const end = group.initialize({ model });
  const el = document.createElement("div");
  const close = group.render({ model, el });
  expect(texts(el)).toEqual(["first"]);
  const endTwo = make().initialize({ model: cellModel("b", "second") });
  expect(texts(el)).toEqual(["first", "second"]);
  // Another notebook on the kernel has a model of the same cell: if this one's ends, that one is shown.
  const endOther = make().initialize({ model: cellModel("a", "first") });
  endOther();
  expect(texts(el)).toEqual(["first", "second"]);
  endOne();
  expect(texts(el)).toEqual(["second"]);
  close();
  expect(el.childElementCount).toBe(0);
  end();
  endTwo();
  expect(model.listening).toBe(0);
});

test("places are read once, however often they are asked for", () => {
  const model = groupModel("a");
  const end = make().initialize({ model });
  const handle = shared().cells.get("group");
  const places = handle?.group?.().places;
  expect(handle?.group?.().places).toBe(places);
  model.set("_places", [{ key: "b" }]);
  expect(handle?.group?.().places).toMatchObject([{ key: "b" }]);
  end();
});

test("its handle says what is in it, and whether all has ended", () => {
  const model = groupModel("a");
  const end = make().initialize({ model });
  const handle = shared().cells.get("group");
  expect(handle?.group?.()).toMatchObject({ addon: "", state: {}, places: [{ key: "a", hidden: false }] });
  expect(handle?.ended()).toBe(true);
  const endCell = make().initialize({
    model: new FakeModel({ _key: "a", _answer: docOf({ text: "…", status: "streaming" }), _epoch: 1, _seq: 0 }),
  });
  expect(handle?.ended()).toBe(false);
  let changes = 0;
  handle?.subscribe(() => {
    changes += 1;
  });
  model.set("_places", [{ key: "a", hidden: true }, 7]);
  expect(changes).toBe(1);
  expect(handle?.group?.().places).toHaveLength(1);
  handle?.forget();
  expect(model.sent.at(-1)).toEqual({ type: "forget" });
  end();
  endCell();
});
