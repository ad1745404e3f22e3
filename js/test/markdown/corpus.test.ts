/** The corpus is what it says. */

import { expect, test } from "vitest";
import { CORPUS } from "../corpus/index.js";

test("at least 300 answers of 300 to 6,000 characters, no two alike", () => {
  expect(CORPUS.length).toBeGreaterThanOrEqual(300);
  expect(CORPUS.filter(({ text }) => text.length < 300 || text.length > 6000).map(({ name }) => name)).toEqual([]);
  expect(new Set(CORPUS.map(({ text }) => text)).size).toBe(CORPUS.length);
});

test.each([
  ["fences", /^(```|~~~)/m],
  ["tables", /^\|?.*\|.*\n\|?[ :-]*-[ :|-]*$/m],
  ["tasks", /^\s*[-*+] \[[ x]\]/m],
  ["math", /\$\$|\\\[/],
  ["footnotes", /^\[\^[^\]]+\]:/m],
  ["definitions", /^\[[^\]^][^\]]*\]:/m],
  ["raw HTML", /<(details|sub|kbd|table|div)/],
  ["quotes", /^> /m],
  ["Chinese, Japanese or Korean", /[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]/],
  ["Arabic or Hebrew", /[\u0590-\u06ff]/],
  ["emojis of several code points", /\u200d/],
  ["hard breaks", /( {2}|\\)\n\S/],
  ["tabs", /\t/],
  ["nested lists", /^(?: {2,}|\t)[-*+] /m],
])("%s occur in several", (_, pattern) => {
  expect(CORPUS.filter(({ text }) => pattern.test(text)).length).toBeGreaterThanOrEqual(5);
});
