import { describe, expect, test } from "vitest";
import { StreamDecoder } from "../../src/element/stream/decoder.js";
import { isEnd, type StreamEvent } from "../../src/element/stream/events.js";
import type { Fields } from "../../src/element/stream/fields.js";
import { MAX_FRAME } from "../../src/element/stream/sse.js";
import { randomFrom } from "../random.js";
import { ANSWER, CHAT, OBJECTS, RESPONSES, TEXTS } from "./streams.js";

const decoded = (pieces: readonly unknown[]): StreamEvent[] => {
  const decoder = new StreamDecoder();
  return [...pieces.flatMap((piece) => decoder.push(piece)), ...decoder.end()];
};

const textOf = (events: readonly StreamEvent[], kind = "text"): string =>
  events.reduce(
    (text, event) =>
      event.type === "replace" && kind === "text"
        ? event.text
        : event.type === kind && "delta" in event
          ? text + event.delta
          : text,
    "",
  );

const endOf = (events: readonly StreamEvent[]): StreamEvent | undefined => events.at(-1);

const chat = (delta: object, finish_reason: string | null = null, index = 0) => ({
  choices: [{ index, delta, finish_reason }],
});
const sse = (...chunks: readonly object[]) => chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join("");

describe("what a stream is shows by what comes", () => {
  test.each(Object.entries(TEXTS))("%s", (_, stream) => {
    for (const size of [1, 2, 3, 7, 50, 1_000, stream.length]) {
      const pieces = stream.match(new RegExp(`[\\s\\S]{1,${size}}`, "g")) ?? [];
      const events = decoded(pieces);
      expect(textOf(events)).toBe(ANSWER);
      expect(endOf(events)).toMatchObject({ type: "finish" });
      expect(events.filter(isEnd)).toHaveLength(1);
    }
  });

  test.each(Object.entries(OBJECTS))("%s", (_, pieces) => {
    const events = decoded(pieces);
    expect(textOf(events)).toBe(ANSWER);
    expect(events.filter(isEnd)).toEqual([endOf(events)]);
    expect(endOf(events)?.type).toBe("finish");
  });

  test.each([
    "data",
    "d",
    "id",
    "1",
    "1:",
    "0: zero",
    "2:[1] is a reference",
    ":) hello",
    "event",
    "e: 2.718",
    "{",
    "{}",
    '{"a": 1}',
    '{\n  "name": "x"\n}',
    '{"id": 5, "name": "x"}',
    '{"type": "object", "properties": {}}',
    "<p>hi</p>",
    "[DONE]",
    "null",
    "\n\n  x",
  ])("%j is an answer, and no stream of chunks", (answer) => {
    for (const pieces of [[answer], [...answer]]) expect(textOf(decoded(pieces))).toBe(answer);
  });

  test("an answer is shown before its first line has ended", () => {
    for (const answer of ["Hello", '{"name": ', "1. First", "# Title"]) {
      expect(
        textOf(
          [...answer].flatMap(
            (
              (decoder) => (piece: string) =>
                decoder.push(piece)
            )(new StreamDecoder()),
          ),
        ),
      ).toBe(answer);
    }
  });

  test("a whole answer that was not streamed is read too", () => {
    const events = decoded([
      `{\n "object": "chat.completion", "choices": [{"message": {"content": "Hi"}, "finish_reason": "length"}]}`,
    ]);
    expect(textOf(events)).toBe("Hi");
    expect(endOf(events)).toEqual({ type: "finish", reason: "length" });
    const response = {
      object: "response",
      status: "incomplete",
      output: [{ type: "message", content: [{ text: "Ho" }] }],
    };
    const others = decoded([JSON.stringify(response)]);
    expect([textOf(others), endOf(others)]).toEqual(["Ho", { type: "finish", reason: "length" }]);
  });
});

