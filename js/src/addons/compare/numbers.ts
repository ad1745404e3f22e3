/** The table of a comparison's numbers. Its heads are buttons that sort it. */

import { element, setAttribute } from "../../render/element.js";
import * as words from "../../words.js";
import type { Compared, ComparedAnswer, Row } from "./compared.js";

const UNKNOWN = "–";

/** The column of the answers' names; the others are the kernel's. */
const NAME = "name";

export interface Order {
  readonly by: string;
  readonly descending: boolean;
}

/** What is under a column: the status is that of the answer now, the numbers are those of its end. */
export function valueAt({ name, doc, numbers }: ComparedAnswer, column: string): unknown {
  if (column === NAME) return name;
  return column === "status" ? (doc?.status ?? numbers?.status) : numbers?.[column];
}

const isKnown = (value: unknown): boolean =>
  value !== null && value !== undefined && value !== "" && !Number.isNaN(value);

/** The answers in order; those without a value come last, and equal ones stay as they were. */
export function inOrder(answers: readonly ComparedAnswer[], order: Order | null): readonly ComparedAnswer[] {
  if (order === null) return answers;
  const value = (answer: ComparedAnswer) => valueAt(answer, order.by);
  const known = answers.filter((answer) => isKnown(value(answer)));
  const way = order.descending ? -1 : 1;
  known.sort((one, other) => way * compare(value(one), value(other)));
  return [...known, ...answers.filter((answer) => !isKnown(value(answer)))];
}

function compare(one: unknown, other: unknown): number {
  if (typeof one === "number" && typeof other === "number") return one - other;
  return String(one).localeCompare(String(other), "en", { numeric: true });
}

/** A number as people say it; of one that is not known, a dash. */
export function said(column: string, row: Row | null, value: unknown = row?.[column]): string {
  if (typeof value === "string") return value === "" ? UNKNOWN : value;
  if (typeof value !== "number" || !Number.isFinite(value)) return UNKNOWN;
  if (column.endsWith("_seconds")) return words.duration(value);
  if (column === "tokens_per_second") {
    return `${row?.tokens_estimated === true ? "~" : ""}${words.integer.format(Math.round(value))}`;
  }
  return column === "price" ? words.price(value) : words.integer.format(value);
}

export class NumbersTable {
  readonly root = element("div", { class: "streamcell sc-comparison-numbers" });
  readonly #goTo: (key: string) => void;
  readonly #heads = new Map<string, HTMLTableCellElement>();
  readonly #top = element("tr");
  readonly #body = element("tbody");
  #order: Order | null = null;
  #compared: Compared | null = null;
  #drawn = "";

  constructor(goTo: (key: string) => void) {
    this.#goTo = goTo;
    const table = element("table", {}, element("caption", {}, words.NUMBERS_OF_ANSWERS));
    table.append(element("thead", {}, this.#top), this.#body);
    const around = element("div", { class: "sc-comparison-scroll", tabindex: "0", role: "group" }, table);
    setAttribute(around, "aria-label", words.NUMBERS_OF_ANSWERS);
    this.root.append(around);
    this.root.hidden = true;
  }

  update(compared: Compared): void {
    this.#compared = compared;
    if (this.#heads.size === 0 && compared.heads.length > 0)
      this.#head([[NAME, words.NAME_OF_ANSWER], ...compared.heads]);
    this.root.hidden = compared.answers.every(({ numbers }) => numbers === null);
    if (!this.root.hidden) this.#draw();
  }

  #head(columns: Compared["heads"]): void {
    for (const [column, label] of columns) {
      const sort = element("button", { type: "button", title: words.SORT_TITLE }, label);
      sort.addEventListener("click", () => this.#sort(column));
      const head = element("th", { scope: "col", "data-column": column }, sort);
      this.#heads.set(column, head);
      this.#top.append(head);
    }
  }

  #sort(by: string): void {
    this.#order = { by, descending: this.#order?.by === by && !this.#order.descending };
    for (const [column, head] of this.#heads) {
      const way = this.#order.descending ? "descending" : "ascending";
      setAttribute(head, "aria-sort", column === by ? way : false);
    }
    this.#draw();
  }

  #draw(): void {
    const answers = inOrder(this.#compared?.answers ?? [], this.#order);
    const columns = (this.#compared?.heads ?? []).map(([column]) => column);
    const lines = answers.map((answer) => columns.map((column) => textAt(answer, column)));
    const drawn = JSON.stringify([answers.map(({ key }) => key), lines]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    const focused = this.#body.contains(document.activeElement) ? (document.activeElement as HTMLElement) : null;
    this.#body.replaceChildren(...answers.map((answer, at) => this.#line(answer, columns, lines[at] ?? [])));
    // A column in which nothing is known only takes space, such as the price without a table of prices.
    for (const [at, column] of columns.entries()) {
      const unknown = lines.every((line) => line[at] === UNKNOWN);
      const cells = [...this.#body.children].map((line) => line.children[at + 1]);
      for (const cell of [this.#heads.get(column), ...cells]) if (cell instanceof HTMLElement) cell.hidden = unknown;
    }
    const key = focused?.dataset.key;
    if (key) this.#body.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
  }

  #line({ key, name, doc }: ComparedAnswer, columns: readonly string[], cells: readonly string[]): HTMLTableRowElement {
    const go = element("button", { type: "button", "data-key": key, title: words.GO_TO_ANSWER }, name);
    go.addEventListener("click", () => this.#goTo(key));
    const line = element("tr", { "data-status": doc?.status ?? "" }, element("th", { scope: "row" }, go));
    line.append(...cells.map((text, at) => element("td", { "data-column": columns[at] ?? "" }, text)));
    return line;
  }
}

/** What a place of the table says. */
export function textAt(answer: ComparedAnswer, column: string): string {
  return said(column, answer.numbers, valueAt(answer, column));
}
