/** Closing anywhere gives the tree of what has come: over the prefixes of every answer of the corpus. */

import { expect, test } from "vitest";
import { CORPUS } from "../corpus/index.js";
import { SEED, sample } from "../long.js";
import { deviation, findShortest } from "./shortest.js";

/** Prefixes are taken as answers that ended there: all of them, or one of so many. */
const { every, from } = sample(16);

/**
 * One of seven is fed by character from its start; the others in longer pieces first, and by character over the last
 * twelve, where closing meets what is open.
 */
test("closing at the prefixes of every answer gives the trees of those prefixes", { timeout: 0 }, () => {
  let prefixes = 0;
  let place = 0;
  for (const { name, text } of CORPUS) {
    for (let length = 1; length <= text.length; length += 1) {
      place += 1;
      if (place % every !== from) continue;
      const prefix = text.slice(0, length);
      const cuts = [length % 7 === 0 ? 1 : Math.max(1, length - 12 - (length % 5)), 1];
      if (deviation(prefix, cuts, {})) expect.fail(`${name}, closed at ${length}: ${findShortest(prefix, {}, cuts)}`);
      prefixes += 1;
    }
  }
  expect(prefixes).toBeGreaterThanOrEqual(Math.floor(place / every));
  console.log(
    `${prefixes} of ${place} prefixes of ${CORPUS.length} answers: every ${every}th, STREAMCELL_SEED=${SEED}`,
  );
});
