/** The texts of the status line and of its tooltip. */

import type { Fact } from "../render/addons.js";
import { type Doc, textOf } from "../wire/protocol.js";
import { isOver, isTerminal, isUnheard, type State } from "../wire/store.js";
import * as words from "../words.js";
import { calling } from "./parts/call.js";

/**
 * The text of the status line. `left`: milliseconds until the next attempt, or until the queue may move; `silent`:
 * seconds without data; `doing`: what the model is doing. Each is null if not known.
 */
export function statusLine(
  state: State,
  left: number | null,
  silent: number | null = null,
  doing: string | null = null,
): string {
  const { doc, pending } = state;
  if (state.gone !== null && !isTerminal(doc)) return [GONE[state.gone], kept(doc)].filter(Boolean).join(" · ");
  const kernel = isUnheard(state) ? words.NO_ANSWER : pending?.late ? words.LATE : "";
  return [describe(doc, left, doing), silence(doc, silent), kernel].filter(Boolean).join(" · ");
}

/** The answer had not ended. */
const GONE = { kernel: words.DISCONNECTED, saved: words.SAVED_UNFINISHED } as const;

function silence({ idle }: Doc, silent: number | null): string {
  if (idle === null || silent === null) return "";
  return words.noData(words.silentFor(silent), words.silentFor(idle.limit));
}

const attempt = (doc: Doc): string => words.attempt(doc.attempt, doc.attempts);

function describe(doc: Doc, left: number | null, doing: string | null): string {
  switch (doc.status) {
    case "queued":
      return [words.QUEUED, position(doc), reason(doc, left)].filter(Boolean).join(" · ");
    case "connecting":
      if (doc.checking === "prompt") return words.CHECKING.prompt;
      return doc.attempt > 1 ? `${words.CONNECTING} · ${attempt(doc)}` : words.CONNECTING;
    case "streaming":
      if (doc.checking === "end") return words.CHECKING.end;
      return [doing ?? words.STREAMING, doc.checking === "text" ? words.CHECKING.text : ""].filter(Boolean).join(" · ");
    case "calling":
      return doc.checking === "end" ? words.CHECKING.result : calling(doc);
    case "waiting":
      return [words.WAITING, `${attempt(doc)}${countdown(left)}`, doc.error?.title ?? ""].filter(Boolean).join(" · ");
    case "done":
      return [ending(doc), ...facts(doc)].join(" · ");
    case "stopped":
      return [words.STOPPED, kept(doc), ...facts(doc)].filter(Boolean).join(" · ");
    case "interrupted":
      return [words.INTERRUPTED, kept(doc)].filter(Boolean).join(" · ");
    case "failed":
      return [words.FAILED, kept(doc)].filter(Boolean).join(" · ");
  }
}

const position = ({ queue_position: ahead }: Doc): string => (ahead === null ? "" : words.ahead(ahead));

/** Why the request is queued, and for how long. */
function reason({ wait }: Doc, left: number | null): string {
  if (wait === null) return "";
  if (wait.reason === "running") return words.running(wait.running);
  const time = left === null ? null : words.silentFor(Math.max(1, Math.ceil(left / 1000)));
  if (wait.reason === "refusal") return words.askedToWait(time);
  return words.limitReached(time);
}

export function ending(doc: Doc): string {
  if (doc.finish_reason === "length") return words.CUT_AT_LIMIT;
  if (doc.finish_reason === "content_filter") return words.FILTERED;
  return words.DONE;
}

function countdown(left: number | null): string {
  if (left === null) return "";
  return words.inSeconds(Math.ceil(left / 1000));
}

export const kept = (doc: Doc): string =>
  textOf(doc) === "" ? "" : words.kept(words.characters(lengthOf(textOf(doc))));

/** Characters as the kernel counts them: by code points, so that an emoji counts once. */
export const lengthOf = (text: string): number =>
  text.length - (text.match(/[\ud800-\udbff][\udc00-\udfff]/g)?.length ?? 0);

export function facts(doc: Doc): string[] {
  const tokens = doc.usage?.output_tokens ?? doc.usage?.total_tokens ?? null;
  const seconds = doc.timings.total;
  return [tokens === null ? "" : words.tokens(tokens), seconds === null ? "" : words.seconds(seconds)].filter(Boolean);
}

/** The details in the status line's tooltip. */
export const statusDetails = (doc: Doc): string =>
  statusFacts(doc)
    .map(([label, value]) => `${label}: ${value}`)
    .join("\n");

/** What is known of the answer's tokens and times: labels and values. */
function statusFacts(doc: Doc): Fact[] {
  const { usage, timings } = doc;
  const rows: readonly (readonly [string, number | null | undefined, "tokens" | "s"])[] = [
    [words.DETAILS.input, usage?.input_tokens, "tokens"],
    [words.DETAILS.output, usage?.output_tokens, "tokens"],
    [words.DETAILS.reasoning, usage?.reasoning_tokens, "tokens"],
    [words.DETAILS.cached, usage?.cached_tokens, "tokens"],
    [words.DETAILS.first, timings.first_token, "s"],
    [words.DETAILS.total, timings.total, "s"],
  ];
  return rows.flatMap(([label, value, unit]) =>
    value === null || value === undefined ? [] : [[label, words.amount(value, unit)] as const],
  );
}

/** Whether the shown version can be compared with another one. */
export const isComparable = (state: State): boolean =>
  state.doc.versions > 1 && isOver(state) && (state.gone === null || state.selectable);

/** What the page knows of an answer: also what only a pointer finds elsewhere, in tooltips. */
export function factsOf({ doc }: State): Fact[] {
  const { origin, changed, retry_disabled_reason } = doc;
  const rows: readonly Fact[] = [
    [words.FACTS.model, origin.model],
    [words.FACTS.api, origin.api],
    [words.FACTS.note, origin.note],
    [words.FACTS.changed, changed.join(", ")],
    [words.FACTS.off, retry_disabled_reason ?? ""],
  ];
  return [...rows.filter(([, value]) => value), ...statusFacts(doc)];
}
