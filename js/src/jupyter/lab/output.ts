/**
 * What a cell saves in the notebook: the MIME bundle of its output. `src/streamcell/notebook/output.py` makes it too,
 * and only that module makes the Markdown of an answer.
 */

import { isRecord, readDoc, readPart } from "../../wire/narrow.js";
import { type Doc, type Part, textOf } from "../../wire/protocol.js";
import { isTerminal } from "../../wire/store.js";

/** Our own format: the answer's document, without its text. */
export const ANSWER = "application/vnd.streamcell.answer+json";

export const WIDGET = "application/vnd.jupyter.widget-view+json";

type Bundle = Readonly<Record<string, unknown>>;

/** An output in Jupyter's format. */
export interface Output {
  readonly data: Bundle;
  readonly metadata: Bundle;
}

/** A cell's output, as it was saved or sent. */
export interface Saved {
  readonly key: string;
  /** The widget's model id, if there was a widget. */
  readonly modelId: string | null;
  readonly doc: Doc;
  /** The versions that are not shown. */
  readonly others: readonly Doc[];
}

/** What a cell knows about its answer. Null is what only the kernel could tell. */
export interface Words {
  readonly document: Bundle;
  readonly markdown: string | null;
  readonly others: readonly unknown[] | null;
}

const VERSION = 2;

const NOT_KEPT: ReadonlySet<string> = new Set([
  "parts",
  "retry_at",
  "idle",
  "queue_position",
  "wait",
  "checking",
  "replay",
]);

/** Our data in an output; null if it is not ours or was written by a newer release. Its metadata may be missing. */
export function readOutput({ data, metadata }: Output): Saved | null {
  const known = data[ANSWER];
  if (!isRecord(known) || (known.version !== VERSION && known.version !== 1)) return null;
  const run = isRecord(metadata[ANSWER]) ? metadata[ANSWER] : {};
  const { error, ...rest } = isRecord(known.document) ? known.document : {};
  const document: Bundle = {
    ...rest,
    timings: run.timings,
    error: isRecord(error) ? { ...error, request_id: run.request_id ?? null } : null,
  };
  const plain = data["text/plain"];
  const text = known.characters === 0 ? "" : Array.isArray(plain) ? plain.join("") : plain;
  const inText = partsIn(document, typeof text === "string" ? text : "");
  const parts = timed(withImages(inText, data["text/markdown"]), run.seconds);
  const doc = readDoc((key) => (key === "parts" ? parts : document[key]));
  const others = othersIn({ data, metadata }).filter(isRecord);
  return {
    key: typeof run.id === "string" ? run.id : "",
    modelId: typeof run.model_id === "string" && run.model_id !== "" ? run.model_id : null,
    doc,
    others: others.map((other) => ({
      ...readDoc((key) => (key === "parts" ? partsIn(other, String(other.text ?? "")) : other[key])),
      versions: doc.versions,
      attempts: doc.attempts,
      prompt: doc.prompt,
      max_height: doc.max_height,
    })),
  };
}

/** An image in Markdown that we made. */
const IMAGE = /data:image\/(?:png|jpeg|gif|webp);base64,([A-Za-z0-9+/]+={0,2})/g;

/** The data of the images in saved Markdown, in order. */
const imagesIn = (markdown: string): string[] => [...markdown.matchAll(IMAGE)].map(([, data]) => data ?? "");

/** Add to each image part its image from the Markdown, by the index in the part. */
function withImages(parts: readonly unknown[], saved: unknown): readonly unknown[] {
  if (!parts.some((part) => isRecord(part) && "image" in part)) return parts;
  const images = imagesIn(Array.isArray(saved) ? saved.join("") : String(saved ?? ""));
  return parts.map((part) => {
    if (!isRecord(part) || typeof part.image !== "number") return part;
    return { ...part, fields: { ...(isRecord(part.fields) ? part.fields : {}), data: images[part.image] ?? "" } };
  });
}

/** Add to the parts their durations in seconds, by index. */
function timed(parts: readonly unknown[], seconds: unknown): readonly unknown[] {
  if (!isRecord(seconds)) return parts;
  return parts.map((part, at) =>
    isRecord(part) && String(at) in seconds
      ? { ...part, fields: { ...(isRecord(part.fields) ? part.fields : {}), seconds: seconds[at] } }
      : part,
  );
}

/** The durations of the parts by index. They differ with each run. */
const secondsOf = (parts: readonly Part[]) =>
  Object.fromEntries(parts.flatMap(({ fields }, at) => (fields.seconds == null ? [] : [[at, fields.seconds]])));

/** The parts of a saved document. `text` is that of all text parts, each of which has its number of characters. */
function partsIn({ parts, ...flat }: Bundle, text: string): readonly unknown[] {
  if (!Array.isArray(parts)) return flatParts(flat, text);
  const lengths = parts.map((part: unknown) => (isRecord(part) ? Math.max(Number(part.characters) || 0, 0) : 0));
  if (lengths.filter((length) => length > 0).length < 2) {
    return parts.map((part: unknown, at) => (lengths[at] ? { ...(part as Bundle), body: text } : part));
  }
  const characters = [...text];
  let before = 0;
  return parts.map((part: unknown, at) => {
    const length = lengths[at] ?? 0;
    before += length;
    return length > 0 ? { ...(part as Bundle), body: characters.slice(before - length, before).join("") } : part;
  });
}

