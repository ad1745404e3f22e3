/**
 * Thin rules in a text, where it was cut off and taken up again.
 *
 * They stand over the text, not in it: what is drawn there is the renderer's alone. Where one stands is known by how
 * many characters are drawn before it, and found again whenever the text takes another height.
 */

import { element } from "../../render/element.js";
import type { ResumeMode } from "../../wire/generated.js";
import * as words from "../../words.js";

/** Characters of the text before a rule that its label repeats, for who does not see where it stands. */
const REPEATED = 40;

interface Mark {
  readonly root: HTMLElement;
  /** Characters drawn before it. */
  readonly drawn: number;
}

export class Marks {
  readonly #root: HTMLElement;
  readonly #answer: HTMLElement;
  /** By how many characters of the text are before them. */
  readonly #marks = new Map<number, Mark>();
  #observer: ResizeObserver | undefined;

  constructor(root: HTMLElement, answer: HTMLElement) {
    this.#root = root;
    this.#answer = answer;
  }

  has(at: number): boolean {
    return this.#marks.has(at);
  }

  /** Mark the end of what is drawn now, which is the text `before`. */
  add(at: number, resumed: ResumeMode, before: string): void {
    const what = words.RESUMED[resumed];
    const end = before.slice(-REPEATED).replace(/\s+/g, " ").trim();
    const label = end === "" ? what : words.resumedAfter(end, what);
    const root = element("span", {
      class: "sc-resumed",
      role: "note",
      tabindex: "0",
      "aria-label": label,
      title: what,
    });
    this.#marks.set(at, { root, drawn: this.#answer.textContent?.length ?? 0 });
    this.#root.append(root);
    this.#observer ??= new ResizeObserver(() => this.place());
    this.#observer.observe(this.#answer);
  }

  clear(): void {
    this.#observer?.disconnect();
    this.#observer = undefined;
    for (const { root } of this.#marks.values()) root.remove();
    this.#marks.clear();
  }

  /** Put each rule where its characters end. */
  place(): void {
    if (this.#marks.size === 0) return;
    const origin = this.#root.getBoundingClientRect();
    for (const { root, drawn } of this.#marks.values()) {
      const box = this.#boxAt(drawn);
      root.hidden = box === null;
      if (box === null) continue;
      root.style.left = `${box.right - origin.left}px`;
      root.style.top = `${box.top - origin.top}px`;
      root.style.height = `${box.height}px`;
    }
  }

  /** The box of the last character before `drawn`; null where nothing is drawn, or nothing has a place. */
  #boxAt(drawn: number): DOMRect | null {
    const walker = document.createTreeWalker(this.#answer, NodeFilter.SHOW_TEXT);
    let left = drawn;
    let last: Text | null = null;
    for (
      let node = walker.nextNode() as Text | null;
      node !== null && left > 0;
      node = walker.nextNode() as Text | null
    ) {
      last = node;
      if (node.length >= left) break;
      left -= node.length;
    }
    if (last === null) return null;
    const range = document.createRange();
    const end = Math.min(Math.max(left, 1), last.length);
    range.setStart(last, Math.max(0, end - 1));
    range.setEnd(last, end);
    // jsdom has no layout.
    return [...(range.getClientRects?.() ?? [])].at(-1) ?? null;
  }
}
