/** The buttons: Stop or Retry, Continue, Copy, and the choice of versions. Their accessible names do not change. */

import { element, isFocused, setAttribute, setLabel } from "../render/element.js";
import type { Command } from "../wire/protocol.js";
import { canHurry, isOver, type State } from "../wire/store.js";
import * as words from "../words.js";
import { type Copying, copyButton } from "./copy.js";
import { copied } from "./parts/kinds.js";

/** Milliseconds for which Retry ignores clicks while the pointer rests where Stop was. */
const RESTING = 1000;

export class Controls {
  readonly root: HTMLElement;
  /** The choice of versions and other buttons that are needed less often. */
  readonly more: HTMLElement;
  readonly #stop: HTMLButtonElement;
  readonly #retry: HTMLButtonElement;
  readonly #resume: HTMLButtonElement;
  readonly #copy: HTMLButtonElement;
  readonly #versions: HTMLElement;
  readonly #previous: HTMLButtonElement;
  readonly #next: HTMLButtonElement;
  readonly #now: () => number;
  readonly #position = element("span", { class: "sc-position" });
  readonly #changed = element("span", { class: "sc-changed" });
  #state: State | null = null;
  /** When Retry replaced Stop, and whether the pointer has moved on it since. */
  #replacedAt = Number.NEGATIVE_INFINITY;
  #aimed = false;

  /** `others`: further buttons, after the versions. */
  constructor(
    press: (command: Command) => void,
    copying: Copying,
    now: () => number,
    others: readonly HTMLElement[] = [],
  ) {
    this.#stop = button(words.STOP, "sc-primary", () => press({ type: "stop" }));
    this.#retry = button(words.RETRY, "", (click) => {
      // The click was meant for Stop, so it can be ignored: the answer has stopped or ended meanwhile.
      const resting = click.detail > 0 && !this.#aimed && now() - this.#replacedAt < RESTING;
      if (click.detail < 2 && !resting) press({ type: "retry" });
    });
    this.#retry.addEventListener("pointermove", ({ movementX, movementY }) => {
      // When the page changes under a resting pointer, browsers send a pointermove with a movement of 0.
      this.#aimed ||= movementX !== 0 || movementY !== 0;
    });
    this.#now = now;
    this.#resume = button(words.CONTINUE, "sc-primary", () => press({ type: "resume" }));
    this.#previous = button(words.PREVIOUS, "sc-arrow", () => press({ type: "select", version: this.#shown() - 1 }));
    this.#next = button(words.NEXT, "sc-arrow", () => press({ type: "select", version: this.#shown() + 1 }));
    setLabel(this.#previous, "‹");
    setLabel(this.#next, "›");
    this.#copy = copyButton(copying, words.COPY, words.COPY, () => (this.#state ? copied(this.#state.doc) : ""));
    setAttribute(this.#copy, "title", words.COPY_TITLE);
    this.#versions = element("span", { class: "sc-versions", role: "group", "aria-label": words.VERSIONS });
    this.#versions.append(this.#previous, this.#position, this.#next);
    this.more = element("div", { class: "sc-more" }, this.#versions, this.#changed, ...others);
    this.root = element("div", { class: "sc-controls" }, this.#copy, this.#resume, this.#retry, this.#stop);
  }

  update(state: State): void {
    const before = this.#state?.doc.parts;
    this.#state = state;
    const { doc, pending } = state;
    const running = !isOver(state);
    const gone = state.gone === null ? null : words.NO_KERNEL;
    const wanted = pending?.late === false ? pending.command.type : null;
    const waiting = running && canHurry(doc) && doc.retry_disabled_reason === null;
    const resumed = isFocused(this.#resume);
    if (waiting) this.#stop.hidden = this.#retry.hidden = false;
    else this.#show(running ? this.#stop : this.#retry, running ? this.#retry : this.#stop);
    if (state.gone === "saved") this.#retry.hidden = true;
    this.#resume.hidden = doc.resumable === null || running || gone !== null;
    if (resumed && this.#resume.hidden) (running ? this.#stop : this.#retry).focus({ preventScroll: true });
    setLabel(this.#stop, pending?.command.type === "stop" ? words.STOPPING : words.STOP);
    setLabel(this.#retry, pending?.command.type === "retry" ? words.RETRYING : waiting ? words.RETRY_NOW : words.RETRY);
    setLabel(this.#resume, pending?.command.type === "resume" ? words.CONTINUING : words.CONTINUE);
    disable(
      this.#resume,
      wanted === null ? null : words.WAITING_FOR_KERNEL,
      words.CONTINUE_TITLES[doc.resumable ?? "continued"],
    );
    disable(this.#stop, wanted === "stop" ? words.WAITING_FOR_KERNEL : null, words.STOP_TITLE);
    disable(
      this.#retry,
      gone ?? doc.retry_disabled_reason ?? (wanted === null ? null : words.WAITING_FOR_KERNEL),
      waiting ? words.RETRY_NOW_TITLE : doc.replay === null ? words.RETRY_TITLE : words.PLAY_AGAIN_TITLE,
    );
    if (doc.parts !== before) disable(this.#copy, copied(doc) ? null : words.NOTHING_TO_COPY, words.COPY_TITLE);
    const busy = running || wanted !== null ? words.NOT_WHILE_STREAMING : null;
    this.#updateVersions(state, state.selectable ? null : (gone ?? busy));
  }

  #updateVersions(state: State, reason: string | null): void {
    const { version, versions } = state.doc;
    this.#versions.hidden = versions < 2 || (state.gone === "saved" && !state.selectable);
    setLabel(this.#position, `${version + 1}/${versions}`);
    const changed = state.doc.changed.join(", ");
    setLabel(this.#changed, changed);
    setAttribute(this.#changed, "title", changed === "" ? false : words.changed(changed));
    disable(this.#previous, version <= 0 ? words.IS_FIRST : reason, words.PREVIOUS);
    disable(this.#next, version >= versions - 1 ? words.IS_LAST : reason, words.NEXT);
  }

  /** Show one of two buttons that share a place. The focus moves with it. */
  #show(shown: HTMLButtonElement, hidden: HTMLButtonElement): void {
    if (hidden.hidden && !shown.hidden) return;
    const focused = isFocused(hidden);
    shown.hidden = false;
    hidden.hidden = true;
    if (shown === this.#retry) {
      this.#replacedAt = this.#now();
      this.#aimed = false;
    }
    if (focused) shown.focus({ preventScroll: true });
  }

  #shown(): number {
    return this.#state?.doc.version ?? 0;
  }
}

export function button(name: string, style: string, pressed: (click: MouseEvent) => void): HTMLButtonElement {
  const made = element("button", { type: "button", class: style, "aria-label": name }, name);
  made.addEventListener("click", (click) => {
    if (made.getAttribute("aria-disabled") !== "true") pressed(click);
  });
  return made;
}

/** Disable a button with a reason, or enable it. With `aria-disabled` it keeps its focus and its tooltip. */
export function disable(target: HTMLButtonElement, reason: string | null, title: string): void {
  setAttribute(target, "aria-disabled", reason === null ? false : "true");
  setAttribute(target, "title", reason ?? title);
}
