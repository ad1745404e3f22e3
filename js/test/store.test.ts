import { describe, expect, test } from "vitest";
import { DOC_SHAPE } from "../src/wire/generated.js";
import { EMPTY } from "../src/wire/narrow.js";
import { type Doc, type FromKernel, type Op, WIRE } from "../src/wire/protocol.js";
import {
  type Input,
  isAwaiting,
  isOver,
  isTerminal,
  isUnheard,
  markdownOf,
  reduce,
  type State,
  type Step,
  saved,
  start,
} from "../src/wire/store.js";
import { begin, docOf, type Flat, grow, part, texts as says, textOf } from "./answers.js";
import { randomFrom } from "./random.js";

const STATUSES = DOC_SHAPE.status[0][1];

/** A document whose first part is its text, however little there is of it. */
const doc = ({ text = "", ...over }: Flat = {}): Doc => {
  const { parts, ...fields } = docOf(over);
  return { ...fields, parts: over.parts ?? [part("text", text, { open: true }), ...parts] };
};

const snapshot = (document: Doc, epoch = 1, seq = 0): FromKernel => ({
  type: "snapshot",
  wire: WIRE,
  epoch,
  seq,
  document,
});

const patch = (epoch: number, seq: number, ...ops: Op[]): FromKernel => ({ type: "patch", epoch, seq, ops });

const message = (state: State, received: FromKernel): Step => reduce(state, { kind: "message", message: received });

const HELLO = [{ kind: "send", message: { type: "hello", wire: 2 } }];

const synced = (document: Doc = doc({ status: "streaming" }), epoch = 1, seq = 0): State =>
  message(start(EMPTY, null).state, snapshot(document, epoch, seq)).state;

test("a text that grows is the same one, whatever brings it; any other is counted", () => {
  const before = synced(doc({ status: "streaming", text: "one", reasoning: "hm" }));
  const texts = (document: Flat) =>
    message(before, snapshot(doc({ status: "streaming", text: "one", reasoning: "hm", ...document }), 2)).state.texts;
  expect(message(before, patch(1, 1, grow(" two"))).state.texts).toBe(before.texts);
  expect(texts({ text: "one two", attempt: 3 })).toBe(before.texts);
  for (const another of [{ text: "on" }, { text: "two" }, { reasoning: "" }, { version: 1, versions: 2 }])
    expect(texts(another)).toBe(before.texts + 1);
});

describe("start", () => {
  test("without a place the traits are shown and a snapshot is asked for", () => {
    const { state, effects } = start(doc({ text: "old" }), null);
    expect(state).toMatchObject({ doc: says("old"), synced: false });
    expect(effects).toEqual(HELLO);
  });

  test("with a place the page is in step at once, and says where it is", () => {
    const { state, effects } = start(doc({ text: "a" }), { epoch: 1, seq: 3 });
    expect(effects).toEqual([{ kind: "send", message: { type: "hello", wire: 2, epoch: 1, seq: 3 } }]);
    expect(textOf(message(state, patch(1, 4, grow("b"))).state.doc)).toBe("ab");
  });

  test("early messages are taken before the question is asked", () => {
    const early = [snapshot(doc({ text: "a" }), 1, 1), patch(1, 2, grow("b"))];
    const { state, effects } = start(EMPTY, null, early);
    expect(textOf(state.doc)).toBe("ab");
    expect(effects).toEqual([{ kind: "send", message: { type: "hello", wire: 2, epoch: 1, seq: 2 } }]);
  });
});

