import { describe, expect, test } from "vitest";
import { parse } from "../../src/markdown/engine.js";
import { safeHref, safeImage } from "../../src/markdown/links.js";
import type { Inline } from "../../src/markdown/tree.js";

describe("what may be a link", () => {
  test.each([
    ["https://example.org", "https://example.org"],
    ["HTTP://Example.org/A?b=c#d", "http://Example.org/A?b=c#d"],
    ["mailto:a@example.org?subject=x y", "mailto:a@example.org?subject=x%20y"],
    ["notes/a b.md", "notes/a%20b.md"],
    ["./a:b", "./a:b"],
    ["../up", "../up"],
    ["/root#part", "/root#part"],
    ["?q=1", "?q=1"],
    ["//example.org/x", "https://example.org/x"],
    ["\\\\example.org\\x", "https://example.org/x"],
    ["/\\example.org", "https://example.org"],
    ["https:\\\\example.org\\x", "https://example.org/x"],
    ["https://mastodon.example/@someone", "https://mastodon.example/@someone"],
    ["https://example.org/100%25", "https://example.org/100%25"],
    ["https://example.org/100%", "https://example.org/100%25"],
    ["https://exämple.org/ä", "https://ex%C3%A4mple.org/%C3%A4"],
    ["  https://example.org\n", "https://example.org"],
    ["ht\ntps://example.org", "https://example.org"],
    ["https://example.org/\ud800", "https://example.org/%EF%BF%BD"],
    // Relative paths that only look like something worse.
    ["javascript%3Aalert(1)", "javascript%3Aalert(1)"],
    ["&#1;javascript:alert(1)", "&#1;javascript:alert(1)"],
  ])("%j leads to %j", (raw, href) => {
    expect(safeHref(raw)).toBe(href);
  });
});

const HOSTILE = [
  "javascript:alert(1)",
  "JaVaScRiPt:alert(1)",
  " javascript:alert(1)",
  "\u0001javascript:alert(1)",
  "\u0000\u001fjavascript:alert(1)",
  "java\nscript:alert(1)",
  "java\tscript:alert(1)",
  "java\u0000script:alert(1)",
  "java\u200bscript:alert(1)",
  "\u202ejavascript:alert(1)",
  "\ufeffjavascript:alert(1)",
  "javascript\n:alert(1)",
  "javascript://example.org/%0aalert(1)",
  "vbscript:msgbox(1)",
  "VBScript:msgbox(1)",
  "data:text/html,<script>alert(1)</script>",
  "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
  "DATA:image/svg+xml,<svg onload=alert(1)>",
  "file:///etc/passwd",
  "blob:https://example.org/1",
  "filesystem:https://example.org/x",
  "about:blank",
  "ftp://example.org",
  "tel:123",
  "chrome://settings",
  "view-source:https://example.org",
  "ms-settings:",
  "x:y",
  "\\javascript:alert(1)",
  "&javascript:alert(1)",
  "https://bank.example@evil.example/",
  "https://a:b@evil.example",
  "//user@evil.example",
  "https://",
  "https:///path",
  "https:/example.org",
  "https:example.org",
  "http:",
  "mailto:",
  "https://example.org/\u202egnp.exe",
  "https://example.org/a\u0000b",
  "note\u200bs.md",
  "#",
  "",
  "   ",
] as const;

test.each(HOSTILE)("%j is no link and no image", (raw) => {
  expect(safeHref(raw)).toBeNull();
  expect(safeImage(raw)).toBeNull();
});

describe("what may be an image", () => {
  test("a remote one, with the host that would hear of it", () => {
    expect(safeImage("https://images.example.org:8080/a b.png")).toEqual({
      src: "https://images.example.org:8080/a%20b.png",
      host: "images.example.org:8080",
    });
    expect(safeImage("//cdn.example/x.png")).toEqual({ src: "https://cdn.example/x.png", host: "cdn.example" });
  });

  test.each(["a.png", "/files/a.png", "mailto:a@example.org", "data:image/png;base64,AAAA"])("%s is not", (raw) => {
    expect(safeImage(raw)).toBeNull();
  });
});

/** Every link and image in the tree of a text. */
function targets(markdown: string): string[] {
  const found: string[] = [];
  const visit = (node: object): void => {
    const { kind } = node as Inline;
    if (kind === "link") found.push(String((node as Extract<Inline, { kind: "link" }>).href));
    if (kind === "image") found.push((node as Extract<Inline, { kind: "image" }>).src);
    for (const child of (node as { children?: readonly object[] }).children ?? []) visit(child);
  };
  parse(markdown).children.forEach(visit);
  return found;
}

describe("in Markdown", () => {
  test.each([
    "[a](javascript:alert(1))",
    "[a](<javascript:alert(1)>)",
    "[a](&#106;avascript:alert(1))",
    "[a](&#x6A;avascript&colon;alert(1))",
    "[a](java&Tab;script:alert(1))",
    "[a](java&NewLine;script:alert(1))",
    "[a](\\javascript:alert(1))",
    "[a](JAVASCRIPT:alert(1) 'title')",
    "[a][b]\n\n[b]: javascript:alert(1)",
    "[b]\n\n[b]: <data:text/html,x>",
    "<javascript:alert(1)>",
    "<vbscript:x>",
    "![a](javascript:alert(1))",
    "![a](data:image/svg+xml;base64,AAAA)",
    "![a](file.png)",
    '<a href="javascript:alert(1)">a</a>',
    '<a href="jav&#x09;ascript:alert(1)">a</a>',
    "<details><a href=javascript:alert(1)>a</a></details>",
    '<img src="data:image/svg+xml,x" onerror="alert(1)">',
    "ftp://example.org/x",
    "javascript:alert(1)",
  ])("%j has no target", (markdown) => {
    expect(targets(markdown)).toEqual([]);
  });

  test("a refused link leaves its text", () => {
    expect(parse("a [*b*](javascript:x) c").children).toMatchObject([
      {
        children: [
          { kind: "text", text: "a " },
          { kind: "emphasis", children: [{ kind: "text", text: "b" }] },
          { kind: "text", text: " c" },
        ],
      },
    ]);
    const [paragraph] = parse("a [b](javascript:x) c ![d](x)").children;
    expect(paragraph).toMatchObject({ children: [{ text: "a b c d" }] });
  });

  test("raw HTML follows the same rule", () => {
    const markdown = '<img src="https://a.example/x.png" onerror="x"> <a href="https://b.example" onclick="x">b</a>';
    expect(targets(markdown)).toEqual(["https://a.example/x.png", "https://b.example"]);
    expect(JSON.stringify(parse(markdown))).not.toMatch(/onerror|onclick/);
  });

  test("no link is in another", () => {
    const both = "[see https://a.example and <https://b.example>](https://c.example)";
    expect(targets(both)).toEqual(["https://c.example"]);
    expect(targets("[https://a.example](https://a.example)")).toEqual(["https://a.example"]);
    expect(targets("[https://a.example] stays")).toEqual(["https://a.example"]);
  });

  test("good ones are kept", () => {
    const markdown =
      "[a](https://a.example) <https://b.example> <c@example.org> ![d](https://d.example/d.png) [e](e.md)";
    expect(targets(markdown)).toEqual([
      "https://a.example",
      "https://b.example",
      "mailto:c@example.org",
      "https://d.example/d.png",
      "e.md",
    ]);
  });
});
