/** The JSON of a structured answer: as a tree while it grows, its records as a table, and its text as it is. */

import type { JsonReader } from "../../render/addons.js";
import { element, setAttribute, setLabel } from "../../render/element.js";
import { JSON_FIELDS_SHAPE } from "../../wire/generated.js";
import { read } from "../../wire/narrow.js";
import { type Part, textOf } from "../../wire/protocol.js";
import * as words from "../../words.js";
import { Box } from "../box.js";
import { copyButton } from "../copy.js";
import { visible } from "../pretty.js";
import { Model, recordsIn } from "./json_model.js";
import { Table } from "./json_table.js";
import { Tree } from "./json_tree.js";
import { type Context, fenced, KINDS, type Looks, type PartView } from "./kinds.js";

type Way = "tree" | "table" | "text";

const WAYS: readonly Way[] = ["tree", "table", "text"];

/** Characters that are compared, to know whether a text still begins with what was read of it. */
const COMPARED = 200;

const isResumed = ({ fields }: Part): boolean =>
  (read(JSON_FIELDS_SHAPE, fields) as { resumed: string | null }).resumed !== null;

class Json implements PartView {
  readonly root: HTMLElement;
  readonly #buttons = new Map<Way, HTMLButtonElement>();
  readonly #tree = new Tree();
  readonly #table = new Table();
  readonly #text = new Box(words.JSON_TEXT);
  readonly #flaw = element("p", { class: "sc-json-flaw" });
  readonly #shown: Readonly<Record<Way, HTMLElement>>;
  /** What reads JSON; null before it has come, or if it is not there. */
  #reader: JsonReader | null = null;
  #model: Model | null = null;
  /** How much of the text the model has read. */
  #read = 0;
  #body = "";
  #name: string | null = null;
  #grows = false;
  /** How the user wants to see it; null before they have said so. */
  #chosen: Way | null = null;

  constructor({ copying, page }: Context) {
    const bar = element("div", { class: "sc-json-bar" });
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
    bar.append(
      ways,
      copyButton(copying, words.COPY_JSON, words.COPY_JSON, () => this.#body.trim()),
    );
    this.#shown = { tree: this.#tree.root, table: this.#table.root, text: this.#text.root };
    this.root = element("section", { class: "sc-json", "aria-label": words.JSON_ANSWER }, bar, this.#flaw);
    this.root.append(...Object.values(this.#shown));
    const reader = page.addons.json();
    if (reader instanceof Promise) {
      void reader.then((come) => {
        this.#reader = come;
        this.#draw();
      });
    } else this.#reader = reader;
  }

  update(parts: readonly Part[], { over, name, last }: Looks): void {
    const body = textOf({ parts });
    if (name !== this.#name || !this.#continues(body)) this.#begin(name);
    this.#grows = last && !over;
    this.#body = body;
    this.root.hidden = body.trim() === "";
    setAttribute(this.root, "aria-busy", this.#grows ? "true" : "false");
    this.#draw();
  }

  /** Whether the text begins with the text that was read. */
  #continues(body: string): boolean {
    const { length } = this.#body;
    const from = Math.max(0, length - COMPARED);
    return body.length >= length && body.slice(from, length) === this.#body.slice(from);
  }

  #begin(name: string): void {
    this.#name = name;
    this.#model = null;
    this.#read = 0;
    this.#body = "";
    this.#chosen = null;
    this.#tree.reset();
    this.#text.reset();
  }

  /** The value so far; null without a reader. */
  #parsed(): Model | null {
    if (this.#reader === null) return null;
    this.#model ??= new Model(this.#reader);
    this.#model.push(this.#body.slice(this.#read));
    this.#read = this.#body.length;
    return this.#model;
  }

  #draw(): void {
    const model = this.#parsed();
    const records = recordsIn(model?.root ?? null);
    const broken = model?.broken === true;
    const wanted = model === null ? "text" : (this.#chosen ?? (broken ? "text" : "tree"));
    const way = wanted === "table" && records === null ? "tree" : wanted;
    if (model) {
      this.#tree.update(model.root, model.changed);
      model.changed.clear();
    }
    if (way === "table") this.#table.update(records);
    if (way === "text") this.#text.show(visible(this.#body), this.#grows);
    for (const [each, button] of this.#buttons) {
      setAttribute(button, "aria-pressed", each === way ? "true" : "false");
      this.#shown[each].hidden = each !== way;
    }
    (this.#buttons.get("tree") as HTMLElement).hidden = model === null;
    (this.#buttons.get("table") as HTMLElement).hidden = records === null;
    this.#flaw.hidden = !broken;
    setLabel(this.#flaw, broken ? words.BROKEN_JSON : "");
  }
}

KINDS.set("json", {
  make: (context) => new Json(context),
  joins: isResumed,
  // The kernel checks it now.
  next: words.CHECKING,
  framed: (text) => (text.trim() === "" ? "" : fenced(text.replace(/^[\r\n]+|[\r\n]+$/g, ""), "json")),
});
