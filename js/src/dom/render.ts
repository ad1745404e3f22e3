/**
 * The tree in the DOM: a small recursive diff by position. What did not change is not touched, text that grows touches
 * one text node, so that selections, scroll positions and loaded images stay.
 */

import type { Block, Node as TreeNode } from "../markdown/tree.js";
import { setAttribute, setText } from "./element.js";
import { create, refresh } from "./nodes.js";

/** A node of the tree and what stands for it in the page. */
export interface Mounted {
  node: TreeNode;
  readonly dom: ChildNode;
  /** Where children go: all of them, or the first and the rest (a table's head and body). */
  readonly slots: readonly [] | readonly [Element] | readonly [Element, Element];
  readonly children: Mounted[];
}

export class Renderer {
  readonly #root: HTMLElement;
  readonly #prefix: string;
  readonly #mounted: Mounted[] = [];
  #tip: Element | null = null;

  /** `prefix`: begins every id made here, so that no answer's id is another's. */
  constructor(root: HTMLElement, prefix: string) {
    this.#root = root;
    this.#prefix = prefix;
  }

  update(blocks: readonly Block[]): void {
    this.#patch([this.#root], this.#mounted, blocks);
    this.#markTip(findTip(this.#mounted) ?? this.#root);
  }

  #patch(slots: Mounted["slots"], mounted: Mounted[], nodes: readonly TreeNode[]): void {
    for (const [index, node] of nodes.entries()) {
      const old = mounted[index];
      if (old === undefined) {
        const made = this.#mount(node);
        mounted.push(made);
        (slots[Math.min(index, slots.length - 1)] as Element).append(made.dom);
      } else if (isSame(old.node, node)) {
        this.#update(old, node);
      } else {
        const made = this.#mount(node);
        mounted[index] = made;
        old.dom.replaceWith(made.dom);
      }
    }
    for (const extra of mounted.splice(nodes.length)) extra.dom.remove();
  }

  #mount(node: TreeNode): Mounted {
    const mounted = create(node, this.#prefix);
    if ("children" in node) this.#patch(mounted.slots, mounted.children, node.children);
    return mounted;
  }

  #update(mounted: Mounted, node: TreeNode): void {
    const before = mounted.node;
    if (before === node) return;
    mounted.node = node;
    if (node.kind === "text") setText(mounted.dom as Text, node.text);
    else refresh(mounted, before, node, this.#prefix);
    if ("children" in node) this.#patch(mounted.slots, mounted.children, node.children);
  }

  /** The caret is drawn by the style sheet after the element that carries this mark. */
  #markTip(tip: Element): void {
    if (tip === this.#tip) return;
    if (this.#tip) setAttribute(this.#tip, "data-tip", false);
    setAttribute(tip, "data-tip", true);
    this.#tip = tip;
  }
}

/** Whether the element of `before` can become that of `after`. */
function isSame(before: TreeNode, after: TreeNode): boolean {
  if (before.kind !== after.kind) return false;
  if (before.kind === "heading") return before.depth === (after as typeof before).depth;
  if (before.kind === "list") return (before.start === null) === ((after as typeof before).start === null);
  if (before.kind === "cell") return before.header === (after as typeof before).header;
  if (before.kind === "image") return before.src === (after as typeof before).src;
  return true;
}

/** The element in which the text ends, if it is one that can hold a caret. */
function findTip(mounted: readonly Mounted[]): Element | null {
  // Notes stand below the text that grows, though they were written before it.
  const last = mounted.findLast((each) => !isEmptyCell(each.node) && each.node.kind !== "notes");
  if (last === undefined) return null;
  switch (last.node.kind) {
    case "paragraph":
    case "heading":
    case "cell":
    case "html":
      return last.dom as Element;
    case "pre":
      return last.slots[0] ?? null;
    case "rule":
      return null;
    default:
      return findTip(last.children) ?? (last.node.kind === "item" ? (last.dom as Element) : null);
  }
}

const isEmptyCell = (node: TreeNode): boolean => node.kind === "cell" && node.children.length === 0;
