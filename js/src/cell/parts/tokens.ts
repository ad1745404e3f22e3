/** The tokens of the text and their probabilities, in the view of an addon; until that has come, the text stays. */

import type { TokensView, TokensViewer } from "../../render/addons.js";
import { element, setAttribute } from "../../render/element.js";
import type { Part } from "../../wire/protocol.js";
import * as words from "../../words.js";
import { button } from "../controls.js";
import { type Context, KINDS, type PartView } from "./kinds.js";

class Tokens implements PartView {
  readonly root = element("section", { class: "sc-tokens", role: "group", "aria-label": words.TOKENS });
  #view: TokensView | null = null;
  #bodies: readonly string[] = [];
  #name = "";

  constructor({ page }: Context) {
    const viewer = page.addons.tokens();
    if (viewer instanceof Promise) void viewer.then((come) => this.#take(come));
    else this.#take(viewer);
  }

  update(parts: readonly Part[], { name }: { readonly name: string }): void {
    this.#bodies = parts.map(({ body }) => body);
    this.#name = name;
    this.#view?.show(this.#bodies, name);
  }

  dispose(): void {
    this.#cover(false);
  }

  #take(viewer: TokensViewer | null): void {
    this.#view = viewer?.make({ button, cover: (covers) => this.#cover(covers) }) ?? null;
    this.root.hidden = this.#view === null;
    this.root.replaceChildren(...(this.#view?.nodes ?? []));
    this.#view?.show(this.#bodies, this.#name);
  }

  /** Whether the tokens stand in place of the text. */
  #cover(covers: boolean): void {
    const list = this.root.closest(".sc-parts");
    if (list) setAttribute(list, "data-tokens", covers);
  }
}

KINDS.set("tokens", { make: (context) => new Tokens(context), joins: () => true, foot: true });
