/** Keeps the keyboard's focus in a cell: it moves on if what has it is hidden or removed, and never falls to the page. */

import { isFocused } from "../render/element.js";

export class Focus {
  readonly #next: () => HTMLElement;
  #held: HTMLElement | null = null;

  /** `next`: where the focus goes if there is no better place. */
  constructor(root: HTMLElement, next: () => HTMLElement) {
    this.#next = next;
    root.addEventListener("focusin", ({ target }) => {
      this.#held = target as HTMLElement;
    });
    root.addEventListener("focusout", ({ relatedTarget }) => {
      // The user leaves what is still there; what was removed is left by nobody.
      if (relatedTarget !== null || (this.#held && isThere(this.#held))) this.#held = null;
    });
    root.addEventListener("click", () => this.keep());
  }

  /** Move the focus on, if what has had it is no longer there. */
  keep(): void {
    const held = this.#held;
    if (held === null || isThere(held) || isElsewhere(held)) return;
    this.#held = null;
    const fold = held.closest<HTMLElement>("details:not([open])")?.querySelector("summary");
    (fold && isThere(fold) ? fold : this.#next()).focus({ preventScroll: true });
  }
}

const isThere = (node: HTMLElement): boolean =>
  node.isConnected && (node.checkVisibility?.() ?? node.closest("[hidden]") === null);

/** Whether something else has the focus by now. */
function isElsewhere(node: HTMLElement): boolean {
  const { activeElement } = document;
  return activeElement !== null && activeElement !== document.body && activeElement !== node && !isFocused(node);
}
