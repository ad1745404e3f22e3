/**
 * Decides which open blocks a line continues and which it begins (CommonMark 0.31.2, sections 4 and 5, and "Phase 1:
 * block structure"). Pure: it reads the open blocks and does not change them.
 *
 * An incomplete line is decided as soon as no further text can change the decision, usually after its first few
 * characters; the rest of the line then goes directly to its leaf.
 */

import { MORE, unescaped } from "./characters.js";
import { Cursor } from "./cursor.js";
import type { Dialect } from "./dialect.js";
import { beginFormula, type FormulaStart } from "./held.js";
import { htmlCondition } from "./rawblock.js";
import { readDelimiterRow } from "./rows.js";
import type { Align } from "./tree.js";

/** What distinguishes one list from another. */
export interface Marker {
  /** "-", "+", "*", "." or ")". */
  readonly sign: string;
  /** Null: a bullet list. */
  readonly start: number | null;
}

export type ContainerStart =
  | { readonly type: "quote" }
  /** `indent`: the columns by which its further lines must be indented. */
  | { readonly type: "item"; readonly marker: Marker; readonly indent: number }
  | { readonly type: "note"; readonly label: string };

export interface Fence {
  readonly char: string;
  readonly length: number;
  readonly indent: number;
}

export type LeafStart =
  | { readonly type: "heading"; readonly depth: number }
  | { readonly type: "setext"; readonly depth: number }
  | { readonly type: "rule" }
  | { readonly type: "indented" }
  | { readonly type: "fence"; readonly fence: Fence; readonly language: string }
  | { readonly type: "html"; readonly condition: number }
  | FormulaStart
  | { readonly type: "table"; readonly aligns: readonly Align[] };

/** The state of an open container. */
export interface OpenContainer {
  readonly type: "document" | "quote" | "list" | "item" | "note";
  readonly indent: number;
  /** Whether it contains a block. */
  readonly filled: boolean;
}

/** The state of the open leaf. */
export type OpenLeaf =
  | { readonly kind: "paragraph"; canUnderline(): boolean; isHead(columns: number): boolean }
  | {
      readonly kind: "fence";
      readonly fence: Fence;
      readonly nested: number;
      readonly isEmpty: boolean;
      readonly isOutdented: boolean;
    }
  | { readonly kind: "html"; readonly condition: number }
  | { readonly kind: "indented" | "formula" | "table" };

export interface Plan {
  /** How many of the open containers continue. */
  readonly matched: number;
  readonly opened: readonly ContainerStart[];
  readonly leaf: LeafStart | null;
  /** Whether the open leaf takes the line as its text, or as its end. */
  readonly continues: "text" | "end" | null;
  /** The open fence continues, though its item does not. */
  readonly outdents: boolean;
  /** The open paragraph continues, though containers around it do not (section 5.1, laziness). */
  readonly lazy: boolean;
  readonly blank: boolean;
  /** The position of the leaf's text. */
  readonly cursor: Cursor;
}

/** The deepest nesting of containers; a deeper one is text, because no page could show it. */
const DEEPEST = 100;

/** How far an undecided line was read: the number of containers that continue, and the position after their marks. */
export interface Progress {
  readonly matched: number;
  readonly cursor: Cursor;
}

/** `before`: the progress of the last reading of the same line, when it was shorter. */
export function readLine(
  text: string,
  complete: boolean,
  before: Progress | null,
  containers: readonly OpenContainer[],
  leaf: OpenLeaf | null,
  dialect: Dialect,
): Plan | Progress {
  const reader = new LineReader(text, complete, before, containers, leaf, dialect);
  const plan = reader.read();
  return plan === MORE ? reader.progress : plan;
}

/** Whether a line is decided. */
export const isPlan = (result: Plan | Progress): result is Plan => "opened" in result;

