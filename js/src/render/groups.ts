/**
 * Wrappers for a fixed number of children each: only the last one needs layout while text grows, and finished ones are
 * skipped in layout and painting while they are out of view.
 */

import type { Slots } from "./children.js";
import type { Drawing } from "./drawing.js";

export class Groups implements Slots {
  readonly #drawing: Drawing;
  readonly #size: number;
  readonly #open: (number: number) => HTMLElement;
  /** The groups that are not finished, from number `#finished` on. */
  readonly #groups: HTMLElement[] = [];
  #finished = 0;

  /** `open` makes the group with that number, from 0, and inserts it into the page. */
  constructor(drawing: Drawing, size: number, open: (number: number) => HTMLElement) {
    this.#drawing = drawing;
    this.#size = size;
    this.#open = open;
  }

  get last(): HTMLElement | undefined {
    return this.#groups.at(-1);
  }

  at(index: number): HTMLElement {
    const number = Math.floor(index / this.#size) - this.#finished;
    const old = this.#groups[number];
    if (old) return old;
    const made = this.#open(number + this.#finished);
    this.#groups.push(made);
    return made;
  }

  trim(length: number): void {
    const kept = Math.max(0, Math.ceil(length / this.#size) - this.#finished);
    for (const empty of this.#groups.splice(kept)) empty.remove();
  }

  /** Finish the groups whose children are among the first `settled`, which are final. */
  settle(settled: number): void {
    while (this.#groups.length > 0 && (this.#finished + 1) * this.#size <= settled) {
      const group = this.#groups.shift() as HTMLElement;
      this.#finished += 1;
      this.#drawing.whenLaidOut(() => {
        const height = this.#drawing.layout.height(group);
        return height > 0 ? () => finish(group, height) : null;
      });
    }
  }
}

/** How many children are put into the parent itself. Most parents have fewer, and need no groups. */
const FLAT = 64;

/** Puts the first children into an element itself, and the others into groups inside it. */
export class Overflow implements Slots {
  readonly #drawing: Drawing;
  readonly #dom: HTMLElement;
  readonly #size: number;
  readonly #open: (index: number) => HTMLElement;
  #groups: Groups | null = null;

  /** `open` makes the group that begins with the child at `index`. */
  constructor(drawing: Drawing, dom: HTMLElement, size: number, open: (index: number) => HTMLElement) {
    this.#drawing = drawing;
    this.#dom = dom;
    this.#size = size;
    this.#open = open;
  }

  at(index: number): HTMLElement {
    if (index < FLAT) return this.#dom;
    this.#groups ??= new Groups(this.#drawing, this.#size, (number) => {
      const group = this.#open(FLAT + number * this.#size);
      this.#dom.append(group);
      return group;
    });
    return this.#groups.at(index - FLAT);
  }

  trim(length: number): void {
    this.#groups?.trim(length - FLAT);
  }

  settle(settled: number): void {
    this.#groups?.settle(settled - FLAT);
  }
}

/** Blocks per section. */
export const SECTION = 32;

export const section = (drawing: Drawing): HTMLElement => drawing.element("div", { class: "sc-section" });

/** Slots for blocks in an element. */
export const sections = (drawing: Drawing, dom: HTMLElement): Overflow =>
  new Overflow(drawing, dom, SECTION, () => section(drawing));

/** Finish a group: while it is out of view, it keeps its height. */
function finish(group: HTMLElement, height: number): void {
  group.style.setProperty("contain-intrinsic-block-size", `auto ${height}px`);
  group.classList.add("sc-finished");
}