describe("patches", () => {
  test("the next one applies, all its operations in order", () => {
    const ops: Op[] = [
      grow("a"),
      grow("b"),
      begin(1, "reasoning", "r"),
      ["grow", 1, "s"],
      begin(2, "citation", "", { fields: { url: "a", title: "A" } }),
      ["fields", 2, { url: "b", title: null, number: 2 }],
      ["end", 1],
      ["set", "status", "done"],
      ["set", "finish_reason", "stop"],
    ];
    const { state, effects } = message(synced(), patch(1, 1, ...ops));
    expect(effects).toEqual([]);
    expect(state.place).toEqual({ epoch: 1, seq: 1 });
    expect(state.doc).toMatchObject({ status: "done", finish_reason: "stop" });
    expect(state.doc.parts).toEqual([
      part("text", "ab", { open: true }),
      part("reasoning", "rs"),
      part("citation", "", { open: true, fields: { url: "b", number: 2 } }),
    ]);
  });

  test.each<[string, Op]>([
    ["that grows", ["grow", 1, "b"]],
    ["that changes", ["fields", 7, {}]],
    ["that ends", ["end", 1]],
    ["that stands behind one that is not there", begin(3, "text", "b")],
    ["that is there already", begin(0, "text", "b")],
  ])("a part %s and that the page does not know is a gap", (_, op) => {
    const gap = message(synced(), patch(1, 1, grow("a"), op));
    expect(gap.effects).toEqual(HELLO);
    expect(gap.state).toMatchObject({ synced: false, doc: says("") });
  });

  test("touch no part but their own", () => {
    const parts = Array.from({ length: 100 }, (_, at) => part("text", `part ${at}`));
    const state = message(synced(doc({ parts })), patch(1, 1, ["grow", 99, "!"])).state;
    expect(state.doc.parts.map((one, at) => one === parts[at]).lastIndexOf(true)).toBe(98);
    expect(state.doc.parts[99]?.body).toBe("part 99!");
  });

  test("before any snapshot they are dropped without another question", () => {
    const { state } = start(EMPTY, null);
    expect(message(state, patch(1, 1, grow("a")))).toEqual({ state, effects: [] });
  });

  test("a gap drops them and asks once, until a snapshot has come", () => {
    const gap = message(synced(), patch(1, 2, grow("b")));
    expect(gap.effects).toEqual(HELLO);
    expect(gap.state).toMatchObject({ synced: false, doc: says("") });
    const dropped = message(gap.state, patch(1, 3, grow("c")));
    expect(dropped).toEqual({ state: gap.state, effects: [] });
    const healed = message(dropped.state, snapshot(doc({ text: "abc" }), 1, 3)).state;
    expect(textOf(message(healed, patch(1, 4, grow("d"))).state.doc)).toBe("abcd");
  });

  test("one of a later epoch is a gap, whatever its number", () => {
    expect(message(synced(), patch(2, 1)).effects).toEqual(HELLO);
  });

  test.each([
    ["the same one again", patch(1, 5)],
    ["an older one", patch(1, 2)],
    ["one of an older epoch", patch(0, 6)],
  ])("%s changes nothing", (_, late) => {
    const state = synced(doc({ text: "abc" }), 1, 5);
    expect(message(state, late)).toEqual({ state, effects: [] });
  });
});

describe("what the notebook keeps", () => {
  const kept = (epoch: number, length: number | null, markdown: string | null): FromKernel => ({
    type: "kept",
    epoch,
    length,
    markdown,
    others: [],
  });
  const done = doc({ text: "a*", status: "done" });

  test.each([
    ["said of this answer", done, kept(1, 2, "a\\*"), "a\\*"],
    ["the text itself", done, kept(1, 2, null), "a*"],
    ["said of another version", done, kept(2, 2, "b"), null],
    ["said of less of it", done, kept(1, 1, "a"), null],
    ["said of it before it went on", doc({ text: "a*", status: "streaming" }), kept(1, 2, "a"), null],
  ])("%s", (_, document, given, markdown) => {
    expect(markdownOf(message(synced(document, 1, 5), given).state)).toBe(markdown);
  });

  test("has the images that the page has already", () => {
    const fields = { data: "AAAA", mime: "image/png" };
    const parts = [part("text", "a"), part("image", "", { fields })];
    const said = kept(1, 1, "a\n\n![x](\u00011\u0001)");
    const { state } = message(synced({ ...done, parts }, 1, 5), said);
    expect(markdownOf(state)).toBe("a\n\n![x](data:image/png;base64,AAAA)");
  });

  test("is nothing before it was said, and may be said before the end is here", () => {
    expect(markdownOf(synced(done, 1, 5))).toBeNull();
    const said = message(synced(doc({ text: "a", status: "streaming" }), 1, 5), kept(1, 2, "A"));
    const ended = message(said.state, patch(1, 6, grow("b"), ["set", "status", "done"]));
    expect(markdownOf(ended.state)).toBe("A");
  });
});

