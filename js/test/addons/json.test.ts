/** JSON that streams: whatever is shown of it is a beginning of the value, wherever the text is cut. */

import { expect, test } from "vitest";
import { holds, Model, recordsIn, type Value } from "../../src/addons/json/model.js";
import { randomFrom } from "../random.js";

/** The value of a model as JavaScript has it; `undefined` without one. */
function plain(value: Value | null): unknown {
  if (value === null) return undefined;
  if (value.type === "object") return Object.fromEntries(value.children.map((one) => [one.key, plain(one)]));
  if (value.type === "array") return value.children.map(plain);
  return value.type === "string" ? value.text : JSON.parse(value.text);
}

function read(text: string, cuts: readonly number[] = []): Model {
  const model = new Model();
  let from = 0;
  for (const cut of [...cuts, text.length]) {
    model.push(text.slice(from, cut));
    from = cut;
  }
  return model;
}

/** Whether `part` is a beginning of `whole`: fields, items and the ends of texts may be missing, and nothing else. */
function begins(part: unknown, whole: unknown): boolean {
  if (part === undefined) return true;
  if (typeof part === "string") return typeof whole === "string" && whole.startsWith(part);
  if (Array.isArray(part)) return Array.isArray(whole) && part.every((one, at) => begins(one, whole[at]));
  if (part === null || typeof part !== "object") return part === whole;
  const names = Object.keys(whole as object);
  return Object.entries(part).every(
    ([name, one], at) => names[at] === name && begins(one, (whole as Record<string, unknown>)[name]),
  );
}

const SAMPLE = {
  "a key": 'text with "quotes", \\ and \n breaks',
  emoji: "👩‍👩‍👧 \u{1f600} \u0000 é 河",
  numbers: [0, -1, 12345, 1.5, 1e300, -2e-7],
  words: [true, false, null],
  deep: { list: [[], {}, [[1], { x: "y" }]], empty: "" },
  "": "no name",
};

test("each beginning of a text shows a beginning of its value, and no number or word that may still change", () => {
  for (const text of [JSON.stringify(SAMPLE), JSON.stringify(SAMPLE, null, 2), ascii(JSON.stringify(SAMPLE))]) {
    const grown = new Model();
    let seen = 0;
    for (let cut = 0; cut <= text.length; cut += 1) {
      const model = read(text.slice(0, cut));
      expect(model.broken).toBe(false);
      const found = plain(model.root);
      expect(begins(found, SAMPLE), text.slice(0, cut)).toBe(true);
      grown.push(text.slice(cut - 1, cut));
      const size = JSON.stringify(plain(grown.root) ?? "").length;
      expect(size).toBeGreaterThanOrEqual(seen);
      seen = size;
    }
    expect(plain(read(text).root)).toEqual(SAMPLE);
  }
});

const ascii = (text: string): string =>
  text.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

test("it does not matter where the text is cut", () => {
  const text = JSON.stringify(SAMPLE);
  const next = randomFrom(7);
  for (let round = 0; round < 200; round += 1) {
    const cuts = Array.from({ length: 5 }, () => Math.floor(next() * text.length))
      // No delta ends in the middle of a character.
      .filter((cut) => !/[\ud800-\udbff]/.test(text[cut - 1] ?? ""))
      .sort((a, b) => a - b);
    expect(plain(read(text, cuts).root)).toEqual(SAMPLE);
  }
});

test("a number is shown with each of its digits", () => {
  const { root } = read("[12345678901234567890, 1.10, 1E5]");
  expect(root?.children.map(({ text }) => text)).toEqual(["12345678901234567890", "1.10", "1E5"]);
});

test.each([
  "hello",
  '{"a": x}',
  '{"a" 1}',
  '{"a": 1,}',
  "[1 2]",
  "{]",
  '{"a": 1} {"b": 2}',
  "[1] and more",
  "[NaN]",
  "[01]",
])("%s is broken from its fault on, and what comes before stays", (text) => {
  const model = new Model();
  for (const char of text) model.push(char);
  expect(model.broken).toBe(true);
  model.push("more");
  expect(model.broken).toBe(true);
});

test("white space around the value is no fault", () => {
  expect(read(' \n{"a": 1}\n\n', [3, 9, 11]).broken).toBe(false);
});

test("a text that is nested deep is read, without recursion", () => {
  const model = read("[".repeat(20_000));
  let depth = 0;
  for (let value = model.root; value; value = value.children[0] ?? null) depth += 1;
  expect(depth).toBe(20_000);
});

test("what changed is told: only what a piece of the text has touched", () => {
  const model = new Model();
  model.push('{"list": [1, 2, {"a": "x"}, ');
  model.changed.clear();
  model.push('{"a": "b');
  expect([...model.changed].map(({ type, key }) => [type, key])).toEqual([
    ["array", "list"],
    ["object", null],
    ["string", "a"],
  ]);
  model.changed.clear();
  model.push("c");
  expect([...model.changed].map(({ text }) => text)).toEqual(["bc"]);
});

test.each([
  ['[{"a": 1}, {"b": 2}]', 2],
  ['{"title": "x", "rows": [{"a": 1}]}', 1],
  ['{"a": [{}], "b": [{}]}', null],
  ['[{"a": 1}, 2]', null],
  ["[]", null],
  ['"text"', null],
])("%s has %s records", (text, count) => {
  expect(recordsIn(read(text).root)?.children.length ?? null).toBe(count);
});

test("a long text takes work in proportion to its length", () => {
  const text = JSON.stringify(Array.from({ length: 20_000 }, (_, at) => ({ name: `River ${at}`, km: at })));
  const model = new Model();
  let touched = 0;
  for (let at = 0; at < text.length; at += 100) {
    model.push(text.slice(at, at + 100));
    touched += model.changed.size;
    model.changed.clear();
  }
  expect(holds(model.root as Value) && model.root?.children.length).toBe(20_000);
  // The root and the last records with each piece, and never those that are complete.
  expect(touched).toBeLessThan((text.length / 100) * 16);
});
