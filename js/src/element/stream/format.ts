/** Tells from its beginning what a text stream is. Nothing is configured: proxies and servers send the wrong types. */

import { isPart } from "./aisdk.js";
import { errorIn } from "./errors.js";
import { field, isObject, parsed } from "./fields.js";

/**
 * `sse`: server-sent events. `json`: JSON objects one after another, as from `toReadableStream()` of the `openai`
 * package. `data-stream`: lines of the AI SDK's older protocol. `text`: the answer itself.
 */
export type Format = "sse" | "json" | "data-stream" | "text";

export const FORMATS: readonly Format[] = ["sse", "json", "data-stream", "text"];

/** Characters after which a text that could still be something else is taken for the answer itself. */
const LONGEST = 100_000;

/** The same for a JSON object that begins like a chunk: the first event of a response repeats the instructions. */
const LONGEST_OBJECT = 2_000_000;

/** The first field of a chunk. An answer that is JSON itself begins with others as a rule. */
const FIRST =
  /^\{\s*(?:$|"(?:[a-z_]*$|(?:id|object|created|model|choices|type|error|data|event|sequence_number|response|provider|usage|system_fingerprint|service_tier|detail|message|code|status)"\s*(?:$|:)))/;

const FIELDS = ["data:", "event:", "id:", "retry:", "error:"];

/** The format of a text that begins so; null while that is not known. `ended`: nothing follows. */
export function formatOf(beginning: string, ended: boolean): Format | null {
  const start = beginning.trimStart();
  if (start === "") return ended ? "text" : null;
  return start[0] === "{" ? ofObject(start, ended) : ofLines(start, ended);
}

function ofObject(start: string, ended: boolean): Format | null {
  if (!FIRST.test(start)) return "text";
  const whole = parsed(start);
  if (isObject(whole)) return isChunk(whole) ? "json" : ended ? "text" : null;
  const line = parsed(start.slice(0, Math.max(0, start.indexOf("\n"))));
  if (isObject(line)) return isChunk(line) ? "json" : "text";
  // Objects may follow each other without line ends.
  const next = start.indexOf("}{");
  if (next > 0 && isChunk(parsed(start.slice(0, next + 1)))) return "json";
  return ended || start.length > LONGEST_OBJECT ? "text" : null;
}

function ofLines(start: string, ended: boolean): Format | null {
  const lines = start.split(/\r\n|\r|\n/);
  for (const [index, line] of lines.entries()) {
    if (/^(?:data|error):/.test(line)) return "sse";
    // Comments and other fields decide nothing, and neither does a line end.
    if (line === "" || line.startsWith(":") || FIELDS.some((name) => line.startsWith(name))) continue;
    const isWhole = ended || index < lines.length - 1;
    if (!isWhole && FIELDS.some((name) => name.startsWith(line))) return null;
    if (index > 0 || !/^[0-9a-k](?:$|:(?:$|["{[]))/.test(line)) return "text";
    if (!isWhole) return start.length > LONGEST ? "text" : null;
    return parsed(line.slice(2)) === undefined ? "text" : "data-stream";
  }
  // Only comments and such: a stream where a blank line has ended an event, else words such as ":)".
  if (!ended && start.length <= LONGEST) return null;
  return lines.includes("") ? "sse" : "text";
}

/** Whether a JSON object is a chunk of a stream that we know, an answer that was not streamed, or an error. */
export function isChunk(value: unknown): boolean {
  const type = field(value, "type");
  if (typeof type === "string" && (type.startsWith("response.") || isPart(type))) return true;
  const thing = field(value, "object");
  if (typeof thing === "string" && /^(?:chat\.completion|response$|text_completion)/.test(thing)) return true;
  if (Array.isArray(field(value, "choices")) || typeof field(value, "data") === "string") return true;
  return errorIn(value) !== null;
}
