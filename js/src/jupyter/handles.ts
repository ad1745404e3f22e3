/**
 * The cells of a page by their keys, for the JupyterLab extension, which writes them into the notebook. The extension
 * is built separately from the bundle and may be of another release, so this small interface is all that they share.
 */

/** One cell, wherever it is shown. */
export interface Handle {
  /** The answer, as a document of the protocol. */
  document(): Readonly<Record<string, unknown>>;
  /** The answer as Markdown for the notebook; null if the kernel has not sent it. Older releases lack this. */
  markdown?(): string | null;
  /** The versions that are not shown, as the notebook saves them; null if the kernel has not sent them. */
  others?(): readonly unknown[] | null;
  /** If it is several answers in one output: its layout and what is in it. Older releases lack this. */
  group?(): GroupContent;
  /** Whether nothing more will come, unless the user asks for it. */
  ended(): boolean;
  subscribe(listener: () => void): () => void;
  /** Note that the kernel has ended. */
  gone(): void;
  /** Let the kernel forget the cell, because its output was deleted. */
  forget(): void;
  /** Release the cell in this page only; the kernel keeps it. Older releases lack this. */
  leave?(): void;
  /** The elements that show it now, in any output or box. Older releases lack this. */
  readonly views?: ReadonlySet<Element>;
  /** The id of its kernel, if that is known. */
  readonly kernel?: string | null;
}

export interface GroupContent {
  /** The name of the addon that draws it. */
  readonly addon: string;
  readonly state: Readonly<Record<string, unknown>>;
  readonly places: readonly {
    readonly key: string;
    readonly markdown: string;
    readonly plain: string;
    readonly hidden: boolean;
    readonly about: Readonly<Record<string, unknown>>;
  }[];
}

interface Shared {
  readonly cells: Map<string, Handle>;
  /** Whether the extension writes the answers into the notebook. */
  keeper: boolean;
  /** Set by the extension: whether an answer is shown in the page, or would be after scrolling. */
  shows?: (key: string) => boolean;
}

const KEY = Symbol.for("streamcell.page");

/** The object that the page's bundles and the extension share. */
export function shared(): Shared {
  const page = globalThis as unknown as Record<symbol, Shared | undefined>;
  page[KEY] ??= { cells: new Map(), keeper: false };
  return page[KEY];
}
