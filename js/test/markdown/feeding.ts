/** Ways to hand a text to an engine, and what must come of it whichever is taken. */

import type { Dialect } from "../../src/markdown/dialect.js";
import { Engine, parse } from "../../src/markdown/engine.js";
import { findDifference } from "./trees.js";

/** Lengths of the pieces; the last one is used again until the text ends. */
export type Cuts = readonly number[];

export function* pieces(text: string, cuts: Cuts): Generator<string> {
  let at = 0;
  for (let index = 0; at < text.length; index += 1) {
    const end = at + Math.max(1, cuts[Math.min(index, cuts.length - 1)] as number);
    yield text.slice(at, end);
    at = end;
  }
}

/** Also between the halves of a pair of surrogates, and of a line's end. */
export function randomCuts(random: () => number, length: number): Cuts {
  const longest = 1 + Math.floor(random() ** 2 * Math.min(60, length));
  const cuts: number[] = [];
  for (let sum = 0; sum < length; ) {
    const next = 1 + Math.floor(random() * longest);
    cuts.push(next);
    sum += next;
  }
  return cuts.length > 0 ? cuts : [1];
}

/** How the tree of a text fed in pieces differs from that of the whole text; null: it does not. */
export function findDeviation(text: string, cuts: Cuts, dialect: Partial<Dialect> = {}): string | null {
  const engine = new Engine(dialect);
  for (const piece of pieces(text, cuts)) engine.push(piece);
  engine.end();
  return findDifference(engine.document, parse(text, dialect));
}
