/**
 * The incremental Markdown engine: text in, at any cuts; a tree that grows, out.
 *
 * It keeps the stack of open blocks of the specification's own algorithm (CommonMark 0.31.2, appendix "A parsing
 * strategy") between the chunks, so that closed text is never looked at again. A line is put in its place as soon as its
 * beginning is decided; the rest of it goes straight to its leaf.
 */

import { attach, type Parent, settle } from "./blocks.js";
import { type Container, container, isSameList } from "./containers.js";
import { ANSWER, type Dialect } from "./dialect.js";
import type { Context } from "./inlines.js";
import { Labels } from "./labels.js";
import { CodeWriter, FormulaWriter, HeadingWriter, HtmlWriter, TableWriter } from "./leaves.js";
import {
  type ContainerStart,
  isPlan,
  type LeafStart,
  type Marker,
  type Plan,
  type Progress,
  readLine,
} from "./line.js";
import { ParagraphWriter } from "./paragraph.js";
import { endsHtml } from "./rawblock.js";
import type { Document, Item, Leaf, List, Note, Quote } from "./tree.js";
import { isWoven, Weaver } from "./weave.js";

type LeafWriter = ParagraphWriter | HeadingWriter | CodeWriter | TableWriter | FormulaWriter | HtmlWriter | Weaver;

/** A line that is undecided beyond this is looked at again only when it has grown by a quarter. */
const LONG_UNDECIDED = 128;

export class Engine {
  readonly document: Document = { kind: "document", children: [], settled: 0, open: true, notes: [] };
  readonly #context: Context;
  readonly #containers: Container[];
  #leaf: LeafWriter | null = null;

  /** The line so far, while it is undecided; null: it is decided and its text goes to the leaf. */
  #line: string | null = "";
  #tried = 0;
  #progress: Progress | null = null;
  #number = 1;
  #isBegun = false;
  /** What may be half of something: a carriage return, a surrogate. */
  #carry = "";

