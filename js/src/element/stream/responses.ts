/** The Responses API: turns its events into ours. */

import { Assembly, type ChunkDecoder, usageOf } from "./assembly.js";
import { written } from "./chat.js";
import { errorIn, told } from "./errors.js";
import type { StreamEvent } from "./events.js";
import { count, field, list, text, words } from "./fields.js";

type Kind = "text" | "reasoning" | "refusal";

const GROWS: Readonly<Record<string, Kind>> = {
  "response.output_text": "text",
  "response.reasoning_summary_text": "reasoning",
  "response.reasoning_text": "reasoning",
  "response.refusal": "refusal",
};

const CALLS = ["response.function_call_arguments", "response.custom_tool_call_input"];

/** Calls for the caller to run or to approve; those that the provider runs itself are not told. */
const CALLED = ["function_call", "custom_tool_call", "mcp_approval_request"];

const ENDS = ["completed", "incomplete", "failed", "cancelled"];

/** Separates a text from the one before it. */
const PARAGRAPH = "\n\n";

/** The most output items of one response that are told apart. */
const MOST_ITEMS = 1_000;

interface Part {
  readonly item: string;
  readonly kind: Kind;
  text: string;
  closed: boolean;
}

/** The call of an item: `length` characters of its arguments are known. */
interface Call {
  readonly id: string;
  name: string;
  length: number;
}

/**
 * An event belongs to the output item with its `item_id`; indices count only where there is no id. A part ends with its
 * `done` event, and a blank line separates a text from the one before it. If a `done` event has more text than the
 * deltas, the rest is added; if it has another text, that replaces theirs. Only the terminal event is an end mark:
 * `[DONE]` is none.
 */
export class ResponsesDecoder implements ChunkDecoder {
  readonly #answer = new Assembly();
  readonly #parts: Part[] = [];
  readonly #calls = new Map<string, Call>();
  readonly #commentary = new Set<string>();
  readonly #ids = new Map<number, string>();
  /** The last item that an event was about. */
  #item = "";
  readonly ending = false;
  finished = false;

  push(chunk: unknown): StreamEvent[] {
    if (this.finished) return [];
    const type = text(field(chunk, "type"));
    const end = ENDS.find((name) => type === `response.${name}`);
    if (end) return this.#terminal(field(chunk, "response"), end);
    const error = errorIn(chunk);
    if (error) {
      this.finished = true;
      return this.#answer.fail(error);
    }
    const [, name = "", how = ""] = /^(.*)\.(delta|done)$/.exec(type) ?? [];
    const item = this.#itemOf(chunk);
    if (CALLS.includes(name)) return this.#arguments(item, chunk, how === "done");
    const kind = GROWS[name];
    if (kind && how === "delta") return this.#grow(item, kind, words(field(chunk, "delta")));
    if (kind) return this.#whole(item, kind, words(field(chunk, kind === "refusal" ? "refusal" : "text")));
    if (type === "response.output_item.added" || type === "response.output_item.done") {
      return this.#itemCame(field(chunk, "item"), chunk, type.endsWith("done"));
    }
    return [];
  }

  /** What tells an event's output item from others: its id, or the id that others had at its index. */
  #itemOf(chunk: unknown): string {
    const id = text(field(chunk, "item_id"));
    const index = count(field(chunk, "output_index"));
    if (id === "") this.#item = index === null ? this.#item : (this.#ids.get(index) ?? String(index));
    else this.#item = id;
    if (id !== "" && index !== null && this.#ids.size < MOST_ITEMS) this.#ids.set(index, id);
    return this.#item;
  }

  end(): StreamEvent[] {
    return this.finished ? [] : this.#answer.held();
  }

  // -- texts ----------------------------------------------------------------------------------------------------------

