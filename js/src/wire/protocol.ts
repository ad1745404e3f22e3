/**
 * The wire between kernel and page: its types, and functions that narrow what arrives from `unknown`.
 *
 * Nothing here throws. A message that cannot be understood is `null`; keys and operations of a newer kernel that this
 * page does not know are passed over, so that a small addition on the other side does not break an open notebook.
 */

export const WIRE = 1;

export const STATUSES = [
  "queued",
  "connecting",
  "streaming",
  "waiting",
  "interrupted",
  "stopped",
  "failed",
  "done",
] as const;

export type Status = (typeof STATUSES)[number];

export interface Usage {
  readonly input_tokens: number | null;
  readonly output_tokens: number | null;
  readonly total_tokens: number | null;
  readonly reasoning_tokens: number | null;
  readonly cached_tokens: number | null;
}

export interface NextStep {
  readonly text: string;
  readonly code: string | null;
}

export interface Card {
  readonly kind: string;
  readonly title: string;
  /** The error's own words. */
  readonly detail: string;
  /** Characters of text that were kept. */
  readonly kept: number;
  readonly next: readonly NextStep[];
  readonly request_id: string | null;
  readonly status_code: number | null;
}

export interface Origin {
  readonly model: string;
  readonly api: string;
  readonly note: string;
  readonly rehearsal: boolean;
}

/** In seconds. */
export interface Timings {
  readonly first_token: number | null;
  readonly total: number | null;
}

/** Nothing has come for `seconds`; after `limit` the attempt is given up. Both when the message was sent. */
export interface Idle {
  readonly seconds: number;
  readonly limit: number;
}

/** Why an attempt queues, and for how long from when the message was sent; null: until one of those running ends. */
export interface Wait {
  readonly reason: "running" | "refusal" | "budget";
  readonly seconds: number | null;
  readonly running: number;
}

export const WAYS = ["exact", "prefix", "continued"] as const;

/** How a cut answer goes on. */
export type ResumeMode = (typeof WAYS)[number];

/** Where an answer was cut and taken up again. */
export interface Seam {
  /** Characters before it. */
  readonly at: number;
  readonly way: ResumeMode;
}

export interface Doc {
  readonly text: string;
  readonly reasoning: string;
  readonly refusal: string;
  readonly status: Status;
  /** Counted from 1. */
  readonly attempt: number;
  readonly finish_reason: string | null;
  readonly usage: Usage | null;
  readonly error: Card | null;
  readonly origin: Origin;
  readonly notice: string | null;
  /** Seconds left when the message was sent, not a clock time. */
  readonly retry_at: number | null;
  readonly timings: Timings;
  /** Counted from 0. */
  readonly version: number;
  readonly versions: number;
  /** Why Retry is off, or null. */
  readonly retry_disabled_reason: string | null;
  /** At most. */
  readonly attempts: number;
  readonly idle: Idle | null;
  /** How many answers are before this one in the line, and why it waits; null: it does not queue. */
  readonly queue_position: number | null;
  readonly wait: Wait | null;
  /** How the answer can go on, or null. */
  readonly resumable: ResumeMode | null;
  readonly seams: readonly Seam[];
}

export type TextKey = "text" | "reasoning" | "refusal";

export type Op = readonly ["append", TextKey, string] | { [K in keyof Doc]: readonly ["set", K, Doc[K]] }[keyof Doc];

export interface Snapshot extends Place {
  readonly type: "snapshot";
  readonly document: Doc;
}

export interface Patch extends Place {
  readonly type: "patch";
  readonly ops: readonly Op[];
}

/** Where the kernel is: its answer to a page that is there too, or that has been sent a snapshot just now. */
export interface Here extends Place {
  readonly type: "here";
}

/** A snapshot written in a wire version that this page does not speak. */
export interface Foreign {
  readonly type: "foreign";
  readonly wire: number;
  readonly text: string;
}

/** `wanted` asks whether this page shows the cell: another one shows it no more. */
export type FromKernel = Snapshot | Patch | Here | Foreign | { readonly type: "wanted" };

export type Command =
  | { readonly type: "stop" }
  | { readonly type: "retry" }
  | { readonly type: "resume" }
  | { readonly type: "select"; readonly version: number }
  /** The cell's output was deleted. */
  | { readonly type: "forget" };

/** Where a document stands in the stream of messages; `seq` counts within an `epoch`. */
export interface Place {
  readonly epoch: number;
  readonly seq: number;
}

