/** Blocks of raw HTML: CommonMark 0.31.2, section 4.6. */

import { MORE, NO } from "./characters.js";
import { scanTag } from "./tags.js";

const BLOCK_TAGS =
  "address|article|aside|base|basefont|blockquote|body|caption|center|col|colgroup|dd|details|dialog|dir|div|dl|dt|" +
  "fieldset|figcaption|figure|footer|form|frame|frameset|h[1-6]|head|header|hr|html|iframe|legend|li|link|main|menu|" +
  "menuitem|nav|noframes|ol|optgroup|option|p|param|search|section|summary|table|tbody|td|tfoot|th|thead|title|tr|track|ul";

const HTML_BEGINS: readonly RegExp[] = [
  /^<(?:script|pre|textarea|style)(?:\s|>|$)/i,
  /^<!--/,
  /^<[?]/,
  /^<![a-z]/i,
  /^<!\[CDATA\[/,
  new RegExp(`^</?(?:${BLOCK_TAGS})(?:\\s|/?>|$)`, "i"),
];

/** The end of a block of raw HTML, by its start condition; blocks of conditions 6 and 7 end at a blank line. */
const HTML_ENDS: readonly RegExp[] = [/<\/(?:script|pre|textarea|style)>/i, /-->/, /\?>/, />/, /\]\]>/];

export const endsHtml = (condition: number, line: string): boolean => HTML_ENDS[condition - 1]?.test(line) ?? false;

/** The number of the start condition that the line meets, from 1; 0 for none. */
export function htmlCondition(rest: string, complete: boolean, isParagraph: boolean): number {
  const found = HTML_BEGINS.findIndex((pattern) => pattern.test(rest));
  if (found >= 0) return found + 1;
  if (isParagraph || !/^<\/?[a-z]/i.test(rest)) return 0;
  const end = scanTag(rest, 0);
  if (end === MORE && !complete) return MORE;
  if (end === NO || end === MORE) return 0;
  if (rest.slice(end).trim() !== "") return 0;
  return complete ? 7 : MORE;
}
