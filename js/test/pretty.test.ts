import { describe, expect, test } from "vitest";
import { Pretty, pretty, visible } from "../src/cell/pretty.js";
import { randomFrom } from "./random.js";

/** What is shown after each piece of the text, and at last all of it. */
function stages(text: string, size: number): string[] {
  const one = new Pretty();
  const found: string[] = [];
  let shown = "";
  for (let at = 0; at < text.length; at += size) {
    shown += one.push(text.slice(at, at + size));
    found.push(shown);
  }
  return [...found, shown + one.left];
}

/** A JSON value whose strings are awkward. */
function valueFrom(random: () => number, depth = 0): unknown {
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T;
  const many = () => Array.from({ length: Math.floor(random() * 4) }, () => valueFrom(random, depth + 1));
  const text = () => Array.from({ length: Math.floor(random() * 6) }, () => pick(BITS)).join("");
  const kind = depth > 4 ? 2 + random() * 3 : random() * 5;
  if (kind < 1) return many();
  if (kind < 2) return Object.fromEntries(many().map((one) => [text(), one]));
  if (kind < 4) return text();
  return pick([0, -1.5e-7, 12345, true, false, null]);
}

const BITS = [
  "a",
  " ",
  "é",
  "😀",
  '"',
  "\\",
  "\n",
  "\t",
  "\u202e",
  "\u0001",
  "/",
  "{",
  "}",
  "[",
  ",",
  ":",
  "\\n",
  "שלום",
];

const bare = (json: string) => json.replace(/"(?:[^"\\]|\\.)*"|\s+/gs, (found) => (found[0] === '"' ? found : ""));

describe("JSON is laid out", () => {
  test.each([
    ['{"city":"Zürich","days":3}', '{\n  "city": "Zürich",\n  "days": 3\n}'],
    ["{}", "{}"],
    ["[ ]", "[]"],
    ['{"a":[1,[ ],{}],"b":null}', '{\n  "a": [\n    1,\n    [],\n    {}\n  ],\n  "b": null\n}'],
    ['{"code":"if x:\\n\\tpass"}', '{\n  "code": "if x:\n    \tpass"\n}'],
    ['{"code":"a\nb"}', '{\n  "code": "a\n    b"\n}'],
    ['"\\u00e9\\/\\ud83d\\ude00"', '"é/😀"'],
    ["17", "17"],
    ["", ""],
  ])("%s", (json, shown) => expect(pretty(json)).toBe(shown));

  test("while it comes, and an escape is shown when it is whole", () => {
    const json = '{"a":"b\\u00e9\\nc"}';
    const seen = [6, 7, 8, 12, 13, 14, 15, 16].map((length) => stages(json.slice(0, length), 1).at(-2));
    expect(seen).toEqual(
      ['"', '"b', '"b', '"b', '"bé', '"bé', '"bé\n    ', '"bé\n    c'].map((line) => `{\n  "a": ${line}`),
    );
  });

  test("and what never became whole is shown as it came", () => {
    expect(pretty('{"a":"b\\u00e')).toBe('{\n  "a": "b\\u00e');
  });

  test("so that it is still JSON, where it is to be edited", () => {
    const json = '{"a":"x\\n\\u202e\u202e\\"","n":12345678901234567890}';
    expect(pretty(json, true)).toBe('{\n  "a": "x\\n\\u202e\\u202e\\"",\n  "n": 12345678901234567890\n}');
  });
});

describe("what could deceive a reader is not decoded", () => {
  test.each([
    ["a quote in a string", '{"a":"x\\",\\u0022b\\": 1"}', '{\n  "a": "x\\",\\u0022b\\": 1"\n}'],
    ["a backslash", '"\\\\n"', '"\\\\n"'],
    ["text that turns around", '"\\u202eevil \u202e"', '"\\u202eevil \\u202e"'],
    ["controls of a terminal", '"\\u001b[2J\u001b"', '"\\u001b[2J\\u001b"'],
    ["half a character", '"\\ud800x"', '"\\ud800x"'],
  ])("%s", (_, json, shown) => expect(pretty(json)).toBe(shown));

  test("a line of a string never stands where a key would", () => {
    const lines = pretty('{"a":"x\\n\\"b\\": 1","c":2}').split("\n");
    expect(lines.map((line) => line.search(/\S/))).toEqual([0, 2, 4, 2, 0]);
  });

  test("a hidden character of two halves, that come apart", () => {
    expect(stages('"\u{e0041}"', 1).at(-1)).toBe('"\\udb40\\udc41"');
  });

  test("in plain text neither, but for what text is made of", () => {
    expect(visible("a\u0000b\u202e\r\nc\td\u2028👩‍👧")).toBe("a\\u0000b\\u202e\nc\td\\u2028👩‍👧");
  });
});

describe("what is not JSON is shown as it came", () => {
  test.each(["hello  world", "nul  l", "<script>alert(1)</script>", "SELECT *\n  FROM t", "} {", ", ,", "  x"])(
    "%s",
    (text) => expect(pretty(text)).toBe(text),
  );

  test("from where it stops", () => {
    expect(pretty('{"a":1}  and {"b":2}')).toBe('{\n  "a": 1\n}  and {"b":2}');
    expect(pretty("{a: 1,  b}")).toBe("{a: 1,  b}");
    expect(pretty('{"a":1]  x')).toBe('{\n  "a": 1]  x');
  });
});

describe("of any JSON, however it is cut", () => {
  const random = randomFrom(7);
  const texts = Array.from({ length: 300 }, (_, at) => JSON.stringify(valueFrom(random), null, at % 3));

  test("nothing but white space between values is added or lost", () => {
    for (const json of texts) expect(bare(pretty(json, true))).toBe(bare(json).replace(/[\u202e]/g, "\\u202e"));
  });

  test("a string is shown whole, with real line breaks", () => {
    for (const json of texts) {
      const decoded = bare(json).replace(/\\(.)/gs, (found, char) => ({ n: "", t: "" })[char as string] ?? found);
      const without = (one: string) => one.replace(/\s+/g, "").replaceAll("\u202e", "\\u202e");
      expect(without(pretty(json))).toBe(without(decoded));
    }
  });

  test("what was shown of its beginning stays, and pieces show what the whole shows", () => {
    for (const json of texts) {
      const whole = pretty(json);
      for (const size of [1, 2, 3, 7]) {
        const found = stages(json, size);
        expect(found.at(-1)).toBe(whole);
        for (const before of found) expect(whole.startsWith(before)).toBe(true);
      }
    }
  });

  test("nor does what is no JSON undo what was shown", () => {
    const noise = [
      "{",
      "}",
      "[",
      "]",
      '"',
      ",",
      ":",
      " ",
      "\\",
      "u",
      "d83d",
      "n",
      "1",
      "true",
      "x",
      "\n",
      "\ud83d",
      "\ude00",
    ];
    for (let run = 0; run < 500; run += 1) {
      const text = Array.from({ length: 12 }, () => noise[Math.floor(random() * noise.length)]).join("");
      const whole = pretty(text);
      for (const before of stages(text, 1)) expect(whole.startsWith(before.replace(/[\ud800-\udbff]$/, ""))).toBe(true);
    }
  });
});

test("depth costs no more than length", () => {
  const deep = pretty("[".repeat(50_000));
  expect(deep.length).toBeLessThan(50_000 * 60);
  expect(deep.endsWith(`\n${" ".repeat(48)}[`)).toBe(true);
});
