/** Limits for a formula. */

/** Characters of TeX; longer than any formula that people read. */
export const LONGEST = 10_000;

/** The most elements; a matrix of 20 by 20 has 800. */
export const MOST_ELEMENTS = 5000;

/** The deepest nesting of elements; layout becomes slower with depth. */
export const DEEPEST = 150;

/** The longest single length, in em. */
export const LONGEST_LENGTH = 40;

/** How far a formula may move things backwards in total, in em: enough for accents, but not to leave its place. */
export const MOST_BACKWARDS = 12;

/** The most macro expansions; fewer if a formula defines macros, because each could double its length. */
export const EXPANSIONS = 1000;
export const EXPANSIONS_OF_OWN = 100;
