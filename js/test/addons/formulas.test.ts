// @vitest-environment happy-dom

/**
 * TeX as MathML: what it means, and nothing that leaves its place. What takes the style of an element is tested in the
 * browser, as there is none of MathML here.
 */

import { describe, expect, test } from "vitest";
import { math } from "../../src/addons/math/render.js";
import { LONGEST } from "../../src/addons/math/settings.js";

function typeset(tex: string, display = false): HTMLElement {
  const target = document.createElement("span");
  math.render(tex, display, target);
  return target;
}

test.each([
  ["x^2", "msup"],
  ["a_i", "msub"],
  ["\\frac{a}{b}", "mfrac"],
  ["\\sqrt{2}", "msqrt"],
  ["\\sqrt[3]{2}", "mroot"],
  ["\\text{if } x", "mtext"],
  ["\\mathbb{R}", "mi"],
  ["\\left( \\frac12 \\right)", "mo"],
])("%s has its %s", (tex, element) => {
  expect(typeset(tex).querySelector(element)).not.toBeNull();
});

test("display is a matter of the formula's place", () => {
  expect(typeset("\\sum_{i=1}^n i", true).querySelector("math")?.getAttribute("display")).toBe("block");
  expect(typeset("\\sum_{i=1}^n i").querySelector("math")?.getAttribute("display")).not.toBe("block");
});

describe("bad or endless TeX throws and leaves the target as it was", () => {
  test.each([
    "\\frac{",
    "\\unknowncommand",
    "a & b",
    "}",
    `${"x".repeat(LONGEST)}+1`,
    "\\def\\a{\\a\\a}\\a",
    `${"{".repeat(400)}x${"}".repeat(400)}`.replaceAll("{", "\\sqrt{"),
  ])("%#", (tex) => {
    const target = document.createElement("span");
    target.append("before");
    expect(() => math.render(tex, false, target)).toThrow();
    expect(target.innerHTML).toBe("before");
  });
});

test.each([
  "\\href{javascript:alert(1)}{x}",
  "\\href{https://evil.example}{x}",
  "\\url{https://evil.example}",
  "\\includegraphics{https://evil.example/x.png}",
  "\\class{sc-head}{x}",
  "\\id{sc-1}{x}",
  "\\style{position:fixed;inset:0}{x}",
  "\\data{x=1}{y}",
  "\\color{red;background:url(//evil.example)}x",
  "\\rule{9999em}{9999em}",
  "\\hspace{-900em}x",
  "\\raisebox{900em}{x}",
])("%s makes nothing that leads or reaches anywhere", (tex) => {
  let html = "";
  try {
    html = typeset(tex).innerHTML;
  } catch {
    return expect(html).toBe("");
  }
  expect(html).not.toMatch(/href|src|url\(|javascript|position|inset|\bid=|sc-head|data-/i);
  for (const [, length] of html.matchAll(/([-\d.]+)em/g)) expect(Math.abs(Number(length))).toBeLessThanOrEqual(40);
});
