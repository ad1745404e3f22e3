/** Chat Completions: turns its chunks into events. */

import { Assembly, type ChunkDecoder, usageOf } from "./assembly.js";
import { errorIn } from "./errors.js";
import type { StreamEvent } from "./events.js";
import { count, field, isObject, list, text, words } from "./fields.js";
import { Growth } from "./growth.js";

/** The most calls of tools in one answer. */
const MOST_CALLS = 200;

interface Call {
  readonly id: string;
  name: string;
}

/**
 * The end mark is a `finish_reason`. Chunks after it still belong to the answer, until the server sends `[DONE]` or
 * closes the connection. `[DONE]` alone also ends an answer, because some local servers never send a reason.
 *
 * Each request asks for one choice, but some servers use the index of choices for other things. So a new index
 * continues the answer; an earlier index that comes again is another choice and is left out.
 */
export class ChatDecoder implements ChunkDecoder {
  readonly #answer = new Assembly();
  readonly #text = new Growth();
  readonly #reasoning = new Growth();
  readonly #calls = new Map<number, Call>();
  readonly #seen = new Set<number>();
  #index: number | null = null;
  #word: string | null = null;
  finished = false;

  get ending(): boolean {
    return this.#word !== null;
  }

  push(chunk: unknown): StreamEvent[] {
    if (this.finished) return [];
    const events = list(field(chunk, "choices")).flatMap((choice) => this.#choice(choice));
    const usage = usageOf(field(chunk, "usage"), "prompt", "completion");
    if (usage) events.push(usage);
    const error = errorIn(chunk);
    if (error === null) return events;
    this.finished = true;
    return [...events, ...this.#held(), ...this.#answer.fail(error)];
  }

  end(marked: boolean): StreamEvent[] {
    if (this.finished) return [];
    const held = this.#held();
    if (this.#word === null && !(marked && this.#answer.spoke)) return [...held, ...this.#answer.held()];
    this.finished = true;
    return [...held, ...this.#answer.finish(this.#word)];
  }

  #held(): StreamEvent[] {
    return [...this.#answer.grow("reasoning", this.#reasoning.end()), ...this.#answer.say(this.#text.end())];
  }

  #choice(choice: unknown): StreamEvent[] {
    const delta = [field(choice, "delta"), field(choice, "message")].find(isObject) ?? choice;
    const index = count(field(choice, "index")) ?? 0;
    const ours = this.#isOurs(index);
    this.#seen.add(index);
    if (!ours) return [];
    const said = contentOf(field(delta, "content") ?? field(delta, "text"));
    const reasoned = reasoningOf(delta) || said.reasoning;
    const word = field(choice, "finish_reason") ?? field(choice, "finishReason");
    if (typeof word === "string" && word.trim() !== "") this.#word = word;
    return [
      ...this.#answer.grow("reasoning", this.#reasoning.push(reasoned)),
      ...this.#answer.say(this.#text.push(said.text)),
      ...this.#answer.grow("refusal", text(field(delta, "refusal"))),
      ...this.#called(delta),
    ];
  }

  #isOurs(index: number): boolean {
    if (this.#index === null || !this.#seen.has(index)) this.#index = index;
    return index === this.#index;
  }

  #called(delta: unknown): StreamEvent[] {
    const older = field(delta, "function_call");
    const calls = isObject(older) ? [{ index: 0, function: older }] : list(field(delta, "tool_calls"));
    return calls.flatMap((call, at) => {
      const known = this.#callAt(call, at);
      if (known === null) return [];
      const made = field(call, "function") ?? field(call, "custom");
      known.name ||= text(field(made, "name"));
      return this.#answer.call(known.id, known.name, written(field(made, "arguments") ?? field(made, "input")));
    });
  }

  /** The call that a piece belongs to. A new id at a known index is another call: some servers number all 0. */
  #callAt(call: unknown, at: number): Call | null {
    const id = text(field(call, "id"));
    const index = count(field(call, "index")) ?? at;
    const known = this.#calls.get(index);
    if (known && (id === "" || id === known.id)) return known;
    for (const other of this.#calls.values()) if (id !== "" && other.id === id) return other;
    if (this.#calls.size >= MOST_CALLS) return null;
    const made = { id: id || `call-${index}`, name: "" };
    // The former call at this index has ended; a key that no server uses keeps its id known.
    if (known) this.#calls.set(-1 - this.#calls.size, known);
    this.#calls.set(index, made);
    return made;
  }
}

/** Arguments as text; some servers send them as JSON values. */
export const written = (value: unknown): string =>
  typeof value === "string" ? value : isObject(value) || Array.isArray(value) ? JSON.stringify(value) : "";

function reasoningOf(delta: unknown): string {
  const said = words(field(delta, "reasoning_content")) || words(field(delta, "reasoning"));
  if (said) return said;
  // OpenRouter
  return list(field(delta, "reasoning_details"))
    .map((one) => words(one) || words(field(one, "summary")))
    .join("");
}

/** The text of a content, and the reasoning among its parts (Mistral). */
function contentOf(content: unknown): { text: string; reasoning: string } {
  if (!Array.isArray(content)) return { text: words(content), reasoning: "" };
  const said = { text: "", reasoning: "" };
  for (const part of content) {
    const type = field(part, "type");
    if (type === "thinking" || type === "reasoning") said.reasoning += words(field(part, "thinking")) || words(part);
    else said.text += words(part);
  }
  return said;
}
