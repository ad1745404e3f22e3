/**
 * How much of a long test is run: all of it with `STREAMCELL_LONG=1`, a sample otherwise.
 *
 * `STREAMCELL_SEED` says which sample; `make test` takes the same one each time.
 */

export const LONG = Boolean(process.env.STREAMCELL_LONG);
export const SEED = Number(process.env.STREAMCELL_SEED ?? 0);

/** One of `every`, from an offset that the seed chooses; with `LONG` all. */
export function sample(every: number): { readonly every: number; readonly from: number } {
  return LONG ? { every: 1, from: 0 } : { every, from: SEED % every };
}
