/**
 * Lays out JSON for readers while it streams: each value on its own line, with real line breaks in strings.
 *
 * Text that was shown does not change; new JSON only adds to it. From where the text stops being JSON, it is shown
 * unchanged. Two things are never decoded, because the user decides by what is shown here: a quote in a string, which
 * would look like the string's end, and characters that are invisible or reverse the text.
 */

/** Below this depth lines are not indented further, or a thousand brackets would fill the page with spaces. */
const DEEPEST = 24;

const INDENT = "  ";

/** Characters that are invisible or that reverse the text around them; emoji need the joiner. */
const HIDDEN = /(?![\n\t\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

const escaped = (hidden: string): string =>
  hidden.replace(/./gs, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** The text with an escape for each invisible character. */
export const visible = (text: string): string => text.replaceAll("\r\n", "\n").replace(HIDDEN, escaped);

const OPENERS: Readonly<Record<string, string>> = { "{": "}", "[": "]" };

const WORDS = ["true", "false", "null"];

/** What ends a run of plain characters in a string. */
const SPECIAL = /["\\\n]/g;

const ESCAPE = /\\(?:ud[89ab][\da-f]{2}\\ud[c-f][\da-f]{2}|u[\da-f]{4}|.)/isy;

/** The beginning of an unfinished escape; a high surrogate waits for the low one. */
const UNFINISHED = /\\(?:u[\da-f]{0,3}|ud[89ab][\da-f]{2}(?:\\(?:u[\da-f]{0,3})?)?)?$/iy;

const DECODED: Readonly<Record<string, string>> = { "\\t": "\t", "\\/": "/" };

export class Pretty {
  readonly #verbatim: boolean;
  /** The closing brackets for all open ones. */
  readonly #open: string[] = [];
  /** Text that cannot be parsed before more comes. */
  #rest = "";
  #mode: "between" | "string" | "literal" | "raw" = "between";
  /** A value has just ended. */
  #after = false;
  /** A bracket has just been opened. */
  #opened = false;
  /** The next value begins a new line. */
  #breaks = false;
  /** White space since the last token. */
  #space = "";
  #literal = "";

  /** `verbatim`: only lay it out and keep strings unchanged, so that the result is still JSON. */
  constructor(verbatim = false) {
    this.#verbatim = verbatim;
  }

  /** Add JSON; return the text to append to what is shown. */
  push(more: string): string {
    const text = this.#rest + more;
    const last = text.charCodeAt(text.length - 1);
    // Half of a character waits for the other half.
    const end = last >= 0xd800 && last < 0xdc00 ? text.length - 1 : text.length;
    this.#rest = text.slice(end);
    return this.#read(text.slice(0, end));
  }

  /** The text that is held back: an unfinished escape. */
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
        // The same character is parsed again, as raw text.
        if (said === null) shown += this.#giveUp();
        else {
          shown += said;
          at += 1;
        }
      }
    }
    return shown;
  }

  /** The text to show for the string from `at`, and where to continue; that is `at` if an escape is unfinished. */
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

  /** The text to show for a character between values; null if it is not valid there. */
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

  /** A line break and the indentation; further lines of a string are indented more than its first one. */
  #line(hang: number): string {
    return `\n${INDENT.repeat(Math.min(DEEPEST, this.#open.length) + hang)}`;
  }
}

/** Lay out complete JSON. */
export function pretty(json: string, verbatim = false): string {
  const one = new Pretty(verbatim);
  return one.push(json) + one.left;
}
