/** The results as Markdown, ready for the documentation. */

import type { Kind } from "./documents.ts";
import { type Entry, RENDERERS } from "./renderers.ts";
import { over, type Result, type Results, ratio, total } from "./results.ts";
import type { Verdict } from "./targets.ts";

const NOTHING = "–";

export function report(results: Results, verdicts: readonly Verdict[], length: number): string {
  return [
    `Mean cost of one update (4 characters) over the last tenth of ${length / 1000} kB, in ms of the main thread, forced`,
    "layout included; in brackets, how many times that of the limit.\n",
    costs(results, length),
    "\nOurs, in ms:\n",
    details(results),
    "\nOurs against its targets:\n",
    table(
      ["", "measured", "target", ""],
      verdicts.map(({ figure, value, target, kept }) => [figure, short(value), `≤ ${target}`, kept ? "ok" : "SHORT"]),
    ),
  ].join("\n");
}

function costs(results: Results, length: number): string {
  const measured = results.all().filter((result) => result.length === length);
  const kinds = [...new Set(measured.map(({ kind }) => kind))];
  const entries = RENDERERS.filter(({ name }) => measured.some(({ renderer }) => renderer === name));
  const row = ({ name, label }: Entry): string[] => [
    label,
    ...kinds.map((kind) => costCell(results, name, kind, length)),
    memoryCell(results, name, "mixed", length),
  ];
  return table(["", ...kinds, "memory, mixed"], entries.map(row));
}

function costCell(results: Results, name: string, kind: Kind, length: number): string {
  const result = results.get(name, kind, length);
  const value = over(result, ({ late }) => late);
  const against = ratio(result, results.get("limit-dom", kind, length), ({ late }) => late);
  return value === null ? NOTHING : `${short(value)}${against === null ? "" : ` (${short(against)}×)`}`;
}

function memoryCell(results: Results, name: string, kind: Kind, length: number): string {
  const result = results.get(name, kind, length);
  const value = over(result, ({ memory }) => total(memory));
  const against = ratio(result, results.get("limit-dom", kind, length), ({ memory }) => total(memory));
  return value === null ? NOTHING : `${short(value / 1e6)} MB${against === null ? "" : ` (${short(against)}×)`}`;
}

function details(results: Results): string {
  const ours = RENDERERS.filter(({ role }) => role === "ours").map(({ name }) => name);
  const row = (result: Result): string[] => {
    const figure = (of: Parameters<typeof over>[1]): string => short(over(result, of) as number);
    const { work } = result;
    return [
      result.renderer,
      `${result.kind}, ${result.length / 1000} kB`,
      figure(({ lateScript }) => lateScript),
      figure(({ lateLayout }) => lateLayout),
      figure(({ median }) => median),
      figure(({ p99 }) => p99),
      figure(({ max }) => max),
      figure(({ scriptExponent }) => scriptExponent),
      figure(({ exponent }) => exponent),
      `${figure(({ memory }) => memory.script / 1e6)} + ${figure(({ memory }) => memory.page / 1e6)} MB`,
      work?.scanned ? short(work.scanned / result.length) : NOTHING,
      work ? `${short(work.created / work.final)} of ${work.final}` : NOTHING,
    ];
  };
  const head = ["", "document", "script late", "layout late", "median", "p99", "max", "growth of script", "growth"];
  const rows = results.all().filter(({ renderer }) => ours.includes(renderer));
  return table([...head, "memory, script + page", "scanned / length", "created / final nodes"], rows.map(row));
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, column) => (column === 0 ? "---" : "---:"))), ...rows.map(line)].join("\n");
}

/** Two figures that count, three from a hundred on. */
export function short(value: number): string {
  const size = Math.abs(value);
  if (size >= 9.95) return value.toFixed(0);
  if (size >= 0.995) return value.toFixed(1);
  return value.toFixed(size >= 0.0995 ? 2 : 3);
}
