/** Every example of the CommonMark specification, against the tree. */

import spec from "commonmark-spec";
import { describe, expect, test } from "vitest";
import { randomFrom } from "../random.js";
import { read } from "./comparing.js";
import { plain } from "./html.js";

/** As answers are read, these examples differ from the specification, and why. */
const DIFFERENT: ReadonlyMap<number, string> = new Map(
  Object.entries({
    "an allowed element is an element of the tree, with the attributes that are allowed; within a line one that nothing closes is text":
      [
        21, 31, 150, 151, 152, 153, 154, 155, 160, 161, 162, 164, 165, 166, 167, 169, 174, 175, 184, 185, 186, 187, 188,
        189, 190, 191, 344, 475, 476, 477, 494, 616, 630, 631, 642, 643, 149, 148,
      ],
    "a tag that is not allowed, or is not whole, is shown as text": [
      156, 157, 158, 201, 491, 524, 536, 613, 614, 615, 617, 623, 627, 628, 629,
    ],
    "a comment is not shown": [177, 179, 183, 308, 309, 625, 626],
    "a link without an address is its text": [200, 485, 486, 487, 567],
    "a relative image is its alternative text: there is nothing that it is relative to": [
      517, 520, 531, 572, 573, 574, 575, 576, 577, 578, 579, 580, 581, 582, 583, 584, 585, 586, 587, 588, 589, 591,
    ],
    "a scheme other than http, https and mailto is no link": [500, 596, 598, 599, 601],
    "a scheme is written small": [597],
    "a star between digits multiplies": [356],
    "a bare address is a link, as on GitHub": [602, 606, 608, 611, 612],
  }).flatMap(([reason, numbers]) => numbers.map((number) => [number, reason] as const)),
);

function* cut(text: string, seed: number): Generator<string> {
  const random = randomFrom(seed);
  for (let at = 0; at < text.length; ) {
    const end = at + 1 + Math.floor(random() * 7);
    yield text.slice(at, end);
    at = end;
  }
}

const bySection = Map.groupBy(spec.tests, (example) => example.section);

describe.each([...bySection])("%s", (_, examples) => {
  test.each(examples)("example $number", (example) => {
    const markdown = example.markdown.replaceAll("\u2192", "\t");
    const expected = plain(example.html.replaceAll("\u2192", "\t"));
    expect(plain(read([markdown]))).toBe(expected);
    expect(plain(read(markdown.split("")))).toBe(expected);
    for (let seed = 1; seed <= 5; seed += 1) expect(plain(read(cut(markdown, seed)))).toBe(expected);
  });
});

describe("as answers are read", () => {
  test.each(spec.tests)("example $number", ({ number, markdown, html: given }) => {
    const text = markdown.replaceAll("\u2192", "\t");
    const expected = plain(given.replaceAll("\u2192", "\t"));
    const seen = plain(read([text], {}));
    if (DIFFERENT.has(number)) expect(seen, DIFFERENT.get(number)).not.toBe(expected);
    else expect(seen).toBe(expected);
    expect(plain(read(text.split(""), {}))).toBe(seen);
  });
});

test("the whole suite is here", () => {
  expect(spec.tests).toHaveLength(652);
});
