/**
 * The document in the page. An update visits only open blocks, from the first child that was not settled at the last
 * update. Closed blocks that are shown are not visited again, except for leaves that are passed as late.
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

/** The state of one drawn document. */
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

  /** `prefix`: begins every id made here, so that the ids of different answers differ. */
  constructor(root: HTMLElement, prefix: string, addons: Addons, layout: Layout = browserLayout) {
    this.#root = root;
    this.#prefix = prefix;
    this.#addons = addons;
    this.#layout = layout;
    this.#shown = this.#begin();
    followLinks(root, prefix);
  }

  /** The number of DOM nodes made since the last reset. */
  get created(): number {
    return this.#shown.drawing.created;
  }

  /** Show the document; `late` are the closed leaves that have changed since the last update. */
  update(document: MarkdownDocument, late: readonly Leaf[]): void {
    const { drawing, sections, children, notes } = this.#shown;
    drawing.measure();
    for (const leaf of late) drawing.waiting.get(leaf)?.revise();
    children.update(document.children, document.settled);
    sections.settle(document.settled);
    notes.update(document.notes);
    this.#markTip(children.last?.tip() ?? notes.tip() ?? this.#end());
  }

  /** Remove everything, because another text follows. */
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

  /** The element for the caret between blocks: at the end of the text, but above the footnotes. */
  #end(): Element {
    const { notes, sections } = this.#shown;
    return (notes.dom && sections.last) ?? this.#root;
  }

  /** Mark the element in which the text ends; the style sheet draws the caret there. */
  #markTip(tip: Element): void {
    if (tip === this.#tip) return;
    if (this.#tip) setAttribute(this.#tip, "data-tip", false);
    setAttribute(tip, "data-tip", true);
    this.#tip = tip;
  }
}