  #open(item: string, kind: Kind): Part | undefined {
    return this.#parts.findLast((part) => part.item === item && part.kind === kind && !part.closed);
  }

  #grow(item: string, kind: Kind, delta: string): StreamEvent[] {
    if (delta === "") return [];
    const known = this.#open(item, kind);
    if (known) {
      known.text += delta;
      return this.#say(item, kind, delta);
    }
    const before = this.#parts.some((part) => part.kind === kind && !this.#commentary.has(part.item));
    if (this.#parts.length < MOST_ITEMS) this.#parts.push({ item, kind, text: delta, closed: false });
    return this.#say(item, kind, (before ? PARAGRAPH : "") + delta);
  }

  #say(item: string, kind: Kind, delta: string): StreamEvent[] {
    if (kind === "text" && !this.#commentary.has(item)) return this.#answer.say(delta);
    return this.#answer.grow(kind === "text" ? "reasoning" : kind, delta);
  }

  /** The complete text of a part. */
  #whole(item: string, kind: Kind, whole: string): StreamEvent[] {
    const part = this.#open(item, kind);
    if (part === undefined) {
      const known = this.#parts.some((one) => one.kind === kind && one.text.trim() === whole.trim());
      if (known || whole === "") return [];
      const events = this.#grow(item, kind, whole);
      this.#close(item, kind);
      return events;
    }
    part.closed = true;
    if (whole.startsWith(part.text)) {
      const rest = whole.slice(part.text.length);
      part.text = whole;
      return rest === "" ? [] : this.#say(item, kind, rest);
    }
    if (kind !== "text" || this.#commentary.has(item) || part.text.startsWith(whole)) return [];
    part.text = whole;
    const texts = this.#parts.filter((one) => one.kind === "text" && !this.#commentary.has(one.item));
    return this.#answer.replace(texts.map((one) => one.text).join(PARAGRAPH));
  }

  #close(item: string, kind: Kind): void {
    const part = this.#open(item, kind);
    if (part) part.closed = true;
  }

  // -- items ----------------------------------------------------------------------------------------------------------

  #itemCame(item: unknown, chunk: unknown, whole: boolean): StreamEvent[] {
    const type = text(field(item, "type"));
    const key = this.#itemOf({ ...Object(chunk), item_id: field(item, "id") });
    if (CALLED.includes(type)) return this.#call(item, key, whole);
    if (field(item, "phase") === "commentary") this.#commentary.add(key);
    return whole ? this.#texts(item, key) : [];
  }

  /** The texts of a complete item that have not come before. */
  #texts(item: unknown, key: string): StreamEvent[] {
    const reasons = field(item, "type") === "reasoning";
    if (reasons && this.#parts.some((part) => part.kind === "reasoning")) return [];
    return [...list(field(item, "summary")), ...list(field(item, "content"))].flatMap((part) => {
      const refused = field(part, "type") === "refusal";
      return this.#whole(
        key,
        reasons ? "reasoning" : refused ? "refusal" : "text",
        refused ? text(field(part, "refusal")) : words(part),
      );
    });
  }

  #call(item: unknown, key: string, whole: boolean): StreamEvent[] {
    const known = this.#calls.get(key);
    const name = text(field(item, "name"));
    const given = written(field(item, "arguments") ?? field(item, "input"));
    const call = known ?? { id: text(field(item, "call_id")) || key, name, length: 0 };
    call.name ||= name;
    if (this.#calls.size < MOST_ITEMS) this.#calls.set(key, call);
    const rest = whole || !known ? given.slice(call.length) : "";
    call.length += rest.length;
    return known && rest === "" ? [] : this.#answer.call(call.id, call.name, rest);
  }

  #arguments(item: string, chunk: unknown, whole: boolean): StreamEvent[] {
    const call = this.#calls.get(item) ?? { id: item, name: "", length: 0 };
    if (this.#calls.size < MOST_ITEMS) this.#calls.set(item, call);
    const given = written(field(chunk, whole ? "arguments" : "delta") ?? field(chunk, "input"));
    const delta = whole ? given.slice(call.length) : given;
    call.length += delta.length;
    return delta === "" ? [] : this.#answer.call(call.id, call.name, delta);
  }

  // -- the end --------------------------------------------------------------------------------------------------------

  /** The status in the response takes precedence over the event's name. */
  #terminal(response: unknown, end: string): StreamEvent[] {
    const status = field(response, "status");
    const events: StreamEvent[] = [];
    // Without ids and indices no text can be assigned, so it is only used if none came before.
    const spoke = this.#parts.some(({ kind }) => kind !== "reasoning");
    for (const [index, item] of list(field(response, "output")).entries()) {
      const key = text(field(item, "id")) || (this.#ids.get(index) ?? String(index));
      if (CALLED.includes(text(field(item, "type")))) events.push(...this.#call(item, key, true));
      else if (!spoke || this.#parts.some((part) => part.item === key)) events.push(...this.#texts(item, key));
    }
    const usage = usageOf(field(response, "usage"), "input", "output");
    if (usage) events.push(usage);
    this.finished = true;
    const error = told(field(response, "error"));
    if (end === "failed" || status === "failed" || error) {
      return [...events, ...this.#answer.fail(error ?? { message: "", code: null })];
    }
    const why = text(field(field(response, "incomplete_details"), "reason"));
    const cancelled = end === "cancelled" || status === "cancelled";
    const limit = count(field(response, "max_output_tokens"));
    const made = usage?.type === "usage" ? usage.output_tokens : null;
    // Some local servers report an answer as completed although their token limit cut it off.
    const cut = end === "incomplete" || status === "incomplete" || (limit !== null && made !== null && made >= limit);
    return [...events, ...this.#answer.finish(cancelled ? "cancelled" : why || (cut ? "length" : "stop"))];
  }
}
