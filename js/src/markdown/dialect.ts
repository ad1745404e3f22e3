/** What may differ between readers of Markdown. */

import { type Policy, SAFE } from "./links.js";

export interface Dialect {
  /** GitHub's tables, strikethrough, task lists, bare addresses and footnotes. */
  readonly gfm: boolean;
  /** `$…$`, `$$…$$`, `\(…\)` and `\[…\]`. */
  readonly math: boolean;
  /** Marks that the specification takes for syntax, or does not, against what nearly all writers mean by them. */
  readonly habits: boolean;
  /** "safe": allowed elements are elements, the rest is shown as text. "raw": kept as it is written, for comparisons. */
  readonly html: "safe" | "raw";
  readonly policy: Policy;
}

/** What answers are read as. */
export const ANSWER: Dialect = { gfm: true, math: true, habits: true, html: "safe", policy: SAFE };
