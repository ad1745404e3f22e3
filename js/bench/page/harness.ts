/** Runs one renderer in the page. The driver reads the times from the marks that are set here, by a trace. */

import { type Kind, write } from "../documents.js";
import { type Counts, countNodes } from "./counts.js";
import type { Instance, Renderer } from "./instance.js";
import css from "./page.css";

export interface Task {
  readonly kind: Kind;
  readonly length: number;
  readonly chunk: number;
  /** Milliseconds; a run that would take longer is sampled. Null: never. */
  readonly budget: number | null;
  /** One update in so many is measured. */
  readonly every: number;
}

export interface Run {
  /** Where each measured update began. */
  readonly positions: readonly number[];
  /** What each took on the clock on the wall, which is coarse and counts what others do meanwhile. */
  readonly wall: readonly number[];
  readonly sampled: boolean;
}

// Some renderers bring their own, and the harness must not wait for those.
const nextFrame = window.requestAnimationFrame.bind(window);
/** Milliseconds of work between frames, as a page has them. */
const WORK = 40;
/** At these shares of the document a sampled run looks: on the way, and densely in the last tenth. */
const STOPS = [0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.92, 0.94, 0.96, 0.98];
const JUMP = 4096;
/** This share of the document is not worth sampling. */
const NEAR = 0.2;

/** Feeds a document to an instance, update by update, and gives the page its frames. */
class Feed {
  readonly #instance: Instance;
  readonly #root: HTMLElement;
  readonly #text: string;
  readonly positions: number[] = [];
  readonly wall: number[] = [];
  at = 0;
  spent = 0;
  #framed = 0;

  constructor(instance: Instance, root: HTMLElement, text: string) {
    this.#instance = instance;
    this.#root = root;
    this.#text = text;
  }

  get left(): number {
    return this.#text.length - this.at;
  }

  async push(length: number, measured: boolean): Promise<void> {
    const chunk = this.#text.slice(this.at, this.at + length);
    const began = performance.now();
    if (measured) {
      performance.mark("push");
      this.#instance.push(chunk);
      performance.mark("layout");
      this.#root.getBoundingClientRect();
      performance.mark("done");
    } else {
      this.#instance.push(chunk);
      this.#root.getBoundingClientRect();
    }
    const took = performance.now() - began;
    if (measured) {
      this.positions.push(this.at);
      this.wall.push(took);
    }
    this.at += chunk.length;
    this.spent += took;
    if (this.spent - this.#framed > WORK) await this.frame();
  }

  /** The reader follows the end, so what grows is always in sight and no renderer gains by not laying it out. */
  async frame(): Promise<void> {
    this.#framed = this.spent;
    performance.clearMarks();
    window.scrollTo(0, document.documentElement.scrollHeight);
    await new Promise(nextFrame);
  }

  async jump(to: number): Promise<void> {
    while (this.at < to) await this.push(Math.min(JUMP, to - this.at), false);
    await this.frame();
  }
}

async function stream(renderer: Renderer, task: Task): Promise<Run> {
  const text = write(task.kind, task.length);
  const root = freshRoot();
  const instance = renderer.create(root, text);
  kept = instance;
  const feed = new Feed(instance, root, text);
  const sampled = await feedAll(feed, task);
  if (sampled) await feedSamples(feed, task);
  instance.end();
  root.getBoundingClientRect();
  await feed.frame();
  return { positions: feed.positions, wall: feed.wall, sampled };
}

/** True: this would take longer than the budget allows, and has stopped. */
async function feedAll(feed: Feed, { length, chunk, budget, every }: Task): Promise<boolean> {
  let check = 128;
  for (let update = 0; feed.left > 0; update += 1) {
    await feed.push(chunk, update % every === 0);
    if (budget === null || update < check) continue;
    check *= 1.5;
    if (feed.left > length * NEAR && feed.spent + remaining(feed, chunk) > budget) return true;
  }
  return false;
}

/** The time for the rest, if the cost goes on growing along the line that it has followed so far. */
function remaining({ wall, left, at }: Feed, chunk: number): number {
  const half = wall.length >> 1;
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [early, late] = [mean(wall.slice(0, half)), mean(wall.slice(half))];
  const slope = Math.max(0, (late - early) / (at / 2));
  return (left / chunk) * (late + slope * (at / 4 + left / 2));
}

async function feedSamples(feed: Feed, { chunk, length, budget }: Task): Promise<void> {
  const stops = STOPS.map((share) => Math.round(length * share)).filter((stop) => stop > feed.at);
  const allowed = (budget as number) / stops.length;
  for (const [index, stop] of stops.entries()) {
    await feed.jump(stop);
    // The first update after a jump pays for the jump.
    await feed.push(chunk, false);
    const until = feed.spent + allowed;
    const end = stops[index + 1] ?? length;
    for (let count = 0; feed.at + chunk < end && (feed.spent < until || count < 3); count += 1) {
      await feed.push(chunk, true);
    }
  }
  await feed.jump(length);
}

function freshRoot(): HTMLElement {
  clear();
  const root = document.createElement("div");
  root.id = "root";
  document.body.append(root);
  return root;
}

/** The last run's: as on a page, it stays as long as its answer is shown. */
let kept: Instance | null = null;

function clear(): void {
  kept = null;
  document.getElementById("root")?.remove();
  performance.clearMarks();
}

/** The marks alone, with nothing between them. */
function calibrate(updates: number): void {
  for (let update = 0; update < updates; update += 1) {
    for (const name of ["push", "layout", "done"]) performance.mark(name);
  }
  performance.clearMarks();
}

function count(renderer: Renderer, { kind, length, chunk }: Task): Counts & { readonly scanned: number | null } {
  const text = write(kind, length);
  const root = freshRoot();
  return {
    ...countNodes(root, () => {
      kept = renderer.create(root, text);
      for (let at = 0; at < length; at += chunk) kept.push(text.slice(at, at + chunk));
      kept.end();
    }),
    scanned: kept?.scanned?.() ?? null,
  };
}

export function install(renderer: Renderer): void {
  const style = document.createElement("style");
  style.textContent = css;
  document.head.append(style);
  const bench = {
    prepare: async () => renderer.prepare?.(),
    stream: (task: Task) => stream(renderer, task),
    count: (task: Task) => count(renderer, task),
    calibrate,
    clear,
    isKept: () => kept !== null,
  };
  Object.assign(window, { bench });
}
