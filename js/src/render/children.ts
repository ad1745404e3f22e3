/** The children of one node: unsettled ones are compared by position, settled ones are never compared again. */

import { isSame } from "../markdown/same.js";
import type { Inline, Node as TreeNode } from "../markdown/tree.js";
import type { Drawing, Mounted } from "./drawing.js";

/** The elements that children are put into. */
export interface Slots {
  /** The element to whose end the child at `index` is appended. */
  at(index: number): Element;
  /** Note that only `length` children are left. */
  trim(length: number): void;
}

/** Whether `old` shows the node now; if updating it fails, it is made again. */
function accepts(old: Mounted, node: TreeNode): boolean {
  try {
    return old.accept(node);
  } catch {
    return false;
  }
}

export const within = (element: Element): Slots => ({ at: () => element, trim: () => {} });

export class Children {
  readonly #drawing: Drawing;
  readonly #slots: Slots;
  readonly #keeps: boolean;
  /** The children from index `#base` on. */
  readonly #mounted: Mounted[] = [];
  #base = 0;
  #done = 0;

  /** `keeps`: settled children are remembered too, so that they can be revised or moved. */
  constructor(drawing: Drawing, slots: Slots, keeps = false) {
    this.#drawing = drawing;
    this.#slots = slots;
    this.#keeps = keeps;
  }

  get last(): Mounted | undefined {
    return this.#mounted.at(-1);
  }

  /** The mounted child at `index`, if it is remembered. */
  at(index: number): Mounted | undefined {
    return this.#mounted[index - this.#base];
  }

  /** Update the page to `nodes`, of which the first `settled` will not change again. */
  update(nodes: readonly TreeNode[], settled: number): void {
    for (let index = this.#done; index < nodes.length; index += 1) {
      const node = nodes[index] as TreeNode;
      const old = this.#mounted[index - this.#base];
      if (old === undefined) this.#append(index, node);
      else if (!accepts(old, node)) this.#replace(index - this.#base, old, node);
    }
    this.#cut(nodes.length);
    this.#done = settled;
    if (this.#keeps || settled === this.#base) return;
    this.#mounted.splice(0, settled - this.#base);
    this.#base = settled;
  }

  /** The same for settled inlines that have changed: only those between the unchanged beginning and end are updated. */
  revise(nodes: readonly Inline[], settled: number): void {
    const shown = this.#mounted.length;
    const shorter = Math.min(nodes.length, shown);
    const same = (a: number, b: number) => isSame(nodes[a] as Inline, this.#mounted[b]?.node as Inline);
    let start = 0;
    while (start < shorter && same(start, start)) start += 1;
    let end = 0;
    while (end < shorter - start && same(nodes.length - 1 - end, shown - 1 - end)) end += 1;
    const tail = this.#mounted.splice(shown - end);
    const until = nodes.length - end;
    for (let index = start; index < until; index += 1) {
      const node = nodes[index] as Inline;
      const old = this.#mounted[index];
      if (old === undefined) this.#insert(node, this.#mounted[index - 1], tail[0]);
      else if (!accepts(old, node)) this.#replace(index, old, node);
    }
    this.#cut(until);
    this.#mounted.push(...tail);
    this.#done = settled;
  }

  #append(index: number, node: TreeNode): void {
    const made = this.#drawing.mount(node);
    this.#mounted.push(made);
    this.#slots.at(index).append(made.dom);
  }

  #insert(node: TreeNode, after: Mounted | undefined, before: Mounted | undefined): void {
    const made = this.#drawing.mount(node);
    this.#mounted.push(made);
    if (after) after.dom.after(made.dom);
    else if (before) before.first.before(made.dom);
    else this.#slots.at(0).append(made.dom);
  }

  #replace(at: number, old: Mounted, node: TreeNode): void {
    const made = this.#drawing.mount(node);
    this.#mounted[at] = made;
    old.dom.after(made.dom);
    old.remove();
  }

  #cut(length: number): void {
    if (length - this.#base >= this.#mounted.length) return;
    for (const mounted of this.#mounted.splice(length - this.#base)) mounted.remove();
    this.#slots.trim(length);
  }
}