/** The parts of an answer in the first format, which had three texts and the positions where the answer was resumed. */
function flatParts({ reasoning, refusal, seams }: Bundle, text: string): Bundle[] {
  const places = Array.isArray(seams) ? seams.filter(isRecord) : [];
  const ends = [...places.map(({ at }) => Number(at)), text.length];
  const texts = ends.map((end, at) => ({
    kind: "text",
    text: true,
    body: text.slice(ends[at - 1] ?? 0, end),
    fields: at > 0 ? { resumed: places[at - 1]?.way } : {},
  }));
  const of = (kind: string, body: unknown) => ({ kind, body: String(body ?? "") });
  return [of("reasoning", reasoning), ...texts, of("refusal", refusal)].filter(({ body }) => body !== "");
}

/** The other versions in an output, besides the shown one, unchanged. */
export function othersIn({ data }: Output): readonly unknown[] {
  const known = data[ANSWER];
  return isRecord(known) && Array.isArray(known.others) ? (known.others as unknown[]) : [];
}

/**
 * The output that saves `document`, without the live widget, for which a reader without a kernel would show an error.
 * If the kernel did not send the Markdown, other readers get the text unchanged.
 */
export function outputOf({ document, markdown, others }: Words, key: string, modelId: string | null): Output {
  const parts = (Array.isArray(document.parts) ? document.parts : []) as readonly Part[];
  const text = inert(textOf({ parts }));
  const said = Object.entries(document).filter(([name, value]) => !NOT_KEPT.has(name) && saysSomething(value));
  const { timings, ...kept } = Object.fromEntries(said);
  const error = isRecord(kept.error) ? kept.error : null;
  if (error) kept.error = { ...error, request_id: null };
  const took = secondsOf(parts);
  const seconds = saysSomething(Object.keys(took)) ? took : null;
  const run = { id: key, model_id: modelId, timings, request_id: error?.request_id, seconds };
  const note = inert(noteOf(document));
  const images = imagesIn(markdown ?? "");
  return {
    data: {
      // Characters as Python counts them.
      [ANSWER]: {
        version: VERSION,
        characters: [...text].length,
        document: { ...kept, parts: parts.map((part) => keptPart(part, images)) },
        ...(others && others.length > 0 ? { others } : {}),
      },
      "text/markdown": markdown ?? preformatted(text, note),
      "text/plain": text || (isTerminal({ status: document.status }) ? note : STILL_STREAMING) || "(no text)",
    },
    metadata: { [ANSWER]: Object.fromEntries(Object.entries(run).filter(([, value]) => value != null)) },
  };
}

/**
 * A part as it is saved, without the data that the output has elsewhere: a text has the number of its characters in
 * text/plain, and an image the index of its image in text/markdown. Empty fields are left out.
 */
function keptPart({ kind, text, body, fields: { seconds, ...fields } }: Part, images: readonly string[]): Bundle {
  const { data, ...others } = fields;
  const at = typeof data === "string" ? images.indexOf(data) : -1;
  const held = text ? { characters: [...body].length } : { body: inert(body) };
  const said = Object.entries({ kind, text, ...held, fields: at < 0 ? fields : others });
  const kept = Object.fromEntries(said.filter(([, value]) => saysSomething(value)));
  return at < 0 ? kept : { ...kept, image: at };
}

const STILL_STREAMING = "The answer is still streaming: cell.result() waits for it and returns its text.";

/** Text in a form that every reader shows alike and without harm, even if it contains Markdown, HTML or formulas. */
function preformatted(text: string, note: string): string {
  const said = note.replace(/\s+/g, " ").replace(PUNCTUATION, entity);
  // UTF-8 cannot encode lone surrogates.
  const code = text
    .replace(/\p{Cs}/gu, "\ufffd")
    .replace(/\r\n?/g, "\n")
    .replace(PUNCTUATION, entity);
  return [code && `<pre><code>${code.replaceAll("\n", entity)}</code></pre>`, said && `*${said}*`]
    .filter(Boolean)
    .join("\n\n");
}

const PUNCTUATION = /[!-+./:<-@[-`{-~\t]/g;

const entity = (char: string): string => `&#${char.charCodeAt(0)};`;

/** The text without terminal control characters: each is replaced by one visible character. */
export function inert(text: string): string {
  return text.replace(/[\p{Cc}]/gu, (control) => {
    if ("\t\n\r".includes(control)) return control;
    const code = control.charCodeAt(0);
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : code === 0x7f ? "\u2421" : "\ufffd";
  });
}

function saysSomething(value: unknown): boolean {
  if (isRecord(value)) return Object.values(value).some(saysSomething);
  if (Array.isArray(value)) return value.length > 0;
  return Boolean(value);
}

const ENDINGS: Readonly<Record<string, string>> = {
  length: "Cut at the length limit: this is not the whole answer.",
  content_filter: "Ended by the content filter: this is not the whole answer.",
};

/** The note below a saved answer: why it is incomplete, or what it lacks; empty if there is nothing to say. */
export function noteOf(document: Bundle): string {
  const { status, error, parts } = document;
  const refusal = (Array.isArray(parts) ? parts : [])
    .flatMap((part: unknown) => readPart(part) ?? [])
    .flatMap(({ kind, body }) => (kind === "refusal" ? body : []))
    .join("\n\n");
  if (refusal) return `The model refused: ${refusal}`;
  if (status === "done") return [ENDINGS[String(document.finish_reason)], document.notice].filter(Boolean).join(" ");
  if (status === "stopped") return "Stopped: this is the text so far.";
  if (status === "failed" || status === "interrupted") return failure(status, error);
  return "Not finished when this was saved.";
}

function failure(status: string, error: unknown): string {
  if (!isRecord(error)) return `${status === "failed" ? "Failed" : "Interrupted"}.`;
  return [`${error.title}.`, error.detail].filter(Boolean).join(" ");
}
