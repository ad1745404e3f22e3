/** What the renderer asks of the page's layout. Tests hand in another one. */

/** In pixels. */
export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
}

export interface Layout {
  /** In pixels; 0 where nothing is laid out: hidden, detached, or a page without layout. */
  height(element: Element): number;
  /** The widths of the children, in pixels. */
  widths(parent: Element): number[];
  /** The top edge of a character, to tell lines apart; null where it takes no space. */
  top(text: Text, offset: number): number | null;
  /** What a node covers, line by line. */
  boxes(node: ChildNode): readonly Box[];
  /** Call back when the element's width has changed, before that is painted. The returned function ends it. */
  onWidth(element: Element, changed: () => void): () => void;
  /** Call back before the next paint. */
  frame(callback: () => void): void;
}

export const browserLayout: Layout = {
  height: (element) => element.getBoundingClientRect().height,
  widths: (parent) => Array.from(parent.children, (child) => child.getBoundingClientRect().width),
  top(text, offset) {
    const range = document.createRange();
    range.setStart(text, offset);
    range.setEnd(text, offset + 1);
    return range.getClientRects()[0]?.top ?? null;
  },
  boxes(node) {
    const range = document.createRange();
    range.selectNode(node);
    return [...range.getClientRects()];
  },
  onWidth(element, changed) {
    let width: number | null = null;
    let ended = false;
    const observer = new ResizeObserver(([entry]) => {
      const now = entry?.contentRect.width ?? width;
      // The first call only says how wide it is.
      const differs = width !== null && now !== width;
      width = now;
      if (!differs) return;
      // What is done now changes the height too. Observed in the same frame, that would be reported as an error.
      observer.disconnect();
      requestAnimationFrame(() => {
        if (!ended) observer.observe(element);
      });
      changed();
    });
    observer.observe(element);
    return () => {
      ended = true;
      observer.disconnect();
    };
  },
  frame: (callback) => void requestAnimationFrame(callback),
};
