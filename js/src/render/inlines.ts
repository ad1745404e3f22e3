/** The DOM of a leaf's inlines. Each is updated in place when its inline changes to another of the same kind. */

import { haveSame } from "../markdown/same.js";
import type { Attributes, Inline } from "../markdown/tree.js";
import { allowedElement } from "./allowed.js";
import { Children, within } from "./children.js";
import type { Drawing, Mounted } from "./drawing.js";
import { setText } from "./element.js";
import { aim, link } from "./link.js";

export type Kind<K extends Inline["kind"]> = Extract<Inline, { readonly kind: K }>;

export class MountedText implements Mounted {
  node: Kind<"text"> | Kind<"raw">;
  dom: Text;
  /** The part before `dom`, if the text was split. */
  #head: Text | null = null;
  readonly #drawing: Drawing;

  constructor(drawing: Drawing, node: Kind<"text"> | Kind<"raw">) {
    this.#drawing = drawing;
    this.node = node;
    this.dom = drawing.text(node.text);
  }

  get first(): Text {
    return this.#head ?? this.dom;
  }

  accept(node: Inline): boolean {
    if (node.kind !== this.node.kind) return false;
    const { text } = node as typeof this.node;
    const now = this.node.text;
    this.node = node as typeof this.node;
    if (text === now) return true;
    this.#join();
    setText(this.dom, now, text);
    return true;
  }

  /** Split the text into two DOM nodes, and return the second, which begins at `offset` of `dom`. */
  split(offset: number): Text {
    this.#join();
    this.#head = this.dom;
    this.dom = this.dom.splitText(offset);
    this.#drawing.created += 1;
    return this.dom;
  }

  #join(): void {
    if (this.#head === null) return;
    this.dom.insertData(0, this.#head.data);
    this.#head.remove();
    this.#head = null;
  }

  tip(): null {
    return null;
  }

  remove(): void {
    this.#head?.remove();
    this.dom.remove();
  }
}

/** The element of an inline, for as long as the inline may change. */
abstract class MountedElement<Node extends Inline> implements Mounted {
  node: Node;
  readonly dom: HTMLElement;

  constructor(node: Node, dom: HTMLElement) {
    this.node = node;
    this.dom = dom;
  }

  get first(): HTMLElement {
    return this.dom;
  }

  accept(node: Inline): boolean {
    if (node === this.node) return true;
    if (node.kind !== this.node.kind || !this.take(node as Node)) return false;
    this.node = node as Node;
    return true;
  }

  /** Update the element to `node`, which is of the same kind; returns false if that is not possible. */
  protected abstract take(node: Node): boolean;

  tip(): null {
    return null;
  }

  remove(): void {
    this.dom.remove();
  }
}

/** An element that is never updated: a different inline gets a new element. */
export class Still extends MountedElement<Inline> {
  readonly #same: (before: Inline, after: Inline) => boolean;

  constructor(node: Inline, dom: HTMLElement, same: (before: Inline, after: Inline) => boolean) {
    super(node, dom);
    this.#same = same;
  }

  protected take(node: Inline): boolean {
    return this.#same(this.node, node);
  }
}

export class MountedCode extends MountedElement<Kind<"code">> {
  readonly #text: Text;

  constructor(drawing: Drawing, node: Kind<"code">) {
    const text = drawing.text(node.text);
    super(node, drawing.element("code", {}, text));
    this.#text = text;
  }

  protected take({ text }: Kind<"code">): boolean {
    setText(this.#text, this.node.text, text);
    return true;
  }
}

type Branch = Kind<"emphasis"> | Kind<"strong"> | Kind<"strike"> | Kind<"link"> | Kind<"element">;

abstract class MountedBranch<Node extends Branch> extends MountedElement<Node> {
  readonly #children: Children;

  constructor(drawing: Drawing, node: Node, dom: HTMLElement) {
    super(node, dom);
    this.#children = new Children(drawing, within(dom));
    this.#children.update(node.children, 0);
  }

  protected take(node: Node): boolean {
    if (!this.refresh(node)) return false;
    this.#children.update(node.children, 0);
    return true;
  }

  protected abstract refresh(node: Node): boolean;
}

const SPANS = { emphasis: "em", strong: "strong", strike: "del" } as const;

export class MountedSpan extends MountedBranch<Kind<"emphasis"> | Kind<"strong"> | Kind<"strike">> {
  constructor(drawing: Drawing, node: Kind<"emphasis"> | Kind<"strong"> | Kind<"strike">) {
    super(drawing, node, drawing.element(SPANS[node.kind]));
  }

  protected refresh(): boolean {
    return true;
  }
}

export class MountedLink extends MountedBranch<Kind<"link">> {
  readonly #drawing: Drawing;

  constructor(drawing: Drawing, node: Kind<"link">) {
    super(drawing, node, link(drawing));
    this.#drawing = drawing;
    aim(drawing, this.dom, node.href, node.title);
  }

  protected refresh({ href, title }: Kind<"link">): boolean {
    aim(this.#drawing, this.dom, href, title);
    return true;
  }
}

/** An allowed inline element of raw HTML. */
export class MountedPhrase extends MountedBranch<Kind<"element">> {
  constructor(drawing: Drawing, node: Kind<"element">) {
    super(drawing, node, allowedElement(drawing, node.tag, node.attributes));
  }

  protected refresh({ tag, attributes }: { readonly tag: string; readonly attributes: Attributes }): boolean {
    return tag === this.node.tag && haveSame(attributes, this.node.attributes);
  }
}
