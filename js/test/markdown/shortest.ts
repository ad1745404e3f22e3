/** What to report of a text whose tree depends on how it is fed. */

import type { Dialect } from "../../src/markdown/dialect.js";
import { shrink } from "../generate.js";
import { type Cuts, findDeviation } from "./feeding.js";

/** Pieces of one length. */
export const PLAIN: readonly Cuts[] = [[1], [2], [3], [4], [7]];

/** An exception is a deviation too. */
export function deviation(text: string, cuts: Cuts, dialect: Partial<Dialect>): string | null {
  try {
    return findDeviation(text, cuts, dialect);
  } catch (error) {
    return (error as Error).stack ?? String(error);
  }
}

/** The shortest text that deviates as well, how it is cut, and how it deviates. */
export function findShortest(text: string, dialect: Partial<Dialect>, cuts: Cuts): string {
  for (const way of [...PLAIN, cuts]) {
    const fails = (each: string) => deviation(each, way, dialect) !== null;
    if (!fails(text)) continue;
    const shortest = shrink(text, fails);
    return `${JSON.stringify(shortest)} in pieces of ${way.slice(0, shortest.length)}: ${deviation(shortest, way, dialect)}`;
  }
  return JSON.stringify(text);
}
