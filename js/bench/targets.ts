/** What ours promises, and whether it keeps it. */

import type { Kind } from "./documents.ts";
import { over, type Results, ratio, total } from "./results.ts";

export interface Verdict {
  readonly figure: string;
  readonly value: number;
  readonly target: number;
  readonly kept: boolean;
}

/** Cost of an update at the end of the document, against appending the final nodes ready-made. */
const COST: Readonly<Partial<Record<Kind, number>>> = { mixed: 1.5, para: 1, fence: 1, list: 1, table: 1 };
const P99 = 4;
const EXPONENT = 0.1;
const MEMORY = 2;
const SCANNED = 3;
const CREATED = 1.5;
/** Where a wall-clock millisecond holds less CPU than this says, the machine is not quiet, and p99 tells nothing. */
export const QUIET = 1.25;

export function verdicts(results: Results, length: number, long: number): readonly Verdict[] {
  const made: Verdict[] = [];
  function say(figure: string, value: number | null, target: number | undefined): void {
    if (value !== null && target !== undefined) made.push({ figure, value, target, kept: value <= target });
  }
  const kinds = Object.keys(COST) as Kind[];
  const isQuiet = (over(results.get("limit-text", "mixed", length), ({ noise }) => noise) ?? 1) <= QUIET;
  for (const kind of kinds) {
    const [ours, limit] = [results.get("streamcell", kind, length), results.get("limit-dom", kind, length)];
    say(
      `${kind}: cost of a late update / limit-dom`,
      ratio(ours, limit, ({ late }) => late),
      COST[kind],
    );
    if (isQuiet)
      say(
        `${kind}: p99 of an update, ms`,
        over(ours, ({ p99 }) => p99),
        P99,
      );
    say(
      `${kind}: memory / limit-dom`,
      ratio(ours, limit, ({ memory }) => total(memory)),
      MEMORY,
    );
    const work = ours?.work;
    say(`${kind}: characters scanned / length`, work?.scanned ? work.scanned / length : null, SCANNED);
    say(`${kind}: nodes created / final`, work ? work.created / work.final : null, CREATED);
  }
  for (const kind of kinds) {
    const ours = results.get("streamcell", kind, long);
    say(
      `${kind} to ${long / 1000} kB: growth exponent of script`,
      over(ours, (each) => each.scriptExponent),
      EXPONENT,
    );
  }
  return made;
}
