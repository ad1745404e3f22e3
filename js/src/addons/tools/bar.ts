/**
 * The tools of a block of code, a table or a formula: one bar in a cell, in the block that the pointer or the focus is in.
 *
 * A block that nobody uses has nothing of it, so a hundred blocks cost a stream nothing. The bar is the block's last
 * element or its first, so that it comes next to the block in the order of the keyboard; in a shadow root, so that its
 * words belong neither to the answer's text nor to its style.
 */

import type { BlockParts } from "../../render/addons.js";
import { element, setAttribute } from "../../render/element.js";
import * as words from "../../words.js";
import css from "./bar.css";
import blocks from "./blocks.css";
import { texOf } from "./clean.js";
import { csvOf, markdownOf } from "./table.js";

const BLOCKS = ".sc-code, .sc-table, .sc-formula, .sc-math[data-display]";

/** What the fences of a kernel's own language may say. */
const SAME: Readonly<Record<string, string>> = { py: "python", python3: "python", ipython: "python", jl: "julia" };

const languageOf = (name: string): string => SAME[name.toLowerCase()] ?? name.toLowerCase();

export class Bar {
  readonly #parts: BlockParts;
  readonly #host = element("span", { class: "sc-tools" });
  readonly #bar = element("div", { class: "bar", role: "toolbar" });
  #block: HTMLElement | null = null;

  constructor(parts: BlockParts) {
    this.#parts = parts;
    const { root } = parts;
    root.append(element("style", {}, blocks));
    this.#host.attachShadow({ mode: "open" }).append(element("style", {}, css), this.#bar);
    root.addEventListener("pointermove", ({ target, movementX, movementY }) => {
      // When the page changes under a resting pointer, browsers send a pointermove with a movement of 0.
      if (movementX !== 0 || movementY !== 0) this.at(target);
    });
    root.addEventListener("focusin", ({ target }) => this.at(target));
    root.addEventListener("pointerleave", () => this.#leave());
    root.addEventListener("focusout", ({ relatedTarget }) => {
      if (relatedTarget === null || !this.#block?.contains(relatedTarget as Node)) this.#leave();
    });
  }

  /** Show the tools of the block that this is in, if it is in one. */
  at(target: EventTarget | null): void {
    const block = target instanceof Element ? target.closest<HTMLElement>(BLOCKS) : null;
    if (block === this.#block && this.#host.isConnected) return;
    if (block === null || !this.#parts.root.contains(block)) this.#leave();
    else if (!this.#isFocused()) this.#show(block);
  }

  #isFocused(): boolean {
    return this.#host.isConnected && this.#host.shadowRoot?.activeElement != null;
  }

  #leave(): void {
    if (this.#isFocused() || this.#block?.matches(":focus-within")) return;
    this.#host.remove();
    this.#block = null;
  }

  #show(block: HTMLElement): void {
    this.#block = block;
    const buttons = block.matches(".sc-code") ? this.#forCode(block) : this.#forOthers(block);
    setAttribute(this.#bar, "aria-label", words.TOOLS);
    this.#bar.replaceChildren(...buttons);
    setAttribute(this.#host, "data-scrolls", !block.matches(".sc-code"));
    setAttribute(this.#host, "data-above", block.matches(".sc-code:not([data-language])"));
    if (block.matches(".sc-code")) block.append(this.#host);
    else block.prepend(this.#host); // it stays at the beginning while the block is scrolled
  }

  #forOthers(block: HTMLElement): HTMLElement[] {
    if (!block.matches(".sc-table")) return [this.#copy(words.COPY_TEX, () => texOf(block))];
    const table = () => block.querySelector("table") as Element;
    return [
      this.#copy(words.COPY_CSV, () => csvOf(table())),
      this.#copy(words.COPY_MARKDOWN, () => markdownOf(table())),
    ];
  }

  #forCode(block: HTMLElement): HTMLElement[] {
    const pre = block.querySelector("pre") as HTMLElement;
    const code = () => pre.textContent ?? "";
    const buttons = [this.#copy(words.COPY_CODE, code)];
    const toggle = (label: string, name: string, other: string, value: () => string) => {
      const made = this.#button(label, () => {
        const on = pre.hasAttribute(name);
        setAttribute(pre, name, on ? false : value());
        // Numbers stand beside lines, and a wrapped line has several.
        pre.removeAttribute(other);
        for (const each of [wrap, numbers]) setAttribute(each, "aria-pressed", "false");
        setAttribute(made, "aria-pressed", String(!on));
      });
      setAttribute(made, "aria-pressed", String(pre.hasAttribute(name)));
      return made;
    };
    const wrap = toggle(words.WRAP, "data-wrap", "data-numbers", () => "");
    const lines = () => code().replace(/\n$/, "").split("\n");
    const numbers = toggle(words.LINE_NUMBERS, "data-numbers", "data-wrap", () =>
      lines()
        .map((_, at) => at + 1)
        .join("\n"),
    );
    buttons.push(wrap);
    // What still grows is not whole, and its numbers would be too few.
    if (block.querySelector("[data-tip]") || block.matches("[data-tip]")) return buttons;
    return [...buttons, numbers, ...this.#forCells(block, code)];
  }

  #forCells(block: HTMLElement, code: () => string): HTMLElement[] {
    const insertion = this.#parts.insertion(block);
    const language = languageOf(block.dataset.language ?? "");
    if (!insertion || (language !== "" && language !== languageOf(insertion.language))) return [];
    const put = (run: boolean) => () => insertion.insert(code().replace(/\n$/, ""), run);
    const insert = this.#button(words.INSERT, put(false));
    const run = this.#button(words.INSERT_AND_RUN, put(true));
    // Only what the user sees is run.
    if (this.#parts.visible(code()) !== code()) {
      setAttribute(run, "aria-disabled", "true");
      setAttribute(run, "title", words.HIDDEN_CHARACTERS);
    }
    return [insert, run];
  }

  #copy(label: string, read: () => string): HTMLButtonElement {
    return this.#parts.copyButton(label, read);
  }

  #button(label: string, pressed: () => void): HTMLButtonElement {
    const made = element("button", { type: "button" }, label);
    made.addEventListener("click", ({ detail }) => {
      if (detail < 2 && made.getAttribute("aria-disabled") !== "true") pressed();
    });
    return made;
  }
}
