/**
 * `node highlighters.ts`: what three ways to colour code weigh, and what they cost while code grows by four characters.
 *
 * Ace's rules (which we use) and Shiki's grammars read a line from the state after the one before; Lezer's parsers keep a tree of
 * the whole text and read again what an edit touched.
 */

import { gzipSync } from "node:zlib";
import { TreeFragment } from "@lezer/common";
import { classHighlighter, highlightTree } from "@lezer/highlight";
import { parser as lezerPython } from "@lezer/python";
import { createHighlighterCore } from "@shikijs/core";
import { createJavaScriptRegexEngine } from "@shikijs/engine-javascript";
import shikiPython from "@shikijs/langs/python";
import light from "@shikijs/themes/github-light";
import { build } from "esbuild";
import { buildAddons } from "../addons.mjs";
import type { Grammar } from "../src/render/addons.js";
import { write } from "./documents.ts";

const LANGUAGES = ["python", "javascript", "json", "bash", "sql", "html", "css", "cpp", "java", "rust"];
const LEZER = ["python", "javascript", "json", "html", "css", "cpp", "java", "rust"];
const PIECE = 4;

async function weigh(contents: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: import.meta.dirname, loader: "ts" },
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    legalComments: "none",
  });
  return gzipSync(outputFiles[0]?.contents ?? "").length;
}

/** Calls `update` with the finished lines, and the one that grows, after each piece. */
function grow(code: string, update: (line: string, finished: boolean) => void): number {
  const begun = process.cpuUsage();
  let line = "";
  for (let at = 0; at < code.length; at += PIECE) {
    const parts = code.slice(at, at + PIECE).split("\n");
    for (const part of parts.slice(0, -1)) {
      update(line + part, true);
      line = "";
    }
    line += parts.at(-1);
    update(line, false);
  }
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1000;
}

function ace(code: string, grammar: Grammar): number {
  let state = grammar.start();
  return grow(code, (line, finished) => {
    const { next } = grammar.line(line, state);
    if (finished) state = next;
  });
}

async function shiki(code: string): Promise<number> {
  const core = await createHighlighterCore({
    langs: [shikiPython],
    themes: [light],
    engine: createJavaScriptRegexEngine(),
  });
  type State = ReturnType<typeof core.getLastGrammarState>;
  let state: State | undefined;
  return grow(code, (line, finished) => {
    const options = { lang: "python", theme: "github-light", ...(state ? { grammarState: state } : {}) } as const;
    const { grammarState } = core.codeToTokens(line, options);
    if (finished) state = grammarState;
  });
}

function lezer(code: string): number {
  let text = "";
  let tree = lezerPython.parse("");
  let begin = 0;
  return grow(code, (line, finished) => {
    const to = begin + line.length + (finished ? 1 : 0);
    const grown = code.slice(0, to);
    const change = { fromA: text.length, toA: text.length, fromB: text.length, toB: grown.length };
    const fragments = TreeFragment.applyChanges(TreeFragment.addTree(tree), [change]);
    tree = lezerPython.parse(grown, fragments);
    highlightTree(tree, classHighlighter, () => {}, begin, to);
    text = grown;
    if (finished) begin = to;
  });
}

const exportAll = (modules: readonly string[]): string =>
  modules.map((module, index) => `export * as m${index} from "${module}";`).join("");

const addons = await buildAddons(LANGUAGES);
const aceBytes = [...addons.values()].reduce((sum, text) => sum + gzipSync(text).length, 0);
const python = `data:text/javascript;base64,${Buffer.from(addons.get("python") ?? "").toString("base64")}`;
const { grammar } = (await import(python)) as { grammar: Grammar };
const shikiCore = ["@shikijs/core", "@shikijs/engine-javascript", "@shikijs/themes/github-light"];
const lezerCore = ["@lezer/common", "@lezer/highlight"];
const code = write("fence", 50_000).replace(/^.*\n/, "");
const lines = code.split("\n").length;

const rows = [
  ["Ace's rules, an addon each", aceBytes, LANGUAGES.length, ace(code, grammar)],
  [
    "Shiki, JavaScript engine",
    await weigh(exportAll([...shikiCore, ...LANGUAGES.map((name) => `@shikijs/langs/${name}`)])),
    LANGUAGES.length,
    await shiki(code),
  ],
  [
    "Lezer",
    await weigh(exportAll([...lezerCore, ...LEZER.map((name) => `@lezer/${name}`)])),
    LEZER.length,
    lezer(code),
  ],
] as const;

console.log(
  `| ${lines} lines of Python, in pieces of ${PIECE} | gzipped, with the most used languages | CPU |\n|---|---|---|`,
);
const least = Math.min(...rows.map(([, , , ms]) => ms));
for (const [name, bytes, languages, ms] of rows) {
  console.log(
    `| ${name} | ${(bytes / 1000).toFixed(0)} kB for ${languages} | ${(ms / least).toFixed(1)}× (${ms.toFixed(0)} ms) |`,
  );
}
