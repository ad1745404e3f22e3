/** Code spans (CommonMark 0.31.2, section 6.1): finds the end of the span at the current position. */

import { MORE, matchAt, NO } from "./characters.js";

const TICKS = /`+/y;

const ticksAt = (text: string, at: number): number => matchAt(TICKS, text, at)?.[0].length ?? 0;

/** Examines each character once, in whatever pieces the text comes. Positions are relative to the span's beginning. */
export class CodeSearch {
  /** Backticks of the opening run so far; the run is complete once other text follows. */
  #ticks = 0;
  #isWhole = false;
  #searched = 0;
  /** Backticks directly before the position where the search continues. */
  #run = 0;
  /** The position of the last run of each length; known once all text has come. */
  #last: ReadonlyMap<number, number> | null = null;

  /** The end of the span; NO: it has none, and its first `ticks` characters are text. */
  scan(text: string, at: number, final: boolean): { readonly end: number; readonly ticks: number } | typeof MORE {
    if (!this.#isWhole) {
      this.#ticks += ticksAt(text, at + this.#ticks);
      if (at + this.#ticks >= text.length && !final) return MORE;
      this.#isWhole = true;
      this.#searched = this.#ticks;
    }
    const ticks = this.#ticks;
    if (final) this.#last ??= lastRuns(text, at);
    const end = this.#last && (this.#last.get(ticks) ?? 0) <= at ? NO : this.#findEnd(text, at, final);
    if (end === MORE) return MORE;
    this.#isWhole = false;
    this.#ticks = this.#searched = this.#run = 0;
    return { end, ticks };
  }

  #findEnd(text: string, at: number, final: boolean): number {
    for (;;) {
      const from = at + this.#searched;
      const open = this.#run > 0 ? from : text.indexOf("`", from);
      const run = open < 0 ? 0 : ticksAt(text, open);
      this.#searched = (open < 0 ? text.length : open + run) - at;
      this.#run += run;
      if (at + this.#searched >= text.length && !final) return MORE;
      if (this.#run === this.#ticks) return at + this.#searched;
      if (open < 0) return NO;
      this.#run = 0;
    }
  }
}

const lastRuns = (text: string, from: number): ReadonlyMap<number, number> =>
  new Map([...text.slice(from).matchAll(/`+/g)].map((run) => [run[0].length, from + run.index]));
