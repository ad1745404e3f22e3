/**
 * Decides when and how much to render: at most one render per animation frame for all cells of a page, a steady pace
 * for text that arrives in steps, and a pause after an expensive render. Pure, except for the scheduler, which is an
 * argument.
 */

export interface Scheduler {
  /** Milliseconds, monotonic. */
  now(): number;
  /** Call `callback` in the next animation frame. */
  request(callback: () => void): void;
}

/** Milliseconds that the views of a page can use in one frame; the remaining views wait for the next one. */
export const FRAME_BUDGET = 8;

/** A view pauses for this many times its last render's duration, so that it uses at most a third of the page's time. */
export const REST = 2;

/** The least milliseconds over which new text is revealed: one and a half of the kernel's steps. */
export const BACKLOG = 125;

/** The most milliseconds, if text comes in longer steps: from a slow provider, or while many cells stream. */
export const LONGEST = 600;

/** One view's work. Returns whether it needs another frame. */
export type Work = (now: number) => boolean;

export interface Task {
  /** Request a render; several requests before the next frame cause one. An urgent one skips the pause. */
  wake(urgent?: boolean): void;
  /** Stop rendering. */
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
        // The first one always runs, or nothing would ever be rendered on a page of expensive views.
        const spent = next > 0 && now - started >= FRAME_BUDGET;
        next += 1;
        if (!entry.awake) continue;
        if (spent || now < entry.notBefore) later.push(entry);
        else if (this.#run(entry, now)) again.push(entry);
      }
    } finally {
      // The other views also continue after one has thrown an error.
      this.#queue = [...later, ...waiting.slice(next), ...again, ...this.#queue].filter((entry) => entry.awake);
      if (this.#queue.length > 0) this.#request();
    }
  }

  #run(entry: Entry, now: number): boolean {
    entry.awake = false;
    const more = entry.work(now);
    const cost = this.#scheduler.now() - now;
    // After a render that fits easily into a frame, no pause is needed.
    entry.notBefore = cost > FRAME_BUDGET / 2 ? now + cost * (1 + REST) : now;
    if (!more || entry.awake) return false;
    entry.awake = true;
    return true;
  }
}

/** The most characters that are revealed in one frame: to draw more at once would hold up the page. */
export const MOST = 10_000;

/** How much of a text a view has revealed, and how fast it continues. */
export interface Pace {
  /** Characters shown; a fraction, so that slow text also moves steadily. */
  readonly shown: number;
  readonly target: number;
  /** Characters per millisecond. */
  readonly rate: number;
  /** The time for which `shown` is right. */
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
 * The pace after the text has grown or shrunk to `target` characters at the time `now`.
 *
 * New text is revealed steadily over one and a half of the steps in which it comes, so that it still moves if the next
 * one is late. It is shown at once if `instant` (terminal, hidden tab, reduced motion), if it is the first text, or if
 * it became shorter, because it is then another text; but never more than `MOST` at once.
 */
export function advance(pace: Pace, target: number, now: number, instant: boolean): Pace {
  const next = reveal(pace, target, now, instant);
  const shown = (target < pace.target ? 0 : pace.shown) + MOST;
  return next.shown > shown ? { ...next, shown, rate: MOST } : next;
}

function reveal(pace: Pace, target: number, now: number, instant: boolean): Pace {
  if (instant || target < pace.target || pace.target === 0) return paceFrom(target, now);
  const elapsed = Math.max(0, now - pace.at);
  const shown = Math.min(pace.target, pace.shown + elapsed * pace.rate);
  if (target === pace.target) return { ...pace, shown, at: now };
  const step = Math.max(0, now - pace.grownAt);
  // The shorter one of two, because one long step may just be a pause.
  const span = Math.min(Math.max(BACKLOG, 1.5 * Math.min(step, pace.step)), LONGEST);
  return { shown, target, rate: (target - shown) / span, at: now, grownAt: now, step };
}

/** A character that belongs to the one before it. */
const CONTINUES = /^(?:\u200d|\p{M}|\p{Emoji_Modifier})/u;

/** The first position at or after `index` that does not cut a character, an accent or an emoji. */
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
