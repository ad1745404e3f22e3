/**
 * The tree that the Markdown engine gives and the renderer takes: plain values, no DOM, no parser's types.
 *
 * Everything in it is safe to show as it stands: links and images have passed the policy, HTML is text.
 */

export type Align = "left" | "center" | "right" | null;

export type Inline =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "emphasis"; readonly children: readonly Inline[] }
  | { readonly kind: "strong"; readonly children: readonly Inline[] }
  | { readonly kind: "strike"; readonly children: readonly Inline[] }
  | { readonly kind: "code"; readonly text: string }
  | { readonly kind: "break" }
  | {
      readonly kind: "link";
      readonly href: string;
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
  /** `note` is the footnote's number, `use` tells several references to one note apart; both from 1. */
  | { readonly kind: "reference"; readonly note: number; readonly use: number };

export interface Item {
  readonly kind: "item";
  /** Null: not a task. */
  readonly checked: boolean | null;
  readonly children: readonly Block[];
}

export interface Cell {
  readonly kind: "cell";
  readonly header: boolean;
  readonly align: Align;
  readonly children: readonly Inline[];
}

export interface Row {
  readonly kind: "row";
  readonly children: readonly Cell[];
}

export interface Note {
  readonly kind: "note";
  readonly note: number;
  /** How many references lead here. */
  readonly uses: number;
  readonly children: readonly Block[];
}

export type Block =
  /** `tight`: in a tight list, where a paragraph is no block of its own. */
  | { readonly kind: "paragraph"; readonly tight: boolean; readonly children: readonly Inline[] }
  | { readonly kind: "heading"; readonly depth: number; readonly children: readonly Inline[] }
  | { readonly kind: "pre"; readonly language: string; readonly text: string }
  | { readonly kind: "quote"; readonly children: readonly Block[] }
  | {
      readonly kind: "list";
      /** Null: a bullet list. */
      readonly start: number | null;
      readonly children: readonly Item[];
    }
  /** The first row is the head. */
  | { readonly kind: "table"; readonly children: readonly Row[] }
  | { readonly kind: "rule" }
  /** Raw HTML, as text. */
  | { readonly kind: "html"; readonly text: string }
  | { readonly kind: "notes"; readonly children: readonly Note[] };

export type Node = Block | Inline | Item | Row | Cell | Note;
