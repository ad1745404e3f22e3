import { expect, test } from "vitest";
import { savedMarkdown } from "../../src/jupyter/lab/saved.js";
import { example } from "../wire.js";

interface Case {
  readonly text: string;
  readonly note: string;
  readonly saved: string;
}

const CASES = example("saved") as readonly Case[];

test("there are cases", () => {
  expect(CASES.length).toBeGreaterThan(100);
});

test.each(CASES.map((each, index) => [index, each] as const))("case %i is what Python makes of it", (_, each) => {
  expect(savedMarkdown(each.text, each.note)).toBe(each.saved);
});

test("without a note there is none", () => {
  expect(savedMarkdown("a\n")).toBe("a\n");
});

test.each([
  "`",
  "[",
  "![",
  "](",
  "[a]: x (",
  "$",
  "$ a",
  "\\[\n",
  "\\(a \\)",
  "<a",
  "- ",
  "```\n",
  "- ```\n",
  "`` ` ",
  " ",
])("%j many times over takes no longer than its length", (piece) => {
  const begun = performance.now();
  savedMarkdown(`${piece.repeat(20_000)}\n\`\`\`\n<a>\n\`\`\``);
  // Measured at 0.2 s and below; were it quadratic, minutes.
  expect(performance.now() - begun).toBeLessThan(5000);
});
