/** Turns what a stream gives into events: pieces of text, or objects that somebody else has parsed. */

import { AISDKDecoder, isPart } from "./aisdk.js";
import type { ChunkDecoder } from "./assembly.js";
import { ChatDecoder } from "./chat.js";
import { errorIn, shown } from "./errors.js";
import { isEnd, type StreamEvent } from "./events.js";
import { field, isObject, list, parsed, text, words } from "./fields.js";
import { type Format, formatOf } from "./format.js";
import { JsonObjects } from "./json.js";
import { ResponsesDecoder } from "./responses.js";
import { FrameTooLongError, Lines, SseDecoder } from "./sse.js";
import { ThinkTags } from "./thinking.js";

/** What most servers send last. It is not a chunk. */
const DONE = "[DONE]";

/** Characters of words beside chunks that are kept, because they may say why an answer was interrupted. */
const LAST_WORDS = 2_000;

const CUT_OFF = "The stream ended before the answer was complete.";
const EMPTY = "The stream was empty.";

/** Names of events that may hold the answer's words: others, such as `ping`, are not about it. */
const UNNAMED: readonly string[] = ["", "message", "data", "delta", "text", "token"];

/** Characters of a beginning up to which each piece is looked at. */
const OFTEN = 2_000;

/**
 * Reads one answer. It never throws, whatever it is given; `finished` is true once an `EndEvent` has been returned, and
 * then it returns nothing more.
 */
export class StreamDecoder {
  #format: Format | null;
  #undecided = "";
  #decoder: ChunkDecoder | null = null;
  readonly #sse = new SseDecoder();
  readonly #json = new JsonObjects();
  readonly #lines = new Lines();
  readonly #tags = new ThinkTags();
  #lastWords = "";
  #begun = false;
  #nextLook = 0;
  /** Whether any chunk has come. */
  #any = false;
  /** Whether the answer's words come without an envelope. */
  #tokens = false;
  /** Whether the stream has ended, so that its last event may be incomplete. */
  #ends = false;
  #over = false;

  /** `format`: what the text of the stream is; null: find out. */
  constructor(format: Format | null = null) {
    this.#format = format;
  }

  get finished(): boolean {
    return this.#over;
  }

  /** Whether the provider's end mark has come, so that little or nothing follows. */
  get ending(): boolean {
    return this.#decoder?.ending ?? false;
  }

  /** The events of the next piece: some text of the stream, or an object: a chunk, an event or a part. */
  push(piece: unknown): StreamEvent[] {
    return this.#guarded(() => (typeof piece === "string" ? this.#text(piece) : this.#object(piece)));
  }

  /** The events at the end of the stream; the last one is an `EndEvent`. */
  end(): StreamEvent[] {
    return this.#guarded(() => [...this.#last(), ...this.#ended()]);
  }

