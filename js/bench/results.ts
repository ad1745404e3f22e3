/** What one measurement, and several of the same, come to. */

import type { Kind } from "./documents.ts";
import type { Measurement, Memory, Work } from "./measure.ts";
import { cost, growthExponent, lastTenth, mean, median, quantile } from "./statistics.ts";

/** Milliseconds for an update, if not said otherwise. */
export interface Figures {
  /** Over the last tenth of the document: all of it, and its two parts. */
  readonly late: number;
  readonly lateScript: number;
  readonly lateLayout: number;
  /** Over the whole document. */
  readonly median: number;
  readonly p99: number;
  readonly max: number;
  readonly scriptExponent: number;
  readonly exponent: number;
  readonly noise: number;
  readonly sampled: boolean;
  readonly updates: number;
  readonly memory: Memory;
}

export interface Result {
  readonly renderer: string;
  readonly kind: Kind;
  readonly length: number;
  readonly rounds: readonly Figures[];
  readonly work: Work | null;
}

export function figures(measurement: Measurement): Figures {
  const { updates, length } = measurement;
  const costs = updates.map(cost);
  const late = lastTenth(updates, length);
  return {
    late: mean(late.map(cost)),
    lateScript: mean(late.map(({ script }) => script)),
    lateLayout: mean(late.map(({ layout }) => layout)),
    median: median(costs),
    p99: quantile(costs, 0.99),
    max: quantile(costs, 1),
    scriptExponent: growthExponent(updates, length, ({ script }) => script),
    exponent: growthExponent(updates, length),
    noise: measurement.noise,
    sampled: measurement.sampled,
    updates: updates.length,
    memory: measurement.memory,
  };
}

/** All results of a run, by what was measured. */
export class Results {
  readonly #results = new Map<string, Result>();

  add(measurement: Measurement, work: Work | null): Figures {
    const { renderer, kind, length } = measurement;
    const key = `${renderer} ${kind} ${length}`;
    const before = this.#results.get(key);
    const made = figures(measurement);
    const rounds = [...(before?.rounds ?? []), made];
    this.#results.set(key, { renderer, kind, length, rounds, work: before?.work ?? work });
    return made;
  }

  all(): readonly Result[] {
    return [...this.#results.values()];
  }

  get(renderer: string, kind: Kind, length: number): Result | undefined {
    return this.#results.get(`${renderer} ${kind} ${length}`);
  }
}

export const total = ({ script, page }: Memory): number => script + page;

/** The mean of a figure over the rounds. */
export function over(result: Result | undefined, of: (figures: Figures) => number): number | null {
  return result ? mean(result.rounds.map(of)) : null;
}

/** How many times as much as the other, round by round, so that what disturbs a whole round cancels out. */
export function ratio(
  result: Result | undefined,
  other: Result | undefined,
  of: (figures: Figures) => number,
): number | null {
  if (!result || !other) return null;
  const pairs = result.rounds.slice(0, other.rounds.length);
  return mean(pairs.map((figures, round) => of(figures) / of(other.rounds[round] as Figures)));
}
