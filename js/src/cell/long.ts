/** What a long answer needs, from an addon: it comes with the first answer that grows, or that may have to be folded. */

import type { LongAnswer, LongAnswers } from "../render/addons.js";
import { element } from "../render/element.js";
import { button } from "./controls.js";
import type { Page } from "./page.js";

export class Long {
  /** Holds the answer. */
  readonly clip: HTMLElement;
  readonly #root: HTMLElement;
  readonly #cell: object;
  readonly #page: Page;
  #asked = false;
  #made: LongAnswer | null = null;
  #last: Parameters<LongAnswer["update"]> = [true, null];
  #gone = false;

  constructor(root: HTMLElement, answer: HTMLElement, cell: object, page: Page) {
    this.#root = root;
    this.#cell = cell;
    this.#page = page;
    this.clip = element("div", {}, answer);
  }

  update(over: boolean, most: number | null): void {
    this.#last = [over, most];
    if (!this.#asked && (!over || most !== null)) {
      this.#asked = true;
      const found = this.#page.addons.longAnswers();
      if (found instanceof Promise) void found.then((addon) => addon && this.#make(addon));
      else if (found) this.#make(found);
    } else this.#made?.update(over, most);
  }

  #make(addon: LongAnswers): void {
    if (this.#gone) return;
    this.#made = addon.make({ root: this.#root, clip: this.clip, cell: this.#cell, button });
    this.#made.update(...this.#last);
  }

  dispose(): void {
    this.#gone = true;
    this.#made?.dispose();
  }
}
