/**
 * The Vercel AI SDK: turns the parts of its UI message stream, those of its `fullStream`, and the lines of its older
 * data stream protocol into events.
 */

import { Assembly, type ChunkDecoder, usageOf } from "./assembly.js";
import { written } from "./chat.js";
import { told } from "./errors.js";
import type { StreamEvent } from "./events.js";
import { field, parsed, text } from "./fields.js";

const PARAGRAPH = "\n\n";

/** The most calls of tools in one answer. */
const MOST_CALLS = 1_000;

/** The names of parts; other parts, such as `start-step` and `data-…`, show nothing. */
const PARTS =
  /^(text|reasoning|tool|source|file|data|start|finish|abort|message|reset)(-|$)|^(text|reasoning|error|raw|custom)$/;

export const isPart = (type: unknown): boolean => typeof type === "string" && PARTS.test(type);

/**
 * The end mark is the part `finish`; `[DONE]` alone is none, because the SDK also sends it after an error. Texts with
 * different ids are separated by a blank line.
 */
export class AISDKDecoder implements ChunkDecoder {
  readonly #answer = new Assembly();
  readonly #last = { text: "", reasoning: "" };
  readonly #names = new Map<string, string>();
  readonly #streamed = new Set<string>();
  #step = 0;
  readonly ending = false;
  finished = false;

  push(part: unknown): StreamEvent[] {
    if (this.finished) return [];
    const type = text(field(part, "type"));
    switch (type) {
      case "text":
      case "text-delta":
        return this.#grow("text", part);
      case "reasoning":
      case "reasoning-delta":
        return this.#grow("reasoning", part);
      case "start-step":
        this.#step = this.#answer.text.length;
        return [];
      case "reset-step":
        return this.#answer.replace(this.#answer.text.slice(0, this.#step));
      case "finish":
        return this.#finish(part);
      case "finish-step":
      case "step-finish":
        return this.#usage(part);
      case "abort":
        return this.#end([{ type: "interrupted", message: reasonFor(field(part, "reason")) }]);
      case "error":
        return this.#fail(field(part, "errorText") ?? field(part, "error") ?? part);
      default:
        return type.startsWith("tool-") ? this.#tool(type, part) : [];
    }
  }

  /** A line of the older protocol: a code, a colon and JSON. */
  line(line: string): StreamEvent[] {
    if (this.finished) return [];
    const value = parsed(line.slice(2));
    switch (line[0]) {
      case "0":
        return this.#answer.say(text(value));
      case "g":
        return this.#answer.grow("reasoning", text(value));
      case "3":
        return this.#fail(value);
      case "b":
        return this.#tool("tool-input-start", value);
      case "c":
        return this.#tool("tool-input-delta", { ...Object(value), inputTextDelta: field(value, "argsTextDelta") });
      case "9":
        return this.#tool("tool-call", { ...Object(value), input: field(value, "args") });
      case "d":
        return this.#finish(value);
      default:
        return [];
    }
  }

  end(): StreamEvent[] {
    return this.finished ? [] : this.#answer.held();
  }

  #grow(type: "text" | "reasoning", part: unknown): StreamEvent[] {
    const delta = ["delta", "text", "textDelta"].map((name) => text(field(part, name))).find(Boolean) ?? "";
    if (delta === "") return [];
    const id = text(field(part, "id"));
    const before = this.#last[type];
    this.#last[type] = id;
    const lead = before !== "" && id !== "" && id !== before ? PARAGRAPH : "";
    return type === "text" ? this.#answer.say(lead + delta) : this.#answer.grow(type, lead + delta);
  }

  #tool(type: string, part: unknown): StreamEvent[] {
    const id = text(field(part, "toolCallId")) || text(field(part, "id"));
    if (id === "" || (!this.#names.has(id) && this.#names.size >= MOST_CALLS)) return [];
    const name = text(field(part, "toolName")) || (this.#names.get(id) ?? "");
    const known = this.#names.has(id);
    if (/-(start|delta|available|call|error)$/.test(type)) this.#names.set(id, name);
    if (type.endsWith("-start")) return this.#answer.call(id, name, "");
    if (type.endsWith("-delta")) {
      this.#streamed.add(id);
      return this.#answer.call(id, name, text(field(part, "inputTextDelta")) || text(field(part, "delta")));
    }
    if (type !== "tool-call" && type !== "tool-input-available") return [];
    // The whole input comes after its pieces.
    if (this.#streamed.has(id)) return [];
    this.#streamed.add(id);
    const input = written(field(part, "input"));
    return known && input === "" ? [] : this.#answer.call(id, name, input);
  }

  #usage(part: unknown): StreamEvent[] {
    const usage = usageOf(field(part, "totalUsage") ?? field(part, "usage"), "prompt", "completion");
    return usage ? [usage] : [];
  }

  #finish(part: unknown): StreamEvent[] {
    const reason = field(part, "finishReason");
    // The SDK says "other" where a provider's word is not known to it, which does not mean that anything broke.
    const word = typeof reason === "string" && reason !== "other" && reason !== "unknown" ? reason : null;
    return this.#end([...this.#usage(part), ...this.#answer.finish(word)]);
  }

  #fail(error: unknown): StreamEvent[] {
    return this.#end(this.#answer.fail(told(error) ?? { message: "", code: null }));
  }

  #end(events: StreamEvent[]): StreamEvent[] {
    this.finished = true;
    return [...this.#answer.held(), ...events];
  }
}

const reasonFor = (reason: unknown): string =>
  typeof reason === "string" && reason.trim() !== ""
    ? `The server stopped the answer: ${told(reason)?.message ?? ""}`
    : "The server stopped the answer.";
