/**
 * A value as nested folds. What grows is appended, and nothing that is complete is drawn again.
 *
 * A closed fold holds no rows, and an open one at most a page of them until the user asks for more.
 */

import { element, setLabel } from "../../render/element.js";
import * as words from "../../words.js";
import { holds, type Value } from "./model.js";

/** Rows of a container that are shown at first, and with each press of "more". */
export const PAGE = 100;

/** Containers are open down to this depth, while there are fewer rows than this. */
const OPEN_DEPTH = 4;
const OPEN_ROWS = 200;

/** Characters of a string that are shown at first. */
export const LONG = 2000;

/** Characters of a key that are shown. */
const KEY = 200;

/** How many values a container holds. */
export const count = ({ type, children: { length } }: Value): string =>
  length === 0 ? words.EMPTY : type === "array" ? words.items(length) : words.fields(length);

/** Writes out the characters that could deceive a reader. */
export type Visible = (text: string) => string;

/** A row: what it shows is brought up to date by `update`. */
interface Row {
  readonly root: HTMLElement;
  update(): void;
}

export class Tree {
  readonly root = element("ul", { class: "sc-json-tree" });
  readonly #rows = new Map<Value, Row>();
  readonly #visible: Visible;

  constructor(visible: Visible) {
    this.#visible = visible;
  }

  /** Show what has changed of the value with this root. */
  update(root: Value | null, changed: Iterable<Value>): void {
    if (root && !this.#rows.has(root)) this.root.replaceChildren(this.#row(root).root);
    for (const value of changed) this.#rows.get(value)?.update();
  }

  #row(value: Value): Row {
    const made = holds(value) ? this.#fold(value) : line(value, this.#visible);
    // A scalar other than a string is complete when it appears.
    if (holds(value) || !value.done) this.#rows.set(value, made);
    made.update();
    return made;
  }

  #fold(value: Value): Row {
    const size = element("span", { class: "sc-json-count" });
    const inner = element("ul");
    const more = element("button", { type: "button", class: "sc-json-more" });
    const summary = element("summary", {}, ...keyOf(value, this.#visible), size);
    const fold = element("details", {}, summary, inner, more);
    let limit = PAGE;
    const draw = (): void => {
      setLabel(size, value.done ? count(value) : words.soFar(count(value)));
      if (!fold.open) return;
      const { length } = value.children;
      const rows: Node[] = [];
      for (let at = inner.childElementCount; at < Math.min(length, limit); at += 1) {
        rows.push(this.#row(value.children[at] as Value).root);
      }
      inner.append(...rows);
      more.hidden = length <= limit;
      if (!more.hidden) setLabel(more, words.showMore(Math.min(PAGE, length - limit), length - limit));
    };
    more.addEventListener("click", () => {
      const first = limit;
      limit += PAGE;
      draw();
      const next = inner.children[first]?.querySelector<HTMLElement>("summary") ?? (more.hidden ? summary : more);
      next.focus({ preventScroll: true });
    });
    fold.addEventListener("toggle", draw);
    fold.open = value.depth < OPEN_DEPTH && this.#rows.size < OPEN_ROWS;
    more.hidden = true;
    return { root: element("li", {}, fold), update: draw };
  }
}

function keyOf({ key, index, depth }: Value, visible: Visible): HTMLElement[] {
  if (depth === 0) return [];
  const name = key === null ? String(index) : visible(key.slice(0, KEY)) + (key.length > KEY ? "…" : "");
  const kind = key === null ? "sc-json-index" : "sc-json-key";
  return [element("span", { class: kind }, element("bdi", {}, name), ": ")];
}

/** A row with a value that holds no others. */
function line(value: Value, visible: Visible): Row {
  const text = element("span", { class: "sc-json-value", "data-type": value.type, dir: "auto" });
  const root = element("li", {}, ...keyOf(value, visible), text);
  let all = false;
  let more: HTMLElement | null = null;
  const update = (): void => {
    const cut = !all && value.text.length > LONG;
    setLabel(text, visible(cut ? value.text.slice(0, LONG) : value.text));
    if (!cut) {
      more?.remove();
      more = null;
      return;
    }
    const left = element("span", { class: "sc-json-count" });
    const button = element("button", { type: "button" }, words.SHOW_ALL);
    button.addEventListener("click", () => {
      all = true;
      update();
      text.tabIndex = -1;
      text.focus({ preventScroll: true });
    });
    if (more === null) {
      more = element("span", { class: "sc-json-cut" }, left, button);
      root.append(more);
    }
    setLabel(more.firstElementChild as HTMLElement, words.leftOut(words.integer.format(value.text.length - LONG)));
  };
  return { root, update };
}
