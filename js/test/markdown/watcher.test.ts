/** The instruments of the property tests notice what they are there to notice. */

import { describe, expect, test } from "vitest";
import { Engine } from "../../src/markdown/engine.js";
import type { Paragraph, Pre } from "../../src/markdown/tree.js";
import { randomFrom } from "../random.js";
import { pieces, randomCuts } from "./feeding.js";
import { findDifference } from "./trees.js";
import { Watcher } from "./watcher.js";

describe("trees", () => {
  const text = (value: string) => ({ kind: "text", text: value });

  test.each([
    [[text("a"), text("b")], [text("ab")]],
    [
      { children: [text("a"), { kind: "break" }, text("b"), text("")] },
      { children: [text("a"), { kind: "break" }, text("b")] },
    ],
    [
      { kind: "x", settled: 1 },
      { kind: "x", settled: 2 },
    ],
  ])("%j is %j", (one, other) => {
    expect(findDifference(one, other)).toBeNull();
    expect(findDifference(other, one)).toBeNull();
  });

  test.each([
    [[text("a")], [text("b")]],
    [[text("a"), { kind: "break" }], [text("a")]],
    [
      { kind: "link", href: "a" },
      { kind: "link", href: null },
    ],
    [{ kind: "list", tight: true }, { kind: "list" }],
    [["a", "b"], ["ab"]],
    [
      { kind: "pre", lines: ["a"] },
      { kind: "pre", lines: ["a", ""] },
    ],
  ])("%j is not %j", (one, other) => {
    expect(findDifference(one, other)).not.toBeNull();
    expect(findDifference(other, one)).not.toBeNull();
  });
});

test("pieces are the text, whatever the cuts", () => {
  const text = "a🍄\r\nb";
  for (let seed = 0; seed < 50; seed += 1) {
    const cut = [...pieces(text, randomCuts(randomFrom(seed), text.length))];
    expect(cut.join("")).toBe(text);
    expect(cut.every((piece) => piece.length > 0)).toBe(true);
  }
  expect([...pieces(text, [1])]).toEqual(text.split(""));
});

describe("the watcher notices", () => {
  function watched(text: string): { engine: Engine; watcher: Watcher } {
    const engine = new Engine();
    const watcher = new Watcher(engine);
    engine.push(text);
    watcher.check();
    return { engine, watcher };
  }

  test("nothing where nothing is wrong", () => {
    const { engine, watcher } = watched("a\n\nb *c*\n\n- d\n\n```\ne\nf");
    engine.push("g\n```\n\nh");
    watcher.check();
    engine.end();
    expect(() => watcher.checkAll()).not.toThrow();
  });

  test("another text in a closed block", () => {
    const { engine, watcher } = watched("a\n\nb");
    const paragraph = engine.document.children[0] as Paragraph;
    paragraph.children[0] = { kind: "text", text: "x" };
    expect(() => watcher.checkAll()).toThrow();
  });

  test("another object for a settled block", () => {
    const { engine, watcher } = watched("a\n\nb");
    engine.document.children[0] = { ...(engine.document.children[0] as Paragraph) };
    expect(() => watcher.check()).toThrow(/settled at 0/);
  });

  test("a block that opens again", () => {
    const { engine, watcher } = watched("a\n\nb");
    (engine.document.children[0] as Paragraph).open = true;
    expect(() => watcher.checkAll()).toThrow();
  });

  test("a count of what is settled that falls", () => {
    const { engine, watcher } = watched("a\n\nb\n\nc");
    engine.document.settled = 0;
    expect(() => watcher.check()).toThrow(/never decreases/);
  });

  test("a line of code that changes though it was not the last", () => {
    const { engine, watcher } = watched("```\na\nb");
    (engine.document.children[0] as Pre).lines[0] = "x";
    expect(() => watcher.check()).toThrow(/settled at 0/);
  });
});
