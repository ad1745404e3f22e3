/**
 * Addons: what not every page needs, loaded when it is first used: languages of the highlighter, math, diagrams, JSON, the
 * layouts of several answers in one output. They are separate modules in the kernel; a loaded one serves all cells of the
 * page.
 */

import type { Page } from "../cell/page.js";
import type { Command, Doc } from "../wire/protocol.js";

/** Loads addons, each once per page. Null if one is not available (no kernel): the plain form is shown then. */
export interface Addons {
  /** Null: no such language. The grammar itself, without a promise, if it is loaded already. */
  grammar(language: string): Grammar | Promise<Grammar | null> | null;
  math(): MathRenderer | Promise<MathRenderer | null> | null;
  diagrams(): DiagramRenderer | Promise<DiagramRenderer | null> | null;
  differences(): Differences | Promise<Differences | null> | null;
  json(): JsonViewer | Promise<JsonViewer | null> | null;
  tokens(): TokensViewer | Promise<TokensViewer | null> | null;
  /** The layout of several answers in one output; its addon has the layout's name. */
  layout(name: string): Layout | Promise<Layout | null> | null;
}

export interface Grammar<State = unknown> {
  start(): State;
  /** The spans of one line, without its line break; `from` is the state after the line before. States are immutable. */
  line(text: string, from: State): { readonly spans: readonly Span[]; readonly next: State };
}

/** A part of a line: its end (exclusive), and its style, or null for plain. Spans are contiguous and cover the line. */
export interface Span {
  readonly end: number;
  readonly style: string | null;
}

/** Builds the DOM of a formula inside `target`. Throws on invalid TeX, and then leaves `target` unchanged. */
export interface MathRenderer {
  render(tex: string, display: boolean, target: HTMLElement): void;
}

/** A picture, its size in pixels, and whether it was made for a dark background. */
export interface Diagram {
  readonly dark: boolean;
  readonly src: string;
  readonly width: number;
  readonly height: number;
}

/** Makes a picture from a diagram's source, for the background of `beside`. Rejects if the source is invalid. */
export interface DiagramRenderer {
  render(source: string, beside: Element): Promise<Diagram>;
}

/** A piece of two texts that were compared: it is in both, or only in one. */
export interface Change {
  readonly kind: "same" | "added" | "removed";
  readonly text: string;
}

/** Compares two texts word by word; null if they are too different for the time that there is. */
export interface Differences {
  compare(before: string, after: string): readonly Change[] | null;
}

/** What a view of JSON has from its cell: `visible` writes out the characters that could deceive a reader. */
export interface JsonParts {
  readonly visible: (text: string) => string;
  readonly copy: HTMLElement;
  /** The text as it is. */
  readonly text: { readonly root: HTMLElement; show(text: string, grows: boolean): void };
}

/** Shows JSON while it streams: as a tree, its records as a table, or as text. */
export interface JsonViewer {
  make(parts: JsonParts): JsonView;
}

/** The view of one text. It fills an element of the cell's. */
export interface JsonView {
  readonly nodes: readonly HTMLElement[];
  /** Show a text that begins with the one that was shown before. */
  show(text: string, grows: boolean): void;
}

/** What a view of tokens has from its cell: `cover` puts it in the place of the text. */
export interface TokensParts {
  button(name: string, style: string, pressed: () => void): HTMLButtonElement;
  cover(covers: boolean): void;
}

/** Shows the tokens of a text with their probabilities. */
export interface TokensViewer {
  make(parts: TokensParts): TokensView;
}

/** The view of one text's tokens. It fills an element of the cell's. */
export interface TokensView {
  readonly nodes: readonly HTMLElement[];
  /** Show these bodies, which begin with those that were shown before, unless it is another answer (`name`). */
  show(bodies: readonly string[], name: string): void;
}

/** One place of a layout: an answer, a text before it, or only one of these. */
export interface Place {
  /** The key of the answer's cell; empty: there is no answer. */
  readonly key: string;
  /** The text as Markdown, which is not drawn in the page: it is for readers of the notebook. */
  readonly markdown: string;
  readonly plain: string;
  /** Whether only the page shows it, and other readers of the notebook do not. */
  readonly hidden: boolean;
  /** What the layout's kernel side knows of it. */
  readonly about: Readonly<Record<string, unknown>>;
}

/** Several answers, as a layout gets them: live, or saved in a notebook. */
export interface Answers {
  readonly page: Page;
  /** What the layout's kernel side says, as JSON values. */
  readonly state: Readonly<Record<string, unknown>>;
  readonly places: readonly Place[];
  /** Whether there is a kernel that takes commands. */
  readonly live: boolean;
  /** An answer's document; null if its cell is not here (yet). */
  doc(key: string): Doc | null;
  /** Show an answer's cell in `target`, as soon as it is here. The returned function takes it away. */
  mount(target: HTMLElement, key: string): () => void;
  /** Do what one of a cell's buttons does. */
  press(key: string, command: Command): void;
  /** Send a command to the layout's kernel side; false if there is none. */
  send(command: Readonly<Record<string, unknown>>): boolean;
  /** Call `listener` after each change of all this, and with each message of the layout's kernel side. */
  subscribe(listener: (message?: Readonly<Record<string, unknown>>) => void): () => void;
}

/** Draws several answers in one output. */
export interface Layout {
  /** Draw into `target`; the returned function takes everything away. */
  draw(target: HTMLElement, answers: Answers): () => void;
}

/** Without any addons. */
export const NO_ADDONS: Addons = {
  grammar: () => null,
  math: () => null,
  diagrams: () => null,
  differences: () => null,
  json: () => null,
  tokens: () => null,
  layout: () => null,
};
