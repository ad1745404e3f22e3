/**
 * The tree that the Markdown engine grows and the renderer draws: plain values, no DOM.
 *
 * Everything in it is safe to show: links, images and raw HTML have passed the policy.
 *
 * A block stays the same object while the engine fills it; all other code only reads it. The first `settled` children
 * of a block never change again, so a reader that has seen them need not check them; the others may be replaced at each
 * update. In a closed block (`open` false) all children are settled. The one exception is a leaf that was closed with
 * unknown labels: when a late definition or the end resolves them, `Engine.takeLate()` returns that leaf.
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
  /** `href` null: it is not known yet where the link leads, or whether it is a link. */
  | {
      readonly kind: "link";
      readonly href: string | null;
      readonly title: string;
      readonly children: readonly Inline[];
    }
  /** Loaded only when the user asks for it; `host` is the server that it is loaded from. */
  | {
      readonly kind: "image";
      readonly src: string;
      readonly alt: string;
      readonly title: string;
      readonly host: string;
    }
  /** TeX. `open`: its end has not come, so it cannot be typeset yet. */
  | { readonly kind: "math"; readonly text: string; readonly display: boolean; readonly open: boolean }
  /**
   * A footnote reference. `note` is the number of the footnote, `use` that of the reference to it, both from 1; `known`
   * is false while the footnote has not come.
   */
  | { readonly kind: "reference"; readonly note: number; readonly use: number; readonly known: boolean }
  /** An allowed inline element of raw HTML, such as `sub` or `kbd`. */
  | {
      readonly kind: "element";
      readonly tag: string;
      readonly attributes: Attributes;
      readonly children: readonly Inline[];
    }
  /** Unchanged raw HTML; only in a dialect that keeps it, which no page uses. */
  | { readonly kind: "raw"; readonly text: string };

export type Attributes = Readonly<Record<string, string>>;

/** A node that grows at its end. */
interface Growing<Child> {
  readonly children: Child[];
  /** How many of the first children are final. */
  settled: number;
  /** Whether more may come. */
  open: boolean;
}

export interface Paragraph extends Growing<Inline> {
  readonly kind: "paragraph";
  /** Whether it has undefined labels: a late definition may change it. */
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

/** A GitHub alert, which is written as a quotation. */
export type Alert = "note" | "tip" | "important" | "warning" | "caution";

export interface Quote extends Growing<Block> {
  readonly kind: "quote";
  /** Final before the quotation has children. */
  alert: Alert | null;
}

export interface List extends Growing<Item> {
  readonly kind: "list";
  /** Null: a bullet list. */
  readonly start: number | null;
  /** Whether its items' paragraphs are shown without spacing. An open list can change from tight to loose, not back. */
  tight: boolean;
}

export interface Item extends Growing<Block> {
  readonly kind: "item";
  /** Null: not a task. Final before the item has children. */
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

/** A block of raw HTML that is shown as text, because it is not allowed or the dialect keeps it. Lines as in `Pre`. */
export interface Html {
  readonly kind: "html";
  readonly lines: string[];
  open: boolean;
}

/** An allowed element of raw HTML that can contain blocks: `details`, `div`, a table and its parts. */
export interface Box extends Growing<Block | Inline> {
  readonly kind: "box";
  readonly tag: string;
  readonly attributes: Attributes;
}

/** Display math. Its text is complete only when it is closed. */
export interface Formula {
  readonly kind: "formula";
  text: string;
  open: boolean;
}

export interface Note extends Growing<Block> {
  readonly kind: "note";
  /** From 1, in the order of the first references. */
  note: number;
  /** The number of references to it. */
  uses: number;
}

export interface Document extends Growing<Block> {
  readonly kind: "document";
  /** The footnotes that are both referred to and defined, by number. */
  notes: readonly Note[];
}

export type Leaf = Paragraph | Heading | Cell;

export type Block = Paragraph | Heading | Pre | Quote | List | Table | Rule | Html | Box | Formula;

export type Node = Document | Block | Inline | Item | Row | Cell | Note;
