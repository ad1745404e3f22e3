/** What a page hands to `from()`: streams of the packages that run in browsers. It is bundled for the tests. */

import { createOpenAI } from "@ai-sdk/openai";
import { createUIMessageStream, streamText } from "ai";
import { EventSourceParserStream } from "eventsource-parser/stream";
import OpenAI from "openai";

const baseURL = new URL("/v1", location.href).href;
const client = new OpenAI({ baseURL, apiKey: "rehearsal", dangerouslyAllowBrowser: true, maxRetries: 0 });
const messages = (content) => [{ role: "user", content }];

export const post = (path, body) =>
  fetch(`/v1/${path}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

const route = (path) => (model, question) => fetch(`${path}${path.includes("?") ? "&" : "?"}${new URLSearchParams({ model, question })}`);

export const streams = {
  "chat of openai": (model, question) =>
    client.chat.completions.create({ model, messages: messages(question), stream: true }),
  "responses of openai": (model, question) => client.responses.create({ model, input: question, stream: true }),
  "helper of openai": (model, question) => client.chat.completions.stream({ model, messages: messages(question) }),
  "toReadableStream of openai": async (model, question) =>
    (await client.responses.create({ model, input: question, stream: true })).toReadableStream(),
  "a Response of Chat Completions": (model, question) => post("chat/completions", { model, messages: messages(question), stream: true }),
  "a Response of Responses": (model, question) => post("responses", { model, input: question, stream: true }),
  "eventsource-parser": async (model, question) =>
    (await post("responses", { model, input: question, stream: true })).body
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(new EventSourceParserStream()),
  "result of ai": (model, question) =>
    streamText({ model: createOpenAI({ baseURL, apiKey: "rehearsal" })(model), prompt: question }),
  "parts of ai": async (_, question) =>
    createUIMessageStream({
      execute({ writer }) {
        writer.write({ type: "text-start", id: "1" });
        for (const delta of question.match(/[^]{1,7}/g)) writer.write({ type: "text-delta", id: "1", delta });
        writer.write({ type: "text-end", id: "1" });
        writer.write({ type: "finish" });
      },
    }),
  "ai on the server": route("/ai-sdk"),
  "text of ai on the server": route("/ai-sdk-text"),
  "toReadableStream on the server": route("/to-readable-stream"),
  "openai-edge on the server": route("/openai-edge"),
  "openai-streams on the server": route("/openai-streams?mode=tokens"),
  "raw openai-streams on the server": route("/openai-streams?mode=raw"),
};
