import { expect, test } from "vitest";
import { settledLength } from "../../src/markdown/settled.js";

test.each([
  ["Steps:", "Steps:"],
  ["Steps:\n-", "Steps:"],
  ["Steps:\n- ", "Steps:"],
  ["Steps:\n- a", "Steps:\n- a"],
  ["Steps:\n1", "Steps:"],
  ["Steps:\n1.", "Steps:"],
  ["Steps:\n1. a", "Steps:\n1. a"],
  ["Title\n=", "Title"],
  ["a\n\n#", "a\n"],
  ["a\n\n##", "a\n"],
  ["a\n\n## b", "a\n\n## b"],
  ["a\n\n``", "a\n"],
  ["a\n\n> ", "a\n"],
  ["a\n\n**", "a\n"],
  ["#", ""],
  ["1984 was", "1984 was"],
  ["a\n\n| x | y |", "a\n"],
  ["a\n\n| x | y |\n|--", "a\n"],
  ["a\n\n| x | y |\n|---|---|\n| 1", "a\n\n| x | y |\n|---|---|\n| 1"],
  ["a\n\n| x | y |\n|---|---|\n| 1 | 2 |\n|", "a\n\n| x | y |\n|---|---|\n| 1 | 2 |"],
  ["a\n\n| no table\nb", "a\n\n| no table\nb"],
])("of %j shows %j", (text, shown) => {
  expect(text.slice(0, settledLength(text))).toBe(shown);
});

test("nothing long is held back", () => {
  const row = `| ${"x".repeat(500)}`;
  expect(settledLength(row)).toBe(row.length);
  const dashes = `a\n${"-".repeat(50)}`;
  expect(settledLength(dashes)).toBe(dashes.length);
});
