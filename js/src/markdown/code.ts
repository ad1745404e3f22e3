/** Code spans (CommonMark 0.31.2, section 6.1): the search for the end of the one that begins where the reading stands. */

import { MORE, matchAt, NO } from "./characters.js";

const TICKS = /`+/y;

const ticksAt = (text: string, at: number): number => matchAt(TICKS, text, at)?.[0].length ?? 0;

/** Each character is looked at once, however the text is cut. Places are counted from where the span begins. */
export class CodeSearch {
  /** Backticks of the opening run so far; it is whole once other text follows. */
  #ticks = 0;
  #isWhole = false;
  #searched = 0;
  /** Backticks before the place where the search continues. */
  #run = 0;
  /** Where the last runs of each length stand, once no more text comes. */
  #last: ReadonlyMap<number, number> | null = null;

  /** Where the span ends; NO: it has no end, and `ticks` characters are text. */
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
