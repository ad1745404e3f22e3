/** Raw HTML: the ends of tags (CommonMark 0.31.2, section 6.6), and which elements are allowed (as on GitHub). */

import { decodeEntities, MORE, matchAt, NO } from "./characters.js";
import type { Policy } from "./links.js";
import type { Attributes, Inline } from "./tree.js";

export type Tag =
  | { readonly type: "open"; readonly name: string; readonly attributes: string; readonly closed: boolean }
  | { readonly type: "close"; readonly name: string }
  | { readonly type: "other" };

const NAME = /[a-z][a-z0-9-]*/iy;
const SPACES = /[ \t\n]*/y;
const ATTRIBUTE_NAME = /[a-z_:][a-z0-9_.:-]*/iy;
const UNQUOTED = /[^\s"'=<>`]+/y;

const sticky = (pattern: RegExp, text: string, at: number): number => {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : NO;
};

/** The end of the tag, comment, instruction, declaration or CDATA section that begins at `at` with "<". */
export function scanTag(text: string, at: number): number {
  switch (text[at + 1]) {
    case undefined:
      return MORE;
    case "/":
      return scanClosing(text, at + 2);
    case "!":
    case "?":
      return scanDeclaration(text, at);
    default:
      return scanOpening(text, at + 1);
  }
}

function scanClosing(text: string, at: number): number {
  if (at >= text.length) return MORE;
  const name = sticky(NAME, text, at);
  if (name === NO) return NO;
  const end = sticky(SPACES, text, name);
  if (end >= text.length) return MORE;
  return text[end] === ">" ? end + 1 : NO;
}

function scanOpening(text: string, at: number): number {
  let here = sticky(NAME, text, at);
  if (here === NO) return NO;
  for (;;) {
    const spaced = sticky(SPACES, text, here);
    const next = text[spaced];
    if (next === undefined) return MORE;
    if (next === ">") return spaced + 1;
    if (next === "/") return spaced + 1 >= text.length ? MORE : text[spaced + 1] === ">" ? spaced + 2 : NO;
    if (spaced === here) return NO;
    here = scanAttribute(text, spaced);
    if (here < 0) return here;
  }
}

function scanAttribute(text: string, at: number): number {
  const name = sticky(ATTRIBUTE_NAME, text, at);
  if (name === NO) return NO;
  const equals = sticky(SPACES, text, name);
  if (text[equals] !== "=") return equals >= text.length ? MORE : name;
  const value = sticky(SPACES, text, equals + 1);
  const quote = text[value];
  if (quote === undefined) return MORE;
  if (quote === '"' || quote === "'") return until(text, quote, value + 1);
  return sticky(UNQUOTED, text, value);
}

/** "<!-->" and "<!--->" are comments too, so the end mark may overlap with the beginning. */
function scanDeclaration(text: string, at: number): number {
  const mark = endMark(text, at);
  if (mark !== undefined) return until(text, mark, at + 2);
  const begun = text.slice(at + 2, at + 9);
  return "[CDATA[".startsWith(begun) || begun === "-" ? MORE : NO;
}

function until(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  return found < 0 ? MORE : found + mark.length;
}

const DECLARED = [
  [/<!--/y, "-->"],
  [/<\?/y, "?>"],
  [/<!\[CDATA\[/y, "]]>"],
  [/<![a-z]/iy, ">"],
] as const;

/** The end mark of the comment, instruction or declaration that begins at `at`. */
export const endMark = (text: string, at: number): string | undefined =>
  DECLARED.find(([begin]) => matchAt(begin, text, at))?.[1];

/** The tag in the text from "<" to ">". */
export function readTag(raw: string): Tag {
  const match = /^<(\/?)([a-z][a-z0-9-]*)([\s\S]*?)(\/?)>$/i.exec(raw);
  if (match === null) return { type: "other" };
  const name = (match[2] as string).toLowerCase();
  if (match[1]) return { type: "close", name };
  return { type: "open", name, attributes: match[3] as string, closed: match[4] !== "" };
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(" "));

/** Inline elements. */
const PHRASING = words(
  "a abbr b bdo big cite code del dfn em i ins kbd mark q rp rt ruby s samp small span strike strong sub sup time tt u var",
);

/** Elements that may hold blocks. */
const FLOW = words(
  "blockquote caption center dd details div dl dt figcaption figure h1 h2 h3 h4 h5 h6 li ol p pre summary table tbody td " +
    "tfoot th thead tr ul",
);

/** Elements without content. */
const VOID = words("br hr img wbr");

export const isPhrasing = (name: string): boolean => PHRASING.has(name);
export const isVoid = (name: string): boolean => VOID.has(name);
export const isAllowed = (name: string): boolean => PHRASING.has(name) || FLOW.has(name) || VOID.has(name);

/** HTML's optional end tags: an opening tag closes elements in `ends`, inside the nearest element in `within`. */
export const IMPLIED: Readonly<
  Record<string, { readonly ends: readonly string[]; readonly within: readonly string[] }>
> = {
  li: { ends: ["li"], within: ["ul", "ol"] },
  dt: { ends: ["dt", "dd"], within: ["dl"] },
  dd: { ends: ["dt", "dd"], within: ["dl"] },
  p: { ends: ["p"], within: ["div", "td", "th", "li", "details", "blockquote"] },
  td: { ends: ["td", "th"], within: ["table"] },
  th: { ends: ["td", "th"], within: ["table"] },
  tr: { ends: ["tr", "td", "th"], within: ["table"] },
  tbody: { ends: ["thead", "tbody", "tr", "td", "th"], within: ["table"] },
  tfoot: { ends: ["thead", "tbody", "tr", "td", "th"], within: ["table"] },
};

const SPAN = /^(?:[1-9]\d?|100)$/;

/** The allowed attributes, and the patterns that their values must match; "" is for all elements. */
const ATTRIBUTES: Readonly<Record<string, Readonly<Record<string, RegExp>>>> = {
  "": { dir: /^(?:ltr|rtl|auto)$/i, title: /^[\s\S]{1,500}$/, lang: /^[a-z0-9-]{1,20}$/i },
  div: { align: /^(?:left|center|right|justify)$/i },
  p: { align: /^(?:left|center|right|justify)$/i },
  td: { align: /^(?:left|center|right)$/i, colspan: SPAN, rowspan: SPAN },
  th: { align: /^(?:left|center|right)$/i, colspan: SPAN, rowspan: SPAN },
  details: { open: /^/ },
  ol: { start: /^-?\d{1,9}$/, reversed: /^/ },
  li: { value: /^-?\d{1,9}$/ },
  time: { datetime: /^[\w:.+ -]{1,40}$/ },
};

const PAIR = /([a-z_:][a-z0-9_.:-]*)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'=<>`]+))?/gi;

/** All attributes of a tag, by lower-case names; the first of several wins, as in HTML. */
export function readAttributes(source: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [, name, value] of source.matchAll(PAIR)) {
    const key = (name as string).toLowerCase();
    if (!found.has(key)) found.set(key, decodeEntities((value ?? "").replace(/^(["'])([\s\S]*)\1$/, "$2")));
  }
  return found;
}

export function safeAttributes(name: string, source: string): Attributes {
  const kept: Record<string, string> = {};
  const rules = { ...ATTRIBUTES[""], ...ATTRIBUTES[name] };
  for (const [key, value] of readAttributes(source)) {
    const rule = Object.hasOwn(rules, key) ? rules[key] : undefined;
    if (rule?.test(value)) kept[key] = value;
  }
  return kept;
}

/** An `<img>`, under the same rules as Markdown images. */
export function readImage(source: string, policy: Policy): Inline {
  const attributes = readAttributes(source);
  const alt = attributes.get("alt") ?? "";
  const safe = policy.image(attributes.get("src") ?? "");
  if (safe === null) return { kind: "text", text: alt };
  return { kind: "image", ...safe, alt, title: attributes.get("title") ?? "" };
}

/** A function that wraps content in an allowed element; a link without a safe target becomes its content. */
export function elementMaker(tag: string, source: string, policy: Policy): (children: Inline[]) => readonly Inline[] {
  if (tag !== "a") {
    const attributes = safeAttributes(tag, source);
    return (children) => [{ kind: "element", tag, attributes, children }];
  }
  const attributes = readAttributes(source);
  const href = policy.href(attributes.get("href") ?? "");
  const title = attributes.get("title") ?? "";
  return (children) => (href === null ? children : [{ kind: "link", href, title, children }]);
}
