/**
 * Reads a leaf's text while it comes: CommonMark 0.31.2, section 6, with GitHub's extensions and math.
 *
 * Each character is examined once: whatever can be decided becomes an item immediately, and only a construct whose end
 * has not come is scanned again.
 */

import {
  isAddressBegun,
  isAutolinkBegun,
  mayEndAddress,
  readMailBegin,
  scanAddress,
  scanAutolink,
  scanMailEnd,
} from "./addresses.js";
import { codeText, decodeEntity, ESCAPABLE, MORE, matchAt, NO, scanEntity } from "./characters.js";
import { CodeSearch } from "./code.js";
import type { Dialect } from "./dialect.js";
import { type Bracket, delimiter, pushAll, pushText } from "./emphasis.js";
import { OpenItems } from "./items.js";
import type { LabelSource, LinkTarget } from "./labels.js";
import { scanMath } from "./math.js";
import { preview } from "./preview.js";
import { elementMaker, endMark, isPhrasing, readImage, readTag, scanTag } from "./tags.js";
import { anchor, image, LONGEST_LABEL, mayEndTarget, scanLabel, scanTarget } from "./targets.js";
import type { Inline } from "./tree.js";

const PLAIN = /(?:[^\n\\`*_~[\]!<&$@ \thHwWfF]+|(?<=[A-Za-z0-9])[hHwWfF]+|[ \t](?=[^ \t\n]))+/y;
const PLAIN_NO_GFM = /(?:[^\n\\`*_[\]!<&$ \t]+|[ \t](?=[^ \t\n]))+/y;
const SPACES = /[ \t]+/y;
const DOLLARS = /\$\$?/y;
const FOOTNOTE = /\[\^([^\s[\]^]+)\]/y;
const FOOTNOTE_BEGUN = /\[(?:\^[^\s[\]^]*)?$/y;

/** The result of a step: the position after it, or MORE if it must wait for more text. */
type Step = number | typeof MORE;

export class Reading {
  readonly #context: { readonly dialect: Dialect; scanned: number };
  readonly #source: LabelSource;
  readonly #items = new OpenItems();
  /** The text from a little before `#at` on; `#base` is its position in the whole text. */
  #buffer = "";
  #base = 0;
  #at = 0;
  #final = false;
  /** Where to continue searching for the end of the construct at `#at`. */
  #searched = 0;
  /** The end marks that do not occur in the rest of the text. */
  readonly #endless = new Set<string>();
  readonly #codes = new CodeSearch();

  constructor(context: { readonly dialect: Dialect; scanned: number }, source: LabelSource) {
    this.#context = context;
    this.#source = source;
  }

  /** Take more text; returns the nodes that it settles. */
  feed(text: string): Inline[] {
    this.#buffer += text;
    this.#run();
    const settled = this.#items.release();
    this.#trim();
    return settled;
  }

  /** Finish: returns the nodes that were open. */
  finish(): Inline[] {
    this.#final = true;
    this.#run();
    this.#buffer = "";
    return this.#items.releaseAll();
  }

  /** The open nodes, as they will most likely end. */
  foresee(): Inline[] {
    const tail: Inline[] = [];
    pushText(tail, this.#items.text);
    pushAll(tail, this.#items.foresee(this.#buffer.length - this.#at));
    pushAll(tail, preview(this.#buffer.slice(this.#at), this.#context.dialect.math));
    return tail;
  }

  #run(): void {
    while (this.#at < this.#buffer.length) {
      const searched = this.#searched;
      const end = this.#step();
      if (end === MORE) {
        this.#context.scanned += this.#buffer.length - Math.max(this.#at, searched);
        break;
      }
      this.#context.scanned += end - this.#at;
      this.#at = end;
    }
  }

  /** Drop text that no scan looks back at: all but one character, and the text of an open label. */
  #trim(): void {
    const first = this.#items.firstBracket;
    let keep = this.#at - 2;
    if (first) keep = Math.min(keep, Math.max(first.at - this.#base, this.#at - LONGEST_LABEL - 1));
    if (keep <= 0) return;
    this.#buffer = this.#buffer.slice(keep);
    this.#base += keep;
    this.#at -= keep;
    this.#searched = Math.max(0, this.#searched - keep);
  }

  /** Read one construct at `#at`: returns its end, or MORE if that has not come. */
  #step(): Step {
    const text = this.#buffer;
    const { gfm, math } = this.#context.dialect;
    const here = this.#at;
    const run = matchAt(gfm ? PLAIN : PLAIN_NO_GFM, text, here);
    if (run) return this.#push(run[0]);
    const char = text[here] as string;
    switch (char) {
      case " ":
      case "\t":
        return this.#spaces();
      case "\n":
        return this.#push("\n");
      case "\\":
        return this.#backslash();
      case "`":
        return this.#code();
      case "*":
      case "_":
      case "~":
        return char === "~" && !gfm ? this.#push(char) : this.#delimiters(char);
      case "[":
        return this.#bracket(here, false);
      case "!":
        return this.#bang();
      case "]":
        return this.#bracketEnd();
      case "<":
        return this.#angle();
      case "&":
        return this.#entity();
      case "$":
        return (math ? this.#math() : null) ?? this.#push(matchAt(DOLLARS, text, here)?.[0] ?? char);
      case "@":
        return gfm ? this.#mail() : this.#push(char);
      default:
        return this.#address();
    }
  }

  /** Append text that is the same in the source; returns its end. */
  #push(text: string): number {
    this.#items.append(text);
    return this.#at + text.length;
  }

  #node(node: Inline, end: number): number {
    this.#items.node(node);
    return end;
  }

  #spaces(): Step {
    const text = this.#buffer;
    const from = Math.max(this.#at, this.#searched);
    const end = from + (matchAt(SPACES, text, from)?.[0].length ?? 0);
    this.#searched = end >= text.length ? end : 0;
    if (end >= text.length) return this.#final ? end : MORE;
    if (text[end] !== "\n") return this.#push(text.slice(this.#at, end));
    if (!text.endsWith("  ", end) || end - this.#at < 2) return end;
    return this.#node({ kind: "break" }, end + 1);
  }

  #backslash(): Step {
    const next = this.#buffer[this.#at + 1];
    if (next === undefined) return this.#final ? this.#push("\\") : MORE;
    if (next === "\n") return this.#node({ kind: "break" }, this.#at + 2);
    if (this.#context.dialect.math && (next === "(" || next === "[")) {
      const math = this.#math();
      if (math !== null) return math;
    }
    if (!ESCAPABLE.test(next)) return this.#push("\\");
    this.#items.append(next);
    return this.#at + 2;
  }

  #code(): Step {
    const text = this.#buffer;
    const found = this.#codes.scan(text, this.#at, this.#final);
    this.#searched = found === MORE ? text.length : 0;
    if (found === MORE) return MORE;
    const from = this.#at + found.ticks;
    if (found.end === NO) return this.#push(text.slice(this.#at, from));
    return this.#node({ kind: "code", text: codeText(text.slice(from, found.end - found.ticks)) }, found.end);
  }

  /** Read the formula that begins here; null: there is none. */
  #math(): Step | null {
    const math = scanMath(this.#buffer, this.#at, this.#final, this.#items.isBehindMath);
    if (typeof math === "number") return math === MORE ? MORE : null;
    return this.#node({ kind: "math", text: math.text, display: math.display, open: false }, math.end);
  }

  #delimiters(char: string): Step {
    const text = this.#buffer;
    let end = Math.max(this.#at + 1, this.#searched);
    while (text[end] === char) end += 1;
    // A lone high surrogate does not say which character follows.
    const next = text.charCodeAt(end);
    const isHalf = next >= 0xd800 && next <= 0xdbff && end + 1 >= text.length;
    const isOpen = (end >= text.length || isHalf) && !this.#final;
    this.#searched = isOpen ? end : 0;
    if (isOpen) return MORE;
    const item = delimiter(text, this.#at, end, this.#context.dialect.habits);
    if (item === null) return this.#push(text.slice(this.#at, end));
    this.#items.delimiter(item);
    return end;
  }

  // ---------------------------------------------------------------------------------------------- links and images

  #bang(): Step {
    const next = this.#buffer[this.#at + 1];
    if (next === undefined) return this.#final ? this.#push("!") : MORE;
    if (next !== "[") return this.#push("!");
    if (this.#context.dialect.gfm) {
      // "Text![^1]" is text and a footnote.
      if (matchAt(FOOTNOTE, this.#buffer, this.#at + 1)) return this.#push("!");
      if (!this.#final && matchAt(FOOTNOTE_BEGUN, this.#buffer, this.#at + 1)) return MORE;
    }
    return this.#bracket(this.#at + 1, true);
  }

  #bracket(here: number, image: boolean): Step {
    if (this.#context.dialect.gfm && !image) {
      const match = matchAt(FOOTNOTE, this.#buffer, here);
      if (match) return this.#footnote(match[1] as string, here + match[0].length);
      if (!this.#final && matchAt(FOOTNOTE_BEGUN, this.#buffer, here)) return MORE;
    }
    const place = this.#base + here + 1;
    this.#items.openBracket({ type: "bracket", image, at: place, active: true, nested: false });
    return here + 1;
  }

  #footnote(label: string, end: number): number {
    const use = this.#source.use(label, this.#base + this.#at);
    return use ? this.#node({ kind: "reference", ...use }, end) : this.#push(this.#buffer.slice(this.#at, end));
  }

  #bracketEnd(): Step {
    const bracket = this.#items.lastBracket;
    if (bracket === undefined) return this.#push("]");
    if (!bracket.active) return this.#literalBracket();
    const text = this.#buffer;
    const after = this.#at + 1;
    if (after >= text.length && !this.#final) return MORE;
    if (text[after] === "(") {
      const grows = this.#searched > after && !this.#final && !mayEndTarget(text.slice(this.#searched));
      const target = grows ? MORE : scanTarget(text, after, this.#final);
      this.#searched = target === MORE ? text.length : 0;
      if (target === MORE) return MORE;
      if (typeof target !== "number") return this.#link(bracket, target, target.end);
    }
    return this.#labelled(bracket, after);
  }

  #labelled(bracket: Bracket, after: number): Step {
    const text = this.#buffer;
    const labelEnd = text[after] === "[" ? scanLabel(text, after, this.#final) : NO;
    if (labelEnd === MORE) return MORE;
    const end = labelEnd === NO ? after : labelEnd;
    const label = labelEnd > after + 2 ? text.slice(after + 1, labelEnd - 1) : this.#between(bracket);
    const target = label === null || label.trim() === "" ? null : this.#source.target(label);
    if (target && target !== "unknown") return this.#link(bracket, target, end);
    // The label in "[text][label]" will most likely be defined.
    if (target === "unknown" && labelEnd !== NO) return this.#link(bracket, null, end);
    return this.#literalBracket();
  }

  /** The text between the brackets if it can be a label, else null. */
  #between(bracket: Bracket): string | null {
    const from = bracket.at - this.#base;
    if (bracket.nested || from < 0 || this.#at - from > LONGEST_LABEL) return null;
    return this.#buffer.slice(from, this.#at);
  }

  #literalBracket(): number {
    this.#items.literalBracket();
    return this.#at + 1;
  }

  #link(bracket: Bracket, target: LinkTarget | null, end: number): number {
    if (!bracket.image) this.#items.deactivateBrackets();
    const make = bracket.image ? image : anchor;
    this.#items.wrapBracket((children) => make(children, target, this.#context.dialect.policy));
    return end;
  }

  // ---------------------------------------------------------------------------------------------- angle brackets

  #angle(): Step {
    const text = this.#buffer;
    const here = this.#at;
    const address = scanAutolink(text, here);
    if (address) return this.#autolink(address.href, address.text, address.end);
    const mark = endMark(text, here);
    if (mark !== undefined && !this.#comes(mark)) return this.#final ? this.#push("<") : MORE;
    const end = scanTag(text, here);
    if (end >= 0) return this.#tag(text.slice(here, end), end);
    if (!this.#final && (end === MORE || isAutolinkBegun(text, here))) return MORE;
    return this.#push("<");
  }

  /** Whether `mark` occurs after this position; each character is examined once. */
  #comes(mark: string): boolean {
    if (this.#endless.has(mark)) return false;
    const found = this.#buffer.indexOf(mark, Math.max(this.#at + 2, this.#searched - mark.length)) >= 0;
    this.#searched = found || this.#final ? 0 : this.#buffer.length;
    if (!found && this.#final) this.#endless.add(mark);
    return found;
  }

  #autolink(destination: string, text: string, end: number): number {
    const href = this.#context.dialect.policy.href(destination);
    const shown: Inline = { kind: "text", text };
    return this.#node(href === null ? shown : { kind: "link", href, title: "", children: [shown] }, end);
  }

  #tag(raw: string, end: number): number {
    if (this.#context.dialect.html === "raw") return this.#node({ kind: "raw", text: raw }, end);
    const tag = readTag(raw);
    if (tag.type === "other") return raw.startsWith("<!--") ? end : this.#push(raw);
    if (tag.type === "close") {
      if (!isPhrasing(tag.name)) return this.#push(raw);
      this.#items.closeTag(tag.name, raw);
      return end;
    }
    if (tag.name === "br") return this.#node({ kind: "break" }, end);
    if (tag.name === "img") return this.#node(readImage(tag.attributes, this.#context.dialect.policy), end);
    if (tag.name === "wbr") return end;
    if (!isPhrasing(tag.name)) return this.#push(raw);
    const make = elementMaker(tag.name, tag.attributes, this.#context.dialect.policy);
    this.#items.openTag({ type: "tag", tag: tag.name, raw, make });
    return end;
  }

  #entity(): Step {
    const end = scanEntity(this.#buffer, this.#at, this.#final);
    if (end === MORE) return MORE;
    if (end === NO) return this.#push("&");
    this.#items.append(decodeEntity(this.#buffer.slice(this.#at, end)));
    return end;
  }

  // ---------------------------------------------------------------------------------------------- bare addresses

  #address(): Step {
    const text = this.#buffer;
    const bracketed = this.#items.lastBracket !== undefined;
    if (this.#searched > this.#at && !this.#final && !mayEndAddress(text.slice(this.#searched))) {
      this.#searched = text.length;
      return MORE;
    }
    const found = scanAddress(text, this.#at, bracketed, this.#context.dialect.habits, this.#final);
    this.#searched = found === MORE && isAddressBegun(text, this.#at) ? text.length : 0;
    if (found === MORE) return MORE;
    if (found === NO) return this.#push(text[this.#at] as string);
    return this.#autolink(found.href, text.slice(this.#at, found.end), found.end);
  }

  #mail(): Step {
    const { scheme, local } = readMailBegin(this.#items.lastText);
    const end = local === "" ? NO : scanMailEnd(this.#buffer, this.#at, scheme, this.#final);
    if (end === MORE) return MORE;
    if (end === NO) return this.#push("@");
    this.#items.cutText(scheme.length + local.length);
    const address = scheme + local + this.#buffer.slice(this.#at, end);
    return this.#autolink(scheme === "" ? `mailto:${address}` : address, address, end);
  }
}
