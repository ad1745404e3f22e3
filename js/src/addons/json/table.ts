/** Records as a table: a column for each field, in the order in which the fields appear. Rows are only appended. */

import { element, scrolls, setLabel } from "../../render/element.js";
import * as words from "../../words.js";
import { holds, type Value } from "./model.js";
import { count, PAGE, type Visible } from "./tree.js";

/** The most columns. Further fields are only in the tree. */
const COLUMNS = 50;

/** Characters of a cell. */
const SHORT = 300;

/** Values of a list that are shown in a cell. */
const LISTED = 10;

function wordsOf(value: Value): string {
  const { children, text } = value;
  if (!holds(value)) return text.length > SHORT ? `${text.slice(0, SHORT)}…` : text;
  const isList = value.type === "array" && children.length <= LISTED && !children.some(holds);
  return isList ? children.map(wordsOf).join(", ") : count(value);
}

export class Table {
  readonly root: HTMLElement;
  readonly #head = element("tr");
  readonly #body = element("tbody");
  readonly #more = element("button", { type: "button", class: "sc-json-more" });
  readonly #columns = new Map<string, number>();
  #list: Value | null = null;
  #limit = PAGE;
  /** Rows that are complete. */
  #complete = 0;

  readonly #visible: Visible;

  constructor(visible: Visible) {
    this.#visible = visible;
    const table = element("table", {}, element("thead", {}, this.#head), this.#body);
    this.root = element(
      "div",
      {},
      element("div", { class: "sc-json-table", ...scrolls(words.TABLE) }, table),
      this.#more,
    );
    this.#more.addEventListener("click", () => {
      this.#limit += PAGE;
      this.update(this.#list);
      if (this.#more.hidden) (this.root.firstElementChild as HTMLElement).focus({ preventScroll: true });
    });
  }

  /** Show the records of a list. Only those that were not complete are drawn again. */
  update(list: Value | null): void {
    if (list !== this.#list) this.#begin(list);
    const records = list?.children ?? [];
    for (let at = this.#complete; at < Math.min(records.length, this.#limit); at += 1) {
      const record = records[at] as Value;
      this.#draw(record, at);
      if (record.done && at === this.#complete) this.#complete += 1;
    }
    const left = records.length - this.#limit;
    this.#more.hidden = left <= 0;
    if (left > 0) setLabel(this.#more, words.showMore(Math.min(PAGE, left), left));
  }

  #begin(list: Value | null): void {
    this.#list = list;
    this.#limit = PAGE;
    this.#complete = 0;
    this.#columns.clear();
    this.#head.replaceChildren(element("th", { scope: "col" }, element("span", { class: "sc-json-count" }, "#")));
    this.#body.replaceChildren();
  }

  #draw({ children }: Value, at: number): void {
    let row = this.#body.children[at];
    if (!row) {
      row = element("tr", {}, element("th", { scope: "row" }, String(at)));
      this.#body.append(row);
    }
    for (const value of children) {
      const column = this.#columnOf(value.key ?? "");
      if (column === undefined) continue;
      while (row.childElementCount <= column) row.append(element("td", { dir: "auto" }));
      const cell = row.children[column] as HTMLElement;
      setLabel(cell, this.#visible(wordsOf(value)));
      cell.dataset.type = value.type;
    }
  }

  /** The place of a field's column; it is added if there is none. The first column has the numbers. */
  #columnOf(name: string): number | undefined {
    const known = this.#columns.get(name);
    if (known !== undefined || this.#columns.size >= COLUMNS) return known;
    const column = this.#columns.size + 1;
    this.#columns.set(name, column);
    this.#head.append(element("th", { scope: "col", dir: "auto" }, this.#visible(name.slice(0, SHORT))));
    return column;
  }
}
