/** The bar of a replay: Play or Pause, Step, and the speed. It is shown only while a kernel plays a recording. */

import { element, setAttribute, setLabel } from "../render/element.js";
import type { Command, Replay } from "../wire/protocol.js";
import { isTerminal, type State } from "../wire/store.js";
import * as words from "../words.js";
import { button, disable } from "./controls.js";

/** How many times as fast as it was recorded; null: without waits. */
const SPEEDS: readonly (number | null)[] = [0.25, 0.5, 1, 2, 4, 8, null];

export class ReplayBar {
  readonly root: HTMLElement;
  readonly #play: HTMLButtonElement;
  readonly #step: HTMLButtonElement;
  readonly #speed: HTMLSelectElement;
  #replay: Replay | null = null;

  constructor(press: (command: Command) => void) {
    this.#play = button(words.PLAY, "sc-primary", () => {
      if (this.#replay) press({ type: "pace", speed: this.#replay.speed, playing: !this.#replay.playing });
    });
    this.#step = button(words.STEP, "", () => press({ type: "step" }));
    this.#speed = element("select", { "aria-label": words.SPEED, title: words.SPEED });
    this.#speed.append(...SPEEDS.map(option));
    this.#speed.addEventListener("change", () => {
      const speed = this.#speed.value === "" ? null : Number(this.#speed.value);
      if (this.#replay) press({ type: "pace", speed, playing: this.#replay.playing });
    });
    this.root = element("div", { class: "sc-replay", role: "group", "aria-label": words.REPLAY });
    this.root.append(this.#play, this.#step, this.#speed);
    this.root.hidden = true;
  }

  update(state: State): void {
    const { replay } = state.doc;
    this.root.hidden = replay === null || state.gone !== null;
    if (replay === null) return;
    const name = replay.playing ? words.PAUSE : words.PLAY;
    const ended = isTerminal(state.doc) ? words.PLAYED : null;
    setLabel(this.#play, name);
    setAttribute(this.#play, "aria-label", name);
    disable(this.#play, ended, replay.playing ? words.PAUSE_TITLE : words.PLAY_TITLE);
    disable(this.#step, ended, words.STEP_TITLE);
    // Only where the kernel's speed has changed: a choice that is being made in the list must stay.
    if (this.#replay?.speed !== replay.speed) this.#select(replay.speed);
    this.#replay = replay;
  }

  #select(speed: number | null): void {
    if (![...this.#speed.options].some(({ value }) => value === asValue(speed))) this.#speed.append(option(speed));
    this.#speed.value = asValue(speed);
  }
}

const asValue = (speed: number | null): string => (speed === null ? "" : String(speed));

const option = (speed: number | null): HTMLOptionElement =>
  element("option", { value: asValue(speed) }, speed === null ? words.NO_WAITS : words.speed(speed));
