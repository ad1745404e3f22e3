/** What may differ between readers of Markdown. */

import { type Policy, SAFE } from "./links.js";

export interface Dialect {
  /** GitHub's tables, strikethrough, task lists, bare addresses and footnotes. */
  readonly gfm: boolean;
  /** `$…$`, `$$…$$`, `\(…\)` and `\[…\]`. */
  readonly math: boolean;
  /** "safe": allowed elements are elements, the rest is shown as text. "raw": kept as it is written, for comparisons. */
  readonly html: "safe" | "raw";
  readonly policy: Policy;
}

/** What answers are read as. */
export const ANSWER: Dialect = { gfm: true, math: true, html: "safe", policy: SAFE };
