/**
 * The document in the page. An update visits what is open, from the first child that was not settled when it was last
 * seen; what is closed and shown is neither looked at nor touched again, but for the leaves that are named as late.
 */

import type { Leaf, Document as MarkdownDocument } from "../markdown/tree.js";
import type { Addons } from "./addons.js";
import { Children } from "./children.js";
import { Drawing } from "./drawing.js";
import { setAttribute } from "./element.js";
import { Groups, SECTION, section } from "./groups.js";
import { browserLayout, type Layout } from "./layout.js";
import { followLinks } from "./link.js";
import { mount } from "./mount.js";
import { Notes } from "./notes.js";

/** One document as it is drawn. */
interface Shown {
  readonly drawing: Drawing;
  readonly sections: Groups;
  readonly children: Children;
  readonly notes: Notes;
}

export class Renderer {
  readonly #root: HTMLElement;
  readonly #prefix: string;
  readonly #addons: Addons;
  readonly #layout: Layout;
  #shown: Shown;
  #tip: Element | null = null;

  /** `prefix`: begins every id made here, so that no answer's id is another's. */
  constructor(root: HTMLElement, prefix: string, addons: Addons, layout: Layout = browserLayout) {
    this.#root = root;
    this.#prefix = prefix;
    this.#addons = addons;
    this.#layout = layout;
    this.#shown = this.#begin();
    followLinks(root, prefix);
  }

  /** DOM nodes made since the last reset. */
  get created(): number {
    return this.#shown.drawing.created;
  }

  /** `late`: the closed leaves that changed since the last update. */
  update(document: MarkdownDocument, late: readonly Leaf[]): void {
    const { drawing, sections, children, notes } = this.#shown;
    drawing.measure();
    for (const leaf of late) drawing.waiting.get(leaf)?.revise();
    children.update(document.children, document.settled);
    sections.settle(document.settled);
    notes.update(document.notes);
    this.#markTip(children.last?.tip() ?? notes.tip() ?? this.#end());
  }

  /** Another text follows. */
  reset(): void {
    this.#shown.drawing.end();
    this.#tip?.removeAttribute("data-tip");
    this.#tip = null;
    this.#root.replaceChildren();
    this.#shown = this.#begin();
  }

  #begin(): Shown {
    const drawing = new Drawing(this.#root, this.#prefix, this.#addons, this.#layout, mount);
    const notes = new Notes(drawing, this.#root);
    const sections = new Groups(drawing, SECTION, () => {
      const made = section(drawing);
      this.#root.insertBefore(made, notes.dom);
      return made;
    });
    return { drawing, sections, children: new Children(drawing, sections), notes };
  }

  /** Where the caret belongs between blocks: at the end, but above the notes, which were written before it. */
  #end(): Element {
    const { notes, sections } = this.#shown;
    return (notes.dom && sections.last) ?? this.#root;
  }

  /** The caret is drawn by the style sheet after the element that carries this mark. */
  #markTip(tip: Element): void {
    if (tip === this.#tip) return;
    if (this.#tip) setAttribute(this.#tip, "data-tip", false);
    setAttribute(tip, "data-tip", true);
    this.#tip = tip;
  }
}
