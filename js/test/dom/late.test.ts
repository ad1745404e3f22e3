// @vitest-environment happy-dom

import { beforeEach, describe, expect, test } from "vitest";
import { Drawn, seen, watch } from "./drawn.js";

let drawn: Drawn;

beforeEach(() => {
  drawn = new Drawn();
});

describe("a definition that comes late", () => {
  test("makes links of what was shown, and touches nothing else", () => {
    drawn.push("before [one] between [two] after\n\nother\n\n", 3);
    const [paragraph, other] = drawn.all("p");
    const changes = watch(drawn.root);
    drawn.push("[two]: https://e.example\n\n", 3);
    expect(paragraph?.innerHTML).toContain('href="https://e.example');
    expect(drawn.all("a").map((anchor) => anchor.textContent)).toEqual(["two"]);
    expect(paragraph?.textContent).toContain("one");
    const touched = changes().filter(({ target }) => paragraph?.contains(target) || other?.contains(target));
    expect(touched.filter(({ target }) => target !== paragraph && target.parentNode !== paragraph)).toEqual([]);
    drawn.push("[one]: https://f.example\n\n", 3);
    expect(drawn.all("a").map((anchor) => anchor.textContent)).toEqual(["one", "two"]);
    expect(drawn.all("p")[0]).toBe(paragraph);
    drawn.end();
    expect(seen(drawn.root)).toEqual(drawn.fresh());
  });

  test.each([
    ["# a [x] b\n\n", "h1"],
    ["| [x] |\n|---|\n| 1 |\n\n", "th"],
    ["> - see [x] b\n\n", "li p"],
    ["*emphasis with [x] in it*\n\n", "em"],
  ])("reaches %j", (markdown, selector) => {
    drawn.push(markdown, 1);
    const element = drawn.get(selector);
    drawn.push("[x]: https://e.example\n\nend", 1);
    drawn.end();
    expect(drawn.get(selector)).toBe(element);
    expect(element.querySelector("a")?.getAttribute("href")).toBe("https://e.example");
    expect(seen(drawn.root)).toEqual(drawn.fresh());
  });

  test("may come in the same update that closes its leaf", () => {
    drawn.push("a [x] b, which is settled by now, [^n] and c");
    drawn.push(" d\n\n[x]: https://e.example\n[^n]: note\n\nend");
    drawn.end();
    expect(seen(drawn.root)).toEqual(drawn.fresh());
    expect(drawn.all("a")).toHaveLength(3);
  });
});

describe("footnotes", () => {
  test("are numbers until the note comes", () => {
    drawn.push("a[^x] b\n\n");
    expect(drawn.get("p").innerHTML).toBe('a<sup class="sc-reference">1</sup> b');
    const mark = drawn.get("sup");
    drawn.push("[^x]: The *note*\n\n", 1);
    expect(drawn.get("sup")).toBe(mark);
    expect(drawn.get("sup a").getAttribute("href")).toBe("#p-note-1");
    expect(drawn.get(".sc-notes li").textContent).toBe("The note↩");
  });

  test("stand below the answer by their numbers, whatever came first", () => {
    drawn.push("a[^x] b[^y]\n\n[^y]: second\n\n");
    const second = drawn.get(".sc-notes li");
    drawn.push("[^x]: first\n\nmore[^y]");
    drawn.push(" text\n\n".repeat(40), 9);
    expect(drawn.all(".sc-notes li").map((note) => [note.id, note.getAttribute("value")])).toEqual([
      ["p-note-1", "1"],
      ["p-note-2", "2"],
    ]);
    expect(drawn.all(".sc-notes li")[1]).toBe(second);
    expect(drawn.root.lastElementChild?.className).toBe("sc-notes");
    expect(second.querySelectorAll(".sc-back a")).toHaveLength(2);
    drawn.end();
  });

  test("that are there are not touched while the answer grows", () => {
    drawn.push("a[^x]\n\n[^x]: note\n\nnext");
    const changes = watch(drawn.get(".sc-notes"));
    drawn.push(" words\n\n- and\n- more\n\n", 2);
    expect(changes()).toEqual([]);
  });
});
