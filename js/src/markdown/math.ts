/** Formulas in a line of text: `$…$`, `$$…$$`, `\(…\)` and `\[…\]`. */

import { MORE, NO } from "./characters.js";

export interface Math {
  readonly end: number;
  readonly text: string;
  readonly display: boolean;
}

/** No formula in a line of text is longer; what goes on is a dollar sign and text. */
const LONGEST = 2000;

/** How far it is looked for prose. */
const LONGEST_PROSE = 100;

/** "5 apples and": a price; "they paid me in": words. Neither is a formula, whatever follows. */
const PRICE = /^\d[\d.,]*(?:[-\u2013]\d[\d.,]*)?\s+\p{L}{2,}[^\p{L}$\\^_={}]/u;
const WORDS = /^[^$\\^_={}+<>|]*?(?:\p{L}{2,}[^\p{L}$\\^_={}+<>|]+){3}/u;

/** How the formula that begins at `at` is marked; null: none does. */
export function mathMarks(text: string, at: number): { readonly open: string; readonly close: string } | null {
  if (text.startsWith("\\(", at)) return { open: "\\(", close: "\\)" };
  if (text.startsWith("\\[", at)) return { open: "\\[", close: "\\]" };
  if (text.startsWith("$$", at)) return { open: "$$", close: "$$" };
  if (text[at] === "$") return { open: "$", close: "$" };
  return null;
}

const BARE_WORDS = /^(?:\p{L}{2,}|\p{N}+)(?:[\s,.;:-]+(?:\p{L}{2,}|\p{N}+))*[.?!]?$/u;

/** Whether what stands between these marks is one: "\\[1\\]" and "\\(see below\\)" are brackets that were escaped. */
export function isFormula(open: string, inner: string): boolean {
  if (!/[\p{L}\p{N}]/u.test(inner)) return false;
  if (open === "\\[") return !BARE_WORDS.test(inner);
  return open !== "\\(" || !(BARE_WORDS.test(inner) && /\p{L}{2}.*\s.*\p{L}{2}/su.test(inner));
}

/**
 * The formula that begins at `at`. A single dollar sign opens one as in Pandoc and on GitHub: not within or behind a
 * word, no space inside it, and its end no digit's or letter's neighbour, so that "costs $5 and $6" stays text.
 */
export function scanMath(text: string, at: number, final: boolean): Math | typeof NO | typeof MORE {
  const marks = mathMarks(text, at);
  if (marks === null) return NO;
  // One dollar sign may be the first of two.
  if (at + 1 >= text.length && !final) return MORE;
  const { open, close } = marks;
  const from = at + open.length;
  if (open === "$") return scanDollars(text, at, final);
  const found = text.indexOf(close, from);
  if (found < 0) return final || text.length - from > LONGEST ? NO : MORE;
  const inner = text.slice(from, found).trim();
  if (!isFormula(open, inner) || found - from > LONGEST) return NO;
  return { end: found + close.length, text: inner, display: open !== "\\(" };
}

function scanDollars(text: string, at: number, final: boolean): Math | typeof NO | typeof MORE {
  if (/[\p{L}\p{N}$]/u.test(text[at - 1] ?? "") || /[\s`]/.test(text[at + 1] ?? "")) return NO;
  // Both end before the formula's end, so that they are the same however much has come.
  const begun = text.slice(at + 1, at + 1 + LONGEST_PROSE);
  if (PRICE.test(begun) || WORDS.test(begun)) return NO;
  for (let here = at + 1; here < text.length && here - at <= LONGEST; here += 1) {
    const char = text[here];
    if (char === "\\") here += 1;
    else if (char === "\n" || char === "`") return NO;
    else if (char === "$") {
      if (here + 1 >= text.length && !final) return MORE;
      if (/\s/.test(text[here - 1] as string) || /[\p{L}\p{N}]/u.test(text[here + 1] ?? "")) return NO;
      const inner = text.slice(at + 1, here);
      return { end: here + 1, text: inner, display: false };
    }
  }
  return final || text.length - at > LONGEST ? NO : MORE;
}
