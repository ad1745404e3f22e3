/** Link destinations, titles, labels and definitions: CommonMark 0.31.2, sections 4.7 and 6.3. */

import { ESCAPABLE, MORE, NO, unescaped } from "./characters.js";
import { plain, unlinked } from "./emphasis.js";
import type { LinkTarget } from "./labels.js";
import type { Policy } from "./links.js";
import type { Inline } from "./tree.js";

/** The longest label, in characters (section 4.7). */
export const LONGEST_LABEL = 999;

/** The deepest nesting of parentheses in a destination, as in the reference implementations. */
const DEEPEST = 32;

export interface Target {
  readonly end: number;
  readonly destination: string;
  readonly title: string;
}

/** A part of a link: its end in the text, and its content. */
interface Part {
  readonly end: number;
  readonly text: string;
}

const part = (end: number, raw: string): Part => ({ end, text: unescaped(raw) });

/** Spaces, tabs, and at most one line break. */
const SPACE = /[ \t]*(?:\n[ \t]*)?/y;
const BLANKS = /[ \t]*/y;

function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  pattern.test(text);
  return pattern.lastIndex;
}

/** The target of an inline link, from its "(" at `at`. */
export function scanTarget(text: string, at: number, final: boolean): Target | typeof NO | typeof MORE {
  const ended = final ? NO : MORE;
  let here = skip(SPACE, text, at + 1);
  if (here >= text.length) return ended;
  let destination = "";
  if (text[here] !== ")") {
    const found = scanDestination(text, here, final);
    if (typeof found === "number") return found;
    destination = found.text;
    here = found.end;
  }
  const spaced = skip(SPACE, text, here);
  if (spaced >= text.length) return ended;
  let title = "";
  if (spaced > here && isQuote(text[spaced])) {
    const found = scanTitle(text, spaced, final);
    if (typeof found === "number") return found;
    title = found.text;
    here = skip(SPACE, text, found.end);
  } else {
    here = spaced;
  }
  if (here >= text.length) return ended;
  return text[here] === ")" ? { end: here + 1, destination, title } : NO;
}

const isQuote = (char: string | undefined): boolean => char === '"' || char === "'" || char === "(";

export function scanDestination(text: string, at: number, final: boolean): Part | typeof NO | typeof MORE {
  return text[at] === "<" ? scanPointed(text, at, final) : scanBare(text, at, final);
}

const POINTED = /(?:[^<>\n\\]|\\[^\n])*/y;

function scanPointed(text: string, at: number, final: boolean): Part | typeof NO | typeof MORE {
  const end = skip(POINTED, text, at + 1);
  if (text[end] === ">") return part(end + 1, text.slice(at + 1, end));
  // A backslash at the end may escape the next character.
  const ends = end >= text.length || (text[end] === "\\" && end + 1 >= text.length);
  return ends && !final ? MORE : NO;
}

function scanBare(text: string, at: number, final: boolean): Part | typeof NO | typeof MORE {
  let depth = 0;
  let here = at;
  for (; here < text.length; here += 1) {
    const char = text[here] as string;
    if (char === "\\" && ESCAPABLE.test(text[here + 1] ?? "")) here += 1;
    else if (char === "\\" && here + 1 >= text.length && !final) return MORE;
    else if (char === "(") depth += 1;
    else if (char === ")" && depth === 0) break;
    else if (char === ")") depth -= 1;
    else if (char <= " " || char === "\u007f") break;
    if (depth > DEEPEST) return NO;
  }
  if (here >= text.length && !final) return MORE;
  if (depth > 0 || (here === at && text[here] !== ")")) return NO;
  return part(here, text.slice(at, here));
}

const TITLES: Readonly<Record<string, RegExp>> = {
  '"': /(?:[^"\\]|\\[\s\S])*/y,
  "'": /(?:[^'\\]|\\[\s\S])*/y,
  "(": /(?:[^()\\]|\\[\s\S])*/y,
};

export function scanTitle(text: string, at: number, final: boolean): Part | typeof NO | typeof MORE {
  const open = text[at] as string;
  const end = skip(TITLES[open] as RegExp, text, at + 1);
  if (text[end] === (open === "(" ? ")" : open)) return part(end + 1, text.slice(at + 1, end));
  return end >= text.length - 1 && !final ? MORE : NO;
}

const LABEL = /(?:[^[\]\\]|\\[\s\S])*/y;

/** The end of the label that begins at `at` with "[": the position after its "]". */
export function scanLabel(text: string, at: number, final: boolean): number {
  const end = skip(LABEL, text, at + 1);
  if (end - at > LONGEST_LABEL + 1) return NO;
  if (text[end] === "]") return end + 1;
  return end >= text.length - 1 && text[end] !== "[" && !final ? MORE : NO;
}

export interface Definition extends Target {
  readonly label: string;
}

/** A link reference definition at `at`, the beginning of a line; its `end` is the beginning of the next line. */
export function scanDefinition(text: string, at: number, final: boolean): Definition | typeof NO | typeof MORE {
  const ended = final ? NO : MORE;
  const labelled = scanLabel(text, at, final);
  if (labelled < 0) return labelled === MORE ? MORE : NO;
  if (labelled >= text.length) return ended;
  const label = text.slice(at + 1, labelled - 1);
  if (text[labelled] !== ":" || label.trim() === "") return NO;
  const begin = skip(SPACE, text, labelled + 1);
  if (begin >= text.length) return ended;
  const destination = scanDestination(text, begin, final);
  if (typeof destination === "number") return destination;
  if (destination.end === begin) return NO;
  const bare = skip(BLANKS, text, destination.end);
  if (bare >= text.length && !final) return MORE;
  const titled = skip(SPACE, text, destination.end);
  if (titled >= text.length && !final) return MORE;
  const found = titled > destination.end && isQuote(text[titled]) ? scanTitle(text, titled, final) : NO;
  if (found === MORE) return MORE;
  if (typeof found !== "number") {
    const end = skip(BLANKS, text, found.end);
    if (end >= text.length && !final) return MORE;
    if (end >= text.length || text[end] === "\n") {
      return { label, destination: destination.text, title: found.text, end: Math.min(end + 1, text.length) };
    }
  }
  // An invalid title on its own line is not part of the definition.
  if (bare < text.length && text[bare] !== "\n") return NO;
  return { label, destination: destination.text, title: "", end: Math.min(bare + 1, text.length) };
}

/** Whether a text can end a link's target, or change where it ends. */
export const mayEndTarget = (text: string): boolean => /[\s()<>"'\\]/.test(text);

/** A link, or only its content if its address is not allowed. */
export function anchor(children: Inline[], target: LinkTarget | null, policy: Policy): readonly Inline[] {
  const href = target === null ? null : policy.href(target.destination);
  if (target !== null && href === null) return children;
  return [{ kind: "link", href, title: target?.title ?? "", children: unlinked(children) }];
}

export function image(children: Inline[], target: LinkTarget | null, policy: Policy): readonly Inline[] {
  const alt = plain(children);
  const safe = target === null ? null : policy.image(target.destination);
  if (safe === null) return [{ kind: "text", text: alt }];
  return [{ kind: "image", ...safe, alt, title: target?.title ?? "" }];
}
