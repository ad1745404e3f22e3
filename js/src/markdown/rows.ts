/** Table rows, read cell by cell while their text comes: GitHub Flavored Markdown, section 4.10. */

import { type Context, Inlines } from "./inlines.js";
import { isOpenIn, withEscapedPipes } from "./spans.js";
import type { Align, Cell, Row, Table } from "./tree.js";

/** The number of cells of a line, read as a row. */
export function countCells(line: string): number {
  const inner = line.trim().replace(/^\|/, "");
  const pipes = inner.replace(/\\./g, "").split("|");
  return inner === "" ? 1 : pipes.length - (pipes.at(-1)?.trim() === "" ? 1 : 0);
}

/** Whether a line can be the head of so many columns; with `habits`, pipes in code and formulas need not count. */
export const hasColumns = (line: string, columns: number, habits: boolean): boolean => {
  const cells = countCells(line);
  return cells === columns || (habits && cells > columns && countCells(withEscapedPipes(line)) === columns);
};

const DELIMITER = /^:?-+:?$/;

/** The alignments in a delimiter row, which is below the head; null: it is not a delimiter row. */
export function readDelimiterRow(rest: string): Align[] | null {
  const cells = rest
    .trim()
    .replace(/^\||\|$/g, "")
    .split("|")
    .map((cell) => cell.trim());
  if (!cells.every((cell) => DELIMITER.test(cell))) return null;
  return cells.map((cell) => {
    const [left, right] = [cell.startsWith(":"), cell.endsWith(":")];
    return left && right ? "center" : left ? "left" : right ? "right" : null;
  });
}

/** Counts the cells of a table's rows so far. */
export interface Cells {
  written: number;
  /** Missing cells that were added. */
  filled: number;
}

/** How many missing cells are added: without a limit, a text of a few kilobytes could make a hundred thousand. */
const MOST_FILLED = { free: 2000, each: 4 };

const TEXT = /[^|\\\n]+/y;

export class RowWriter {
  readonly row: Row;
  readonly #context: Context;
  readonly #header: boolean;
  /** The alignments of the columns; null: a possible head, whose columns are not known yet. */
  readonly #aligns: readonly Align[] | null;
  readonly #written: Inlines[] = [];
  #cell: Inlines | null = null;
  #begun = false;
  #isSkipping = false;
  #isEscaped = false;
  readonly #cells: Cells;
  /** The rest of the line, from a pipe on that may be inside a formula or code. */
  #held: string | null = null;
  #isDecided = false;

  constructor(
    table: Table,
    aligns: readonly Align[] | null,
    header: boolean,
    context: Context,
    cells: Cells = { written: 0, filled: 0 },
  ) {
    this.row = { kind: "row", children: [], settled: 0, open: true };
    this.#context = context;
    this.#header = header;
    this.#aligns = aligns;
    this.#cells = cells;
    table.children.push(this.row);
  }

  /** Take a part of the line, from `from` on; returns where the part or the line ends. */
  write(text: string, from = 0): number {
    let at = from;
    while (at < text.length && text[at] !== "\n") {
      if (this.#held !== null) {
        const end = text.indexOf("\n", at);
        this.#held += text.slice(at, end < 0 ? text.length : end);
        at = end < 0 ? text.length : end;
        break;
      }
      if (this.#isEscaped) {
        this.#isEscaped = false;
        // An escaped pipe belongs to the cell, also inside code.
        this.#feed(text[at] === "|" ? "|" : `\\${text[at]}`);
        at += 1;
        continue;
      }
      TEXT.lastIndex = at;
      const run = TEXT.exec(text)?.[0];
      if (run !== undefined) {
        this.#feed(run);
        at += run.length;
      } else {
        if (text[at] === "|") {
          if (this.#mayHold()) {
            this.#held = "";
            continue;
          }
          this.#pipe();
        } else this.#isEscaped = true;
        at += 1;
      }
    }
    this.#context.scanned += at - from;
    return at;
  }

  /** Whether the next pipe may be inside the cell. */
  #mayHold(): boolean {
    return this.#context.dialect.habits && !this.#isDecided && this.#cell !== null && isOpenIn(this.#cell.raw);
  }

  /** Read the held rest of the line: it has ended, so its cells can be counted. */
  #release(held: string): void {
    const raw = this.#cell?.raw ?? "";
    const rest = held.slice(1);
    const cells = this.row.children.length + (rest.trim() === "" ? 0 : countCells(rest));
    const isTooMuch = this.#aligns !== null && cells > this.#aligns.length;
    this.#held = null;
    this.#isDecided = true;
    this.write(isTooMuch ? withEscapedPipes(raw + held, raw.length) : held);
  }

  #feed(text: string): void {
    const content = this.#cell === null && !this.#isSkipping ? text.trimStart() : text;
    if (content === "") return;
    this.#begun = true;
    if (this.#cell === null && !this.#isSkipping) this.#openCell();
    this.#cell?.feed(content);
  }

  #pipe(): void {
    const isFirst = !this.#begun;
    this.#begun = true;
    if (isFirst) return;
    if (this.#cell === null && !this.#isSkipping) this.#openCell();
    this.#closeCell();
  }

  #openCell(): void {
    const { children } = this.row;
    if (this.#aligns && children.length >= this.#aligns.length) {
      this.#isSkipping = true;
      return;
    }
    const align = this.#aligns?.[children.length] ?? null;
    const cell: Cell = {
      kind: "cell",
      header: this.#header,
      align,
      children: [],
      settled: 0,
      open: true,
      waiting: false,
    };
    children.push(cell);
    this.#cell = new Inlines(cell, this.#context);
    this.#cell.speculative = this.#aligns === null;
    this.#written.push(this.#cell);
  }

  #closeCell(): void {
    this.#isSkipping = false;
    if (this.#cell === null) return;
    this.#cell.finish();
    // The cells of a possible head may still change.
    if (this.#aligns === null) this.#cell.leaf.open = true;
    else this.row.settled = this.row.children.length;
    this.#cell = null;
  }

  show(): void {
    this.#cell?.show();
  }

  /** Finish the row: the line has ended. */
  finish(): void {
    if (this.#held !== null) this.#release(this.#held);
    if (this.#isEscaped) this.#feed("\\");
    this.#isEscaped = false;
    this.#closeCell();
    if (this.#aligns === null) return;
    const cells = this.#cells;
    cells.written += this.row.children.length;
    const most = MOST_FILLED.free + MOST_FILLED.each * cells.written - cells.filled;
    const missing = Math.min(this.#aligns.length - this.row.children.length, most);
    for (let left = missing; left > 0; left -= 1) {
      this.#openCell();
      this.#closeCell();
      cells.filled += 1;
    }
    this.#close();
  }

  #close(): void {
    this.row.settled = this.row.children.length;
    this.row.open = false;
  }

  /** Turn a possible head into a real one, with these columns. */
  commit(aligns: readonly Align[]): void {
    for (const [index, inlines] of this.#written.entries()) {
      const cell = inlines.foresaw ? { ...(inlines.leaf as Cell), children: [], settled: 0 } : (inlines.leaf as Cell);
      cell.align = aligns[index] ?? null;
      this.row.children[index] = cell;
      inlines.moveTo(cell);
      inlines.confirm();
      cell.open = false;
    }
    this.#close();
  }
}
