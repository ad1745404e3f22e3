/** Reads a stream of any kind, and closes it as soon as nobody needs more of it. */

import { StreamDecoder } from "./decoder.js";
import { shown, told } from "./errors.js";
import type { ErrorEvent, StreamEvent } from "./events.js";
import { field, isObject } from "./fields.js";
import type { Format } from "./format.js";

/** What a `fetch` gives: a `Response`, or something like it. */
export interface ResponseLike {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: ReadableLike | null;
}

/** A `ReadableStream`, or something like it. */
export interface ReadableLike {
  getReader(): {
    read(): Promise<{ readonly done: boolean; readonly value?: unknown }>;
    cancel(reason?: unknown): Promise<unknown>;
  };
}

/**
 * Where an answer comes from. A stream or an iterable may give text, bytes, chunks of Chat Completions, events of the
 * Responses API, parts of the AI SDK's streams, or events as `eventsource-parser` has them.
 */
export type StreamSource =
  | string
  | ResponseLike
  | ReadableLike
  | AsyncIterable<unknown>
  | Iterable<unknown>
  | { readonly fullStream: ReadableLike | AsyncIterable<unknown> };

export interface ParseOptions {
  /** Stops reading and closes the source. */
  readonly signal?: AbortSignal | null;
  /** What the text of the stream is; found out from its beginning unless it is given. */
  readonly format?: Format | null;
  /**
   * Milliseconds to wait for more after a `finish_reason`: usage and `[DONE]` follow it at once or, with some servers,
   * seconds later or never. 5,000 unless it is given.
   */
  readonly trailerWait?: number;
}

/** Bytes of an error's body that are read. */
const ERROR_BODY = 64 * 1024;

const TRAILER_WAIT = 5_000;

/** Milliseconds to read on after the answer's end. */
const DRAIN_WAIT = 500;

/** A source that was opened: its next piece, and how to close it. */
interface Opened {
  next(): Promise<{ readonly done?: boolean; readonly value?: unknown }>;
  close(): void;
}

/**
 * The events of an answer, as they come. The last one says how it ended: `finish` only for the provider's own end mark,
 * `interrupted` where the stream was cut off, `error` where the server reported one.
 *
 * Leaving the loop closes the source: the request is cancelled. So does `signal`.
 *
 * Throws the signal's reason when it is aborted, and a TypeError for a source that it cannot read. What comes from the
 * server never throws.
 */
export async function* parseOpenAI(
  source: StreamSource | PromiseLike<StreamSource>,
  options: ParseOptions = {},
): AsyncGenerator<StreamEvent, void, undefined> {
  const { signal = null, format = null, trailerWait = TRAILER_WAIT } = options;
  const waiting = new Waiting(signal);
  let opened: Opened | null = null;
  let isWhole = false;
  try {
    let given: StreamSource;
    try {
      given = await waiting.for(Promise.resolve(source));
    } catch (error) {
      signal?.throwIfAborted();
      yield failure(error);
      return;
    }
    const refusal = await refusalOf(given, waiting);
    signal?.throwIfAborted();
    if (refusal) {
      yield refusal;
      return;
    }
    const decoder = new StreamDecoder(format ?? formatBy(given));
    opened = open(given);
    const text = new TextDecoder();
    while (!decoder.finished) {
      let piece: { readonly done?: boolean; readonly value?: unknown } | null;
      try {
        piece = await waiting.for(opened.next(), decoder.ending ? trailerWait : null);
      } catch (error) {
        signal?.throwIfAborted();
        // The SDKs throw what the server reports; everything else is a connection that broke.
        if (isReported(error) && !decoder.ending) yield* [...decoder.push(text.decode()), failure(error)];
        else yield* decoder.broken(`The connection broke: ${messageOf(error)}`);
        return;
      }
      if (piece === null || piece.done) {
        yield* decoder.push(text.decode());
        yield* decoder.end();
      } else {
        const bytes = bytesOf(piece.value);
        yield* decoder.push(bytes === null ? piece.value : text.decode(bytes, { stream: true }));
      }
    }
    isWhole = true;
  } finally {
    if (opened && isWhole) quietly(() => drain(opened as Opened));
    else if (opened) opened.close();
    else if (signal?.aborted) quietly(async () => open(await source).close());
    waiting.end();
  }
}

/** Waits for one promise after another, and gives up when the signal is aborted. */
class Waiting {
  readonly #signal: AbortSignal | null;
  #reject: ((reason: unknown) => void) | null = null;
  readonly #onAbort = () => this.#reject?.(this.#signal?.reason);