  /** The events where reading failed: what was held back, and why it ended. The end mark may have come before. */
  broken(message: string): StreamEvent[] {
    return this.#guarded(() => [
      ...this.#last(),
      ...(this.#decoder?.end(false) ?? []),
      { type: "interrupted", message: shown(message) || CUT_OFF },
    ]);
  }

  #guarded(read: () => StreamEvent[]): StreamEvent[] {
    if (this.#over) return [];
    let events: StreamEvent[];
    try {
      events = read();
    } catch (error) {
      const message = error instanceof FrameTooLongError ? error.message : "The stream could not be read.";
      events = [{ type: "error", message, code: null, status: null }];
    }
    const end = events.findIndex(isEnd);
    if (end < 0) return events;
    this.#over = true;
    return events.slice(0, end + 1);
  }

  // -- text -----------------------------------------------------------------------------------------------------------

  #text(piece: string): StreamEvent[] {
    const text = this.#begun ? piece : piece.replace(/^\ufeff/, ""); // a byte-order mark
    this.#begun ||= piece !== "";
    if (this.#format !== null) return this.#read(text);
    this.#undecided += text;
    // The beginning is read again with each piece, but not so often that small pieces of a large one cost too much.
    if (this.#undecided.length < this.#nextLook) return [];
    this.#nextLook = this.#undecided.length < OFTEN ? 0 : this.#undecided.length * 1.1;
    return this.#decide(false);
  }

  #decide(ended: boolean): StreamEvent[] {
    this.#format = formatOf(this.#undecided, ended);
    if (this.#format === null) return [];
    const beginning = this.#undecided;
    this.#undecided = "";
    return this.#read(beginning);
  }

  #read(piece: string): StreamEvent[] {
    switch (this.#format) {
      case "sse":
        return this.#sse.push(piece).flatMap((sent) => this.#sent(sent.event, sent.data, sent.stray));
      case "json":
        return this.#json.push(piece).flatMap((json) => this.#chunk(parsed(json)));
      case "data-stream":
        return this.#lines.push(piece).flatMap((line) => this.#aisdk().line(line));
      default:
        return this.#tags.push(piece);
    }
  }

  /** What is left of the text at its end. */
  #last(): StreamEvent[] {
    const decided = this.#begun && this.#format === null ? this.#decide(true) : [];
    this.#ends = true;
    const sse = this.#sse.end().flatMap((sent) => this.#sent(sent.event, sent.data, sent.stray));
    const lines = this.#lines.end().flatMap((line) => this.#aisdk().line(line));
    return [...decided, ...sse, ...lines, ...this.#tags.end()];
  }

  #ended(): StreamEvent[] {
    const events = this.#decoder?.end(false) ?? [];
    if (events.some(isEnd)) return events;
    // Text without an envelope has no end mark: it ends where the stream does.
    const isBare = this.#decoder === null && (this.#format === "text" || this.#tokens);
    if (isBare) return [{ type: "finish", reason: null }];
    return [...events, { type: "interrupted", message: shown(this.#lastWords) || (this.#any ? CUT_OFF : EMPTY) }];
  }

  // -- chunks ---------------------------------------------------------------------------------------------------------

  #sent(event: string, given: string, stray: boolean): StreamEvent[] {
    const data = given.trim();
    if (data === DONE || data === `"${DONE}"`) return this.#done();
    if (event === "error" && data !== "") {
      const error = parsed(data);
      return this.#chunk(errorIn(error) === null ? { error: error ?? data } : error);
    }
    const chunk = parsed(data);
    if (isObject(chunk) || Array.isArray(chunk)) return this.#chunk(chunk);
    if (this.#decoder === null && !stray && UNNAMED.includes(event)) return this.#token(chunk, given);
    if (/^[[{]/.test(data) && !stray) return this.#unreadable();
    if (!["", "null", "true", "false"].includes(data)) {
      this.#lastWords = (this.#lastWords === "" ? data : `${this.#lastWords}\n${data}`).slice(0, LAST_WORDS);
    }
    return [];
  }

  /** A chunk that is not JSON: where the stream ends in the middle of it, that is an interruption and no fault. */
  #unreadable(): StreamEvent[] {
    if (this.#ends) return [];
    const held = this.#decoder?.end(false) ?? [];
    return [
      ...held,
      { type: "error", message: "The server sent a chunk that is not valid JSON.", code: null, status: null },
    ];
  }

  /** The data of an event that is no object: some servers send the answer's words without any envelope. */
  #token(value: unknown, data: string): StreamEvent[] {
    if (data === "" || value === null) return [];
    this.#tokens = true;
    return this.#tags.push(typeof value === "string" ? value : data);
  }

  #done(): StreamEvent[] {
    const events = this.#decoder?.end(true) ?? this.#tags.end();
    if (events.some(isEnd)) return events;
    return [...events, ...this.#ended()];
  }

  #object(piece: unknown): StreamEvent[] {
    const data = field(piece, "data");
    // An event as eventsource-parser gives it.
    if (typeof data === "string" && field(piece, "type") !== "data")
      return this.#sent(text(field(piece, "event")), data, false);
    return isObject(piece) ? this.#chunk(piece) : [];
  }

  #chunk(given: unknown): StreamEvent[] {
    if (Array.isArray(given)) return given.slice(0, 1_000).flatMap((one) => (isObject(one) ? this.#chunk(one) : []));
    if (!isObject(given)) return [];
    this.#lastWords = "";
    this.#any = true;
    const whole = wholeAnswer(given);
    if (whole !== null) return whole.flatMap((event) => this.#chunk(event));
    this.#decoder ??= decoderFor(given);
    if (this.#decoder !== null) return this.#decoder.push(given);
    const error = errorIn(given);
    if (error !== null)
      return [{ type: "error", ...error, message: error.message || "The server reported an error.", status: null }];
    // An envelope of somebody's own: `{"text": "…"}`, `{"content": "…"}`.
    const said = words(given) || text(field(given, "delta"));
    this.#tokens ||= said !== "";
    return this.#tags.push(said);
  }

  #aisdk(): AISDKDecoder {
    if (this.#decoder instanceof AISDKDecoder) return this.#decoder;
    const made = new AISDKDecoder();
    this.#decoder = made;
    return made;
  }
}

/** The decoder for the API of a chunk; null if the chunk does not show it. */
function decoderFor(chunk: unknown): ChunkDecoder | null {
  const type = field(chunk, "type");
  if (typeof type === "string" && type.startsWith("response.")) return new ResponsesDecoder();
  const thing = text(field(chunk, "object"));
  if (Array.isArray(field(chunk, "choices")) || /^(?:chat\.completion|text_completion)/.test(thing)) {
    return new ChatDecoder();
  }
  return isPart(type) ? new AISDKDecoder() : null;
}

/** The events of an answer that was not streamed; null if it is none. */
function wholeAnswer(body: unknown): readonly unknown[] | null {
  if (field(body, "object") === "response" && Array.isArray(field(body, "output"))) {
    const status = text(field(body, "status")) || "completed";
    return [{ type: `response.${status}`, response: body }];
  }
  const choices = list(field(body, "choices"));
  if (choices.length > 1 && choices.every((choice) => isObject(field(choice, "message")))) {
    return [{ ...Object(body), choices: choices.slice(0, 1) }];
  }
  return null;
}
