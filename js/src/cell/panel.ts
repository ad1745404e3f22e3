/** A panel that a button opens. What it shows comes from an addon, which is loaded when the first one is opened. */

import type { PanelView, Tools } from "../render/addons.js";
import { element, setAttribute, setLabel } from "../render/element.js";
import type { State } from "../wire/store.js";
import * as words from "../words.js";
import { button } from "./controls.js";
import type { Page } from "./page.js";

export class Panel {
  readonly root: HTMLElement;
  readonly button: HTMLButtonElement;
  readonly #page: Page;
  readonly #make: (tools: Tools) => PanelView;
  #view: PanelView | null = null;
  #state: State | null = null;
  #now = 0;

  /** `style` is its class, `name` stands on its button, `label` is its own name; `make` makes what it shows. */
  constructor(
    page: Page,
    style: string,
    [name, title, label]: readonly [string, string, string],
    make: (tools: Tools) => PanelView,
    changed: () => void,
  ) {
    this.#page = page;
    const id = page.newId();
    this.#make = make;
    this.root = element("div", { class: `sc-panel ${style}`, id, role: "group", "aria-label": label });
    this.root.hidden = true;
    this.button = button(name, `${style}-button`, () => {
      this.root.hidden = !this.root.hidden;
      if (!this.root.hidden) this.#open();
      changed();
    });
    setAttribute(this.button, "aria-expanded", "false");
    setAttribute(this.button, "aria-controls", id);
    setAttribute(this.button, "title", title);
  }

  /** `possible`: whether there is something to show. */
  update(state: State, now: number, possible = true): void {
    this.#state = state;
    this.#now = now;
    this.button.hidden = !possible;
    if (!possible) this.root.hidden = true;
    setAttribute(this.button, "aria-expanded", String(!this.root.hidden));
    if (!this.root.hidden) this.#view?.update(state, now);
  }

  #open(): void {
    this.#view?.opened();
    if (this.#view) return;
    const tools = this.#page.addons.tools();
    if (tools instanceof Promise) {
      setLabel(this.root, words.LOADING);
      void tools.then((come) => this.#take(come));
    } else this.#take(tools);
  }

  #take(tools: Tools | null): void {
    if (this.#view) return;
    this.#view = tools && this.#make(tools);
    if (this.#view) this.root.replaceChildren(...this.#view.nodes);
    else setLabel(this.root, words.NOT_LOADED);
    if (this.#state && !this.root.hidden) this.#view?.update(this.#state, this.#now);
  }
}
