/** The sources that an answer names, as a list below it, each with its address in plain sight. */

import { element } from "../../render/element.js";
import { CITATION_FIELDS_SHAPE } from "../../wire/generated.js";
import { read } from "../../wire/narrow.js";
import type { Part } from "../../wire/protocol.js";
import * as words from "../../words.js";
import { KINDS } from "./kinds.js";

const citationOf = ({ fields }: Part) =>
  read(CITATION_FIELDS_SHAPE, fields) as { number: number; url: string; title: string };

/** A link for what a browser opens in a page of its own; anything else stays text. */
export function target(url: string): HTMLElement {
  if (!/^https?:\/\//i.test(url)) return element("span", {}, url);
  return element("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, url);
}

function item(part: Part): HTMLElement {
  const { number, url, title } = citationOf(part);
  const made = element("li", { value: String(number) });
  if (title !== "") made.append(element("span", { dir: "auto" }, title), " ");
  made.append(target(url));
  return made;
}

KINDS.set("citation", {
  make() {
    const list = element("ol");
    const root = element(
      "section",
      { class: "sc-sources", "aria-label": words.SOURCES },
      element("div", {}, words.SOURCES),
      list,
    );
    return { root, update: (parts) => list.replaceChildren(...parts.map(item)) };
  },
  joins: () => true,
  foot: true,
  copied(part) {
    const { number, url, title } = citationOf(part);
    return `${number}. ${[title, /^https?:/i.test(url) ? `<${url}>` : url].filter(Boolean).join(", ")}`;
  },
});
