/**
 * React puts part of its work off. What it puts off is done here, within the update that caused it, so that it is
 * measured with it. Must be imported before React, which takes hold of these functions as it loads.
 */

type Task = () => void;

const tasks: Task[] = [];
const cancelled = new Set<number>();
let handles = 0;

function put(task: Task): number {
  const handle = ++handles;
  tasks.push(() => {
    if (!cancelled.delete(handle)) task();
  });
  return handle;
}

Object.assign(window, {
  setImmediate: put,
  clearImmediate: (handle: number) => cancelled.add(handle),
  queueMicrotask: put,
  requestAnimationFrame: (callback: FrameRequestCallback) => put(() => callback(performance.now())),
  cancelAnimationFrame: (handle: number) => cancelled.add(handle),
  requestIdleCallback: (callback: IdleRequestCallback) =>
    put(() => callback({ didTimeout: false, timeRemaining: () => 50 })),
  cancelIdleCallback: (handle: number) => cancelled.add(handle),
});

/** More would be a loop that asks for its own next turn for ever, such as an animation. */
const ENOUGH = 1000;

export function catchUp(): void {
  for (let turn = 0; tasks.length > 0 && turn < ENOUGH; turn += 1) (tasks.shift() as Task)();
}