/** Asks for a snapshot; with a place only if the kernel is elsewhere, and else for a sign of it. */
export interface Hello extends Partial<Place> {
  readonly type: "hello";
  readonly wire: number;
  /** Whether the page writes the answer into the notebook, so that the kernel need not. */
  readonly keeps?: true;
  /** The answer to `wanted`: this page shows the cell. */
  readonly shows?: true;
}

export type ToKernel = Command | Hello;

/** Asks the kernel's shared widget for a part of the front end. */
export interface PartRequest {
  readonly type: "part";
  readonly name: string;
}

/** Its answer. */
export interface Part extends PartRequest {
  /** The module's text; null: this kernel has no such part. */
  readonly esm: string | null;
}

export const hello = (place: Place | null): Hello =>
  place === null ? { type: "hello", wire: WIRE } : { type: "hello", wire: WIRE, epoch: place.epoch, seq: place.seq };

export const EMPTY: Doc = {
  text: "",
  reasoning: "",
  refusal: "",
  status: "queued",
  attempt: 1,
  finish_reason: null,
  usage: null,
  error: null,
  origin: { model: "", api: "", note: "", rehearsal: false },
  notice: null,
  retry_at: null,
  timings: { first_token: null, total: null },
  version: 0,
  versions: 1,
  retry_disabled_reason: null,
  attempts: 1,
  idle: null,
  queue_position: null,
  wait: null,
  resumable: null,
  seams: [],
};

type Narrow<T> = (value: unknown) => T | undefined;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const string: Narrow<string> = (value) => (typeof value === "string" ? value : undefined);
const boolean: Narrow<boolean> = (value) => (typeof value === "boolean" ? value : undefined);
const number: Narrow<number> = (value) => (typeof value === "number" && Number.isFinite(value) ? value : undefined);

const count: Narrow<number> = (value) =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;

const positive: Narrow<number> = (value) => (value === 0 ? undefined : count(value));
const status: Narrow<Status> = (value) => STATUSES.find((known) => known === value);
const way: Narrow<ResumeMode> = (value) => WAYS.find((known) => known === value);

function nullable<T>(narrow: Narrow<T>): Narrow<T | null> {
  return (value) => (value === null ? null : narrow(value));
}

const usage: Narrow<Usage> = (value) => {
  if (!isRecord(value)) return undefined;
  const tokens = (key: keyof Usage) => count(value[key]) ?? null;
  return {
    input_tokens: tokens("input_tokens"),
    output_tokens: tokens("output_tokens"),
    total_tokens: tokens("total_tokens"),
    reasoning_tokens: tokens("reasoning_tokens"),
    cached_tokens: tokens("cached_tokens"),
  };
};

function steps(value: unknown): NextStep[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((step: unknown) => {
    if (!isRecord(step)) return [];
    const text = string(step.text);
    return text === undefined ? [] : [{ text, code: string(step.code) ?? null }];
  });
}

const card: Narrow<Card> = (value) => {
  if (!isRecord(value)) return undefined;
  return {
    kind: string(value.kind) ?? "provider",
    title: string(value.title) ?? "The stream failed",
    detail: string(value.detail) ?? "",
    kept: count(value.kept) ?? 0,
    next: steps(value.next),
    request_id: string(value.request_id) ?? null,
    status_code: count(value.status_code) ?? null,
  };
};

const origin: Narrow<Origin> = (value) => {
  if (!isRecord(value)) return undefined;
  return {
    model: string(value.model) ?? "",
    api: string(value.api) ?? "",
    note: string(value.note) ?? "",
    rehearsal: boolean(value.rehearsal) ?? false,
  };
};

const timings: Narrow<Timings> = (value) => {
  if (!isRecord(value)) return undefined;
  return { first_token: number(value.first_token) ?? null, total: number(value.total) ?? null };
};

const idle: Narrow<Idle> = (value) => {
  if (!isRecord(value)) return undefined;
  const [seconds, limit] = [number(value.seconds), number(value.limit)];
  return seconds === undefined || limit === undefined ? undefined : { seconds, limit };
};

const wait: Narrow<Wait> = (value) => {
  if (!isRecord(value)) return undefined;
  const reason = (["running", "refusal", "budget"] as const).find((known) => known === value.reason);
  return reason && { reason, seconds: number(value.seconds) ?? null, running: count(value.running) ?? 0 };
};

