/** The characters of the specification, and what becomes of escapes, entities and labels. */

import { decodeHTMLStrict } from "#entities";

/** A scan that found nothing, and one that cannot know before more has come; else a scan gives the end of its match. */
export const NO = -1;
export const MORE = -2;

/** What a sticky pattern matches here. */
export const matchAt = (pattern: RegExp, text: string, at: number): RegExpExecArray | null => {
  pattern.lastIndex = at;
  return pattern.exec(text);
};

/** CommonMark 0.31.2, section 2.1: Unicode whitespace and Unicode punctuation. */
const WHITESPACE = /[\t\n\f\r\p{Zs}]/u;
const PUNCTUATION = /[\p{P}\p{S}]/u;

export const isWhitespace = (char: string): boolean => char === "" || WHITESPACE.test(char);
export const isPunctuation = (char: string): boolean => PUNCTUATION.test(char);

/** Han, kana, bopomofo, hangul, and the punctuation and full-width forms of these scripts; no emoji. */
const CJK =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\p{Script=Hangul}\u3000-\u303f\u30fb\u30fc\ufe10-\ufe1f\ufe30-\ufe6f\uff00-\uffef]/u;

export const isCjk = (char: string): boolean => CJK.test(char);

/** The character before a position, whole where it is a pair of surrogates; "" at the beginning. */
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

/** Where the entity at `at` ends. */
export function scanEntity(text: string, at: number, final: boolean): number {
  ENTITY_HERE.lastIndex = at;
  if (ENTITY_HERE.test(text)) return ENTITY_HERE.lastIndex;
  ENTITY_BEGUN.lastIndex = at;
  return !final && ENTITY_BEGUN.test(text) ? MORE : NO;
}

export const decodeEntity = decode;

/** A text outside Markdown: entities alone mean something. */
export const decodeEntities = (text: string): string => (text.includes("&") ? text.replace(ENTITIES, decode) : text);

/** Destinations, titles and info strings: escapes and entities mean what they mean in text. */
export const unescaped = (text: string): string =>
  /[\\&]/.test(text)
    ? text.replace(ESCAPE_OR_ENTITY, (match) => (match.startsWith("\\") ? match.slice(1) : decode(match)))
    : text;

/** Labels that are the same to the specification (section 4.7) are the same string. */
export const normalizeLabel = (label: string): string =>
  label
    .trim()
    .replace(/[ \t\r\n]+/g, " ")
    .toLowerCase()
    .toUpperCase();

/** A code span's text: section 6.1. */
export function codeText(raw: string): string {
  const text = raw.replaceAll("\n", " ");
  return text.startsWith(" ") && text.endsWith(" ") && /[^ ]/.test(text) ? text.slice(1, -1) : text;
}
