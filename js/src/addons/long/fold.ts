/** Folds a long answer that has ended: its beginning is visible, and a button shows all of it. */

import type { LongParts } from "../../render/addons.js";
import { setAttribute, setLabel } from "../../render/element.js";
import * as words from "../../words.js";
import type { Follower } from "./follow.js";

/** Pixels by which an answer must be higher than it may be: a fold that hides two lines is of no use. */
const LEAST = 60;

/** The cells that the user has unfolded, in any of their views. */
const unfolded = new WeakSet<object>();

export class Fold {
  readonly #parts: LongParts;
  readonly #content: HTMLElement;
  readonly #button: HTMLButtonElement;
  readonly #follower: Follower;
  /** Reports the present height too, as soon as there is one. */
  readonly #heights = new ResizeObserver(() => this.#draw());
  /** What waits until the view is out of sight. */
  readonly #sight = new IntersectionObserver(() => this.#draw());
  #most: number | null = null;

  constructor(parts: LongParts, follower: Follower) {
    this.#parts = parts;
    this.#follower = follower;
    this.#content = parts.clip.firstElementChild as HTMLElement;
    this.#button = parts.button(words.SHOW_ALL, "sc-show", () => this.#toggle());
    this.#button.hidden = true;
    parts.clip.after(this.#button);
    // The browser scrolls to what it has found in the text, and to what gets the focus.
    parts.clip.addEventListener("scroll", this.#onScroll);
  }

  get #isFolded(): boolean {
    return this.#parts.clip.classList.contains("sc-folded");
  }

  /** `most`: the height in pixels above which the answer is folded; null: it is not, or not yet. */
  update(most: number | null): void {
    if (most === this.#most) return;
    this.#most = most;
    this.dispose();
    if (most === null) this.#draw();
    else {
      this.#heights.observe(this.#content);
      this.#sight.observe(this.#parts.root);
    }
  }

  readonly #onScroll = (): void => {
    if (this.#isFolded) this.#toggle();
  };

  #toggle(): void {
    if (this.#isFolded) unfolded.add(this.#parts.cell);
    else unfolded.delete(this.#parts.cell);
    this.#draw(true);
  }

  /** Fold it, or unfold it. Unless it is `wanted`, a fold waits while the user reads what it would hide. */
  #draw(wanted = false): void {
    const most = this.#most;
    const isLong = most !== null && this.#content.offsetHeight > most + LEAST;
    const folds = isLong && !unfolded.has(this.#parts.cell);
    if (folds !== this.#isFolded && (wanted || !folds || !this.#follower.isWithin(this.#parts.root))) {
      this.#follower.change(this.#parts.root, () => {
        this.#parts.clip.classList.toggle("sc-folded", folds);
        this.#parts.clip.style.setProperty("--sc-most", `${most}px`);
        this.#parts.clip.scrollTop = 0;
      });
    }
    this.#button.hidden = !isLong;
    setLabel(this.#button, this.#isFolded ? words.SHOW_ALL : words.SHOW_LESS);
    setAttribute(this.#button, "aria-label", this.#button.textContent ?? "");
    setAttribute(this.#button, "aria-expanded", String(!this.#isFolded));
  }

  dispose(): void {
    this.#heights.disconnect();
    this.#sight.disconnect();
  }
}
