/** The options of the Markdown engine. */

import { type Policy, SAFE } from "./links.js";

export interface Dialect {
  /** GitHub's tables, strikethrough, task lists, bare addresses and footnotes. */
  readonly gfm: boolean;
  /** `$…$`, `$$…$$`, `\(…\)` and `\[…\]`. */
  readonly math: boolean;
  /** Deviate from the specification where nearly all writers mean something else by a mark. */
  readonly habits: boolean;
  /** Raw HTML. "safe": allowed elements become elements, the rest is text. "raw": kept unchanged, for comparisons. */
  readonly html: "safe" | "raw";
  readonly policy: Policy;
}

/** The dialect of answers. */
export const ANSWER: Dialect = { gfm: true, math: true, habits: true, html: "safe", policy: SAFE };
