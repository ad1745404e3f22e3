import { describe, expect, test, vi } from "vitest";
import { Connection, HELLOS, LATE_AFTER } from "../src/jupyter/connection.js";
import { isUnheard } from "../src/wire/store.js";
import { begin, docOf, grow, textOf, texts } from "./answers.js";
import { FakeClock } from "./clock.js";
import { FakeModel, patch, snapshot } from "./model.js";

const HELLO = { type: "hello", wire: 2 };

/** The traits of a widget whose document is this one. */
function traitsOf({ _epoch, _seq, ...document }: Record<string, unknown>): Record<string, unknown> {
  return { _epoch, _seq, _answer: docOf(document) };
}

function connect(traits: Record<string, unknown> = {}, early: unknown[] = []) {
  const model = new FakeModel(traitsOf(traits));
  const clock = new FakeClock();
  const connection = new Connection(model, clock, early);
  return { model, clock, connection };
}

test("the synced traits are there before any message", () => {
  const { connection } = connect({
    text: "abc",
    status: "done",
    versions: 3,
    version: 1,
    retry_disabled_reason: "no",
  });
  expect(connection.state.doc).toMatchObject({
    ...texts("abc"),
    status: "done",
    versions: 3,
    version: 1,
    retry_disabled_reason: "no",
  });
});

describe("hello", () => {
  test("is said again, ever more rarely, until a snapshot has come", () => {
    const { model, clock } = connect();
    expect(model.sent).toEqual([HELLO]);
    clock.pass(1000);
    expect(model.sent).toHaveLength(2);
    clock.pass(1000);
    expect(model.sent).toHaveLength(2);
    clock.pass(1000);
    expect(model.sent).toHaveLength(3);
    model.receive(snapshot({ text: "a", status: "done" }));
    clock.pass(1_000_000);
    expect(model.sent).toHaveLength(3);
    expect(clock.waiting).toBe(0);
  });

  test("is given up where there is no kernel, and taken up when one is heard", () => {
    const { model, clock } = connect();
    clock.pass(10_000_000);
    expect(model.sent).toHaveLength(1 + HELLOS);
    model.receive(patch(3));
    clock.pass(60_000);
    expect(model.sent).toHaveLength(2 + HELLOS);
  });

  test("with a place in the traits is said once", () => {
    const { model, clock } = connect({ _epoch: 1, _seq: 4, text: "abcd", status: "done" });
    expect(model.sent).toEqual([{ ...HELLO, epoch: 1, seq: 4 }]);
    clock.pass(100_000);
    expect(model.sent).toHaveLength(1);
  });

  test("is said on a gap, and again if nothing comes", () => {
    const { model, clock, connection } = connect();
    model.receive(snapshot({ text: "a" }));
    model.receive(patch(2, grow("c")));
    expect(model.sent).toEqual([HELLO, HELLO]);
    clock.pass(1000);
    expect(model.sent).toHaveLength(3);
    model.receive(snapshot({ text: "abc" }, 1, 2));
    expect(textOf(connection.state.doc)).toBe("abc");
  });
});

describe("silence", () => {
  const PLACED = { ...HELLO, epoch: 1, seq: 4 };
  const streaming = () => connect({ _epoch: 1, _seq: 4, text: "abcd", status: "streaming" });

  test("while an answer is under way makes the page ask, ever more rarely", () => {
    const { model, clock } = streaming();
    const at: number[] = [];
    model.send = (content) => {
      expect(content).toEqual(PLACED);
      at.push(clock.now() / 1000);
    };
    clock.pass(10_000_000);
    expect(at).toEqual([5, 10, 20, 40, 70, 100, 130, 160]);
    expect(at).toHaveLength(HELLOS);
    expect(clock.waiting).toBe(0);
  });

  test("is over with whatever the kernel says", () => {
    const { model, clock } = streaming();
    for (let time = 0; time < 100; time += 1) {
      clock.pass(4999);
      model.receive(patch(5 + time, grow("e")));
    }
    expect(model.sent).toHaveLength(1);
    clock.pass(5000);
    expect(model.sent.at(-1)).toEqual({ ...HELLO, epoch: 1, seq: 104 });
    model.receive({ type: "here", epoch: 1, seq: 104 });
    clock.pass(4999);
    expect(model.sent).toHaveLength(2);
    clock.pass(1);
    expect(model.sent).toHaveLength(3);
  });

  test("after two questions is told, until the kernel is heard", () => {
    const { connection, model, clock } = streaming();
    clock.pass(19_999);
    expect(isUnheard(connection.state)).toBe(false);
    clock.pass(1);
    expect(isUnheard(connection.state)).toBe(true);
    model.receive({ type: "here", epoch: 1, seq: 4 });
    expect(isUnheard(connection.state)).toBe(false);
  });

  test("goes on for who gave up, as soon as the kernel is heard", () => {
    const { model, clock } = streaming();
    clock.pass(10_000_000);
    model.receive(patch(2));
    clock.pass(5000);
    expect(model.sent).toHaveLength(1 + HELLOS + 1);
  });

  test("of an answer that has ended is none, unless something was asked of it", () => {
    const { connection, model, clock } = connect({ _epoch: 1, _seq: 4, status: "done" });
    clock.pass(100_000);
    expect(model.sent).toHaveLength(1);
    connection.press({ type: "retry" });
    clock.pass(5000);
    expect(model.sent.slice(1)).toEqual([{ type: "retry" }, PLACED]);
  });

  test("in which all was lost ends with a snapshot", () => {
    const { connection, model, clock } = streaming();
    clock.pass(5000);
    model.receive({ type: "here", epoch: 1, seq: 9 });
    expect(model.sent.at(-1)).toEqual(HELLO);
    clock.pass(1000);
    expect(model.sent.slice(-2)).toEqual([HELLO, HELLO]);
    model.receive(snapshot({ text: "whole", status: "done" }, 1, 9));
    expect(textOf(connection.state.doc)).toBe("whole");
    expect(clock.waiting).toBe(0);
  });
});

