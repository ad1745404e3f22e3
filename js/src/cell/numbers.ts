/** The numbers beside the status: elapsed time, tokens a second, time to the first token. No clock of its own. */

import type { Doc, Figures, Part } from "../wire/protocol.js";
import { isTerminal, type State } from "../wire/store.js";
import * as words from "../words.js";

const SECOND = 1000;
/** As in the kernel: characters of Chinese or Japanese have three bytes and are nearly a token. */
const BYTES_PER_TOKEN = 4;
/** The kinds of parts that are output of the model as text. */
const OUTPUT = new Set(["text", "json", "reasoning", "refusal", "commentary"]);
/** A rate over less time says nothing. */
const SHORTEST = 0.5;

/** Counts an answer while it streams, at the times that it is given. */
export class Meter {
  #status: Doc["status"] | null = null;
  /** When the attempt began; null: not known, because the page was opened later. */
  #began: number | null = null;
  #streaming = 0;
  #since: number | null = null;
  #before = 0;
  #texts = 0;
  readonly #sizes = new Map<number, readonly [length: number, bytes: number]>();
  #figures: Figures | null = null;
  #second = -1;
  #shown = "";

  /** Whether only the kernel knows since when the answer streams. */
  get isLate(): boolean {
    return this.#began === null && this.#status !== null;
  }

  /** The text of the line; it changes once a second. */
  text(state: State, now: number): string {
    const { doc } = state;
    this.#follow(state, now);
    if (isTerminal(doc)) return state.gone === "saved" || doc.timings.total !== null ? ended(doc) : "";
    if (state.gone !== null || this.#began === null || doc.status === "queued") return "";
    const second = Math.floor((now - this.#began) / SECOND);
    if (second !== this.#second) {
      this.#second = second;
      const rate = this.#streaming >= SHORTEST * SECOND ? this.#tokens(doc.parts) / (this.#streaming / SECOND) : 0;
      this.#shown = line([second < 1 ? "" : words.elapsed(second), rate > 0 ? words.rate(rate, true) : "", first(doc)]);
    }
    return this.#shown;
  }

  /** Milliseconds until the text changes; null: it does not by itself. */
  due({ doc, gone }: State, now: number): number | null {
    if (this.#began === null || gone !== null || isTerminal(doc) || doc.status === "queued") return null;
    return SECOND - ((now - this.#began) % SECOND);
  }

  #follow({ doc, numbers, texts }: State, now: number): void {
    const { status } = doc;
    if (texts !== this.#texts) this.#sizes.clear();
    this.#texts = texts;
    if (status !== this.#status) {
      const starts = status === "connecting" && this.#status !== "calling";
      if (starts || status === "queued") this.#restart(now, doc.parts);
      this.#status = status;
      this.#second = -1;
    }
    const speaks = status === "streaming" && doc.timings.first_token !== null;
    if (this.#since !== null) this.#streaming += now - this.#since;
    this.#since = speaks ? now : null;
    if (numbers && numbers.figures !== this.#figures) this.#learn(numbers.figures, doc, now);
  }

  #restart(now: number, parts: readonly Part[]): void {
    this.#began = now;
    this.#streaming = 0;
    this.#since = null;
    this.#before = this.#bytes(parts);
  }

  /** Take the start from the kernel's numbers, if this page was opened later. */
  #learn(figures: Figures, doc: Doc, now: number): void {
    this.#figures = figures;
    if (this.#began !== null || figures.elapsed === null) return;
    this.#began = now - figures.elapsed * SECOND;
    this.#streaming = Math.max(0, figures.elapsed - (doc.timings.first_token ?? figures.elapsed)) * SECOND;
    this.#second = -1;
  }

  #tokens(parts: readonly Part[]): number {
    return Math.max(0, this.#bytes(parts) - this.#before) / BYTES_PER_TOKEN;
  }

  /** The bytes of all output; only what is new is counted. */
  #bytes(parts: readonly Part[]): number {
    let all = 0;
    for (const [at, { kind, body }] of parts.entries()) {
      if (!OUTPUT.has(kind)) continue;
      const [length, bytes] = this.#sizes.get(at) ?? [0, 0];
      const counted = body.length >= length ? bytes + size(body.slice(length)) : size(body);
      if (body.length !== length) this.#sizes.set(at, [body.length, counted]);
      all += counted;
    }
    return all;
  }
}

const encoder = new TextEncoder();

const size = (text: string): number => (text === "" ? 0 : encoder.encode(text).length);

const line = (texts: readonly string[]): string => texts.filter(Boolean).join(" · ");

const first = ({ timings }: Doc): string =>
  timings.first_token === null ? "" : words.firstToken(timings.first_token.toFixed(1));

/** The numbers of an answer that has ended; the rate only where nothing but the model's output took its time. */
function ended(doc: Doc): string {
  const { usage, timings, parts } = doc;
  const plain = parts.every((part) => part.kind !== "tool_call" && !part.fields.resumed);
  const thoughts = parts.filter(({ kind }) => kind === "reasoning").map(({ body }) => size(body) / BYTES_PER_TOKEN);
  const shown = thoughts.reduce((sum, one) => sum + one, 0); // a summary is shorter than the reasoning
  const hidden = Math.max(0, (usage?.reasoning_tokens ?? 0) - shown);
  const tokens = (usage?.output_tokens ?? 0) - hidden;
  const seconds = (timings.total ?? 0) - (timings.first_token ?? 0);
  const known = plain && timings.first_token !== null && tokens > 0 && seconds >= SHORTEST;
  return line([known ? words.rate(tokens / seconds, false) : "", first(doc)]);
}
