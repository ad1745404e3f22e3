/** Which DOM node stands for which block of the tree. Throws where the page is not built as this believes. */

import type { Block, Document, Inline, Item, Note, Row } from "../../src/markdown/tree.js";

export interface Closable {
  readonly kind: string;
  readonly open: boolean;
}

type Pair = readonly [node: Node, block: Closable];
type Child = Block | Item | Row | Inline | { readonly kind: "cell"; readonly open: boolean };

export function* drawn(root: Element, document: Document): Generator<Pair> {
  const sections = [...root.querySelectorAll(":scope > .sc-section")];
  yield* pairs(
    sections.flatMap((section) => [...section.childNodes]),
    document.children,
  );
  const notes = root.querySelectorAll(":scope > .sc-notes > ol > li");
  for (const [index, note] of document.notes.entries()) {
    const dom = notes[index];
    if (dom === undefined) throw new Error(`note ${index} is not in the page`);
    yield* ofNote(dom, note);
  }
}

function* ofNote(dom: Element, note: Note): Generator<Pair> {
  yield [dom, note];
  yield* pairs([...(dom.firstElementChild?.childNodes ?? [])], note.children);
}

function* pairs(nodes: readonly Node[], children: readonly Child[]): Generator<Pair> {
  if (nodes.length !== children.length) {
    throw new Error(`${nodes.length} nodes in the page stand for ${children.map(({ kind }) => kind).join(", ")}`);
  }
  for (const [index, child] of children.entries()) {
    const node = nodes[index] as Node;
    if ("open" in child && child.kind !== "math") yield [node, child];
    yield* within(node as Element, child);
  }
}

function* within(dom: Element, block: Child): Generator<Pair> {
  switch (block.kind) {
    case "quote": {
      const nodes = [...dom.childNodes];
      yield* pairs(block.alert === null ? nodes : nodes.slice(1), block.children);
      break;
    }
    case "box":
      yield* pairs([...dom.childNodes], block.children);
      break;
    case "item": {
      const nodes = [...dom.childNodes];
      yield* pairs(block.checked === null ? nodes : nodes.slice(1), block.children);
      break;
    }
    case "list":
      yield* pairs([...dom.querySelectorAll(":scope > li, :scope > .sc-items > li")], block.children);
      break;
    case "table":
      yield* pairs([...dom.querySelectorAll(":scope > table > * > tr")], block.children);
      break;
    case "row":
      yield* pairs([...dom.childNodes], block.children);
      break;
  }
}
