/** Adds blocks to the growing tree, removes them, and counts settled children. */

import type { Block, Box, Document, Inline, Item, List, Note, Quote, Row, Table } from "./tree.js";

/** A block with child blocks, or with blocks and inlines. */
export type Parent = Document | Quote | List | Item | Note | Box | Table | Row;

type Child = Block | Item | Row | Inline;

const children = (parent: Parent): Child[] => parent.children as Child[];

const isOpen = (child: Child): boolean => "open" in child && child.open === true && child.kind !== "math";

export function attach(parent: Parent, child: Child): void {
  children(parent).push(child);
}

export function detach(parent: Parent, child: Child): void {
  const index = children(parent).lastIndexOf(child);
  if (index >= 0) children(parent).splice(index, 1);
}

export function replace(parent: Parent, before: Child, after: Child): void {
  const index = children(parent).lastIndexOf(before);
  if (index >= 0) children(parent)[index] = after;
}

/** Advance `settled` over the children that are closed. */
export function settle(parent: Parent): void {
  const all = children(parent);
  while (parent.settled < all.length && !isOpen(all[parent.settled] as Child)) parent.settled += 1;
}
