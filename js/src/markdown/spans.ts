/**
 * Code and formulas in a table row. If the row has more cells than the table has columns, the pipes in them do not end
 * cells. (On GitHub they do, and the surplus cells are lost.)
 */

/** The marks that begin or end them, and escapes. */
const MARK = /\\[\s\S]|`+|\$\$?/g;

const closeOf = (mark: string): string => (mark === "\\(" ? "\\)" : mark);

const isMark = (mark: string): boolean => mark === "\\(" || mark[0] === "$" || mark[0] === "`";

/** Whether a mark can open: a dollar sign before white space or a digit cannot. */
const isOpener = (text: string, at: number): boolean => text[at] !== "$" || /[^\s\d]/.test(text[at + 1] ?? " ");

const isCloser = (text: string, at: number): boolean =>
  text[at] !== "$" || (/\S/.test(text[at - 1] ?? " ") && !/\d/.test(text[at + 1] ?? ""));

interface Spans {
  readonly spans: readonly (readonly [number, number])[];
  /** Whether a span begins and does not end. */
  readonly isOpen: boolean;
}

function findSpans(text: string): Spans {
  const marks = [...text.matchAll(MARK)];
  const closers: (number | undefined)[] = [];
  const next = new Map<string, number>();
  for (let index = marks.length - 1; index >= 0; index -= 1) {
    const mark = marks[index]?.[0] as string;
    closers[index] = next.get(closeOf(mark));
    next.set(mark, index);
  }
  const spans: [number, number][] = [];
  let isOpen = false;
  for (let index = 0; index < marks.length; index += 1) {
    const { 0: mark, index: at } = marks[index] as RegExpExecArray;
    if (!isMark(mark) || !isOpener(text, at)) continue;
    const closer = closers[index];
    const end = closer === undefined ? undefined : marks[closer];
    if (closer !== undefined && end && isCloser(text, end.index)) {
      spans.push([at, end.index + end[0].length]);
      index = closer;
    } else isOpen = true;
  }
  return { spans, isOpen };
}

/** Whether code or a formula begins in the cell and does not end. */
export const isOpenIn = (cell: string): boolean => /[`$(]/.test(cell) && findSpans(cell).isOpen;

/** The text from `from` on, with the pipes of code and formulas escaped. */
export function withEscapedPipes(text: string, from = 0): string {
  let escaped = "";
  let at = 0;
  for (const [begin, end] of findSpans(text).spans) {
    escaped += text.slice(Math.max(at, from), Math.max(begin, from));
    escaped += text.slice(Math.max(begin, from), Math.max(end, from)).replace(/(?<!\\)\|/g, "\\|");
    at = end;
  }
  return escaped + text.slice(Math.max(at, from));
}
