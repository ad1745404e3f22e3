import { expect, test } from "vitest";
import { parseMessage, readDoc } from "../src/wire/narrow.js";
import { EMPTY, hello, type ToKernel } from "../src/wire/protocol.js";
import { example, invalidNames } from "./wire.js";

test("a snapshot is read whole", () => {
  const raw = example("snapshot") as { document: unknown };
  expect(parseMessage(raw)).toEqual({ type: "snapshot", epoch: 2, seq: 17, document: raw.document });
});

test("a patch is read whole, every key of the document among its operations", () => {
  const raw = example("patch") as { ops: unknown[][] };
  expect(parseMessage(raw)).toEqual(raw);
  const keys = new Set(raw.ops.map((op) => op[1]));
  expect([...keys].sort()).toEqual(Object.keys(EMPTY).sort());
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
  const commands: Record<string, ToKernel> = {
    hello: hello(null),
    "hello-placed": hello({ epoch: 2, seq: 17 }),
    stop: { type: "stop" },
    retry: { type: "retry" },
    select: { type: "select", version: 1 },
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
    wire: 2,
    text: "What a later kernel says.",
  });
  expect(parseMessage({ type: "snapshot", wire: 3 })).toEqual({ type: "foreign", wire: 3, text: "" });
});

test("unknown operations and keys are passed over", () => {
  const raw = {
    type: "patch",
    epoch: 1,
    seq: 1,
    from: "later",
    ops: [
      ["append", "text", "a"],
      ["splice", "text", 1, 2],
      ["set", "colour", "red"],
      ["append", "thoughts", "b"],
      ["set", "status", "dancing"],
    ],
  };
  expect(parseMessage(raw)).toEqual({ type: "patch", epoch: 1, seq: 1, ops: [["append", "text", "a"]] });
});

test("a snapshot's unreadable values become the empty document's", () => {
  const document = { text: 5, status: "dancing", attempt: 0, versions: -1, usage: "many", error: [], timings: null };
  expect(parseMessage({ type: "snapshot", wire: 1, epoch: 1, seq: 0, document })).toMatchObject({ document: EMPTY });
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
  });
  expect(doc.usage).toMatchObject({ output_tokens: 3, input_tokens: null });
});
