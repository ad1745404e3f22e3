/** A clock that stands still until it is told to move, and frames that come when they are asked for. */

import type { Clock } from "../src/jupyter/connection.js";
import type { Scheduler } from "../src/render/frame.js";

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

export class FakeClock implements Clock, Scheduler {
  time = 0;
  #timers: Timer[] = [];
  #frames: (() => void)[] = [];

  now(): number {
    return this.time;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.time + ms, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  request(callback: () => void): void {
    this.#frames.push(callback);
  }

  get waiting(): number {
    return this.#timers.length;
  }

  get framesRequested(): number {
    return this.#frames.length;
  }

  /** Let `ms` pass, and call back on time. */
  pass(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const due = this.#timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#timers = this.#timers.filter((other) => other !== due);
      this.time = Math.max(this.time, due.at);
      due.callback();
    }
    this.time = end;
  }

  /** One animation frame, `ms` after the last. */
  frame(ms = 16): void {
    this.pass(ms);
    const callbacks = this.#frames;
    this.#frames = [];
    for (const callback of callbacks) callback();
  }
}
