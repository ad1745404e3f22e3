/** What the decoders of all APIs share: what was said so far, reasoning between tags, and judging the end. */

import type { Told } from "./errors.js";
import type { StreamEvent } from "./events.js";
import { count, field } from "./fields.js";
import { reasonOf } from "./finish.js";
import { ThinkTags } from "./thinking.js";

/** A decoder of one API's chunks. It never throws, and its last event is an `EndEvent`; then it is `finished`. */
export interface ChunkDecoder {
  readonly finished: boolean;
  /** Whether the end mark has come, and only usage may follow. */
  readonly ending: boolean;
  push(chunk: unknown): StreamEvent[];
  /** The end of the stream; `marked`: the server said `[DONE]`. No `EndEvent`: it was cut off. */
  end(marked: boolean): StreamEvent[];
}

export class Assembly {
  readonly #tags = new ThinkTags();
  /** The text of the answer. It is kept because it may have to be corrected. */
  text = "";
  /** Whether anything of an answer has come. */
  spoke = false;
  called = false;

  say(delta: string): StreamEvent[] {
    if (delta === "") return [];
    this.spoke = true;
    return this.#take(this.#tags.push(delta));
  }

  grow(type: "reasoning" | "refusal", delta: string): StreamEvent[] {
    if (delta === "") return [];
    this.spoke = true;
    return [{ type, delta }];
  }

  /** The whole text becomes `text`. */
  replace(text: string): StreamEvent[] {
    if (text === this.text) return [];
    this.text = text;
    return [{ type: "replace", text }];
  }

  call(id: string, name: string, delta: string): StreamEvent[] {
    this.spoke = true;
    this.called = true;
    return [{ type: "tool-call", id, name, delta }];
  }

  /** The text that was held back, because nothing follows. */
  held(): StreamEvent[] {
    return this.#take(this.#tags.end());
  }

  #take(pieces: readonly { readonly type: "text" | "reasoning"; readonly delta: string }[]): StreamEvent[] {
    for (const { type, delta } of pieces) if (type === "text") this.text += delta;
    return [...pieces];
  }

  /** The end of the answer for a provider's finish reason; null: it gave none. */
  finish(word: string | null): StreamEvent[] {
    const reason = word === null ? null : reasonOf(word);
    if (reason === "error") {
      return [...this.held(), { type: "interrupted", message: `The server broke the answer off (${word}).` }];
    }
    // Some servers use one reason for every normal end.
    const called = this.called && (reason === null || reason === "stop");
    return [...this.held(), { type: "finish", reason: called ? "tool_calls" : reason }];
  }

  fail({ message, code }: Told): StreamEvent[] {
    return [...this.held(), { type: "error", message: message || "The server reported an error.", code, status: null }];
  }
}

/** A provider's usage; `given` and `made` are the API's names for input and output tokens. Null if it says nothing. */
export function usageOf(usage: unknown, given: string, made: string): StreamEvent | null {
  const of = (value: unknown, name: string) => count(field(value, name));
  const counted = {
    input_tokens: of(usage, `${given}_tokens`) ?? of(usage, "inputTokens"),
    output_tokens: of(usage, `${made}_tokens`) ?? of(usage, "outputTokens"),
    total_tokens: of(usage, "total_tokens") ?? of(usage, "totalTokens"),
    reasoning_tokens: of(field(usage, `${made}_tokens_details`), "reasoning_tokens"),
    cached_tokens: of(field(usage, `${given}_tokens_details`), "cached_tokens"),
  };
  // Some servers send zeros before they know.
  return Object.values(counted).some(Boolean) ? { type: "usage", ...counted } : null;
}
