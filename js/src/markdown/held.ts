/**
 * Leaves whose lines are held until their end mark has come: formulas, comments, elements. If it does not come, the
 * lines are read again as ordinary text, so that no text is lost, or hidden for long.
 */

import { attach, detach, type Parent, settle } from "./blocks.js";
import { isFormula, isProse } from "./math.js";
import type { Formula } from "./tree.js";

/** The lines of a leaf that was given up: the first becomes text, the others are read again. */
export interface Released {
  readonly text: string;
  readonly lines: readonly string[];
}

/** How many characters are held of a formula, and of a comment or an element, until it is given up. */
const LONGEST = { formula: 10_000, markup: 2000 };

/** The same for a comment or an element with a blank line inside, which more often is a mark without an end. */
const LONGEST_WITH_BLANK = 200;

const ENVIRONMENT =
  /^\\begin\{((?:equation|align|alignat|flalign|gather|multline|eqnarray|split|aligned|gathered|cases|array|[bpvBV]?matrix)\*?)\}/;

/** The beginning of a display formula. `text`: the rest of its first line; `whole`: it ends on that line. */
export interface FormulaStart {
  readonly type: "formula";
  readonly open: string;
  readonly close: string;
  readonly text: string;
  readonly whole: boolean;
}

/** The display formula that begins a line, or null. */
export function beginFormula(line: string): FormulaStart | null {
  const environment = ENVIRONMENT.exec(line);
  const open = environment?.[0] ?? /^(?:\$\$|\\\[)/.exec(line)?.[0];
  if (open === undefined) return null;
  const close = environment ? `\\end{${environment[1]}}` : open === "$$" ? "$$" : "\\]";
  const text = line.slice(open.length);
  const end = text.indexOf(close);
  const start = { type: "formula", open, close } as const;
  if (end < 0) return environment || isBegun(text) ? { ...start, text, whole: false } : null;
  const inner = text.slice(0, end);
  const isWhole = isFormula(open, inner.trim()) && text.slice(end + close.length).trim() === "";
  return isWhole ? { ...start, text: inner, whole: true } : null;
}

/** The TeX of a formula; the marks of an environment are part of it. */
export function formulaText({ open, close }: FormulaStart, inner: string): string {
  const lines = inner.replace(/\n(?:[ \t]*\n)+/g, "\n").trim();
  return open.startsWith("\\begin") && lines !== "" ? `${open}${lines}${close}` : lines;
}

/** Whether a formula of several lines may begin with this text: blank, or with an operator and without a link. */
const isBegun = (text: string): boolean => text.trim() === "" || (/[\\^_{}=+<>&]/.test(text) && !text.includes("]("));

/** A line that ends a formula after a blank line. */
const BLOCK = /^[ \t]*(?:#{1,6}[ \t]|`{3}|~{3})/;

/** Display math over several lines. */
export class FormulaWriter {
  readonly kind = "formula";
  readonly #parent: Parent;
  readonly #node: Formula = { kind: "formula", text: "", open: true };
  readonly #start: FormulaStart;
  readonly #lines: string[] = [];
  #length = 0;
  #hasBlank = false;
  #hasProse = false;

  constructor(parent: Parent, start: FormulaStart) {
    this.#parent = parent;
    this.#start = start;
    attach(parent, this.#node);
  }

  /** Take a line: returns the text after the formula's end, "open" without an end, or "none" if this is no formula. */
  line(text: string): { readonly rest: string } | "open" | "none" {
    this.#lines.push(text);
    this.#length += text.length + 1;
    const end = text.indexOf(this.#start.close);
    if (end < 0) return this.#isNone(text) ? "none" : "open";
    const inner = [this.#start.text, ...this.#lines.slice(0, -1), text.slice(0, end)].join("\n");
    if (inner.trim() === "") return "none";
    this.#node.text = formulaText(this.#start, inner);
    this.#node.open = false;
    return { rest: text.slice(end + this.#start.close.length) };
  }

  #isNone(text: string): boolean {
    const isNested = ENVIRONMENT.test(this.#start.open) ? text.includes(this.#start.open) : isOpener(text);
    this.#hasBlank ||= text.trim() === "";
    this.#hasProse ||= isProse(text) || BLOCK.test(text);
    return isNested || (this.#hasBlank && this.#hasProse) || this.#length > LONGEST.formula;
  }

  giveUp(): Released | null {
    if (!this.#node.open) return null;
    detach(this.#parent, this.#node);
    return { text: this.#start.open + this.#start.text, lines: this.#lines };
  }

  close(): void {
    settle(this.#parent);
  }
}

const isOpener = (text: string): boolean => /^[ \t]*(?:\\\[|\$\$)/.test(text);

/** Raw HTML whose marks would be hidden: a comment, or a tag followed by text; without an end it is shown as text. */
export class MarkupWriter {
  readonly kind = "html";
  readonly condition: number;
  readonly lines: string[];
  readonly #end: RegExp;
  #length: number;
  #hasBlank = false;

  constructor(condition: number, text: string, end: RegExp) {
    this.condition = condition;
    this.lines = [text];
    this.#end = end;
    this.#length = text.length;
  }

  line(text: string): "ended" | "open" | "none" {
    this.lines.push(text);
    this.#length += text.length + 1;
    this.#hasBlank ||= text.trim() === "";
    if (this.#end.test(text)) return "ended";
    return this.#length > (this.#hasBlank ? LONGEST_WITH_BLANK : LONGEST.markup) ? "none" : "open";
  }

  giveUp(): Released {
    const [text = "", ...lines] = this.lines;
    return { text, lines };
  }

  close(): void {}
}
