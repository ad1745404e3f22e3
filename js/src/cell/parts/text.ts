/** The answer's text, while it streams. A thin rule shows where it was cut off and resumed. */

import { element, setAttribute } from "../../render/element.js";
import { cutAt } from "../../render/frame.js";
import { LiveMarkdown } from "../../render/live.js";
import { Renderer } from "../../render/render.js";
import { type ResumeMode, TEXT_FIELDS_SHAPE } from "../../wire/generated.js";
import { read } from "../../wire/narrow.js";
import { type Part, textOf } from "../../wire/protocol.js";
import { type Context, KINDS, type Looks, type PartView } from "./kinds.js";
import { Marks } from "./marks.js";

const resumedOf = ({ fields }: Part): ResumeMode | null =>
  (read(TEXT_FIELDS_SHAPE, fields) as { resumed: ResumeMode | null }).resumed;

class Text implements PartView {
  readonly root: HTMLElement;
  readonly #answer = element("div", { class: "sc-answer", "data-streamcell-answer": true });
  readonly #renderer: Renderer;
  readonly #markdown: LiveMarkdown;
  readonly #marks: Marks;
  #name = "";

  constructor({ id, page }: Context) {
    this.root = element("div", { class: "sc-text" }, this.#answer);
    this.#renderer = new Renderer(this.#answer, id, page.addons);
    this.#markdown = new LiveMarkdown(this.#renderer);
    this.#marks = new Marks(this.root, this.#answer);
  }

  update(parts: readonly Part[], { over, last, shown, name }: Looks): void {
    if (name !== this.#name) this.#marks.clear();
    this.#name = name;
    setAttribute(this.#answer, "aria-busy", last && !over ? "true" : "false");
    const text = textOf({ parts });
    let before = 0;
    for (const part of parts) {
      const resumed = before <= shown || over ? resumedOf(part) : null;
      if (resumed !== null && !this.#marks.has(before)) {
        // The rule is put behind the text that is rendered so far, so that must be the text before the cut.
        this.#markdown.show(text, before, false, name);
        this.#marks.add(before, resumed, text.slice(0, before));
      }
      before += part.body.length;
    }
    this.#markdown.show(text, cutAt(text, shown), over, name);
    this.#marks.place();
  }

  dispose(): void {
    this.#marks.clear();
    this.#renderer.reset();
  }
}

KINDS.set("text", {
  make: (context) => new Text(context),
  joins: (part) => resumedOf(part) !== null,
});
