/** `<stream-markdown>`: an answer that streams into a page, as live Markdown. */

import answerCss from "../render/answer.css";
import baseCss from "../render/base.css";
import codeCss from "../render/code.css";
import { element, setAttribute, setLabel } from "../render/element.js";
import { advance, cutAt, FrameLoop, paceFrom, type Task } from "../render/frame.js";
import { LiveMarkdown } from "../render/live.js";
import { Renderer } from "../render/render.js";
import { browserScheduler } from "../render/scheduler.js";
import * as words from "../words.js";
import { ADDONS, addonsUrl, setAddonsUrl } from "./addons.js";
import css from "./element.css";
import { endingOf, type StreamEnding } from "./ending.js";
import { isEnd, type StreamEvent, type UsageEvent } from "./stream/events.js";
import { type ParseOptions, parseOpenAI, type StreamSource } from "./stream/read.js";

/** What the attribute `status` says; before anything has come there is no attribute. */
export type StreamStatus = "idle" | "streaming" | StreamEnding["status"];

/** The most characters of an answer: what a page can hold is bounded. */
const MOST_TEXT = 2_000_000;

/** Milliseconds of reading after which the page gets its turn, where a stream has everything at once. */
const TURN = 8;

/** Under Node there are no elements; there the module can be imported, but nothing can be made of it. */
const Base = globalThis.HTMLElement ?? (class {} as typeof HTMLElement);

let sheet: CSSStyleSheet | null = null;
let loop: FrameLoop | null = null;
let made = 0;

function styleSheet(): CSSStyleSheet {
  if (sheet === null) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(baseCss + answerCss + codeCss + css);
  }
  return sheet;
}

/** Text without the indentation that it has because its tag is indented. */
function dedented(text: string): string {
  const lines = text
    .replace(/^[ \t]*\n/, "")
    .trimEnd()
    .split("\n");
  const indents = lines.filter((line) => line.trim() !== "").map((line) => /^[ \t]*/.exec(line)?.[0].length ?? 0);
  const indent = indents.length > 0 ? Math.min(...indents) : 0;
  return lines.map((line) => line.slice(indent)).join("\n");
}

export class StreamMarkdown extends Base {
  readonly #root = element("div", { class: "streamcell" });
  readonly #content = element("div", { class: "sc-answer", part: "content" });
  readonly #thoughts = element("div", { class: "sc-answer" });
  readonly #fold = element("details", { class: "sc-fold", part: "reasoning" });
  readonly #refused = element("p", { class: "sc-refusal", part: "refusal" });
  readonly #note = element("p", { class: "sc-note", part: "message" });
  readonly #live = element("div", { class: "sc-live", role: "status", "aria-live": "polite" });
  readonly #markdown: LiveMarkdown;
  readonly #reasoning: LiveMarkdown;
  readonly #task: Task;

  #said = { text: "", reasoning: "", refusal: "" };
  #usage: UsageEvent | null = null;
  #called = false;
  #status: StreamStatus = "idle";
  /** Distinguishes texts that may begin alike. */
  #number = 0;
  #pace = paceFrom(0, 0);
  #reading: AbortController | null = null;
  /** Resolves the promise of `from()`. */
  #settle: ((ending: StreamEnding) => void) | null = null;
  #hasRead = false;

