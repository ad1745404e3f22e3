/**
 * A site whose pages use <stream-markdown>: `node server.mjs FOLDER API`. It serves FOLDER, passes /v1 on to the API, and
 * streams answers as the servers of such pages do, each with another package. It prints its address.
 */

import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { Readable } from "node:stream";
import { pathToFileURL } from "node:url";
import { createOpenAI } from "@ai-sdk/openai";
import { streamText } from "ai";
import OpenAI from "openai";
import { Configuration, OpenAIApi } from "openai-edge";
import { OpenAI as openaiStreams } from "openai-streams";

const [folder, api] = process.argv.slice(2);
const KEY = "rehearsal";
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript" };

// From the installed package, by its name.
const { parseOpenAI } = await import(pathToFileURL(join(folder, "parse.mjs")));

const client = new OpenAI({ baseURL: api, apiKey: KEY, maxRetries: 0 });
const messages = (content) => [{ role: "user", content }];

/** What a route answers to a question: a Response. */
const ROUTES = {
  "/ai-sdk": async ({ model, question, signal }) => {
    const provider = createOpenAI({ baseURL: api, apiKey: KEY });
    return streamText({ model: provider(model), prompt: question, abortSignal: signal, maxRetries: 0 }).toUIMessageStreamResponse();
  },
  "/ai-sdk-text": async ({ model, question }) => {
    const provider = createOpenAI({ baseURL: api, apiKey: KEY });
    return streamText({ model: provider.chat(model), prompt: question, maxRetries: 0 }).toTextStreamResponse();
  },
  "/to-readable-stream": async ({ model, question }) => {
    const stream = await client.chat.completions.create({ model, messages: messages(question), stream: true });
    return new Response(stream.toReadableStream());
  },
  "/openai-edge": async ({ model, question }) => {
    const edge = new OpenAIApi(new Configuration({ apiKey: KEY, basePath: api }));
    return edge.createChatCompletion({ model, messages: messages(question), stream: true });
  },
  "/openai-streams": async ({ model, question, mode }) => {
    const options = { apiBase: api, apiKey: KEY, mode };
    return new Response(await openaiStreams("chat", { model, messages: messages(question) }, options));
  },
  /** The events that the parser gives under Node, from the SDK's own stream. */
  "/parsed": async ({ model, question }) => {
    const events = [];
    for await (const event of parseOpenAI(client.responses.create({ model, input: question, stream: true }))) events.push(event);
    return Response.json(events);
  },
  "/v1": ({ path, request, signal }) =>
    fetch(new URL(path.slice("/v1/".length), `${api}/`), {
      method: request.method,
      headers: { "content-type": "application/json", authorization: `Bearer ${KEY}` },
      body: Readable.toWeb(request),
      duplex: "half",
      signal,
    }),
};

async function answer(request, response) {
  const url = new URL(request.url, "http://127.0.0.1");
  const path = normalize(url.pathname);
  const route = path.startsWith("/v1/") ? ROUTES["/v1"] : ROUTES[path];
  if (!route) return sendFile(path === "/" ? "/index.html" : path, response);
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  const { body, headers, status } = await route({ ...Object.fromEntries(url.searchParams), path, request, signal: gone.signal });
  response.writeHead(status, { "content-type": headers.get("content-type") ?? "text/plain" });
  for await (const piece of body ?? []) response.write(piece);
  response.end();
}

function sendFile(path, response) {
  const file = join(folder, path);
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) return response.writeHead(404).end();
  response.writeHead(200, { "content-type": `${TYPES[extname(file)] ?? "text/plain"}; charset=utf-8` });
  createReadStream(file).pipe(response);
}

const server = createServer((request, response) => {
  answer(request, response).catch(() => response.destroy());
});
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/`));
