/**
 * `node run.ts`: measures renderers of streamed Markdown side by side in Chromium, prints the ratios and writes them to
 * bench-results/. `--help` lists the options.
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { bundle } from "./bundle.ts";
import { Chromium } from "./chromium.ts";
import { KINDS, type Kind } from "./documents.ts";
import { countWork, type Measurement, measure, Page, type Work } from "./measure.ts";
import { RENDERERS } from "./renderers.ts";
import { report, short } from "./report.ts";
import { type Figures, Results, total } from "./results.ts";
import { Pages } from "./server.ts";
import { verdicts } from "./targets.ts";

const OPTIONS = {
  renderers: { type: "string" },
  kinds: { type: "string" },
  length: { type: "string", default: "100000" },
  long: { type: "string", default: "500000" },
  chunk: { type: "string", default: "4" },
  rounds: { type: "string", default: "2" },
  budget: { type: "string", default: "3000" },
  "no-peers": { type: "boolean", default: process.env.BENCH_PEERS === "0" },
  help: { type: "boolean", default: false },
} as const;

const HELP = `node run.ts [options]
  --renderers A,B   only these: ${RENDERERS.map(({ name }) => name).join(" ")}
  --no-peers        only ours and the limits; the same as BENCH_PEERS=0
  --kinds A,B       only these documents: ${KINDS.join(" ")}
  --length N        characters of a document (100000)
  --long N          characters of the documents on which growth is measured (500000); 0: none
  --chunk N         characters in an update (4)
  --rounds N        how often ours and the limit are measured in turns (2)
  --budget N        milliseconds, beyond which a limit or a peer is sampled instead of measured throughout (3000)`;

/** On these the peers are measured too; the others are for ours. */
const SHARED: readonly Kind[] = ["mixed", "para", "fence", "list", "table"];
/** Milliseconds for one measurement, far more than the slowest takes. */
const LIMIT = 300_000;

interface Step {
  readonly renderer: string;
  readonly kind: Kind;
  readonly length: number;
  readonly budget: number | null;
  /** Whether the work is counted as well. */
  readonly counted: boolean;
}

type Choice = ReturnType<typeof choose>;

function choose() {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) {
    console.log(HELP);
    process.exit();
  }
  const names = values.renderers?.split(",");
  const kinds = values.kinds?.split(",");
  for (const name of names ?? []) if (!RENDERERS.some((entry) => entry.name === name)) throw new Error(`no ${name}`);
  for (const kind of kinds ?? []) if (!KINDS.includes(kind as Kind)) throw new Error(`no document ${kind}`);
  return {
    renderers: RENDERERS.filter(({ name, role }) =>
      names ? names.includes(name) : role !== "peer" || !values["no-peers"],
    ),
    kinds: KINDS.filter((kind) => kinds?.includes(kind) ?? true),
    length: Number(values.length),
    long: Number(values.long),
    chunk: Number(values.chunk),
    rounds: Number(values.rounds),
    budget: Number(values.budget),
  };
}

function plan({ renderers, kinds, length, long, rounds, budget }: Choice): Step[] {
  const steps: Step[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const kind of kinds) {
      for (const { name, role } of renderers) {
        const again = role !== "peer" && SHARED.includes(kind) && name !== "streamcell-highlight";
        if (round > 0 && !again) continue;
        if (role === "peer" && !SHARED.includes(kind)) continue;
        const ours = role === "ours";
        steps.push({ renderer: name, kind, length, budget: ours ? null : budget, counted: ours && round === 0 });
      }
    }
  }
  if (long > 0 && renderers.some(({ name }) => name === "streamcell")) {
    for (const kind of kinds.filter((each) => SHARED.includes(each))) {
      steps.push({ renderer: "streamcell", kind, length: long, budget: null, counted: false });
    }
  }
  return steps;
}

/** Takes the steps in turn; a browser that fails or hangs costs one step, not the run. */
class Bench {
  readonly #path: string;
  readonly #pages: Pages;
  readonly #chunk: number;
  #chromium: Chromium | null = null;

  constructor(path: string, pages: Pages, chunk: number) {
    this.#path = path;
    this.#pages = pages;
    this.#chunk = chunk;
  }

  async version(): Promise<string> {
    return (await this.#browser().send<{ product: string }>("Browser.getVersion")).product;
  }

  async take(step: Step): Promise<{ measurement: Measurement; work: Work | null }> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`took longer than ${LIMIT / 1000} s`)), LIMIT);
    });
    try {
      return await Promise.race([this.#measure(step), late]);
    } catch (error) {
      await this.close();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    await this.#chromium?.close();
    this.#chromium = null;
  }

  #browser(): Chromium {
    this.#chromium ??= new Chromium(this.#path);
    return this.#chromium;
  }

  async #measure({ renderer, kind, length, budget, counted }: Step) {
    const page = await Page.open(this.#browser(), this.#pages.address(renderer));
    const task = { kind, length, chunk: this.#chunk, budget };
    const measurement = await measure(page, renderer, task);
    const work = counted ? await countWork(page, task) : null;
    await page.close();
    return { measurement, work };
  }
}

function line(step: Step, figures: Figures): string {
  const name = `${step.renderer} on ${step.kind}, ${step.length / 1000} kB`;
  const cost = `${short(figures.late)} ms late (script ${short(figures.lateScript)}, layout ${short(figures.lateLayout)})`;
  const rest = `p99 ${short(figures.p99)} ms, ${short(total(figures.memory) / 1e6)} MB, wall/CPU ${short(figures.noise)}`;
  return `${name}: ${cost}, ${rest}${figures.sampled ? ", sampled" : ""}`;
}

async function main(): Promise<void> {
  const choice = choose();
  const path = process.env.STREAMCELL_CHROMIUM;
  if (!path) throw new Error("STREAMCELL_CHROMIUM must name a Chromium; `make bench` finds one");
  const names = choice.renderers.map(({ name }) => name);
  const pages = new Pages(new Map(await Promise.all(names.map(async (name) => [name, await bundle(name)] as const))));
  await pages.listen();
  const bench = new Bench(path, pages, choice.chunk);
  const results = new Results();
  const failures: string[] = [];
  try {
    const machine = { cpu: cpus()[0]?.model, chromium: await bench.version(), node: process.version };
    for (const step of plan(choice)) {
      try {
        const { measurement, work } = await bench.take(step);
        console.log(line(step, results.add(measurement, work)));
      } catch (error) {
        failures.push(`${step.renderer} on ${step.kind}: ${error}`);
        console.error(failures.at(-1));
      }
    }
    save(results, machine, choice, failures);
  } finally {
    await bench.close();
    pages.close();
  }
  if (failures.length > 0) process.exitCode = 1;
}

function save(results: Results, machine: object, choice: Choice, failures: readonly string[]): void {
  const { length, long, chunk, rounds } = choice;
  const made = verdicts(results, length, long);
  const text = report(results, made, length);
  const folder = join(dirname(fileURLToPath(import.meta.url)), "../../bench-results");
  mkdirSync(folder, { recursive: true });
  const all = { machine, length, long, chunk, rounds, verdicts: made, failures, results: results.all() };
  writeFileSync(join(folder, "renderer.json"), `${JSON.stringify(all, null, 1)}\n`);
  writeFileSync(join(folder, "renderer.md"), `${text}\n`);
  console.log(`\n${text}`);
}

await main();
