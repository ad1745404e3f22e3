/** Writers for the leaf blocks other than paragraphs: headings, code, tables, raw HTML. */

import { attach, type Parent, replace, settle } from "./blocks.js";
import type { Dialect } from "./dialect.js";
import { type Context, Inlines } from "./inlines.js";
import type { Fence } from "./line.js";
import { type Cells, RowWriter } from "./rows.js";
import type { Align, Formula, Heading, Html, Pre, Table } from "./tree.js";

/** Where the closing marks of a heading begin, with the spaces around them; without marks, the trailing spaces. */
function headingTail(text: string): number {
  const isSpace = (at: number) => text[at] === " " || text[at] === "\t";
  const backOver = (end: number, is: (at: number) => boolean) => {
    let at = end;
    while (at > 0 && is(at - 1)) at -= 1;
    return at;
  };
  const spaces = backOver(text.length, isSpace);
  const marks = backOver(spaces, (at) => text[at] === "#");
  const before = backOver(marks, isSpace);
  return before < marks || marks === 0 ? before : spaces;
}

const LONGEST_TAIL = 64;

export class HeadingWriter {
  readonly kind = "heading";
  readonly #parent: Parent;
  readonly #inlines: Inlines;
  /** The end of the line, if it may be the closing marks. */
  #tail = "";
  #isBegun = false;

  constructor(parent: Parent, depth: number, context: Context) {
    const node: Heading = { kind: "heading", depth, children: [], settled: 0, open: true, waiting: false };
    this.#parent = parent;
    this.#inlines = new Inlines(node, context);
    attach(parent, node);
  }

  write(text: string): void {
    const all = this.#tail + text;
    const tail = headingTail(all);
    // Marks at the very beginning close an empty heading; after text they need a space before them.
    let from = tail > 0 || !this.#isBegun || /^[ \t]/.test(all) ? tail : all.length;
    // Of many spaces only the last is held: the reading of the text leaves out trailing spaces itself.
    const held = all.slice(from);
    if (this.#isBegun && held.length > LONGEST_TAIL && held.trim() === "") from = all.length - 1;
    this.#tail = all.slice(from);
    const content = this.#isBegun ? all.slice(0, from) : all.slice(0, from).replace(/^[ \t]+/, "");
    if (content === "") return;
    this.#isBegun = true;
    this.#inlines.feed(content);
  }

  show(): void {
    this.#inlines.show();
  }

  close(): void {
    this.#inlines.finish();
    settle(this.#parent);
  }
}

export class IndentedWriter {
  readonly kind = "indented";
  readonly #parent: Parent;
  readonly #node: Pre = { kind: "pre", language: "", lines: [], open: true };
  /** Blank lines, which belong to the block only if more lines of it follow. */
  #blank: string[] = [];

  constructor(parent: Parent) {
    this.#parent = parent;
    attach(parent, this.#node);
  }

  beginLine(): void {
    this.#node.lines.push(...this.#blank, "");
    this.#blank = [];
  }

  blankLine(text: string): void {
    this.#blank.push(text);
  }

  write(text: string): void {
    const { lines } = this.#node;
    lines[lines.length - 1] += text;
  }

  close(): void {
    this.#node.open = false;
    settle(this.#parent);
  }
}

/** Languages in which code may contain fences. */
const NESTING = /^(?:markdown|md|mdx|rmd|qmd)$/i;

export class FenceWriter {
  readonly kind = "fence";
  readonly fence: Fence;
  /** How many fences are open inside it. */
  nested = 0;
  /** Its lines are at the margin, although the fence is in a list item. */
  isOutdented = false;
  readonly #parent: Parent;
  readonly #node: Pre;
  /** The formula that it becomes at its end, if its language is "math". */
  readonly #formula: Formula | null;
  readonly #nests: boolean;
  #hasEnded = false;

  constructor(parent: Parent, fence: Fence, language: string, { math, habits }: Dialect) {
    this.fence = fence;
    this.#parent = parent;
    this.#node = { kind: "pre", language, lines: [], open: true };
    this.#nests = habits && NESTING.test(language);
    this.#formula = math && language.toLowerCase() === "math" ? { kind: "formula", text: "", open: true } : null;
    attach(parent, this.#formula ?? this.#node);
  }

  get isEmpty(): boolean {
    return this.#node.lines.length === 0;
  }

  beginLine(): void {
    this.#node.lines.push("");
  }

  write(text: string): void {
    const { lines } = this.#node;
    lines[lines.length - 1] += text;
  }

  endLine(): void {
    if (!this.#nests) return;
    const line = this.#node.lines.at(-1)?.trim() ?? "";
    const { char, length } = this.fence;
    const marks = new RegExp(`^\\${char}{${length},}`).exec(line)?.[0].length ?? 0;
    if (marks === 0) return;
    if (marks < line.length) this.nested += line.indexOf(char, marks) < 0 ? 1 : 0;
    else this.nested = Math.max(0, this.nested - 1);
  }

  /** Its closing line has come. */
  end(): void {
    this.#hasEnded = true;
  }

  close(): void {
    const { lines } = this.#node;
    this.#node.open = false;
    if (this.#formula) {
      this.#formula.text = lines.join("\n").trim();
      this.#formula.open = false;
      if (!this.#hasEnded || this.#formula.text === "") replace(this.#parent, this.#formula, this.#node);
    }
    settle(this.#parent);
  }
}

export class TableWriter {
  readonly kind = "table";
  readonly #parent: Parent;
  readonly #table: Table;
  readonly #aligns: readonly Align[];
  readonly #context: Context;
  readonly #cells: Cells = { written: 0, filled: 0 };
  #row: RowWriter | null = null;

  constructor(parent: Parent, table: Table, aligns: readonly Align[], context: Context) {
    this.#parent = parent;
    this.#table = table;
    this.#aligns = aligns;
    this.#context = context;
  }

  beginLine(): void {
    this.#row = new RowWriter(this.#table, this.#aligns, false, this.#context, this.#cells);
  }

  write(text: string, from = 0): number {
    return this.#row?.write(text, from) ?? text.length;
  }

  endLine(): void {
    this.#row?.finish();
    this.#row = null;
    settle(this.#table);
  }

  show(): void {
    this.#row?.show();
  }

  close(): void {
    this.#table.open = false;
    settle(this.#parent);
  }
}

/** A block of raw HTML that is shown as text. */
export class HtmlWriter {
  readonly kind = "html";
  readonly condition: number;
  readonly #parent: Parent;
  readonly #node: Html = { kind: "html", lines: [], open: true };
  /** Blank lines, which belong to the block only if more lines of it follow. */
  #blank: string[] = [];

  constructor(parent: Parent, condition: number) {
    this.condition = condition;
    this.#parent = parent;
    attach(parent, this.#node);
  }

  line(text: string): void {
    if (text.trim() === "") {
      this.#blank.push(text);
      return;
    }
    this.#node.lines.push(...this.#blank, text);
    this.#blank = [];
  }

  close(): void {
    this.#node.open = false;
    settle(this.#parent);
  }
}
