/** The buttons: Stop or Retry, Copy, and the way through the versions. Their accessible names never change. */

import { element, isFocused, setAttribute, setLabel } from "../render/element.js";
import type { Command } from "../wire/protocol.js";
import { canHurry, isOver, type State } from "../wire/store.js";
import { type Copying, copyButton } from "./copy.js";
import { copied } from "./parts/kinds.js";

const RESUME_TITLES = {
  exact: "Resume exactly where it stopped",
  prefix: "Continue from here with another request",
  continued: "Continue from here with another request",
} as const;

/** Milliseconds for which Retry takes no click of a pointer that rests where Stop was. */
const RESTING = 1000;

export class Controls {
  readonly root: HTMLElement;
  readonly #stop: HTMLButtonElement;
  readonly #retry: HTMLButtonElement;
  readonly #resume: HTMLButtonElement;
  readonly #copy: HTMLButtonElement;
  readonly #versions: HTMLElement;
  readonly #previous: HTMLButtonElement;
  readonly #next: HTMLButtonElement;
  readonly #now: () => number;
  readonly #position = element("span", { class: "sc-position" });
  #state: State | null = null;
  /** When Retry took Stop's place, and whether the pointer has moved on it since. */
  #replacedAt = Number.NEGATIVE_INFINITY;
  #aimed = false;

  constructor(press: (command: Command) => void, copying: Copying, now: () => number) {
    this.#stop = button("Stop", "sc-primary", () => press({ type: "stop" }));
    this.#retry = button("Retry", "", (click) => {
      // A click that was meant for Stop costs nothing: the answer has stopped, or has ended meanwhile.
      const resting = click.detail > 0 && !this.#aimed && now() - this.#replacedAt < RESTING;
      if (click.detail < 2 && !resting) press({ type: "retry" });
    });
    this.#retry.addEventListener("pointermove", ({ movementX, movementY }) => {
      // A page that changes under a resting pointer says that it has moved, by nothing.
      this.#aimed ||= movementX !== 0 || movementY !== 0;
    });
    this.#now = now;
    this.#resume = button("Continue", "sc-primary", () => press({ type: "resume" }));
    this.#previous = button("Previous version", "sc-arrow", () =>
      press({ type: "select", version: this.#shown() - 1 }),
    );
    this.#next = button("Next version", "sc-arrow", () => press({ type: "select", version: this.#shown() + 1 }));
    setLabel(this.#previous, "‹");
    setLabel(this.#next, "›");
    this.#copy = copyButton(copying, "Copy", "Copy", () => (this.#state ? copied(this.#state.doc) : ""));
    setAttribute(this.#copy, "title", "Copy the answer's Markdown");
    this.#versions = element("span", { class: "sc-versions", role: "group", "aria-label": "Versions" });
    this.#versions.append(this.#previous, this.#position, this.#next);
    this.root = element("div", { class: "sc-controls" }, this.#versions, this.#copy);
    this.root.append(this.#resume, this.#retry, this.#stop);
  }

  update(state: State): void {
    this.#state = state;
    const { doc, pending } = state;
    const running = !isOver(state);
    const gone = state.gone === null ? null : "No kernel is connected to this answer. Run the cell again to ask again.";
    const wanted = pending?.late === false ? pending.command.type : null;
    const waiting = running && canHurry(doc) && doc.retry_disabled_reason === null;
    const resumed = isFocused(this.#resume);
    if (waiting) this.#stop.hidden = this.#retry.hidden = false;
    else this.#show(running ? this.#stop : this.#retry, running ? this.#retry : this.#stop);
    if (state.gone === "saved") this.#retry.hidden = true;
    this.#resume.hidden = doc.resumable === null || running || gone !== null;
    if (resumed && this.#resume.hidden) (running ? this.#stop : this.#retry).focus({ preventScroll: true });
    setLabel(this.#stop, pending?.command.type === "stop" ? "Stopping…" : "Stop");
    setLabel(this.#retry, pending?.command.type === "retry" ? "Retrying…" : waiting ? "Retry now" : "Retry");
    setLabel(this.#resume, pending?.command.type === "resume" ? "Continuing…" : "Continue");
    disable(
      this.#resume,
      wanted === null ? null : "Waiting for the kernel",
      RESUME_TITLES[doc.resumable ?? "continued"],
    );
    disable(
      this.#stop,
      wanted === "stop" ? "Waiting for the kernel" : null,
      "Stop the answer and keep the text so far",
    );
    disable(
      this.#retry,
      gone ?? doc.retry_disabled_reason ?? (wanted === null ? null : "Waiting for the kernel"),
      waiting ? "Ask again now" : "Ask again and keep this version",
    );
    disable(this.#copy, copied(doc) === "" ? "There is nothing to copy yet" : null, "Copy the answer's Markdown");
    const busy = running || wanted !== null ? "Not available while streaming" : null;
    this.#updateVersions(state, state.selectable ? null : (gone ?? busy));
  }

  #updateVersions(state: State, reason: string | null): void {
    const { version, versions } = state.doc;
    this.#versions.hidden = versions < 2 || (state.gone === "saved" && !state.selectable);
    setLabel(this.#position, `${version + 1}/${versions}`);
    disable(this.#previous, version <= 0 ? "This is the first version" : reason, "Previous version");
    disable(this.#next, version >= versions - 1 ? "This is the last version" : reason, "Next version");
  }

  /** One of the two stands in the same place; the focus goes with it. */
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

function button(name: string, style: string, pressed: (click: MouseEvent) => void): HTMLButtonElement {
  const made = element("button", { type: "button", class: style, "aria-label": name }, name);
  made.addEventListener("click", (click) => {
    if (made.getAttribute("aria-disabled") !== "true") pressed(click);
  });
  return made;
}

/** Off with a reason, or on. `aria-disabled` keeps the button in reach of the keyboard and its tooltip readable. */
function disable(target: HTMLButtonElement, reason: string | null, title: string): void {
  setAttribute(target, "aria-disabled", reason === null ? false : "true");
  setAttribute(target, "title", reason ?? title);
}
