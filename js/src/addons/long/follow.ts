/**
 * Scrolls the page while answers grow: a reader who is at an answer's end stays there, and what the user types in below
 * an answer stays where it is. Whoever scrolls up is left alone.
 */

/** Where an answer is in what scrolls, in pixels. */
export interface Place {
  /** From the lower edge of what is visible down to the answer's end. */
  readonly gap: number;
  /** How far is scrolled. */
  readonly top: number;
  /** The height of what is visible. */
  readonly room: number;
}

export interface Following {
  readonly follows: boolean;
  /** How far was scrolled when this was last decided. */
  readonly top: number;
}

/** Pixels below the visible part in which an answer's end still counts as reached. */
const SLACK = 48;

/** The same for an answer that begins: it comes below the cell that was run, which may be the lowest one in sight. */
const BEGUN = 160;

export const begin = ({ gap, top }: Place): Following => ({ follows: gap <= BEGUN, top });

/** After the reader, or the page, has scrolled. Scrolling up ends it, unless the end is still in sight. */
export const scrolled = ({ follows, top }: Following, now: Place): Following => ({
  follows: now.gap <= 0 || (now.top > top - 1 && (follows || now.gap <= SLACK)),
  top: now.top,
});

/** Whether to follow the end now. If more comes at once than there is room for, the reader stays where that begins. */
export const isFollowed = ({ follows }: Following, { gap, room }: Place): boolean => follows && gap <= room;

/** Whether to offer the way to the end. */
export const isAway = (following: Following, now: Place): boolean => !isFollowed(following, now) && now.gap > SLACK;

/** By how much the growing answers of one scroller have grown, in pixels. */
export interface Growth {
  /** Above what the user types in, which is in sight. */
  readonly typing: number;
  /** Above all that is visible, and what the browser has not made up for. */
  readonly above: number;
  /** How far the end of an answer is below the visible part, whose reader follows it. */
  readonly gap: number;
}

/** Pixels. Scrolling is to whole ones, also the browser's own: what was left over the last times is made up for. */
const SLIGHT = 2;

/** How far to scroll, where what the user types in has moved by `moved`, which may have other reasons too. */
export function toScroll({ typing, above, gap }: Growth, moved: number): number {
  if (typing === 0) return above || Math.max(0, gap);
  if (Math.abs(moved) < 1) return 0;
  const theirs = Math.max(Math.min(0, typing), Math.min(moved, Math.max(0, typing)));
  return Math.abs(moved - theirs) < SLIGHT ? moved : theirs;
}

/** The part of the page that scrolls around an element. */
export function scrollerOf(inside: Element): Element {
  for (let one = inside.parentElement; one && one !== document.body; one = one.parentElement) {
    if (one.scrollHeight > one.clientHeight && /auto|scroll/.test(getComputedStyle(one).overflowY)) return one;
  }
  return document.scrollingElement ?? document.documentElement;
}

/** The edges of what is visible in a scroller. */
function edgesOf(scroller: Element): { readonly top: number; readonly bottom: number } {
  const top = scroller === document.scrollingElement ? 0 : scroller.getBoundingClientRect().top;
  return { top, bottom: Math.min(top + scroller.clientHeight, innerHeight) };
}

/** Whether the user has selected some of it, or is doing so. */
function isSelecting(root: HTMLElement): boolean {
  const selection = getSelection();
  return selection !== null && !selection.isCollapsed && root.contains(selection.anchorNode);
}

/** An answer that is followed. */
export interface Followed {
  toEnd(): void;
  end(): void;
}

interface Growing {
  readonly root: HTMLElement;
  readonly away: (isAway: boolean) => void;
  /** Null while it is not shown. */
  following: Following | null;
  /** What it scrolls in: outputs can be made to scroll on their own while they grow. */
  scroller: Element | null;
  height: number;
  /** The place of its end in the window, after the last growth or scroll. */
  bottom: number;
}

/** What it scrolls in now. Where that is another than before, a reader who was at the end is taken there. */
function scrollerIn(one: Growing): Element {
  const scroller = scrollerOf(one.root);
  if (one.scroller === scroller) return scroller;
  one.scroller = scroller;
  if (one.following) {
    const gap = one.root.getBoundingClientRect().bottom - edgesOf(scroller).bottom;
    if (one.following.follows && gap > 0) scroller.scrollTop += gap;
    one.following = { ...one.following, top: scroller.scrollTop };
  }
  return scroller;
}

/** All growing answers of a page. */
export class Follower {
  readonly #growing = new Set<Growing>();
  /** Called after layout and before the page is painted, so nobody sees what has moved. */
  readonly #observer = new ResizeObserver(() => this.#grown());
  /** What the user has last clicked or typed into. */
  #touched: Node | null = null;
  /** What has the focus, and its place in the window after the last growth or scroll. */
  #focused: { readonly node: Element; readonly at: number } | null = null;

