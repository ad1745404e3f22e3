/**
 * Formulas in a model's prose, written as every notebook's reader knows them. `src/streamcell/saved/formulas.py` mirrors it.
 *
 * What is one is as in `markdown/math.ts`, with letters and digits that both languages see alike.
 */

/** Characters of a formula within a line of text; what goes on is a dollar sign and text. */
const LONGEST = 2000;

/** Characters in which prose is looked for, and a line's prefix. */
const LONGEST_PROSE = 100;

const L = "A-Za-z\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u1fff\\u2c00-\\u2dff\\u3040-\\ud7ff\\uf900-\\ufdff";

/** Letters of scripts that write spaces between words. */
const W =
  "A-Za-z\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u10ff\\u1200-\\u1fff\\u2c00-\\u2dff" +
  "\\ua000-\\ua95f\\ua980-\\uabff\\ufb00-\\ufdff";

const AMOUNT = "[0-9][0-9.,]*(?:[-\\u2013][0-9][0-9.,]*)?(?:[KMBTkmbt]|bn|mn)?\\+?";
const PRICE = new RegExp(
  `^${AMOUNT}(?:\\*\\*|\\*[^${L}0-9\\\\({*$]|/[${L}]{2,}|[,;:.)]+[ \\t\\n]+[*(\\[]|[ \\t\\n]+(?:\\*\\*|\\([+-]?\\$)` +
    `|[,;:.)]*[ \\t\\n]+(?:an?[ \\t\\n]+)?[${L}]{2,}[^${L}$\\\\^_={}])`,
);
const WORDS = new RegExp(`^[^$\\\\^_={}+<>|]*?(?:[${L}]{2,}[^${L}$\\\\^_={}+<>|]+){3}`);
const BARE_WORDS = new RegExp(`^(?:[${L}]{2,}|[0-9]+)(?:[ \\t\\n,.;:-]+(?:[${L}]{2,}|[0-9]+))*[.?!]?$`);
const WORD = new RegExp(`[${L}]{2,}`, "g");
const DIGIT = /^[0-9]/;
const WORDLY = new RegExp(`^[${W}0-9]`);
const SIGN = new RegExp(`^(?:[${L}]|[^ \\t\\n$]*[\\\\^_=][^ \\t\\n$]*)$`);
const DOLLARS = /(?:[^\\`$]|\\[^`]){1,2000}/y;
const OPERATOR = /[\\^_{}=+<>|]/;
/** How a formula's next line begins, which begins no block. */
const NEXT_LINE = new RegExp(`^[ \\t]*[${L}\\\\({]`);

