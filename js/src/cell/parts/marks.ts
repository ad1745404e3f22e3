/**
 * Thin rules where a text was cut off and resumed.
 *
 * They are placed over the text and not in it, because only the renderer changes the text. A rule's position is found
 * from the number of rendered characters before it, again whenever the height of the text changes.
 */

import { element } from "../../render/element.js";
import type { ResumeMode } from "../../wire/generated.js";
import * as words from "../../words.js";

/** Characters of the text before a rule that its label repeats, for users who do not see its position. */
const REPEATED = 40;

interface Mark {
  readonly root: HTMLElement;
  /** Rendered characters before it. */
  readonly drawn: number;
}

export class Marks {
  readonly #root: HTMLElement;
  readonly #answer: HTMLElement;
  /** Rules by the number of the text's characters before them. */
  readonly #marks = new Map<number, Mark>();
  #observer: ResizeObserver | undefined;

  constructor(root: HTMLElement, answer: HTMLElement) {
    this.#root = root;
    this.#answer = answer;
  }

  has(at: number): boolean {
    return this.#marks.has(at);
  }

  /** Add a rule at the end of the rendered text, which is `before`. */
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

  /** Move each rule to the end of its characters. */
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

  /** The box of the last character before `drawn`; null if nothing is rendered or has a position. */
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
