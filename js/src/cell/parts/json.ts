/** The JSON of a structured answer, in the view of an addon; as text until that has come, and where there is none. */

import type { JsonView, JsonViewer } from "../../render/addons.js";
import { element, setAttribute } from "../../render/element.js";
import { JSON_FIELDS_SHAPE } from "../../wire/generated.js";
import { read } from "../../wire/narrow.js";
import { type Part, textOf } from "../../wire/protocol.js";
import * as words from "../../words.js";
import { Box } from "../box.js";
import { copyButton } from "../copy.js";
import { visible } from "../pretty.js";
import { type Context, fenced, KINDS, type Looks, type PartView } from "./kinds.js";

const isResumed = ({ fields }: Part): boolean =>
  (read(JSON_FIELDS_SHAPE, fields) as { resumed: string | null }).resumed !== null;

class Json implements PartView {
  readonly root = element("section", { class: "sc-json", role: "group", "aria-label": words.JSON_ANSWER });
  readonly #text = new Box(words.JSON_TEXT);
  readonly #copy: HTMLElement;
  /** What makes the view; null before it has come, or if there is none. */
  #viewer: JsonViewer | null = null;
  #view: JsonView | null = null;
  #body = "";
  #name: string | null = null;
  #grows = false;

  constructor({ copying, page }: Context) {
    this.#copy = copyButton(copying, words.COPY_JSON, words.COPY_JSON, () => this.#body.trim());
    const viewer = page.addons.json();
    if (viewer instanceof Promise) {
      void viewer.then((come) => {
        this.#viewer = come;
        this.#draw();
      });
    } else this.#viewer = viewer;
  }

  update(parts: readonly Part[], { over, name, last }: Looks): void {
    const body = textOf({ parts });
    if (name !== this.#name || !body.startsWith(this.#body)) {
      this.#name = name;
      this.#view = null;
      this.#text.reset();
    }
    this.#grows = last && !over;
    this.#body = body;
    this.root.hidden = body.trim() === "";
    setAttribute(this.root, "aria-busy", this.#grows ? "true" : "false");
    this.#draw();
  }

  #draw(): void {
    if (this.#view === null) {
      this.#view = this.#viewer?.make({ visible, copy: this.#copy, text: this.#text }) ?? null;
      this.root.replaceChildren(...(this.#view?.nodes ?? [this.#text.root]));
    }
    if (this.#view) this.#view.show(this.#body, this.#grows);
    else this.#text.show(visible(this.#body), this.#grows);
  }
}

KINDS.set("json", {
  make: (context) => new Json(context),
  joins: isResumed,
  // The kernel checks it now.
  next: words.CHECKING_JSON,
  framed: (text) => (text.trim() === "" ? "" : fenced(text.replace(/^[\r\n]+|[\r\n]+$/g, ""), "json")),
});
