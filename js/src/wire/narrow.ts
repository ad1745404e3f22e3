/**
 * What arrives from the kernel, narrowed from `unknown`.
 *
 * Nothing here throws. A message that cannot be understood is `null`; keys and operations of a newer kernel that this
 * page does not know are passed over, so that a small addition on the other side does not break an open notebook.
 */

import {
  type Card,
  type Doc,
  EMPTY,
  type Foreign,
  type FromKernel,
  type Idle,
  type Kept,
  type NextStep,
  type Op,
  type Origin,
  type Part,
  type Patch,
  type Place,
  type ResumeMode,
  type Seam,
  type Snapshot,
  STATUSES,
  type Status,
  TEXT_KEYS,
  type Timings,
  type Usage,
  WAYS,
  type Wait,
  WIRE,
} from "./protocol.js";

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

function parseKept(raw: Record<string, unknown>): Kept | null {
  const [epoch, length, markdown] = [count(raw.epoch), nullable(count)(raw.length), nullable(string)(raw.markdown)];
  const others = Array.isArray(raw.others) ? (raw.others as unknown[]) : [];
  if (epoch === undefined || length === undefined || markdown === undefined) return null;
  return { type: "kept", epoch, length, markdown, others };
}

/** The message in `raw`, or null if there is none that this page understands. */
export function parseMessage(raw: unknown): FromKernel | null {
  if (!isRecord(raw)) return null;
  if (raw.type === "patch") return parsePatch(raw);
  if (raw.type === "snapshot") return parseSnapshot(raw);
  const place = raw.type === "here" ? readPlace(raw.epoch, raw.seq) : null;
  if (place) return { type: "here", ...place };
  if (raw.type === "wanted") return { type: "wanted" };
  if (raw.type === "kept") return parseKept(raw);
  return null;
}

/** The part in a message of the shared widget, or null. */
export function parsePart(raw: unknown): Part | null {
  if (!isRecord(raw) || raw.type !== "part") return null;
  const name = string(raw.name);
  const esm = nullable(string)(raw.esm);
  return name === undefined || esm === undefined ? null : { type: "part", name, esm };
}
