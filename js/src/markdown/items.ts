/** What of a leaf was read and is not settled: text, nodes, and delimiters, brackets and tags whose ends have not come. */

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

/** Where a text is cut into nodes, at a space: the renderer lays out and the page appends to one node at a time. */
const LONGEST_TEXT = 1000;

/** Items behind an opener: half as many of them are kept when there are more. */
const MOST_OPEN = 1000;

/** Beyond this all that is open is taken for text. */
const LONGEST_FORESEEN = Math.max(...Object.values(LONGEST_OPEN));

export class OpenItems {
  /** Text in front of the items, which the next text still joins. */
  text = "";
  #items: Item[] = [];
  #brackets: Bracket[] = [];
  #bottoms: Bottoms = new Map();
  /** The first item that may be a closer which an open bracket keeps from matching. */
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

  /** Whether what comes next stands behind a formula. */
  get isBehindMath(): boolean {
    const last = this.#items.at(-1);
    return last?.type === "node"
      ? last.node.kind === "math"
      : last === undefined && this.text === "" && this.#endedInMath;
  }

  /** The text in front of what comes next, whether it was settled in one piece or in several. */
  get lastText(): string {
    let text = "";
    for (let index = this.#items.length - 1; index >= 0; index -= 1) {
      const item = this.#items[index] as Item;
      if (item.type !== "text") return text;
      text = item.text + text;
    }
    return this.text + text;
  }

  /** Take back the last characters of it. */
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
    // Matched at once, or when no bracket is open any more: it may be a link's, which binds tighter.
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

  /** The last bracket was none. */
  literalBracket(): void {
    const bracket = this.#brackets.pop() as Bracket;
    this.#items[this.#items.lastIndexOf(bracket)] = { type: "text", text: bracket.image ? "![" : "[" };
    this.append("]");
    this.#matchWaiting();
  }

  /** Take out the last bracket and what it holds, for which nodes are put. */
  wrapBracket(make: (children: Inline[]) => readonly Inline[]): void {
    const bracket = this.#brackets.pop() as Bracket;
    const index = this.#items.lastIndexOf(bracket);
    const children = this.#takeFrom(index);
    for (const node of nested(children, make)) this.node(node);
    this.#matchWaiting();
  }

  /** Links hold no links. */
  deactivateBrackets(): void {
    for (const bracket of this.#brackets) if (!bracket.image) bracket.active = false;
  }

  openTag(tag: OpenTag): void {
    this.#items.push(tag);
  }

  /** A closing tag without an opening one is text. */
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

  /** Take out the item at an index and what follows it, which is given as nodes. */
  #takeFrom(index: number): Inline[] {
    const inner = this.#items.splice(index).slice(1);
    if (this.#unmatched >= index) this.#unmatched = -1;
    for (const [kind, bottom] of this.#bottoms) if (bottom > index) this.#bottoms.set(kind, index);
    closeAll(inner, 0, 0, new Map());
    return settle(inner);
  }

  // ---------------------------------------------------------------------------------------------- what is settled

  /** Take out what nothing that follows can change. */
  release(): Inline[] {
    if (this.#items.length > MOST_OPEN) this.#giveUp();
    const open = this.#items.findIndex((item) => item.type !== "text" && item.type !== "node");
    return this.#release(open < 0 ? this.#items.length : open);
  }

  /**
   * So much stands behind the first openers that they are text: no writer means them, and all that is open is looked at
   * again with each piece of text.
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

  /** Take out everything: what is open is text. */
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

  /** Whole nodes' worth of text; its end may yet be an address's. */
  #cutLong(settled: Inline[]): void {
    for (let cut = cutOf(this.text); cut > 0; cut = cutOf(this.text)) {
      settled.push({ kind: "text", text: this.text.slice(0, cut) });
      this.text = this.text.slice(cut);
    }
  }

  /** The open items as they will most likely end, where `pending` more characters are undecided. */
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

/** The items that have been open for so long that they are taken for text, as nodes; read again only when they change. */
class Past {
  #items: Item[] = [];
  #counts: number[] = [];
  #nodes: Inline[] = [];

  /** Of the first `count` items. */
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

/** Of what an item's meaning may still change, how much is left. */
const countOf = (item: Item): number =>
  item.type === "delimiter" ? item.count : item.type === "text" ? item.text.length : 0;

/** Between words, or between characters of scripts that do without spaces. */
const CUT = /[\s\u2e80-\u9fff\uac00-\ud7af]/g;

/** Where a text that is long enough is cut; 0: nowhere yet. */
function cutOf(text: string): number {
  if (text.length <= LONGEST_TEXT) return 0;
  CUT.lastIndex = LONGEST_TEXT;
  const found = CUT.exec(text);
  if (found) return found.index;
  return text.length > 4 * LONGEST_TEXT ? LONGEST_TEXT : 0;
}

/** How much text stands behind each item that is not stale, and how many are. */
function lengthsBehind(items: readonly Item[], pending: number): { lengths: number[]; stale: number } {
  const lengths = new Array<number>(items.length);
  let sum = pending;
  // Marks are no text, but they make what is before them older.
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
