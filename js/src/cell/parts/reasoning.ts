/** The model's reasoning, folded away. It is drawn only while it is open. */

import { element } from "../../render/element.js";
import { Renderer } from "../../render/render.js";
import type { Part } from "../../wire/protocol.js";
import * as words from "../../words.js";
import { LiveMarkdown } from "../live.js";
import { type Context, KINDS, type Looks, type PartView } from "./kinds.js";

class Reasoning implements PartView {
  readonly root: HTMLDetailsElement;
  readonly #renderer: Renderer;
  readonly #markdown: LiveMarkdown;
  #draw = () => {};

  constructor({ id, page }: Context) {
    const body = element("div", { class: "sc-reasoning-text" });
    this.root = element("details", { class: "sc-reasoning" }, element("summary", {}, words.REASONING), body);
    this.#renderer = new Renderer(body, id, page.addons);
    this.#markdown = new LiveMarkdown(this.#renderer);
    this.root.addEventListener("toggle", () => this.#draw());
  }

  update([part]: readonly Part[], { over, name }: Looks): void {
    const { body = "", open = false } = part ?? {};
    this.#draw = () => {
      if (this.root.open) this.#markdown.show(body, body.length, over || !open, name);
    };
    this.#draw();
  }

  dispose(): void {
    this.#renderer.reset();
  }
}

KINDS.set("reasoning", { make: (context) => new Reasoning(context), doing: words.THINKING });