test("messages that came early are not lost", () => {
  const { connection, model } = connect({}, [snapshot({ text: "a" }), "noise", patch(1, grow("b"))]);
  expect(textOf(connection.state.doc)).toBe("ab");
  expect(model.sent).toEqual([{ ...HELLO, epoch: 1, seq: 1 }]);
});

test("a state fetched anew after a reconnect is taken when all its traits are there", () => {
  const { connection, model, clock } = connect({ _epoch: 1, _seq: 0, status: "streaming" });
  model.restore({ _answer: docOf({ text: "whole", status: "done" }), _seq: 7 });
  expect(connection.state.doc.status).toBe("streaming");
  clock.pass(0);
  expect(connection.state.doc).toMatchObject({ ...texts("whole"), status: "done" });
});

test("traits that run ahead of the messages are not looked at", () => {
  const { connection, model, clock } = connect({ _epoch: 1, _seq: 0, status: "streaming" });
  model.restore({ _answer: docOf({ status: "done" }) });
  clock.pass(10_000);
  expect(connection.state.doc.status).toBe("streaming");
});

describe("a command", () => {
  test("without any effect is late after a while, whatever else comes", () => {
    const { connection, model, clock } = connect();
    model.receive(snapshot({ status: "streaming" }));
    connection.press({ type: "stop" });
    expect(model.sent.at(-1)).toEqual({ type: "stop" });
    clock.pass(LATE_AFTER - 1);
    model.receive(patch(1, begin(0, "text", "a")));
    expect(connection.state.pending?.late).toBe(false);
    clock.pass(1);
    expect(connection.state.pending?.late).toBe(true);
    model.receive(patch(2, ["set", "status", "stopped"]));
    expect(connection.state.pending).toBeNull();
  });

  test("with an effect is never late", () => {
    const { connection, model, clock } = connect();
    model.receive(snapshot({ status: "streaming" }));
    connection.press({ type: "stop" });
    model.receive(patch(1, ["set", "status", "stopped"]));
    expect(clock.waiting).toBe(0);
  });

  test("to a kernel that is gone does not throw", () => {
    const { connection, model } = connect();
    model.receive(snapshot({ status: "streaming" }));
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    model.send = () => {
      throw new Error("the comm is closed");
    };
    expect(() => connection.press({ type: "stop" })).not.toThrow();
    expect(connection.state.pending).not.toBeNull();
    expect(warn).toHaveBeenCalledOnce();
    warn.mockRestore();
  });
});

test("listeners hear of changes and of nothing else, until they leave", () => {
  const { connection, model } = connect();
  const heard: string[] = [];
  const leave = connection.subscribe((state) => heard.push(textOf(state.doc)));
  model.receive(snapshot({ text: "a" }));
  model.receive({ type: "noise" });
  model.receive(patch(0));
  model.receive(patch(1, grow("b")));
  leave();
  model.receive(patch(2, grow("c")));
  expect(heard).toEqual(["a", "ab"]);
});

test("nothing is left behind", () => {
  const { connection, model, clock } = connect();
  model.receive(snapshot({ status: "streaming" }));
  connection.press({ type: "stop" });
  model.receive(patch(5));
  connection.dispose();
  expect([model.listening, clock.waiting]).toEqual([0, 0]);
});

test("a page that shows the cell says so when it is asked, and one that does not is silent", () => {
  let shown = true;
  const model = new FakeModel(traitsOf({ _epoch: 1, _seq: 4, text: "abcd", status: "done" }));
  new Connection(model, new FakeClock(), [], { keeps: () => false, shows: () => shown });
  model.receive({ type: "wanted" });
  expect(model.sent.at(-1)).toEqual({ ...HELLO, epoch: 1, seq: 4, shows: true });
  shown = false;
  model.receive({ type: "wanted" });
  expect(model.sent).toHaveLength(2);
});
