/**
 * Where each answer is shown, in all notebooks and outputs of the page, and the last content of forgotten answers.
 *
 * One answer may be in a notebook and in its copy, in an Output widget and in a box. It is deleted if it is in none.
 */

import { isTerminal } from "../../wire/store.js";
import { type GroupContent, type Handle, shared } from "../handles.js";
import type { Saved, Words } from "./output.js";

export const wordsOf = (handle: Handle): Words => ({
  document: handle.document(),
  markdown: handle.markdown?.() ?? null,
  others: handle.others?.() ?? null,
});

/** A notebook that is open in the page. */
export interface Shelf {
  readonly isDisposed: boolean;
  holds(key: string): boolean;
}

/** How many forgotten answers are remembered: a deletion can be undone, and a cut cell can be pasted. */
const MOST = 100;

const shelves = new Set<Shelf>();
const outputs = new Map<string, number>();
const lastWords = new Map<string, Words>();
const lastContents = new Map<string, GroupContent>();

export function addShelf(shelf: Shelf): void {
  shelves.add(shelf);
}

/** Note that an output shows the answer, in a notebook or elsewhere; the returned function removes it. */
export function addOutput(key: string): () => void {
  outputs.set(key, (outputs.get(key) ?? 0) + 1);
  return () => {
    const left = (outputs.get(key) ?? 0) - 1;
    if (left > 0) outputs.set(key, left);
    else outputs.delete(key);
  };
}

/** Whether the answer is shown, or would be after scrolling, anywhere in the page. */
export function isSomewhere(key: string): boolean {
  for (const shelf of [...shelves]) {
    if (shelf.isDisposed) shelves.delete(shelf);
    else if (shelf.holds(key)) return true;
  }
  if (outputs.has(key) || (shared().cells.get(key)?.views?.size ?? 0) > 0) return true;
  // A group that is somewhere shows all of its answers, also those that its layout does not show now.
  return [...shared().cells].some(([of, { group }]) => group && has(group(), key) && isSomewhere(of));
}

const has = ({ places }: GroupContent, key: string): boolean => places.some((place) => place.key === key);

/** What a group shows, or showed last; null if it is not known. */
export const contentOf = (key: string): GroupContent | null =>
  shared().cells.get(key)?.group?.() ?? lastContents.get(key) ?? null;

/** Let the kernel forget a cell, and remember the present content of its answer. */
export function forget(key: string): void {
  const handle = shared().cells.get(key);
  if (!handle) return;
  const content = handle.group?.();
  if (content) {
    remember(lastContents, key, content);
    for (const { key: inside } of content.places) if (inside !== "" && !isSomewhere(inside)) forget(inside);
    handle.forget();
    return;
  }
  const words = wordsOf(handle);
  // Its stream ends with this.
  const status = handle.ended() ? words.document.status : "stopped";
  remember(lastWords, key, { ...words, document: { ...words.document, status } });
  handle.forget();
}

function remember<T>(all: Map<string, T>, key: string, value: T): void {
  all.set(key, value);
  const [oldest] = all.keys();
  if (all.size > MOST && oldest !== undefined) all.delete(oldest);
}

/** The last content of a forgotten answer, if the saved one is older: an ended answer was saved at its end. */
export const recall = ({ key, doc }: Saved): Words | null => (isTerminal(doc) ? null : (lastWords.get(key) ?? null));
