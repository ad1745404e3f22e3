/** The addon that compares two texts word by word. */

import { diffLines, diffWordsWithSpace } from "diff";
import type { Change, Differences } from "../render/addons.js";

/** Milliseconds for a comparison: of very different texts it takes as long as the product of their lengths. */
const PATIENCE = 500;

export const differences: Differences = {
  compare(before, after) {
    const options = { timeout: PATIENCE };
    const found = diffWordsWithSpace(before, after, options) ?? diffLines(before, after, options);
    return (
      found?.map(
        ({ value, added, removed }): Change => ({
          kind: added ? "added" : removed ? "removed" : "same",
          text: value,
        }),
      ) ?? null
    );
  },
};
