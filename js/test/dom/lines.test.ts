// @vitest-environment happy-dom

import { beforeEach, describe, expect, test } from "vitest";
import { type Addons, type Grammar, NO_ADDONS } from "../../src/render/addons.js";
import { Drawn, seen, watch } from "./drawn.js";

/** Words are keywords, numbers numbers, and what is between quotes is a string, over lines too. Counts the lines. */
class FakeGrammar implements Grammar<boolean> {
  readonly lines: string[] = [];

  start(): boolean {
    return false;
  }

  line(text: string, from: boolean) {
    this.lines.push(text);
    const spans: { end: number; style: string | null }[] = [];
    let quoted = from;
    for (const match of text.matchAll(/"|[a-z]+|\d+|[^"a-z\d]+/g)) {
      const [token] = match;
      const end = match.index + token.length;
      if (quoted || token === '"') spans.push({ end, style: "string" });
      else spans.push({ end, style: /[a-z]/.test(token) ? "keyword" : /\d/.test(token) ? "number" : null });
      if (token === '"') quoted = !quoted;
    }
    return { spans, next: quoted };
  }
}

const addonsOf = (grammar: ReturnType<Addons["grammar"]>): Addons => ({ ...NO_ADDONS, grammar: () => grammar });

let drawn: Drawn;
let grammar: FakeGrammar;

beforeEach(() => {
  grammar = new FakeGrammar();
  drawn = new Drawn(addonsOf(grammar));
});

const code = () => drawn.get("code");
const styled = (root: ParentNode = code()) =>
  [...root.querySelectorAll("[class^=sc-t-]")].map((span) => `${span.className.slice(5)} ${span.textContent}`);
const numbered = (count: number) => Array.from({ length: count }, (_, index) => `line ${index}`);
const fence = (lines: readonly string[]) => `\`\`\`x\n${lines.join("\n")}\n`;

describe("lines", () => {
  test.each([1, 39, 40, 41, 80, 121])("%d of them are the code's own text", (count) => {
    for (const addons of [NO_ADDONS, addonsOf(grammar)]) {
      drawn = new Drawn(addons);
      const lines = numbered(count).map((line, index) => (index % 7 === 0 ? "" : line));
      drawn.push(fence(lines), 3);
      drawn.push("```\n");
      drawn.end();
      expect(code().textContent).toBe(lines.join("\n"));
      expect(drawn.all(".sc-lines")).toHaveLength(Math.ceil(count / 40));
    }
  });

  test("without a grammar are one text node for each group", () => {
    drawn = new Drawn();
    drawn.push(fence(numbered(100)), 5);
    expect(drawn.all(".sc-lines").map((group) => group.childNodes.length)).toEqual([1, 1, 1]);
  });

  test("of raw HTML that is not allowed are text", () => {
    drawn.push("<script>\nlet a = 1;\n\n</script>\n", 2);
    expect(drawn.get(".sc-html").textContent).toBe("<script>\nlet a = 1;\n\n</script>");
    expect(styled(drawn.root)).toEqual([]);
  });

  test("that are very long are laid out in runs, and painted at their beginning only", () => {
    for (const addons of [NO_ADDONS, addonsOf(grammar)]) {
      drawn = new Drawn(addons);
      const lines = ["a = 1", "x1 ".repeat(2500), "b = 2"];
      drawn.push(fence(lines), 100);
      drawn.push("```\n");
      expect(code().textContent).toBe(lines.join("\n"));
      expect(drawn.all(".sc-run").map((run) => run.textContent?.length)).toEqual([2000, 2000, 1500]);
    }
    expect(Math.max(...grammar.lines.map((line) => line.length))).toBe(2000);
    expect(styled().slice(-2)).toEqual(["keyword b", "number 2"]);
  });
});

