/** The value of JSON that streams: a tree that only grows. */

import { type JsonToken, reader } from "./reader.js";

export interface Value {
  readonly type: "object" | "array" | "string" | "number" | "boolean" | "null";
  /** The name of the field that holds it; null in an array and at the root. */
  readonly key: string | null;
  /** Its place in its container. */
  readonly index: number;
  readonly depth: number;
  /** What an object or an array holds so far. */
  readonly children: Value[];
  /** How many of these are objects. */
  records: number;
  /** A string, or another value as it is written. */
  text: string;
  /** Nothing of it follows. */
  done: boolean;
}

export const holds = ({ type }: Value): boolean => type === "object" || type === "array";

export class Model {
  root: Value | null = null;
  /** Whether the text is no JSON from some place on. */
  broken = false;
  /** Values that have changed since the reader last emptied this. */
  readonly changed = new Set<Value>();
  readonly #read = reader((token) => this.#take(token));
  readonly #open: Value[] = [];
  /** The key of the next value; null before the key. */
  #key: string | null = null;
  /** The string that has begun and is not complete. */
  #string: Value | null = null;

  /** Read more of the text. */
  push(text: string): void {
    if (this.broken || text === "") return;
    try {
      this.#read(text);
    } catch {
      this.broken = true;
    }
  }

  #take({ kind, text, partial }: JsonToken): void {
    if (kind === "{" || kind === "[") this.#open.push(this.#add(kind === "{" ? "object" : "array", "", false));
    else if (kind === "}" || kind === "]") {
      const closed = this.#open.pop();
      if (closed) {
        closed.done = true;
        this.changed.add(closed);
      }
    } else if (this.#string === null && this.#key === null && this.#open.at(-1)?.type === "object") {
      if (!partial) this.#key = text;
    } else if (kind === "string") this.#grow(text, partial);
    else this.#add(kind, text, true);
  }

  #grow(text: string, partial: boolean): void {
    const string = this.#string ?? this.#add("string", "", false);
    string.text = text;
    string.done = !partial;
    this.#string = partial ? string : null;
    this.changed.add(string);
  }

  #add(type: Value["type"], text: string, done: boolean): Value {
    const into = this.#open.at(-1);
    const index = into?.children.length ?? 0;
    const made = { type, key: this.#key, index, depth: this.#open.length, children: [], records: 0, text, done };
    this.#key = null;
    if (into) {
      into.children.push(made);
      if (type === "object") into.records += 1;
      this.changed.add(into);
    } else this.root = made;
    return made;
  }
}

/** The records that a table can show: the root if it is a list of objects, or the one list in it; else null. */
export function recordsIn(root: Value | null): Value | null {
  const lists = root?.type === "object" ? root.children.filter(({ type }) => type === "array") : [];
  const list = root?.type === "array" ? root : lists.length === 1 ? lists[0] : undefined;
  return list !== undefined && list.records > 0 && list.records === list.children.length ? list : null;
}