class LineReader {
  readonly #cursor: Cursor;
  readonly #complete: boolean;
  readonly #containers: readonly OpenContainer[];
  readonly #leaf: OpenLeaf | null;
  readonly #dialect: Dialect;
  readonly #opened: ContainerStart[] = [];
  #matched: number;
  #progress: Progress;

  constructor(
    text: string,
    complete: boolean,
    before: Progress | null,
    containers: readonly OpenContainer[],
    leaf: OpenLeaf | null,
    dialect: Dialect,
  ) {
    this.#cursor = before ? before.cursor.copy(text) : new Cursor(text);
    this.#matched = before?.matched ?? 1;
    this.#progress = before ?? { matched: 1, cursor: new Cursor(text) };
    this.#complete = complete;
    this.#containers = containers;
    this.#leaf = leaf;
    this.#dialect = dialect;
  }

  get progress(): Progress {
    return this.#progress;
  }

  read(): Plan | typeof MORE {
    if (!this.#matchContainers()) return MORE;
    if (this.#leaf && (this.#isAllMatched || this.#leaf.kind === "fence")) {
      const continued = this.#continueLeaf(this.#leaf);
      if (continued) return continued;
    }
    return this.#begin();
  }

  get #isAllMatched(): boolean {
    return this.#matched === this.#containers.length;
  }

