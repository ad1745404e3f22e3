/**
 * What is said aloud by assistive technology: each state once, however many views show the answer, and nothing of what was
 * there before the first of them.
 */

import type { Cell } from "../jupyter/connection.js";
import { element } from "../render/element.js";
import { isOver, isTerminal, type State } from "../wire/store.js";
import * as words from "../words.js";
import { asking, calling } from "./parts/call.js";
import { doing } from "./parts/list.js";
import { ending, facts, kept } from "./status.js";

/** The announcer that speaks for a cell: the first one that is still there. */
const speakers = new WeakMap<Cell, Announcer>();

export class Announcer {
  readonly root = element("div", { class: "sc-live", role: "status", "aria-live": "polite" });
  readonly #cell: Cell;
  /** What was last announced, or would have been. */
  #last: State | null = null;
  #status = "";
  #asks = "";
  /** Whether that the answer streams is still to be said: it thinks, or nothing has come yet. */
  #thinks = false;

  constructor(cell: Cell) {
    this.#cell = cell;
  }

  update(state: State): void {
    const first = this.#last === null;
    const said = this.#said(state);
    this.#last = state;
    if (first || said === "") return;
    if (!speakers.has(this.#cell)) speakers.set(this.#cell, this);
    if (speakers.get(this.#cell) === this) this.say(said);
  }

  /** Say what the user of this view has done. */
  say(what: string): void {
    // The same text is only spoken again if it is a new node.
    this.root.replaceChildren(what);
  }

  dispose(): void {
    if (speakers.get(this.#cell) === this) speakers.delete(this.#cell);
  }

  #said(state: State): string {
    const { doc, gone } = state;
    const status = gone !== null && !isTerminal(doc) ? "gone" : doc.status;
    const asks = gone === null ? asking(doc) : "";
    const begins = asks !== "" && asks !== this.#asks;
    const before = this.#status;
    this.#asks = asks;
    this.#status = status;
    if (begins) return asks;
    const chosen = this.#last !== null && isOver(this.#last) && isOver(state);
    if (chosen && this.#last?.doc.version !== doc.version) {
      return [words.versionOf(doc.version + 1, doc.versions), announcement(state)].filter(Boolean).join(". ");
    }
    if (status === "streaming") return this.#streams(state, before !== status);
    return status === before ? "" : announcement(state);
  }

  /** Thinking is announced as thinking, and the answer when it begins. */
  #streams({ doc }: State, begins: boolean): string {
    const thought = this.#thinks && !begins;
    const now = doc.parts.length === 0 ? null : doing(doc);
    if (begins) {
      this.#thinks = now === words.THINKING || (doc.parts.length === 0 && this.#last !== null);
      if (doc.parts.length === 0) return "";
      return this.#thinks ? words.IS_THINKING : words.IS_STREAMING;
    }
    if (!thought || doc.parts.length === 0) return "";
    if (now === words.THINKING) return this.#last?.doc.parts.length === 0 ? words.IS_THINKING : "";
    this.#thinks = false;
    return words.IS_STREAMING;
  }
}

/** The announcement of a status; empty if there is none. */
function announcement({ doc, gone }: State): string {
  if (gone === "kernel" && !isTerminal(doc)) return `${words.DISCONNECTED}. ${kept(doc)}`;
  switch (doc.status) {
    case "queued":
    case "connecting":
      return "";
    case "streaming":
      return words.IS_STREAMING;
    case "calling":
      return calling(doc);
    case "waiting":
      return words.IS_WAITING;
    case "done":
      return `${ending(doc)}. ${facts(doc).join(", ")}`;
    case "stopped":
      return words.STOPPED;
    case "interrupted":
    case "failed":
      return `${doc.status === "failed" ? words.FAILED : words.INTERRUPTED}. ${doc.error?.title ?? ""}`;
  }
}
