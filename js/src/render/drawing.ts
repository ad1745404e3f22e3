/** What the parts of one drawn document share. */

import type { Leaf, Node as TreeNode } from "../markdown/tree.js";
import type { Addons } from "./addons.js";
import { MountedBroken } from "./broken.js";
import { element } from "./element.js";
import type { Layout } from "./layout.js";

/** A node of the tree in the page, for as long as it may change. */
export interface Mounted {
  /** What it shows now. */
  readonly node: TreeNode;
  /** Its last DOM node; almost always its only one. */
  readonly dom: ChildNode;
  /** Its first DOM node. */
  readonly first: ChildNode;
  /** Show `node` with the same element, if that is possible; false: nothing was done. */
  accept(node: TreeNode): boolean;
  /** Where the text ends within it; null where no caret belongs. */
  tip(): Element | null;
  remove(): void;
}

/** What stands for a leaf, when something that was settled in it has changed. */
export interface Revisable {
  revise(): void;
}

type Mount = (drawing: Drawing, node: TreeNode) => Mounted;

/** Reads the layout, and returns what is to be done with what it read. */
export type Measure = () => (() => void) | null;

/** A piece of work that may wait; true: there is more of it. */
export type Chore = () => boolean;

/** Chores done in one frame. Each is about forty lines of code or one formula: a few milliseconds in all. */
const CHORES_PER_FRAME = 2;

export class Drawing {
  /** Begins every id made here, so that no answer's id is another's. */
  readonly prefix: string;
  readonly addons: Addons;
  readonly layout: Layout;
  /** The leaves that a late definition may change. */
  readonly waiting = new WeakMap<Leaf, Revisable>();
  /** DOM nodes made so far. */
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

  /** What stands for a node. Where its drawing fails, that is its text, and all the rest is drawn. */
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

  /** Measure when the page has laid out what is there now: before the next update changes anything. */
  whenLaidOut(measure: Measure): void {
    this.#measures.push(measure);
  }

  /** All reading comes before all writing, so that the page lays out nothing twice. */
  measure(): void {
    if (this.#measures.length === 0) return;
    const measures = this.#measures;
    this.#measures = [];
    const writes = measures.map((measure) => measure());
    for (const write of writes) write?.();
  }

  /** Do `chore` in one of the next frames, and again until it is done. */
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

  /** Call back whenever the width of the answer has changed; the returned function ends it. */
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