  constructor(signal: AbortSignal | null) {
    this.#signal = signal;
    signal?.addEventListener("abort", this.#onAbort);
  }

  /** The value of a promise; null if it has none after so many milliseconds. */
  for<T>(promise: PromiseLike<T>): Promise<T>;
  for<T>(promise: PromiseLike<T>, milliseconds: number | null): Promise<T | null>;
  for<T>(promise: PromiseLike<T>, milliseconds: number | null = null): Promise<T | null> {
    return new Promise<T | null>((resolve, reject) => {
      this.#reject = reject;
      if (this.#signal?.aborted) reject(this.#signal.reason);
      const timer = milliseconds === null ? undefined : setTimeout(() => resolve(null), milliseconds);
      promise.then(resolve, reject).then(() => clearTimeout(timer));
    });
  }

  end(): void {
    this.#reject = null;
    this.#signal?.removeEventListener("abort", this.#onAbort);
  }
}

// -- sources ------------------------------------------------------------------------------------------------------------

const isResponse = (source: unknown): source is ResponseLike => {
  const { status, headers, body } = source as Partial<ResponseLike>;
  return typeof status === "number" && typeof headers?.get === "function" && typeof body === "object";
};

const has = <T>(source: unknown, name: PropertyKey): source is T =>
  typeof (source as Record<PropertyKey, unknown> | null)?.[name] === "function";

function open(source: StreamSource): Opened {
  if (typeof source === "string") return open([source]);
  if (typeof source !== "object" || source === null) throw unreadable();
  if (isResponse(source)) return open(source.body ?? []);
  if (has<ReadableLike>(source, "getReader") && !has(source, Symbol.asyncIterator)) return opened(source);
  if (has<ReadableLike>(source, "getReader")) return opened(source);
  if (has<AsyncIterable<unknown>>(source, Symbol.asyncIterator))
    return iterated(source, source[Symbol.asyncIterator]());
  if (has<Iterable<unknown>>(source, Symbol.iterator)) return iterated(source, source[Symbol.iterator]());
  if ("fullStream" in source) return open(source.fullStream);
  throw unreadable();
}

const unreadable = () =>
  new TypeError("The source must be a string, a Response, a ReadableStream, or an iterable of text, bytes or chunks.");

function opened(stream: ReadableLike): Opened {
  const reader = stream.getReader();
  return { next: () => reader.read(), close: () => quietly(() => reader.cancel()) };
}

function iterated(source: object, iterator: AsyncIterator<unknown> | Iterator<unknown>): Opened {
  return {
    next: async () => iterator.next(),
    close: () => {
      // An iterator that waits for data hears of `return()` only when some has come; the SDKs' streams can be aborted.
      const { controller } = source as { controller?: { abort?: unknown } };
      if (has<AbortController>(controller, "abort")) quietly(() => controller.abort());
      quietly(() => iterator.return?.());
    },
  };
}

/** Read to the end after the answer's end, if it comes soon: a request that was read whole leaves a connection to reuse. */
async function drain({ next, close }: Opened): Promise<void> {
  let left = true;
  const timer = setTimeout(() => {
    left = false;
    close();
  }, DRAIN_WAIT);
  try {
    while (left && !(await next()).done) {
      // What follows the end is not needed.
    }
  } finally {
    clearTimeout(timer);
    if (left) close();
  }
}

/** Run what may fail or never end, because nobody waits for it. */
function quietly(run: () => unknown): void {
  try {
    Promise.resolve(run()).catch(() => {});
  } catch {
    // the same
  }
}

function bytesOf(piece: unknown): Uint8Array | null {
  if (ArrayBuffer.isView(piece)) return new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength);
  return piece instanceof ArrayBuffer ? new Uint8Array(piece) : null;
}

// -- responses ----------------------------------------------------------------------------------------------------------

function formatBy(source: StreamSource): Format | null {
  if (typeof source === "string" || !isResponse(source)) return null;
  const type = source.headers.get("content-type") ?? "";
  if (/event-stream/i.test(type)) return "sse";
  return /ndjson|jsonl|application\/json/i.test(type) ? "json" : null;
}

/** The error of a response that is no stream of an answer; null for everything else. */
async function refusalOf(source: StreamSource, waiting: Waiting): Promise<ErrorEvent | null> {
  if (typeof source !== "object" || source === null || !isResponse(source)) return null;
  const { status } = source;
  const isPage = /text\/html/i.test(source.headers.get("content-type") ?? "");
  if (status >= 200 && status < 300 && !isPage) return null;
  const body = await beginningOf(source, waiting);
  const said = isPage ? null : told(body);
  const message =
    said?.message || (isPage ? "The server sent a page instead of a stream." : "The server refused the request.");
  return { type: "error", message: `${message} (HTTP ${status})`, code: said?.code ?? null, status };
}

async function beginningOf(source: ResponseLike, waiting: Waiting): Promise<string> {
  if (source.body === null) return "";
  const { next, close } = opened(source.body);
  const text = new TextDecoder();
  let body = "";
  try {
    while (body.length < ERROR_BODY) {
      const { done, value } = await waiting.for(next());
      if (done) break;
      const bytes = bytesOf(value);
      if (bytes) body += text.decode(bytes, { stream: true });
    }
  } catch {
    // What has come must do.
  } finally {
    close();
  }
  return body;
}

// -- errors -------------------------------------------------------------------------------------------------------------

/** Whether an error is what a server reported, as the SDKs throw it, and not a connection that broke. */
const isReported = (error: unknown): boolean =>
  error instanceof Error && (isObject(field(error, "error")) || typeof field(error, "status") === "number");

const messageOf = (error: unknown): string => (error instanceof Error ? error.message || error.name : String(error));

function failure(error: unknown): ErrorEvent {
  const status = field(error, "status");
  const code = field(error, "code");
  return {
    type: "error",
    message: shown(messageOf(error)),
    code: typeof code === "string" ? shown(code) : null,
    status: typeof status === "number" ? status : null,
  };
}
