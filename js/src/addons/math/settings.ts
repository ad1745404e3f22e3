/** What a formula may cost and do. */

/** Characters of TeX; longer than any formula that is read. */
export const LONGEST = 10_000;

/** Elements: a matrix of 20 by 20 has 800. */
export const MOST_ELEMENTS = 5000;

/** Elements within each other; layout slows down with depth. */
export const DEEPEST = 150;

/** In em, the most that one length may be. */
export const LONGEST_LENGTH = 40;

/** In em, how far a formula may move things against the flow, all in all: enough for accents, not for leaving its place. */
export const MOST_BACKWARDS = 12;

/** Expansions of macros; a formula that makes its own could double its length with each. */
export const EXPANSIONS = 1000;
export const EXPANSIONS_OF_OWN = 100;
