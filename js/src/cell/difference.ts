/** The panel that compares the shown version with another one, word by word. Everything in it is plain text. */

import type { Change } from "../render/addons.js";
import { drawnChanges } from "../render/changes.js";
import { element, scrolls, setAttribute, setLabel } from "../render/element.js";
import { type Command, textOf } from "../wire/protocol.js";
import { isOver, type State } from "../wire/store.js";
import * as words from "../words.js";
import { button } from "./controls.js";
import type { Page } from "./page.js";

export class Difference {
  readonly root: HTMLElement;
  readonly button: HTMLButtonElement;
  readonly #choice = element("select", { "aria-label": words.COMPARE_WITH });
  readonly #text = element("div", { class: "sc-difference-text", ...scrolls(words.DIFFERENCE) });
  readonly #page: Page;
  readonly #press: (command: Command) => void;
  #state: State | null = null;
  /** What is drawn, or will be: the two versions and their texts. */
  #drawn = "";
  #wanted: number | null = null;

  constructor(press: (command: Command) => void, page: Page) {
    this.#press = press;
    this.#page = page;
    const id = page.newId();
    this.root = element("section", { class: "sc-difference", id, "aria-label": words.DIFFERENCE });
    const label = element("label", {}, `${words.COMPARE_WITH} `, this.#choice);
    this.root.append(label, this.#text);
    this.root.hidden = true;
    this.button = button(words.COMPARE, "sc-compare", () => {
      this.root.hidden = !this.root.hidden;
      this.#wanted = null; // a request that was lost is made again
      if (this.#state) this.update(this.#state);
    });
    setAttribute(this.button, "aria-expanded", "false");
    setAttribute(this.button, "aria-controls", id);
    setAttribute(this.button, "title", words.COMPARE_TITLE);
    this.#choice.addEventListener("change", () => {
      if (this.#state) this.update(this.#state);
    });
  }

  update(state: State): void {
    this.#state = state;
    const { doc, gone, selectable } = state;
    const possible = doc.versions > 1 && isOver(state) && (gone === null || selectable);
    this.button.hidden = !possible;
    if (!possible) this.root.hidden = true;
    setAttribute(this.button, "aria-expanded", String(!this.root.hidden));
    if (this.root.hidden) return;
    this.#offer(doc.version, doc.versions);
    const other = Number(this.#choice.value);
    const text = state.read.get(other);
    if (text !== undefined) this.#draw(other, text, doc.version, textOf(doc));
    else if (this.#wanted !== other) {
      this.#wanted = other;
      this.#drawn = "";
      setLabel(this.#text, words.WAITING_FOR_KERNEL);
      this.#press({ type: "fetch", version: other });
    }
  }

  /** Offer every version but the shown one; at first the one before it. */
  #offer(shown: number, versions: number): void {
    const others = Array.from({ length: versions }, (_, at) => at).filter((at) => at !== shown);
    if ([...this.#choice.options].map(({ value }) => value).join() === others.join()) return;
    const chosen = shown === 0 ? 1 : shown - 1;
    this.#choice.replaceChildren(
      ...others.map((at) =>
        element("option", { value: String(at), selected: at === chosen }, words.versionName(at + 1)),
      ),
    );
    this.#choice.value = String(chosen);
    this.#wanted = null;
  }

  #draw(other: number, before: string, shown: number, after: string): void {
    const what = `${other} ${before.length} ${shown} ${after.length}`;
    if (what === this.#drawn) return;
    this.#drawn = what;
    this.#wanted = null;
    const addon = this.#page.addons.differences();
    const show = (changes: readonly Change[] | null) => this.#text.replaceChildren(...drawnChanges(changes));
    if (addon instanceof Promise) {
      setLabel(this.#text, words.COMPARING);
      void addon.then((found) => {
        if (this.#drawn !== what) return;
        if (found) show(found.compare(before, after));
        else this.#fail();
      });
    } else if (addon) show(addon.compare(before, after));
    else this.#fail();
  }

  #fail(): void {
    this.#drawn = "";
    setLabel(this.#text, words.NO_COMPARISON);
  }
}
