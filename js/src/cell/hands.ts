/**
 * What a cell does for its user's hands beside its buttons: tools of blocks, and clean copies of selections. An addon does
 * it, which is loaded when the pointer or the focus first comes into an answer.
 */

import type { Tools } from "../render/addons.js";
import { type Copying, copyButton } from "./copy.js";
import type { Page } from "./page.js";
import { visible } from "./pretty.js";

export class Hands {
  readonly #root: HTMLElement;
  readonly #copying: Copying;
  readonly #page: Page;
  #tools: Tools | null = null;
  #bar: { at(target: EventTarget | null): void } | null = null;
  #coming = false;
  /** Where the hands were last. */
  #at: EventTarget | null = null;

  constructor(root: HTMLElement, copying: Copying, page: Page) {
    this.#root = root;
    this.#copying = copying;
    this.#page = page;
    for (const sign of ["pointerover", "focusin"]) root.addEventListener(sign, ({ target }) => this.#come(target));
    root.addEventListener("copy", (event) => this.#copy(event));
  }

  /** Load the tools, so that they are there when the kernel no longer is. */
  prepare(): void {
    if (this.#tools || this.#coming) return;
    const tools = this.#page.addons.tools();
    if (!(tools instanceof Promise)) {
      this.#tools = tools;
      return;
    }
    this.#coming = true;
    void tools.then((come) => {
      this.#coming = false;
      this.#tools = come;
      if (this.#at !== null) this.#come(this.#at);
    });
  }

  /** The HTML of what is shown, or null if the tools are not there. */
  rich(): string | null {
    return this.#tools?.rich([...this.#root.querySelectorAll(".sc-answer")]) ?? null;
  }

  #come(target: EventTarget | null): void {
    this.#at = target;
    this.prepare();
    if (this.#bar || !this.#tools) return;
    this.#bar = this.#tools.blocks({
      root: this.#root,
      copyButton: (name, read) => copyButton(this.#copying, name, name, read),
      visible,
      insertion: (block) => this.#page.insertion(block),
    });
    this.#bar.at(target);
  }

  #copy(event: ClipboardEvent): void {
    const from = event.target;
    if (from instanceof HTMLTextAreaElement || from instanceof HTMLInputElement) return;
    const copied = this.#tools?.selected(this.#root, document.getSelection());
    if (!copied || !event.clipboardData) return;
    event.preventDefault();
    event.stopPropagation();
    event.clipboardData.setData("text/plain", copied.text);
    event.clipboardData.setData("text/html", copied.html);
  }
}