describe("only the provider's end mark ends an answer", () => {
  const cases: [string, readonly unknown[]][] = [
    ["a cut of Chat Completions", CHAT.slice(0, -2)],
    ["a cut of Responses", RESPONSES.slice(0, -1)],
    ["[DONE] in Responses", [...RESPONSES.slice(0, -1), { data: "[DONE]" }]],
    ["a cut in an event", [sse(chat({ content: "Hi" })), 'data: {"choices": [{"del']],
    ["a cut of parts", [{ type: "text-delta", delta: "Hi" }, { data: "[DONE]" }]],
    ["keep-alives alone", [": ping\n\n: ping\n\n"]],
    ["nothing", []],
  ];
  test.each(cases)("%s is interrupted", (_, pieces) => {
    const events = decoded(pieces);
    expect(endOf(events)).toMatchObject({
      type: "interrupted",
      message: expect.stringMatching(/^The stream (ended|was)/),
    });
  });

  test("[DONE] ends Chat Completions without a reason, but only if anything came", () => {
    expect(endOf(decoded([sse(chat({ content: "Hi" })), "data: [DONE]\n\n"]))).toEqual({
      type: "finish",
      reason: null,
    });
    expect(endOf(decoded([sse(chat({ content: "" })), "data: [DONE]\n\n"]))?.type).toBe("interrupted");
  });

  test("text and usage after a finish_reason belong to the answer", () => {
    const events = decoded([
      chat({ content: "a" }, "stop"),
      chat({ content: "b" }),
      { choices: [], usage: { total_tokens: 4 } },
    ]);
    expect(events.map(({ type }) => type)).toEqual(["text", "text", "usage", "finish"]);
  });

  test.each([
    ["stop", "stop"],
    ["end_turn", "stop"],
    ["MAX_TOKENS", "length"],
    ["content-filter", "content_filter"],
    ["odd", "odd"],
  ])("the reason %s is %s", (word, reason) => {
    expect(endOf(decoded([chat({ content: "x" }, word)]))).toEqual({ type: "finish", reason });
  });

  test("a reason that means trouble interrupts the answer", () => {
    expect(endOf(decoded([chat({ content: "x" }, "abort")]))).toMatchObject({ type: "interrupted" });
  });

  test("what follows the end is left out", () => {
    const decoder = new StreamDecoder();
    decoder.push(sse(chat({ content: "x" }, "stop")));
    expect(decoder.push("data: [DONE]\n\n").map(({ type }) => type)).toEqual(["finish"]);
    expect([...decoder.push(sse(chat({ content: "y" }))), ...decoder.end(), ...decoder.broken("late")]).toEqual([]);
  });

  test("a connection that breaks after the end mark takes nothing away", () => {
    const decoder = new StreamDecoder();
    decoder.push(chat({ content: "x" }, "stop"));
    expect(decoder.ending).toBe(true);
    expect(decoder.broken("reset")).toEqual([{ type: "finish", reason: "stop" }]);
  });

  test("a connection that breaks before it says why", () => {
    const decoder = new StreamDecoder();
    expect(textOf(decoder.push("Hello"))).toBe("Hello");
    expect(decoder.broken("reset")).toEqual([{ type: "interrupted", message: "reset" }]);
  });
});

describe("errors in the stream", () => {
  test.each<[string, string, unknown]>([
    ["in a chunk", sse({ error: { message: "Overloaded", code: "busy" } }), { message: "Overloaded", code: "busy" }],
    ["after text", sse(chat({ content: "Hi" }), { error: "Broken" }), { message: "Broken", code: null }],
    ["as an event", 'event: error\ndata: {"message":"No","code":429}\n\n', { message: "No", code: "429" }],
    ["in words", "event: error\ndata: out of memory\n\n", { message: "out of memory" }],
    ["as a field", 'error: {"message":"slot"}\n\n', { message: "slot" }],
    [
      "of Responses",
      sse({ type: "error", message: "Late", code: "server_error" }),
      { message: "Late", code: "server_error" },
    ],
    [
      "of a failed response",
      sse({ type: "response.failed", response: { error: { message: "Fell" } } }),
      { message: "Fell" },
    ],
    ["of the AI SDK", sse({ type: "start" }, { type: "error", errorText: "Oops" }), { message: "Oops" }],
    ["of its older protocol", '0:"a"\n3:"Oops"\n', { message: "Oops" }],
    ["nested by a gateway", sse({ error: { message: '{"error": {"message": "Inner"}}' } }), { message: "Inner" }],
    [
      "as a body",
      '{\n "error": {"message": "Bad request", "type": "invalid"}\n}',
      { message: "Bad request", code: "invalid" },
    ],
    [
      "in a broken chunk",
      `${sse(chat({ content: "x" }))}data: {"choi\n\n${sse(chat({}))}`,
      { message: "The server sent a chunk that is not valid JSON." },
    ],
    ["as a line without data:", `${sse(chat({ content: "x" }))}{"error": {"message": "Line"}}\n`, { message: "Line" }],
  ])("%s", (_, stream, expected) => {
    expect(endOf(decoded([stream]))).toMatchObject({ type: "error", ...(expected as object) });
  });

  test("an empty error is none, and an item's error is not the answer's", () => {
    const events = decoded([
      { ...chat({ content: "x" }), error: null },
      { ...chat({}, "stop"), error: {} },
    ]);
    expect(endOf(events)).toEqual({ type: "finish", reason: "stop" });
    const item = { type: "response.output_item.done", item: { type: "mcp_call", error: "no" } };
    expect(endOf(decoded([item, ...RESPONSES]))?.type).toBe("finish");
  });

  test("words at the end say why it was interrupted", () => {
    const events = decoded([sse(chat({ content: "x" })), "upstream timed out\n"]);
    expect(endOf(events)).toEqual({ type: "interrupted", message: "upstream timed out" });
  });

  test("a key in a message is not shown", () => {
    const key = `sk-${"proj-"}${"a1B2".repeat(8)}`;
    for (const message of [
      `Incorrect API key provided: ${key}.`,
      `Authorization: Bearer ${key}`,
      `https://user:${key}@host`,
    ]) {
      expect(JSON.stringify(decoded([sse({ error: { message } })]))).not.toContain("a1B2");
    }
  });

  test("a long message is cut", () => {
    const [end] = decoded([sse({ error: { message: "x".repeat(1_000_000) } })]);
    expect(end?.type === "error" && end.message.length).toBeLessThanOrEqual(2_000);
  });
});

