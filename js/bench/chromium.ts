/** A headless Chromium, driven over a pipe: when this process ends, however it ends, so does the browser. */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";

const FLAGS = [
  "--headless",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-background-timer-throttling",
  "--disable-component-update",
  "--disable-quic",
  "--disable-renderer-backgrounding",
  "--disable-sync",
  "--no-first-run",
  "--remote-debugging-pipe",
];

type Values = Readonly<Record<string, unknown>>;

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params: never;
  readonly result?: never;
  readonly error?: { readonly message: string };
}

interface Waiting {
  resolve(result: never): void;
  reject(error: Error): void;
}

export class Chromium {
  readonly #process: ChildProcess;
  readonly #profile = mkdtempSync(join(tmpdir(), "streamcell-bench-"));
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Map<string, (params: never) => void>();
  #received: Buffer[] = [];
  #sent = 0;

  constructor(path: string) {
    // Chromium has no sandbox for root and refuses to start with one.
    const flags = [...FLAGS, `--user-data-dir=${this.#profile}`, ...(process.getuid?.() === 0 ? ["--no-sandbox"] : [])];
    this.#process = spawn(path, flags, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
    (this.#process.stdio[4] as Readable).on("data", (data: Buffer) => this.#receive(data));
    this.#process.on("error", (error) => this.#fail(error));
    this.#process.on("exit", () => this.#fail(new Error("Chromium has ended")));
    // The pipe breaks when the browser dies with a message under way; the exit above says so better.
    (this.#process.stdio[3] as Writable).on("error", () => {});
  }

  /** `session`: of one page; without it the browser itself is spoken to. */
  send<Result>(method: string, params: Values = {}, session?: string): Promise<Result> {
    const id = ++this.#sent;
    const message = { id, method, params, ...(session === undefined ? {} : { sessionId: session }) };
    return new Promise<Result>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      (this.#process.stdio[3] as Writable).write(`${JSON.stringify(message)}\0`);
    });
  }

  /** One listener for each event; a later one takes the place of the former. */
  on<Params>(method: string, listener: (params: Params) => void): void {
    this.#listeners.set(method, listener);
  }

  once<Params>(method: string): Promise<Params> {
    return new Promise((resolve) => this.on(method, resolve));
  }

  async close(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const ended = new Promise((resolve) => this.#process.once("exit", resolve));
      this.#process.kill("SIGKILL");
      await ended;
    }
    // Its other processes may still be writing there for a moment.
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }

  #receive(data: Buffer): void {
    let from = 0;
    for (let end = data.indexOf(0); end >= 0; end = data.indexOf(0, from)) {
      const whole = Buffer.concat([...this.#received, data.subarray(from, end)]);
      this.#received = [];
      from = end + 1;
      this.#take(JSON.parse(whole.toString()) as Message);
    }
    this.#received.push(data.subarray(from));
  }

  #take(message: Message): void {
    if (message.id === undefined) {
      this.#listeners.get(message.method ?? "")?.(message.params);
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.error) waiting?.reject(new Error(message.error.message));
    else waiting?.resolve(message.result as never);
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
