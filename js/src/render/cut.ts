/**
 * Keeps a long growing paragraph cheap to lay out. Where a line begins, what follows goes into a piece of its own that
 * is laid out as a block: it looks the same, and the lines before it are done. When the paragraph is whole, or gets
 * another width, the pieces flow as one text again.
 */

import type { Inline, Paragraph } from "../markdown/tree.js";
import type { Children, Slots } from "./children.js";
import type { Drawing, Mounted } from "./drawing.js";
import { MountedText } from "./inlines.js";
import type { Layout } from "./layout.js";

/** Characters after which a piece is cut off. Shorter ones cost more elements, longer ones more layout. */
const PIECE = 2000;

/** What an inline that is no text counts for. */
const SOME = 40;

export class Cuts implements Slots {
  /** Where the paragraph grows. */
  tail: HTMLElement;
  readonly #drawing: Drawing;
  readonly #node: Paragraph;
  readonly #dom: HTMLElement;
  /** The pieces that are laid out as blocks. */
  #pieces: HTMLElement[] = [];
  /** The first inline that begins in the tail or reaches into it. */
  #begin = 0;
  /** Settled inlines that are counted in `#length`. */
  #counted = 0;
  /** Characters of the tail that are settled. */
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
    // If no line can be found now, perhaps with more text.
    this.#wanted = this.#length + PIECE;
    this.#drawing.whenLaidOut(() => this.#measure(children));
  }

  /** Look for the last line that begins in settled text, or with a settled element. */
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
      // A space at a line's end takes no space: what stands before it?
      if (last === undefined) continue;
      const back = this.#direction === "ltr" ? box.left <= last.left : box.right >= last.right;
      return back && box.top > last.top + NUDGE;
    }
    return false;
  }

  /** What begins with `rest`, which is the inline at `index` or the end of it, goes into a piece of its own. */
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

/** The direction that the first letter gives to the whole paragraph; a piece may begin with a letter of another. */
function direction(paragraph: HTMLElement): "ltr" | "rtl" {
  const letter = /\p{L}/u.exec(paragraph.textContent);
  return letter && RIGHT_TO_LEFT.test(letter[0]) ? "rtl" : "ltr";
}

/** Lines whose tops differ less are one line, in which something stands higher. */
const NUDGE = 2;

/** Where within `text` the last line begins that begins in it; null if none does. */
function lastLine(layout: Layout, text: Text): number | null {
  const { data } = text;
  /** The first character from `at` on that is seen: spaces at a line's end take no space. There is one up to `high`. */
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
  // A break at a soft hyphen shows a hyphen, which a piece's end would not; and the letter after it has two places.
  return data.slice(Math.max(0, start - 2), start + 1).includes("\u00ad") ? null : start;
}
