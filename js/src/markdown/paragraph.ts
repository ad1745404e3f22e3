/**
 * The open paragraph. It may turn out to be something else: definitions, a task mark, the head of a table, or a heading
 * that the next line underlines.
 */

import { attach, detach, type Parent, replace, settle } from "./blocks.js";
import { MORE } from "./characters.js";
import { type Context, Inlines } from "./inlines.js";
import { hasColumns, RowWriter } from "./rows.js";
import { scanDefinition } from "./targets.js";
import type { Alert, Align, Heading, Item, Paragraph, Quote, Table } from "./tree.js";

const TASK = /^\[([ xX])\](?:[ \t\n]+|$)/;
const TASK_BEGUN = /^\[(?:[ xX]?|[ xX]\])$/;
/** A GitHub alert: the first line of a quotation, with nothing else on it. */
const ALERT = /^\[!(note|tip|important|warning|caution)\][ \t]*(?:\n|$)/i;
const ALERT_BEGUN = /^\[(?:!(?:[a-z]{0,9}|[a-z]{3,9}\][ \t]*))?$/i;

const newParagraph = (): Paragraph => ({ kind: "paragraph", children: [], settled: 0, open: true, waiting: false });

interface Head {
  readonly table: Table;
  readonly row: RowWriter;
}

export class ParagraphWriter {
  readonly kind = "paragraph";
  readonly parent: Parent;
  readonly #context: Context;
  #node = newParagraph();
  readonly #inlines: Inlines;
  #isAttached = false;
  /** Whether there was a line before the current one. */
  #isBegun = false;
  /** The line so far, unchanged. */
  #line = "";
  /** The line as the head of a table, if it probably is one. */
  #head: Head | null = null;
  /** The beginning, while it may still be a task mark or definitions; null: it is neither. */
  #pending: string | null = "";
  /** Whether the text is after a task or alert mark, where no definition is allowed. */
  #isMarked = false;
  /** The item or quotation whose first block this is. */
  #first: Item | Quote | null;

  constructor(parent: Parent, first: Item | Quote | null, context: Context) {
    this.parent = parent;
    this.#context = context;
    this.#first = context.dialect.gfm && (context.dialect.habits || first?.kind === "item") ? first : null;
    this.#inlines = new Inlines(this.#node, context);
  }

