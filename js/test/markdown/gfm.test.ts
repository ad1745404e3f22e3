/** Every example of what GitHub adds to CommonMark, against the tree: from the specification, and cmark-gfm's own. */

import { describe, expect, test } from "vitest";
import type { Dialect } from "../../src/markdown/dialect.js";
import { Engine } from "../../src/markdown/engine.js";
import { randomFrom } from "../random.js";
import { OPEN } from "./comparing.js";
import { pieces, randomCuts } from "./feeding.js";
import gfm from "./gfm-spec.json" with { type: "json" };
import { html, plain } from "./html.js";

const GFM: Dialect = { gfm: true, math: false, habits: false, html: "raw", policy: OPEN };

/** The example's HTML is not given: it only has to be read. */
const ANY = "<IGNORE>\n";

/** With our policy on these differ from the specification, and why. */
const DIFFERENT: ReadonlyMap<number, string> = new Map([
  [22, "ftp is no scheme that answers link to"],
  [26, "nor is xmpp"],
  [27, "nor is xmpp"],
  [28, "nor is xmpp"],
  [48, "nor is xmpp; the image has another place for its address"],
]);

function read(cuts: Iterable<string>, dialect: Partial<Dialect>): string {
  const engine = new Engine(dialect);
  for (const piece of cuts) engine.push(piece);
  engine.end();
  return plain(html(engine.document));
}

/** As `html()` writes the same: checkboxes, footnotes, and raw HTML without GitHub's filter, which is for a renderer. */
function expected(example: string): string {
  const [text = "", section = ""] = example.split(/<section class="footnotes"[^>]*>/);
  return plain(references(filtered(checkboxes(text))) + notes(section));
}

const checkboxes = (text: string): string =>
  text.replace(
    /<input ([^>]*)>/g,
    (_, attributes: string) => `<input type="checkbox"${attributes.includes("checked") ? " checked" : ""} disabled />`,
  );

const FILTERED = /&lt;(title|textarea|style|xmp|iframe|noembed|noframes|script|plaintext)(?=>)/gi;

const filtered = (text: string): string => text.replace(FILTERED, "<$1");

const references = (text: string): string =>
  text.replace(
    /<sup class="footnote-ref"><a href="#fn-([^"]*)" id="fnref-([^"]*)" data-footnote-ref>(\d+)<\/a><\/sup>/g,
    (_, label: string, id: string, number: string) => `[^${number}.${id.slice(label.length + 1) || 1}]`,
  );

/** Each as its number, how many references lead to it, and its blocks. */
function notes(section: string): string {
  const items = section.split(/<li id="fn-[^>]*>/).slice(1);
  return items
    .map((item, index) => {
      const back = /\s?<a href="#fnref-.*<\/a>/;
      const uses = item.match(/data-footnote-backref-idx/g)?.length ?? 0;
      const body = item.replace(back, "").replace(/<\/li>[\s\S]*/, "");
      return `\n[${index + 1}×${uses}] ${body.trim()}`;
    })
    .join("");
}

const bySection = Map.groupBy(gfm.examples, (example) => `${example.suite}: ${example.section}`);

describe.each([...bySection])("%s", (_, examples) => {
  test.each(examples)("example $number", ({ markdown, html: given }) => {
    const whole = read([markdown], GFM);
    if (given !== ANY) expect(whole).toBe(expected(given));
    expect(read(pieces(markdown, [1]), GFM)).toBe(whole);
    const random = randomFrom(markdown.length);
    for (let round = 0; round < 5; round += 1) {
      expect(read(pieces(markdown, randomCuts(random, markdown.length)), GFM)).toBe(whole);
    }
  });
});

describe("with our policy on", () => {
  const safe = gfm.examples.filter(({ html: given, section }) => given !== ANY && !/HTML/.test(section));

  test.each(safe)("example $number", ({ number, markdown, html: given }) => {
    const shown = read(pieces(markdown, [1]), { math: false });
    if (DIFFERENT.has(number)) expect(shown).not.toBe(expected(given));
    else expect(shown).toBe(expected(given));
  });

  test.each(gfm.examples.filter(({ section }) => /HTML/.test(section)))(
    "example $number of raw HTML has no element that is filtered",
    ({ markdown }) => {
      const kinds = JSON.stringify(parseTags(markdown));
      expect(kinds).not.toMatch(/"(title|textarea|style|xmp|iframe|noembed|noframes|script|plaintext)"/);
    },
  );
});

/** The tags of all elements in the tree. */
function parseTags(markdown: string): string[] {
  const engine = new Engine();
  engine.push(markdown);
  engine.end();
  const tags: string[] = [];
  JSON.stringify(engine.document, (key, value: unknown) => {
    if (key === "tag") tags.push(String(value));
    return value;
  });
  return tags;
}

test("all of them are here", () => {
  expect(gfm.examples).toHaveLength(59);
});
