/** The generator is nasty, repeatable and shrinks what fails. */

import { describe, expect, test } from "vitest";
import { generate, shrink } from "./generate.js";

const MANY = Array.from({ length: 3000 }, (_, seed) => generate(seed));

test("a seed gives the same document each time, and hardly ever that of another", () => {
  expect(MANY.slice(0, 50)).toEqual(Array.from({ length: 50 }, (_, seed) => generate(seed)));
  expect(new Set(MANY).size).toBeGreaterThan(MANY.length * 0.9);
});

test.each([
  ["runs of delimiters", /\*\*\*_|__\*|~~~?\*/],
  ["brackets that do not match", /\[[^\]\n]*$/m],
  ["backticks of other lengths", /`[^`\n]+``/],
  ["containers in containers", /^(> ?|[-*+] |\d[.)] )(> ?|[-*+] |\d[.)] )/m],
  ["tabs after markers", /^[-*+>]\t/m],
  ["lazy lines", /^> \S.*\n[a-z]/m],
  ["blocks of HTML", /^<(div|script|!--|table|details)/m],
  ["definitions", /^\[[^\]\n^]+\]: ?\S/m],
  ["delimiter rows", /^\|?:?-+:?\|/m],
  ["math", /\$\$[^$]*\$\$|\\\(/],
  ["footnotes", /\[\^a\]/],
  ["carriage returns", /\r\n/],
  ["lone carriage returns", /\r(?!\n)/],
  ["halves of surrogate pairs", /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/],
  ["NUL", /\0/],
  ["entities", /&#?\w+;/],
  ["hard breaks", /( {2}|\\)\n\S/],
])("%s occur", (_, pattern) => {
  expect(MANY.filter((text) => pattern.test(text)).length).toBeGreaterThanOrEqual(5);
});

test("quotations are taken in", () => {
  const found = Array.from({ length: 500 }, (_, seed) => generate(seed, ["Lorem ipsum dolor"]));
  expect(found.filter((text) => text.includes("Lorem")).length).toBeGreaterThan(5);
});

describe("shrinking", () => {
  test("keeps what makes it fail, and nothing else", () => {
    const text = "# one\n\ntwo *three* [four](five)\n- six\r\n- seven\n";
    expect(shrink(text, (each) => each.includes("](five"))).toBe("](five");
    expect(shrink(text, (each) => /\[.*\]/.test(each) && each.includes("\r"))).toBe("[]\r");
    expect(shrink(text, (each) => each.length >= 3)).toBe("aaa");
  });

  test("does not split what stands for one character", () => {
    expect(shrink("x🍄y", (each) => each.includes("🍄"))).toBe("🍄");
  });
});
