/** The view of one answer: contains its parts, and updates them to the cell's state, at most once per frame. */

import type { Cell } from "../jupyter/connection.js";
import { element, setAttribute, setLabel } from "../render/element.js";
import { advance, type Pace, paceFrom, type Task } from "../render/frame.js";
import { type Command, type Doc, textOf, WIRE } from "../wire/protocol.js";
import { isOver, isTerminal, type State } from "../wire/store.js";
import * as words from "../words.js";
import { errorCard } from "./card.js";
import { Controls } from "./controls.js";
import type { Copying } from "./copy.js";
import { Details } from "./details.js";
import { Difference } from "./difference.js";
import { Long } from "./long.js";
import { Meter } from "./numbers.js";
import type { Page } from "./page.js";
import { asking } from "./parts/call.js";
import { doing, PartList } from "./parts/list.js";
import { ReplayBar } from "./replay.js";
import { announcement, statusDetails, statusLine } from "./status.js";
import { injectStyle } from "./style.js";

const SECOND = 1000;

/** Milliseconds between two renders of a streaming answer that is out of sight. */
const UNSEEN = 2000;

export class View {
  readonly #cell: Cell;
  readonly #page: Page;
  readonly #task: Task;
  readonly #unsubscribe: () => void;

  readonly #root = element("div", { class: "streamcell", "data-streamcell": true });
  readonly #status = element("span", { class: "sc-status" });
  readonly #numbers = element("span", { class: "sc-numbers" });
  readonly #origin = element("span", { class: "sc-origin" });
  readonly #badge = element("span", { class: "sc-badge" }, words.REHEARSAL);
  readonly #foreign = element("pre", { class: "sc-foreign" });
  readonly #notice = element("p", { class: "sc-notice" });
  readonly #card = element("div");
  readonly #live = element("div", { class: "sc-live", role: "status", "aria-live": "polite" });
  readonly #controls: Controls;
  readonly #replay: ReplayBar;
  readonly #parts: PartList;
  readonly #copying: Copying;
  readonly #meter = new Meter();
  readonly #details: Details;
  readonly #difference: Difference;
  readonly #long: Long;

  readonly #target: HTMLElement;
  #pace: Pace;
  /** The state on the screen; null before the first render. */
  #drawn: State | null = null;
  #retryAt: number | null = null;
  #cancelTick: (() => void) | null = null;
  #seen = true;
  #cancelUnseen: (() => void) | null = null;
  readonly #unwatch: () => void;

