/** The frames and the time of a page, for its one loop of views. */

import type { Scheduler } from "./frame.js";

/** Hidden tabs get no animation frames, but an answer that ends there must still be rendered. */
const HIDDEN_FRAME = 1000;

function requestFrame(callback: () => void): void {
  let frame = 0;
  const once = () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    callback();
  };
  const timer = setTimeout(once, HIDDEN_FRAME);
  frame = requestAnimationFrame(once);
}

export const browserScheduler: Scheduler = { now: () => performance.now(), request: requestFrame };
