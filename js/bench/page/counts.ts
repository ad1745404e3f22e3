/** Counts the DOM nodes that are made, without an observer: the functions that make them are wrapped meanwhile. */

export interface Counts {
  readonly created: number;
  /** Those in the page at the end. */
  readonly final: number;
}

type Method = (this: unknown, ...values: unknown[]) => unknown;

/** Functions and how many nodes one call makes. */
const MAKERS: readonly [
  prototype: object,
  names: readonly string[],
  made: (values: unknown[], result: unknown) => number,
][] = [
  [Document.prototype, ["createElement", "createElementNS", "createTextNode", "createComment", "importNode"], one],
  [Node.prototype, ["cloneNode"], (_, result) => nodesIn(result as Node)],
  [Text.prototype, ["splitText"], one],
  [Element.prototype, ["append", "prepend", "replaceChildren", "before", "after", "replaceWith"], strings],
  [DocumentFragment.prototype, ["append", "prepend", "replaceChildren"], strings],
  [CharacterData.prototype, ["before", "after", "replaceWith"], strings],
  [Element.prototype, ["insertAdjacentText"], one],
];

export function countNodes(root: HTMLElement, work: () => void): Counts {
  let created = 0;
  const restore: (() => void)[] = [];
  for (const [prototype, names, made] of MAKERS) {
    for (const name of names) {
      const wrapped = Object.getOwnPropertyDescriptor(prototype, name) as PropertyDescriptor & { value: Method };
      Object.defineProperty(prototype, name, {
        ...wrapped,
        value(this: unknown, ...values: unknown[]) {
          const result = wrapped.value.apply(this, values);
          created += made(values, result);
          return result;
        },
      });
      restore.push(() => Object.defineProperty(prototype, name, wrapped));
    }
  }
  restore.push(countTextContent(() => (created += 1)));
  try {
    work();
  } finally {
    for (const each of restore) each();
  }
  return { created, final: nodesIn(root) - 1 };
}

function countTextContent(made: () => void): () => void {
  const wrapped = Object.getOwnPropertyDescriptor(Node.prototype, "textContent") as Required<PropertyDescriptor>;
  Object.defineProperty(Node.prototype, "textContent", {
    ...wrapped,
    set(this: Node, value: string | null) {
      wrapped.set.call(this, value);
      if (!(this instanceof CharacterData) && value) made();
    },
  });
  return () => Object.defineProperty(Node.prototype, "textContent", wrapped);
}

function one(): number {
  return 1;
}

function strings(values: unknown[]): number {
  return values.filter((value) => typeof value === "string").length;
}

function nodesIn(root: Node): number {
  const walker = document.createTreeWalker(root);
  let count = 1;
  while (walker.nextNode()) count += 1;
  return count;
}
