/**
 * JSON as a reader wants it, while it still comes: each value on a line of its own, line breaks in strings shown as such.
 *
 * What was shown stays: more text only adds to it. What is not JSON is shown as it came, from where it stops being JSON.
 * Two things are never decoded, since somebody decides by what is shown here: a quote in a string, which would look like
 * the string's end, and characters that cannot be seen or that turn the text around.
 */

/** Deeper than this, lines are indented no further: a thousand brackets would fill the page with spaces. */
const DEEPEST = 24;

const INDENT = "  ";

/** Characters that cannot be seen, or that turn what is around them; emoji need the joiner. */
const HIDDEN = /(?![\n\t\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

const escaped = (hidden: string): string =>
  hidden.replace(/./gs, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** The text with an escape for each character that cannot be seen. */
export const visible = (text: string): string => text.replaceAll("\r\n", "\n").replace(HIDDEN, escaped);

const OPENERS: Readonly<Record<string, string>> = { "{": "}", "[": "]" };

const WORDS = ["true", "false", "null"];

/** What ends a run of plain characters in a string. */
const SPECIAL = /["\\\n]/g;

const ESCAPE = /\\(?:ud[89ab][\da-f]{2}\\ud[c-f][\da-f]{2}|u[\da-f]{4}|.)/isy;

/** The beginning of an escape whose rest has not come; a half of a character waits for the other. */
const UNFINISHED = /\\(?:u[\da-f]{0,3}|ud[89ab][\da-f]{2}(?:\\(?:u[\da-f]{0,3})?)?)?$/iy;

const DECODED: Readonly<Record<string, string>> = { "\\t": "\t", "\\/": "/" };

export class Pretty {
  readonly #verbatim: boolean;
  /** What closes each bracket that is open. */
  readonly #open: string[] = [];
  /** What has come and cannot be read before more comes. */
  #rest = "";
  #mode: "between" | "string" | "literal" | "raw" = "between";
  /** A value has just ended. */
  #after = false;
  /** A bracket has just been opened. */
  #opened = false;
  /** The next value begins a line. */
  #breaks = false;
  /** White space since the last token. */
  #space = "";
  #literal = "";

  /** `verbatim`: lay it out, and leave strings as they are, so that it is JSON again. */
  constructor(verbatim = false) {
    this.#verbatim = verbatim;
  }

  /** More of the JSON; returns what is shown behind all that was shown. */
  push(more: string): string {
    const text = this.#rest + more;
    const last = text.charCodeAt(text.length - 1);
    // Half of a character waits for the other half.
    const end = last >= 0xd800 && last < 0xdc00 ? text.length - 1 : text.length;
    this.#rest = text.slice(end);
    return this.#read(text.slice(0, end));
  }

  /** What is held back until more comes: half of an escape. */
  get left(): string {
    return visible(this.#rest);
  }

  #read(text: string): string {
    let shown = "";
    let at = 0;
    while (at < text.length) {
      if (this.#mode === "raw") return shown + visible(text.slice(at));
      const char = text[at] as string;
      if (this.#mode === "string") {
        const [said, next] = this.#string(text, at);
        shown += said;
        if (next === at) {
          this.#rest = text.slice(at) + this.#rest;
          return shown;
        }
        at = next;
      } else if (this.#mode === "literal" && this.#continues(char)) {
        this.#literal += char;
        shown += char;
        at += 1;
      } else {
        this.#mode = "between";
        const said = this.#token(char);
        // The same character is read again, as it is.
        if (said === null) shown += this.#giveUp();
        else {
          shown += said;
          at += 1;
        }
      }
    }
    return shown;
  }

  /** What is shown of the string from `at`, and where to read on; no further where an escape is unfinished. */
  #string(text: string, at: number): readonly [string, number] {
    SPECIAL.lastIndex = at;
    const special = SPECIAL.exec(text)?.index ?? text.length;
    if (special > at) return [visible(text.slice(at, special)), special];
    if (text[at] === '"') {
      this.#mode = "between";
      this.#after = true;
      return ['"', at + 1];
    }
    if (text[at] === "\n") return [this.#verbatim ? "\n" : this.#line(1), at + 1];
    UNFINISHED.lastIndex = at;
    if (UNFINISHED.test(text)) return ["", at];
    ESCAPE.lastIndex = at;
    const found = (ESCAPE.exec(text) as RegExpExecArray)[0];
    return [this.#verbatim ? visible(found) : this.#decoded(found), at + found.length];
  }

  #decoded(found: string): string {
    if (found === "\\n") return this.#line(1);
    if (found.length < 6) return DECODED[found] ?? visible(found);
    const units = found.match(/[\da-f]{4}/gi) ?? [];
    const decoded = String.fromCharCode(...units.map((unit) => Number.parseInt(unit, 16)));
    return /^["\\\n\t\ud800-\udfff]$/.test(decoded) || visible(decoded) !== decoded ? found : decoded;
  }

  #continues(char: string): boolean {
    if (/[-\d]/.test(this.#literal[0] as string)) return /[-+.\deE]/.test(char);
    return WORDS.some((word) => word.startsWith(this.#literal + char));
  }

  /** What is shown for a character between values; null where it cannot stand there. */
  #token(char: string): string | null {
    if (/[ \t\r\n]/.test(char)) {
      this.#space += char;
      return "";
    }
    if (char === "," || char === ":") {
      if (!this.#after || this.#open.length === 0) return null;
      this.#move(false, char === ",");
      return char === "," ? "," : ": ";
    }
    if (char === "}" || char === "]") {
      if (this.#open.at(-1) !== char || !(this.#after || this.#opened)) return null;
      this.#open.pop();
      const line = this.#opened ? "" : this.#line(0);
      this.#move(true, false);
      return line + char;
    }
    if (this.#after || !/["{[\-\dtfn]/.test(char)) return null;
    const line = this.#breaks ? this.#line(0) : "";
    const closer = OPENERS[char];
    this.#move(false, closer !== undefined);
    if (closer !== undefined) {
      this.#open.push(closer);
      this.#opened = true;
    } else if (char === '"') this.#mode = "string";
    else {
      this.#mode = "literal";
      this.#literal = char;
      this.#after = true;
    }
    return line + char;
  }

  #move(after: boolean, breaks: boolean): void {
    this.#after = after;
    this.#breaks = breaks;
    this.#opened = false;
    this.#space = "";
  }

  #giveUp(): string {
    this.#mode = "raw";
    return visible(this.#space);
  }

  /** A line break and the indentation; a string's further lines hang below its first one. */
  #line(hang: number): string {
    return `\n${INDENT.repeat(Math.min(DEEPEST, this.#open.length) + hang)}`;
  }
}

/** All of it at once. */
export function pretty(json: string, verbatim = false): string {
  const one = new Pretty(verbatim);
  return one.push(json) + one.left;
}
