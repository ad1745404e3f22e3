/** Formulas inside text: `$…$`, `$$…$$`, `\(…\)` and `\[…\]`. */

import { charAt, charBefore, isCjk, MORE, NO } from "./characters.js";

export interface Math {
  readonly end: number;
  readonly text: string;
  readonly display: boolean;
}

/** The longest formula inside text, in characters; if it is longer, the dollar sign is text. */
const LONGEST = 2000;

/** How many characters are searched for signs of prose. */
const LONGEST_PROSE = 100;

/** "5 apples and", "0.45** per" and "9/mo" are prices, "they paid me in" is prose: not formulas, whatever follows. */
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

/** Whether a line is prose, and not part of a formula. */
export const isProse = (line: string): boolean => WORDS.test(line.replace(/^[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+/, ""));

/** A character that prices and prose do not have. */
const OPERATOR = /[\\^_{}=+<>|]/;

/** A formula that may be adjacent to a word: a single letter, or text with something that only formulas have. */
const SIGN = /^(?:\p{L}|[^\s$]*[\\^_=][^\s$]*)$/u;

/** The marks of the formula that begins at `at`, or null. */
export function mathMarks(text: string, at: number): { readonly open: string; readonly close: string } | null {
  if (text.startsWith("\\(", at)) return { open: "\\(", close: "\\)" };
  if (text.startsWith("\\[", at)) return { open: "\\[", close: "\\]" };
  if (text.startsWith("$$", at)) return { open: "$$", close: "$$" };
  if (text[at] === "$") return { open: "$", close: "$" };
  return null;
}

const BARE_WORDS = /^(?:\p{L}{2,}|\p{N}+)(?:[\s,.;:-]+(?:\p{L}{2,}|\p{N}+))*[.?!]?$/u;

/** Whether the text between these marks is a formula: "\\[1\\]" and "\\(see below\\)" are escaped brackets. */
export function isFormula(open: string, inner: string): boolean {
  if (!/[\p{L}\p{N}]/u.test(inner)) return false;
  if (open === "\\[") return !BARE_WORDS.test(inner);
  return open !== "\\(" || !(BARE_WORDS.test(inner) && /\p{L}{2}.*\s.*\p{L}{2}/su.test(inner));
}

/**
 * The formula that begins at `at`. A single dollar sign opens one as in Pandoc and on GitHub: not inside or after a
 * word, without a space on its inner side, and with an end that is not followed by a digit or letter, so "costs $5 and
 * $6" stays text. Letters of scripts that write no spaces do not count, and a formula that is one sign or has something
 * that only TeX has may be adjacent to a letter.
 */
export function scanMath(
  text: string,
  at: number,
  final: boolean,
  isBehindMath: boolean,
): Math | typeof NO | typeof MORE {
  const marks = mathMarks(text, at);
  if (marks === null) return NO;
  // A dollar sign at the end may be the first of two.
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
  // Neither pattern matches beyond the formula's end, so the result does not depend on how much has come.
  const begun = text.slice(at + 1, at + 1 + LONGEST_PROSE);
  if (PRICE.test(begun) || WORDS.test(begun)) return NO;
  let depth = 0;
  for (let here = at + 1; here < text.length && here - at <= LONGEST; here += 1) {
    const char = text[here];
    if (char === "\\") here += 1;
    else if (char === "{") depth += 1;
    else if (char === "}") depth -= 1;
    // TeX has quotes only inside braces; elsewhere a backtick begins code, which binds more tightly.
    else if (char === "`" && depth <= 0) return NO;
    // A formula continues on the next line only if it already has an operator.
    else if (char === "\n" && (text[here - 1] === "$" || !OPERATOR.test(text.slice(at + 1, here)))) return NO;
    else if (char === "$") {
      if (here + 1 >= text.length && !final) return MORE;
      const after = charAt(text, here + 1);
      const inner = text.slice(at + 1, here);
      const beforeWord = /[\p{L}\p{N}]/u.test(after) && !isCjk(after);
      if (/\s/.test(text[here - 1] as string) || (/[({]/.test(after) && /^[({]/.test(inner))) return NO;
      // "the $n$th" and "2$z$": adjacent to a word only a single letter, or something that only formulas have.
      if ((behindWord || beforeWord) && !(SIGN.test(inner) && !/\d/.test(after))) return NO;
      return { end: here + 1, text: inner, display: false };
    }
  }
  return final || text.length - at > LONGEST ? NO : MORE;
}
