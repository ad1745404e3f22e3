/** The addon that shows JSON while it streams: as a tree, its records as a table, and its text as it is. */

import type { JsonParts, JsonView, JsonViewer } from "../render/addons.js";
import { element, setAttribute, setLabel } from "../render/element.js";
import * as words from "../words.js";
import css from "./json/json.css";
import { Model, recordsIn } from "./json/model.js";
import { Table } from "./json/table.js";
import { Tree } from "./json/tree.js";

type Way = "tree" | "table" | "text";

const WAYS: readonly Way[] = ["tree", "table", "text"];

class View implements JsonView {
  readonly nodes: readonly HTMLElement[];
  readonly #parts: JsonParts;
  readonly #buttons = new Map<Way, HTMLButtonElement>();
  readonly #flaw = element("p", { class: "sc-json-flaw" });
  readonly #model = new Model();
  readonly #tree: Tree;
  readonly #table: Table;
  readonly #shown: Readonly<Record<Way, HTMLElement>>;
  #text = "";
  #grows = false;
  /** How the user wants to see it; null before they have said so. */
  #chosen: Way | null = null;

  constructor(parts: JsonParts) {
    this.#parts = parts;
    this.#tree = new Tree(parts.visible);
    this.#table = new Table(parts.visible);
    const ways = element("div", { class: "sc-json-ways", role: "group", "aria-label": words.SHOW_AS });
    for (const way of WAYS) {
      const button = element("button", { type: "button" }, words.JSON_WAYS[way]);
      button.addEventListener("click", () => {
        this.#chosen = way;
        this.#draw();
      });
      this.#buttons.set(way, button);
      ways.append(button);
    }
    const bar = element("div", { class: "sc-json-bar" }, ways, parts.copy);
    this.#shown = { tree: this.#tree.root, table: this.#table.root, text: parts.text.root };
    this.nodes = [element("style", {}, css), bar, this.#flaw, ...Object.values(this.#shown)];
  }

  show(text: string, grows: boolean): void {
    this.#model.push(text.slice(this.#text.length));
    this.#text = text;
    this.#grows = grows;
    this.#draw();
  }

  #draw(): void {
    const { root, broken, changed } = this.#model;
    const records = recordsIn(root);
    const wanted = this.#chosen ?? (broken ? "text" : "tree");
    const way = wanted === "table" && records === null ? "tree" : wanted;
    this.#tree.update(root, changed);
    changed.clear();
    if (way === "table") this.#table.update(records);
    if (way === "text") this.#parts.text.show(this.#parts.visible(this.#text), this.#grows);
    for (const [each, button] of this.#buttons) {
      setAttribute(button, "aria-pressed", each === way ? "true" : "false");
      this.#shown[each].hidden = each !== way;
    }
    (this.#buttons.get("table") as HTMLElement).hidden = records === null;
    this.#flaw.hidden = !broken;
    setLabel(this.#flaw, broken ? words.BROKEN_JSON : "");
  }
}

export const json: JsonViewer = { make: (parts) => new View(parts) };
