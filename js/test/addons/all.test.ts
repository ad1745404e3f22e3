/** Every language: its addon can be had, and colours what is there and nothing else. */

import { beforeAll, describe, expect, test } from "vitest";
import { ADDONS, buildAddons, licences } from "../../addons.mjs";
import { addonOf, GRAMMARS } from "../../src/addons/languages.js";
import type { Grammar, Span } from "../../src/render/addons.js";
import { SAMPLES } from "./samples.js";

let modules: Map<string, string>;
const grammars = new Map<string, Grammar>();

beforeAll(async () => {
  modules = await buildAddons([...GRAMMARS], { minify: false });
  for (const [name, text] of modules) {
    const url = `data:text/javascript;base64,${Buffer.from(text).toString("base64")}`;
    grammars.set(name, ((await import(/* @vite-ignore */ url)) as { grammar: Grammar }).grammar);
  }
}, 120_000);

const of = (language: string): Grammar => grammars.get(addonOf(language) as string) as Grammar;

/** Each line's spans, read from the top. */
function read(grammar: Grammar, code: string): { readonly text: string; readonly spans: readonly Span[] }[] {
  let state = grammar.start();
  return code.split("\n").map((text) => {
    const { spans, next } = grammar.line(text, state);
    state = next;
    return { text, spans };
  });
}

function styles(grammar: Grammar, code: string): [string, string | null][] {
  return read(grammar, code).flatMap(({ text, spans }) => {
    let start = 0;
    return spans.map(({ end, style }): [string, string | null] => {
      const part: [string, string | null] = [text.slice(start, end), style];
      start = end;
      return part;
    });
  });
}

test("there is an addon for each language that fences can name, for math, diagrams, differences, and JSON", () => {
  const others = ["chat", "compare", "differences", "json-viewer", "languages", "math", "tokens", "mermaid"];
  expect([...ADDONS].sort()).toEqual([...GRAMMARS, ...others].sort());
  expect([...modules.keys()].sort()).toEqual([...GRAMMARS].sort());
});

test.each([...GRAMMARS])("%s covers each line with its spans, whatever the code", (name) => {
  const grammar = grammars.get(name) as Grammar;
  for (const code of [...Object.values(SAMPLES), "", "\0", "\u{1f389}\u0301 \"'`"]) {
    for (const { text, spans } of read(grammar, code)) {
      let end = 0;
      for (const span of spans) {
        expect(span.end).toBeGreaterThan(end);
        end = span.end;
      }
      expect(end).toBe(text.length);
    }
  }
});

test("a state is a value: reading a line again gives the same", () => {
  for (const [name, code] of Object.entries(SAMPLES)) {
    const grammar = of(name);
    let state = grammar.start();
    for (const text of code.split("\n")) {
      const first = grammar.line(text, state);
      // What grows is read many times from the same state.
      for (let cut = 0; cut <= text.length; cut += 5) grammar.line(text.slice(0, cut), state);
      expect(grammar.line(text, state).spans, `${name}: ${text}`).toEqual(first.spans);
      state = first.next;
    }
  }
});

describe("colours", () => {
  test.each([
    ["python", "def f(x):  # why", ["def", "keyword"], ["# why", "comment"]],
    ["python", 'a = """one\ntwo"""', ['two"""', "string"], ["=", "operator"]],
    ["js", "/* a\nb */ const c = 1.5", ["b */", "comment"], ["1.5", "number"]],
    ["ts", "interface A {}", ["interface", "keyword"], ["{}", "punctuation"]],
    ["json", '{"a": null}', ["null", "constant"], ["{", "punctuation"]],
    ["sql", "select count(*) from t", ["select", "keyword"], ["count", "function"]],
    ["sh", "echo 'a' # b", ["'a'", "string"], ["# b", "comment"]],
    ["html", '<p class="x">', ["p", "tag"], ["class", "attribute"]],
    ["diff", "--- a\n+++ b\n@@ -1 +1 @@\n-old\n+new", ["-old", "deleted"], ["+new", "inserted"]],
    ["rust", "let x: u8 = 1;", ["let", "keyword"], ["1", "number"]],
  ] as const)("%s: %j", (language, code, ...expected) => {
    const seen = styles(of(language), code).map(([text, style]) => [text.trim(), style]);
    for (const pair of expected) expect(seen).toContainEqual(pair);
  });
});

describe("a fence's words", () => {
  test.each([
    ["py", "python"],
    ["Python3", "python"],
    ["{.js}", "javascript"],
    ["js{3}", "javascript"],
    ["rust,no_run", "rust"],
    ["language-c++", "cpp"],
    ["c#", "csharp"],
    ["yml", "yaml"],
  ])("%s names %s", (word, part) => {
    expect(addonOf(word)).toBe(part);
  });

  test.each(["", "text", "mermaid", "constructor", "__proto__", "../x", "{", "🎉"])("%j names nothing", (word) => {
    expect(addonOf(word)).toBeNull();
  });
});

test("the licences of what the addons are made from travel with them", () => {
  for (const name of ["ace-code", "temml", "stix-two-math"]) expect(licences()).toContain(name);
});
