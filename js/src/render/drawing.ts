/** State that all parts of one drawn document share. */

import type { Leaf, Node as TreeNode } from "../markdown/tree.js";
import type { Addons } from "./addons.js";
import { MountedBroken } from "./broken.js";
import { element } from "./element.js";
import type { Layout } from "./layout.js";

/** The DOM of a tree node, for as long as the node may change. */
export interface Mounted {
  /** The node that it shows now. */
  readonly node: TreeNode;
  /** Its last DOM node, which is almost always the only one. */
  readonly dom: ChildNode;
  /** Its first DOM node. */
  readonly first: ChildNode;
  /** Show `node` with the same element; returns false, and changes nothing, if that is not possible. */
  accept(node: TreeNode): boolean;
  /** The element in which the text ends; null if no caret belongs there. */
  tip(): Element | null;
  remove(): void;
}

/** The DOM of a leaf, which can be updated when settled inlines have changed. */
export interface Revisable {
  revise(): void;
}

type Mount = (drawing: Drawing, node: TreeNode) => Mounted;

/** Reads the layout, and returns a function that makes the changes, or null. */
export type Measure = () => (() => void) | null;

/** A piece of work that can wait; returns true if there is more of it. */
export type Chore = () => boolean;

/** Chores per frame. One is about forty lines of code or one formula; both together take a few milliseconds. */
const CHORES_PER_FRAME = 2;

export class Drawing {
  /** The prefix of every id made here, so that the ids of different answers differ. */
  readonly prefix: string;
  readonly addons: Addons;
  readonly layout: Layout;
  /** The leaves that may change after they are settled. */
  readonly waiting = new WeakMap<Leaf, Revisable>();
  /** The number of DOM nodes made so far. */
  created = 0;

  readonly #root: Element;
  readonly #mount: Mount;
  #measures: Measure[] = [];
  #chores: Chore[] = [];
  #framed = false;
  #ended = false;
  readonly #resized = new Set<() => void>();
  #unobserve: (() => void) | null = null;

  constructor(root: Element, prefix: string, addons: Addons, layout: Layout, mount: Mount) {
    this.#root = root;
    this.prefix = prefix;
    this.addons = addons;
    this.layout = layout;
    this.#mount = mount;
  }

  /** The DOM of a node. If drawing it fails, its text is shown instead, and the rest of the answer is not affected. */
  mount(node: TreeNode): Mounted {
    try {
      return this.#mount(this, node);
    } catch (error) {
      return new MountedBroken(this, node, error);
    }
  }

  element<K extends keyof HTMLElementTagNameMap>(
    tag: K,
    attributes: Readonly<Record<string, string | boolean>> = {},
    ...children: readonly (globalThis.Node | string)[]
  ): HTMLElementTagNameMap[K] {
    this.created += 1;
    for (const child of children) if (typeof child === "string") this.created += 1;
    return element(tag, attributes, ...children);
  }

  text(data: string): Text {
    this.created += 1;
    return document.createTextNode(data);
  }

  /** Measure after the page has been laid out: at the beginning of the next update, before it changes anything. */
  whenLaidOut(measure: Measure): void {
    this.#measures.push(measure);
  }

  /** Run all measures: first all reads, then all writes, so that the page is laid out only once. */
  measure(): void {
    if (this.#measures.length === 0) return;
    const measures = this.#measures;
    this.#measures = [];
    const writes = measures.map((measure) => measure());
    for (const write of writes) write?.();
  }

  /** Run `chore` in one of the next frames, and repeat it until it is done. */
  later(chore: Chore): void {
    this.#chores.push(chore);
    this.#requestFrame();
  }

  #requestFrame(): void {
    if (this.#framed || this.#ended) return;
    this.#framed = true;
    this.layout.frame(() => this.#frame());
  }

  #frame(): void {
    this.#framed = false;
    for (let done = 0; done < CHORES_PER_FRAME && !this.#ended; done += 1) {
      const chore = this.#chores[0];
      if (chore === undefined) return;
      if (!chore()) this.#chores.shift();
    }
    if (this.#chores.length > 0) this.#requestFrame();
  }

  /** Call `changed` whenever the width of the answer has changed; the returned function ends that. */
  onWidth(changed: () => void): () => void {
    this.#resized.add(changed);
    this.#unobserve ??= this.layout.onWidth(this.#root, () => {
      for (const each of [...this.#resized]) each();
    });
    return () => this.#resized.delete(changed);
  }

  end(): void {
    this.#ended = true;
    this.#unobserve?.();
  }
}
