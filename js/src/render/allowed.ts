/**
 * The elements and attributes of raw HTML that are ever created. The engine already filters by its own list; this
 * second list makes a mistake there harmless.
 */

import type { Attributes } from "../markdown/tree.js";
import type { Drawing } from "./drawing.js";
import { aim, link } from "./link.js";

const words = (text: string): ReadonlySet<string> => new Set(text.split(" "));

const TAGS = words(
  "abbr b bdo big blockquote br caption center cite code dd del details dfn div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 " +
    "hr i ins kbd li mark ol p pre q rp rt ruby s samp small span strike strong sub summary sup table tbody td tfoot th " +
    "thead time tr tt u ul var wbr",
);

const ATTRIBUTES = words("align colspan datetime dir lang open reversed rowspan start title value");

export function allowedElement(drawing: Drawing, tag: string, attributes: Attributes): HTMLElement {
  if (tag === "a") return linkOf(drawing, attributes);
  const made = drawing.element((TAGS.has(tag) ? tag : "span") as "span");
  for (const [name, value] of Object.entries(attributes)) if (ATTRIBUTES.has(name)) made.setAttribute(name, value);
  return made;
}

function linkOf(drawing: Drawing, { href, title }: Attributes): HTMLElement {
  const made = link(drawing);
  aim(drawing, made, href ?? null, title ?? "");
  return made;
}