  /** Begin another line, whose first character is `first`. */
  beginLine(first: string): void {
    const failed = this.#revertHead();
    this.#line = "";
    if (this.#context.dialect.gfm && first === "|" && !failed) this.#foreseeHead();
    else this.#breakLine();
  }

  #breakLine(): void {
    if (this.#isBegun) this.#take("\n");
    this.#isBegun = true;
  }

  write(text: string): void {
    this.#line += text;
    if (this.#head) this.#head.row.write(text);
    else this.#take(text);
  }

  endLine(): void {
    this.#head?.row.finish();
  }

  show(): void {
    if (this.#head) this.#head.row.show();
    if (this.#isAttached) this.#inlines.show();
  }

  close(): void {
    this.#revertHead();
    this.#resolve();
    this.#inlines.finish();
    if (this.#node.children.length === 0) {
      if (this.#isAttached) detach(this.parent, this.#node);
      this.#inlines.drop();
    }
    settle(this.parent);
  }

  // -------------------------------------------------------------------------------------------------- headings

  /** Whether there is text to underline besides definitions. */
  canUnderline(): boolean {
    this.#revertHead();
    this.#resolve();
    return this.#isAttached;
  }

  underline(depth: number): void {
    const heading: Heading = { kind: "heading", depth, children: [], settled: 0, open: true, waiting: false };
    replace(this.parent, this.#node, heading);
    this.#inlines.moveTo(heading);
    this.#inlines.finish();
    settle(this.parent);
  }

  // -------------------------------------------------------------------------------------------------- tables

  /** Whether its last line can be the head of a table with so many columns. */
  isHead(columns: number): boolean {
    if (this.#head === null) this.#resolve();
    return (this.#head !== null || this.#isAttached) && hasColumns(this.#line, columns, this.#context.dialect.habits);
  }

  #foreseeHead(): void {
    const table: Table = { kind: "table", children: [], settled: 0, open: true };
    this.#head = { table, row: new RowWriter(table, null, true, this.#context) };
    attach(this.parent, table);
  }

  #revertHead(): boolean {
    const head = this.#head;
    if (head === null) return false;
    this.#head = null;
    detach(this.parent, head.table);
    this.#breakLine();
    this.#take(this.#line);
    return true;
  }

  /** Turn the last line into the head of a table, and close the paragraph before it; returns the table. */
  becomeTable(aligns: readonly Align[]): Table {
    const head = this.#head;
    this.#head = null;
    if (head) {
      this.close();
      if (head.row.row.children.length === aligns.length) {
        head.row.commit(aligns);
        settle(head.table);
        return head.table;
      }
      // The line was read with more cells than it has.
      detach(this.parent, head.table);
    }
    const line = head ? this.#line : this.#takeBack();
    if (!head) this.close();
    const table: Table = { kind: "table", children: [], settled: 0, open: true };
    attach(this.parent, table);
    const row = new RowWriter(table, aligns, true, this.#context);
    row.write(line);
    row.finish();
    settle(table);
    return table;
  }

  /** Remove the last line and return it. It may contain settled text, so the rest becomes a new paragraph. */
  #takeBack(): string {
    const { raw } = this.#inlines;
    const begin = raw.lastIndexOf("\n") + 1;
    const paragraph = newParagraph();
    replace(this.parent, this.#node, paragraph);
    this.#node = paragraph;
    this.#inlines.moveTo(paragraph);
    this.#inlines.rewind(Math.max(0, begin - 1));
    return raw.slice(begin);
  }

  // -------------------------------------------------------------------------------------------------- text

  #take(text: string): void {
    if (this.#pending === null) {
      this.#inlines.feed(text);
      return;
    }
    this.#pending += text;
    this.#decide(false);
  }

  /** Decide what the beginning is: no more text will come. */
  #resolve(): void {
    if (this.#pending !== null) this.#decide(true);
  }

  #decide(final: boolean): void {
    const first = this.#first;
    if (first && !(first.kind === "item" ? this.#decideTask(first, final) : this.#decideAlert(first, final))) return;
    if (this.#isMarked) {
      // Spaces after the mark belong to it, in whatever pieces they come.
      const text = (this.#pending as string).replace(/^[ \t\n]+/, "");
      if (text !== "" || (final && this.parent.kind === "item")) this.#release(text);
      return;
    }
    // The line break after a definition was taken with it, unless it came later.
    if (this.#pending?.startsWith("\n")) this.#pending = this.#pending.slice(1);
    while (this.#pending !== "") {
      const pending = this.#pending as string;
      const definition = pending[0] === "[" ? scanDefinition(pending, 0, final) : null;
      this.#context.scanned += pending[0] === "[" ? pending.length : 0;
      if (definition === MORE) return;
      if (definition === null || typeof definition === "number") {
        this.#release(pending);
        return;
      }
      this.#context.labels.defineLink(definition.label, definition);
      this.#pending = pending.slice(definition.end);
    }
  }

  /** Decide whether the text begins with a task mark; returns false while that is not known. */
  #decideTask(item: Item, final: boolean): boolean {
    const pending = this.#pending as string;
    if (!final && TASK_BEGUN.test(pending)) return false;
    const mark = TASK.exec(pending);
    if (mark && !final && mark[0].length === 3) return false;
    this.#first = null;
    if (mark === null) return true;
    item.checked = mark[1] !== " ";
    this.#isMarked = true;
    this.#pending = pending.slice(mark[0].length);
    return true;
  }

  /** Decide whether the text begins with an alert mark; returns false while that is not known. */
  #decideAlert(quote: Quote, final: boolean): boolean {
    const pending = this.#pending as string;
    if (!final && ALERT_BEGUN.test(pending)) return false;
    this.#first = null;
    const mark = ALERT.exec(pending);
    if (mark === null) return true;
    quote.alert = (mark[1] as string).toLowerCase() as Alert;
    this.#isMarked = true;
    this.#pending = pending.slice(mark[0].length);
    return true;
  }

  #release(text: string): void {
    this.#pending = null;
    if (!this.#isAttached) {
      if (this.#head) detach(this.parent, this.#head.table);
      attach(this.parent, this.#node);
      if (this.#head) attach(this.parent, this.#head.table);
      this.#isAttached = true;
    }
    this.#inlines.feed(text);
  }
}
