/** A tool that the provider runs, in a fold: its name, its state, its input and its output, all as text. */

import { element, scrolls, setAttribute, setLabel } from "../../render/element.js";
import { HOSTED_TOOL_FIELDS_SHAPE, type HostedState, type HostedToolFields } from "../../wire/generated.js";
import { read } from "../../wire/narrow.js";
import type { Part } from "../../wire/protocol.js";
import * as words from "../../words.js";
import { fenced, KINDS, type Looks, type PartView } from "./kinds.js";
import { site } from "./site.js";

/** Characters of a text, and the number of sources, that are shown: a notebook may contain more. */
const LONG = 20_000;
const SOURCES = 50;

/** Characters of the input in its line and in a copy. */
const SHORT = 500;

const RUNS: ReadonlySet<HostedState> = new Set(["in_progress", "searching", "interpreting", "calling"]);

const toolOf = ({ fields }: Part) => read(HOSTED_TOOL_FIELDS_SHAPE, fields) as HostedToolFields;

const titleOf = ({ title, tool }: HostedToolFields): string => (title || tool).slice(0, SHORT);

class HostedTool implements PartView {
  readonly root: HTMLDetailsElement;
  readonly #title = element("span", { dir: "auto" });
  readonly #state = element("span", { class: "sc-tool-state" });
  readonly #short = element("span", { dir: "auto" });
  readonly #asked = element("pre", scrolls(words.ASKED));
  readonly #came = element("pre", scrolls(words.CAME));
  readonly #links = element("ul", { "aria-label": words.SOURCES });
  readonly #error = element("div", { class: "sc-tool-error", dir: "auto" });
  readonly #note = element("div", { class: "sc-tool-note" });
  /** The sources from which its links were made. */
  #linked = "";

  constructor() {
    const line = element("span", {}, this.#title, this.#state, this.#short);
    const body = element(
      "div",
      { class: "sc-fold-body" },
      this.#note,
      this.#asked,
      this.#came,
      this.#links,
      this.#error,
    );
    this.root = element("details", { class: "sc-fold sc-tool" }, element("summary", {}, line), body);
  }

  update([part]: readonly Part[], { over }: Looks): void {
    if (!part) return;
    const tool = toolOf(part);
    const ended = over || !part.open;
    const asked = part.body.slice(0, LONG);
    setAttribute(this.root, "data-state", tool.state);
    setLabel(this.#title, titleOf(tool));
    setLabel(this.#state, ended && RUNS.has(tool.state) ? words.NOT_FINISHED : words.HOSTED_STATES[tool.state]);
    setLabel(this.#short, asked.slice(0, SHORT).replace(/\s+/g, " ").trim());
    fill(this.#asked, asked);
    fill(this.#came, tool.came.slice(0, LONG));
    fill(this.#error, tool.error.slice(0, LONG));
    fill(this.#note, tool.note.slice(0, LONG));
    this.#drawLinks(tool);
  }

  #drawLinks({ links }: HostedToolFields): void {
    const now = JSON.stringify(links);
    if (now === this.#linked) return;
    this.#linked = now;
    this.#links.hidden = links.length === 0;
    this.#links.replaceChildren(
      ...links.slice(0, SOURCES).map(({ url, title }) => {
        const item = element("li");
        if (title !== "") item.append(element("span", { dir: "auto" }, title), " ");
        item.append(...site(url, ""));
        return item;
      }),
    );
  }
}

function fill(where: HTMLElement, text: string): void {
  where.hidden = text === "";
  setLabel(where, text);
}

KINDS.set("hosted_tool", {
  make: () => new HostedTool(),
  doing: words.USING_TOOL,
  apart: true,
  copied(part) {
    const tool = toolOf(part);
    const asked = part.body.trim();
    const short = asked.length > SHORT ? `${asked.slice(0, SHORT)}…` : asked;
    const title = titleOf(tool);
    if (short === "") return title;
    if (!tool.code && !short.includes("\n")) return `${title}: ${short}`;
    return `${title}:\n\n${fenced(short)}`;
  },
});
