/**
 * A model's prose as Markdown that no reader takes for HTML, a foreign scheme or an image. `src/streamcell/saved/prose.py`
 * mirrors it.
 *
 * Readers of a saved notebook disagree about what is code and where a formula ends, so nothing here trusts a reading:
 * what could do harm is taken apart wherever it stands. Patterns name their characters, so that both languages agree.
 */

import { Ahead, Formulas, trim } from "./formulas.js";

/** What is looked at; all else is copied. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters end an address.
const SPECIAL = /[\\$<!\]]|`+|~~~+|\[\^|https?:\/\/[^\x00-\x20<>[\]()"'`\\!]+/g;

const AUTOLINK = /<https?:\/\/[A-Za-z0-9._~:/?#@&*+,;=%-]+>/y;

/** A less-than sign that some reader may take for more: all but those before a space, a digit or an operator. */
export const TAG = /<[^ \t\n0-9=<-]/;

const IMAGE = /!\[((?:[^[\]\\]|\\[^\n]){0,500})\](?=[([])/y;
const NOTE = /\[\^[A-Za-z0-9_.-]{1,100}\]:[ \t]*/y;
const DEFINITION = /\][(:]/g;
const TARGET = /[ \t]*(?:\n[ \t>]*)?/y;

/** The beginning of a definition's target that is no scheme but these three, however it is decoded. */
const HARMLESS =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters hide a scheme.
  /(?:https?|mailto):|[^\x00-\x20:&\\<>()/?#]*(?:[ \n()/?#>]|(?![\s\S]))|<https?:\/\/[A-Za-z0-9._~:/?#@&*+,;=%-]+>/iy;

/** The beginning of a link's target that goes on in another line: a browser would leave out the break. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above.
const BROKEN = /[^\x00-\x20:&\\<>()/?#]*\n/y;

const TITLE = /(?:[ \t]+(?:\n[ \t>]*)?|\n[ \t>]*)(["'(])/y;

/**
 * Not left in a code span: text in one reading, a formula's mark in another. JupyterLab takes formulas out before it
 * knows what is code, and puts them back as they are, be it into an attribute.
 */
const IN_CODE = /<[^ \t\n0-9=<-]|!\[|\][(:]|\$|\\begin\{|\\\\[[(]/;

const MARKED = /\$|\\begin\{|\\\\[[(]/;
const BRACKET = /\\?[[\]]/g;

/** What a backslash before it, be it one that stands for itself, makes a formula's mark to nbconvert and JupyterLab. */
const MARKS: readonly string[] = ["[", "]", "(", "\\", "begin{"];

const CLOSERS: ReadonlyMap<string, RegExp> = new Map([
  ['"', /(?<!\\)"/],
  ["'", /(?<!\\)'/],
  ["(", /\)/],
]);
const PUNCTUATION = /[!-+./:<-@[-`{-~\n\t]/g;
const NAMED: ReadonlyMap<string, string> = new Map([
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
]);

/** The text, which holds no fence, as Markdown that is the same to its readers and harmless to their pages. */
export const prose = (text: string): string => new Prose(text).read();

/** Whether a reader who took this code for text would be shown HTML, an image or a link that runs. */
export function isDangerous(text: string): boolean {
  if (TAG.test(text) || text.includes("![")) return true;
  for (const found of text.matchAll(DEFINITION)) if (!leadsWell(text, found[0].slice(1), found.index + 2)) return true;
  return false;
}

/** Whether JupyterLab may take some of this code for a formula where it does not take it for code. */
export const hasMarks = (code: string): boolean => MARKED.test(code);

/** Code as HTML in one line that means the same in Markdown, within a formula and as text. */
export const entities = (code: string): string =>
  code.replace(PUNCTUATION, (char) => NAMED.get(char) ?? `&#${char.charCodeAt(0)};`);

/** Prose that nothing leads out of: to JupyterLab a link's label or its title may go on through a fence. */
export function sealed(text: string): string {
  const space = new Ahead(/[ \t\n]/, text);
  const lineEnd = new Ahead(/\n/, text);
  const closers = new Map([...CLOSERS].map(([mark, pattern]) => [mark, new Ahead(pattern, text)]));
  const closed = text.replace(/\]:/g, (found, at: number) => {
    const title = matchAt(TITLE, text, space.next(skipped(text, at + 2)));
    if (title === null) return found;
    const from = title.index + title[0].length;
    const close = closers.get(title[1] as string)?.next(from) ?? text.length;
    return close < lineEnd.next(from) ? found : "]\\:";
  });
  let end = 0;
  for (const bracket of closed.matchAll(BRACKET)) if (bracket[0] === "]") end = bracket.index + 1;
  return closed.slice(0, end) + closed.slice(end).replace(BRACKET, (found) => (found === "[" ? "&#91;" : found));
}

/** The match of a pattern exactly at `at`. */
function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

const skipped = (text: string, at: number): number => at + (matchAt(TARGET, text, at)?.[0].length ?? 0);

function leadsWell(text: string, mark: string, at: number): boolean {
  const start = skipped(text, at);
  return matchAt(HARMLESS, text, start) !== null && (mark === ":" || matchAt(BROKEN, text, start) === null);
}

function escaped(char: string, following: string): string {
  if (char === "!" && following === "[") return "&#33;";
  if (char === "<" && TAG.test(char + following)) return "&lt;";
  return `\\${char}`;
}

class Prose {
  readonly #text: string;
  readonly #ticks: Ticks;
  readonly #formulas: Formulas;
  readonly #lineEnd: Ahead;
  #out: string[] = [];

  constructor(text: string) {
    this.#text = text;
    this.#ticks = new Ticks(text);
    this.#formulas = new Formulas(text);
    this.#lineEnd = new Ahead(/\n/, text);
  }

  read(): string {
    let at = 0;
    for (;;) {
      SPECIAL.lastIndex = at;
      const found = SPECIAL.exec(this.#text);
      if (found === null) break;
      this.#put(this.#text.slice(at, found.index));
      at = this.#step(found[0][0] as string, found.index, found.index + found[0].length);
    }
    this.#put(this.#text.slice(at));
    return this.#out.join("");
  }

  #step(char: string, at: number, end: number): number {
    switch (char) {
      case "\\":
        return this.#backslash(at, end);
      case "$":
        return this.#dollar(at, end);
      case "<":
        return this.#angle(at, end);
      case "!":
        return this.#bang(at, end);
      case "]":
        return this.#bracket(end);
      case "`":
        return this.#code(at, end);
      case "~":
        return this.#put("\\~".repeat(end - at), end);
      case "[":
        return this.#note(at, end);
      default:
        return this.#put(this.#text.slice(at, end).replaceAll("$", "%24"), end);
    }
  }

  /** Write a piece for what ends at `end`. */
  #put(piece: string, end = 0): number {
    if (piece !== "") this.#out.push(piece);
    return end;
  }

  #backslash(at: number, end: number): number {
    const text = this.#text;
    const following = text[end];
    if (following === undefined || following === "\n") return this.#put("\\", end);
    if (following === "(" || following === "[") {
      const past = this.#formula(at);
      if (past !== null) return past;
    }
    if (following === "]") {
      this.#put("\\");
      return this.#bracket(end + 1);
    }
    // To nbconvert and JupyterLab an environment reaches to its end, wherever that is.
    if (text.startsWith("\\begin{", at)) return this.#put("\\begin\\{", at + "\\begin{".length);
    if (following === "\\" && MARKS.some((mark) => text.startsWith(mark, end + 1))) return this.#put("&#92;", end + 1);
    return this.#put(escaped(following, text[end + 1] ?? ""), end + 1);
  }

  #formula(at: number): number | null {
    const found = this.#formulas.at(at);
    if (found === null) return null;
    // One mark next to another would make a third, and behind a backslash it would be none.
    if (/[$\\]$/.test(this.#out.at(-1)?.slice(-1) ?? "")) this.#put(" ");
    return this.#put(found.markdown, found.end);
  }

  #dollar(at: number, end: number): number {
    const past = this.#formula(at);
    if (past !== null) return past;
    return this.#text.startsWith("$$", at) ? this.#put("\\$\\$", at + 2) : this.#put("\\$", end);
  }

  #angle(at: number, end: number): number {
    const found = matchAt(AUTOLINK, this.#text, at)?.[0];
    if (found !== undefined) return this.#put(found, at + found.length);
    return this.#put(TAG.test(this.#text.slice(at, at + 2)) ? "&lt;" : "<", end);
  }

  #bang(at: number, end: number): number {
    const text = this.#text;
    if (text[end] !== "[") return this.#put("!", end);
    const found = matchAt(IMAGE, text, at);
    if (found === null || text[end + 1] === "^" || text[at - 1] === "!") return this.#put("&#33;", end);
    if (trim(found[1] as string, " \t\n") !== "") return end;
    // A link without a word could not be followed.
    return this.#put("[image", at + found[0].length - 1);
  }

  #bracket(end: number): number {
    const following = this.#text[end];
    if ((following !== "(" && following !== ":") || leadsWell(this.#text, following, end + 1))
      return this.#put("]", end);
    return this.#put(`]\\${following}`, end + 1);
  }

  #note(at: number, end: number): number {
    const text = this.#text;
    const found = matchAt(NOTE, text, at);
    if (found === null) return this.#put("[^", end);
    const colon = text.indexOf(":", at);
    const past = at + found[0].length;
    if (leadsWell(text, ":", colon + 1)) return this.#put(text.slice(at, colon + 1), colon + 1);
    if ((text[past] ?? "\n") === "\n") return this.#put(`${text.slice(at, colon)}\\:`, colon + 1);
    // Where there are no footnotes this is a link's target: an invisible character, and not what follows it.
    return this.#put(`${text.slice(at, colon + 1)} &#8203; `, past);
  }

  #code(at: number, end: number): number {
    const text = this.#text;
    const length = end - at;
    const close = this.#ticks.next(length, end);
    // Three of them may be a fence, if not to us.
    if (close === null || close > this.#lineEnd.next(end)) {
      return this.#put(length > 2 ? "\\`".repeat(length) : text.slice(at, end), end);
    }
    const past = close + length;
    let code = text.slice(end, close);
    if (length < 3 && !IN_CODE.test(code)) return this.#put(text.slice(at, past), past);
    if (code.startsWith(" ") && code.endsWith(" ") && trim(code, " ") !== "") code = code.slice(1, -1);
    return this.#put(`<code>${entities(code)}</code>`, past);
  }
}

/** Where the next run of so many backticks begins; places are asked for in their order. */
class Ticks {
  readonly #runs = new Map<number, number[]>();

  constructor(text: string) {
    for (const run of text.matchAll(/`+/g)) {
      const runs = this.#runs.get(run[0].length);
      if (runs) runs.push(run.index);
      else this.#runs.set(run[0].length, [run.index]);
    }
    for (const runs of this.#runs.values()) runs.reverse();
  }

  next(length: number, at: number): number | null {
    const runs = this.#runs.get(length) ?? [];
    while ((runs.at(-1) ?? at) < at) runs.pop();
    return runs.at(-1) ?? null;
  }
}