describe("the kernel is here", () => {
  const here = (epoch: number, seq: number): FromKernel => ({ type: "here", epoch, seq });

  test.each([
    ["where the page is", 2, 5],
    ["where the page was", 2, 4],
    ["in an epoch that is over", 1, 9],
  ])("%s: nothing is missing", (_, epoch, seq) => {
    const state = synced(doc({ text: "mine" }), 2, 5);
    expect(message(state, here(epoch, seq))).toEqual({ state, effects: [] });
  });

  test.each([
    ["further on", 2, 6],
    ["in a later epoch", 3, 0],
  ])("%s: what came between is asked for, once", (_, epoch, seq) => {
    const { state, effects } = message(synced(doc({ text: "mine" }), 2, 5), here(epoch, seq));
    expect(effects).toEqual(HELLO);
    expect(state).toMatchObject({ synced: false, doc: says("mine") });
    expect(message(state, here(epoch, seq))).toEqual({ state, effects: [] });
  });
});

describe("silence", () => {
  const silence = (state: State): State => reduce(state, { kind: "silence" }).state;

  test("makes the page ask with its place, if it has one", () => {
    const placed = { kind: "send", message: { type: "hello", wire: 2, epoch: 2, seq: 5 } };
    expect(reduce(synced(doc(), 2, 5), { kind: "silence" }).effects).toEqual([placed]);
    expect(reduce(start(EMPTY, null).state, { kind: "silence" }).effects).toEqual(HELLO);
  });

  test("is told of when two questions have had their time, and over with the next word", () => {
    const twice = silence(silence(synced()));
    expect(isUnheard(twice)).toBe(false);
    const state = silence(twice);
    expect(isUnheard(state)).toBe(true);
    const words: Input[] = [
      { kind: "message", message: { type: "here", epoch: 1, seq: 0 } },
      { kind: "message", message: patch(1, 1) },
      { kind: "message", message: patch(1, 9) },
      { kind: "message", message: snapshot(doc()) },
      { kind: "traits", doc: doc(), place: { epoch: 1, seq: 0 } },
      { kind: "traits", doc: doc(), place: { epoch: 1, seq: 4 } },
    ];
    for (const word of words) expect(isUnheard(reduce(state, word).state), JSON.stringify(word)).toBe(false);
    expect(isUnheard(reduce(state, { kind: "command", command: { type: "stop" } }).state)).toBe(true);
  });

  test.each(STATUSES)("%s: something is awaited until the end, and where something was asked", (status) => {
    const state = synced(doc({ status }));
    expect(isAwaiting(state)).toBe(!isTerminal(state.doc));
    expect(isAwaiting(reduce(state, { kind: "command", command: { type: "retry" } }).state)).toBe(true);
    expect(isAwaiting({ ...state, synced: false })).toBe(true);
    expect(isAwaiting({ ...state, foreign: { wire: 2, text: "" } })).toBe(false);
  });
});

describe("snapshots", () => {
  test.each([
    ["an older epoch", 1, 9, false],
    ["the same epoch, older", 2, 4, false],
    ["the same place", 2, 5, true],
    ["the same epoch, later", 2, 7, true],
    ["a later epoch", 3, 0, true],
  ])("in step, one of %s", (_, epoch, seq, taken) => {
    const state = synced(doc({ text: "mine" }), 2, 5);
    expect(textOf(message(state, snapshot(doc({ text: "theirs" }), epoch, seq)).state.doc)).toBe(
      taken ? "theirs" : "mine",
    );
  });

  test("out of step any one is taken", () => {
    const { state } = message(synced(doc(), 2, 5), patch(2, 9));
    expect(message(state, snapshot(doc({ text: "theirs" }), 1, 1)).state).toMatchObject({
      synced: true,
      doc: says("theirs"),
    });
  });
});

