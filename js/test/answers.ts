/** Documents and operations in few words: an answer of at most one part of each kind. */

import { EMPTY } from "../src/wire/narrow.js";
import { type Doc, type Op, type Part, textOf } from "../src/wire/protocol.js";

/** A document's fields, with the bodies of its parts by their kinds. */
export interface Flat extends Partial<Doc> {
  readonly text?: string;
  readonly reasoning?: string;
  readonly refusal?: string;
}

export const part = (kind: string, body: string, over: Partial<Part> = {}): Part => ({
  kind,
  text: kind === "text",
  open: false,
  body,
  fields: {},
  ...over,
});

/** The document with the text as its first part, and what else there is behind it. */
export function docOf({ text, reasoning, refusal, ...fields }: Flat = {}): Doc {
  const bodies = { text, reasoning, refusal };
  const said = Object.entries(bodies).filter(([, body]) => body);
  const open = fields.status === "streaming";
  const parts = said.map(([kind, body], at) => part(kind, body ?? "", { open: open && at === said.length - 1 }));
  return { ...EMPTY, parts, ...fields };
}

/** The operation by which the text grows, in a document whose first part it is. */
export const grow = (text: string): Op => ["grow", 0, text];

/** The operation by which a part begins. */
export const begin = (at: number, kind: string, body: string, over: Partial<Part> = {}): Op => [
  "part",
  at,
  part(kind, body, { open: true, ...over }),
];

/** What a document's text is, for `toMatchObject`. */
export const texts = (...bodies: string[]) => ({ parts: bodies.map((body) => ({ body })) });

export { textOf };
