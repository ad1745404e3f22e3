/** Character classes of the specification, and the handling of escapes, entities and labels. */

import { decodeHTMLStrict } from "#entities";

/** Results of a scan: NO match, or MORE text is needed to know; any other number is the end of the match. */
export const NO = -1;
export const MORE = -2;

/** The match of a sticky pattern at `at`, or null. */
export const matchAt = (pattern: RegExp, text: string, at: number): RegExpExecArray | null => {
  pattern.lastIndex = at;
  return pattern.exec(text);
};

/** CommonMark 0.31.2, section 2.1: Unicode whitespace and Unicode punctuation. */
const WHITESPACE = /[\t\n\f\r\p{Zs}]/u;
const PUNCTUATION = /[\p{P}\p{S}]/u;

export const isWhitespace = (char: string): boolean => char === "" || WHITESPACE.test(char);
export const isPunctuation = (char: string): boolean => PUNCTUATION.test(char);

/** Han, kana, bopomofo and hangul, with the punctuation and full-width forms of these scripts, but without emoji. */
const CJK =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\p{Script=Hangul}\u3000-\u303f\u30fb\u30fc\ufe10-\ufe1f\ufe30-\ufe6f\uff00-\uffef]/u;

export const isCjk = (char: string): boolean => CJK.test(char);

/** The whole character before a position, even if it is a surrogate pair; "" at the beginning. */
export function charBefore(text: string, at: number): string {
  const low = text.charCodeAt(at - 1);
  return low >= 0xdc00 && low <= 0xdfff ? text.slice(Math.max(0, at - 2), at) : text.slice(Math.max(0, at - 1), at);
}

export function charAt(text: string, at: number): string {
  const code = text.codePointAt(at);
  return code === undefined ? "" : String.fromCodePoint(code);
}

export const ESCAPABLE = /[!"#$%&'()*+,./:;<=>?@[\\\]^_`{|}~-]/;

const ENTITY = "&(?:#x[a-f0-9]{1,6}|#[0-9]{1,7}|[a-z][a-z0-9]{1,31});";
const ENTITY_HERE = new RegExp(ENTITY, "iy");
const ENTITY_BEGUN = /&(?:#(?:x[a-f0-9]{0,6}|[0-9]{0,7})|[a-z][a-z0-9]{0,31})?$/iy;
const ESCAPE_OR_ENTITY = new RegExp(`\\\\[!"#$%&'()*+,./:;<=>?@[\\\\\\]^_\`{|}~-]|${ENTITY}`, "gi");
const ENTITIES = new RegExp(ENTITY, "gi");

const decode = (entity: string): string => decodeHTMLStrict(entity);

/** The end of the entity at `at`. */
export function scanEntity(text: string, at: number, final: boolean): number {
  ENTITY_HERE.lastIndex = at;
  if (ENTITY_HERE.test(text)) return ENTITY_HERE.lastIndex;
  ENTITY_BEGUN.lastIndex = at;
  return !final && ENTITY_BEGUN.test(text) ? MORE : NO;
}

export const decodeEntity = decode;

/** A text outside Markdown, in which only entities are decoded. */
export const decodeEntities = (text: string): string => (text.includes("&") ? text.replace(ENTITIES, decode) : text);

/** A destination, title or info string, with escapes and entities decoded as in text. */
export const unescaped = (text: string): string =>
  /[\\&]/.test(text)
    ? text.replace(ESCAPE_OR_ENTITY, (match) => (match.startsWith("\\") ? match.slice(1) : decode(match)))
    : text;

/** The normal form of a label: labels match if it is equal (section 4.7). */
export const normalizeLabel = (label: string): string =>
  label
    .trim()
    .replace(/[ \t\r\n]+/g, " ")
    .toLowerCase()
    .toUpperCase();

/** The text of a code span: section 6.1. */
export function codeText(raw: string): string {
  const text = raw.replaceAll("\n", " ");
  return text.startsWith(" ") && text.endsWith(" ") && /[^ ]/.test(text) ? text.slice(1, -1) : text;
}
