/** The words of the status line and of its spoken twin. */

import { type Doc, textOf } from "../wire/protocol.js";
import { isTerminal, isUnheard, type State } from "../wire/store.js";

/**
 * What the status line says. `left`: milliseconds until the next attempt, or until the line may move; `silent`: seconds
 * without data; `doing`: what the model is at. Each null if not known.
 */
export function statusLine(
  state: State,
  left: number | null,
  silent: number | null = null,
  doing: string | null = null,
): string {
  const { doc, pending } = state;
  if (state.gone !== null && !isTerminal(doc)) return [GONE[state.gone], kept(doc)].filter(Boolean).join(" · ");
  const kernel = isUnheard(state) ? "no answer from the kernel" : pending?.late ? "waiting for the kernel" : "";
  return [describe(doc, left, doing), silence(doc, silent), kernel].filter(Boolean).join(" · ");
}

/** The answer had not ended. */
const GONE = { kernel: "Kernel disconnected", saved: "Saved before it finished" } as const;

function silence({ idle }: Doc, silent: number | null): string {
  if (idle === null || silent === null) return "";
  return `no data for ${seconds(silent)}, given up after ${seconds(idle.limit)}`;
}

const seconds = (value: number): string => (value < 120 ? `${Math.floor(value)} s` : `${Math.floor(value / 60)} min`);

const attempt = (doc: Doc): string =>
  doc.attempts > 1 ? `attempt ${doc.attempt} of ${Math.max(doc.attempt, doc.attempts)}` : `attempt ${doc.attempt}`;

function describe(doc: Doc, left: number | null, doing: string | null): string {
  switch (doc.status) {
    case "queued":
      return ["Queued", position(doc), reason(doc, left)].filter(Boolean).join(" · ");
    case "connecting":
      return doc.attempt > 1 ? `Connecting · ${attempt(doc)}` : "Connecting";
    case "streaming":
      return doing ?? "Streaming";
    case "waiting":
      return ["Waiting", `${attempt(doc)}${countdown(left)}`, doc.error?.title ?? ""].filter(Boolean).join(" · ");
    case "done":
      return [ending(doc), ...facts(doc)].join(" · ");
    case "stopped":
      return ["Stopped", kept(doc), ...facts(doc)].filter(Boolean).join(" · ");
    case "interrupted":
      return ["Interrupted", kept(doc)].filter(Boolean).join(" · ");
    case "failed":
      return ["Failed", kept(doc)].filter(Boolean).join(" · ");
  }
}

const position = ({ queue_position: ahead }: Doc): string =>
  ahead === null ? "" : ahead === 0 ? "next" : `${ahead} ahead`;

/** Why it queues, and for how long. */
function reason({ wait }: Doc, left: number | null): string {
  if (wait === null) return "";
  if (wait.reason === "running")
    return wait.running === 1 ? "1 answer is streaming" : `${wait.running} answers are streaming`;
  const time = left === null ? null : seconds(Math.max(1, Math.ceil(left / 1000)));
  if (wait.reason === "refusal") return time === null ? "the server asks to wait" : `the server asks to wait ${time}`;
  return time === null ? "the rate limit is reached" : `the rate limit has room again in ${time}`;
}

function ending(doc: Doc): string {
  if (doc.finish_reason === "length") return "Cut at the length limit";
  if (doc.finish_reason === "content_filter") return "Ended by the content filter";
  return "Done";
}

function countdown(left: number | null): string {
  if (left === null) return "";
  const whole = Math.ceil(left / 1000);
  return whole > 0 ? `, in ${whole} s` : ", now";
}

const kept = (doc: Doc): string => (textOf(doc) === "" ? "" : `${characters(lengthOf(textOf(doc)))} kept`);

/** Characters as the kernel counts them, by code points: an emoji is one and not two. */
export const lengthOf = (text: string): number =>
  text.length - (text.match(/[\ud800-\udbff][\udc00-\udfff]/g)?.length ?? 0);

const integer = new Intl.NumberFormat("en");

export const characters = (count: number): string =>
  `${integer.format(count)} ${count === 1 ? "character" : "characters"}`;

function facts(doc: Doc): string[] {
  const tokens = doc.usage?.output_tokens ?? doc.usage?.total_tokens ?? null;
  const seconds = doc.timings.total;
  return [
    tokens === null ? "" : `${integer.format(tokens)} ${tokens === 1 ? "token" : "tokens"}`,
    seconds === null ? "" : `${seconds < 100 ? seconds.toFixed(1) : integer.format(Math.round(seconds))} s`,
  ].filter(Boolean);
}

/** The long form, for the status line's tooltip. */
export function statusDetails(doc: Doc): string {
  const { usage, timings } = doc;
  const rows: readonly (readonly [string, number | null | undefined, string])[] = [
    ["input", usage?.input_tokens, "tokens"],
    ["output", usage?.output_tokens, "tokens"],
    ["of these reasoning", usage?.reasoning_tokens, "tokens"],
    ["from the cache", usage?.cached_tokens, "tokens"],
    ["first token after", timings.first_token, "s"],
    ["whole answer", timings.total, "s"],
  ];
  return rows
    .flatMap(([label, value, unit]) =>
      value === null || value === undefined
        ? []
        : [`${label}: ${unit === "s" ? value.toFixed(2) : integer.format(value)} ${unit}`],
    )
    .join("\n");
}

/** What is said aloud when the status changes; empty for what needs no words. */
export function announcement({ doc, gone }: State): string {
  if (gone === "kernel" && !isTerminal(doc)) return `Kernel disconnected. ${kept(doc)}`;
  switch (doc.status) {
    case "queued":
    case "connecting":
      return "";
    case "streaming":
      return "The answer is streaming";
    case "waiting":
      return "Waiting before the next attempt";
    case "done":
      return `${ending(doc)}. ${facts(doc).join(", ")}`;
    case "stopped":
      return "Stopped";
    case "interrupted":
    case "failed":
      return `${doc.status === "failed" ? "Failed" : "Interrupted"}. ${doc.error?.title ?? ""}`;
  }
}
