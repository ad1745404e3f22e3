/** The leaves that take text as it comes, but for paragraphs: headings, code, tables, formulas, raw HTML. */

import { attach, type Parent, replace, settle } from "./blocks.js";
import { type Context, Inlines } from "./inlines.js";
import type { Fence } from "./line.js";
import { type Cells, RowWriter } from "./rows.js";
import type { Align, Formula, Heading, Html, Paragraph, Pre, Table } from "./tree.js";

/** Where its closing marks begin, with the spaces around them, or the spaces in front of the line's end. */
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
  /** What may be the closing marks. */
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
    // Marks at the very beginning close an empty heading; behind text they need a space.
    let from = tail > 0 || !this.#isBegun || /^[ \t]/.test(all) ? tail : all.length;
    // Many spaces are held one at a time: the text's end leaves out those that nothing follows.
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

export class CodeWriter {
  readonly kind: "fence" | "indented";
  readonly fence: Fence;
  readonly #parent: Parent;
  readonly #node: Pre;
  /** Blank lines that belong to indented code only if more of it follows. */
  #blank: string[] = [];

  constructor(parent: Parent, fence: Fence | null, language: string) {
    this.kind = fence ? "fence" : "indented";
    this.fence = fence ?? { char: "`", length: 3, indent: 0 };
    this.#parent = parent;
    this.#node = { kind: "pre", language, lines: [], open: true };
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

/** Display math over several lines. Until its end has come it may turn out to be a paragraph. */
export class FormulaWriter {
  readonly kind = "formula";
  readonly #parent: Parent;
  readonly #node: Formula = { kind: "formula", text: "", open: true };
  readonly #open: string;
  readonly #close: string;
  readonly #context: Context;
  readonly #lines: string[];

  constructor(parent: Parent, close: string, text: string, context: Context) {
    this.#parent = parent;
    this.#open = close === "$$" ? "$$" : "\\[";
    this.#close = close;
    this.#context = context;
    this.#lines = [text];
    attach(parent, this.#node);
  }

  /** Take a line; what follows the formula's end in it, or null while there is none. */
  line(text: string): string | null {
    const end = text.indexOf(this.#close);
    this.#lines.push(end < 0 ? text : text.slice(0, end));
    if (end < 0) return null;
    this.#node.text = this.#lines.join("\n").trim();
    if (this.#node.text !== "") this.#node.open = false;
    else this.#lines.push(this.#close);
    return text.slice(end + this.#close.length);
  }

  close(): void {
    if (this.#node.open) this.#becomeParagraph();
    settle(this.#parent);
  }

  #becomeParagraph(): void {
    const paragraph: Paragraph = { kind: "paragraph", children: [], settled: 0, open: true, waiting: false };
    replace(this.#parent, this.#node, paragraph);
    const inlines = new Inlines(paragraph, this.#context);
    inlines.feed(this.#open + this.#lines.map((line) => line.trim()).join("\n"));
    inlines.finish();
  }
}

/** A block of raw HTML as text. */
export class HtmlWriter {
  readonly kind = "html";
  readonly condition: number;
  readonly #parent: Parent;
  readonly #node: Html = { kind: "html", lines: [], open: true };
  /** Blank lines that belong to it only if more of it follows. */
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
