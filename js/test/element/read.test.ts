import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { parseOpenAI, type StreamEvent, type StreamSource } from "../../src/element/parse.js";
import { ANSWER, OBJECTS, TEXTS } from "./streams.js";

let stop: (() => Promise<void>) | null = null;

afterEach(async () => {
  await stop?.();
  stop = null;
});

/** The address of a server that answers every request so. */
async function serve(answer: (response: ServerResponse, request: IncomingMessage) => void): Promise<string> {
  const server = createServer((request, response) => answer(response, request));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stop = () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

async function read(source: StreamSource | PromiseLike<StreamSource>, options = {}): Promise<StreamEvent[]> {
  const events: StreamEvent[] = [];
  for await (const event of parseOpenAI(source, options)) events.push(event);
  return events;
}

const textOf = (events: readonly StreamEvent[]) =>
  events.map((event) => (event.type === "text" ? event.delta : "")).join("");

const CHUNK = 'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n';
const FINISH = 'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n';

describe("sources", () => {
  const bytes = (text: string, size: number) => {
    const all = new TextEncoder().encode(text);
    return Array.from({ length: Math.ceil(all.length / size) }, (_, at) => all.slice(at * size, (at + 1) * size));
  };
  async function* each(pieces: readonly unknown[]) {
    yield* pieces;
  }
  const streamOf = (pieces: readonly unknown[]) =>
    new ReadableStream({
      start(controller) {
        for (const piece of pieces) controller.enqueue(piece);
        controller.close();
      },
    });

  test.each(Object.entries(TEXTS))("bytes cut anywhere: %s", async (_, text) => {
    for (const size of [1, 5, 4_096]) {
      const events = await read(each(bytes(text, size)));
      expect([textOf(events), events.at(-1)?.type]).toEqual([ANSWER, "finish"]);
    }
  });

  test.each(Object.entries(TEXTS))("a Response: %s", async (_, text) => {
    const url = await serve((response) => {
      response.setHeader("content-type", "text/plain");
      for (const piece of bytes(text, 100)) response.write(piece);
      response.end();
    });
    expect(textOf(await read(fetch(url)))).toBe(ANSWER);
  });

  test.each(Object.entries(OBJECTS))("streams and iterables of objects: %s", async (_, pieces) => {
    for (const source of [
      pieces,
      each(pieces),
      streamOf(pieces),
      Promise.resolve(streamOf(pieces)),
      { fullStream: each(pieces) },
    ]) {
      const events = await read(source);
      expect([textOf(events), events.at(-1)?.type]).toEqual([ANSWER, "finish"]);
    }
  });

  test.each([5, null, undefined, {}, () => {}])("%j is no source", async (source) => {
    await expect(read(source as never)).rejects.toThrow(TypeError);
  });

  test("a string is read whole", async () => {
    expect(await read("Hello")).toEqual([
      { type: "text", delta: "Hello" },
      { type: "finish", reason: null },
    ]);
  });
});

describe("a response that is no answer", () => {
  test.each([
    [
      401,
      "application/json",
      '{\n "error": {"message": "No such key", "code": "invalid_api_key"}\n}',
      "No such key (HTTP 401)",
    ],
    [503, "text/plain", "try later", "try later (HTTP 503)"],
    [502, "text/html", "<h1>Bad gateway</h1>", "The server sent a page instead of a stream. (HTTP 502)"],
    [200, "text/html", "<h1>Log in</h1>", "The server sent a page instead of a stream. (HTTP 200)"],
    [500, "text/plain", "", "The server refused the request. (HTTP 500)"],
  ])("%d %s", async (status, type, body, message) => {
    const url = await serve((response) => response.writeHead(status, { "content-type": type }).end(body));
    expect(await read(await fetch(url))).toEqual([expect.objectContaining({ type: "error", status, message })]);
  });

  test("a request that failed says so", async () => {
    const url = await serve((_, { socket }) => socket.destroy());
    expect(await read(fetch(url))).toEqual([expect.objectContaining({ type: "error", message: "fetch failed" })]);
  });
});

describe("the end", () => {
  test("a connection that breaks interrupts the answer, and the text stays", async () => {
    const url = await serve((response, { socket }) => response.write(CHUNK, () => socket.destroy()));
    const events = await read(fetch(url));
    expect(events.map(({ type }) => type)).toEqual(["text", "interrupted"]);
  });

  test("an error that an SDK throws is the server's", async () => {
    async function* broken() {
      yield { choices: [{ delta: { content: "Hi" } }] };
      throw Object.assign(new Error("Overloaded"), { status: 503, code: "busy" });
    }
    expect((await read(broken())).at(-1)).toEqual({ type: "error", message: "Overloaded", code: "busy", status: 503 });
  });

  test("a server that falls silent after its finish_reason is not waited for", async () => {
    const url = await serve((response) => response.write(CHUNK + FINISH));
    const events = await read(fetch(url), { trailerWait: 1 });
    expect(events.at(-1)).toEqual({ type: "finish", reason: "stop" });
  });

  test("leaving the loop closes the request", async () => {
    const closed = Promise.withResolvers<void>();
    const url = await serve((response) => {
      response.on("close", () => closed.resolve());
      response.write(CHUNK);
    });
    for await (const event of parseOpenAI(fetch(url))) {
      expect(event).toEqual({ type: "text", delta: "Hi" });
      break;
    }
    await closed.promise;
  });

  test("the signal closes the request while it waits, and is what is thrown", async () => {
    const closed = Promise.withResolvers<void>();
    const url = await serve((response) => {
      response.on("close", () => closed.resolve());
      response.write(CHUNK);
    });
    const stopping = new AbortController();
    const reading = (async () => {
      for await (const _ of parseOpenAI(fetch(url), { signal: stopping.signal })) stopping.abort(new Error("enough"));
    })();
    await expect(reading).rejects.toThrow("enough");
    await closed.promise;
    const cancelled = Promise.withResolvers<void>();
    const unread = new ReadableStream({ cancel: () => cancelled.resolve() });
    await expect(read(unread, { signal: stopping.signal })).rejects.toThrow("enough");
    await cancelled.promise;
  });

  test("an SDK's stream that waits for data is aborted through its controller", async () => {
    const controller = new AbortController();
    const stream = {
      controller,
      async *[Symbol.asyncIterator]() {
        yield { choices: [{ delta: { content: "Hi" } }] };
        await new Promise((_, reject) => controller.signal.addEventListener("abort", reject));
      },
    };
    const stopping = new AbortController();
    const reading = (async () => {
      for await (const _ of parseOpenAI(stream, { signal: stopping.signal })) setTimeout(() => stopping.abort());
    })();
    await expect(reading).rejects.toThrow();
    expect(controller.signal.aborted).toBe(true);
  });

  test("a stream that goes on after the answer's end is closed, also where closing fails", async () => {
    const closed = Promise.withResolvers<void>();
    const stream = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode(`${CHUNK}${FINISH}data: [DONE]\n\n`)),
      cancel() {
        closed.resolve();
        throw new Error("no");
      },
    });
    expect((await read(stream)).at(-1)?.type).toBe("finish");
    await closed.promise;
  });

  test("a stream that ends soon is read to its end, so that its connection can be used again", async () => {
    const ended = Promise.withResolvers<string>();
    const pieces = [`${CHUNK}${FINISH}data: [DONE]\n\n`];
    const stream = new ReadableStream(
      {
        pull(controller) {
          const piece = pieces.pop();
          if (piece !== undefined) return controller.enqueue(piece);
          controller.close();
          ended.resolve("read to the end");
        },
        cancel: () => ended.resolve("cancelled"),
      },
      { highWaterMark: 0 },
    );
    expect((await read(stream)).at(-1)?.type).toBe("finish");
    expect(await ended.promise).toBe("read to the end");
  });
});
