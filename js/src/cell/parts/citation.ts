/** The sources that an answer cites, as a list below it: pages with their host visible, and files. */

import { element } from "../../render/element.js";
import { CITATION_FIELDS_SHAPE, type CitationFields } from "../../wire/generated.js";
import { read } from "../../wire/narrow.js";
import type { Part } from "../../wire/protocol.js";
import * as words from "../../words.js";
import { KINDS } from "./kinds.js";
import { copiedSite, literal, site } from "./site.js";

const citationOf = ({ fields }: Part) => read(CITATION_FIELDS_SHAPE, fields) as CitationFields;

function item(part: Part): HTMLElement {
  const { number, url, title, file } = citationOf(part);
  const made = element("li", { value: String(number) });
  if (url !== "") made.append(...site(url, title));
  else if (title !== "") made.append(element("span", { dir: "auto" }, title));
  if (url === "" && file !== "") made.append(element("code", { class: "sc-site" }, file));
  return made;
}

KINDS.set("citation", {
  make() {
    const list = element("ol");
    const root = element(
      "section",
      { class: "sc-sources", role: "group", "aria-label": words.SOURCES },
      element("div", {}, words.SOURCES),
      list,
    );
    return { root, update: (parts) => list.replaceChildren(...parts.map(item)) };
  },
  joins: () => true,
  foot: true,
  heading: words.SOURCES,
  copied(part) {
    const { number, url, title, file } = citationOf(part);
    const target = url === "" ? file && `\`${file.replaceAll("`", "")}\`` : copiedSite(url);
    return `${number}. ${[literal(title), target].filter(Boolean).join(", ")}`;
  },
});
