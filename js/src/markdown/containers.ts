/** The open container blocks, and the place for the next block. */

import { attach, type Parent, settle } from "./blocks.js";
import type { Labels } from "./labels.js";
import type { ContainerStart, Marker } from "./line.js";
import type { Box, Document, Item, List, Note, Quote } from "./tree.js";

/** The state of an open container. */
export interface Container {
  readonly type: "document" | "quote" | "list" | "item" | "note";
  readonly node: Document | Quote | List | Item | Note;
  /** Its parent; null for a footnote, which is listed elsewhere, and for the document. */
  readonly parent: Parent | null;
  readonly indent: number;
  /** Open raw HTML elements in it. */
  readonly boxes: Box[];
  /** For a list: its marker. */
  readonly marker: Marker | null;
  filled: boolean;
  /** The number of the last blank line in it. */
  blank: number;
}

const isSameList = (one: Marker, other: Marker): boolean =>
  one.sign === other.sign && (one.start === null) === (other.start === null);

export class Containers {
  readonly open: Container[] = [];
  /** Raw HTML elements that ended with their containers; a later end tag of one is not shown as text. */
  readonly cut = new Set<string>();
  readonly #labels: Labels;
  /** The number of the current line. */
  number = 1;

  constructor(document: Document, labels: Labels) {
    this.#labels = labels;
    this.#push("document", document, null);
  }

  get top(): Container {
    return this.open.at(-1) as Container;
  }

  /** The item or quotation that has no block yet and will get the next one; else null. */
  get empty(): Item | Quote | null {
    const { node, filled } = this.top;
    return !filled && (node.kind === "item" || node.kind === "quote") ? node : null;
  }

  /** The prefix of a line that continues all of them. */
  get prefix(): string {
    return this.open.map(({ type, indent }) => (type === "quote" ? "> " : " ".repeat(indent))).join("");
  }

  /** The parent for the next block. A list is closed, because it can only have items. */
  place(): Parent {
    if (this.top.type === "list") this.close();
    const { top } = this;
    this.#loosen(top);
    top.filled = true;
    return top.boxes.at(-1) ?? (top.node as Parent);
  }

  begin(start: ContainerStart): void {
    if (start.type === "item") this.#beginItem(start);
    else if (start.type === "quote") {
      this.#push("quote", { kind: "quote", alert: null, children: [], settled: 0, open: true }, this.place());
    } else {
      this.place();
      const note: Note = { kind: "note", note: 0, uses: 0, children: [], settled: 0, open: true };
      this.#labels.defineNote(start.label, note);
      // Further lines are indented by four columns, like code.
      this.#push("note", note, null, 4);
    }
  }

  #beginItem({ marker, indent }: Extract<ContainerStart, { type: "item" }>): void {
    const { top } = this;
    if (top.type !== "list" || !isSameList(top.marker as Marker, marker)) {
      const list: List = { kind: "list", start: marker.start, tight: true, children: [], settled: 0, open: true };
      this.#push("list", list, this.place(), 0, marker);
    }
    const list = this.top;
    this.#loosen(list);
    list.filled = true;
    const item: Item = { kind: "item", checked: null, children: [], settled: 0, open: true };
    this.#push("item", item, list.node as List, indent);
  }

  #push(
    type: Container["type"],
    node: Container["node"],
    parent: Parent | null,
    indent = 0,
    marker: Marker | null = null,
  ): void {
    if (parent) attach(parent, node as Quote | List | Item);
    this.open.push({ type, node, parent, indent, boxes: [], marker, filled: false, blank: -1 });
  }

  /** Close the last one. */
  close(): void {
    const closed = this.open.pop() as Container;
    for (let box = closed.boxes.pop(); box; box = closed.boxes.pop()) {
      settle(box);
      box.open = false;
      this.cut.add(box.tag);
    }
    settle(closed.node as Parent);
    closed.node.open = false;
    if (closed.parent) settle(closed.parent);
  }

  /** Note a blank line in the containers around it, from the inside up to a quotation, which a blank line ends. */
  markBlank(): void {
    for (let index = this.open.length - 1; index >= 0; index -= 1) {
      const each = this.open[index] as Container;
      if (each.type === "quote") return;
      each.blank = this.number;
    }
  }

  /** A blank line between an item's blocks, or between items, makes a list loose (section 5.3). */
  #loosen(top: Container): void {
    if (top.blank !== this.number - 1 || !top.filled) return;
    const list = top.type === "list" ? top : top.type === "item" ? this.open.at(-2) : undefined;
    if (list) (list.node as List).tight = false;
  }
}