  constructor(dialect: Partial<Dialect> = {}) {
    this.#context = {
      dialect: { ...ANSWER, ...dialect },
      labels: new Labels(this.document),
      scanned: 0,
      late: new Set(),
    };
    this.#containers = [container("document", this.document, null)];
  }

  /** How many characters were looked at; a character counts each time. */
  get scanned(): number {
    return this.#context.scanned;
  }

  /** The closed leaves that a late definition has changed since the last call. */
  takeLate(): readonly Leaf[] {
    const late = [...this.#context.late];
    this.#context.late.clear();
    return late;
  }

  /** Take more text, cut anywhere. */
  push(text: string): void {
    if (!this.document.open) throw new Error("the document has ended");
    // A mark of byte order is a file's, not the text's.
    const own = this.#isBegun ? text : text.replace(/^\ufeff/, "");
    this.#isBegun ||= text !== "";
    this.#take(this.#whole(own));
    this.#show();
  }

  /** No more text: what is open is closed as the specification says, and unknown labels are text. */
  end(): void {
    if (!this.document.open) return;
    this.#take(this.#carry === "\r" ? "\n" : this.#carry);
    if (this.#line !== "" || this.#line === null) this.#endLine();
    while (this.#containers.length > 0) this.#closeContainer();
    this.#context.labels.end();
    for (const note of this.document.notes) note.open = false;
  }

  /** Line endings as line feeds, no NUL, and nothing that the next text could change. */
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

  /** Take what is left of the line; where it ends. */
  #takePart(text: string, at: number): number {
    // A row finds its end along with those of its cells.
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
    const leaf = this.#leaf;
    if (leaf && "endLine" in leaf) leaf.endLine();
    if (leaf?.kind === "heading") this.#closeLeaf();
    this.#line = "";
    this.#tried = 0;
    this.#number += 1;
  }

  #write(text: string): void {
    if (this.#leaf && "write" in this.#leaf) this.#leaf.write(text);
  }

  #show(): void {
    if (this.#leaf && "show" in this.#leaf) this.#leaf.show();
  }

  // ---------------------------------------------------------------------------------------------- a line's place

  #decide(line: string, complete: boolean): void {
    const { dialect } = this.#context;
    const leaf = this.#leaf?.kind === "heading" ? null : this.#leaf;
    const from = this.#progress?.cursor.offset ?? 0;
    const plan = readLine(line, complete, this.#progress, this.#containers, leaf, dialect);
    if (!isPlan(plan)) {
      this.#context.scanned += line.length - from;
      this.#progress = plan;
      return;
    }
    this.#context.scanned += (complete ? line.length : plan.cursor.offset + 1) - from;
    this.#line = this.#progress = null;
    this.#apply(plan);
  }

  #apply(plan: Plan): void {
    if (plan.continues === "end") this.#closeLeaf();
    else if (plan.continues === "text" && !(plan.blank && this.#leaf?.kind === "formula")) this.#continue(plan);
    else {
      this.#closeTo(plan.matched);
      if (plan.leaf?.type === "setext" || plan.leaf?.type === "table") this.#transform(plan.leaf);
      else this.#begin(plan);
    }
  }

  #continue({ cursor, blank }: Plan): void {
    const leaf = this.#leaf as LeafWriter;
    const text = cursor.remainder;
    switch (leaf.kind) {
      case "html":
        leaf.line(text);
        if (endsHtml(leaf.condition, text)) this.#closeLeaf();
        return;
      case "formula":
        this.#continueFormula(leaf, text);
        return;
      case "indented":
        if (blank) {
          leaf.blankLine(text);
          this.#markBlank();
          return;
        }
        leaf.beginLine();
        break;
      case "fence":
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
    const rest = leaf.line(text);
    if (rest === null) return;
    this.#closeLeaf();
    if (rest.trim() !== "") this.#beginParagraph(rest.trimStart());
  }

  /** Close what the line does not go on with. */
  #closeTo(matched: number): void {
    if (this.#containers.length > matched) {
      this.#closeLeaf();
      while (this.#containers.length > matched) this.#closeContainer();
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
      this.#markBlank();
      return;
    }
    for (const start of plan.opened) this.#openContainer(start);
    if (plan.leaf) this.#beginLeaf(plan.leaf, plan);
    else if (!plan.cursor.isBlank) this.#beginParagraph(plan.cursor.remainder);
  }

  #beginParagraph(text: string): void {
    const top = this.#top;
    const isFirst = top.type === "item" && !top.filled;
    this.#leaf = new ParagraphWriter(this.#place(), isFirst ? (top.node as Item) : null, this.#context);
    this.#leaf.beginLine(text[0] as string);
    this.#leaf.write(text);
  }

  #beginLeaf(start: LeafStart, { cursor }: Plan): void {
    const parent = this.#place();
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
        this.#leaf = new CodeWriter(parent, start.fence, start.language);
        break;
      case "indented":
        this.#leaf = new CodeWriter(parent, null, "");
        this.#leaf.beginLine();
        this.#leaf.write(cursor.remainder);
        break;
      case "formula":
        if (start.whole) {
          attach(parent, { kind: "formula", text: start.text.trim(), open: false });
          settle(parent);
        } else this.#leaf = new FormulaWriter(parent, start.close, start.text, this.#context);
        break;
      case "html":
        this.#beginHtml(parent, start.condition, cursor.remainder);
        break;
    }
  }

  #beginHtml(parent: Parent, condition: number, text: string): void {
    const { html, policy } = this.#context.dialect;
    const woven = html === "safe" && isWoven(text);
    const { boxes, node } = this.#top;
    const leaf = woven ? new Weaver(condition, boxes, node as Parent, policy) : new HtmlWriter(parent, condition);
    this.#leaf = leaf;
    leaf.line(text);
    if (endsHtml(condition, text)) this.#closeLeaf();
  }

  // ---------------------------------------------------------------------------------------------- containers

  get #top(): Container {
    return this.#containers.at(-1) as Container;
  }

  /** Where the next block goes; a list takes only items, so it ends. */
  #place(): Parent {
    if (this.#top.type === "list") this.#closeContainer();
    const top = this.#top;
    this.#loosen(top);
    top.filled = true;
    return top.boxes.at(-1) ?? (top.node as Parent);
  }

  /** Section 5.3: a blank line between an item's blocks, or between items, makes a list loose. */
  #loosen(top: Container): void {
    if (top.blank !== this.#number - 1 || !top.filled) return;
    const list = top.type === "list" ? top : top.type === "item" ? this.#containers.at(-2) : undefined;
    if (list) (list.node as List).tight = false;
  }

  #openContainer(start: ContainerStart): void {
    if (start.type === "item") this.#openItem(start);
    else if (start.type === "quote") {
      this.#open("quote", { kind: "quote", children: [], settled: 0, open: true }, this.#place());
    } else {
      this.#place();
      const note: Note = { kind: "note", note: 0, uses: 0, children: [], settled: 0, open: true };
      this.#context.labels.defineNote(start.label, note);
      // Further lines are indented as those of code are.
      this.#open("note", note, null, 4);
    }
  }

  #openItem({ marker, indent }: Extract<ContainerStart, { type: "item" }>): void {
    const top = this.#top;
    if (top.type !== "list" || !isSameList(top.marker as Marker, marker)) {
      const list: List = { kind: "list", start: marker.start, tight: true, children: [], settled: 0, open: true };
      this.#open("list", list, this.#place(), 0, marker);
    }
    const list = this.#top;
    this.#loosen(list);
    list.filled = true;
    const item: Item = { kind: "item", checked: null, children: [], settled: 0, open: true };
    this.#open("item", item, list.node as List, indent);
  }

  #open(
    type: Container["type"],
    node: Container["node"],
    parent: Parent | null,
    indent = 0,
    marker: Marker | null = null,
  ): void {
    if (parent) attach(parent, node as Quote | List | Item);
    this.#containers.push(container(type, node, parent, indent, marker));
  }

  #closeContainer(): void {
    this.#closeLeaf();
    const closed = this.#containers.pop() as Container;
    for (let box = closed.boxes.pop(); box; box = closed.boxes.pop()) {
      settle(box);
      box.open = false;
    }
    settle(closed.node as Parent);
    closed.node.open = false;
    if (closed.parent) settle(closed.parent);
  }

  #closeLeaf(): void {
    const leaf = this.#leaf;
    this.#leaf = null;
    leaf?.close();
  }

  /** A blank line counts for the containers that it stands in, up to a quotation, whose own line it is. */
  #markBlank(): void {
    for (let index = this.#containers.length - 1; index >= 0; index -= 1) {
      const each = this.#containers[index] as Container;
      if (each.type === "quote") return;
      each.blank = this.#number;
    }
  }
}

/** The tree of a whole text. */
export function parse(text: string, dialect: Partial<Dialect> = {}): Document {
  const engine = new Engine(dialect);
  engine.push(text);
  engine.end();
  return engine.document;
}
