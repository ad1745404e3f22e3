// @vitest-environment happy-dom

import { beforeEach, describe, expect, test } from "vitest";
import { Drawn, watch } from "./drawn.js";

let drawn: Drawn;

beforeEach(() => {
  drawn = new Drawn();
});

const HEAD = "| a | b |\n|---|--:|\n";
const rows = (count: number) => "| 1 | 2 |\n".repeat(count);
const table = () => drawn.get("table");
const isFixed = () => table().classList.contains("sc-fixed");

describe("tables", () => {
  test("have their rows in groups of 40", () => {
    drawn.push(HEAD + rows(100), 8);
    expect(drawn.all("tbody").map((group) => group.children.length)).toEqual([40, 40, 20]);
    expect(drawn.all("thead > tr")).toHaveLength(1);
  });

  test("are laid out by their content while they are short", () => {
    drawn.push(HEAD + rows(39), 8);
    drawn.update();
    expect([isFixed(), drawn.layout.reads]).toEqual([false, 0]);
  });

  test("keep their columns' widths when they are long", () => {
    drawn.push(HEAD + rows(50), 8);
    expect(isFixed()).toBe(true);
    expect(table().style.getPropertyValue("--sc-columns")).toBe("30px 31px");
    const style = table().getAttribute("style");
    drawn.push(rows(100), 8);
    expect(table().getAttribute("style")).toBe(style);
  });

  test("change nothing in the rows that are there", () => {
    drawn.push(HEAD + rows(40), 8);
    const changes = watch(drawn.get("tbody"));
    drawn.push(rows(50), 8);
    const [group] = drawn.all("tbody");
    expect(changes().filter((record) => record.target !== group)).toEqual([]);
    expect(group?.classList.contains("sc-finished")).toBe(true);
  });

  test("are laid out by their content again in another width, and fixed again if they grow", () => {
    drawn.push(HEAD + rows(50), 8);
    drawn.layout.resize();
    expect(isFixed()).toBe(false);
    drawn.push(rows(2), 8);
    expect(isFixed()).toBe(true);
    drawn.push("\nend");
    drawn.layout.resize();
    drawn.push(" of it");
    expect(isFixed()).toBe(false);
  });

  test("that are hidden are measured now and then", () => {
    drawn.layout.visible = false;
    drawn.push(HEAD + rows(130), 8);
    expect(isFixed()).toBe(false);
    expect(drawn.layout.reads).toBeLessThan(10);
    drawn.layout.visible = true;
    drawn.push(rows(50), 8);
    expect(isFixed()).toBe(true);
  });
});
