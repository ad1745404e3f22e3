/** The wire between kernel and page: what the schema gives, and what of it the page puts together. */

import { type Doc, type FromPage, type Hello, type FromKernel as Known, type Part, WIRE } from "./generated.js";

export * from "./generated.js";

/** A snapshot written in a wire version that this page does not speak. */
export interface Foreign {
  readonly type: "foreign";
  readonly wire: number;
  readonly text: string;
}

export type FromKernel = Known | Foreign;

export type Command = Exclude<FromPage, Hello>;

/** Where a document stands in the stream of messages; `seq` counts within an `epoch`. */
export interface Place {
  readonly epoch: number;
  readonly seq: number;
}

/** Asks the kernel's shared widget for an addon. */
export interface AddonRequest {
  readonly type: "addon";
  readonly name: string;
}

/** Its answer. */
export interface FetchedAddon extends AddonRequest {
  /** The module's text; null: this kernel has no such addon. */
  readonly esm: string | null;
}

export const hello = (place: Place | null): Hello =>
  place === null ? { type: "hello", wire: WIRE } : { type: "hello", wire: WIRE, epoch: place.epoch, seq: place.seq };

/** The text of some parts; joined once for as long as the parts are the same ones. */
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
