/** The panel that compares any two answers word by word. */

import type { Answers } from "../../render/addons.js";
import css from "../../render/changes.css";
import { drawnChanges } from "../../render/changes.js";
import { element, scrolls, setLabel } from "../../render/element.js";
import * as words from "../../words.js";
import { type Compared, type ComparedAnswer, isEnded, textOf } from "./compared.js";

export class DifferencePanel {
  readonly root: HTMLElement;
  readonly #before = element("select", { "aria-label": words.COMPARE_CHOICES[0] });
  readonly #after = element("select", { "aria-label": words.COMPARE_CHOICES[1] });
  readonly #text = element("div", { class: "sc-difference-text", ...scrolls(words.DIFFERENCE) });
  readonly #page: Answers["page"];
  #answers: readonly ComparedAnswer[] = [];
  #drawn = "";

  constructor(page: Answers["page"], id: string) {
    this.#page = page;
    const choice = element(
      "p",
      { class: "sc-comparison-choice" },
      this.#before,

      this.#after,
    );
    const panel = element("div", { class: "sc-panel sc-difference" }, element("style", {}, css), choice, this.#text);
    this.root = element("section", { class: "streamcell", id, role: "group", "aria-label": words.DIFFERENCE }, panel);
    this.root.hidden = true;
    for (const one of [this.#before, this.#after]) one.addEventListener("change", () => this.#draw());
  }

  /** Show or hide it; return whether it is shown now. */
  toggle(): boolean {
    this.root.hidden = !this.root.hidden;
    if (!this.root.hidden) this.#before.focus();
    return !this.root.hidden;
  }

  update({ answers }: Compared): void {
    this.#answers = answers;
    if (this.root.hidden) return;
    if (this.#before.options.length !== answers.length) this.#offer();
    this.#draw();
  }

  #offer(): void {
    // At first the first two that say something.
    const keys = this.#answers.filter(({ doc }) => textOf(doc) !== "").map(({ key }) => key);
    for (const [at, choice] of [this.#before, this.#after].entries()) {
      choice.replaceChildren(...this.#answers.map(({ key, name }) => element("option", { value: key }, name)));
      choice.value = keys[at] ?? this.#answers[Math.min(at, this.#answers.length - 1)]?.key ?? "";
    }
  }

  #draw(): void {
    const [before, after] = [this.#before, this.#after].map(({ value }) =>
      this.#answers.find(({ key }) => key === value),
    );
    if (!before || !after) return;
    const ended = isEnded(before.doc) && isEnded(after.doc);
    const texts = [textOf(before.doc), textOf(after.doc)] as const;
    const drawn = ended ? JSON.stringify([before.key, after.key, ...texts]) : "";
    if (ended && drawn === this.#drawn) return;
    this.#drawn = drawn;
    if (!ended) {
      setLabel(this.#text, words.COMPARED_WHEN_ENDED);
      return;
    }
    const addon = this.#page.addons.differences();
    const show = (found: Awaited<typeof addon>) => {
      if (this.#drawn !== drawn) return;
      if (found) this.#text.replaceChildren(...drawnChanges(found.compare(...texts)));
      else {
        this.#drawn = ""; // it is tried again
        setLabel(this.#text, words.NO_COMPARISON);
      }
    };
    if (addon instanceof Promise) {
      setLabel(this.#text, words.COMPARING);
      void addon.then(show);
    } else show(addon);
  }
}
