/** The turns of a conversation as a tree, as `answer/turns.py` has it: which of them are shown. Pure. */

import type { Place } from "../../render/addons.js";

/** What a turn follows: a turn and the version of its answer; null: it is a first turn. */
export type After = readonly [number, number] | null;

export interface Turn {
  readonly number: number;
  readonly after: After;
  readonly key: string;
  readonly question: string;
  readonly files: readonly string[];
  readonly leftOut: number;
}

/** A turn that is shown, and the turns that follow the same: the other forms of its question. */
export interface Shown {
  readonly turn: Turn;
  readonly siblings: readonly number[];
}

const nameOf = (after: After): string => JSON.stringify(after);

const isAfter = (value: unknown): value is After =>
  value === null || (Array.isArray(value) && value.length === 2 && value.every(Number.isInteger));

/** The turns in places; what is no turn is left out. */
export function turnsIn(places: readonly Place[]): Turn[] {
  return places.flatMap(({ key, about }): Turn[] => {
    const { turn, after = null, question, files, left_out } = about;
    if (key === "" || !Number.isInteger(turn) || !isAfter(after)) return [];
    return [
      {
        number: turn as number,
        after,
        key,
        question: String(question ?? ""),
        files: Array.isArray(files) ? files.map(String) : [],
        leftOut: Number(left_out) || 0,
      },
    ];
  });
}

/** Which turn is chosen after what, from the state of the kernel's side. */
export function chosenIn(state: Readonly<Record<string, unknown>>): Map<string, number> {
  const pairs = Array.isArray(state.chosen) ? (state.chosen as unknown[]) : [];
  const chosen = new Map<string, number>();
  for (const pair of pairs) {
    if (Array.isArray(pair) && isAfter(pair[0]) && Number.isInteger(pair[1])) chosen.set(nameOf(pair[0]), pair[1]);
  }
  return chosen;
}

/** Choose a turn in place of the others that follow the same. */
export const choose = (chosen: ReadonlyMap<string, number>, { after, number }: Turn): Map<string, number> =>
  new Map([...chosen, [nameOf(after), number]]);

/** The turns of the branch that is shown; `version` is the index of the version of an answer that is shown. */
export function pathOf(
  turns: readonly Turn[],
  chosen: ReadonlyMap<string, number>,
  version: (turn: Turn) => number,
): Shown[] {
  const following = new Map<string, Turn[]>();
  for (const turn of turns) {
    const name = nameOf(turn.after);
    following.set(name, [...(following.get(name) ?? []), turn]);
  }
  const found: Shown[] = [];
  let after: After = null;
  // Each step leads to a turn that was not shown before, unless the notebook was damaged.
  while (found.length < turns.length) {
    const branches: Turn[] = [...(following.get(nameOf(after)) ?? [])].sort((a, b) => a.number - b.number);
    const wanted = chosen.get(nameOf(after));
    const turn: Turn | undefined = branches.find(({ number }) => number === wanted) ?? branches.at(-1);
    if (!turn) break;
    found.push({ turn, siblings: branches.map(({ number }) => number) });
    after = [turn.number, version(turn)];
  }
  return found;
}
