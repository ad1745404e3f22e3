/** The addon that lays out a comparison: a grid of answers, their numbers, and what two of them differ in. */

import type { Answers, Layout } from "../render/addons.js";
import { element, scrolls, setAttribute, setLabel } from "../render/element.js";
import * as words from "../words.js";
import css from "./compare/compare.css";
import { type Compared, comparedIn, isEnded } from "./compare/compared.js";
import { DifferencePanel } from "./compare/difference.js";
import { markdownOf } from "./compare/markdown.js";
import { NumbersTable } from "./compare/numbers.js";

/** Milliseconds between two looks at answers that stream: their cells draw themselves. */
const OFTEN = 200;

class Comparison {
  readonly #answers: Answers;
  readonly #root: HTMLElement;
  readonly #status = element("span", { class: "sc-comparison-status" });
  readonly #live = element("div", { class: "sc-live", role: "status" });
  readonly #grid = element("div", { class: "sc-comparison-grid", ...scrolls(words.COMPARED_ANSWERS) });
  readonly #stop: HTMLButtonElement;
  readonly #retry: HTMLButtonElement;
  readonly #retryFailed: HTMLButtonElement;
  readonly #numbers: NumbersTable;
  readonly #difference: DifferencePanel;
  readonly #places = new Map<string, HTMLElement>();
  readonly #ends: (() => void)[] = [];
  #cancel: (() => void) | null = null;
  #ended = -1;

  constructor(target: HTMLElement, answers: Answers) {
    this.#answers = answers;
    const id = answers.page.newId();
    this.#numbers = new NumbersTable((key) => this.#goTo(key));
    this.#difference = new DifferencePanel(answers.page, id);
    this.#stop = button(words.STOP_ALL, () => this.#send({ type: "stop_all" }));
    this.#retry = button(words.RETRY_ALL, () => this.#send({ type: "retry_all" }));
    this.#retryFailed = button(words.RETRY_FAILED, () => this.#send({ type: "retry_all", failed: true }));
    const copy = button(words.COPY_ANSWERS, () => void this.#copy(copy));
    const compare: HTMLButtonElement = button(words.COMPARE_TWO, () => {
      setAttribute(compare, "aria-expanded", String(this.#difference.toggle()));
      this.#look();
    });
    setAttribute(compare, "aria-expanded", "false");
    setAttribute(compare, "aria-controls", id);
    const buttons = element("div", { class: "sc-comparison-buttons" });
    buttons.append(compare, copy, this.#retryFailed, this.#retry, this.#stop);
    const bar = element("div", { class: "streamcell sc-comparison-bar" }, this.#status, buttons, this.#live);
    this.#root = element("section", { class: "sc-comparison", role: "group", "aria-label": words.COMPARISON });
    this.#root.append(element("style", {}, css), bar, this.#difference.root, this.#grid, this.#numbers.root);
    target.append(this.#root);
    // JupyterLab looks for this attribute on the focused element before it takes a key for a shortcut.
    this.#root.addEventListener("focusin", ({ target: focused }) => {
      if (focused instanceof Element) setAttribute(focused, "data-lm-suppress-shortcuts", "true");
    });
    this.#look();
    this.#ends.push(answers.subscribe(() => this.#lookSoon()));
  }

  dispose(): void {
    this.#cancel?.();
    for (const end of this.#ends) end();
    this.#root.remove();
  }

  #send(command: Readonly<Record<string, unknown>>): void {
    if (!this.#answers.send(command)) this.#live.replaceChildren(words.NO_KERNEL);
    this.#look();
  }

  async #copy(copy: HTMLButtonElement): Promise<void> {
    const copied = await this.#answers.page.copy(markdownOf(comparedIn(this.#answers)));
    this.#live.replaceChildren(copied ? words.COPIED : words.COPYING_REFUSED);
    setLabel(copy, copied ? words.COPIED : words.REFUSED);
    this.#ends.push(this.#answers.page.clock.after(1500, () => setLabel(copy, words.COPY_ANSWERS[0])));
  }

  /** Bring an answer into sight, and give it the focus. */
  #goTo(key: string): void {
    const place = this.#places.get(key);
    place?.scrollIntoView({ block: "nearest", inline: "nearest" });
    place?.focus();
  }

  #lookSoon(): void {
    this.#cancel ??= this.#answers.page.clock.after(OFTEN, () => {
      this.#cancel = null;
      this.#look();
    });
  }

  #look(): void {
    const compared = comparedIn(this.#answers);
    this.#fill(compared);
    const { answers } = compared;
    const docs = answers.map(({ doc }) => doc);
    const ended = docs.filter(isEnded);
    const failed = ended.filter((doc) => doc?.status !== "done");
    const { live } = this.#answers;
    setLabel(this.#status, words.compared(ended.length, answers.length, failed.length));
    disable(this.#stop, live && ended.length < answers.length);
    disable(this.#retry, live && ended.some((doc) => doc?.retry_disabled_reason === null));
    disable(this.#retryFailed, live && failed.some((doc) => doc?.retry_disabled_reason === null));
    for (const one of [this.#stop, this.#retry]) one.hidden = !live;
    this.#retryFailed.hidden = !live || failed.length === 0;
    this.#numbers.update(compared);
    this.#difference.update(compared);
    // An end that was there before is not announced.
    const all = ended.length === answers.length && answers.length > 0;
    if (all && this.#ended >= 0 && this.#ended < ended.length) {
      this.#live.replaceChildren(words.allEnded(answers.length, failed.length));
    }
    this.#ended = ended.length;
  }

  #fill({ answers, columns }: Compared): void {
    if (this.#places.size > 0 || answers.length === 0) return;
    this.#grid.style.setProperty("--columns", String(columns));
    setAttribute(this.#grid, "data-rows", String(Math.ceil(answers.length / columns)));
    for (const { column } of answers.slice(0, columns)) {
      this.#grid.append(element("div", { class: "streamcell sc-comparison-head", "aria-hidden": "true" }, column));
    }
    for (const [at, { key, name, row }] of answers.entries()) {
      if (row !== "" && at % columns === 0) {
        const label = element("span", {}, row);
        this.#grid.append(element("div", { class: "streamcell sc-comparison-row", "aria-hidden": "true" }, label));
      }
      const place = element("article", { class: "sc-comparison-place", tabindex: "0", "aria-label": name });
      this.#places.set(key, place);
      this.#grid.append(place);
      this.#ends.push(this.#answers.mount(place, key));
    }
  }
}

function button([label, title]: readonly [string, string], pressed: () => void): HTMLButtonElement {
  const made = element("button", { type: "button", title }, label);
  made.addEventListener("click", () => {
    if (made.getAttribute("aria-disabled") !== "true") pressed();
  });
  return made;
}

/** Disabled in this way it keeps its focus. */
const disable = (target: HTMLButtonElement, possible: boolean) =>
  setAttribute(target, "aria-disabled", possible ? false : "true");

export const layout: Layout = {
  draw(target, answers) {
    const comparison = new Comparison(target, answers);
    return () => comparison.dispose();
  },
};
