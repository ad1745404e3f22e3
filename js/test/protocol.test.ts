import { expect, test } from "vitest";
import { EMPTY, parseMessage, readDoc } from "../src/wire/narrow.js";
import { type FromPage, hello } from "../src/wire/protocol.js";
import { part } from "./answers.js";
import { example, invalidNames } from "./wire.js";

test("a snapshot is read whole", () => {
  const raw = example("snapshot") as { document: unknown };
  expect(parseMessage(raw)).toMatchObject(raw as object);
});

test("a patch is read whole, every key of the document and every operation in it", () => {
  const raw = example("patch") as { ops: unknown[][] };
  expect(parseMessage(raw)).toMatchObject(raw);
  const keys = new Set(raw.ops.flatMap(([verb, key]) => (verb === "set" ? [key] : [])));
  expect([...keys, "parts"].sort()).toEqual(Object.keys(EMPTY).sort());
  expect([...new Set(raw.ops.map(([verb]) => verb))].sort()).toEqual(["end", "fields", "grow", "part", "set"]);
});

test("the kernel's place is read", () => {
  expect(parseMessage(example("here"))).toEqual(example("here"));
});

test("what the notebook keeps is read", () => {
  expect(parseMessage(example("kept"))).toEqual(example("kept"));
  const kept = { type: "kept", epoch: 1, length: null, markdown: null, others: [] };
  expect(parseMessage(kept)).toEqual(kept);
  expect(parseMessage({ ...kept, markdown: 5 })).toBeNull();
  expect(parseMessage({ ...kept, length: -1 })).toBeNull();
});

test("what the page says is what the examples say", () => {
  const commands: Record<string, FromPage> = {
    hello: hello(null),
    "hello-placed": hello({ epoch: 2, seq: 17 }),
    stop: { type: "stop" },
    retry: { type: "retry" },
    select: { type: "select", version: 1 },
    pace: { type: "pace", speed: null, playing: true },
    step: { type: "step" },
    act: { type: "act", part: 2, action: "approve", value: { once: true } },
  };
  for (const [name, command] of Object.entries(commands)) expect(command, name).toEqual(example(name));
});

test("a message to the kernel is none from it", () => {
  for (const name of ["hello", "stop", "retry", "select"]) expect(parseMessage(example(name)), name).toBeNull();
});

test.each(invalidNames())("%s is no message", (name) => {
  expect(parseMessage(example(name))).toBeNull();
});

test.each([undefined, null, 0, "", "patch", [], () => 0, Number.NaN])("%s is no message", (raw) => {
  expect(parseMessage(raw)).toBeNull();
});

test("another wire's snapshot gives its version and its text", () => {
  expect(parseMessage(example("other-wire"))).toEqual({
    type: "foreign",
    wire: 3,
    text: "What a later kernel says.",
  });
  expect(parseMessage({ type: "snapshot", wire: 4 })).toEqual({ type: "foreign", wire: 4, text: "" });
});

test("unknown operations and keys are passed over", () => {
  const raw = {
    type: "patch",
    epoch: 1,
    seq: 1,
    from: "later",
    ops: [
      ["grow", 0, "a"],
      ["splice", 0, 1, 2],
      ["set", "colour", "red"],
      ["set", "parts", []],
      ["set", "status", "dancing"],
    ],
  };
  expect(parseMessage(raw)).toEqual({ type: "patch", epoch: 1, seq: 1, ops: [["grow", 0, "a"]] });
});

test("a snapshot's unreadable values become the empty document's", () => {
  const document = {
    parts: [5, {}, { kind: "text", body: 5 }],
    status: "dancing",
    attempt: 0,
    versions: -1,
    usage: "many",
    error: [],
    timings: null,
  };
  expect(parseMessage({ type: "snapshot", wire: 2, epoch: 1, seq: 0, document })).toMatchObject({
    document: { ...EMPTY, parts: [part("text", "", { text: false })] },
  });
});

test("a card's categories are read one by one", () => {
  const categories = [{ name: "violence", score: 0.9 }, { name: "ours" }, { score: 1 }, { name: 5 }, "x"];
  const doc = readDoc((key) => (key === "error" ? { categories } : undefined));
  expect(doc.error?.categories).toEqual([
    { name: "violence", score: 0.9 },
    { name: "ours", score: null },
  ]);
});

test("a card's and a usage's missing parts are filled in", () => {
  const doc = readDoc(
    (key) => ({ error: { next: [{ text: "a" }, { code: "b" }, 5] }, usage: { output_tokens: 3 } })[key as string],
  );
  expect(doc.error).toEqual({
    kind: "provider",
    title: "The stream failed",
    detail: "",
    kept: 0,
    next: [{ text: "a", code: null }],
    request_id: null,
    status_code: null,
    categories: [],
  });
  expect(doc.usage).toMatchObject({ output_tokens: 3, input_tokens: null });
});

test("what is meant for a page of another wire is no message to this one", () => {
  expect(parseMessage({ type: "snapshot", wire: 2, epoch: 1, seq: 0, document: { text: "plain" } })).toBeNull();
});
