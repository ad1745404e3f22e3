/**
 * Texts that an attacker writes, at any length: cmark's and markdown-it's pathological tests are the models, and every
 * construct of ours has its own.
 */

/** A piece, again and again, about `length` characters in all. */
const again = (piece: string, length: number): string => piece.repeat(Math.max(1, Math.ceil(length / piece.length)));

const half = (length: number) => Math.floor(length / 2);

/** A piece for each number, in some 24 characters each. */
const numbered = (length: number, piece: (number: number) => string): string =>
  Array.from({ length: Math.ceil(length / 24) }, (_, number) => piece(number)).join("");

/** What makes each text from its length in characters. */
export const ATTACKS: Readonly<Record<string, (length: number) => string>> = {
  // -- CommonMark's delimiters
  "emphasis that nothing closes": (length) => again("*a **a ", length),
  "emphasis within emphasis, closed": (length) => again("*a ", half(length)) + again("a* ", half(length)),
  "underscores of odd lengths": (length) => again("_a ", half(length)) + again("a__ ", half(length)),
  "emphasis of alternating kinds": (length) => again("*_", half(length)) + again("_*", half(length)),
  "closers without openers": (length) => again("a** b* c_ ", length),
  "openers and closers that do not match": (length) => `**open ${again("*a* b ", length)}`,
  "a run of stars": (length) => again("*", length),
  "a run of tildes": (length) => again("~", length),
  "runs of stars": (length) => again("a**a***a", length),
  strikes: (length) => again("~~a ", half(length)) + again("a~~ ", half(length)),
  // -- brackets
  "open brackets": (length) => again("[", length),
  "nested brackets": (length) => again("[", half(length)) + again("]", half(length)),
  "brackets and emphasis": (length) => `[ ${again("*a* b ", length)}`,
  "brackets with parentheses": (length) => again("[a](", length),
  "links within links": (length) => again("[a](b ", length),
  images: (length) => again("![", half(length)) + again("]()", half(length)),
  "labels with late definitions": (length) =>
    `${numbered(length, (n) => `[a${n}] `)}\n\n${numbered(length, (n) => `[a${n}]: /b\n`)}`,
  "notes that come late": (length) =>
    `${numbered(length, (n) => `[^${n}] `)}\n\n${numbered(length, (n) => `[^${n}]: n\n`)}`,
  "a long target": (length) => `[a](${again("b", length)}`,
  "a long label": (length) => `[${again("a ", length)}]`,
  // -- code, entities, angles
  backticks: (length) =>
    Array.from({ length: Math.ceil(Math.sqrt(2 * length)) }, (_, n) => `e${"`".repeat(n)}`).join(""),
  "a run of backticks in a line": (length) => `a${again("`", length)}`,
  "backticks and text": (length) => `a${again("`", half(length))}${again(" b", half(length))}`,
  "backticks that are not closed by more": (length) => `a \` ${again("`", length)}`,
  "a run of stars in a line": (length) => `a${again("*", length)}`,
  "a run of underscores in a line": (length) => `a ${again("_", length)}`,
  "a run of tildes in a line": (length) => `a${again("~", length)}`,
  "backticks that nothing closes": (length) => `\`${again("a ", length)}`,
  "angles that nothing closes": (length) => again("a <a x x x", length),
  comments: (length) => again("a <!-- ", length),
  "processing instructions": (length) => again("a <?", length),
  declarations: (length) => again("a <!A ", length),
  "character data": (length) => again("a <![CDATA[", length),
  elements: (length) => again("<b>", length),
  "elements that are closed": (length) => again("<b>", half(length)) + again("</b>", half(length)),
  entities: (length) => again("&#x0", length),
  addresses: (length) => `https://a.b/${again(")", length)}`,
  "addresses in a row": (length) => again("www.a", length),
  mails: (length) => again("a@", length),
  // -- formulas
  "dollars that nothing closes": (length) => again("$a ", length),
  "brackets of formulas": (length) => again("\\[ ", length),
  "parentheses of formulas": (length) => again("\\( ", length),
  "formulas that go on over lines": (length) => again("$x =\n", length),
  "environments that nothing closes": (length) => again("\\begin{align}\n\n", length),
  "environments in formulas": (length) => again("\\[\n\\begin{align}\na\n\n", length),
  "formulas that nothing closes": (length) => again("\\[\n\nx\n\n", length),
  "lines in a formula": (length) => `$$\n${again("x\n\n", length)}`,
  "dollars in a row of cells": (length) => `|a|\n|-|\n${again("|$a", length)}`,
  "code in a row of cells": (length) => `|a|\n|-|\n${again("|`a|b`", length)}`,
  "backticks in a head": (length) => `${again("|`a", length)}\n|-|\n`,
  "fences in a fence": (length) => `\`\`\`markdown\n${again("```a\n", length)}`,
  "fences at the margin": (length) => again("- ```\na\n```\n", length),
  alerts: (length) => again("> [!NOTE]\n", length),
  "quotations that are alerts": (length) => again("> [!NOTE]\n\n", length),
  "comments of several lines": (length) => again("<!-- a\n\n", length),
  "tags with text": (length) => again("<div> a\n", length),
  "stray end tags": (length) => again("</div>\n", length),
  "dollars at lines' beginnings": (length) => again("$$\na\n\n", length),
  // -- blocks
  "a heading with spaces": (length) => `# a${again(" ", length)}b`,
  "a heading with marks": (length) => `# a${again(" #", length)}`,
  spaces: (length) => `a${again(" ", length)}b`,
  "quotes within quotes": (length) => `${again("> ", length)}a`,
  "lists within lists": (length) =>
    Array.from({ length: Math.ceil(Math.sqrt(length)) }, (_, n) => `${"  ".repeat(n)}* a\n`).join(""),
  "lists on one line": (length) => `${again("* ", length)}a`,
  "a delimiter row with spaces": (length) => `| a |\n|${again(" ", length)}-|\n`,
  "a delimiter row that is none": (length) => `| a |\n${again("|-", length)}x`,
  "a wide table with short rows": (length) =>
    `${again("|a", length / 3)}|\n${again("|-", length / 3)}|\n${again("|\n", length / 3)}`,
  "a table of pipes": (length) => `| a |\n|---|\n${again("|", length)}`,
  "a table of escapes": (length) => `| a |\n|---|\n| ${again("\\|", length)}`,
  "boxes within boxes": (length) => again("<div>\n\n", length),
  "boxes in quotes": (length) => again("> <div>\n>\n> > <div>\n\n", length),
  details: (length) => again("<details><summary>a</summary>\n\n", length),
  "definitions that are none": (length) => again("[a]: <\n", length),
  "titles that nothing closes": (length) => again('[a]: b "c\n', length),
  "fences in a list": (length) => again("- ```\n", length),
  "underlines of headings": (length) => again("a\n=\n", length),
  "blank lines in a list": (length) => `- a\n${again("\n", length)}b`,
  tabs: (length) => again("\t>", length),
  "zero characters": (length) => again("\0", length),
};
