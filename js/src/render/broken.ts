/** Replaces a part of the answer that could not be drawn: shows its text, and a note that says so. */

import type { Node as TreeNode } from "../markdown/tree.js";
import * as words from "../words.js";
import type { Drawing, Mounted } from "./drawing.js";

export class MountedBroken implements Mounted {
  node: TreeNode;
  readonly dom: HTMLElement;
  readonly #text: Text;

  constructor(drawing: Drawing, node: TreeNode, error: unknown) {
    console.error("[streamcell] a part of the answer could not be drawn", error);
    this.node = node;
    this.#text = drawing.text(textOf(node));
    const note = drawing.element("span", { class: "sc-broken-note" }, words.NOT_DRAWN);
    this.dom = drawing.element("span", { class: "sc-broken" }, note, this.#text);
  }

  get first(): HTMLElement {
    return this.dom;
  }

  /** Always accept: a node that failed is not drawn again with each piece of text. */
  accept(node: TreeNode): boolean {
    this.node = node;
    const text = textOf(node);
    if (text !== this.#text.data) this.#text.data = text;
    return true;
  }

  tip(): null {
    return null;
  }

  remove(): void {
    this.dom.remove();
  }
}

interface Parent {
  readonly children?: readonly unknown[];
  readonly lines?: readonly string[];
  readonly text?: string;
  readonly alt?: string;
}

/** All text in a node, without recursion: the drawing may have failed because of the node's depth. */
function textOf(node: TreeNode): string {
  const found: string[] = [];
  const left: Parent[] = [node as Parent];
  for (let next = left.pop(); next; next = left.pop()) {
    if (next.text !== undefined) found.push(next.text);
    if (next.alt !== undefined) found.push(next.alt);
    if (next.lines !== undefined) found.push(next.lines.join("\n"));
    for (const child of [...(next.children ?? [])].reverse()) left.push(child as Parent);
  }
  return found.join("");
}
