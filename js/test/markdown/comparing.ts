/** How texts are read to compare the trees with other readers': by the specification alone. */

import type { Dialect } from "../../src/markdown/dialect.js";
import { Engine } from "../../src/markdown/engine.js";
import type { Policy } from "../../src/markdown/links.js";
import { html } from "./html.js";

const encode = (url: string) => encodeURI(url).replace(/%25([0-9a-f]{2})/gi, "%$1");

/** The specification has none. */
export const OPEN: Policy = { href: encode, image: (url) => ({ src: encode(url), host: "" }) };

export const COMMONMARK: Dialect = { gfm: false, math: false, habits: false, html: "raw", policy: OPEN };

/** The HTML of a text that comes in these pieces. */
export function read(pieces: Iterable<string>, dialect: Partial<Dialect> = COMMONMARK): string {
  const engine = new Engine(dialect);
  for (const piece of pieces) engine.push(piece);
  engine.end();
  return html(engine.document);
}
