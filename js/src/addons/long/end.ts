/** The way back to the end of a growing answer: a button at the lower edge of what is visible. */

import type { LongParts } from "../../render/addons.js";
import { element, isFocused } from "../../render/element.js";
import * as words from "../../words.js";
import type { Followed, Follower } from "./follow.js";

/** Milliseconds for which an answer that has ended is followed: formulas, images and diagrams still make it higher. */
const SETTLING = 2000;

export class End {
  readonly #root: HTMLElement;
  readonly #button: HTMLButtonElement;
  readonly #follower: Follower;
  #followed: Followed | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor({ root, button }: LongParts, follower: Follower) {
    this.#root = root;
    this.#follower = follower;
    this.#button = button(words.TO_END, "", () => this.#followed?.toEnd());
    this.#button.append(" ↓");
    this.#button.hidden = true;
    root.append(element("div", { class: "sc-end" }, this.#button));
  }

  update(over: boolean): void {
    if (!over) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#followed ??= this.#follower.begin(this.#root, (isAway) => this.#show(isAway));
    } else if (this.#followed && this.#timer === undefined) {
      this.#timer = setTimeout(() => this.dispose(), SETTLING);
      this.#show(false);
    }
  }

  #show(isAway: boolean): void {
    const shown = isAway && this.#timer === undefined;
    // The focus must not be lost with the button.
    if (!shown && isFocused(this.#button)) {
      const others = [...this.#root.querySelectorAll("button")];
      others.find((one) => one !== this.#button && one.offsetParent)?.focus({ preventScroll: true });
    }
    this.#button.hidden = !shown;
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#followed?.end();
    this.#followed = null;
  }
}
