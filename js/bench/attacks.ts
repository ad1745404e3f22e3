/**
 * `node attacks.ts`: what the texts of an attacker cost the Markdown engine as they come by four characters, beside words of
 * the same length, in one run. `js/test/markdown/attacks.test.ts` has the counts; these are the times.
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import type { Engine } from "../src/markdown/engine.js";

const LENGTHS = [6_000, 12_000, 25_000, 50_000];
const PIECE = 4;

interface Sources {
  readonly ATTACKS: Readonly<Record<string, (length: number) => string>>;
  readonly Engine: new () => Engine;
}

async function load(): Promise<Sources> {
  const { outputFiles } = await build({
    stdin: {
      contents: 'export * from "../test/markdown/attacks.js"; export { Engine } from "../src/markdown/engine.js";',
      resolveDir: import.meta.dirname,
      loader: "ts",
    },
    bundle: true,
    write: false,
    format: "esm",
    logLevel: "error",
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0]?.text ?? "").toString("base64")}`);
}

const { ATTACKS, Engine: Made } = await load();

function cost(text: string): { readonly ms: number; readonly scanned: number } {
  const engine = new Made();
  const begun = process.cpuUsage();
  for (let at = 0; at < text.length; at += PIECE) engine.push(text.slice(at, at + PIECE));
  engine.end();
  const { user, system } = process.cpuUsage(begun);
  return { ms: (user + system) / 1000, scanned: engine.scanned / text.length };
}

const words = (length: number): string => "some words of a text, ".repeat(length).slice(0, length);

cost(words(50_000)); // so that the first one measured is compiled too
const plain = LENGTHS.map((length) => cost(words(length)).ms / length);

const rows = Object.entries(ATTACKS).map(([name, make]) => {
  const costs = LENGTHS.map((length) => {
    const text = make(length);
    return { length: text.length, ...cost(text) };
  });
  const [first, last] = [costs[0], costs.at(-1)] as [(typeof costs)[0], (typeof costs)[0]];
  const growth = Math.log(last.ms / Math.max(first.ms, 0.5)) / Math.log(last.length / first.length);
  const times = last.ms / last.length / (plain.at(-1) as number);
  return { name, costs, growth, times, scanned: last.scanned };
});
rows.sort((one, other) => other.times - one.times);

const lines = [
  `| text | ${LENGTHS.map((length) => `${length / 1000} kB, ms`).join(" | ")} | growth | of the cost of words | scanned / length |`,
  `|---|${LENGTHS.map(() => "---:").join("|")}|---:|---:|---:|`,
  ...rows.map(
    ({ name, costs, growth, times, scanned }) =>
      `| ${name} | ${costs.map(({ ms }) => ms.toFixed(1)).join(" | ")} | ${growth.toFixed(2)} | ${times.toFixed(1)}× | ${scanned.toFixed(1)} |`,
  ),
];
const table = `${lines.join("\n")}\n`;
console.log(table);
const folder = join(import.meta.dirname, "../../bench-results");
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, "attacks.md"), table);
