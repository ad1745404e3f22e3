/** Measures one renderer on one document in a page of its own. */

import type { Chromium } from "./chromium.ts";
import type { Kind } from "./documents.ts";
import type { Run, Task } from "./page/harness.ts";
import { median, type Update } from "./statistics.ts";

export interface Memory {
  /** Bytes that JavaScript holds. */
  readonly script: number;
  /** Bytes that the page's nodes, styles and layout hold. */
  readonly page: number;
}

export interface Work {
  readonly created: number;
  readonly final: number;
  readonly scanned: number | null;
}

export interface Measurement {
  readonly renderer: string;
  readonly kind: Kind;
  readonly length: number;
  readonly sampled: boolean;
  readonly updates: readonly Update[];
  /** Milliseconds on the wall clock for each of CPU: far above 1, others were at work on this machine. */
  readonly noise: number;
  readonly memory: Memory;
}

const WARM_UP: Task = { kind: "mixed", length: 8_000, chunk: 16, budget: 2_000, every: 1 };
const CALIBRATION = 500;
/** More updates than this add to the size of the trace, not to what it tells. */
const ENOUGH = 30_000;
const TRACE_KILOBYTES = 400_000;

/** What the harness sets; the browser has marks of its own. */
const NAMES = new Set(["push", "layout", "done"]);

interface Mark {
  readonly name: string;
  /** Microseconds: of the wall's clock, and of the thread's own, which stands still while others run. */
  readonly ts: number;
  readonly tts: number;
}

export class Page {
  readonly #chromium: Chromium;
  readonly #context: string;
  readonly #session: string;

  private constructor(chromium: Chromium, context: string, session: string) {
    this.#chromium = chromium;
    this.#context = context;
    this.#session = session;
  }

  static async open(chromium: Chromium, address: string): Promise<Page> {
    const context = await chromium.send<{ browserContextId: string }>("Target.createBrowserContext");
    const browserContextId = context.browserContextId;
    const target = { url: "about:blank", browserContextId, width: 1000, height: 800 };
    const { targetId } = await chromium.send<{ targetId: string }>("Target.createTarget", target);
    const attach = { targetId, flatten: true };
    const { sessionId } = await chromium.send<{ sessionId: string }>("Target.attachToTarget", attach);
    await chromium.send("Page.enable", {}, sessionId);
    const loaded = chromium.once("Page.loadEventFired");
    await chromium.send("Page.navigate", { url: address }, sessionId);
    await loaded;
    const page = new Page(chromium, browserContextId, sessionId);
    await page.call("prepare");
    return page;
  }

  async close(): Promise<void> {
    await this.#chromium.send("Target.disposeBrowserContext", { browserContextId: this.#context });
  }

  async call<Result>(name: string, argument?: unknown): Promise<Result> {
    const expression = `bench.${name}(${argument === undefined ? "" : JSON.stringify(argument)})`;
    const answer = await this.send<{
      result: { value: Result };
      exceptionDetails?: { exception?: { description: string } };
    }>("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    if (answer.exceptionDetails) throw new Error(answer.exceptionDetails.exception?.description ?? "the page threw");
    return answer.result.value;
  }

  send<Result>(method: string, params: Readonly<Record<string, unknown>> = {}): Promise<Result> {
    return this.#chromium.send(method, params, this.#session);
  }

  async memory(): Promise<Memory> {
    await this.send("HeapProfiler.collectGarbage");
    const heap = await this.send<{ usedSize: number; embedderHeapUsedSize: number }>("Runtime.getHeapUsage");
    return { script: heap.usedSize, page: heap.embedderHeapUsedSize };
  }

  /** The marks that were set while `work` ran, in order. */
  async marks(work: () => Promise<void>): Promise<readonly Mark[]> {
    const marks: Mark[] = [];
    this.#chromium.on<{ value: Mark[] }>("Tracing.dataCollected", ({ value }) => {
      for (const { name, ts, tts } of value) if (NAMES.has(name)) marks.push({ name, ts, tts });
    });
    await this.#chromium.send("Tracing.start", {
      transferMode: "ReportEvents",
      traceConfig: {
        recordMode: "recordUntilFull",
        traceBufferSizeInKb: TRACE_KILOBYTES,
        includedCategories: ["blink.user_timing"],
        excludedCategories: ["*"],
      },
    });
    await work();
    const complete = this.#chromium.once("Tracing.tracingComplete");
    await this.#chromium.send("Tracing.end");
    await complete;
    return marks.sort((one, other) => one.ts - other.ts);
  }
}

export async function measure(page: Page, renderer: string, wanted: Omit<Task, "every">): Promise<Measurement> {
  const task: Task = { ...wanted, every: Math.max(1, Math.ceil(wanted.length / wanted.chunk / ENOUGH)) };
  await page.call("stream", WARM_UP);
  await page.call("clear");
  const before = await page.memory();
  const empty = intervals(await page.marks(() => page.call("calibrate", CALIBRATION)));
  let run: Run = { positions: [], wall: [], sampled: false };
  const marks = await page.marks(async () => {
    run = await page.call<Run>("stream", task);
  });
  const after = await page.memory();
  const overhead = {
    script: median(empty.map(({ script }) => script)),
    layout: median(empty.map(({ layout }) => layout)),
  };
  const measured = intervals(marks);
  if (measured.length !== run.positions.length) throw new Error("the trace has lost marks");
  const updates = measured.map(({ script, layout }, index) => ({
    at: run.positions[index] as number,
    script: Math.max(0, script - overhead.script),
    layout: Math.max(0, layout - overhead.layout),
  }));
  const cpu = measured.reduce((sum, { script, layout }) => sum + script + layout, 0);
  return {
    renderer,
    kind: task.kind,
    length: task.length,
    sampled: run.sampled,
    updates,
    noise: run.wall.reduce((sum, value) => sum + value, 0) / cpu,
    memory: { script: after.script - before.script, page: after.page - before.page },
  };
}

function intervals(marks: readonly Mark[]): { readonly script: number; readonly layout: number }[] {
  const made: { script: number; layout: number }[] = [];
  for (let first = 0; first + 2 < marks.length; first += 3) {
    const [push, layout, done] = marks.slice(first, first + 3) as [Mark, Mark, Mark];
    if (push.name !== "push" || layout.name !== "layout" || done.name !== "done") {
      throw new Error("the trace has lost marks");
    }
    made.push({ script: (layout.tts - push.tts) / 1000, layout: (done.tts - layout.tts) / 1000 });
  }
  return made;
}

export function countWork(page: Page, task: Omit<Task, "every">): Promise<Work> {
  return page.call("count", task);
}