  constructor(target: HTMLElement, cell: Cell, page: Page) {
    this.#cell = cell;
    this.#page = page;
    this.#target = target;
    this.#copying = { page, say: (words) => this.#say(words) };
    this.#parts = new PartList(page, this.#copying, (part, action, value) =>
      cell.press({ type: "act", part, action, value }),
    );
    const press = (command: Command) => cell.press(command);
    this.#details = new Details(press, page.newId(), () => this.#drawLine(cell.state, page.clock.now()));
    this.#difference = new Difference(press, page);
    this.#controls = new Controls(press, this.#copying, () => page.clock.now(), [
      this.#difference.button,
      this.#details.button,
    ]);
    this.#replay = new ReplayBar(press);
    const head = element("div", { class: "sc-head" });
    const about = element("div", { class: "sc-about" }, this.#numbers, this.#badge, this.#origin);
    head.append(this.#status, about, this.#controls.more, this.#controls.root);
    this.#long = new Long(this.#root, this.#parts.root, cell, page);
    const body = element("div", { class: "sc-body" });
    body.append(this.#long.clip, this.#foreign, this.#notice, this.#card);
    this.#root.append(head, this.#replay.root, this.#details.root, this.#difference.root, body, this.#live);
    // Text that exists already is shown at once. Only new text is revealed gradually.
    this.#pace = advance(paceFrom(0, 0), textOf(cell.state.doc).length, page.clock.now(), true);
    this.#task = page.loop.add((now) => this.#frame(now));
    if (this.#frame(page.clock.now())) this.#task.wake();
    this.#unsubscribe = cell.subscribe((state) => this.#changed(state));
    if (!isOver(cell.state) && this.#meter.isLate) press({ type: "measure" });
    this.#root.addEventListener("focusin", keysAreItsOwn);
    target.classList.add("sc-host");
    target.append(this.#root);
    injectStyle(this.#root);
    this.#unwatch = page.watch(this.#root, (isSeen) => {
      this.#seen = isSeen;
      setAttribute(this.#root, "data-unseen", !isSeen);
      if (isSeen) this.#task.wake();
    });
  }

  dispose(): void {
    this.#unsubscribe();
    this.#task.cancel();
    this.#cancelTick?.();
    this.#cancelUnseen?.();
    this.#unwatch();
    this.#long.dispose();
    this.#parts.dispose();
    this.#root.remove();
    this.#target.classList.remove("sc-host");
  }

  #changed(state: State): void {
    // A pressed button changes at once, even if rendering the document takes long.
    if (state.pending !== this.#drawn?.pending) this.#drawChrome(state, this.#page.clock.now());
    if (this.#seen || isOver(state)) this.#task.wake(isOver(state));
    else this.#cancelUnseen ??= this.#page.clock.after(UNSEEN, () => this.#task.wake());
  }

  #frame(now: number): boolean {
    const state = this.#cell.state;
    const ended = isOver(state);
    this.#cancelUnseen?.();
    this.#cancelUnseen = null;
    this.#pace = advance(this.#pace, textOf(state.doc).length, now, ended || !this.#seen || this.#page.isStill());
    const behind = this.#pace.shown < this.#pace.target;
    const over = ended && !behind;
    if (state.foreign) this.#drawForeign(state.foreign);
    else this.#drawAnswer(state, over);
    this.#drawChrome(state, now);
    this.#long.update(over, state.doc.max_height);
    // Last, so that code that waits for the final status finds the complete answer.
    if (over === ended) this.#drawStatus(state);
    return behind;
  }

  #drawAnswer({ doc, texts, gone }: State, over: boolean): void {
    this.#foreign.hidden = true;
    this.#parts.root.hidden = false;
    // Named by the number of texts and not of attempts, because a resumed attempt continues the same text.
    this.#parts.update(doc, { over, shown: this.#pace.shown, name: String(texts), gone });
  }

  #drawForeign(foreign: { readonly wire: number; readonly text: string }): void {
    this.#parts.root.hidden = true;
    this.#foreign.hidden = false;
    setLabel(this.#foreign, foreign.text);
  }

  /** Update everything except the text. This is cheap, because it only updates what changed. */
  #drawChrome(state: State, now: number): void {
    const { doc } = state;
    const before = this.#drawn?.doc;
    if (this.#drawn?.foreign !== state.foreign || this.#drawn?.doc !== doc) {
      this.#notice.hidden = state.foreign === null && doc.notice === null;
      setLabel(this.#notice, state.foreign ? words.foreign(state.foreign.wire, WIRE) : (doc.notice ?? ""));
    }
    if (before?.origin !== doc.origin) this.#drawOrigin(doc);
    if (before?.error !== doc.error || before.status !== doc.status || before.resumable !== doc.resumable) {
      const shown = isTerminal(doc) ? doc.error : null;
      this.#card.replaceChildren(...(shown ? [errorCard(shown, this.#copying, doc.resumable !== null)] : []));
    }
    this.#controls.update(state);
    this.#replay.update(state);
    this.#difference.update(state);
    this.#drawn = state;
    this.#drawLine(state, now);
  }

  #drawOrigin({ origin }: Doc): void {
    setLabel(this.#origin, [origin.model, origin.api].filter(Boolean).join(" · "));
    setAttribute(this.#origin, "title", origin.note || false);
    this.#badge.hidden = !origin.rehearsal;
  }

  #drawLine(state: State, now: number): void {
    const { doc } = state;
    const left = state.gone === null ? this.#countdown(doc, now) : null;
    const silent = state.gone === null ? this.#silence(doc, now) : null;
    setLabel(this.#status, statusLine(state, left, silent === null ? null : silent / SECOND, doing(doc)));
    setAttribute(this.#status, "title", statusDetails(doc) || false);
    setLabel(this.#numbers, this.#meter.text(state, now));
    this.#details.update(state, now);
    this.#cancelTick?.();
    const second = this.#seen ? this.#meter.due(state, now) : null;
    const due =
      left !== null && left > 0 ? left % SECOND || SECOND : silent === null ? second : SECOND - (silent % SECOND);
    this.#cancelTick =
      due === null ? null : this.#page.clock.after(due, () => this.#drawLine(this.#cell.state, this.#page.clock.now()));
  }

  #idle: Doc["idle"] = null;
  #idleFrom = 0;

  /** Milliseconds without data, counted from the number in the kernel's message. */
  #silence({ idle }: Doc, now: number): number | null {
    if (idle !== this.#idle) {
      this.#idle = idle;
      this.#idleFrom = idle === null ? 0 : now - idle.seconds * SECOND;
    }
    return idle === null ? null : now - this.#idleFrom;
  }

  #counted: number | Doc["wait"] = null;

  /** Milliseconds left. The message has a duration, which becomes a time on this page's clock when it arrives. */
  #countdown(doc: Doc, now: number): number | null {
    const seconds =
      doc.status === "waiting" ? doc.retry_at : doc.status === "queued" ? (doc.wait?.seconds ?? null) : null;
    const counted = doc.status === "queued" ? doc.wait : seconds;
    if (counted !== this.#counted) {
      this.#counted = counted;
      this.#retryAt = seconds === null ? null : now + seconds * SECOND;
    }
    return this.#retryAt === null ? null : Math.max(0, this.#retryAt - now);
  }

  /** The calls that wait for the user. Another one is announced even if the status stays the same. */
  #asks = "";

  #drawStatus(state: State): void {
    const status = state.gone !== null && !isTerminal(state.doc) ? "gone" : state.doc.status;
    const asks = state.gone === null ? asking(state.doc) : "";
    const begins = asks !== this.#asks && asks !== "";
    this.#asks = asks;
    if (this.#root.getAttribute("data-status") === status && !begins) return;
    const first = !this.#root.hasAttribute("data-status");
    setAttribute(this.#root, "data-status", status);
    // An answer that existed before is not announced.
    const words = first ? "" : asks || announcement(state);
    if (words !== "") this.#say(words);
  }

  #say(words: string): void {
    // The same text is only spoken again if it is a new node.
    this.#live.replaceChildren(words);
  }
}

/** Turn off JupyterLab's shortcuts. It looks for this attribute on the focused element first. */
function keysAreItsOwn({ target }: Event): void {
  if (target instanceof Element) setAttribute(target, "data-lm-suppress-shortcuts", "true");
}
