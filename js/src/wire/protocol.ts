/** The wire between kernel and page: its types, as `src/streamcell/wire/messages.py` has them. */

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

/** What the notebook keeps of an answer beside the document of `epoch`. */
export interface Kept {
  readonly type: "kept";
  readonly epoch: number;
  /** Of the text whose Markdown it is; null: that has not ended. */
  readonly length: number | null;
  /** Null: it is the text itself. */
  readonly markdown: string | null;
  /** The versions that are not shown, as the notebook keeps them. */
  readonly others: readonly unknown[];
}

/** A snapshot written in a wire version that this page does not speak. */
export interface Foreign {
  readonly type: "foreign";
  readonly wire: number;
  readonly text: string;
}

/** `wanted` asks whether this page shows the cell: another one shows it no more. */
export type FromKernel = Snapshot | Patch | Here | Kept | Foreign | { readonly type: "wanted" };

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

export const TEXT_KEYS: readonly TextKey[] = ["text", "reasoning", "refusal"];