describe("another wire", () => {
  const foreign: FromKernel = { type: "foreign", wire: 2, text: "plain" };

  test("is kept apart, and patches are not for us", () => {
    const { state } = message(synced(), foreign);
    expect(state.foreign).toEqual({ wire: 2, text: "plain" });
    expect(message(state, patch(1, 1, grow("a")))).toEqual({ state, effects: [] });
  });

  test("is over with a snapshot of ours", () => {
    const { state } = message(synced(), foreign);
    expect(message(state, snapshot(doc(), 1, 1)).state.foreign).toBeNull();
  });
});

describe("restored traits", () => {
  test("later than the document they replace it, and the kernel is told where the page is now", () => {
    const restored: Input = {
      kind: "traits",
      doc: doc({ text: "whole", status: "done" }),
      place: { epoch: 1, seq: 8 },
    };
    const { state, effects } = reduce(synced(), restored);
    expect(state).toMatchObject({ doc: says("whole"), place: { epoch: 1, seq: 8 }, synced: true });
    expect(effects).toEqual([{ kind: "send", message: { type: "hello", wire: 2, epoch: 1, seq: 8 } }]);
  });

  test("of the same place or an earlier one they say nothing new", () => {
    const state = synced(doc(), 1, 8);
    for (const seq of [3, 8]) {
      expect(reduce(state, { kind: "traits", doc: doc(), place: { epoch: 1, seq } })).toEqual({ state, effects: [] });
    }
  });
});

describe("commands", () => {
  const press = (state: State, command: Extract<Input, { kind: "command" }>["command"]) =>
    reduce(state, { kind: "command", command });

  test.each(STATUSES)("%s: Stop while it runs, Retry and Select when it has ended", (status) => {
    const state = synced(doc({ status, versions: 2 }));
    const ended = isTerminal(state.doc);
    expect(press(state, { type: "stop" }).effects).toHaveLength(ended ? 0 : 1);
    expect(press(state, { type: "retry" }).effects).toHaveLength(ended || status === "waiting" ? 1 : 0);
    expect(press(state, { type: "resume" }).effects).toHaveLength(0);
    const cut = synced(doc({ status, resumable: "exact" }));
    expect(press(cut, { type: "resume" }).effects).toHaveLength(ended ? 1 : 0);
    expect(press(state, { type: "select", version: 1 }).effects).toHaveLength(ended ? 1 : 0);
  });

  test("Retry is sent from the line where only a time is waited for, and shows its effect when the wait is over", () => {
    const line = (reason: "refusal" | "running") =>
      synced(doc({ status: "queued", queue_position: 0, wait: { reason, seconds: 9, running: 1 } }));
    expect(press(line("running"), { type: "retry" }).effects).toHaveLength(0);
    const asked = press(line("refusal"), { type: "retry" });
    expect(asked.effects).toHaveLength(1);
    expect(message(asked.state, patch(1, 1, ["set", "queue_position", 1])).state.pending).not.toBeNull();
    expect(message(asked.state, patch(1, 1, ["set", "status", "connecting"])).state.pending).toBeNull();
  });

  test("are not sent where they make no sense", () => {
    const state = synced(doc({ status: "done", versions: 2, retry_disabled_reason: "a bare iterator" }));
    expect(press(state, { type: "retry" })).toEqual({ state, effects: [] });
    for (const version of [-1, 0, 2]) {
      expect(press(state, { type: "select", version })).toEqual({ state, effects: [] });
    }
  });

  test("are pending until the document shows their effect", () => {
    const stopping = press(synced(), { type: "stop" }).state;
    expect(stopping.pending).toEqual({ command: { type: "stop" }, late: false });
    const going = message(stopping, patch(1, 1, grow("a"))).state;
    expect(going.pending).not.toBeNull();
    expect(message(going, patch(1, 2, ["set", "status", "stopped"])).state.pending).toBeNull();
  });

  test("a new epoch settles whatever was pending", () => {
    const asked = press(synced(doc({ status: "done" })), { type: "retry" }).state;
    expect(message(asked, snapshot(doc({ status: "failed" }), 2, 0)).state.pending).toBeNull();
    const chosen = press(synced(doc({ status: "done", versions: 2 })), { type: "select", version: 1 }).state;
    expect(message(chosen, patch(1, 1, ["set", "version", 1])).state.pending).toBeNull();
  });

  test("the same one twice is sent once, but again when it is late", () => {
    const stopping = press(synced(), { type: "stop" }).state;
    expect(press(stopping, { type: "stop" })).toEqual({ state: stopping, effects: [] });
    const late = reduce(stopping, { kind: "late" }).state;
    expect(late.pending).toMatchObject({ late: true });
    expect(press(late, { type: "stop" }).effects).toHaveLength(1);
  });

  test("late without a command is nothing", () => {
    const state = synced();
    expect(reduce(state, { kind: "late" })).toEqual({ state, effects: [] });
  });
});

