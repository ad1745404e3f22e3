/**
 * The tree that the Markdown engine grows and the renderer follows: plain values, no DOM.
 *
 * Everything in it is safe to show as it stands: links, images and raw HTML have passed the policy.
 *
 * Blocks are objects for life: the engine fills them, everyone else only reads. Of a block's children the first
 * `settled` never change again, so a reader who has seen them need not look again; the rest may be other objects at each
 * update. A closed block (`open` false) has all its children settled. The one exception is a leaf that was closed with
 * unknown labels in it: when a late definition or the end resolves them, `Engine.takeLate()` names that leaf.
 *
 * Inlines are immutable values.
 */

export type Align = "left" | "center" | "right" | null;

export type Inline =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "emphasis"; readonly children: readonly Inline[] }
  | { readonly kind: "strong"; readonly children: readonly Inline[] }
  | { readonly kind: "strike"; readonly children: readonly Inline[] }
  | { readonly kind: "code"; readonly text: string }
  | { readonly kind: "break" }
  /** `href` null: it is not known yet where the link leads, or whether it is one. */
  | {
      readonly kind: "link";
      readonly href: string | null;
      readonly title: string;
      readonly children: readonly Inline[];
    }
  /** Not loaded before the user asks; `host` is where it would be loaded from. */
  | {
      readonly kind: "image";
      readonly src: string;
      readonly alt: string;
      readonly title: string;
      readonly host: string;
    }
  /** TeX. `open`: its end has not come, so there is nothing to typeset yet. */
  | { readonly kind: "math"; readonly text: string; readonly display: boolean; readonly open: boolean }
  /**
   * A footnote's mark. `note` is its number, `use` tells several references to one note apart, both from 1; `known` is
   * false while the note has not come.
   */
  | { readonly kind: "reference"; readonly note: number; readonly use: number; readonly known: boolean }
  /** Raw HTML that is allowed: `sub`, `kbd` and their like. */
  | {
      readonly kind: "element";
      readonly tag: string;
      readonly attributes: Attributes;
      readonly children: readonly Inline[];
    }
  /** Raw HTML as it was written; only where the dialect keeps it, which no page's does. */
  | { readonly kind: "raw"; readonly text: string };

export type Attributes = Readonly<Record<string, string>>;

/** What grows at its end. */
interface Growing<Child> {
  readonly children: Child[];
  /** How many children, from the first, are final. */
  settled: number;
  /** Whether more may come. */
  open: boolean;
}

export interface Paragraph extends Growing<Inline> {
  readonly kind: "paragraph";
  /** Holds labels that nothing has defined yet: a late definition may change it. */
  waiting: boolean;
}

export interface Heading extends Growing<Inline> {
  readonly kind: "heading";
  readonly depth: number;
  waiting: boolean;
}

/** Code. The last line may still grow while the block is open; those before it are final. */
export interface Pre {
  readonly kind: "pre";
  /** The first word of the info string. */
  readonly language: string;
  readonly lines: string[];
  open: boolean;
}

/** What a quotation is that is none: GitHub's own. */
export type Alert = "note" | "tip" | "important" | "warning" | "caution";

export interface Quote extends Growing<Block> {
  readonly kind: "quote";
  /** Settled before the quotation has children. */
  alert: Alert | null;
}

export interface List extends Growing<Item> {
  readonly kind: "list";
  /** Null: a bullet list. */
  readonly start: number | null;
  /** Its items' paragraphs are lines rather than blocks. An open list may turn from tight to loose, never back. */
  tight: boolean;
}

export interface Item extends Growing<Block> {
  readonly kind: "item";
  /** Null: not a task. Settled before the item has children. */
  checked: boolean | null;
}

/** The first row is the head. */
export interface Table extends Growing<Row> {
  readonly kind: "table";
}

export interface Row extends Growing<Cell> {
  readonly kind: "row";
}

export interface Cell extends Growing<Inline> {
  readonly kind: "cell";
  readonly header: boolean;
  align: Align;
  waiting: boolean;
}

export interface Rule {
  readonly kind: "rule";
  readonly open: false;
}

/** A block of raw HTML that is not allowed, or kept by the dialect: shown as text. Lines as in `Pre`. */
export interface Html {
  readonly kind: "html";
  readonly lines: string[];
  open: boolean;
}

/** An element of raw HTML that is allowed and may hold blocks: `details`, `div`, a table and its parts. */
export interface Box extends Growing<Block | Inline> {
  readonly kind: "box";
  readonly tag: string;
  readonly attributes: Attributes;
}

/** Display math. Its text is whole only when it is closed. */
export interface Formula {
  readonly kind: "formula";
  text: string;
  open: boolean;
}

export interface Note extends Growing<Block> {
  readonly kind: "note";
  /** From 1, in the order of the first references. */
  note: number;
  /** How many references lead here. */
  uses: number;
}

export interface Document extends Growing<Block> {
  readonly kind: "document";
  /** The footnotes that are referred to and defined, by number. */
  notes: readonly Note[];
}

export type Leaf = Paragraph | Heading | Cell;

export type Block = Paragraph | Heading | Pre | Quote | List | Table | Rule | Html | Box | Formula;

export type Node = Document | Block | Inline | Item | Row | Cell | Note;