describe("painting", () => {
  test("carries the state from line to line", () => {
    drawn.push('```x\na "b\nc" 1\n');
    expect(styled()).toEqual(["keyword a", 'string "b', 'string c"', "number 1"]);
  });

  test("reads a finished line no more", () => {
    drawn.push("```x\none 1\ntwo 2\nthr", 1);
    grammar.lines.length = 0;
    drawn.push("ee 3", 1);
    expect(grammar.lines).toEqual(["thre", "three", "three ", "three 3"]);
  });

  test("of many lines at once reads each once", () => {
    const lines = numbered(100);
    drawn.push(`${fence(lines)}\`\`\`\n`);
    expect(grammar.lines).toEqual(lines);
  });

  test("touches of the growing line only what differs", () => {
    drawn.push("```x\nabc 12");
    const changes = watch(drawn.root);
    drawn.push("3");
    expect(changes().map((record) => [record.type, record.target.textContent])).toEqual([["characterData", "123"]]);
  });

  test("gives a stretch another style in place", () => {
    drawn.push("```x\n1");
    const [span] = drawn.all("[class^=sc-t-]");
    drawn.push("\nabc");
    const [, later] = drawn.all("[class^=sc-t-]");
    const { created } = drawn.renderer;
    grammar.line = (text) => ({ spans: [{ end: text.length, style: "function" }], next: false });
    drawn.push("d");
    expect([span?.className, later?.className]).toEqual(["sc-t-number", "sc-t-function"]);
    expect(drawn.renderer.created).toBe(created);
  });

  test("knows no style but those of the style sheet", () => {
    grammar.line = (text) => ({ spans: [{ end: text.length, style: "evil sc-load" }], next: false });
    drawn.push("```x\nabc");
    expect(code().innerHTML).toBe('<span class="sc-lines" data-tip="">abc</span>');
  });
});

describe("a grammar that comes late", () => {
  let arrive: (grammar: Grammar | null) => void;

  beforeEach(() => {
    const coming = new Promise<Grammar | null>((resolve) => {
      arrive = resolve;
    });
    drawn = new Drawn(addonsOf(coming));
  });

  const frames = (count: number) => {
    for (let frame = 0; frame < count; frame += 1) drawn.layout.frame();
  };

  /** As if the grammar had been there. */
  const atOnce = (text: string): unknown => {
    const other = new Drawn(addonsOf(new FakeGrammar()));
    other.push(text);
    return seen(other.root);
  };

  test("paints the lines that are there, some groups in a frame", async () => {
    const text = `${fence(numbered(200))}\`\`\`\n\nend`;
    drawn.push(text, 50);
    arrive(grammar);
    await Promise.resolve();
    expect(styled()).toEqual([]);
    frames(1);
    const first = styled().length;
    expect([first > 0, first < 400]).toEqual([true, true]);
    frames(5);
    expect(seen(drawn.root)).toEqual(atOnce(text));
    expect(drawn.layout.frames).toEqual([]);
  });

  test("paints on while the code grows", async () => {
    const lines = numbered(130);
    drawn.push(fence(lines.slice(0, 90)), 50);
    arrive(grammar);
    await Promise.resolve();
    frames(1);
    drawn.push(lines.slice(90, 95).join("\n"), 7);
    frames(5);
    drawn.push(`\n${lines.slice(95).join("\n")}`, 7);
    expect(seen(drawn.root)).toEqual(atOnce(fence(lines).trimEnd()));
  });

  test("is not waited for when another text is shown", async () => {
    drawn.push(fence(numbered(50)));
    drawn.show("other");
    arrive(grammar);
    await Promise.resolve();
    frames(5);
    expect(grammar.lines).toEqual([]);
  });

  test("that does not come leaves the plain lines", async () => {
    drawn.push(fence(numbered(50)), 9);
    arrive(null);
    await Promise.resolve();
    frames(5);
    drawn.push(`${numbered(50).join("\n")}\n`, 9);
    drawn.push("```\n");
    expect(code().textContent).toBe([...numbered(50), ...numbered(50)].join("\n"));
    expect(styled()).toEqual([]);
  });
});
