// @vitest-environment happy-dom

import { beforeEach, describe, expect, test } from "vitest";
import { Drawn, LINE, seen } from "./drawn.js";

let drawn: Drawn;

beforeEach(() => {
  drawn = new Drawn();
});

/** Words that fill lines evenly. */
const words = (length: number): string => "word ".repeat(length / 5);

const pieces = () => drawn.all(".sc-cut");
const blocks = () => drawn.all("[data-cut] > .sc-cut:not(.sc-joined)");
/** How many characters of the paragraph stand before each piece. */
const starts = () => {
  const lengths = [...drawn.get("p").childNodes].map((node) => node.textContent?.length ?? 0);
  const first = lengths.length - pieces().length;
  return pieces().map((_, index) => lengths.slice(0, first + index).reduce((sum, length) => sum + length, 0));
};

describe("a long paragraph that grows", () => {
  test("is cut where lines begin", () => {
    const text = words(10_000);
    drawn.push(text, 50);
    expect(pieces().length).toBeGreaterThan(2);
    expect(starts().filter((start) => start % LINE !== 0)).toEqual([]);
    expect(drawn.get("p").textContent).toBe(text.trimEnd());
    expect(blocks()).toEqual(pieces());
  });

  test("grows in its last piece, where the caret is", () => {
    drawn.push(words(6000), 50);
    const last = pieces().at(-1);
    const before = last?.textContent?.length ?? 0;
    drawn.push("end");
    expect(last?.textContent).toHaveLength(before + 4);
    expect(last?.hasAttribute("data-tip")).toBe(true);
  });

  test("is one text again when it is whole", () => {
    drawn.push(words(6000), 50);
    drawn.push("\n\nnext");
    expect(pieces().length).toBeGreaterThan(1);
    expect(blocks()).toEqual([]);
    expect(drawn.layout.watched).toBe(1);
    expect(drawn.get("p").hasAttribute("data-cut")).toBe(false);
  });

  test("is one text again when the width changes, and is cut anew", () => {
    drawn.push(words(6000), 50);
    const before = blocks();
    drawn.layout.resize();
    expect(blocks()).toEqual([]);
    drawn.push(words(6000), 50);
    expect(blocks().length).toBeGreaterThan(0);
    expect(blocks().some((piece) => before.includes(piece))).toBe(false);
  });

  test("is not cut where nothing is laid out", () => {
    drawn.layout.visible = false;
    drawn.push(words(10_000), 50);
    expect(pieces()).toEqual([]);
    const { reads } = drawn.layout;
    expect(reads).toBeLessThan(1000);
    drawn.layout.visible = true;
    drawn.push(words(6000), 50);
    expect(pieces().length).toBeGreaterThan(0);
  });

  test("is measured seldom", () => {
    drawn.push(words(20_000), 4);
    expect(drawn.layout.reads).toBeLessThan(20_000 / 20);
  });

  test.each(["- ", "> ", "- [ ] ", "1. a\n2. > "])("is cut after %j too", (before) => {
    drawn.push(before + words(10_000), 50);
    expect(pieces().length).toBeGreaterThan(2);
  });

  test.each(["# ", "| "])("but a line is not, after %j", (before) => {
    drawn.push(before + words(10_000), 50);
    drawn.end();
    expect(drawn.all("h1 .sc-cut")).toEqual([]);
  });
});

describe("what is no text", () => {
  const MIXED = "some *emphasis*, **strong**, `code` and [a link](https://e.example), ".repeat(120);

  test("stays whole, and goes into a piece where it begins a line", () => {
    drawn.push("[linked words](https://e.example) ".repeat(400), 20);
    expect(pieces().length).toBeGreaterThan(2);
    expect(starts().filter((start) => start % LINE !== 0)).toEqual([]);
    expect(drawn.all("a").filter((anchor) => anchor.textContent !== "linked words")).toEqual([]);
  });

  test("is moved with the text", () => {
    drawn.push(MIXED, 9);
    expect(pieces().length).toBeGreaterThan(1);
    const text = drawn.get("p").textContent;
    expect(drawn.all("a, em, strong, code")).toHaveLength(480);
    drawn.end();
    expect(drawn.get("p").textContent).toBe(text);
    expect(JSON.stringify(flat(drawn.root))).toBe(JSON.stringify(flat(freshRoot(MIXED))));
  });

  function freshRoot(text: string): HTMLElement {
    const other = new Drawn();
    other.show(text);
    return other.root;
  }

  /** As seen without the pieces. */
  function flat(root: HTMLElement): unknown {
    const copy = root.cloneNode(true) as HTMLElement;
    for (const piece of copy.querySelectorAll(".sc-cut")) piece.replaceWith(...piece.childNodes);
    return seen(copy);
  }
});

test("the pieces have the paragraph's direction", () => {
  drawn.push(`כותרת ${words(6000)}`, 50);
  expect(pieces().map((piece) => piece.getAttribute("dir"))).toContain("rtl");
  drawn = new Drawn();
  drawn.push(words(6000), 50);
  expect(pieces().map((piece) => piece.getAttribute("dir"))).not.toContain("rtl");
});

test("a cut text can be revised", () => {
  drawn.push(`${words(1500)}[late] ${words(4000)}`, 50);
  drawn.push("\n\n[late]: https://e.example\n\n");
  expect(pieces().length).toBeGreaterThan(0);
  expect(drawn.get("a").textContent).toBe("late");
  expect(drawn.get("p").textContent).toBe(`${words(1500)}late ${words(4000)}`.trimEnd());
});
