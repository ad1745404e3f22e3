/** A text in a scrolling box of limited height. A very long text is cut until the user asks for all of it. */

import { element, scrolls, setLabel } from "../render/element.js";
import * as words from "../words.js";

/** Characters that are shown at first. */
export const LIMIT = 20_000;

export class Box {
  readonly root: HTMLElement;
  readonly #text: HTMLElement;
  readonly #left = element("span");
  readonly #more: HTMLElement;
  #all = false;
  #shown = "";

  constructor(label: string) {
    this.#text = element("pre", { class: "sc-box", ...scrolls(label), dir: "ltr" });
    const button = element("button", { type: "button" }, words.SHOW_ALL);
    this.#more = element("div", { class: "sc-box-more" }, this.#left, button);
    this.root = element("div", {}, this.#text, this.#more);
    this.#more.hidden = true;
    button.addEventListener("click", () => {
      this.#all = true;
      this.show(this.#shown);
      this.#text.focus({ preventScroll: true });
    });
  }

  /** `grows`: keep the end in sight, unless the user has scrolled away from it. */
  show(text: string, grows = false): void {
    const box = this.#text;
    const follows = grows && box.scrollHeight - box.scrollTop - box.clientHeight < 8;
    this.#shown = text;
    const left = this.#all ? 0 : Math.max(0, text.length - LIMIT);
    setLabel(box, left > 0 ? text.slice(0, LIMIT) : text);
    this.#more.hidden = left === 0;
    if (left > 0) setLabel(this.#left, words.leftOut(words.characters(left)));
    if (follows) box.scrollTop = box.scrollHeight;
  }

  /** Show another text, from its beginning. */
  reset(): void {
    this.#all = false;
    this.toBeginning();
  }

  toBeginning(): void {
    this.#text.scrollTop = 0;
  }
}
