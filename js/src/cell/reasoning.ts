/** The model's reasoning, folded away. It is drawn only while it is open. */

import { element } from "../render/element.js";
import type { Parts } from "../render/parts.js";
import { Renderer } from "../render/render.js";
import { LiveMarkdown } from "./live.js";

export class Reasoning {
  readonly root: HTMLDetailsElement;
  readonly #renderer: Renderer;
  readonly #markdown: LiveMarkdown;
  #text = "";
  #ended = false;
  #name = "";

  constructor(prefix: string, parts: Parts) {
    const body = element("div", { class: "sc-reasoning-text" });
    this.root = element("details", { class: "sc-reasoning" }, element("summary", {}, "Reasoning"), body);
    this.#renderer = new Renderer(body, prefix, parts);
    this.#markdown = new LiveMarkdown(this.#renderer);
    this.root.hidden = true;
    this.root.addEventListener("toggle", () => this.#draw());
  }

  /** `name`: as for the answer, whose reasoning it is. */
  update(text: string, ended: boolean, name: string): void {
    if (text === this.#text && ended === this.#ended && name === this.#name) return;
    this.#text = text;
    this.#ended = ended;
    this.#name = name;
    this.root.hidden = text === "";
    this.#draw();
  }

  dispose(): void {
    this.#renderer.reset();
  }

  #draw(): void {
    if (this.root.open) this.#markdown.show(this.#text, this.#text.length, this.#ended, this.#name);
  }
}
