/** Closing anywhere gives the tree of what has come: over every prefix of every answer of the corpus. */

import { expect, test } from "vitest";
import { CORPUS } from "../corpus/index.js";
import { deviation, findShortest } from "./shortest.js";

/**
 * Each prefix of each answer is taken as an answer that ended there. One of seven is fed by character from its start;
 * the others in longer pieces first, and by character over the last twelve, where closing meets what is open.
 */
test("closing at every prefix of every answer gives the tree of that prefix", { timeout: 120_000 }, () => {
  let prefixes = 0;
  for (const { name, text } of CORPUS) {
    for (let length = 1; length <= text.length; length += 1) {
      const prefix = text.slice(0, length);
      const cuts = [length % 7 === 0 ? 1 : Math.max(1, length - 12 - (length % 5)), 1];
      if (deviation(prefix, cuts, {})) expect.fail(`${name}, closed at ${length}: ${findShortest(prefix, {}, cuts)}`);
      prefixes += 1;
    }
  }
  expect(prefixes).toBe(CORPUS.reduce((sum, { text }) => sum + text.length, 0));
  console.log(`${prefixes} prefixes of ${CORPUS.length} answers`);
});
