/** Formulas in a line of text: `$…$`, `$$…$$`, `\(…\)` and `\[…\]`. */

import { charAt, charBefore, isCjk, MORE, NO } from "./characters.js";

export interface Math {
  readonly end: number;
  readonly text: string;
  readonly display: boolean;
}

/** No formula in a line of text is longer; what is longer is a dollar sign and text. */
const LONGEST = 2000;

/** How far it is looked for prose. */
const LONGEST_PROSE = 100;

/** "5 apples and", "0.45** per", "9/mo": prices; "they paid me in": words. None is a formula, whatever follows. */
const AMOUNT = String.raw`\d[\d.,]*(?:[-\u2013]\d[\d.,]*)?(?:[KMBTkmbt]|bn|mn)?\+?`;
const BEHIND = [
  String.raw`\*\*`,
  String.raw`\*[^\p{L}\p{N}\\({*$]`,
  String.raw`\/\p{L}{2,}`,
  String.raw`[,;:.)]+\s+[*([]`,
  String.raw`\s+(?:\*\*|\([+-]?\$)`,
  String.raw`[,;:.)]*\s+(?:an?\s+)?\p{L}{2,}[^\p{L}$\\^_={}]`,
];
const PRICE = new RegExp(`^${AMOUNT}(?:${BEHIND.join("|")})`, "u");
const WORDS = /^[^$\\^_={}+<>|]*?(?:\p{L}{2,}[^\p{L}$\\^_={}+<>|]+){3}/u;

/** Whether a line is words rather than a formula's. */
export const isProse = (line: string): boolean => WORDS.test(line.replace(/^[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+/, ""));

/** What a price and words have not. */
const OPERATOR = /[\\^_{}=+<>|]/;

/** What may stand beside a word, as it is one sign, or has what only a formula has. */
const SIGN = /^(?:\p{L}|[^\s$]*[\\^_=][^\s$]*)$/u;

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
 * word, no space inside it, and its end no digit's or letter's neighbour, so that "costs $5 and $6" stays text. Letters of
 * scripts that write no spaces are no neighbours, nor is anything where only one sign, or what TeX alone has, is inside.
 */
export function scanMath(
  text: string,
  at: number,
  final: boolean,
  isBehindMath: boolean,
): Math | typeof NO | typeof MORE {
  const marks = mathMarks(text, at);
  if (marks === null) return NO;
  // One dollar sign may be the first of two.
  if (at + 1 >= text.length && !final) return MORE;
  const { open, close } = marks;
  const from = at + open.length;
  if (open === "$") return scanDollars(text, at, final, isBehindMath);
  const length = text.slice(from, from + LONGEST + close.length).indexOf(close);
  if (length < 0) return final || text.length - from > LONGEST ? NO : MORE;
  const inner = text.slice(from, from + length).trim();
  if (!isFormula(open, inner)) return NO;
  return { end: from + length + close.length, text: inner, display: open !== "\\(" };
}

function scanDollars(text: string, at: number, final: boolean, isBehindMath: boolean): Math | typeof NO | typeof MORE {
  const before = isBehindMath ? "" : charBefore(text, at);
  const behindWord = /[\p{L}\p{N}$]/u.test(before) && !isCjk(before);
  if ((behindWord && !/\d/.test(before)) || /[\s`]/.test(text[at + 1] ?? "")) return NO;
  // Both end before the formula's end, so that they are the same however much has come.
  const begun = text.slice(at + 1, at + 1 + LONGEST_PROSE);
  if (PRICE.test(begun) || WORDS.test(begun)) return NO;
  let depth = 0;
  for (let here = at + 1; here < text.length && here - at <= LONGEST; here += 1) {
    const char = text[here];
    if (char === "\\") here += 1;
    else if (char === "{") depth += 1;
    else if (char === "}") depth -= 1;
    // TeX's quotes stand in braces; elsewhere it is code, which binds tighter.
    else if (char === "`" && depth <= 0) return NO;
    // Only what is a formula so far continues in the next line.
    else if (char === "\n" && (text[here - 1] === "$" || !OPERATOR.test(text.slice(at + 1, here)))) return NO;
    else if (char === "$") {
      if (here + 1 >= text.length && !final) return MORE;
      const after = charAt(text, here + 1);
      const inner = text.slice(at + 1, here);
      const beforeWord = /[\p{L}\p{N}]/u.test(after) && !isCjk(after);
      if (/\s/.test(text[here - 1] as string) || (/[({]/.test(after) && /^[({]/.test(inner))) return NO;
      // "the $n$th" and "2$z$": a sign that is no word, or what only a formula has.
      if ((behindWord || beforeWord) && !(SIGN.test(inner) && !/\d/.test(after))) return NO;
      return { end: here + 1, text: inner, display: false };
    }
  }
  return final || text.length - at > LONGEST ? NO : MORE;
}
