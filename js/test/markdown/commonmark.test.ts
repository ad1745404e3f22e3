/** Every example of the CommonMark specification, against the tree. */

import spec from "commonmark-spec";
import { describe, expect, test } from "vitest";
import type { Dialect } from "../../src/markdown/dialect.js";
import { Engine } from "../../src/markdown/engine.js";
import type { Policy } from "../../src/markdown/links.js";
import { randomFrom } from "../random.js";
import { html } from "./html.js";

/** The specification has no policy. */
const encode = (url: string) => encodeURI(url).replace(/%25([0-9a-f]{2})/gi, "%$1");
const OPEN: Policy = { href: encode, image: (url) => ({ src: encode(url), host: "" }) };
const COMMONMARK: Dialect = { gfm: false, math: false, html: "raw", policy: OPEN };

/** Line breaks between blocks are layout, white space at both ends is none of the tree's. */
const plain = (text: string): string => text.replace(/\s*\n\s*/g, "\n").trim();

/** The tree of a text that comes in these pieces. */
function read(pieces: Iterable<string>): string {
  const engine = new Engine(COMMONMARK);
  for (const piece of pieces) engine.push(piece);
  engine.end();
  return html(engine.document);
}

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

test("the whole suite is here", () => {
  expect(spec.tests).toHaveLength(652);
});
