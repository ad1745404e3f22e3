/** The buttons: Stop or Continue, Copy, Retry, and the choice of versions. */

import type { Clock } from "../jupyter/connection.js";
import { element, isFocused, setAttribute, setLabel } from "../render/element.js";
import type { Command } from "../wire/protocol.js";
import { canHurry, isOver, type State } from "../wire/store.js";
import * as words from "../words.js";
import type { Offers } from "./card.js";
import { type Copying, copyButton } from "./copy.js";
import { copied } from "./parts/kinds.js";

/** Milliseconds after the end for which Stop stays, and does nothing: a second click on it is meant for nothing else. */
const RESTING = 1000;

export class Controls {
  /** Three places: Stop or Continue, Copy, Retry. No button ever takes the place of Copy or Retry. */
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
  readonly #clock: Clock;
  readonly #position = element("span", { class: "sc-position" });
  readonly #changed = element("span", { class: "sc-changed" });
  #state: State | null = null;
  /** Stop rests after the end; the function ends that. */
  #endRest: (() => void) | null = null;

  /** `others`: further buttons, after the versions. */
  constructor(press: (command: Command) => void, copying: Copying, clock: Clock, others: readonly HTMLElement[] = []) {
    // The second half of a double click is meant for what was there before.
    const once = (command: Command) => (click: MouseEvent) => {
      if (click.detail < 2) press(command);
    };
    this.#clock = clock;
    this.#stop = button(words.STOP, "sc-primary", () => press({ type: "stop" }));
    setAttribute(this.#stop, "aria-keyshortcuts", "Escape");
    this.#retry = button(words.RETRY, "", once({ type: "retry" }));
    this.#resume = button(words.CONTINUE, "sc-primary", once({ type: "resume" }));
    this.#previous = button(words.PREVIOUS, "sc-arrow", () => press({ type: "select", version: this.#shown() - 1 }));
    this.#next = button(words.NEXT, "sc-arrow", () => press({ type: "select", version: this.#shown() + 1 }));
    setLabel(this.#previous, "‹");
    setLabel(this.#next, "›");
    this.#copy = copyButton(
      copying,
      words.COPY,
      words.COPY,
      () => (this.#state ? copied(this.#state.doc) : ""),
      () => copying.rich?.() ?? null,
    );
    setAttribute(this.#copy, "title", words.COPY_TITLE);
    this.#versions = element("span", { class: "sc-versions", role: "group", "aria-label": words.VERSIONS });
    this.#versions.append(this.#previous, this.#position, this.#next);
    this.more = element("div", { class: "sc-more" }, this.#versions, this.#changed, ...others);
    this.root = element("div", { class: "sc-controls" }, this.#stop, this.#resume, this.#copy, this.#retry);
  }

  /** The button that the focus goes to where it has nowhere else to go. */
  get main(): HTMLButtonElement {
    return [this.#stop, this.#resume, this.#retry].find(({ hidden }) => !hidden) ?? this.#copy;
  }

  /** What an error card can offer now: the same as here, and under the same names. */
  offers(): Offers {
    const { doc, gone } = this.#state ?? {};
    const resumable = gone === null && (doc?.resumable ?? null) !== null;
    const off = gone === null ? (doc?.retry_disabled_reason ?? null) : words.NO_KERNEL;
    const like = (one: HTMLButtonElement, name: string) => {
      const made = button(name, one === this.#resume ? "sc-primary" : "", () => one.click());
      setAttribute(made, "title", one.title);
      return made;
    };
    const buttons = [
      ...(resumable ? [like(this.#resume, words.CONTINUE)] : []),
      ...(off === null ? [like(this.#retry, words.RETRY)] : []),
    ];
    return { buttons, resumable, off };
  }

  update(state: State): void {
    const before = this.#state;
    this.#state = state;
    const { doc, pending } = state;
    const running = !isOver(state);
    if (running) this.#rest(false);
    else if (before && !isOver(before) && state.gone === null) this.#rest(true);
    const rests = this.#endRest !== null;
    const gone = state.gone === null ? null : words.NO_KERNEL;
    const wanted = pending?.late === false ? pending.command.type : null;
    const waiting = running && canHurry(doc) && doc.retry_disabled_reason === null;
    const leaves = [this.#stop, this.#resume].some(isFocused);
    this.#stop.hidden = !running && !rests;
    this.#resume.hidden = doc.resumable === null || running || rests || gone !== null;
    this.#retry.hidden = state.gone === "saved";
    if (leaves && ![this.#stop, this.#resume].some((one) => isFocused(one) && !one.hidden)) {
      this.main.focus({ preventScroll: true });
    }
    const retry = waiting ? words.RETRY_NOW : words.RETRY;
    setLabel(this.#stop, pending?.command.type === "stop" ? words.STOPPING : words.STOP);
    setLabel(this.#retry, pending?.command.type === "retry" ? words.RETRYING : retry);
    setAttribute(this.#retry, "aria-label", retry);
    setLabel(this.#resume, pending?.command.type === "resume" ? words.CONTINUING : words.CONTINUE);
    disable(
      this.#resume,
      wanted === null ? null : words.WAITING_FOR_KERNEL,
      words.CONTINUE_TITLES[doc.resumable ?? "continued"],
    );
    disable(
      this.#stop,
      rests ? words.HAS_ENDED : wanted === "stop" ? words.WAITING_FOR_KERNEL : null,
      words.STOP_TITLE,
    );
    const busy = wanted !== null ? words.WAITING_FOR_KERNEL : running && !waiting ? words.NOT_WHILE_STREAMING : null;
    disable(
      this.#retry,
      gone ?? doc.retry_disabled_reason ?? busy,
      waiting ? words.RETRY_NOW_TITLE : doc.replay === null ? words.RETRY_TITLE : words.PLAY_AGAIN_TITLE,
    );
    if (doc.parts !== before?.doc.parts)
      disable(this.#copy, copied(doc) ? null : words.NOTHING_TO_COPY, words.COPY_TITLE);
    this.#updateVersions(
      state,
      state.selectable ? null : (gone ?? (running || wanted ? words.NOT_WHILE_STREAMING : null)),
    );
  }

  dispose(): void {
    this.#rest(false);
  }

  #rest(rests: boolean): void {
    this.#endRest?.();
    this.#endRest = rests
      ? this.#clock.after(RESTING, () => {
          this.#endRest = null;
          if (this.#state) this.update(this.#state);
        })
      : null;
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
