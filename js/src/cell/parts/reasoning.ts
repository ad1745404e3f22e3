/** The model's reasoning in a fold, with its duration. It is only rendered while the fold is open. */

import { element, setLabel } from "../../render/element.js";
import { LiveMarkdown } from "../../render/live.js";
import { Renderer } from "../../render/render.js";
import { REASONING_FIELDS_SHAPE, type ReasoningFields } from "../../wire/generated.js";
import { read } from "../../wire/narrow.js";
import type { Part } from "../../wire/protocol.js";
import * as words from "../../words.js";
import { type Context, KINDS, type Looks, type PartView } from "./kinds.js";

const reasoningOf = ({ fields }: Part) => read(REASONING_FIELDS_SHAPE, fields) as ReasoningFields;

class Reasoning implements PartView {
  readonly root: HTMLDetailsElement;
  readonly #label = element("summary");
  readonly #renderer: Renderer;
  readonly #markdown: LiveMarkdown;
  /** The name of the answer in which the user has opened or closed it. */
  #chosen: string | null = null;
  /** Whether it was opened automatically. */
  #opened = false;
  #name = "";
  #draw = () => {};

  constructor({ id, page }: Context) {
    const body = element("div", { class: "sc-fold-body sc-reasoning-text" });
    this.root = element("details", { class: "sc-fold sc-reasoning" }, this.#label, body);
    this.#renderer = new Renderer(body, id, page.addons);
    this.#markdown = new LiveMarkdown(this.#renderer);
    this.root.addEventListener("toggle", () => {
      if (this.root.open !== this.#opened) this.#chosen = this.#name;
      this.#opened = this.root.open;
      this.#draw();
    });
  }

  /** Consecutive reasoning parts, such as several summaries, are shown as one. */
  update(parts: readonly Part[], { over, name }: Looks): void {
    this.#name = name;
    const all = parts.map(reasoningOf);
    const body = parts.map((part) => part.body).join("\n\n");
    const thinks = !over && parts.some((part, at) => part.open && all[at]?.seconds === null);
    const seconds = all.reduce<number | null>(
      (sum, one) => (one.seconds === null ? sum : (sum ?? 0) + one.seconds),
      null,
    );
    setLabel(this.#label, thinks || seconds === null ? words.REASONING : words.thoughtFor(seconds));
    if (this.#chosen !== name) {
      const show = all[0]?.show;
      this.#opened = show === "open" || (show === "streaming" && thinks);
      this.root.open = this.#opened;
    }
    this.#draw = () => {
      if (this.root.open) this.#markdown.show(body, body.length, !thinks, name);
    };
    this.#draw();
  }

  dispose(): void {
    this.#renderer.reset();
  }
}

KINDS.set("reasoning", {
  make: (context) => new Reasoning(context),
  joins: () => true,
  doing: words.THINKING,
});
