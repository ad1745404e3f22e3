/** The protocol between kernel and page: the types of the schema, and what the page adds to them. */

import { type Doc, type FromPage, type Hello, type FromKernel as Known, type Part, WIRE } from "./generated.js";

export * from "./generated.js";

/** A snapshot in a protocol version that this page does not support. */
export interface Foreign {
  readonly type: "foreign";
  readonly wire: number;
  readonly text: string;
}

export type FromKernel = Known | Foreign;

export type Command = Exclude<FromPage, Hello>;

/** The position of a document in the stream of messages; `seq` counts within an `epoch`. */
export interface Place {
  readonly epoch: number;
  readonly seq: number;
}

/** Requests an addon from the kernel's shared widget. */
export interface AddonRequest {
  readonly type: "addon";
  readonly name: string;
}

/** The reply to it. */
export interface FetchedAddon extends AddonRequest {
  /** The module's text; null: this kernel has no such addon. */
  readonly esm: string | null;
}

export const hello = (place: Place | null): Hello =>
  place === null ? { type: "hello", wire: WIRE } : { type: "hello", wire: WIRE, epoch: place.epoch, seq: place.seq };

/** A cache of joined texts, by the list of parts. */
const texts = new WeakMap<readonly Part[], string>();

/** The answer's text. */
export function textOf({ parts }: Pick<Doc, "parts">): string {
  let text = texts.get(parts);
  if (text === undefined) {
    text = parts.map((part) => (part.text ? part.body : "")).join("");
    texts.set(parts, text);
  }
  return text;
}
