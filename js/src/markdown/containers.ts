/** What is kept of a container while it is open. */

import type { Parent } from "./blocks.js";
import type { Marker } from "./line.js";
import type { Box, Document, Item, List, Note, Quote } from "./tree.js";

export interface Container {
  readonly type: "document" | "quote" | "list" | "item" | "note";
  readonly node: Document | Quote | List | Item | Note;
  /** What it was put into; null: it stands elsewhere (a footnote), or nowhere (the document). */
  readonly parent: Parent | null;
  readonly indent: number;
  /** Elements of raw HTML that are open in it. */
  readonly boxes: Box[];
  /** A list's. */
  readonly marker: Marker | null;
  filled: boolean;
  /** The number of the last blank line that counts for it. */
  blank: number;
}

export function container(
  type: Container["type"],
  node: Container["node"],
  parent: Parent | null,
  indent = 0,
  marker: Marker | null = null,
): Container {
  return { type, node, parent, indent, boxes: [], marker, filled: false, blank: -1 };
}

export const isSameList = (one: Marker, other: Marker): boolean =>
  one.sign === other.sign && (one.start === null) === (other.start === null);