test.each(Array.from({ length: 200 }, (_, seed) => seed))(
  "loss and doubling end in the kernel's document (%i)",
  (seed) => {
    const random = randomFrom(seed);
    let kernel = { doc: doc({ status: "streaming" }), epoch: 1, seq: 0 };
    const pick = (): FromKernel => {
      if (random() < 0.1) {
        kernel = { doc: doc({ status: "streaming" }), epoch: kernel.epoch + 1, seq: 0 };
        return snapshot(kernel.doc, kernel.epoch, 0);
      }
      const text = String.fromCharCode(97 + Math.floor(random() * 26)).repeat(1 + Math.floor(random() * 3));
      kernel = { ...kernel, doc: doc({ status: "streaming", text: textOf(kernel.doc) + text }), seq: kernel.seq + 1 };
      return patch(kernel.epoch, kernel.seq, grow(text));
    };
    let state = start(EMPTY, null).state;
    let asked = true;
    for (let step = 0; step < 60; step += 1) {
      const sent = pick();
      const times = random() < 0.2 ? 0 : random() < 0.2 ? 2 : 1;
      for (let time = 0; time < times; time += 1) {
        const next = message(state, sent);
        state = next.state;
        asked ||= next.effects.length > 0;
      }
      // In step, the page shows a document that the kernel once had, and never another.
      const { epoch, seq } = state.place;
      if (state.synced && epoch === kernel.epoch && seq === kernel.seq) expect(state.doc).toEqual(kernel.doc);
      if (asked && random() < 0.3) {
        asked = false;
        state = message(state, snapshot(kernel.doc, kernel.epoch, kernel.seq)).state;
      }
      if (!state.synced) asked = true;
    }
    state = message(state, snapshot(kernel.doc, kernel.epoch, kernel.seq)).state;
    expect(state).toMatchObject({ doc: kernel.doc, synced: true });
  },
);

describe("without a kernel", () => {
  const gone = (state: State): State => reduce(state, { kind: "gone" }).state;

  test("nothing is awaited, asked or sent any more, and the text stays", () => {
    const state = gone(synced(doc({ status: "streaming", text: "kept" })));
    expect(state).toMatchObject({ gone: "kernel", doc: { ...says("kept"), status: "streaming" } });
    expect(isAwaiting(state)).toBe(false);
    expect(isOver(state)).toBe(true);
    for (const type of ["stop", "retry", "resume", "forget"] as const)
      expect(reduce(state, { kind: "command", command: { type } })).toEqual({ state, effects: [] });
  });

  test("a pressed button is let go", () => {
    const { state } = reduce(synced(), { kind: "command", command: { type: "stop" } });
    expect(state.pending).not.toBeNull();
    expect(gone(state).pending).toBeNull();
  });

  test("what comes from the kernel after all is believed", () => {
    const state = gone(synced(doc({ status: "streaming", text: "a" })));
    expect(message(state, patch(1, 1, grow("b"))).state).toMatchObject({
      gone: null,
      doc: says("ab"),
    });
  });

  test("an answer that was saved is over, however it stands", () => {
    const state = saved(doc({ status: "streaming", text: "a" }));
    expect(isOver(state)).toBe(true);
    expect(isAwaiting(state)).toBe(false);
  });
});
