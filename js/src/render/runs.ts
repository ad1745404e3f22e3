/** What is beyond the beginning of a very long line: runs of characters, each laid out apart within the line. */

import type { Drawing } from "./drawing.js";

/** Characters of a line's beginning, and of each run. */
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

  /** Show the rest of `line`, which only grew. */
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
