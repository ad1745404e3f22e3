/**
 * The incremental Markdown engine: takes text in pieces of any size, and grows a tree.
 *
 * Between the pieces it keeps the stack of open blocks of the specification's own algorithm (CommonMark 0.31.2,
 * appendix "A parsing strategy"), so closed text is never examined again. A line is assigned to its block as soon as
 * its beginning decides that; the rest of the line goes directly to the leaf.
 */

import { attach, type Parent, settle } from "./blocks.js";
import { Containers } from "./containers.js";
import { ANSWER, type Dialect } from "./dialect.js";
import { FormulaWriter, formulaText, MarkupWriter } from "./held.js";
import type { Context } from "./inlines.js";
import { Labels } from "./labels.js";
import { FenceWriter, HeadingWriter, HtmlWriter, IndentedWriter, TableWriter } from "./leaves.js";
import { isPlan, type LeafStart, type Plan, type Progress, readLine } from "./line.js";
import { ParagraphWriter } from "./paragraph.js";
import { endsHtml } from "./rawblock.js";
import type { Document, Leaf } from "./tree.js";
import { isWoven, missingEnd, Weaver } from "./weave.js";

type LeafWriter =
  | ParagraphWriter
  | HeadingWriter
  | FenceWriter
  | IndentedWriter
  | TableWriter
  | FormulaWriter
  | MarkupWriter
  | HtmlWriter
  | Weaver;

/** An undecided line longer than this is examined again only when it has grown by a quarter. */
const LONG_UNDECIDED = 128;

export class Engine {
  readonly document: Document = { kind: "document", children: [], settled: 0, open: true, notes: [] };
  readonly #context: Context;
  readonly #containers: Containers;
  #leaf: LeafWriter | null = null;

  /** The line so far, while it is undecided; null: it is decided, and its text goes to the leaf. */
  #line: string | null = "";
  #tried = 0;
  #progress: Progress | null = null;
  #isBegun = false;
  /** A carriage return or a high surrogate at the end, which may be half of a pair. */
  #carry = "";