describe("Chat Completions, as servers send them", () => {
  test.each(["reasoning_content", "reasoning"])("%s is reasoning", (name) => {
    const events = decoded([chat({ [name]: "hm" }), chat({ content: "Hi" }, "stop")]);
    expect([textOf(events, "reasoning"), textOf(events)]).toEqual(["hm", "Hi"]);
  });

  test("content may be a list, with reasoning in it", () => {
    const thinking = { type: "thinking", thinking: [{ type: "text", text: "hm" }] };
    const events = decoded([chat({ content: [thinking, { type: "text", text: "Hi" }] }, "stop")]);
    expect([textOf(events, "reasoning"), textOf(events)]).toEqual(["hm", "Hi"]);
  });

  test("deltas that repeat the text so far are shown once", () => {
    const whole = "A longer answer, sent again and again.";
    const events = decoded([
      ...[10, 20, 30, whole.length].map((end) => chat({ content: whole.slice(0, end) })),
      chat({}, "stop"),
    ]);
    expect(textOf(events)).toBe(whole);
    expect(
      textOf(decoded([...["banana", "banana bread", "!"].map((content) => chat({ content })), chat({}, "stop")])),
    ).toBe("bananabanana bread!");
  });

  test("another choice is left out, and an index that only counts is not", () => {
    expect(
      textOf(decoded([chat({ content: "a" }), chat({ content: "B" }, null, 1), chat({ content: "C" }, null, 2)])),
    ).toBe("aBC");
    expect(
      textOf(decoded([chat({ content: "a" }), chat({ content: "B" }, null, 1), chat({ content: "x" }, null, 0)])),
    ).toBe("aB");
  });

  test("calls come in pieces, with and without ids", () => {
    const call = (index: number, id: string | undefined, name: string, args: string) => ({
      tool_calls: [{ index, ...(id ? { id } : {}), function: { ...(name ? { name } : {}), arguments: args } }],
    });
    const events = decoded([
      chat(call(0, "c1", "weather", "")),
      chat(call(0, undefined, "", '{"city":')),
      chat(call(0, undefined, "", '"Oslo"}')),
      chat(call(0, "c2", "time", "{}")),
      chat({ tool_calls: [{ function: { name: "x", arguments: { a: 1 } } }] }),
      chat({}, "stop"),
    ]);
    const calls = events.filter((event) => event.type === "tool-call");
    expect(calls.slice(0, 4).map(({ id, name, delta }) => [id, name, delta])).toEqual([
      ["c1", "weather", ""],
      ["c1", "weather", '{"city":'],
      ["c1", "weather", '"Oslo"}'],
      ["c2", "time", "{}"],
    ]);
    expect(calls[4]?.delta).toBe('{"a":1}');
    expect(endOf(events)).toEqual({ type: "finish", reason: "tool_calls" });
  });
});