  /** Follow the end of an answer while it grows; `away` is told whether its reader has left the end. */
  begin(root: HTMLElement, away: (isAway: boolean) => void): Followed {
    if (this.#growing.size === 0) this.#listen("addEventListener");
    const one: Growing = { root, away, following: null, scroller: null, height: 0, bottom: 0 };
    this.#growing.add(one);
    this.#observer.observe(root);
    return {
      toEnd: () => {
        const scroller = scrollerIn(one);
        one.following = { follows: true, top: 0 };
        this.#scroll(new Map([[scroller, this.#place(root, scroller).gap]]));
      },
      end: () => {
        this.#growing.delete(one);
        this.#observer.unobserve(root);
        if (this.#growing.size === 0) this.#listen("removeEventListener");
      },
    };
  }

  /** Whether the reader has neither the beginning of it in sight nor its end, and wanted it so. */
  isWithin(root: HTMLElement): boolean {
    for (const one of this.#growing) if (one.root === root && one.following?.follows) return false;
    const { top, bottom } = edgesOf(scrollerOf(root));
    const box = root.getBoundingClientRect();
    return box.top < top && box.bottom > bottom;
  }

  /** Make a change that makes an answer higher or lower. If its beginning is not in sight, its end stays in place. */
  change(root: HTMLElement, make: () => void): void {
    const scroller = scrollerOf(root);
    const before = root.getBoundingClientRect();
    this.#look();
    make();
    const growth = root.getBoundingClientRect().height - before.height;
    const moved = this.#moved();
    const typing = this.#isTypingBelow(root, scroller, moved) ? growth : 0;
    const above = before.top < edgesOf(scroller).top ? growth : 0;
    this.#scroll(new Map([[scroller, toScroll({ typing, above, gap: 0 }, moved)]]));
    for (const one of this.#growing) if (one.root === root) one.height += growth;
  }

  #listen(change: "addEventListener" | "removeEventListener"): void {
    for (const type of ["keydown", "pointerdown", "focusin"]) document[change](type, this.#onTouch, true);
    document[change]("scroll", this.#onScroll, true);
  }

  readonly #onTouch = ({ type, target }: Event): void => {
    if (type !== "focusin") this.#touched = target as Node;
    if (document.activeElement !== this.#focused?.node) this.#look();
  };

  readonly #onScroll = ({ target }: Event): void => {
    if ((target as Node).contains(this.#focused?.node ?? null)) this.#look();
    for (const one of this.#growing) {
      if (!one.following || !(target as Node).contains(one.root)) continue;
      one.bottom = one.root.getBoundingClientRect().bottom;
      const now = this.#place(one.root, scrollerIn(one));
      one.following = scrolled(one.following, now);
      one.away(isAway(one.following, now));
    }
  };

  /**
   * How far the focus has moved since its place was noted. Where the browser itself keeps it in place, as in
   * JupyterLab's active cell, it has not moved.
   */
  #moved(): number {
    if (document.activeElement !== this.#focused?.node) this.#look();
    return this.#focused ? this.#focused.node.getBoundingClientRect().top - this.#focused.at : 0;
  }

  /** Note where the focus is. If it has moved by less than a pixel, it belongs where it was. */
  #look(): void {
    const before = this.#focused;
    const node = document.activeElement;
    this.#focused = null;
    if (!node || node === document.body) return;
    const { top } = node.getBoundingClientRect();
    this.#focused = node === before?.node && Math.abs(top - before.at) < 1 ? before : { node, at: top };
  }

  /** Whether the user has touched what has the focus, and it was below the answer and in sight before it moved. */
  #isTypingBelow(root: HTMLElement, scroller: Element, moved: number): boolean {
    const node = this.#focused?.node;
    if (!node?.contains(this.#touched) || scrollerOf(node) !== scroller) return false;
    const { top } = node.getBoundingClientRect();
    return top >= root.getBoundingClientRect().bottom - 1 && top - moved < edgesOf(scroller).bottom;
  }

  /** An answer's place. What has the focus below it, such as the next cell, should be in sight too. */
  #place(root: HTMLElement, scroller: Element): Place {
    const { top, bottom } = edgesOf(scroller);
    let end = root.getBoundingClientRect().bottom;
    const focused = this.#focused?.node.getBoundingClientRect();
    if (focused && focused.top >= end && focused.bottom - end < (bottom - top) / 2) end = focused.bottom;
    return { gap: end - bottom, top: scroller.scrollTop, room: bottom - top };
  }

  #grown(): void {
    const moved = this.#moved();
    const growths = new Map<Element, Growth>();
    for (const one of this.#growing) {
      const { root } = one;
      const { height, bottom } = root.getBoundingClientRect();
      const grew = height - one.height;
      const lower = bottom - one.bottom;
      one.height = height;
      if (height === 0) one.following = null;
      if (height === 0 || grew === 0) continue;
      const scroller = scrollerIn(one);
      const now = this.#place(root, scroller);
      one.following ??= begin(now);
      let { typing, above, gap } = growths.get(scroller) ?? { typing: 0, above: 0, gap: 0 };
      if (this.#isTypingBelow(root, scroller, moved)) typing += grew;
      else if (bottom - grew <= edgesOf(scroller).top) above = Math.max(above, lower);
      else if (isFollowed(one.following, now) && !isSelecting(root)) gap = Math.max(gap, now.gap);
      growths.set(scroller, { typing, above, gap });
    }
    this.#scroll(new Map([...growths].map(([scroller, growth]) => [scroller, toScroll(growth, moved)])));
  }

  /** Scroll each of these by so many pixels: all first, so that the page is laid out once for what is read then. */
  #scroll(by: ReadonlyMap<Element, number>): void {
    for (const [scroller, pixels] of by) if (pixels !== 0) scroller.scrollTop += pixels;
    this.#look();
    for (const one of this.#growing) {
      one.bottom = one.root.getBoundingClientRect().bottom;
      if (!one.following) continue;
      const scroller = scrollerIn(one);
      if (!by.has(scroller)) continue;
      const now = this.#place(one.root, scroller);
      one.following = { ...one.following, top: now.top };
      one.away(isAway(one.following, now));
    }
  }
}