  constructor(dialect: Partial<Dialect> = {}) {
    this.#context = {
      dialect: { ...ANSWER, ...dialect },
      labels: new Labels(this.document),
      scanned: 0,
      late: new Set(),
    };
    this.#containers = new Containers(this.document, this.#context.labels);
  }

  /** How many characters were examined; a character counts each time. */
  get scanned(): number {
    return this.#context.scanned;
  }

  /** The closed leaves that a late definition has changed since the last call. */
  takeLate(): readonly Leaf[] {
    const late = [...this.#context.late];
    this.#context.late.clear();
    return late;
  }

  /** Take more text, in pieces of any size. */
  push(text: string): void {
    if (!this.document.open) throw new Error("the document has ended");
    // A byte-order mark does not belong to the text.
    const own = this.#isBegun ? text : text.replace(/^\ufeff/, "");
    this.#isBegun ||= text !== "";
    this.#context.labels.take(text.length);
    this.#take(this.#whole(own));
    this.#show();
  }

  /** Finish: open blocks are closed as the specification says, and references with unknown labels become text. */
  end(): void {
    if (!this.document.open) return;
    this.#take(this.#carry === "\r" ? "\n" : this.#carry);
    if (this.#line !== "" || this.#line === null) this.#endLine();
    while (this.#giveUp()) this.#finishLine();
    this.#closeTo(0);
    this.#context.labels.end();
    for (const note of this.document.notes) note.open = false;
  }

  /** The text with line feeds as line endings, without NUL, and without an end that the next text could change. */
  #whole(text: string): string {
    let all = this.#carry + text;
    const last = all.charCodeAt(all.length - 1);
    this.#carry = last === 0x0d || (last >= 0xd800 && last <= 0xdbff) ? all.slice(-1) : "";
    if (this.#carry !== "") all = all.slice(0, -1);
    return all.replace(/\r\n?/g, "\n").replaceAll("\0", "\ufffd");
  }

  #take(text: string): void {
    let at = 0;
    while (at < text.length) {
      const end = this.#takePart(text, at);
      if (end < text.length) this.#endLine();
      at = end + 1;
    }
  }

  /** Take the rest of the line; returns where it ends. */
  #takePart(text: string, at: number): number {
    // A row finds the line's end while it looks for the ends of its cells.
    if (this.#line === null && this.#leaf?.kind === "table") return this.#leaf.write(text, at);
    const found = text.indexOf("\n", at);
    const end = found < 0 ? text.length : found;
    if (end > at) this.#takeText(text.slice(at, end));
    return end;
  }

  #takeText(text: string): void {
    if (this.#line === null) {
      this.#context.scanned += text.length;
      this.#write(text);
      return;
    }
    this.#line += text;
    if (this.#line.length > LONG_UNDECIDED && this.#line.length < this.#tried * 1.25) return;
    this.#tried = this.#line.length;
    this.#decide(this.#line, false);
  }

  #endLine(): void {
    if (this.#line !== null) this.#decide(this.#line, true);
    this.#line = "";
    this.#tried = 0;
    this.#finishLine();
  }

  #finishLine(): void {
    const leaf = this.#leaf;
    if (leaf && "endLine" in leaf) leaf.endLine();
    if (leaf?.kind === "heading") this.#closeLeaf();
    this.#containers.number += 1;
  }

  #write(text: string): void {
    if (this.#leaf && "write" in this.#leaf) this.#leaf.write(text);
  }

  #show(): void {
    if (this.#leaf && "show" in this.#leaf) this.#leaf.show();
  }

  // ---------------------------------------------------------------------------------------------- a line's place

  #decide(line: string, complete: boolean): void {
    const from = this.#progress?.cursor.offset ?? 0;
    let plan = this.#read(line, complete);
    while (isPlan(plan) && plan.continues === null && this.#giveUp()) {
      this.#finishLine();
      plan = this.#read(line, complete);
    }
    if (!isPlan(plan)) {
      this.#context.scanned += line.length - from;
      this.#line = line;
      this.#progress = plan;
      return;
    }
    this.#context.scanned += (complete ? line.length : plan.cursor.offset + 1) - from;
    this.#line = this.#progress = null;
    this.#apply(plan);
  }

  #read(line: string, complete: boolean): Plan | Progress {
    const leaf = this.#leaf?.kind === "heading" ? null : this.#leaf;
    return readLine(line, complete, this.#progress, this.#containers.open, leaf, this.#context.dialect);
  }

  /** If the held lines of the open leaf turn out to be something else, read them again; returns whether they were. */
  #giveUp(): boolean {
    const released = this.#leaf && "giveUp" in this.#leaf ? this.#leaf.giveUp() : null;
    if (released === null) return false;
    const { prefix } = this.#containers;
    this.#progress = null;
    this.#beginParagraph(released.text.trimStart());
    for (const line of released.lines) {
      this.#finishLine();
      this.#decide(prefix + line, true);
    }
    return true;
  }

  #apply(plan: Plan): void {
    if (plan.continues === "end") {
      if (this.#leaf && "end" in this.#leaf) this.#leaf.end();
      this.#closeLeaf();
    } else if (plan.continues === "text") this.#continue(plan);
    else {
      this.#closeTo(plan.matched);
      if (plan.leaf?.type === "setext" || plan.leaf?.type === "table") this.#transform(plan.leaf);
      else this.#begin(plan);
    }
  }

  #continue({ cursor, blank, outdents }: Plan): void {
    const leaf = this.#leaf as LeafWriter;
    const text = cursor.remainder;
    switch (leaf.kind) {
      case "html":
        if (leaf instanceof MarkupWriter) this.#continueMarkup(leaf, text);
        else this.#continueHtml(leaf, text);
        return;
      case "formula":
        this.#continueFormula(leaf, text);
        return;
      case "indented":
        if (blank) {
          leaf.blankLine(text);
          this.#containers.markBlank();
          return;
        }
        leaf.beginLine();
        break;
      case "fence":
        leaf.isOutdented ||= outdents;
        leaf.beginLine();
        break;
      case "paragraph":
        leaf.beginLine(text[0] as string);
        break;
      case "table":
        leaf.beginLine();
        break;
    }
    leaf.write(text);
  }

  #continueFormula(leaf: FormulaWriter, text: string): void {
    const end = leaf.line(text);
    if (end === "none") this.#giveUp();
    if (typeof end === "string") return;
    this.#closeLeaf();
    if (end.rest.trim() !== "") this.#beginParagraph(end.rest.trimStart());
  }

  #continueHtml(leaf: HtmlWriter | Weaver, text: string): void {
    leaf.line(text);
    if (endsHtml(leaf.condition, text)) this.#closeLeaf();
  }

  #continueMarkup(leaf: MarkupWriter, text: string): void {
    const state = leaf.line(text);
    if (state === "none") this.#giveUp();
    if (state !== "ended") return;
    const weaver = this.#weaver(leaf.condition);
    for (const line of leaf.lines) weaver.line(line);
    this.#leaf = weaver;
    if (endsHtml(leaf.condition, text)) this.#closeLeaf();
  }

  #weaver(condition: number): Weaver {
    const { boxes, node } = this.#containers.top;
    return new Weaver(condition, boxes, node as Parent, this.#containers.cut, this.#context.dialect.policy);
  }

  /** Close the containers that the line does not continue. */
  #closeTo(matched: number): void {
    if (this.#containers.open.length > matched) {
      this.#closeLeaf();
      while (this.#containers.open.length > matched) this.#containers.close();
    }
  }

  #transform(start: Extract<LeafStart, { type: "setext" | "table" }>): void {
    const paragraph = this.#leaf as ParagraphWriter;
    if (start.type === "setext") {
      paragraph.underline(start.depth);
      this.#leaf = null;
    } else {
      const { parent } = paragraph;
      this.#leaf = new TableWriter(parent, paragraph.becomeTable(start.aligns), start.aligns, this.#context);
    }
  }

  #begin(plan: Plan): void {
    this.#closeLeaf();
    if (plan.blank) {
      this.#containers.markBlank();
      return;
    }
    for (const start of plan.opened) this.#containers.begin(start);
    if (plan.leaf) this.#beginLeaf(plan.leaf, plan);
    else if (!plan.cursor.isBlank) this.#beginParagraph(plan.cursor.remainder);
  }

  #beginParagraph(text: string): void {
    const { empty } = this.#containers;
    this.#leaf = new ParagraphWriter(this.#containers.place(), empty, this.#context);
    this.#leaf.beginLine(text[0] as string);
    this.#leaf.write(text);
  }

  #beginLeaf(start: LeafStart, { cursor }: Plan): void {
    const parent = this.#containers.place();
    switch (start.type) {
      case "heading":
        this.#leaf = new HeadingWriter(parent, start.depth, this.#context);
        this.#leaf.write(cursor.remainder);
        break;
      case "rule":
        attach(parent, { kind: "rule", open: false });
        settle(parent);
        break;
      case "fence":
        this.#leaf = new FenceWriter(parent, start.fence, start.language, this.#context.dialect);
        break;
      case "indented":
        this.#leaf = new IndentedWriter(parent);
        this.#leaf.beginLine();
        this.#leaf.write(cursor.remainder);
        break;
      case "formula":
        if (start.whole) {
          attach(parent, { kind: "formula", text: formulaText(start, start.text), open: false });
          settle(parent);
        } else this.#leaf = new FormulaWriter(parent, start);
        break;
      case "html":
        this.#beginHtml(parent, start.condition, cursor.remainder);
        break;
    }
  }

  #beginHtml(parent: Parent, condition: number, text: string): void {
    const { html, habits } = this.#context.dialect;
    const isWovenHere = html === "safe" && isWoven(text);
    const end = isWovenHere && habits ? missingEnd(text, this.#containers.top.boxes.length > 0) : null;
    if (end) {
      this.#leaf = new MarkupWriter(condition, text, end);
      return;
    }
    const leaf = isWovenHere ? this.#weaver(condition) : new HtmlWriter(parent, condition);
    this.#leaf = leaf;
    this.#continueHtml(leaf, text);
  }

  #closeLeaf(): void {
    const leaf = this.#leaf;
    this.#leaf = null;
    leaf?.close();
  }
}

/** The tree of a complete text. */
export function parse(text: string, dialect: Partial<Dialect> = {}): Document {
  const engine = new Engine(dialect);
  engine.push(text);
  engine.end();
  return engine.document;
}
