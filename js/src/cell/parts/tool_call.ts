/** A tool call: the arguments from the model, the user's decision while the call waits, and the result. */

import type { DecisionView, Tools } from "../../render/addons.js";
import { element, setAttribute, setLabel } from "../../render/element.js";
import type { ToolCallFields } from "../../wire/generated.js";
import type { Part } from "../../wire/protocol.js";
import * as words from "../../words.js";
import { Box } from "../box.js";
import { Pretty, pretty, visible } from "../pretty.js";
import { callCopied, callOf, nameOf, TOOL_CALL } from "./call.js";
import { type Context, KINDS, type Looks, type PartView } from "./kinds.js";
import { type Returned, returned } from "./returned.js";

/** A result with fewer lines and characters is unfolded. */
const SHORT = { lines: 10, characters: 1000 };

/** Characters of JSON that is laid out for reading; a longer result is shown unchanged. */
const LAID_OUT = 20_000;

/** Shorter durations, in seconds, are not shown. */
const SOON = 0.05;

const seconds = (value: number): string => (value < 100 ? value.toFixed(1) : String(Math.round(value)));

/** The state of the call in words. Without a kernel, a call that had not ended is described in the past tense. */
function stateOf({ state, seconds: ran, edited, always, server }: ToolCallFields, { over, gone }: Looks): string {
  const saved = gone === "saved";
  if (state === "called" && !over) return words.PREPARING;
  if (state === "asked" && over) return saved ? words.ASKED_WHEN_SAVED : words.ASKED_WITHOUT_KERNEL;
  if (state === "running" && over) return saved ? words.RAN_WHEN_SAVED : words.RAN_WITHOUT_KERNEL;
  const took = state === "done" && ran !== null && ran >= SOON;
  const known = server !== "" && state === "done" ? words.APPROVED : words.CALL_STATES[state];
  const stands = took ? words.doneIn(seconds(ran)) : known;
  return [stands, edited !== null && words.EDITED, always && words.ALWAYS_ALLOWED].filter(Boolean).join(" · ");
}

/** A result, laid out for reading. */
function readable(result: string): string {
  if (result.length > LAID_OUT || !/^\s*[{[]/.test(result)) return visible(result);
  try {
    JSON.parse(result);
  } catch {
    return visible(result);
  }
  return pretty(result);
}

class ToolCall implements PartView {
  readonly root: HTMLElement;
  readonly #context: Context;
  readonly #name = element("code");
  readonly #state = element("span", { class: "sc-call-state" });
  readonly #arguments = new Box(words.ARGUMENTS);
  /** Where the buttons are, or why they are not. */
  readonly #choices = element("div");
  #decision: DecisionView | null = null;
  #coming = false;
  #gone = false;
  #last: Parameters<DecisionView["update"]> | null = null;
  readonly #place = element("div");
  readonly #summary = element("summary");
  readonly #text = new Box(words.RESULT);
  readonly #result = element("details", { class: "sc-call-result" }, this.#summary, this.#text.root);
  #layout = new Pretty();
  #laid = "";
  /** The arguments that are laid out so far. */
  #read = "";
  #grew = false;
  /** The answer whose call is shown. */
  #shown: string | null = null;
  #returned: Returned | null = null;
  /** What is shown of the result: type, data and text. */
  #drawn: readonly string[] = [];

  constructor(context: Context) {
    this.#context = context;
    const head = element("div", { class: "sc-call-head" }, this.#name, this.#state);
    this.root = element("div", { class: "sc-call", role: "group", tabindex: "-1" }, head, this.#arguments.root);
    this.root.append(this.#choices, this.#place, this.#result);
  }

  update([part]: readonly Part[], looks: Looks): void {
    if (!part) return;
    const call = callOf(part);
    const name = nameOf(part);
    if (looks.name !== this.#shown) this.#begin(looks.name);
    setLabel(this.#name, name);
    setAttribute(this.root, "aria-label", words.callOf(name));
    setAttribute(this.root, "data-state", call.state);
    setLabel(this.#state, stateOf(call, looks));
    this.#drawArguments(part, call, looks);
    this.#decide(part, call, looks);
    this.#drawResult(call, name);
    this.#returned?.dress?.();
  }

  dispose(): void {
    this.#returned?.dispose?.();
    this.#decision?.dispose();
    this.#gone = true;
  }

  /** Reset the view, to show the call of another answer. */
  #begin(name: string): void {
    this.#shown = name;
    this.#arguments.reset();
    this.#text.reset();
    this.#decision?.reset();
  }

  /** Show the buttons, which come with an addon when the first call waits. */
  #decide(...last: Parameters<DecisionView["update"]>): void {
    this.#last = last;
    const [, { state }, { over }] = last;
    if (this.#decision) this.#decision.update(...last);
    else if (state !== "asked" || over) setLabel(this.#choices, "");
    else if (!this.#coming) {
      const tools = this.#context.page.addons.tools();
      this.#coming = tools instanceof Promise;
      if (tools instanceof Promise) void tools.then((come) => this.#take(come));
      else this.#take(tools);
    }
  }

  #take(tools: Tools | null): void {
    this.#coming = false;
    if (this.#gone || !this.#last) return;
    this.#decision = tools?.decision({ context: this.#context, block: this.root, pretty }) ?? null;
    if (this.#decision) {
      this.#choices.replaceChildren(this.#decision.root);
      this.#decision.update(...this.#last);
    } else setLabel(this.#choices, words.NO_BUTTONS);
  }

  #drawArguments({ body, open }: Part, { custom, edited }: ToolCallFields, { over }: Looks): void {
    const text = edited ?? body;
    const grows = open && !over;
    if (custom) this.#arguments.show(visible(text), grows);
    else this.#arguments.show(this.#lay(text, grows), grows);
    if (!grows && this.#grew) this.#arguments.toBeginning();
    this.#grew = grows;
    this.#arguments.root.hidden = text.trim() === "";
  }

  /** Lay out the arguments. While they stream, only new text is parsed. */
  #lay(text: string, grows: boolean): string {
    if (!text.startsWith(this.#read)) {
      this.#layout = new Pretty();
      this.#laid = "";
      this.#read = "";
    }
    this.#laid += this.#layout.push(text.slice(this.#read.length));
    this.#read = text;
    return grows ? this.#laid : this.#laid + this.#layout.left;
  }

  #drawResult({ result, shown }: ToolCallFields, name: string): void {
    const [mime = "", data = ""] = shown ?? [];
    const drawn = [mime, data, result];
    if (drawn.every((one, at) => one === this.#drawn[at])) return;
    this.#drawn = drawn;
    this.#returned?.dispose?.();
    this.#returned = returned(mime, data, name, this.#context);
    this.#place.replaceChildren(...(this.#returned ? [this.#returned.root] : []));
    const text = readable(result);
    this.#text.show(text);
    this.#result.hidden = result === "";
    setLabel(this.#summary, this.#returned ? words.RESULT_AS_TEXT : words.RESULT);
    const isShort = text.length < SHORT.characters && text.split("\n", SHORT.lines).length < SHORT.lines;
    this.#result.open = isShort && this.#returned === null;
  }
}

KINDS.set(TOOL_CALL, {
  make: (context) => new ToolCall(context),
  doing: words.PREPARING_CALL,
  apart: true,
  copied: callCopied,
});
