/**
 * The connection to the kernel, and the only user of the widget model: reads its traits, receives its messages, sends
 * commands.
 *
 * It runs the store's effects, and asks again if nothing comes: a message may be lost, and an old kernel answers only
 * when its cell has ended. It also requests addons of the front end from the kernels.
 */

import { isRecord, parseAddon, parseMessage, readDoc, readPlace } from "../wire/narrow.js";
import {
  type AddonRequest,
  type Command,
  type Doc,
  type FromPage,
  hello,
  type Place,
  textOf,
} from "../wire/protocol.js";
import { type Input, isAwaiting, reduce, type State, start } from "../wire/store.js";

/** The part of anywidget's model that is used here. */
export interface WidgetModel {
  get(name: string): unknown;
  on(event: string, callback: (...args: unknown[]) => void): void;
  off(event: string, callback: (...args: unknown[]) => void): void;
  send(content: unknown): void;
  /** Change a trait, only in this page. */
  set?(name: string, value: unknown): void;
}

export interface Clock {
  /** Milliseconds, monotonic. */
  now(): number;
  /** Call `callback` once, after `ms` milliseconds; the returned function cancels that. */
  after(ms: number, callback: () => void): () => void;
}

/** One answer, shared by its views in a page. */
export interface Cell {
  readonly state: State;
  subscribe(listener: (state: State) => void): () => void;
  press(command: Command): void;
}

/** What the page around a cell knows about it. */
export interface PageOfCell {
  /** Whether the page writes answers into the notebook. */
  keeps(): boolean;
  /** Whether the page shows the cell. */
  shows(): boolean;
}

const ALONE: PageOfCell = { keeps: () => false, shows: () => true };

/** Milliseconds after a command until the status line says that the kernel has not reacted. */
export const LATE_AFTER = 1500;

/** The most hellos in a row without a message from the kernel: a page without a kernel stops asking. */
export const HELLOS = 8;

/** Seconds until a requested snapshot is requested again. */
const FOR_A_SNAPSHOT = [1, 2, 4, 8, 16, 32, 60];

/** Seconds without a message from the kernel until a page in step checks whether it is still there. */
const FOR_A_SIGN = [5, 5, 10, 20, 30];

/**
 * The traits that identify the moment of the others. They change only when the front end fetches the whole state again.
 * The other traits can change before the messages arrive, so their changes are ignored.
 */
const PLACE_CHANGES = ["change:_epoch", "change:_seq"];

export class Connection implements Cell {
  readonly #model: WidgetModel;
  readonly #clock: Clock;
  readonly #page: PageOfCell;
  readonly #listeners = new Set<(state: State) => void>();
  #state: State;
  /** The number of hellos sent for what is awaited now. */
  #hellos = 0;
  #cancelHello: (() => void) | null = null;
  #cancelLate: (() => void) | null = null;
  #cancelRestore: (() => void) | null = null;

