/** Every example of the CommonMark specification, against the tree. */

import spec from "commonmark-spec";
import { describe, expect, test } from "vitest";
import type { Policy } from "../../src/markdown/links.js";
import { parse } from "../../src/markdown/parse.js";
import { html } from "./html.js";

/** The specification has no policy. */
const encode = (url: string) => encodeURI(url).replace(/%25([0-9a-f]{2})/gi, "%$1");
const OPEN: Policy = { href: encode, image: (url) => ({ src: encode(url), host: "" }) };

/** Bare addresses, which are links in GitHub's dialect. */
const DIALECT: ReadonlySet<number> = new Set([602, 608, 611, 612]);

/** Raw HTML is text for us: seen without escapes, it must be the text that it was. Line breaks between blocks are layout. */
const plain = (text: string): string =>
  text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&")
    .replace(/\s*\n\s*/g, "\n")
    .trim();

const bySection = Map.groupBy(spec.tests, (example) => example.section);

describe.each([...bySection])("%s", (_, examples) => {
  test.each(examples.filter((each) => !DIALECT.has(each.number)))("example $number", (example) => {
    const markdown = example.markdown.replaceAll("→", "\t");
    const expected = example.html.replaceAll("→", "\t");
    expect(plain(html(parse(markdown, OPEN)))).toBe(plain(expected));
  });
});

test("the whole suite is here", () => {
  expect(spec.tests).toHaveLength(652);
});
