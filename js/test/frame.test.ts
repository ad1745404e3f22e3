import { describe, expect, test } from "vitest";
import { advance, BACKLOG, cutAt, FrameLoop, LONGEST, MOST, type Pace, paceFrom, REST } from "../src/render/frame.js";
import { FakeClock } from "./clock.js";

describe("the frame loop", () => {
  test("many wakes before a frame are one render", () => {
    const clock = new FakeClock();
    const loop = new FrameLoop(clock);
    let renders = 0;
    const task = loop.add(() => {
      renders += 1;
      return false;
    });
    for (let i = 0; i < 5; i += 1) task.wake();
    expect([renders, clock.framesRequested]).toEqual([0, 1]);
    clock.frame();
    clock.frame();
    expect([renders, clock.framesRequested]).toEqual([1, 0]);
  });

  test("work that wants more gets one frame after the other", () => {
    const clock = new FakeClock();
    let left = 3;
    const task = new FrameLoop(clock).add(() => {
      left -= 1;
      return left > 0;
    });
    task.wake();
    for (let i = 0; i < 10; i += 1) clock.frame();
    expect(left).toBe(0);
  });

  test("an expensive render leaves the page idle before the next, a cheap one does not", () => {
    const clock = new FakeClock();
    const at: number[] = [];
    let cost = 40;
    const task = new FrameLoop(clock).add((now) => {
      at.push(now);
      clock.time += cost;
      return true;
    });
    task.wake();
    clock.frame();
    while (at.length < 2) clock.frame();
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThanOrEqual(40 * (1 + REST));
    cost = 1;
    at.length = 0;
    while (at.length < 3) clock.frame();
    expect((at[2] ?? 0) - (at[1] ?? 0)).toBeLessThanOrEqual(17);
  });

  test("an urgent wake does not rest", () => {
    const clock = new FakeClock();
    let renders = 0;
    const task = new FrameLoop(clock).add(() => {
      renders += 1;
      clock.time += 100;
      return false;
    });
    task.wake();
    clock.frame();
    task.wake();
    clock.frame();
    expect(renders).toBe(1);
    task.wake(true);
    clock.frame();
    expect(renders).toBe(2);
  });

  test("views share a frame's budget, and each has its turn", () => {
    const clock = new FakeClock();
    const loop = new FrameLoop(clock);
    const renders = [0, 0, 0, 0];
    const tasks = renders.map((_, index) =>
      loop.add(() => {
        renders[index] = (renders[index] ?? 0) + 1;
        clock.time += 4;
        return true;
      }),
    );
    for (const task of tasks) task.wake();
    clock.frame();
    expect(renders).toEqual([1, 1, 0, 0]);
    for (let i = 0; i < 39; i += 1) clock.frame();
    expect(renders).toEqual([20, 20, 20, 20]);
  });

  test("a view that throws does not stop the others", () => {
    const clock = new FakeClock();
    const loop = new FrameLoop(clock);
    let renders = 0;
    const broken = loop.add(() => {
      throw new Error("broken");
    });
    const sound = loop.add(() => {
      renders += 1;
      return false;
    });
    broken.wake();
    sound.wake();
    expect(() => clock.frame()).toThrow("broken");
    clock.frame();
    expect(renders).toBe(1);
  });

  test("a cancelled task renders no more", () => {
    const clock = new FakeClock();
    let renders = 0;
    const task = new FrameLoop(clock).add(() => {
      renders += 1;
      return true;
    });
    task.wake();
    task.cancel();
    clock.frame();
    task.wake();
    clock.frame();
    expect(renders).toBe(0);
  });
});

describe("the pace", () => {
  test("a step of text is revealed evenly over the backlog", () => {
    let pace = advance(paceFrom(50, 0), 150, 0, false);
    expect(pace.shown).toBe(50);
    const shown: number[] = [];
    for (let now = BACKLOG / 10; now <= BACKLOG; now += BACKLOG / 10) {
      pace = advance(pace, 150, now, false);
      shown.push(pace.shown);
    }
    expect(shown.map(Math.round)).toEqual([60, 70, 80, 90, 100, 110, 120, 130, 140, 150]);
  });

  test.each([50, 80, 200, 400])("steady steps of %d ms become a steady flow", (step) => {
    let pace: Pace = paceFrom(0, 0);
    let target = 0;
    const flow: number[] = [];
    for (let now = 0; now <= 8000; now += 10) {
      if (now % step === 0) target += step;
      const before = pace.shown;
      pace = advance(pace, target, now, false);
      if (now > 4000) flow.push(pace.shown - before);
    }
    // Ten characters in ten milliseconds, on average.
    expect(Math.min(...flow)).toBeGreaterThan(6);
    expect(Math.max(...flow)).toBeLessThan(14);
    expect(target - pace.shown).toBeLessThanOrEqual(Math.max(BACKLOG, 1.5 * step) + step);
  });

  test("a pause does not make what follows it slow", () => {
    let pace = advance(advance(paceFrom(10, 0), 20, 50, false), 30, 100, false);
    pace = advance(pace, 130, 5000, false);
    expect(advance(pace, 130, 5000 + BACKLOG, false).shown).toBe(130);
  });

  test("text that comes in long steps is never held back for longer than the bound", () => {
    let pace = advance(advance(paceFrom(10, 0), 20, 3000, false), 30, 6000, false);
    pace = advance(pace, 130, 9000, false);
    expect(advance(pace, 130, 9000 + LONGEST / 2, false).shown).toBeCloseTo(80, 5);
    expect(advance(pace, 130, 9000 + LONGEST, false).shown).toBe(130);
  });

  test("the first text is there at once", () => {
    expect(advance(paceFrom(0, 0), 5, 900, false).shown).toBe(5);
  });

  test("a frame reveals no more than can be drawn, however much has come", () => {
    let pace = advance(paceFrom(0, 0), 25_000, 0, true);
    const shown = [pace.shown];
    for (let now = 16; pace.shown < pace.target; now += 16) {
      pace = advance(pace, 25_000, now, now < 30);
      shown.push(pace.shown);
    }
    expect(shown).toEqual([MOST, 2 * MOST, 25_000]);
    expect(advance({ ...pace, shown: 25_000 }, 15_000, 100, true).shown, "another text").toBe(MOST);
  });

  test("everything at once when it is to stand still, after a long absence, and for another text", () => {
    const running = advance(paceFrom(10, 0), 500, 0, false);
    expect(advance(running, 500, 16, true).shown).toBe(500);
    expect(advance(running, 500, 5000, false).shown).toBe(500);
    expect(advance(running, 30, 16, false).shown).toBe(30);
  });

  test("a clock that goes back reveals nothing and takes nothing back", () => {
    const pace = advance(advance(paceFrom(9, 0), 100, 100, false), 100, 150, false);
    expect(advance(pace, 100, 50, false).shown).toBe(pace.shown);
  });
});

describe("where a text may be cut", () => {
  test.each([
    ["abc", 1.2, "ab"],
    ["abc", 0, ""],
    ["abc", 9, "abc"],
    ["a😀b", 2, "a😀"],
    ["e\u0301x", 1, "e\u0301"],
    ["👩‍🔬x", 1, "👩‍🔬"],
    ["👍🏽x", 2, "👍🏽"],
    ["❤️x", 1, "❤️"],
    ["a\r\nb", 2, "a\r\n"],
  ])("%j at %d", (text, index, shown) => {
    expect(text.slice(0, cutAt(text, index))).toBe(shown);
  });
});