/** What hides a mark from JupyterLab, commands that load, link or dress, and a line that is blank to some readers. */
const UNSAFE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: some of them are blank.
  /`|~~~|\\(?:href|url|html|data|class|cssId|id|style|require|include|input|unicode)|\n[ \t]*[\x0b-\x1f\x85\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]/;

const PREFIX = /^(?:[ \t]*(?:>|[-+*]|[0-9]{1,9}[.)]))*[ \t]*$/;
const BEGUN = /[\\^_{}=+<>&]/;
const BLANKS = /\n(?:[ \t>]*\n)+/g;
const BREAK = /\n[ \t>]*/g;
const END = /\\end\{([a-z]*\*?)\}/g;
const PART = /<|"|!\[|\][(:]|\\\\\[[ ]*-?[0-9.]{1,9}[ ]*[a-z]{2}[ ]*\]|\\\\(?=[[(])|\\begin\{([a-z]*\*?)\}/g;
const BRACE = /\\[{}$]|[{}]/g;
const DOLLAR = /\\[\s\S]|\$/g;

/** The next match of a pattern; asked for in the text's order, so that all of it costs one pass. */
export class Ahead {
  readonly #pattern: RegExp;
  readonly #text: string;
  #next = -1;

  constructor(pattern: RegExp, text: string) {
    this.#pattern = new RegExp(pattern, "g");
    this.#text = text;
  }

  /** Where the next match from `at` on begins, or the text's length if none does. */
  next(at: number): number {
    if (this.#next >= at) return this.#next;
    this.#pattern.lastIndex = at;
    this.#next = this.#pattern.exec(this.#text)?.index ?? this.#text.length;
    return this.#next;
  }
}

/** A formula as Markdown, and where it ended in the prose. */
export interface Formula {
  readonly markdown: string;
  readonly end: number;
}

/** The formulas of a piece of prose, asked for in its order. */
export class Formulas {
  readonly #text: string;
  readonly #closes: ReadonlyMap<string, Ahead>;
  readonly #alnum: Ahead;
  readonly #blank: Ahead;
  readonly #unsafe: Ahead;

  constructor(text: string) {
    this.#text = text;
    this.#closes = new Map([
      ["\\(", new Ahead(/\\\)/, text)],
      ["\\[", new Ahead(/\\\]/, text)],
      ["$$", new Ahead(/\$\$/, text)],
    ]);
    this.#alnum = new Ahead(new RegExp(`[${L}0-9]`), text);
    this.#blank = new Ahead(/\n[ \t>]*\n/, text);
    this.#unsafe = new Ahead(UNSAFE, text);
  }

  /** The formula that begins at `at` with a dollar sign or a backslash, or null if none does. */
  at(at: number): Formula | null {
    const opening = this.#text.slice(at, at + 2);
    const close = this.#closes.get(opening);
    return close ? this.#marked(at, opening, close) : this.#dollars(at);
  }

  #marked(at: number, opening: string, closes: Ahead): Formula | null {
    const text = this.#text;
    const start = at + 2;
    const close = closes.next(start);
    if (close === text.length || this.#alnum.next(start) >= close || this.#unsafe.next(start) < close) return null;
    const isLine = close - start <= LONGEST && this.#blank.next(start) >= close;
    if (!isLine && (opening === "\\(" || !this.#beginsBlock(at))) return null;
    const inner = text.slice(start, close);
    if (isLine && !isFormula(opening, trim(inner, " \t\n"))) return null;
    return { markdown: opening === "\\(" ? inline(inner) : display(inner), end: close + 2 };
  }

  #beginsBlock(at: number): boolean {
    const text = this.#text;
    const before = text.slice(Math.max(0, at - LONGEST_PROSE), at);
    const line = before.slice(before.lastIndexOf("\n") + 1);
    if ((line === before && before.length === LONGEST_PROSE) || !PREFIX.test(line)) return false;
    const end = text.indexOf("\n", at);
    const first = text.slice(at + 2, end < 0 ? text.length : end);
    return trim(first, " \t") === "" || (BEGUN.test(first) && !first.includes("]("));
  }

  #dollars(at: number): Formula | null {
    const text = this.#text;
    const before = text[at - 1] ?? "";
    const isBehindWord = WORDLY.test(before);
    // Two formulas side by side are one to JupyterLab.
    if (before === "$" || (isBehindWord && !DIGIT.test(before))) return null;
    if (["", " ", "\t", "\n", "`"].includes(text[at + 1] ?? "")) return null;
    const begun = text.slice(at + 1, at + 1 + LONGEST_PROSE);
    if (PRICE.test(begun) || WORDS.test(begun)) return null;
    DOLLARS.lastIndex = at + 1;
    const inner = DOLLARS.exec(text)?.[0];
    if (inner === undefined || text[at + 1 + inner.length] !== "$" || " \t\n".includes(inner.at(-1) as string))
      return null;
    const end = at + inner.length + 2;
    const after = text[end] ?? "";
    if (this.#unsafe.next(at + 1) < end || !isOne(inner)) return null;
    // Two variables of a shell, and what is a part of a word.
    if (/^[({]/.test(after) && /^[({]/.test(inner)) return null;
    if ((isBehindWord || WORDLY.test(after)) && (DIGIT.test(after) || !SIGN.test(inner))) return null;
    return { markdown: inline(inner), end };
  }
}

/** Whether these lines are one formula: the first has what only formulas have, and no other begins a block. */
function isOne(inner: string): boolean {
  const [first = "", ...lines] = inner.split("\n");
  return lines.length === 0 || (OPERATOR.test(first) && lines.every((line) => NEXT_LINE.test(line)));
}

function isFormula(opening: string, inner: string): boolean {
  if (!BARE_WORDS.test(inner)) return true;
  if (opening !== "\\(") return opening !== "\\[";
  const words = [...inner.matchAll(WORD)];
  const first = words[0];
  const last = words.at(-1);
  if (first === undefined || last === undefined || words.length < 2) return true;
  return !/[ \t\n]/.test(inner.slice(first.index + first[0].length, last.index));
}

function inline(inner: string): string {
  const body = escapeDollars(defused(trim(inner, " \t\n").replace(BREAK, " ")));
  return `$${closable(body)}$`;
}

function display(inner: string): string {
  let lines = inner.replace(BLANKS, "\n");
  // A quote's marks would be read as part of the formula.
  const isQuoted = lines
    .split("\n")
    .slice(1)
    .every((line) => /^[ \t]*>/.test(line));
  if (lines.includes("\n") && isQuoted) lines = trim(lines.replace(BREAK, " "), " ");
  const body = defused(lines);
  const escaped = body.includes("$$") || body.startsWith("$") || body.endsWith("$");
  return `$$${closable(escaped ? escapeDollars(body) : body)}$$`;
}

const closable = (body: string): string => (/[\\$]$/.test(body) ? `${body} ` : body);

const escapeDollars = (body: string): string => body.replace(DOLLAR, (found) => (found === "$" ? "\\$" : found));

/** The text without these characters at its ends. */
export function trim(text: string, characters: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && characters.includes(text[start] as string)) start += 1;
  while (end > start && characters.includes(text[end - 1] as string)) end -= 1;
  return text.slice(start, end);
}

/** The formula without what is HTML or a link to those who know no formulas, and without marks that go on. */
function defused(body: string): string {
  const ends = new Map<string, number>();
  for (const end of body.matchAll(END)) ends.set(end[1] as string, end.index);
  const parted = body.replace(PART, (part: string, name: string | undefined, at: number) => {
    if (part === "<") return "\\lt ";
    // JupyterLab puts a formula back as it is, be it into an attribute.
    if (part === '"') return "''";
    if (name !== undefined) return (ends.get(name) ?? -1) > at ? part : part.replace("{", " {");
    if (part.startsWith("\\\\")) return "\\\\ ";
    return `${part[0]} ${part[1]}`;
  });
  return balanced(parted);
}

/** The formula with its odd braces as text: JupyterLab looks for the formula's end behind the brace's. */
function balanced(body: string): string {
  const opened: number[] = [];
  const odd: number[] = [];
  for (const brace of body.matchAll(BRACE)) {
    if (brace[0] === "{") opened.push(brace.index);
    else if (brace[0] === "}" && opened.pop() === undefined) odd.push(brace.index);
  }
  const pieces: string[] = [];
  let at = 0;
  for (const place of [...odd, ...opened].sort((a, b) => a - b)) {
    pieces.push(body.slice(at, place), "\\");
    at = place;
  }
  return pieces.join("") + body.slice(at);
}