  /** Whether the rest is blank so far, and more may come. */
  get #isOpenBlank(): boolean {
    return !this.#complete && this.#cursor.isBlank;
  }

  #plan(plan: Partial<Plan>): Plan {
    return {
      matched: this.#matched,
      opened: this.#opened,
      leaf: null,
      continues: null,
      outdents: false,
      lazy: false,
      blank: false,
      cursor: this.#cursor,
      ...plan,
    };
  }

  /** Count the containers that continue; false: not known yet. */
  #matchContainers(): boolean {
    const cursor = this.#cursor;
    for (; this.#matched < this.#containers.length; this.#matched += 1) {
      const container = this.#containers[this.#matched] as OpenContainer;
      if (container.type === "list") continue;
      if (this.#isOpenBlank) return false;
      this.#mark();
      if (container.type === "quote") {
        if (cursor.indent >= 4 || cursor.text[cursor.nonspace] !== ">") break;
        cursor.skipQuoteMark();
      } else if (cursor.isBlank) {
        if (!container.filled) break;
        cursor.skipIndent();
      } else if (cursor.indent >= container.indent) cursor.skipColumns(container.indent);
      else break;
    }
    if (!cursor.isBlank) this.#mark();
    return true;
  }

  /** Save the progress: no further text changes what was matched up to here. */
  #mark(): void {
    if (!this.#complete) this.#progress = { matched: this.#matched, cursor: this.#cursor.copy() };
  }

  #continueLeaf(leaf: OpenLeaf): Plan | typeof MORE | null {
    const cursor = this.#cursor;
    switch (leaf.kind) {
      case "fence":
        return this.#continueFence(leaf);
      case "html":
        if (!this.#complete) return MORE;
        return cursor.isBlank && leaf.condition >= 6 ? null : this.#plan({ continues: "text" });
      case "formula":
        return this.#complete ? this.#plan({ continues: "text", blank: cursor.isBlank }) : MORE;
      case "indented":
        if (this.#isOpenBlank) return MORE;
        if (cursor.isBlank || cursor.indent >= 4) {
          cursor.skipColumns(4);
          return this.#plan({ continues: "text", blank: cursor.isBlank });
        }
        return null;
      default:
        return null;
    }
  }

  /**
   * A fence in an item can be closed by a fence at the margin: the other reading would leave it without an end. If its
   * first line is at the margin, its other lines may be too.
   */
  #continueFence(leaf: Extract<OpenLeaf, { kind: "fence" }>): Plan | typeof MORE | null {
    const cursor = this.#cursor;
    const isOutdented = !this.#isAllMatched;
    if (isOutdented && (!this.#dialect.habits || !this.#isInItems)) return null;
    const { char, length, indent } = leaf.fence;
    const isMarks = cursor.indent < 4 && new RegExp(`^\\${char}*[ \\t]*$`).test(cursor.rest);
    if (isMarks && !this.#complete) return MORE;
    const goesOn = { matched: this.#containers.length, outdents: isOutdented };
    if (isMarks && cursor.rest.trimEnd().length >= length && leaf.nested === 0) {
      return this.#plan({ ...goesOn, continues: "end" });
    }
    if (isOutdented && !(leaf.isEmpty || leaf.isOutdented)) return null;
    cursor.skipColumns(indent);
    return this.#plan({ ...goesOn, continues: "text" });
  }

  /** Whether all containers that do not continue are lists and items. */
  get #isInItems(): boolean {
    return this.#containers.slice(this.#matched).every(({ type }) => type === "list" || type === "item");
  }

  #begin(): Plan | typeof MORE {
    const cursor = this.#cursor;
    for (;;) {
      if (this.#isOpenBlank) return MORE;
      if (cursor.isBlank) return this.#plan({ blank: this.#opened.length === 0 });
      if (cursor.indent >= 4) {
        if (this.#isParagraph) break;
        cursor.skipColumns(4);
        return this.#plan({ leaf: { type: "indented" } });
      }
      const rest = cursor.rest;
      if (!this.#complete && this.#isAmbiguous(rest)) return MORE;
      const container = this.#containers.length + this.#opened.length < DEEPEST ? this.#beginContainer(rest) : null;
      if (container) {
        this.#opened.push(container);
        continue;
      }
      const leaf = this.#beginLeaf(rest);
      if (leaf === MORE) return MORE;
      if (leaf) return this.#plan({ leaf });
      break;
    }
    const lazy = this.#leaf?.kind === "paragraph" && this.#opened.length === 0 && !this.#isAllMatched;
    const goesOn = this.#leaf?.kind === "paragraph" || this.#leaf?.kind === "table";
    const continues = goesOn && this.#opened.length === 0 && (this.#isAllMatched || lazy) ? "text" : null;
    cursor.skipIndent();
    return this.#plan({ lazy, continues: lazy ? "text" : continues });
  }

  /** Whether the line could continue the open paragraph, lazily or not. */
  get #isParagraph(): boolean {
    return this.#leaf?.kind === "paragraph" && this.#opened.length === 0;
  }

  /** Whether the line would interrupt the open paragraph: all its containers continue. */
  get #interrupts(): boolean {
    return this.#isParagraph && this.#isAllMatched;
  }

  #isAmbiguous(rest: string): boolean {
    const isTableLine = this.#interrupts && this.#dialect.gfm && /^[-:| \t]+$/.test(rest);
    switch (rest[0]) {
      case "#":
        return /^#{1,6}$/.test(rest);
      case "`":
        return /^(?:`{1,2}|`{3,}[^`]*)$/.test(rest);
      case "~":
        return /^~+$|^~{3}/.test(rest);
      case "-":
      case "*":
      case "_":
        return /^([-*_])[ \t]*(?:\1[ \t]*)*$/.test(rest) || isTableLine;
      case "+":
        return /^\+[ \t]*$/.test(rest);
      case "=":
        return this.#interrupts && /^=+[ \t]*$/.test(rest);
      case ":":
      case "|":
        return isTableLine;
      case "[":
        return this.#dialect.gfm && /^\[(?:\^(?:[^\s[\]^]*(?:\]:?)?)?)?$/.test(rest);
      case "$":
        return this.#dialect.math && /^\$(?:$|\$)/.test(rest);
      case "\\":
        return this.#dialect.math && (/^\\(?:\[|begin\{)/.test(rest) || "\\begin{".startsWith(rest));
      case "<":
        return /^<[!?/]?[a-z0-9[-]*$/i.test(rest);
      default:
        return /^\d{1,9}(?:[.)][ \t]*)?$/.test(rest);
    }
  }

  #beginContainer(rest: string): ContainerStart | null {
    if (rest[0] === ">") {
      this.#cursor.skipQuoteMark();
      return { type: "quote" };
    }
    if (this.#dialect.gfm && rest.startsWith("[^")) {
      const note = /^\[\^([^\s[\]^]+)\]:[ \t]*/.exec(rest);
      if (note === null) return null;
      this.#cursor.skipIndent();
      this.#cursor.skip(note[0].trimEnd().length);
      this.#cursor.skipIndent();
      return { type: "note", label: note[1] as string };
    }
    return isRule(rest) || this.#isUnderline(rest) ? null : this.#beginItem(rest);
  }

  #isUnderline(rest: string): boolean {
    return this.#interrupts && /^-+[ \t]*$/.test(rest);
  }

  #beginItem(rest: string): ContainerStart | null {
    const mark = /^(?:([-+*])|(\d{1,9})([.)]))(?=[ \t]|$)/.exec(rest);
    if (mark === null) return null;
    const start = mark[2] === undefined ? null : Number(mark[2]);
    const isEmpty = /^[ \t]*$/.test(rest.slice(mark[0].length));
    if (this.#interrupts && (isEmpty || (start !== null && start !== 1))) return null;
    const cursor = this.#cursor;
    const before = cursor.indent + mark[0].length;
    cursor.skipIndent();
    cursor.skip(mark[0].length);
    const spaces = cursor.indent;
    const padding = isEmpty || spaces >= 5 ? 1 : spaces;
    cursor.skipColumns(padding);
    return { type: "item", marker: { sign: (mark[1] ?? mark[3]) as string, start }, indent: before + padding };
  }

  #beginLeaf(rest: string): LeafStart | typeof MORE | null {
    const heading = /^(#{1,6})(?:[ \t]+|$)/.exec(rest);
    if (heading) {
      this.#cursor.skipIndent();
      this.#cursor.skip((heading[1] as string).length);
      this.#cursor.skipIndent();
      return { type: "heading", depth: (heading[1] as string).length };
    }
    const fence = /^(?:(`{3,})([^`]*)|(~{3,})(.*))$/.exec(rest);
    if (fence) return this.#fence((fence[1] ?? fence[3]) as string, (fence[2] ?? fence[4]) as string);
    if (rest[0] === "<") {
      const html = this.#html(rest);
      if (html !== null) return html;
    }
    const leaf = this.#leaf;
    const underline = leaf?.kind === "paragraph" && this.#interrupts ? /^(?:(=+)|-+)[ \t]*$/.exec(rest) : null;
    if (underline && leaf?.kind === "paragraph" && leaf.canUnderline()) {
      return { type: "setext", depth: underline[1] ? 1 : 2 };
    }
    if (isRule(rest)) return { type: "rule" };
    const formula = this.#dialect.math && this.#complete ? beginFormula(rest) : null;
    return formula ?? this.#table(rest);
  }

  #fence(marks: string, info: string): LeafStart {
    const fence = { char: marks[0] as string, length: marks.length, indent: this.#cursor.indent };
    return { type: "fence", fence, language: unescaped(info).trim().split(/\s+/)[0] ?? "" };
  }

  #html(rest: string): LeafStart | typeof MORE | null {
    const condition = htmlCondition(rest, this.#complete, this.#isParagraph);
    if (condition === MORE || (condition > 0 && !this.#complete)) return MORE;
    return condition > 0 ? { type: "html", condition } : null;
  }

  /** The second line of a table: GitHub Flavored Markdown, section 4.10. */
  #table(rest: string): LeafStart | null {
    const leaf = this.#leaf;
    if (!this.#dialect.gfm || !this.#complete || !this.#interrupts || leaf?.kind !== "paragraph") return null;
    const aligns = readDelimiterRow(rest);
    return aligns && leaf.isHead(aligns.length) ? { type: "table", aligns } : null;
  }
}

const isRule = (rest: string): boolean => /^(?:(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|(?:-[ \t]*){3,})$/.test(rest);
