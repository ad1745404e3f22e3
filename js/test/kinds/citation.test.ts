// @vitest-environment happy-dom

/** Sources below an answer: what they link to, what they show of it, and what is copied. */

import { expect, test } from "vitest";
import { copied, KINDS } from "../../src/cell/parts/kinds.js";
import "../../src/cell/parts/list.js";
import { part } from "../answers.js";

const source = (fields: Record<string, unknown>) => part("citation", "", { fields });

/** What each item shows, and where its link leads. */
function shown(...all: Record<string, unknown>[]): (string | null)[][] {
  const view = KINDS.get("citation")?.make(undefined as never);
  view?.update(all.map(source), undefined as never);
  return [...(view?.root.querySelectorAll("li") ?? [])].map((item) => [
    [...item.children].map(({ textContent }) => textContent).join(" "),
    item.querySelector("a")?.getAttribute("href") ?? null,
  ]);
}

test("a page is a link by its title with its host beside it, a file is its name and its id", () => {
  expect(
    shown(
      { number: 1, url: "https://a.example/b?c=d", title: "A *b*" },
      { number: 2, url: "https://a.example/b" },
      { number: 3, title: "a.pdf", file: "file-1" },
      { number: 4, file: "file-2" },
    ),
  ).toEqual([
    ["A *b* a.example", "https://a.example/b?c=d"],
    ["https://a.example/b", "https://a.example/b"],
    ["a.pdf file-1", null],
    ["file-2", null],
  ]);
});

test.each([
  "javascript:alert(1)",
  "JAVASCRIPT:alert(1)",
  "data:text/html,<script>",
  "https://bank.example@evil.example/",
  "file:///etc/passwd",
])("%s is text beside its title", (url) => {
  expect(shown({ url, title: "T" })).toEqual([[`T ${url}`, null]]);
});

test("values of other types are passed over", () => {
  expect(shown({ number: "x", url: 7, title: ["a"], file: null })).toEqual([["", null]]);
});

test("sources are copied under a heading, letter for letter", () => {
  const parts = [
    part("text", "1. one"),
    source({ number: 1, url: "https://a.example/>![x](b)", title: "A *b*" }),
    source({ number: 2, title: "a_b.pdf", file: "file`-1" }),
    source({ number: 3, url: "javascript:alert(1)" }),
  ];
  expect(copied({ parts })).toBe(
    "1. one\n\n**Sources**\n\n1. A \\*b\\*, <https://a.example/%3E%21%5Bx%5D(b)>\n2. a\\_b.pdf, `file-1`\n3. javascript:alert(1)",
  );
});

test("what stands in a source has no class of the cell's own box, which would move every cell", () => {
  const view = KINDS.get("citation")?.make(undefined as never);
  view?.update([source({ url: "https://a.example/", title: "A" }), source({ file: "f" })], undefined as never);
  expect(view?.root.querySelectorAll(".sc-site")).toHaveLength(2);
  expect(view?.root.querySelectorAll(".sc-host")).toHaveLength(0);
});
