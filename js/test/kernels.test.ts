/** Asking the kernels for addons of the front end: once for many, again when it may have been lost, of whoever is there. */

import { describe, expect, test } from "vitest";
import { ASK_AGAIN, Kernels, type SharedModel } from "../src/jupyter/connection.js";
import { FakeClock } from "./clock.js";

class Shared implements SharedModel {
  readonly asked: unknown[] = [];
  listener: ((message: unknown) => void) | null = null;
  isGone = false;

  on(_: string, listener: (...args: unknown[]) => void): void {
    this.listener = listener;
  }

  off(): void {
    this.listener = null;
  }

  send(content: unknown): void {
    if (this.isGone) throw new Error("no kernel");
    this.asked.push(content);
  }

  answer(name: string, esm: string | null): void {
    this.listener?.({ type: "addon", name, esm });
  }
}

function joined(...models: Shared[]) {
  const clock = new FakeClock();
  const kernels = new Kernels(clock);
  const leave = models.map((model) => kernels.join(model));
  return { clock, kernels, leave };
}

test("an addon is asked for once, however many need it", async () => {
  const model = new Shared();
  const { kernels } = joined(model);
  const [one, other] = [kernels.fetch("python"), kernels.fetch("python")];
  expect(model.asked).toEqual([{ type: "addon", name: "python" }]);
  model.answer("python", "export {}");
  expect([await one, await other]).toEqual(["export {}", "export {}"]);
});

test("without a kernel there is nobody to ask", () => {
  expect(joined().kernels.fetch("python")).toBeNull();
  const model = new Shared();
  model.isGone = true;
  expect(joined(model).kernels.fetch("python")).toBeNull();
});

test("a question that may be lost is asked again by who needs the addon later", async () => {
  const model = new Shared();
  const { clock, kernels } = joined(model);
  const first = kernels.fetch("sql");
  clock.pass(ASK_AGAIN);
  kernels.fetch("sql");
  expect(model.asked).toHaveLength(2);
  model.answer("sql", "x");
  expect(await first).toBe("x");
});

describe("of two kernels", () => {
  test("one that has no such addon does not decide", async () => {
    const [old, present] = [new Shared(), new Shared()];
    const { kernels } = joined(old, present);
    const text = kernels.fetch("zig");
    old.answer("zig", null);
    present.answer("zig", "x");
    expect(await text).toBe("x");
  });

  test("none has it if both say so", async () => {
    const [one, other] = [new Shared(), new Shared()];
    const { kernels } = joined(one, other);
    const text = kernels.fetch("zig");
    one.answer("zig", null);
    other.answer("zig", null);
    expect(await text).toBeNull();
  });
});

test("of cells that have only themselves to ask, the newest is asked for all", async () => {
  const [first, second] = [new Shared(), new Shared()];
  const kernels = new Kernels(new FakeClock());
  kernels.join(first, true);
  const leave = kernels.join(second, true);
  const text = kernels.fetch("zig");
  expect([first.asked.length, second.asked.length]).toEqual([0, 1]);
  second.answer("zig", "x");
  expect(await text).toBe("x");
  leave();
  kernels.fetch("sql");
  expect(first.asked).toEqual([{ type: "addon", name: "sql" }]);
});

test("what a kernel that has left was asked for is asked of those that are there, or is not available", async () => {
  const [lost, other] = [new Shared(), new Shared()];
  const { kernels, leave } = joined(lost);
  const text = kernels.fetch("sql");
  const leaveOther = kernels.join(other);
  leave[0]?.();
  expect(other.asked).toEqual([{ type: "addon", name: "sql" }]);
  leaveOther();
  expect(await text).toBeNull();
  expect(kernels.fetch("sql")).toBeNull();
});

test("a kernel is listened to as long as one of its cells is there", () => {
  const model = new Shared();
  const { kernels, leave } = joined(model, model);
  leave[0]?.();
  expect(model.listener).not.toBeNull();
  leave[1]?.();
  leave[1]?.();
  expect(model.listener).toBeNull();
  expect(kernels.fetch("python")).toBeNull();
});