describe("Responses, as servers send them", () => {
  const delta = (delta: string, item_id = "m1") => ({ type: "response.output_text.delta", item_id, delta });
  const completed = { type: "response.completed", response: { status: "completed" } };

  test("two texts are separated, reasoning and refusals stand apart", () => {
    const events = decoded([
      { type: "response.reasoning_summary_text.delta", item_id: "r", delta: "hm" },
      delta("One."),
      delta("Two.", "m2"),
      { type: "response.refusal.delta", item_id: "m3", delta: "No." },
      completed,
    ]);
    expect([textOf(events), textOf(events, "reasoning"), textOf(events, "refusal")]).toEqual([
      "One.\n\nTwo.",
      "hm",
      "No.",
    ]);
  });

  test("an event without an id is about the item at its index, or about the last one", () => {
    const at = (output_index: number | undefined, delta: string, item_id?: string) => ({
      type: "response.output_text.delta",
      ...(output_index === undefined ? {} : { output_index }),
      ...(item_id ? { item_id } : {}),
      delta,
    });
    const events = decoded([at(0, "One", "m1"), at(0, " two"), at(undefined, " three"), at(1, "Four"), completed]);
    expect(textOf(events)).toBe("One two three\n\nFour");
  });

  test("commentary is no text of the answer", () => {
    const added = { type: "response.output_item.added", item: { id: "c", type: "message", phase: "commentary" } };
    const events = decoded([added, delta("I look.", "c"), delta("Here."), completed]);
    expect([textOf(events), textOf(events, "reasoning")]).toEqual(["Here.", "I look."]);
  });

  test("the complete text makes up for lost deltas", () => {
    const done = (text: string, item_id = "m1") => ({ type: "response.output_text.done", item_id, text });
    expect(textOf(decoded([delta("One"), done("One two"), completed]))).toBe("One two");
    expect(textOf(decoded([delta("A."), done("A.", "m1"), delta("w", "m2"), done("two", "m2"), completed]))).toBe(
      "A.\n\ntwo",
    );
    const output = [{ id: "m1", type: "message", content: [{ type: "output_text", text: "All" }] }];
    expect(textOf(decoded([{ ...completed, response: { output } }]))).toBe("All");
    expect(textOf(decoded([delta("All"), { ...completed, response: { output } }]))).toBe("All");
  });

  test("calls come in pieces, and once", () => {
    const item = { id: "i", type: "function_call", call_id: "c1", name: "weather", arguments: "" };
    const events = decoded([
      { type: "response.output_item.added", item },
      { type: "response.function_call_arguments.delta", item_id: "i", delta: '{"a"' },
      { type: "response.function_call_arguments.done", item_id: "i", arguments: '{"a":1}' },
      { type: "response.output_item.done", item: { ...item, arguments: '{"a":1}' } },
      { ...completed, response: { output: [{ ...item, arguments: '{"a":1}' }] } },
    ]);
    const calls = events.filter((event) => event.type === "tool-call");
    expect(calls.map(({ id, name, delta }) => [id, name, delta])).toEqual([
      ["c1", "weather", ""],
      ["c1", "weather", '{"a"'],
      ["c1", "weather", ":1}"],
    ]);
    expect(endOf(events)).toEqual({ type: "finish", reason: "tool_calls" });
  });

  test.each<[object, object]>([
    [
      { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } },
      { type: "finish", reason: "length" },
    ],
    [
      { status: "incomplete", incomplete_details: { reason: "content_filter" } },
      { type: "finish", reason: "content_filter" },
    ],
    [
      { status: "completed", max_output_tokens: 16, usage: { output_tokens: 16 } },
      { type: "finish", reason: "length" },
    ],
    [{ status: "cancelled" }, { type: "finish", reason: "cancelled" }],
    [{ status: "failed" }, { type: "error", message: "The server reported an error." }],
  ])("%j", (response, end) => {
    expect(endOf(decoded([delta("x"), { ...completed, response }]))).toMatchObject(end);
  });
});

describe("the AI SDK", () => {
  test("texts, reasoning, calls, and a step that is taken back", () => {
    const events = decoded([
      { type: "start-step" },
      { type: "reasoning-delta", id: "r", delta: "hm" },
      { type: "text-delta", id: "1", delta: "One." },
      { type: "tool-input-start", toolCallId: "c", toolName: "weather" },
      { type: "tool-input-delta", toolCallId: "c", inputTextDelta: "{}" },
      { type: "tool-input-available", toolCallId: "c", toolName: "weather", input: {} },
      { type: "data-progress", data: { text: "not the answer" } },
      { type: "start-step" },
      { type: "text-delta", id: "2", delta: "Wrong" },
      { type: "reset-step" },
      { type: "text-delta", id: "3", delta: "Two." },
      { type: "finish" },
    ]);
    expect([textOf(events), textOf(events, "reasoning")]).toEqual(["One.\n\nTwo.", "hm"]);
    expect(events.filter((event) => event.type === "tool-call").map(({ name, delta }) => [name, delta])).toEqual([
      ["weather", ""],
      ["weather", "{}"],
    ]);
    expect(endOf(events)).toEqual({ type: "finish", reason: "tool_calls" });
  });

  test("an answer that the server aborts is interrupted", () => {
    expect(endOf(decoded([{ type: "text-delta", delta: "x" }, { type: "abort" }]))?.type).toBe("interrupted");
  });
});

