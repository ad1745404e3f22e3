/**
 * Tables. A short table is laid out by its content. In a long one, each new cell would cause all others to be measured
 * again, so its columns keep their present widths, and its rows are laid out separately, in groups.
 */

import type { Row, Table, Node as TreeNode } from "../markdown/tree.js";
import * as words from "../words.js";
import { Children, within } from "./children.js";
import type { Drawing, Mounted } from "./drawing.js";
import { scrolls } from "./element.js";
import { Groups } from "./groups.js";

/** Rows per group of the body, and the number of rows after which the column widths are fixed. */
const GROUP = 40;

export class MountedTable implements Mounted {
  readonly node: Table;
  readonly dom: HTMLElement;
  readonly #drawing: Drawing;
  readonly #table: HTMLElement;
  readonly #head: HTMLElement;
  readonly #groups: Groups;
  readonly #children: Children;
  /** The number of rows at which to measure next. */
  #fixAt = 1 + GROUP;
  #endWatch: (() => void) | null = null;

  constructor(drawing: Drawing, node: Table) {
    this.#drawing = drawing;
    this.node = node;
    this.#head = drawing.element("thead");
    this.#table = drawing.element("table", { dir: "auto" }, this.#head);
    this.dom = drawing.element("div", { class: "sc-table", ...scrolls(words.TABLE) }, this.#table);
    this.#groups = new Groups(drawing, GROUP, () => {
      const group = drawing.element("tbody");
      this.#table.append(group);
      return group;
    });
    this.#children = new Children(drawing, {
      at: (index) => (index === 0 ? this.#head : this.#groups.at(index - 1)),
      trim: (length) => this.#groups.trim(length - 1),
    });
    this.#update();
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
    const { children, settled, open } = this.node;
    this.#children.update(children, settled);
    this.#groups.settle(settled - 1);
    if (!open || children.length < this.#fixAt) return;
    this.#fixAt = children.length + GROUP;
    this.#drawing.whenLaidOut(() => this.#measure());
  }

  #measure(): (() => void) | null {
    const row = this.#head.firstElementChild;
    const widths = row ? this.#drawing.layout.widths(row) : [];
    return widths.some((width) => width > 0) ? () => this.#fix(widths) : null;
  }

  #fix(widths: readonly number[]): void {
    this.#table.style.setProperty("--sc-columns", widths.map((width) => `${width}px`).join(" "));
    this.#table.classList.add("sc-fixed");
    this.#fixAt = Number.POSITIVE_INFINITY;
    // At another width, the table is laid out by its content again, and fixed again if it still grows.
    this.#endWatch ??= this.#drawing.onWidth(() => this.#loosen());
  }

  #loosen(): void {
    this.#table.classList.remove("sc-fixed");
    this.#fixAt = 0;
    if (this.node.open) return;
    this.#endWatch?.();
    this.#endWatch = null;
  }

  /** Between two cells or rows no caret is drawn, because it would be on its own line. */
  tip(): Element | null {
    return this.node.open ? (this.#children.last?.tip() ?? this.dom) : null;
  }

  remove(): void {
    this.dom.remove();
    this.#endWatch?.();
  }
}

export class MountedRow implements Mounted {
  readonly node: Row;
  readonly dom: HTMLElement;
  readonly #children: Children;

  constructor(drawing: Drawing, node: Row) {
    this.node = node;
    this.dom = drawing.element("tr");
    this.#children = new Children(drawing, within(this.dom));
    this.#update();
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
    this.#children.update(this.node.children, this.node.settled);
  }

  tip(): Element | null {
    return this.node.open ? (this.#children.last?.tip() ?? null) : null;
  }

  remove(): void {
    this.dom.remove();
  }
}
