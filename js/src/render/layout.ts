/** The renderer's access to the page's layout. Tests pass their own. */

/** A rectangle, in pixels. */
export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
}

export interface Layout {
  /** The height in pixels; 0 without layout: if the element is hidden or detached, or the page has no layout. */
  height(element: Element): number;
  /** The widths of the children, in pixels. */
  widths(parent: Element): number[];
  /** The top edge of a character, to distinguish lines; null if it has no box. */
  top(text: Text, offset: number): number | null;
  /** The boxes of a node, one per line. */
  boxes(node: ChildNode): readonly Box[];
  /** Call `changed` when the element's width has changed, before it is painted. The returned function ends that. */
  onWidth(element: Element, changed: () => void): () => void;
  /** Call `callback` before the next paint. */
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
      // The first call only reports the width.
      const differs = width !== null && now !== width;
      width = now;
      if (!differs) return;
      // `changed` changes the height too. Observing that in the same frame would be reported as an error.
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
