/** Footnotes: the references in the text, and the notes below the answer. */

import type { Note, Node as TreeNode } from "../markdown/tree.js";
import * as words from "../words.js";
import { Children } from "./children.js";
import type { Drawing, Mounted } from "./drawing.js";
import { setAttribute } from "./element.js";
import { type Overflow, sections } from "./groups.js";
import type { Kind } from "./inlines.js";
import { goTo } from "./link.js";

const noteId = (prefix: string, note: number): string => `${prefix}-note-${note}`;

const useId = (prefix: string, note: number, use: number): string => `${prefix}-use-${note}-${use}`;

/** A link inside the answer. It scrolls by itself, because the page's address belongs to the notebook. */
function jump(drawing: Drawing, id: string, text: string, label: string): HTMLAnchorElement {
  const anchor = drawing.element("a", { href: `#${id}`, "aria-label": label }, text);
  anchor.addEventListener("click", (event) => {
    event.preventDefault();
    event.stopPropagation();
    const root = anchor.getRootNode() as Document | ShadowRoot;
    const target = root.getElementById?.(id);
    if (target) goTo(target);
  });
  return anchor;
}

/** A footnote reference: its number, which becomes a link as soon as the note has come. */
export class MountedReference implements Mounted {
  node: Kind<"reference">;
  readonly dom: HTMLElement;
  readonly #drawing: Drawing;

  constructor(drawing: Drawing, node: Kind<"reference">) {
    this.#drawing = drawing;
    this.node = node;
    this.dom = drawing.element("sup", { class: "sc-reference" });
    this.#fill();
  }

  get first(): HTMLElement {
    return this.dom;
  }

  accept(node: TreeNode): boolean {
    if (node === this.node) return true;
    if (node.kind !== "reference") return false;
    const before = this.node;
    this.node = node;
    if (before.note !== node.note || before.use !== node.use || before.known !== node.known) this.#fill();
    return true;
  }

  #fill(): void {
    const { note, use, known } = this.node;
    const { prefix } = this.#drawing;
    const label = String(note);
    if (!known) {
      this.dom.replaceChildren(this.#drawing.text(label));
      return;
    }
    const anchor = jump(this.#drawing, noteId(prefix, note), label, words.footnote(label));
    anchor.id = useId(prefix, note, use);
    this.dom.replaceChildren(anchor);
  }

  tip(): null {
    return null;
  }

  remove(): void {
    this.dom.remove();
  }
}

class MountedNote {
  readonly node: Note;
  readonly dom: HTMLElement;
  readonly #drawing: Drawing;
  readonly #children: Children;
  readonly #sections: Overflow;
  readonly #back: HTMLElement;
  #number = 0;
  #uses = 0;

  constructor(drawing: Drawing, node: Note) {
    this.#drawing = drawing;
    this.node = node;
    const body = drawing.element("div");
    this.#sections = sections(drawing, body);
    this.#children = new Children(drawing, this.#sections);
    this.#back = drawing.element("span", { class: "sc-back" });
    this.dom = drawing.element("li", { tabindex: "-1" }, body, this.#back);
    this.update();
  }

  update(): void {
    const { note, uses, children, settled } = this.node;
    if (note !== this.#number) this.#renumber(note);
    for (; this.#uses < uses; this.#uses += 1) {
      const use = this.#uses + 1;
      this.#back.append(jump(this.#drawing, useId(this.#drawing.prefix, note, use), "↩", words.backTo(use)));
    }
    for (; this.#uses > uses; this.#uses -= 1) this.#back.lastChild?.remove();
    this.#children.update(children, settled);
    this.#sections.settle(settled);
  }

  #renumber(note: number): void {
    this.#number = note;
    this.dom.id = noteId(this.#drawing.prefix, note);
    setAttribute(this.dom, "value", String(note));
    this.#back.replaceChildren();
    this.#uses = 0;
  }

  tip(): Element | null {
    return this.node.open ? (this.#children.last?.tip() ?? null) : null;
  }
}

/** The footnotes, in the order of their numbers. */
export class Notes {
  /** The section with the notes; null while there are none. */
  dom: HTMLElement | null = null;
  readonly #drawing: Drawing;
  readonly #root: Element;
  #list: HTMLElement | null = null;
  readonly #mounted = new Map<Note, MountedNote>();
  #notes: readonly Note[] = [];

  constructor(drawing: Drawing, root: Element) {
    this.#drawing = drawing;
    this.#root = root;
  }

  update(notes: readonly Note[]): void {
    if (notes !== this.#notes) this.#arrange(notes);
    for (const mounted of this.#mounted.values()) mounted.update();
  }

  #arrange(notes: readonly Note[]): void {
    this.#notes = notes;
    this.#prune(new Set(notes));
    if (notes.length === 0) {
      this.#clear();
      return;
    }
    const list = this.#ensureList();
    let place: Element | null = list.firstElementChild;
    for (const note of notes) {
      const { dom } = this.#mount(note);
      if (dom === place) place = place.nextElementSibling;
      else list.insertBefore(dom, place);
    }
  }

  #mount(note: Note): MountedNote {
    let mounted = this.#mounted.get(note);
    if (mounted === undefined) {
      mounted = new MountedNote(this.#drawing, note);
      this.#mounted.set(note, mounted);
    }
    return mounted;
  }

  #ensureList(): HTMLElement {
    if (this.#list === null) {
      this.#list = this.#drawing.element("ol");
      this.dom = this.#drawing.element(
        "section",
        { class: "sc-notes", role: "group", "aria-label": "Footnotes" },
        this.#list,
      );
      this.#root.append(this.dom);
    }
    return this.#list;
  }

  #prune(wanted: ReadonlySet<Note>): void {
    for (const [note, mounted] of this.#mounted) {
      if (wanted.has(note)) continue;
      mounted.dom.remove();
      this.#mounted.delete(note);
    }
  }

  #clear(): void {
    this.dom?.remove();
    this.dom = null;
    this.#list = null;
  }

  /** The element in which the text ends, if that is in a note. */
  tip(): Element | null {
    for (const mounted of this.#mounted.values()) {
      if (mounted.node.open) return mounted.tip();
    }
    return null;
  }
}
