/** One answer, as each kind of stream has it. */

export const ANSWER = 'Entropy: *hot* 🔥 → “cold”.\n\n```js\nconst s = { k: [1, "}\\\\"] };\n```\n';

const json = JSON.stringify;
const pieces = [...ANSWER.matchAll(/[\s\S]{1,5}/gu)].map(([piece]) => piece);

const choice = (delta: object, finish_reason: string | null = null) => ({
  id: "chatcmpl-1",
  object: "chat.completion.chunk",
  choices: [{ index: 0, delta, finish_reason }],
});

export const CHAT: readonly object[] = [
  choice({ role: "assistant", content: pieces[0] }),
  ...pieces.slice(1).map((content) => choice({ content })),
  choice({}, "stop"),
  { object: "chat.completion.chunk", choices: [], usage: { prompt_tokens: 3, completion_tokens: 9, total_tokens: 12 } },
];

const item = { item_id: "msg_1", output_index: 0, content_index: 0 };
const message = { id: "msg_1", type: "message", content: [{ type: "output_text", text: ANSWER }] };

export const RESPONSES: readonly object[] = [
  { type: "response.created", response: { id: "resp_1", status: "in_progress" } },
  { type: "response.output_item.added", output_index: 0, item: { id: "msg_1", type: "message", content: [] } },
  ...pieces.map((delta) => ({ type: "response.output_text.delta", ...item, delta })),
  { type: "response.output_text.done", ...item, text: ANSWER },
  { type: "response.output_item.done", output_index: 0, item: message },
  {
    type: "response.completed",
    response: {
      status: "completed",
      output: [message],
      usage: { input_tokens: 3, output_tokens: 9, total_tokens: 12 },
    },
  },
];

export const UI: readonly object[] = [
  { type: "start" },
  { type: "start-step" },
  { type: "text-start", id: "0" },
  ...pieces.map((delta) => ({ type: "text-delta", id: "0", delta })),
  { type: "text-end", id: "0" },
  { type: "finish-step" },
  { type: "finish", finishReason: "stop" },
];

const data = (chunks: readonly object[], done = true) =>
  `${chunks.map((chunk) => `data: ${json(chunk)}\n\n`).join("")}${done ? "data: [DONE]\n\n" : ""}`;

const crlf = (text: string) => text.replaceAll("\n", "\r\n");

/** Streams as text. */
export const TEXTS: Readonly<Record<string, string>> = {
  "Chat Completions as server-sent events": data(CHAT),
  "with CRLF and a byte-order mark": `\ufeff${crlf(data(CHAT))}`,
  "with CR": data(CHAT).replaceAll("\n", "\r"),
  "with comments and other fields": `: hello\nretry: 5\n\n${data(CHAT).replaceAll("\n\n", "\n\n: keep-alive\n\nid: 7\n\n")}`,
  "without spaces, and without the last blank line": data(CHAT).replaceAll("data: ", "data:").trimEnd(),
  "with data of several lines": data(CHAT).replaceAll('{"id":"chatcmpl-1",', '{"id":"chatcmpl-1",\ndata: '),
  "Responses as server-sent events": RESPONSES.map(
    (event) => `event: ${(event as { type: string }).type}\ndata: ${json(event)}\n\n`,
  ).join(""),
  "lines of JSON, as toReadableStream() has them": CHAT.map((chunk) => `${json(chunk)}\n`).join(""),
  "events of Responses as lines of JSON": RESPONSES.map((event) => `${json(event)}\n`).join(""),
  "JSON without line ends, as openai-streams in its raw mode": CHAT.map((chunk) => json(chunk)).join(""),
  "with data of several lines and CRLF": crlf(
    data(CHAT).replaceAll('{"id":"chatcmpl-1",', '{"id":"chatcmpl-1",\ndata: '),
  ),
  "the UI message stream": data(UI),
  "the older data stream protocol": `f:{"messageId":"m"}\n${pieces.map((piece) => `0:${json(piece)}\n`).join("")}e:{"finishReason":"stop"}\nd:{"finishReason":"stop"}\n`,
  "bare text": ANSWER,
  "words without an envelope": `${pieces.map((piece) => `data: ${json(piece)}\n\n`).join("")}data: [DONE]\n\n`,
};

/** Streams as objects. */
export const OBJECTS: Readonly<Record<string, readonly unknown[]>> = {
  "chunks of Chat Completions": CHAT,
  "events of Responses": RESPONSES,
  "parts of the UI message stream": UI,
  "parts of fullStream": [
    ...pieces.map((text) => ({ type: "text-delta", id: "0", text })),
    { type: "finish", finishReason: "stop", totalUsage: { inputTokens: 3, outputTokens: 9, totalTokens: 12 } },
  ],
  "events of eventsource-parser": [
    ...CHAT.map((chunk) => ({ event: undefined, data: json(chunk) })),
    { data: "[DONE]" },
  ],
  "events of its first version": [...CHAT.map((chunk) => ({ type: "event", data: json(chunk) })), { data: "[DONE]" }],
  strings: pieces,
};
