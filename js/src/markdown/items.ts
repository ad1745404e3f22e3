/** The read but unsettled items of a leaf: text, nodes, and delimiters, brackets and tags that are still open. */

import {
  type Bottoms,
  type Bracket,
  close,
  closeAll,
  type Delimiter,
  type Item,
  literal,
  nested,
  type OpenTag,
  plain,
  pushAll,
  settle,
} from "./emphasis.js";
import { LONGEST_OPEN } from "./preview.js";
import type { Inline } from "./tree.js";

/** The length at which a text is cut into nodes, at a space: the page appends to one node and lays it out again. */
const LONGEST_TEXT = 1000;

/** The most items that are kept open; if there are more, only the newest half of this number stays open. */
const MOST_OPEN = 1000;

/** After this many characters, all open items are shown as text. */
const LONGEST_FORESEEN = Math.max(...Object.values(LONGEST_OPEN));

export class OpenItems {
  /** Text before the items; without items, the next text is appended to it. */
  text = "";
  #items: Item[] = [];
  #brackets: Bracket[] = [];
  #bottoms: Bottoms = new Map();
  /** The index of the first closer that waits because a bracket is open; -1: none. */
  #unmatched = -1;
  readonly #past = new Past();
  #endedInMath = false;

  append(text: string): void {
    const last = this.#items.at(-1);
    if (last === undefined) this.text += text;
    else if (last.type === "text") last.text += text;
    else this.#items.push({ type: "text", text });
  }

  node(node: Inline): void {
    if (node.kind === "text") this.append(node.text);
    else this.#items.push({ type: "node", node });
  }

  /** Whether the previous item is a formula. */
  get isBehindMath(): boolean {
    const last = this.#items.at(-1);
    return last?.type === "node"
      ? last.node.kind === "math"
      : last === undefined && this.text === "" && this.#endedInMath;
  }

  /** The unsettled text directly before the current position. */
  get lastText(): string {
    let text = "";
    for (let index = this.#items.length - 1; index >= 0; index -= 1) {
      const item = this.#items[index] as Item;
      if (item.type !== "text") return text;
      text = item.text + text;
    }
    return this.text + text;
  }

  /** Remove its last `length` characters. */
  cutText(length: number): void {
    let left = length;
    for (let last = this.#items.at(-1); left > 0 && last?.type === "text"; last = this.#items.at(-1)) {
      const cut = Math.min(left, last.text.length);
      last.text = last.text.slice(0, last.text.length - cut);
      left -= cut;
      if (last.text !== "") return;
      this.#items.pop();
    }
    if (left > 0) this.text = this.text.slice(0, -left);
  }

  // ---------------------------------------------------------------------------------------------- delimiters

