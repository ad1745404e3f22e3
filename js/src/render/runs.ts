/** The rest of a very long line, in runs of characters that are laid out separately. */

import type { Drawing } from "./drawing.js";

/** Characters in the beginning of a line, and in each run. */
export const RUN = 2000;

export class Runs {
  readonly #drawing: Drawing;
  readonly #group: HTMLElement;
  #shown = RUN;
  #text: Text | null = null;

  constructor(drawing: Drawing, group: HTMLElement) {
    this.#drawing = drawing;
    this.#group = group;
  }

  /** Show the rest of `line`, which continues what was shown. */
  grow(line: string): void {
    while (this.#shown < line.length) {
      if (this.#text === null || this.#shown % RUN === 0) this.#begin();
      const end = Math.min(line.length, this.#shown - (this.#shown % RUN) + RUN);
      this.#text?.appendData(line.slice(this.#shown, end));
      this.#shown = end;
    }
  }

  #begin(): void {
    this.#text = this.#drawing.text("");
    this.#group.append(this.#drawing.element("span", { class: "sc-run" }, this.#text));
  }
}
