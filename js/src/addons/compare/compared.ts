/** What a comparison has, read from what its kernel side says. Pure. */

import type { Answers } from "../../render/addons.js";
import type { Doc } from "../../wire/protocol.js";

/** The numbers of an answer, by the names of `StreamCompare.table()`. */
export type Row = Readonly<Record<string, unknown>>;

export interface ComparedAnswer {
  readonly key: string;
  readonly name: string;
  readonly row: string;
  readonly column: string;
  readonly doc: Doc | null;
  /** Its numbers; null before it has ended. */
  readonly numbers: Row | null;
}

export interface Compared {
  readonly prompt: string;
  readonly columns: number;
  /** The columns of the numbers: their names in a row, and what the table calls them. */
  readonly heads: readonly (readonly [name: string, head: string])[];
  readonly answers: readonly ComparedAnswer[];
}

const ENDS: ReadonlySet<string> = new Set(["done", "stopped", "failed", "interrupted"]);

export const isEnded = (doc: Doc | null): boolean => doc !== null && ENDS.has(doc.status);

export const textOf = (doc: Doc | null): string =>
  (doc?.parts ?? [])
    .filter(({ text }) => text)
    .map(({ body }) => body)
    .join("");

const said = (value: unknown): string => (typeof value === "string" ? value : "");

export function comparedIn(from: Answers): Compared {
  const { state, places } = from;
  const rows = Array.isArray(state.rows) ? (state.rows as unknown[]) : [];
  const answers = places
    .filter(({ key }) => key !== "")
    .map(({ key, about }, at) => {
      const doc = from.doc(key);
      // Until an answer that is asked for again has ended, its numbers are those of the version before.
      const numbers = doc === null || isEnded(doc) ? rowOf(rows[at]) : null;
      return { key, name: said(about.name), row: said(about.row), column: said(about.column), doc, numbers };
    });
  const columns = typeof state.columns === "number" && state.columns >= 1 ? Math.floor(state.columns) : 1;
  return {
    prompt: said(state.prompt),
    heads: headsOf(state.heads),
    columns: Math.min(columns, Math.max(1, answers.length)),
    answers,
  };
}

const rowOf = (value: unknown): Row | null =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Row) : null;

const MOST_HEADS = 20;

const headsOf = (value: unknown): Compared["heads"] =>
  (Array.isArray(value) ? (value as unknown[]) : [])
    .flatMap((pair): [string, string][] => {
      const [name, head] = Array.isArray(pair) ? (pair as unknown[]) : [];
      return typeof name === "string" && typeof head === "string" ? [[name, head]] : [];
    })
    .slice(0, MOST_HEADS);
