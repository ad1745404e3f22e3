/**
 * Keeps a long growing paragraph cheap to lay out. At the beginning of a line, the rest is moved into a separate piece
 * that is laid out as a block. It looks the same, but the lines before it need no more layout. When the paragraph is
 * complete, or its width changes, the pieces become one text again.
 */

import type { Inline, Paragraph } from "../markdown/tree.js";
import type { Children, Slots } from "./children.js";
import type { Drawing, Mounted } from "./drawing.js";
import { MountedText } from "./inlines.js";
import type { Layout } from "./layout.js";

/** Characters per piece. Shorter pieces cost more elements, longer ones more layout. */
const PIECE = 2000;

/** The number of characters that an inline without text counts as. */
const SOME = 40;

export class Cuts implements Slots {
  /** The element in which the paragraph grows. */
  tail: HTMLElement;
  readonly #drawing: Drawing;
  readonly #node: Paragraph;
  readonly #dom: HTMLElement;
  /** The pieces that are laid out as separate blocks. */
  #pieces: HTMLElement[] = [];
  /** The index of the first inline that is in the tail, wholly or partly. */
  #begin = 0;
  /** The number of settled inlines that have been counted. */
  #counted = 0;
  /** The number of settled characters in the tail. */
  #length = 0;
  #wanted = PIECE;
  #direction: "ltr" | "rtl" | null = null;
  #endWatch: (() => void) | null = null;

  constructor(drawing: Drawing, node: Paragraph, dom: HTMLElement) {
    this.#drawing = drawing;
    this.#node = node;
    this.#dom = dom;
    this.tail = dom;
  }

  at(): Element {
    return this.tail;
  }

  trim(): void {}

  update(children: Children): void {
    const { children: nodes, settled, open } = this.#node;
    if (!open) {
      this.end();
      return;
    }
    for (; this.#counted < settled; this.#counted += 1) this.#length += lengthOf(nodes[this.#counted] as Inline);
    if (this.#length < this.#wanted) return;
    // If no line is found now, try again with more text.
    this.#wanted = this.#length + PIECE;
    this.#drawing.whenLaidOut(() => this.#measure(children));
  }

  /** Find the last line that begins in settled text, or with a settled element. */
  #measure(children: Children): (() => void) | null {
    if (!this.#node.open) return null;
    this.#direction ??= direction(this.#dom);
    const { layout } = this.#drawing;
    for (let index = this.#counted - 1; index >= this.#begin; index -= 1) {
      const mounted = children.at(index) as Mounted;
      const offset = mounted instanceof MountedText ? lastLine(layout, mounted.dom) : null;
      if (offset !== null) return () => this.#cut(index, (mounted as MountedText).split(offset));
      if (index > this.#begin && this.#beginsLine(children, index)) return () => this.#cut(index, mounted.first);
    }
    return null;
  }

  #beginsLine(children: Children, index: number): boolean {
    const { layout } = this.#drawing;
    const [box] = layout.boxes((children.at(index) as Mounted).first);
    for (let before = index - 1; box && before >= this.#begin; before -= 1) {
      const last = layout.boxes((children.at(before) as Mounted).dom).at(-1);
      // A space at the end of a line has no box: look at the inline before it.
      if (last === undefined) continue;
      const back = this.#direction === "ltr" ? box.left <= last.left : box.right >= last.right;
      return back && box.top > last.top + NUDGE;
    }
    return false;
  }

  /** Move `rest`, which is the inline at `index` or its end, and all after it into a new piece. */
  #cut(index: number, rest: ChildNode): void {
    const piece = this.#drawing.element("span", { class: "sc-cut", dir: this.#direction ?? "auto" });
    const moved: ChildNode[] = [];
    for (let node: ChildNode | null = rest; node !== null; node = node.nextSibling) moved.push(node);
    piece.append(...moved);
    this.#dom.append(piece);
    if (this.#pieces.length === 0) this.#watch();
    this.#pieces.push(piece);
    this.tail = piece;
    this.#begin = index;
    this.#length = rest instanceof Text ? rest.length : 0;
    for (let after = index + 1; after < this.#counted; after += 1) {
      this.#length += lengthOf(this.#node.children[after] as Inline);
    }
    this.#wanted = PIECE;
  }

  #watch(): void {
    this.#dom.setAttribute("data-cut", "");
    this.#endWatch ??= this.#drawing.onWidth(() => {
      for (const piece of this.#pieces) piece.classList.add("sc-joined");
      this.#pieces = [];
    });
  }

  end(): void {
    this.#dom.removeAttribute("data-cut");
    this.#endWatch?.();
    this.#endWatch = null;
  }
}

const lengthOf = (node: Inline): number => ("text" in node ? node.text.length : SOME);

/** Characters of scripts that are written from right to left. */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** The direction of the paragraph, from its first letter: a piece may begin with a letter of the other direction. */
function direction(paragraph: HTMLElement): "ltr" | "rtl" {
  const letter = /\p{L}/u.exec(paragraph.textContent);
  return letter && RIGHT_TO_LEFT.test(letter[0]) ? "rtl" : "ltr";
}

/** Boxes whose tops differ by less, in pixels, are on one line: something on it may be raised. */
const NUDGE = 2;

/** The position in `text` of the last line that begins in it; null if none does. */
function lastLine(layout: Layout, text: Text): number | null {
  const { data } = text;
  /** The first character from `at` on with a box: spaces at the end of a line have none. There is one up to `high`. */
  const seen = (at: number): number => {
    let here = at;
    while (layout.top(text, here) === null) here += 1;
    return here;
  };
  const boxes = layout.boxes(text);
  const last = boxes.at(-1)?.top ?? 0;
  if (last - (boxes[0]?.top ?? 0) < NUDGE) return null;
  let low = 0;
  let high = data.length - 1;
  while (layout.top(text, high) === null) high -= 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((layout.top(text, seen(middle)) as number) > last - NUDGE) high = middle;
    else low = middle + 1;
  }
  const begin = seen(low);
  const code = data.charCodeAt(begin);
  const start = code >= 0xdc00 && code <= 0xdfff ? begin - 1 : begin;
  // A line break at a soft hyphen shows a hyphen, and the end of a piece would not; the letter after it has two boxes.
  return data.slice(Math.max(0, start - 2), start + 1).includes("\u00ad") ? null : start;
}