  delimiter(item: Delimiter): void {
    this.#items.push(item);
    if (!item.canClose) return;
    const index = this.#items.length - 1;
    // If a bracket is open, wait until it closes: it may be a link, which binds more tightly.
    if (this.#brackets.length === 0) close(this.#items, index, 0, this.#bottoms);
    else if (this.#unmatched < 0) this.#unmatched = index;
  }

  #matchWaiting(): void {
    if (this.#unmatched < 0 || this.#brackets.length > 0) return;
    closeAll(this.#items, this.#unmatched, 0, this.#bottoms);
    this.#unmatched = -1;
  }

  // ---------------------------------------------------------------------------------------------- brackets and tags

  get firstBracket(): Bracket | undefined {
    return this.#brackets[0];
  }

  get lastBracket(): Bracket | undefined {
    return this.#brackets.at(-1);
  }

  openBracket(bracket: Bracket): void {
    const before = this.#brackets.at(-1);
    if (before) before.nested = true;
    this.#brackets.push(bracket);
    this.#items.push(bracket);
  }

  /** The last bracket is text. */
  literalBracket(): void {
    const bracket = this.#brackets.pop() as Bracket;
    this.#items[this.#items.lastIndexOf(bracket)] = { type: "text", text: bracket.image ? "![" : "[" };
    this.append("]");
    this.#matchWaiting();
  }

  /** Replace the last bracket and its content by the nodes that `make` returns. */
  wrapBracket(make: (children: Inline[]) => readonly Inline[]): void {
    const bracket = this.#brackets.pop() as Bracket;
    const index = this.#items.lastIndexOf(bracket);
    const children = this.#takeFrom(index);
    for (const node of nested(children, make)) this.node(node);
    this.#matchWaiting();
  }

  /** Make the open brackets inactive, because a link cannot contain another. */
  deactivateBrackets(): void {
    for (const bracket of this.#brackets) if (!bracket.image) bracket.active = false;
  }

  openTag(tag: OpenTag): void {
    this.#items.push(tag);
  }

  /** Close the last open tag of this name; without one, the closing tag is text. */
  closeTag(name: string, raw: string): void {
    const index = this.#items.findLastIndex(
      (item) => item.type === "bracket" || (item.type === "tag" && item.tag === name),
    );
    const open = this.#items[index];
    if (open?.type !== "tag") {
      this.append(raw);
      return;
    }
    for (const node of nested(this.#takeFrom(index), open.make)) this.node(node);
  }

  /** Remove the item at an index and all after it; returns the latter as nodes. */
  #takeFrom(index: number): Inline[] {
    const inner = this.#items.splice(index).slice(1);
    if (this.#unmatched >= index) this.#unmatched = -1;
    for (const [kind, bottom] of this.#bottoms) if (bottom > index) this.#bottoms.set(kind, index);
    closeAll(inner, 0, 0, new Map());
    return settle(inner);
  }

  // ---------------------------------------------------------------------------------------------- what is settled

  /** Remove and return the nodes that no further text can change. */
  release(): Inline[] {
    if (this.#items.length > MOST_OPEN) this.#giveUp();
    const open = this.#items.findIndex((item) => item.type !== "text" && item.type !== "node");
    return this.#release(open < 0 ? this.#items.length : open);
  }

  /**
   * Turn old openers into text. After so many items no writer means them, and each piece of text examines all open
   * items again.
   */
  #giveUp(): void {
    const asText = (kinds: readonly Item["type"][]) => {
      for (let index = 0; index < this.#items.length - MOST_OPEN / 2; index += 1) {
        const item = this.#items[index] as Item;
        if (!kinds.includes(item.type)) continue;
        if (item.type === "bracket") this.#brackets.shift();
        this.#items[index] = { type: "text", text: literal(item) };
      }
    };
    asText(["bracket"]);
    this.#matchWaiting();
    asText(["delimiter", "tag"]);
  }

  /** Remove and return everything; open items become text. */
  releaseAll(): Inline[] {
    this.#brackets = [];
    this.#matchWaiting();
    const settled = this.#release(this.#items.length);
    if (this.text !== "") settled.push({ kind: "text", text: this.text });
    this.text = "";
    return settled;
  }

  #release(count: number): Inline[] {
    const settled: Inline[] = [];
    this.#cutLong(settled);
    if (count === 0) return settled;
    for (const node of settle(this.#items.splice(0, count))) {
      if (node.kind === "text") {
        this.text += node.text;
        this.#cutLong(settled);
        continue;
      }
      if (this.text !== "") settled.push({ kind: "text", text: this.text });
      this.text = "";
      settled.push(node);
      this.#endedInMath = node.kind === "math";
    }
    for (const [kind, bottom] of this.#bottoms) this.#bottoms.set(kind, Math.max(0, bottom - count));
    if (this.#unmatched >= 0) this.#unmatched = Math.max(0, this.#unmatched - count);
    return settled;
  }

  /** Settle text in full-length nodes; the end stays, as it may belong to an address. */
  #cutLong(settled: Inline[]): void {
    for (let cut = cutOf(this.text); cut > 0; cut = cutOf(this.text)) {
      settled.push({ kind: "text", text: this.text.slice(0, cut) });
      this.text = this.text.slice(cut);
    }
  }

  /** The open items as they will most likely end, if `pending` more characters are undecided. */
  foresee(pending: number): Inline[] {
    if (this.#items.length === 0) return [];
    const last = this.#brackets.at(-1);
    const bracket = last ? this.#items.lastIndexOf(last) : 0;
    const from = Math.max(bracket, this.#unmatched);
    const { lengths, stale } = lengthsBehind(this.#items, pending);
    const past = this.#past.of(this.#items, this.#unmatched >= 0 ? Math.min(stale, bracket) : stale);
    const items = this.#items.slice(past.count).map((item) => ({ ...item }));
    if (this.#unmatched >= 0) closeAll(items, from - past.count, bracket - past.count, new Map());
    const behind = this.#unmatched >= 0 ? lengthsBehind(items, pending).lengths : lengths.slice(past.count);
    const nodes = [...past.nodes];
    pushAll(
      nodes,
      settle(items, (item, index) => {
        const length = behind[index] as number;
        if (item.type === "tag") return length <= LONGEST_OPEN.strong;
        if (length === 0) return false;
        if (item.type === "bracket") return item.active && length <= LONGEST_OPEN.link;
        // One tilde is "about" more often than it strikes.
        if (item.char === "~" && item.count === 1) return false;
        return item.canOpen && length <= (item.count === 1 ? LONGEST_OPEN.emphasis : LONGEST_OPEN.strong);
      }),
    );
    return nodes;
  }
}

/** The items that have been open for so long that they are shown as text: a cache of their nodes. */
class Past {
  #items: Item[] = [];
  #counts: number[] = [];
  #nodes: Inline[] = [];

  /** The nodes of the first `count` items. */
  of(items: readonly Item[], count: number): { readonly count: number; readonly nodes: readonly Inline[] } {
    const isKnown = this.#items.every((item, index) => item === items[index] && countOf(item) === this.#counts[index]);
    if (!isKnown || this.#items.length > count) {
      this.#items = [];
      this.#counts = [];
      this.#nodes = [];
    }
    const added = items.slice(this.#items.length, count);
    pushAll(this.#nodes, settle(added));
    this.#items.push(...added);
    this.#counts.push(...added.map(countOf));
    return { count: this.#items.length, nodes: this.#nodes };
  }
}

/** A number that changes whenever an item changes: unmatched delimiters, or characters. */
const countOf = (item: Item): number =>
  item.type === "delimiter" ? item.count : item.type === "text" ? item.text.length : 0;

/** A space, or a character of a script that writes no spaces. */
const CUT = /[\s\u2e80-\u9fff\uac00-\ud7af]/g;

/** The position at which to cut a long text; 0: not yet. */
function cutOf(text: string): number {
  if (text.length <= LONGEST_TEXT) return 0;
  CUT.lastIndex = LONGEST_TEXT;
  const found = CUT.exec(text);
  if (found) return found.index;
  return text.length > 4 * LONGEST_TEXT ? LONGEST_TEXT : 0;
}

/** The length of the text after each item that is not stale, and the number of stale items. */
function lengthsBehind(items: readonly Item[], pending: number): { lengths: number[]; stale: number } {
  const lengths = new Array<number>(items.length);
  let sum = pending;
  // Marks are not text, but they count towards the age of the items before them.
  let marks = 0;
  let index = items.length - 1;
  for (; index >= 0 && sum + marks <= LONGEST_FORESEEN; index -= 1) {
    lengths[index] = sum;
    const item = items[index] as Item;
    if (item.type === "text") sum += item.text.length;
    else if (item.type === "node") sum += plain([item.node]).length || 1;
    else marks += 1;
  }
  return { lengths, stale: index + 1 };
}
