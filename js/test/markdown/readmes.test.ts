/** READMEs of the packages that are installed here, real documents by many writers: to a comparing reader they are what they are to commonmark.js. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { HtmlRenderer, Parser } from "commonmark";
import { expect, test } from "vitest";
import { read } from "./comparing.js";
import { pieces } from "./feeding.js";
import { plain } from "./html.js";

const ROOT = new URL("../../../", import.meta.url).pathname;

const below = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name))
    : [];

function* readmes(): Generator<readonly [name: string, text: string]> {
  for (const file of below(join(ROOT, "js/node_modules"))) {
    if (/\/readme\.md$/i.test(file)) yield [file.slice(ROOT.length), readFileSync(file, "utf8")];
  }
  const [python] = readdirSync(join(ROOT, ".venv/lib")).filter((name) => name.startsWith("python3"));
  for (const file of below(join(ROOT, ".venv/lib", python ?? "", "site-packages"))) {
    if (!/\.dist-info\/METADATA$/.test(file)) continue;
    const [head = "", ...body] = readFileSync(file, "utf8").split("\n\n");
    if (/^Description-Content-Type: text\/markdown/m.test(head)) yield [file.slice(ROOT.length), body.join("\n\n")];
  }
}

const parser = new Parser();
const renderer = new HtmlRenderer();

test("a hundred READMEs are the same to commonmark.js, whole and in pieces", { timeout: 0 }, () => {
  const texts = [...new Map([...readmes()].map(([name, text]) => [text.replace(/^\ufeff/, ""), name]))];
  expect(texts.length).toBeGreaterThanOrEqual(100);
  const different: string[] = [];
  for (const [text, name] of texts) {
    const expected = plain(renderer.render(parser.parse(text)));
    if (plain(read([text])) !== expected) different.push(name);
    else if (plain(read(pieces(text, [5]))) !== expected) different.push(`${name}, in pieces`);
  }
  expect(different).toEqual([]);
  console.log(`${texts.length} READMEs`);
});
