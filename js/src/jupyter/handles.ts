/**
 * The cells of a page by their keys, for who keeps the notebook: JupyterLab's extension is built apart from the bundle,
 * and may be of another release, so they meet in the page by this much only.
 */

/** One cell, whatever shows it. */
export interface Handle {
  /** The answer as the wire's document has it. */
  document(): Readonly<Record<string, unknown>>;
  /** The answer as Markdown for the notebook, where the kernel has said it. Older releases do not know it. */
  markdown?(): string | null;
  /** The versions that are not shown, as the notebook keeps them; null where the kernel has not said them. */
  others?(): readonly unknown[] | null;
  /** Whether nothing more will come unless somebody asks. */
  ended(): boolean;
  subscribe(listener: () => void): () => void;
  /** The kernel is no more. */
  gone(): void;
  /** The cell's output was deleted: the kernel may forget it. */
  forget(): void;
  /** Let go of it in this page: the kernel keeps it. Older releases do not know it. */
  leave?(): void;
  /** Where the page shows it now, in whatever output or box. Older releases do not say. */
  readonly views?: ReadonlySet<Element>;
  /** The id of its kernel, where that is known. */
  readonly kernel?: string | null;
}

interface Shared {
  readonly cells: Map<string, Handle>;
  /** Set by who writes the answers into the notebook. */
  keeper: boolean;
  /** Set by who knows of more than views: whether an answer is shown, or would be after scrolling, in the page. */
  shows?: (key: string) => boolean;
}

const KEY = Symbol.for("streamcell.page");

/** What the page's bundles and extension share. */
export function shared(): Shared {
  const page = globalThis as unknown as Record<symbol, Shared | undefined>;
  page[KEY] ??= { cells: new Map(), keeper: false };
  return page[KEY];
}
