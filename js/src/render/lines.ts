/**
 * Lines of code and of raw HTML text, in groups that are laid out separately, so that a new line costs the same however
 * many there are. The text in the page is exactly that of the code.
 */

import type { Html, Pre, Node as TreeNode } from "../markdown/tree.js";
import * as words from "../words.js";
import type { Grammar } from "./addons.js";
import type { Drawing, Mounted } from "./drawing.js";
import { scrolls } from "./element.js";
import { PaintedLines } from "./paint.js";
import { RUN, Runs } from "./runs.js";

/** Lines per group. */
const GROUP = 40;

/** Puts the lines of a group into its element. */
export interface LineWriter {
  /** Begin a new line, the first in its group or a later one. The line before it is final. */
  begin(group: HTMLElement, first: boolean): void;
  /** Show `text` as the line; it continues what was shown. */
  grow(text: string): void;
  /** End the group with a line break, because a new group follows. */
  close(): void;
}

/** Plain lines: one text node per group, and more for very long lines. */
class PlainLines implements LineWriter {
  readonly #drawing: Drawing;
  /** Whether long lines wrap; then they cannot be laid out in parts. */
  readonly #wraps: boolean;
  #group: HTMLElement | null = null;
  /** The text node at the end of the group; null: something else is there. */
  #text: Text | null = null;
  #length = 0;
  #runs: Runs | null = null;

  constructor(drawing: Drawing, wraps: boolean) {
    this.#drawing = drawing;
    this.#wraps = wraps;
  }

  begin(group: HTMLElement, first: boolean): void {
    if (first) this.#text = null;
    else this.#append("\n");
    this.#group = group;
    this.#length = 0;
    this.#runs = null;
  }

  grow(text: string): void {
    const end = this.#wraps ? text.length : Math.min(text.length, RUN);
    if (end > this.#length) this.#append(text.slice(this.#length, end));
    this.#length = end;
    if (text.length === end) return;
    this.#text = null;
    this.#runs ??= new Runs(this.#drawing, this.#group as HTMLElement);
    this.#runs.grow(text);
  }

  close(): void {
    this.#append("\n");
  }

  #append(text: string): void {
    if (this.#text) {
      this.#text.appendData(text);
      return;
    }
    this.#text = this.#drawing.text(text);
    this.#group?.append(this.#text);
  }
}

export class MountedLines implements Mounted {
  readonly node: Pre | Html;
  readonly dom: HTMLElement;
  readonly #drawing: Drawing;
  /** The parent of the groups. */
  readonly #holder: HTMLElement;
  #writer: LineWriter;
  /** The number of lines begun. */
  #count = 0;
  #groups: HTMLElement[] = [];
  /** Whether a grammar is being loaded, so that plain groups will be painted later. */
  #waits = false;

  constructor(drawing: Drawing, node: Pre | Html) {
    this.#drawing = drawing;
    this.node = node;
    this.#holder = drawing.element(
      node.kind === "pre" ? "code" : "div",
      node.kind === "pre" ? {} : { class: "sc-html" },
    );
    this.dom = node.kind === "pre" ? frame(drawing, node, this.#holder) : this.#holder;
    this.#writer = this.#choose();
    this.#update();
  }

  #choose(): LineWriter {
    const { node } = this;
    const grammar = node.kind === "pre" && node.language !== "" ? this.#drawing.addons.grammar(node.language) : null;
    const plain = new PlainLines(this.#drawing, node.kind === "html");
    if (grammar === null) return plain;
    if (!("then" in grammar)) return new PaintedLines(this.#drawing, grammar);
    this.#waits = true;
    grammar.then((loaded) => {
      if (loaded) this.#paint(loaded);
      else this.#forget();
    });
    return plain;
  }

  get first(): HTMLElement {
    return this.dom;
  }

  accept(node: TreeNode): boolean {
    if (node !== this.node) return false;
    this.#update();
    return true;
  }

  #update(): void {
    const { lines } = this.node;
    for (let index = Math.max(0, this.#count - 1); index < lines.length; index += 1) {
      if (index === this.#count) this.#begin(index);
      this.#writer.grow(lines[index] as string);
    }
  }

  #begin(index: number): void {
    const first = index % GROUP === 0;
    if (first) {
      if (index > 0) this.#writer.close();
      const group = this.#drawing.element("span", { class: "sc-lines" });
      this.#holder.append(group);
      if (!this.#waits) this.#groups.length = 0;
      this.#groups.push(group);
    }
    this.#writer.begin(this.#groups.at(-1) as HTMLElement, first);
    this.#count = index + 1;
  }

  #forget(): void {
    this.#waits = false;
    this.#groups = this.#groups.slice(-1);
  }

  /** Paint the lines that were shown before the grammar was loaded, group by group, up to the growing line. */
  #paint(grammar: Grammar): void {
    const painter = new PaintedLines(this.#drawing, grammar);
    const { lines } = this.node;
    let next = 0;
    this.#drawing.later(() => {
      const from = next * GROUP;
      const until = Math.min(from + GROUP, this.#count);
      const group = this.#groups[next];
      if (group !== undefined) {
        group.replaceChildren();
        for (let index = from; index < until; index += 1) {
          painter.begin(group, index === from);
          painter.grow(lines[index] as string);
        }
        if (until < this.#count) painter.close();
        next += 1;
        if (until < this.#count) return true;
      }
      this.#writer = painter;
      this.#forget();
      return false;
    });
  }

  tip(): Element | null {
    if (!this.node.open) return null;
    return this.#groups.at(-1) ?? this.#holder;
  }

  remove(): void {
    this.dom.remove();
  }
}

function frame(drawing: Drawing, { language }: Pre, code: HTMLElement): HTMLElement {
  const pre = drawing.element("pre", scrolls(words.CODE), code);
  return drawing.element("div", { class: "sc-code", dir: "ltr", "data-language": language || false }, pre);
}
