/** The model's reasoning, folded away. It is drawn only while it is open. */

import { parse } from "../markdown/parse.js";
import { element } from "./element.js";
import { Renderer } from "./render.js";

export class Reasoning {
  readonly root: HTMLDetailsElement;
  readonly #renderer: Renderer;
  #text = "";
  #drawn: string | null = null;

  constructor(prefix: string) {
    const body = element("div", { class: "sc-reasoning-text" });
    this.root = element("details", { class: "sc-reasoning" }, element("summary", {}, "Reasoning"), body);
    this.#renderer = new Renderer(body, prefix);
    this.root.hidden = true;
    this.root.addEventListener("toggle", () => this.#draw());
  }

  update(text: string): void {
    if (text === this.#text) return;
    this.#text = text;
    this.root.hidden = text === "";
    this.#draw();
  }

  #draw(): void {
    if (!this.root.open || this.#text === this.#drawn) return;
    this.#renderer.update(parse(this.#text));
    this.#drawn = this.#text;
  }
}
