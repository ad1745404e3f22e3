/** What is scrolled while answers grow, decided without a page. */

import { describe, expect, test } from "vitest";
import { begin, type Following, isAway, isFollowed, scrolled, toScroll } from "../../src/addons/long/follow.js";

const at = (gap: number, top = 0) => ({ gap, top, room: 800 });
const follows = (top = 0): Following => ({ follows: true, top });
const left = (top = 0): Following => ({ follows: false, top });

describe("an answer's end is followed", () => {
  test.each([
    ["that is in sight", -300, true],
    ["that begins below the cell that was run", 120, true],
    ["that is far below", 500, false],
  ])("from the beginning if it is one %s", (_, gap, expected) => {
    expect(begin(at(gap)).follows).toBe(expected);
  });

  test.each([
    ["scrolls up", follows(500), at(30, 470), false],
    ["scrolls up, but the end is still in sight", follows(500), at(-10, 470), true],
    ["scrolls down, but not to the end", left(500), at(400, 700), false],
    ["scrolls down to the end", left(500), at(0, 1100), true],
    ["scrolls down, and nearly to the end", left(500), at(40, 1060), true],
    ["is scrolled by the answer's own growth", follows(500), at(0, 540), true],
    ["has scrolled past the end", follows(500), at(-200, 700), true],
  ])("or not any more when the reader %s", (_, before, now, expected) => {
    expect(scrolled(before, now)).toEqual({ follows: expected, top: now.top });
  });

  test("not where more comes at once than there is room for", () => {
    expect(isFollowed(follows(), at(700))).toBe(true);
    expect(isFollowed(follows(), at(900))).toBe(false);
    expect(isAway(follows(), at(900))).toBe(true);
    expect(isFollowed(left(), at(10))).toBe(false);
  });

  test("the way to it is offered to a reader who has left it and does not see it", () => {
    expect(isAway(left(), at(100))).toBe(true);
    expect(isAway(left(), at(10))).toBe(false);
    expect(isAway(follows(), at(100))).toBe(false);
  });
});

describe("to scroll", () => {
  const growth = (typing: number, above: number, gap: number) => ({ typing, above, gap });

  test("is what brings the end into sight, and never back", () => {
    expect(toScroll(growth(0, 0, 44), 0)).toBe(44);
    expect(toScroll(growth(0, 0, -100), 0)).toBe(0);
  });

  test("is what was added above all that is visible", () => {
    expect(toScroll(growth(0, 44, 0), 0)).toBe(44);
  });

  test("is how far that has moved which the user types in, before all else", () => {
    expect(toScroll(growth(44, 0, 20), 44)).toBe(44);
    // The browser, or something else, has made up for it.
    expect(toScroll(growth(44, 0, 20), 0)).toBe(0);
    // Two answers side by side: only one of them is what makes their row higher.
    expect(toScroll(growth(88, 0, 0), 44)).toBe(44);
    expect(toScroll(growth(-44, 0, 0), -44)).toBe(-44);
  });

  test("is no more than the answers have grown: what else moves things is not theirs", () => {
    expect(toScroll(growth(44, 0, 0), 300)).toBe(44);
    expect(toScroll(growth(44, 0, 0), -300)).toBe(0);
  });

  test("makes up for the pixels that scrolling has left over, once there is a whole one", () => {
    expect(toScroll(growth(44, 0, 0), 44.6)).toBe(44.6);
    expect(toScroll(growth(44, 0, 0), 0.6)).toBe(0);
    // The browser has kept it in place, but for a pixel.
    expect(toScroll(growth(44, 0, 0), -1)).toBe(-1);
  });
});