describe("reasoning between tags", () => {
  test.each(["<think>", "<thinking>", "<thought>", "<seed:think>", "◁think▷"])("%s, cut anywhere", (tag) => {
    const stream = `\n${tag}\nLet me see < 3.\n${tag.replace(/^(.)/, "$1/")}\n\nHi <think> there`;
    for (const pieces of [[stream], [...stream]]) {
      const events = decoded(pieces);
      expect([textOf(events, "reasoning"), textOf(events)]).toEqual(["Let me see < 3.", "Hi <think> there"]);
    }
  });

  test.each(["<thin", "<thinker>", "  <b>", "<"])("%j is text", (text) => {
    expect(textOf(decoded([...text]))).toBe(text);
  });
});

describe("hostile streams", () => {
  const values: readonly unknown[] = [
    null,
    true,
    0,
    Number.NaN,
    "",
    "x",
    [],
    {},
    [[]],
    { text: {} },
    { length: 5 },
    "__proto__",
    { toString: null },
  ];
  const names = [
    "type",
    "choices",
    "delta",
    "message",
    "content",
    "tool_calls",
    "function",
    "arguments",
    "index",
    "finish_reason",
    "usage",
    "error",
    "response",
    "output",
    "item",
    "item_id",
    "id",
    "data",
    "event",
    "status",
    "text",
    "object",
    "prompt_tokens",
    "toolCallId",
  ];
  const types = [
    "response.output_text.delta",
    "response.completed",
    "response.output_item.done",
    "text-delta",
    "tool-x-start",
    "error",
    "finish",
  ];

  test("values of any type anywhere never throw, and end once", () => {
    const rng = randomFrom(11);
    const pick = <T>(from: readonly T[]): T => from[Math.floor(rng() * from.length)] as T;
    const made = (depth: number): unknown => {
      if (depth === 0 || rng() < 0.3) return rng() < 0.2 ? pick(types) : pick(values);
      if (rng() < 0.3) return [made(depth - 1), made(depth - 1)];
      return Object.fromEntries(Array.from({ length: 4 }, () => [pick(names), made(depth - 1)]));
    };
    const wrong: unknown[] = [];
    for (let round = 0; round < 1_000; round += 1) {
      const chunks = Array.from({ length: 6 }, () => (rng() < 0.5 ? made(3) : `data: ${JSON.stringify(made(3))}\n\n`));
      const events = decoded(chunks);
      const strings = events.flatMap((event) =>
        ["delta", "text", "message"].map((name) => (event as unknown as Fields)[name] ?? ""),
      );
      if (events.filter(isEnd).length !== 1 || strings.some((text) => typeof text !== "string")) wrong.push(chunks);
    }
    expect(wrong).toEqual([]);
  });

  test.each([
    ["a line", "data: "],
    ["an object", '{"choices": ["'],
  ])("%s without an end is given up, and the text so far is kept", (_, begin) => {
    const decoder = new StreamDecoder();
    const first = begin === "data: " ? sse(chat({ content: "Hi" })) : JSON.stringify(chat({ content: "Hi" }));
    const events = [...decoder.push(first), ...decoder.push(begin)];
    const piece = "x".repeat(1_000_000);
    for (let sent = 0; sent < MAX_FRAME + 2_000_000; sent += piece.length) events.push(...decoder.push(piece));
    expect(textOf(events)).toBe("Hi");
    expect(endOf(events)).toMatchObject({ type: "error", message: expect.stringContaining("20 million") });
  });

  test("a deep chunk and ten thousand calls are read within bounds", () => {
    const deep = `${'{"error":'.repeat(20_000)}1${"}".repeat(20_000)}`;
    expect(decoded([`data: ${deep}\n\n`]).filter(isEnd)).toHaveLength(1);
    const calls = Array.from({ length: 10_000 }, (_, index) => ({ index, id: `c${index}`, function: { name: "f" } }));
    expect(decoded([chat({ tool_calls: calls }, "stop")]).length).toBeLessThan(300);
  });
});
