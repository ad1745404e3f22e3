/**
 * A model's answer as the Markdown that a notebook file keeps, for readers that do not sanitise it.
 *
 * Code that would do harm as text is kept only in one form, a fence of its own at the margin that all readers agree on.
 * `src/streamcell/saved/markdown.py` mirrors it.
 */

import { trim } from "./formulas.js";
import { entities, hasMarks, isDangerous, prose, sealed, TAG } from "./prose.js";

const OPENER = /^((?:[ \t]*(?:>|[-+*](?=[ \t])|[0-9]{1,9}[.)](?=[ \t])))*[ \t]*)(`{3,}|~{3,})([^\n]*)$/;
const CLOSER = /^ {0,3}(`{3,}|~{3,})[ \t]*$/;
const ITEM = /^([ \t]{0,3}(?:[-+*]|[0-9]{1,9}[.)]))([ \t]+|$)/;
const LANGUAGE = /^[ \t]*([A-Za-z0-9_+#.-]*)/;
const INDENT = /[ \t]*/y;
const IN_NOTE = /[&<>\\`*_[\]!$~|]/g;

/** Lines that hold no fence. */
interface Text {
  readonly kind: "text";
  readonly lines: string[];
}

/** A fence at the margin. */
interface Fence {
  readonly kind: "fence";
  readonly language: string;
  readonly lines: string[];
}

/** A fence in a list or a quote: as it came, and the code in it. */
interface Nested {
  readonly kind: "nested";
  readonly prefix: string;
  readonly marks: string;
  readonly raw: string[];
  readonly lines: string[];
  closed: boolean;
}

type Block = Text | Fence | Nested;

interface Opener {
  readonly prefix: string;
  readonly marks: string;
  readonly info: string;
}

/**
 * The Markdown to save for a model's answer, and under it `note` in italics unless that is empty.
 *
 * The answer may be cut anywhere and is not trusted: in no reading does HTML, an image or a link with another scheme
 * than http, https or mailto come out of it. Time is linear in its length.
 */
export function savedMarkdown(text: string, note = ""): string {
  const blocks = new Blocks(clean(text).replace(/\r\n?/g, "\n").split("\n")).read();
  // Readers do not agree where a nested fence ends. Where nothing in a fence would do harm that is theirs to settle.
  const risky = blocks.some((block) => block.kind === "fence" && isDangerous(block.lines.join("\n")));
  const body = joined(blocks, risky);
  const words = trim(clean(note).replace(/[ \t\r\n]+/g, " "), " ");
  if (words === "") return body;
  const said = words.replace(IN_NOTE, (char) => `&#${char.charCodeAt(0)};`);
  const above = trimEnd(body);
  return above === "" ? `*${said}*` : `${above}\n\n*${said}*`;
}

/** The text without halves of characters, which no file can hold. */
const clean = (text: string): string => text.replace(/\p{Cs}/gu, "\ufffd");

function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && " \t\n".includes(text[end - 1] as string)) end -= 1;
  return text.slice(0, end);
}

const isBlank = (line: string): boolean => /^[ \t]*$/.test(line);

function joined(blocks: readonly Block[], risky: boolean): string {
  const zones: string[] = [];
  let zone: string[] = [];
  blocks.forEach((block, index) => {
    if (block.kind === "text") zone.push(prose(block.lines.join("\n")));
    else if (block.kind === "nested") zone.push(nested(block, risky));
    else {
      if (zone.length > 0 || zones.length > 0) {
        const before = zone.join("\n");
        zones.push(risky ? sealed(before) : before);
        if (!isBlank(before.slice(before.lastIndexOf("\n") + 1))) zones.push("");
      }
      zones.push(fence(block));
      const next = blocks[index + 1];
      const isGap = next === undefined || (next.kind === "text" && isBlank(next.lines[0] as string));
      zone = isGap ? [] : [""];
    }
  });
  return [...zones, ...zone].join("\n");
}

