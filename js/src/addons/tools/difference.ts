/** The panel that compares the shown version with another one, word by word. Everything in it is plain text. */

import type { Change, PanelParts, PanelView } from "../../render/addons.js";
import changes from "../../render/changes.css";
import { drawnChanges } from "../../render/changes.js";
import { element, scrolls, setLabel } from "../../render/element.js";
import { textOf } from "../../wire/protocol.js";
import type { State } from "../../wire/store.js";
import * as words from "../../words.js";
import css from "./panels.css";

export class Difference implements PanelView {
  readonly nodes: readonly HTMLElement[];
  readonly #choice = element("select", { "aria-label": words.COMPARE_WITH });
  readonly #text = element("div", { class: "sc-difference-text", ...scrolls(words.DIFFERENCE) });
  readonly #parts: PanelParts;
  #state: State | null = null;
  /** What is drawn, or will be: the two versions and their texts. */
  #drawn = "";
  #wanted: number | null = null;

  constructor(parts: PanelParts) {
    this.#parts = parts;
    const label = element("label", {}, `${words.COMPARE_WITH} `, this.#choice);
    this.nodes = [element("style", {}, css, changes), label, this.#text];
    this.#choice.addEventListener("change", () => {
      if (this.#state) this.update(this.#state);
    });
  }

  opened(): void {
    this.#wanted = null; // a request that was lost is made again
  }

  update(state: State): void {
    this.#state = state;
    const { doc } = state;
    this.#offer(doc.version, doc.versions);
    const other = Number(this.#choice.value);
    const text = state.read.get(other);
    if (text !== undefined) this.#draw(other, text, doc.version, textOf(doc));
    else if (this.#wanted !== other) {
      this.#wanted = other;
      this.#drawn = "";
      setLabel(this.#text, words.WAITING_FOR_KERNEL);
      this.#parts.press({ type: "fetch", version: other });
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
    const addon = this.#parts.page.addons.differences();
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
