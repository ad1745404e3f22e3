/** The DOM of a paragraph, a heading or a table cell, while it grows and as long as it may be revised. */

import type { Leaf, Node as TreeNode } from "../markdown/tree.js";
import { Children, within } from "./children.js";
import { Cuts } from "./cut.js";
import type { Drawing, Mounted, Revisable } from "./drawing.js";
import { setAttribute } from "./element.js";

const HEADINGS = ["h1", "h2", "h3", "h4", "h5", "h6"] as const;

function leafElement(drawing: Drawing, node: Leaf): HTMLElement {
  switch (node.kind) {
    case "paragraph":
      return drawing.element("p");
    case "heading":
      return drawing.element(HEADINGS[node.depth - 1] ?? "h6");
    case "cell":
      return drawing.element(node.header ? "th" : "td");
  }
}

export class MountedLeaf implements Mounted, Revisable {
  readonly node: Leaf;
  readonly dom: HTMLElement;
  readonly #drawing: Drawing;
  readonly #children: Children;
  readonly #cuts: Cuts | null;

  constructor(drawing: Drawing, node: Leaf) {
    this.#drawing = drawing;
    this.node = node;
    this.dom = leafElement(drawing, node);
    this.#cuts = node.kind === "paragraph" && node.open ? new Cuts(drawing, node, this.dom) : null;
    this.#children = new Children(drawing, this.#cuts ?? within(this.dom), true);
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
    const { node } = this;
    this.#align();
    this.#children.update(node.children, node.settled);
    this.#await();
    this.#cuts?.update(this.#children);
  }

  revise(): void {
    const { node } = this;
    this.#align();
    this.#children.revise(node.children as Leaf["children"], node.settled);
    this.#await();
    this.#cuts?.update(this.#children);
  }

  /** Remember the leaf while it may be revised, or is open: it may close and be revised before the next update. */
  #await(): void {
    const { node } = this;
    const { waiting } = this.#drawing;
    if (!node.open && !node.waiting) waiting.delete(node);
    else if (!waiting.has(node)) waiting.set(node, this);
  }

  #align(): void {
    if (this.node.kind === "cell") setAttribute(this.dom, "data-align", this.node.align ?? false);
  }

  tip(): Element | null {
    if (!this.node.open) return null;
    return this.#cuts?.tail ?? this.dom;
  }

  remove(): void {
    this.dom.remove();
    this.#cuts?.end();
  }
}
