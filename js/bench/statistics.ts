/** What is made of the measured updates: pure arithmetic. Times are in milliseconds, positions in characters. */

/** One update: where in the document it began, and what it took on the main thread. */
export interface Update {
  readonly at: number;
  readonly script: number;
  readonly layout: number;
}

export const cost = (update: Update): number => update.script + update.layout;

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The smallest value that at least this share of the values do not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** The updates of the last tenth of a document. */
export function lastTenth(updates: readonly Update[], length: number): readonly Update[] {
  return updates.filter((update) => update.at >= length * 0.9);
}

const BINS = 12;
/** What comes before is left out: there the engine is still being compiled. */
const FROM = 0.04;

/**
 * The `k` of `cost ~ position ** k`: the slope of a straight line through the logarithms of means over bins, which are
 * equally wide on the logarithmic scale, so that the long tail of the document does not drown its beginning.
 */
export function growthExponent(
  updates: readonly Update[],
  length: number,
  of: (update: Update) => number = cost,
): number {
  const bins = Array.from({ length: BINS }, (): number[] => []);
  const width = -Math.log(FROM) / BINS;
  for (const update of updates) {
    const bin = Math.floor(Math.log(update.at / length / FROM) / width);
    bins[bin]?.push(of(update));
  }
  const points = bins.flatMap((values, bin) =>
    values.length > 0 ? [{ x: (bin + 0.5) * width, y: Math.log(Math.max(mean(values), 1e-6)) }] : [],
  );
  const middle = { x: mean(points.map(({ x }) => x)), y: mean(points.map(({ y }) => y)) };
  const rise = points.reduce((sum, { x, y }) => sum + (x - middle.x) * (y - middle.y), 0);
  const run = points.reduce((sum, { x }) => sum + (x - middle.x) ** 2, 0);
  return rise / run;
}