  constructor() {
    super();
    made += 1;
    this.#markdown = new LiveMarkdown(new Renderer(this.#content, `sm-${made}`, ADDONS));
    this.#reasoning = new LiveMarkdown(new Renderer(this.#thoughts, `sm-${made}-r`, ADDONS));
    this.#fold.append(
      element("summary", {}, words.REASONING),
      element("div", { class: "sc-fold-body" }, this.#thoughts),
    );
    this.#root.append(this.#fold, this.#content, this.#refused, this.#note, this.#live);
    for (const part of [this.#fold, this.#refused, this.#note]) part.hidden = true;
    const shadow = this.attachShadow({ mode: "open" });
    shadow.adoptedStyleSheets = [styleSheet()];
    shadow.append(this.#root);
    loop ??= new FrameLoop(browserScheduler);
    this.#task = loop.add((now) => this.#frame(now));
  }

  /** The address of the folder with the addons, for a page whose bundler has moved this module away from it. */
  static get addons(): string {
    return addonsUrl();
  }

  static set addons(url: string | URL) {
    setAddonsUrl(url);
  }

  /** The text so far, as Markdown. */
  get text(): string {
    return this.#said.text;
  }

  /** The reasoning so far, as Markdown. */
  get reasoning(): string {
    return this.#said.reasoning;
  }

  get status(): StreamStatus {
    return this.#status;
  }

  /**
   * Add text to the answer. Nodes are added as to any element, and are not shown. Throws an InvalidStateError while a
   * stream is being read.
   */
  override append(...pieces: readonly (string | Node)[]): void {
    this.#mustNotRead();
    super.append(...pieces.filter((piece) => typeof piece !== "string"));
    this.#begin();
    this.#said.text += pieces.filter((piece) => typeof piece === "string").join("");
    if (!this.#isTooLong()) this.#task.wake();
  }

  /** The text is complete. Throws an InvalidStateError while a stream is being read. */
  end(): void {
    this.#mustNotRead();
    this.#begin();
    this.#finish({ status: "done", reason: null, message: null });
  }

  /** Remove everything, and stop reading. */
  reset(): void {
    this.stop();
    this.#hasRead = true;
    this.#number += 1;
    this.#said = { text: "", reasoning: "", refusal: "" };
    this.#usage = null;
    this.#called = false;
    this.#note.hidden = true;
    this.#setStatus("idle");
    this.#frame(browserScheduler.now());
  }

  /** Stop reading and close the stream; the text so far stays. Does nothing if no stream is being read. */
  stop(): void {
    const reading = this.#reading;
    if (reading === null) return;
    this.#reading = null;
    reading.abort();
    this.#finish({ status: "stopped", reason: null, message: null });
  }

  /**
   * Show an answer as it comes, in place of what is shown. Another call, `reset()`, `stop()`, the signal and removing
   * the element from the page close the stream.
   *
   * Returns how the answer ended, and never rejects because of what a server sends. Throws a TypeError for a source
   * that it cannot read.
   */
  async from(source: StreamSource | PromiseLike<StreamSource>, options: ParseOptions = {}): Promise<StreamEnding> {
    this.reset();
    this.#begin();
    const reading = new AbortController();
    this.#reading = reading;
    const stop = () => {
      if (this.#reading === reading) this.stop();
    };
    options.signal?.addEventListener("abort", stop);
    const ended = new Promise<StreamEnding>((resolve) => {
      this.#settle = resolve;
    });
    if (options.signal?.aborted) stop();
    try {
      let turn = performance.now();
      for await (const event of parseOpenAI(source, { ...options, signal: reading.signal })) {
        if (this.#reading !== reading) break;
        this.#take(event);
        if (isEnd(event)) break;
        if (performance.now() - turn < TURN) continue;
        await new Promise((resolve) => setTimeout(resolve));
        turn = performance.now();
      }
    } catch (error) {
      if (!reading.signal.aborted) {
        this.#reading = null;
        this.#finish({ status: "failed", reason: null, message: String(error) });
        throw error;
      }
    } finally {
      options.signal?.removeEventListener("abort", stop);
    }
    return ended;
  }

  connectedCallback(): void {
    // The parser has given it no content yet where it makes the element itself.
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => this.#showContent());
    else this.#showContent();
  }

  disconnectedCallback(): void {
    // An element that is moved is removed first, and put back in the same turn.
    queueMicrotask(() => {
      if (!this.isConnected) this.stop();
    });
  }

  #showContent(): void {
    const text = this.textContent ?? "";
    if (this.#hasRead || text.trim() === "") return;
    this.#hasRead = true;
    this.#said.text = dedented(text).slice(0, MOST_TEXT);
    this.#frame(browserScheduler.now());
  }

  #mustNotRead(): void {
    if (this.#reading === null) return;
    throw new DOMException("A stream is being read; stop() ends that.", "InvalidStateError");
  }

  #begin(): void {
    this.#hasRead = true;
    this.#note.hidden = true;
    this.#setStatus("streaming");
  }

  #take(event: StreamEvent): void {
    if (event.type === "text" || event.type === "reasoning" || event.type === "refusal") {
      this.#said[event.type] += event.delta;
    } else if (event.type === "replace") {
      this.#said.text = event.text;
    } else if (event.type === "usage") {
      this.#usage = event;
    } else if (event.type === "tool-call") {
      this.#called = true;
    }
    const reading = this.#reading;
    this.dispatchEvent(new CustomEvent("stream-event", { detail: event }));
    // The page may have stopped it just now.
    if (this.#reading !== reading) return;
    if (isEnd(event)) {
      this.#reading = null;
      this.#finish(endingOf(event));
    } else if (!this.#isTooLong()) {
      this.#task.wake();
    }
  }

  /** Whether the answer has more text than it may; then it is stopped, and cut. */
  #isTooLong(): boolean {
    const { text, reasoning, refusal } = this.#said;
    if (text.length + reasoning.length + refusal.length <= MOST_TEXT) return false;
    const cut = (said: string) => said.slice(0, MOST_TEXT);
    this.#said = { text: cut(text), reasoning: cut(reasoning), refusal: cut(refusal) };
    const reading = this.#reading;
    this.#reading = null;
    reading?.abort();
    this.#finish({ status: "interrupted", reason: null, message: words.TOO_MUCH_TEXT });
    return true;
  }

  #finish(how: Pick<StreamEnding, "status" | "reason" | "message">): void {
    const { text, reasoning, refusal } = this.#said;
    const ending: StreamEnding = { ...how, text, reasoning, usage: this.#usage };
    const isEmpty = `${text}${refusal}`.trim() === "" && !this.#called && how.status === "done";
    const note = how.message ?? noteOn(how.reason) ?? (isEmpty ? words.NO_TEXT : null);
    this.#note.hidden = note === null;
    setLabel(this.#note, note ?? "");
    this.#status = how.status;
    this.#frame(browserScheduler.now());
    // Last, so that code that waits for it finds the complete answer.
    this.#setStatus(how.status);
    this.#settle?.(ending);
    this.#settle = null;
    this.dispatchEvent(new CustomEvent("stream-end", { detail: ending, bubbles: true, composed: true }));
    if (how.status !== "failed" && how.status !== "interrupted") return;
    this.dispatchEvent(new CustomEvent("stream-error", { detail: ending, bubbles: true, composed: true }));
  }

  #setStatus(status: StreamStatus): void {
    const before = this.getAttribute("status") ?? "idle";
    this.#status = status;
    setAttribute(this.#root, "data-status", status);
    setAttribute(this.#content, "aria-busy", status === "streaming" ? "true" : "false");
    setAttribute(this, "status", status === "idle" ? false : status);
    if (status !== before && status !== "idle") this.#live.replaceChildren(ANNOUNCED[status]);
  }

  #frame(now: number): boolean {
    const { text, reasoning, refusal } = this.#said;
    const over = this.#status !== "streaming";
    const still = over || document.hidden || matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.#pace = advance(this.#pace, text.length, now, still);
    const name = String(this.#number);
    this.#markdown.show(text, cutAt(text, this.#pace.shown), over, name);
    this.#reasoning.show(reasoning, reasoning.length, over, name);
    this.#fold.hidden = reasoning === "";
    this.#refused.hidden = refusal === "";
    setLabel(this.#refused, refusal);
    return this.#pace.shown < this.#pace.target;
  }
}

const ANNOUNCED: Readonly<Record<Exclude<StreamStatus, "idle">, string>> = {
  streaming: words.IS_STREAMING,
  done: words.DONE,
  stopped: words.STOPPED,
  interrupted: words.INTERRUPTED,
  failed: words.FAILED,
};

function noteOn(reason: string | null): string | null {
  if (reason === "length") return words.CUT_AT_LIMIT;
  return reason === "content_filter" ? words.FILTERED : null;
}
