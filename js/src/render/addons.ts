/**
 * What not every page needs, brought when it is first needed: the languages of the highlighter, math, diagrams. Addons are
 * modules of their own that the kernel holds; one that is loaded serves all cells of the page.
 */

/** Brings an addon, once per page; null where it cannot be had (no kernel): then the plain form stays. */
export interface Addons {
  /** Null: no such language. A grammar at once if it is loaded already. */
  grammar(language: string): Grammar | Promise<Grammar | null> | null;
  math(): MathRenderer | Promise<MathRenderer | null> | null;
  diagrams(): DiagramRenderer | Promise<DiagramRenderer | null> | null;
}

export interface Grammar<State = unknown> {
  start(): State;
  /** The spans of one line (no line break in it); `from` is the state after the line before. States are immutable values. */
  line(text: string, from: State): { readonly spans: readonly Span[]; readonly next: State };
}

/** A stretch of a line: up to where (exclusive), and its style, null for plain. Spans are contiguous and cover the line. */
export interface Span {
  readonly end: number;
  readonly style: string | null;
}

/** Builds the DOM of a formula inside `target`. Throws on bad TeX, and then `target` is as it was. */
export interface MathRenderer {
  render(tex: string, display: boolean, target: HTMLElement): void;
}

/** A picture, its size in pixels, and whether it was made for a dark ground. */
export interface Diagram {
  readonly dark: boolean;
  readonly src: string;
  readonly width: number;
  readonly height: number;
}

/** Makes a picture from a diagram's source, for the ground under `beside`. Rejects with what is wrong with it. */
export interface DiagramRenderer {
  render(source: string, beside: Element): Promise<Diagram>;
}

/** Brings nothing. */
export const NO_ADDONS: Addons = { grammar: () => null, math: () => null, diagrams: () => null };
