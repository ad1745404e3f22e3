/**
 * How much of a text that still grows can be shown without taking it back at once.
 *
 * "Steps:\n-" is a heading until the next character makes it a list, and the head of a table is a paragraph until its
 * second line is complete. Such an end waits for what follows: a few characters, for a moment.
 */

/** A last line of nothing but marks that may yet begin another block. */
const MARKS = /(?:^|\n)[ \t>]*(?:[-=*+_~`#|:> \t]{0,12}|\d{1,3}[.)]?)[ \t]*$/;

/** One or two last lines that may yet become the head of a table. */
const TABLE_HEAD = /(?:^|\n)[ ]{0,3}\|[^\n]*(?:\n[ ]{0,3}\|?[-:| \t]*)?$/;

/** Longer than any sensible head of a table. */
const LONGEST = 400;

/** The number of characters of `text` to show while more may come. */
export function settledLength(text: string): number {
  const tail = text.slice(-LONGEST);
  const offset = text.length - tail.length;
  const head = TABLE_HEAD.exec(tail);
  if (head && !isTableRow(tail, head.index)) return offset + head.index;
  const marks = MARKS.exec(tail);
  const isLine = marks !== null && (marks.index > 0 || offset === 0);
  return isLine ? offset + marks.index : text.length;
}

/** Whether the line before `index` belongs to a table already. */
function isTableRow(tail: string, index: number): boolean {
  const before = tail.slice(0, index);
  return before
    .slice(before.lastIndexOf("\n") + 1)
    .trimStart()
    .startsWith("|");
}
