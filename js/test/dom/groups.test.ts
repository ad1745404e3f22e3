// @vitest-environment happy-dom

import { beforeEach, describe, expect, test } from "vitest";
import { Drawn, seen, watch } from "./drawn.js";

let drawn: Drawn;

beforeEach(() => {
  drawn = new Drawn();
});

const lines = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => line(index)).join("");

const sizes = (selector: string) => drawn.all(selector).map((group) => group.children.length);
const finished = () => drawn.all(".sc-finished").length;

describe("sections", () => {
  const paragraphs = (count: number) => lines(count, (index) => `paragraph ${index}\n\n`);

  test("hold 32 blocks each", () => {
    drawn.push(paragraphs(70), 40);
    expect(sizes(".sc-section")).toEqual([32, 32, 6]);
  });

  test("are finished when all in them is, once that has been laid out", () => {
    drawn.push(paragraphs(32));
    expect(finished()).toBe(0);
    drawn.push("next");
    const [first] = drawn.all(".sc-section");
    expect(first?.className).toBe("sc-section sc-finished");
    expect(first?.style.getPropertyValue("contain-intrinsic-block-size")).toBe("auto 100px");
    const changes = watch(first as Node);
    drawn.push(paragraphs(40), 9);
    expect(changes()).toEqual([]);
  });

  test("have an open block in them until it closes", () => {
    drawn.push(`${paragraphs(31)}- a\n`);
    drawn.push("- b\n", 1);
    expect(finished()).toBe(0);
    drawn.push("\nend\n\nnew", 1);
    expect(finished()).toBe(1);
  });

  test("stay as they are where nothing is laid out", () => {
    drawn.layout.visible = false;
    drawn.push(paragraphs(80), 40);
    expect([sizes(".sc-section"), finished()]).toEqual([[32, 32, 16], 0]);
  });

  test("the layout is read once for each", () => {
    drawn.push(paragraphs(320), 3);
    expect(drawn.layout.reads).toBeLessThanOrEqual(10);
  });

  test.each([
    ["quotations", "blockquote", (index: number) => `> ${index}\n>\n`],
    ["items", "li", (index: number) => `${index === 0 ? "-" : " "} ${index}\n\n`],
  ])("long %s have them too", (_, selector, line) => {
    drawn.push(lines(100, line), 40);
    expect(drawn.all(`${selector} > p`)).toHaveLength(64);
    expect(sizes(`${selector} > .sc-section`)).toEqual([32, 4]);
  });
});

describe("lists", () => {
  const items = (count: number, first: number) => lines(count, (index) => `${first + index}. item\n`);

  test("have 64 items in themselves, and the rest in groups", () => {
    drawn.push(
      lines(200, () => "- item\n"),
      9,
    );
    expect(drawn.all("ul > li")).toHaveLength(64);
    expect(sizes("ul > .sc-items")).toEqual([64, 64, 8]);
    expect(finished()).toBe(2);
    expect(drawn.get(".sc-items").getAttribute("role")).toBe("none");
  });

  test("number each group, as it counts for itself", () => {
    drawn.push(items(200, 7), 9);
    expect(drawn.get("ol").getAttribute("start")).toBe("7");
    const numbered = drawn.all("li[value]");
    expect(numbered.map((item) => item.getAttribute("value"))).toEqual(["71", "135", "199"]);
    expect(numbered.filter((item) => item.previousElementSibling)).toEqual([]);
  });

  test("make room for long numbers", () => {
    drawn.push(items(3, 97));
    drawn.push("9", 1);
    expect(drawn.get("ol").hasAttribute("data-digits")).toBe(false);
    drawn.push("00. item\n");
    expect(drawn.get("ol").getAttribute("data-digits")).toBe("3");
  });
  test("look the same when they are drawn whole", () => {
    drawn.layout.visible = false;
    drawn.push(items(200, 1), 5);
    drawn.end();
    expect(seen(drawn.root)).toEqual(drawn.fresh());
  });
});
