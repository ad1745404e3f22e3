/**
 * When to render, and how much: at most one render per animation frame for all cells of a page, an even pace for text
 * that arrives in steps, and idle time after an expensive render. Pure but for the scheduler, which is handed in.
 */

export interface Scheduler {
  /** Milliseconds, monotonic. */
  now(): number;
  /** Call `callback` in the next animation frame. */
  request(callback: () => void): void;
}

/** Milliseconds that the views of a page may spend in one frame before the rest wait for the next one. */
export const FRAME_BUDGET = 8;

/** A view rests this many times the duration of its last render, so that it takes a third of the page at most. */
export const REST = 2;

/** Milliseconds over which text that has arrived is revealed, at least: one and a half of the kernel's steps. */
export const BACKLOG = 125;

/** The same at most, where text comes in longer steps: from a slow provider, or while many cells stream. */
export const LONGEST = 600;

/** One view's work. Returns whether it wants a further frame. */
export type Work = (now: number) => boolean;

export interface Task {
  /** Ask for a render; many calls before the next frame are one. An urgent one does not rest first. */
  wake(urgent?: boolean): void;
  /** No further render. */
  cancel(): void;
}

interface Entry {
  readonly work: Work;
  awake: boolean;
  notBefore: number;
}

/** Runs the views of a page, each at most once per frame, the longest waiting first. */
export class FrameLoop {
  readonly #scheduler: Scheduler;
  #queue: Entry[] = [];
  #requested = false;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  add(work: Work): Task {
    const entry: Entry = { work, awake: false, notBefore: Number.NEGATIVE_INFINITY };
    let cancelled = false;
    return {
      wake: (urgent = false) => {
        if (urgent) entry.notBefore = Number.NEGATIVE_INFINITY;
        if (cancelled || entry.awake) return;
        entry.awake = true;
        this.#queue.push(entry);
        this.#request();
      },
      cancel: () => {
        cancelled = true;
        entry.awake = false;
        this.#queue = this.#queue.filter((other) => other !== entry);
      },
    };
  }

  #request(): void {
    if (this.#requested) return;
    this.#requested = true;
    this.#scheduler.request(() => this.#frame());
  }

  #frame(): void {
    this.#requested = false;
    const started = this.#scheduler.now();
    const waiting = this.#queue;
    this.#queue = [];
    const later: Entry[] = [];
    const again: Entry[] = [];
    let next = 0;
    try {
      while (next < waiting.length) {
        const entry = waiting[next] as Entry;
        const now = this.#scheduler.now();
        // The first one always runs, or a page of expensive views would stand still.
        const spent = next > 0 && now - started >= FRAME_BUDGET;
        next += 1;
        if (!entry.awake) continue;
        if (spent || now < entry.notBefore) later.push(entry);
        else if (this.#run(entry, now)) again.push(entry);
      }
    } finally {
      // Also after a view has thrown: the others go on.
      this.#queue = [...later, ...waiting.slice(next), ...again, ...this.#queue].filter((entry) => entry.awake);
      if (this.#queue.length > 0) this.#request();
    }
  }

  #run(entry: Entry, now: number): boolean {
    entry.awake = false;
    const more = entry.work(now);
    const cost = this.#scheduler.now() - now;
    // A render that fits easily into a frame needs no rest.
    entry.notBefore = cost > FRAME_BUDGET / 2 ? now + cost * (1 + REST) : now;
    if (!more || entry.awake) return false;
    entry.awake = true;
    return true;
  }
}

/** How far a view has revealed a text, and how fast it continues. */
export interface Pace {
  /** Characters shown; a fraction, so that slow text moves evenly too. */
  readonly shown: number;
  readonly target: number;
  /** Characters per millisecond. */
  readonly rate: number;
  /** When `shown` was right. */
  readonly at: number;
  /** When the text last grew, and how many milliseconds after the time before. */
  readonly grownAt: number;
  readonly step: number;
}

export const paceFrom = (length: number, at: number): Pace => ({
  shown: length,
  target: length,
  rate: 0,
  at,
  grownAt: at,
  step: 0,
});

/**
 * The pace after the text has grown or shrunk to `target` characters by the time `now`.
 *
 * New text is revealed evenly over one and a half of the steps in which it comes, so that it still moves when the next
 * one is late. It is shown at once if `instant` (terminal, hidden tab, reduced motion), if it is the first there is, or if
 * it became shorter, which means that it is another text.
 */
export function advance(pace: Pace, target: number, now: number, instant: boolean): Pace {
  if (instant || target < pace.target || pace.target === 0) return paceFrom(target, now);
  const elapsed = Math.max(0, now - pace.at);
  const shown = Math.min(pace.target, pace.shown + elapsed * pace.rate);
  if (target === pace.target) return { ...pace, shown, at: now };
  const step = Math.max(0, now - pace.grownAt);
  // The shorter of two: one long step is a pause.
  const span = Math.min(Math.max(BACKLOG, 1.5 * Math.min(step, pace.step)), LONGEST);
  return { shown, target, rate: (target - shown) / span, at: now, grownAt: now, step };
}

/** A character that belongs to the one before it. */
const CONTINUES = /^(?:\u200d|\p{M}|\p{Emoji_Modifier})/u;

/** The first position at or after `index` that does not cut a character, an accent or an emoji in two. */
export function cutAt(text: string, index: number): number {
  let at = Math.ceil(index);
  if (at <= 0) return 0;
  while (at < text.length && joins(text, at)) at += 1;
  return Math.min(at, text.length);
}

function joins(text: string, at: number): boolean {
  const before = text.charCodeAt(at - 1);
  const next = text.charCodeAt(at);
  if (next >= 0xdc00 && next <= 0xdfff) return before >= 0xd800 && before <= 0xdbff;
  if (before === 0x200d) return true;
  if (next === 0x0a) return before === 0x0d;
  return CONTINUES.test(text.slice(at, at + 2));
}