  /** `early`: messages that were received before this module was loaded. */
  constructor(model: WidgetModel, clock: Clock, early: readonly unknown[] = [], page: PageOfCell = ALONE) {
    this.#model = model;
    this.#clock = clock;
    this.#page = page;
    const messages = early.map(parseMessage).filter((message) => message !== null);
    const first = start(this.#readDoc(), this.#readPlace(), messages);
    this.#state = first.state;
    model.on("msg:custom", this.#onMessage);
    for (const change of PLACE_CHANGES) model.on(change, this.#onRestored);
    for (const effect of first.effects) this.#send(effect.message);
    this.#watch(first.state, true);
  }

  get state(): State {
    return this.#state;
  }

  /** The cell's unique id in its notebook. */
  get key(): string {
    return String(this.#model.get("_key"));
  }

  subscribe(listener: (state: State) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  press(command: Command): void {
    this.#take({ kind: "command", command });
  }

  /** Note that the kernel has ended. */
  gone(): void {
    this.#take({ kind: "gone" });
  }

  dispose(): void {
    this.#model.off("msg:custom", this.#onMessage);
    for (const change of PLACE_CHANGES) this.#model.off(change, this.#onRestored);
    this.#cancelHello?.();
    this.#cancelLate?.();
    this.#cancelRestore?.();
    this.#listeners.clear();
  }

  #readDoc(): Doc {
    const document = this.#model.get("_answer");
    return readDoc((key) => (isRecord(document) ? document[key] : undefined));
  }

  #readPlace(): Place | null {
    return readPlace(this.#model.get("_epoch"), this.#model.get("_seq"));
  }

  readonly #onMessage = (raw: unknown): void => {
    const message = parseMessage(raw);
    if (message === null) return;
    if (message.type === "wanted" && this.#page.shows()) this.#send({ ...hello(this.#state.place), shows: true });
    this.#take({ kind: "message", message });
  };

  readonly #onRestored = (): void => {
    this.#cancelRestore?.();
    // Each restored trait causes its own event: read them when all are there.
    this.#cancelRestore = this.#clock.after(0, () => {
      this.#cancelRestore = null;
      const place = this.#readPlace();
      if (place) this.#take({ kind: "traits", doc: this.#readDoc(), place });
    });
  };

  #take(input: Input): void {
    const before = this.#state;
    const { state, effects } = reduce(before, input);
    this.#state = state;
    for (const effect of effects) this.#send(effect.message);
    this.#watch(before, input.kind === "message" || input.kind === "traits");
    this.#mirror(before.doc, state.doc);
    if (state !== before) for (const listener of [...this.#listeners]) listener(state);
  }

  /** Set the traits that patches have changed, in this page only, so that `jslink` works with them. */
  #mirror(before: Doc, now: Doc): void {
    if (before.parts !== now.parts) this.#model.set?.("text", textOf(now));
    if (before.status !== now.status) this.#model.set?.("status", now.status);
  }

  /** Start and stop the timers that the new state asks for. */
  #watch(before: State, heard: boolean): void {
    const { synced, pending } = this.#state;
    // While a snapshot is awaited, patches that cannot be applied do not count as an answer.
    const begins = before.synced !== synced || (synced && heard);
    if (begins || !isAwaiting(this.#state)) {
      this.#cancelHello?.();
      this.#cancelHello = null;
      this.#hellos = 0;
    }
    if (this.#cancelHello === null && isAwaiting(this.#state)) this.#askLater();
    if (pending?.command === before.pending?.command) return;
    this.#cancelLate?.();
    this.#cancelLate = pending === null ? null : this.#clock.after(LATE_AFTER, () => this.#take({ kind: "late" }));
  }

  #askLater(): void {
    if (this.#state.asked >= HELLOS) return;
    const waits = this.#state.synced ? FOR_A_SIGN : FOR_A_SNAPSHOT;
    const seconds = waits[Math.min(this.#hellos, waits.length - 1)] ?? 0;
    this.#cancelHello = this.#clock.after(seconds * 1000, () => {
      this.#cancelHello = null;
      this.#hellos += 1;
      this.#take({ kind: "silence" });
    });
  }

  #send(message: FromPage): void {
    try {
      this.#model.send(message.type === "hello" && this.#page.keeps() ? { ...message, keeps: true } : message);
    } catch (error) {
      // The kernel is gone. The command stays pending, and the status line says that there is no reaction.
      console.warn("[streamcell] could not reach the kernel", error);
    }
  }
}

// -- addons --------------------------------------------------------------------------------------------------------------

/** The part of the shared widget's model that is used here. */
export type SharedModel = Pick<WidgetModel, "on" | "off" | "send">;

/** Milliseconds after a request for an addon in which it is not repeated, however many cells need the addon. */
export const ASK_AGAIN = 5000;

interface Awaited {
  readonly text: Promise<string | null>;
  readonly answer: (text: string | null) => void;
  asked: number;
  /** The kernels that were asked and have not replied that they lack the addon. */
  readonly models: Set<SharedModel>;
}

/**
 * The kernels that this page can ask for addons of the front end, through the widget that each kernel's cells share.
 *
 * A request may be lost, and a busy kernel without subshells answers it only when its cell has ended. So a reply is
 * awaited for as long as a cell of that kernel is in the page, and each further use of the addon may ask again.
 */
export class Kernels {
  readonly #clock: Clock;
  /** The number of cells in the page for each shared model. */
  readonly #cells = new Map<SharedModel, number>();
  readonly #alone = new Set<SharedModel>();
  readonly #listeners = new Map<SharedModel, (message: unknown) => void>();
  readonly #awaited = new Map<string, Awaited>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Add a cell whose kernel shares `model`; the returned function removes it. A cell that can only ask itself is
   * `alone`. The kernels of such cells cannot be distinguished, so only the newest of them is asked.
   */
  join(model: SharedModel, alone = false): () => void {
    const cells = this.#cells.get(model) ?? 0;
    this.#cells.set(model, cells + 1);
    if (alone) this.#alone.add(model);
    if (cells === 0) this.#listen(model);
    let here = true;
    return () => {
      if (here) this.#leave(model);
      here = false;
    };
  }

  /** An addon's text, or null if no kernel has it; null without a promise if there is no kernel to ask. */
  fetch(name: string): Promise<string | null> | null {
    const awaited = this.#awaited.get(name) ?? this.#await(name);
    const due = awaited.models.size === 0 || this.#clock.now() - awaited.asked >= ASK_AGAIN;
    if (due) this.#ask(name, awaited);
    return awaited.models.size > 0 ? awaited.text : null;
  }

  #await(name: string): Awaited {
    let answer = (_text: string | null) => {};
    const text = new Promise<string | null>((resolve) => {
      answer = resolve;
    });
    const awaited = { text, answer, asked: 0, models: new Set<SharedModel>() };
    this.#awaited.set(name, awaited);
    return awaited;
  }

  #ask(name: string, awaited: Awaited): void {
    awaited.asked = this.#clock.now();
    const request: AddonRequest = { type: "addon", name };
    const newest = [...this.#alone].at(-1);
    for (const model of this.#cells.keys()) {
      if (this.#alone.has(model) && model !== newest) continue;
      try {
        model.send(request);
        awaited.models.add(model);
      } catch {
        // This kernel is gone; there may be another one, now or later.
      }
    }
  }

  #listen(model: SharedModel): void {
    const listener = (raw: unknown) => {
      const addon = parseAddon(raw);
      const awaited = addon && this.#awaited.get(addon.name);
      if (!awaited) return;
      awaited.models.delete(model);
      if (addon.esm === null && awaited.models.size > 0) return;
      this.#end(addon.name, awaited, addon.esm);
    };
    this.#listeners.set(model, listener);
    model.on("msg:custom", listener);
  }

  #leave(model: SharedModel): void {
    const cells = (this.#cells.get(model) ?? 0) - 1;
    if (cells > 0) {
      this.#cells.set(model, cells);
      return;
    }
    this.#cells.delete(model);
    this.#alone.delete(model);
    const listener = this.#listeners.get(model);
    if (listener) model.off("msg:custom", listener);
    this.#listeners.delete(model);
    for (const [name, awaited] of this.#awaited) {
      if (!awaited.models.delete(model) || awaited.models.size > 0) continue;
      this.#ask(name, awaited);
      // Nobody can answer any more, and who waits would be kept for as long as the page.
      if (awaited.models.size === 0) this.#end(name, awaited, null);
    }
  }

  #end(name: string, { answer }: Awaited, text: string | null): void {
    this.#awaited.delete(name);
    answer(text);
  }
}