const seams: Narrow<readonly Seam[]> = (value) => {
  if (!Array.isArray(value)) return undefined;
  return value.flatMap((seam: unknown) => {
    const at = isRecord(seam) ? count(seam.at) : undefined;
    const how = isRecord(seam) ? way(seam.way) : undefined;
    return at === undefined || how === undefined ? [] : [{ at, way: how }];
  });
};

const FIELDS: { readonly [K in keyof Doc]: Narrow<Doc[K]> } = {
  text: string,
  reasoning: string,
  refusal: string,
  status,
  attempt: positive,
  finish_reason: nullable(string),
  usage: nullable(usage),
  error: nullable(card),
  origin,
  notice: nullable(string),
  retry_at: nullable(number),
  timings,
  version: count,
  versions: positive,
  retry_disabled_reason: nullable(string),
  attempts: positive,
  idle: nullable(idle),
  queue_position: nullable(count),
  wait: nullable(wait),
  resumable: nullable(way),
  seams,
};

export const DOC_KEYS = Object.keys(FIELDS) as readonly (keyof Doc)[];

export const TEXT_KEYS: readonly TextKey[] = ["text", "reasoning", "refusal"];

/** A whole document from what `read` gives for each key; a missing or unreadable value becomes that of `EMPTY`. */
export function readDoc(read: (key: keyof Doc) => unknown): Doc {
  const pick = <K extends keyof Doc>(key: K): Doc[K] => FIELDS[key](read(key)) ?? EMPTY[key];
  return Object.fromEntries(DOC_KEYS.map((key) => [key, pick(key)])) as unknown as Doc;
}

/** One operation; `undefined` for one to pass over, `null` for one whose loss would garble the text. */
function parseOp(raw: unknown): Op | undefined | null {
  if (!Array.isArray(raw)) return null;
  const [verb, key, value] = raw as unknown[];
  if (verb === "append") {
    const known = TEXT_KEYS.find((textKey) => textKey === key);
    if (known === undefined) return undefined;
    const text = string(value);
    return text === undefined ? null : ["append", known, text];
  }
  if (verb !== "set") return undefined;
  const field = DOC_KEYS.find((docKey) => docKey === key);
  if (field === undefined) return undefined;
  const narrowed = FIELDS[field](value);
  return narrowed === undefined ? undefined : (["set", field, narrowed] as unknown as Op);
}

export function readPlace(epoch: unknown, seq: unknown): Place | null {
  const place = { epoch: count(epoch), seq: count(seq) };
  return place.epoch === undefined || place.seq === undefined ? null : (place as Place);
}

function parsePatch(raw: Record<string, unknown>): Patch | null {
  const place = readPlace(raw.epoch, raw.seq);
  if (place === null || !Array.isArray(raw.ops)) return null;
  const ops: Op[] = [];
  for (const rawOp of raw.ops as unknown[]) {
    const op = parseOp(rawOp);
    if (op === null) return null;
    if (op !== undefined) ops.push(op);
  }
  return { type: "patch", ...place, ops };
}

function parseSnapshot(raw: Record<string, unknown>): Snapshot | Foreign | null {
  const wire = count(raw.wire);
  const document = raw.document;
  if (wire === undefined) return null;
  if (wire !== WIRE) {
    const text = isRecord(document) ? string(document.text) : undefined;
    return { type: "foreign", wire, text: text ?? "" };
  }
  const place = readPlace(raw.epoch, raw.seq);
  if (place === null || !isRecord(document)) return null;
  return { type: "snapshot", ...place, document: readDoc((key) => document[key]) };
}

/** The message in `raw`, or null if there is none that this page understands. */
export function parseMessage(raw: unknown): FromKernel | null {
  if (!isRecord(raw)) return null;
  if (raw.type === "patch") return parsePatch(raw);
  if (raw.type === "snapshot") return parseSnapshot(raw);
  const place = raw.type === "here" ? readPlace(raw.epoch, raw.seq) : null;
  if (place) return { type: "here", ...place };
  if (raw.type === "wanted") return { type: "wanted" };
  return null;
}

/** The part in a message of the shared widget, or null. */
export function parsePart(raw: unknown): Part | null {
  if (!isRecord(raw) || raw.type !== "part") return null;
  const name = string(raw.name);
  const esm = nullable(string)(raw.esm);
  return name === undefined || esm === undefined ? null : { type: "part", name, esm };
}