function fence(block: Fence): string {
  const code = block.lines.join("\n");
  let longest = 0;
  for (const run of code.matchAll(/`+/g)) longest = Math.max(longest, run[0].length);
  const marks = "`".repeat(Math.max(3, longest + 1));
  // nbconvert puts a diagram into the page as it is.
  const isDiagram = block.language.toLowerCase().startsWith("mermaid") && TAG.test(code);
  return [marks + (isDiagram ? "" : block.language), ...block.lines, marks].join("\n");
}

function nested(block: Nested, risky: boolean): string {
  const raw = block.raw.join("\n");
  if (risky || isDangerous(raw) || hasMarks(raw)) {
    return `${block.prefix}<pre><code>${entities(block.lines.join("\n"))}</code></pre>`;
  }
  return block.closed ? raw : `${trimEnd(raw)}\n${block.prefix.replace(/[^ \t>]/g, " ")}${block.marks}`;
}

class Blocks {
  readonly #lines: readonly string[];
  readonly #blocks: Block[] = [];
  #at = 0;
  /** How far what belongs to the outermost list item is indented; 0 outside of lists. */
  #item = 0;

  constructor(lines: readonly string[]) {
    this.#lines = lines;
  }

  read(): readonly Block[] {
    while (this.#at < this.#lines.length) {
      const line = this.#next();
      this.#follow(line);
      const opener = readOpener(line);
      if (opener === null) this.#text(line);
      else if (this.#isAtMargin(opener.prefix)) this.#blocks.push(this.#readFence(opener));
      else this.#blocks.push(this.#readNested(line, opener));
    }
    return this.#blocks;
  }

  #next(): string {
    const line = this.#lines[this.#at] as string;
    this.#at += 1;
    return line;
  }

  #text(line: string): void {
    const last = this.#blocks.at(-1);
    if (last?.kind === "text") last.lines.push(line);
    else this.#blocks.push({ kind: "text", lines: [line] });
  }

  #follow(line: string): void {
    if (isBlank(line) || (this.#item > 0 && width(indent(line)) >= this.#item)) return;
    const item = ITEM.exec(line);
    const spaces = width(item?.[2] ?? "");
    this.#item = item ? width(item[1] as string) + (spaces >= 1 && spaces <= 4 ? spaces : 1) : 0;
  }

  #isAtMargin(prefix: string): boolean {
    return isBlank(prefix) && width(prefix) <= 3 && this.#item === 0;
  }

  #readFence({ prefix, marks, info }: Opener): Fence {
    const block: Fence = { kind: "fence", language: LANGUAGE.exec(info)?.[1] ?? "", lines: [] };
    const columns = width(prefix);
    while (this.#at < this.#lines.length) {
      const line = this.#next();
      if (closes(line, marks)) return block;
      block.lines.push(outdented(line, columns));
    }
    if (isBlank(block.lines.at(-1) ?? "")) block.lines.pop();
    return block;
  }

  #readNested(opening: string, { prefix, marks }: Opener): Nested {
    const quotes = prefix.split(">").length - 1;
    const within = width(prefix.slice(prefix.lastIndexOf(">") + 1));
    const least = Math.min(width(prefix), this.#item || 4);
    const block: Nested = { kind: "nested", prefix, marks, raw: [opening], lines: [], closed: false };
    while (this.#at < this.#lines.length && !block.closed) {
      const line = this.#lines[this.#at] as string;
      const inner = quotes > 0 ? unquoted(line, quotes) : listed(line, least);
      // The list or the quote is over, and the fence with it.
      block.closed = inner === null;
      if (inner === null) break;
      this.#at += 1;
      block.raw.push(line);
      const code = outdented(inner, within);
      block.closed = closes(code, marks);
      if (!block.closed) block.lines.push(code);
    }
    return block;
  }
}

function readOpener(line: string): Opener | null {
  if (!line.includes("```") && !line.includes("~~~")) return null;
  const [, prefix, marks, info] = OPENER.exec(line) ?? [];
  if (prefix === undefined || marks === undefined || info === undefined) return null;
  return marks[0] === "`" && info.includes("`") ? null : { prefix, marks, info };
}

const closes = (line: string, marks: string): boolean => CLOSER.exec(line)?.[1]?.startsWith(marks) ?? false;

function unquoted(line: string, quotes: number): string | null {
  let at = 0;
  for (let count = 0; count < quotes; count += 1) {
    at += indent(line, at).length;
    if (line[at] !== ">") return null;
    at += 1;
  }
  return line.slice(at);
}

const listed = (line: string, least: number): string | null =>
  isBlank(line) || width(indent(line)) >= least ? line : null;

function indent(line: string, at = 0): string {
  INDENT.lastIndex = at;
  return INDENT.exec(line)?.[0] ?? "";
}

function width(prefix: string): number {
  let columns = 0;
  for (const char of prefix) columns += char === "\t" ? 4 - (columns % 4) : 1;
  return columns;
}

function outdented(line: string, columns: number): string {
  const spaces = indent(line);
  if (columns === 0 || spaces === "") return line;
  const all = width(spaces);
  return " ".repeat(all - Math.min(all, columns)) + line.slice(spaces.length);
}
