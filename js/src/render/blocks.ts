/** The DOM of blocks that contain blocks, and of rules. */

import type { Block, Box, Item, List, Quote, Rule, Node as TreeNode } from "../markdown/tree.js";
import * as words from "../words.js";
import { allowedElement } from "./allowed.js";
import { Children, within } from "./children.js";
import type { Drawing, Mounted } from "./drawing.js";
import { setAttribute } from "./element.js";
import { Overflow, sections } from "./groups.js";

type Holder = Exclude<Extract<Block | Item, { readonly children: unknown[] }>, { readonly kind: "table" }>;

abstract class MountedHolder<Node extends Holder> implements Mounted {
  readonly node: Node;
  readonly dom: HTMLElement;
  protected readonly children: Children;
  readonly #overflow: Overflow | null;

  constructor(drawing: Drawing, node: Node, dom: HTMLElement, slots: Overflow | null) {
    this.node = node;
    this.dom = dom;
    this.children = new Children(drawing, slots ?? within(dom));
    this.#overflow = slots;
  }

  get first(): HTMLElement {
    return this.dom;
  }

  accept(node: TreeNode): boolean {
    if (node !== this.node) return false;
    this.update();
    return true;
  }

  protected update(): void {
    this.children.update(this.node.children, this.node.settled);
    this.#overflow?.settle(this.node.settled);
  }

  tip(): Element | null {
    return this.node.open ? (this.children.last?.tip() ?? null) : null;
  }

  remove(): void {
    this.dom.remove();
  }
}

export class MountedQuote extends MountedHolder<Quote> {
  readonly #drawing: Drawing;
  #isMarked = false;

  constructor(drawing: Drawing, node: Quote) {
    const dom = drawing.element("blockquote", { dir: "auto" });
    super(drawing, node, dom, sections(drawing, dom));
    this.#drawing = drawing;
    this.update();
  }

  protected override update(): void {
    const { alert } = this.node;
    if (alert !== null && !this.#isMarked) {
      this.#isMarked = true;
      setAttribute(this.dom, "data-alert", alert);
      this.dom.prepend(this.#drawing.element("p", { class: "sc-alert" }, words.ALERTS[alert] ?? alert));
    }
    super.update();
  }
}

/** An element of raw HTML. Its attributes are set only once, so a `details` stays as the user leaves it. */
export class MountedBox extends MountedHolder<Box> {
  constructor(drawing: Drawing, node: Box) {
    // No groups: inlines may be beside blocks here, and the parts of a table must be its direct children.
    super(drawing, node, allowedElement(drawing, node.tag, node.attributes), null);
    this.update();
  }
}

export class MountedItem extends MountedHolder<Item> {
  readonly #drawing: Drawing;
  #checked: boolean | null = null;
  #box: HTMLInputElement | null = null;

  constructor(drawing: Drawing, node: Item) {
    const dom = drawing.element("li");
    super(drawing, node, dom, sections(drawing, dom));
    this.#drawing = drawing;
    this.update();
  }

  protected override update(): void {
    if (this.#checked !== this.node.checked) this.#check(this.node.checked);
    super.update();
  }

  #check(checked: boolean | null): void {
    this.#checked = checked;
    setAttribute(this.dom, "data-task", checked !== null);
    if (checked === null) {
      this.#box?.remove();
      this.#box = null;
      return;
    }
    if (this.#box === null) {
      this.#box = this.#drawing.element("input", {
        type: "checkbox",
        disabled: true,
        class: "sc-task",
        "aria-label": words.TASK,
      });
      this.dom.prepend(this.#box);
    }
    setAttribute(this.#box, "checked", checked);
  }

  override tip(): Element | null {
    if (!this.node.open) return null;
    return this.node.children.length === 0 ? this.dom : super.tip();
  }
}

/** Items per group. */
const GROUP = 64;

export class MountedList extends MountedHolder<List> {
  /** Groups whose first item has no number yet. */
  readonly #unnumbered: { readonly group: HTMLElement; readonly index: number }[];

  constructor(drawing: Drawing, node: List) {
    const dom = drawing.element(node.start === null ? "ul" : "ol", { dir: "auto", start: startOf(node) });
    const unnumbered: { group: HTMLElement; index: number }[] = [];
    const slots = new Overflow(drawing, dom, GROUP, (index) => {
      const group = drawing.element("div", { class: "sc-items", role: "none" });
      unnumbered.push({ group, index });
      return group;
    });
    super(drawing, node, dom, slots);
    this.#unnumbered = unnumbered;
    this.update();
  }

  protected override update(): void {
    super.update();
    this.#number();
    this.#makeRoom();
  }

  /** Set the number of the first item of each new group: CSS containment also contains counters. */
  #number(): void {
    const { start } = this.node;
    for (const { group, index } of this.#unnumbered.splice(0)) {
      if (start !== null) group.firstElementChild?.setAttribute("value", String(start + index));
    }
  }

  #makeRoom(): void {
    const { start, children } = this.node;
    if (start === null) return;
    const digits = String(start + children.length - 1).length;
    if (digits > 2) setAttribute(this.dom, "data-digits", String(Math.min(digits, 4)));
  }
}

const startOf = ({ start }: List): string | false => (start === null || start === 1 ? false : String(start));

export class MountedRule implements Mounted {
  readonly node: Rule;
  readonly dom: HTMLElement;

  constructor(drawing: Drawing, node: Rule) {
    this.node = node;
    this.dom = drawing.element("hr");
  }

  get first(): HTMLElement {
    return this.dom;
  }

  accept(node: TreeNode): boolean {
    return node.kind === "rule";
  }

  tip(): null {
    return null;
  }

  remove(): void {
    this.dom.remove();
  }
}
