/** The view of one answer: contains its parts, and updates them to the cell's state, at most once per frame. */

import type { Cell } from "../jupyter/connection.js";
import type { PanelView, Tools } from "../render/addons.js";
import { element, scrolls, setAttribute, setLabel } from "../render/element.js";
import { advance, type Pace, paceFrom, type Task } from "../render/frame.js";
import { type Command, type Doc, textOf, WIRE } from "../wire/protocol.js";
import { isOver, isTerminal, type State } from "../wire/store.js";
import * as words from "../words.js";
import { Announcer } from "./announcer.js";
import { errorCard } from "./card.js";
import { Controls } from "./controls.js";
import type { Copying } from "./copy.js";
import { Focus } from "./focus.js";
import { Hands } from "./hands.js";
import { Long } from "./long.js";
import { Meter } from "./numbers.js";
import type { Page } from "./page.js";
import { Panel } from "./panel.js";
import { doing, PartList } from "./parts/list.js";
import { ReplayBar } from "./replay.js";
import { factsOf, isComparable, statusDetails, statusLine } from "./status.js";
import { injectStyle } from "./style.js";

const SECOND = 1000;

/** Milliseconds between two renders of a streaming answer that is out of sight. */
const UNSEEN = 2000;

export class View {
  readonly #cell: Cell;
  readonly #page: Page;
  readonly #task: Task;
  readonly #unsubscribe: () => void;

  readonly #root = element("div", {
    class: "streamcell",
    "data-streamcell": true,
    role: "group",
    "aria-label": words.ANSWER,
  });
  readonly #status = element("span", { class: "sc-status" });
  readonly #numbers = element("span", { class: "sc-numbers" });
  readonly #origin = element("span", { class: "sc-origin" });
  readonly #badge = element("span", { class: "sc-badge" }, words.REHEARSAL);
  readonly #prompt = element("div", { class: "sc-prompt", dir: "auto", ...scrolls(words.PROMPT) });
  readonly #foreign = element("pre", { class: "sc-foreign" });
  readonly #notice = element("p", { class: "sc-notice" });
  readonly #card = element("div");
  readonly #controls: Controls;
  readonly #replay: ReplayBar;
  readonly #parts: PartList;
  readonly #copying: Copying;
  readonly #meter = new Meter();
  readonly #details: Panel;
  readonly #difference: Panel;
  readonly #long: Long;

  readonly #focus: Focus;
  readonly #hands: Hands;
  readonly #announcer: Announcer;
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
    this.#announcer = new Announcer(cell);
    this.#copying = { page, say: (words) => this.#announcer.say(words), rich: () => this.#hands.rich() };
    this.#hands = new Hands(this.#root, this.#copying, page);
    this.#parts = new PartList(page, this.#copying, (part, action, value) =>
      cell.press({ type: "act", part, action, value }),
    );
    const press = (command: Command) => cell.press(command);
    const parts = { press, page, facts: factsOf };
    const redraw = () => this.#drawLine(cell.state, page.clock.now());
    const panel = (style: string, named: readonly [string, string, string], make: (tools: Tools) => PanelView) =>
      new Panel(page, style, named, make, redraw);
    this.#details = panel("sc-details", words.DETAILS_PANEL, (tools) => tools.details(parts));
    this.#difference = panel("sc-difference", words.COMPARE_PANEL, (tools) => tools.difference(parts));
    this.#controls = new Controls(press, this.#copying, page.clock, [this.#difference.button, this.#details.button]);
    this.#replay = new ReplayBar(press);
    const head = element("div", { class: "sc-head" });
    const about = element("div", { class: "sc-about" }, this.#numbers, this.#badge, this.#origin);
    head.append(this.#status, about, this.#controls.more, this.#controls.root);
    this.#long = new Long(this.#root, this.#parts.root, cell, page);
    const body = element("div", { class: "sc-body" });
    body.append(this.#long.clip, this.#foreign, this.#notice, this.#card);
    this.#root.append(
      this.#prompt,
      head,
      this.#replay.root,
      this.#details.root,
      this.#difference.root,
      body,
      this.#announcer.root,
    );
    this.#focus = new Focus(this.#root, () => this.#controls.main);
    // Text that exists already is shown at once. Only new text is revealed gradually.
    this.#pace = advance(paceFrom(0, 0), textOf(cell.state.doc).length, page.clock.now(), true);
    this.#task = page.loop.add((now) => this.#frame(now));
    if (this.#frame(page.clock.now())) this.#task.wake();
    this.#unsubscribe = cell.subscribe((state) => this.#changed(state));
    if (!isOver(cell.state) && this.#meter.isLate) press({ type: "measure" });
    this.#root.addEventListener("focusin", keysAreItsOwn);
    this.#root.addEventListener("keydown", (key) => this.#escape(key));
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
    this.#controls.dispose();
    this.#announcer.dispose();
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
    this.#prompt.hidden = doc.prompt === "";
    setLabel(this.#prompt, doc.prompt);
    const gone = this.#drawn?.gone;
    this.#controls.update(state);
    if (
      before?.error !== doc.error ||
      before.status !== doc.status ||
      before.resumable !== doc.resumable ||
      gone !== state.gone
    ) {
      const shown = isTerminal(doc) ? doc.error : null;
      this.#card.replaceChildren(...(shown ? [errorCard(shown, this.#copying, this.#controls.offers())] : []));
    }
    this.#replay.update(state);
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
    this.#difference.update(state, now, isComparable(state));
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

  #drawStatus(state: State): void {
    const status = state.gone !== null && !isTerminal(state.doc) ? "gone" : state.doc.status;
    setAttribute(this.#root, "data-status", status);
    this.#announcer.update(state);
    if (isOver(state) && this.#seen) this.#hands.prepare();
    this.#focus.keep();
  }

  /** Escape stops the answer, wherever in its cell the focus is. */
  #escape(key: KeyboardEvent): void {
    const { state } = this.#cell;
    if (key.key !== "Escape" || key.defaultPrevented || isOver(state) || key.target instanceof HTMLSelectElement)
      return;
    key.preventDefault();
    key.stopPropagation();
    if (state.pending?.command.type !== "stop") this.#cell.press({ type: "stop" });
  }
}

/** Turn off JupyterLab's shortcuts. It looks for this attribute on the focused element first. */
function keysAreItsOwn({ target }: Event): void {
  if (target instanceof Element) setAttribute(target, "data-lm-suppress-shortcuts", "true");
}
