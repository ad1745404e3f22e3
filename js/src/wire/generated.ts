/** Written by `scripts/wire.py` from `src/streamcell/wire/schema.json`: the wire's types and shapes. */

export const WIRE = 2;

export type Status = "queued" | "connecting" | "streaming" | "calling" | "waiting" | "interrupted" | "stopped" | "failed" | "done";

/** How a text that was cut off continues. */
export type ResumeMode = "exact" | "prefix" | "continued";

/** When reasoning is shown: when the user opens it, while it streams, or always. */
export type ShowReasoning = "closed" | "streaming" | "open";

/** How far a tool is that the provider runs. `requested`: the provider leaves it to the client to run it, and streamcell does not. */
export type HostedState = "in_progress" | "searching" | "interpreting" | "calling" | "completed" | "failed" | "incomplete" | "requested";

/** Tokens, as the provider counted them; null where it did not say. */
export interface Usage {
  readonly input_tokens: number | null;
  readonly output_tokens: number | null;
  readonly total_tokens: number | null;
  readonly reasoning_tokens: number | null;
  readonly cached_tokens: number | null;
}

/** What to do next, in words and perhaps in a line of code. */
export interface NextStep {
  readonly text: string;
  readonly code: string | null;
}

/** A category of a moderator's verdict, and its score, which is usually from 0 to 1. */
export interface Category {
  readonly name: string;
  readonly score: number | null;
}

/** An error, as the cell shows it. */
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
  /** What a moderator flagged. */
  readonly categories: readonly Category[];
}

/** Where the answer comes from, and how that was decided. */
export interface Origin {
  readonly model: string;
  readonly api: string;
  readonly note: string;
  readonly rehearsal: boolean;
}

/** Seconds from the start of the attempt; null until then. */
export interface Timings {
  readonly first_token: number | null;
  readonly total: number | null;
}

/** Nothing has come for `seconds`; after `limit` seconds the attempt ends. Both when the message was sent. */
export interface Idle {
  readonly seconds: number;
  readonly limit: number;
}

/** Why an attempt queues, and for how many seconds from when the message was sent; null: until a running one ends. */
export interface Wait {
  readonly reason: "running" | "refusal" | "budget";
  readonly seconds: number | null;
  readonly running: number;
}

/** Fields of a part of the kind `text`, whose body is Markdown. */
export interface TextFields {
  /** The part continues a text that was cut off, and how. */
  readonly resumed: ResumeMode | null;
}

/** Fields of a part of the kind `json`, whose body is the JSON of a structured answer. */
export interface JsonFields {
  /** The part continues JSON that was cut off, and how. */
  readonly resumed: ResumeMode | null;
}

/** Fields of a part of the kind `citation`, a source that the answer names. It has no body. */
export interface CitationFields {
  /** Counted from 1. */
  readonly number: number;
  /** Empty for a file. */
  readonly url: string;
  /** Of a file its name. */
  readonly title: string;
  /** The provider's id of a file. */
  readonly file: string;
}

/** Fields of a part of the kind `tool_call`, a call of a tool of the user's. Its body is the arguments: JSON, or a text where it is `custom`. */
export interface ToolCallFields {
  readonly name: string;
  /** The provider's name for the call. */
  readonly call_id: string;
  readonly custom: boolean;
  /** The user's own arguments in their place. */
  readonly edited: string | null;
  readonly state: "called" | "asked" | "running" | "done" | "failed" | "denied" | "stopped";
  /** The user allowed this tool for the rest of the answer. */
  readonly always: boolean;
  /** What went back to the model. */
  readonly result: string;
  /** What is shown in place of the result: its MIME type and its data. */
  readonly shown: readonly string[] | null;
  /** How long it ran. */
  readonly seconds: number | null;
  /** Counted from 1; the calls of a round are answered together. */
  readonly round: number;
  /** The MCP server that has the tool: the provider runs it, and asks only whether it may. */
  readonly server: string;
}

/** Fields of a part of the kind `reasoning`, whose body is Markdown. */
export interface ReasoningFields {
  /** How long the model thought; null until that is known. */
  readonly seconds: number | null;
  /** When its fold is open, unless the user has opened or closed it. */
  readonly show: ShowReasoning;
}

export interface HostedLink {
  readonly url: string;
  readonly title: string;
}

/** Fields of a part of the kind `hosted_tool`, a tool that the provider runs. Its body is what the tool was asked, as text. */
export interface HostedToolFields {
  /** The provider's name for its type, such as `web_search_call`. */
  readonly tool: string;
  readonly title: string;
  readonly state: HostedState;
  /** Whether the body is code. */
  readonly code: boolean;
  /** What the tool gave, as text. */
  readonly came: string;
  /** Sources that it found. */
  readonly links: readonly HostedLink[];
  readonly error: string;
  /** What the user can do about it. */
  readonly note: string;
}

/** Fields of a part of the kind `image`, an image of the answer. */
export interface ImageFields {
  /** The image in base64; empty until some of it has come. */
  readonly data: string;
  /** Its media type. */
  readonly mime: string;
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** What it shows, as the provider says. */
  readonly alt: string;
  /** `preview`: the data is a preview. */
  readonly state: "creating" | "preview" | "done" | "failed";
  /** The address of an image that came without its data. */
  readonly url: string;
  /** Why there is no image. */
  readonly error: string;
  /** The provider's name for it. */
  readonly item: string;
}

/** Fields of a part of the kind `unknown`, which the kernel did not know either. */
export interface UnknownFields {
  readonly name: string;
}

/** How the recording is played that the answer comes from. */
export interface Replay {
  /** How many times as fast as it was recorded; null: without waits. */
  readonly speed: number | null;
  /** False: it is paused, or played step by step. */
  readonly playing: boolean;
}

/** One part of an answer. A page that does not know its kind shows its body under its name. */
export interface Part {
  readonly kind: string;
  /** Whether the body belongs to the answer's text. */
  readonly text: boolean;
  /** Whether more of it may come. */
  readonly open: boolean;
  /** What grows with it. */
  readonly body: string;
  /** What its kind has besides. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A piece of an answer's timeline, in seconds after it was asked for. */
export interface Segment {
  readonly kind: "queue" | "connect" | "stream" | "gap" | "wait" | "tools" | "tool";
  readonly start: number;
  readonly seconds: number;
  readonly text: string;
}

/** The numbers of an answer; times in seconds, null where they are not known. */
export interface Figures {
  /** Since the attempt began. */
  readonly elapsed: number | null;
  readonly queue: number;
  readonly connect: number | null;
  readonly wait: number;
  readonly tools: number;
  readonly total: number | null;
  /** Tokens a second. */
  readonly rate: number | null;
  /** The rate counts characters. */
  readonly estimated: boolean;
  readonly attempts: number;
  readonly chunks: number;
  readonly bytes: number;
  readonly longest_gap: number | null;
  readonly price: number | null;
  readonly timeline: readonly Segment[];
}

/** An answer as a page shows it: one version of it, and where that stands among the others. */
export interface Doc {
  readonly parts: readonly Part[];
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
  /** What was asked for differently from the first version, each as a name and a value. */
  readonly changed: readonly string[];
  /** What was asked, as the cell shows it above the answer; empty: it does not. */
  readonly prompt: string;
  /** Why Retry is off, or null. */
  readonly retry_disabled_reason: string | null;
  /** At most. */
  readonly attempts: number;
  readonly idle: Idle | null;
  /** How many answers are ahead of this one in the line; null: it does not queue. */
  readonly queue_position: number | null;
  readonly wait: Wait | null;
  /** What waits for a moderator: the prompt, text that is not shown yet, or the end of the answer. */
  readonly checking: "prompt" | "text" | "end" | null;
  /** How the answer can go on, or null. */
  readonly resumable: ResumeMode | null;
  readonly replay: Replay | null;
  /** The height in pixels above which an answer that has ended is folded; null: it is not. */
  readonly max_height: number | null;
}

/** One change of a document. A part is only added behind the others, and its body only grows. */
export type Op =
  | readonly ["part", number, Part]
  | readonly ["grow", number, string]
  | readonly ["fields", number, Readonly<Record<string, unknown>>]
  | readonly ["end", number]
  | { [K in keyof Doc]: readonly ["set", K, Doc[K]] }[keyof Doc]
;

/** The whole document. It opens an epoch, and answers a page that has lost its place. A page of another wire gets it with `document.text` alone, which each version of the wire has. */
export interface Snapshot {
  readonly type: "snapshot";
  readonly wire: number;
  readonly epoch: number;
  readonly seq: number;
  readonly document: Doc;
}

/** What has changed since `seq - 1` of the same epoch. It applies there and nowhere else; on a gap the page says hello. */
export interface Patch {
  readonly type: "patch";
  readonly epoch: number;
  readonly seq: number;
  readonly ops: readonly Op[];
}

/** Where the kernel is: its answer to a page that is there too, or that was sent a snapshot just now. */
export interface Here {
  readonly type: "here";
  readonly epoch: number;
  readonly seq: number;
}

/** What a page that writes the notebook keeps there beside the document of `epoch`. */
export interface Kept {
  readonly type: "kept";
  readonly epoch: number;
  /** UTF-16 code units of the text whose Markdown it is; null: that has not ended. */
  readonly length: number | null;
  /** The answer for readers that know nothing of us; null: it is the text itself. */
  readonly markdown: string | null;
  /** The versions that are not shown, as the notebook keeps them. */
  readonly others: readonly unknown[];
}

/** The numbers of `version`, for a page that has asked for them or has opened while it streams. */
export interface Numbers {
  readonly type: "numbers";
  readonly version: number;
  readonly figures: Figures;
}

/** The text of `version`, for a page that has asked for it. */
export interface Read {
  readonly type: "read";
  readonly version: number;
  readonly text: string;
}

/** Asks all pages whether one of them shows the cell: another one shows it no more. */
export interface Wanted {
  readonly type: "wanted";
}

/** Asks for a snapshot; with a place only if the kernel is elsewhere, and else for a sign of it. */
export interface Hello {
  readonly type: "hello";
  readonly wire: number;
  readonly epoch?: number;
  readonly seq?: number;
  /** This page writes the answer into the notebook, so that the kernel need not. */
  readonly keeps?: true;
  /** The answer to `wanted`: this page shows the cell. */
  readonly shows?: true;
}

/** End the answer here. */
export interface Stop {
  readonly type: "stop";
}

/** Ask again, and keep this version. */
export interface Retry {
  readonly type: "retry";
}

/** Continue an answer that was cut off. */
export interface Resume {
  readonly type: "resume";
}

/** Show another version. */
export interface Select {
  readonly type: "select";
  readonly version: number;
}

/** Send the numbers of the shown version. */
export interface Measure {
  readonly type: "measure";
}

/** Send the text of another version. */
export interface Fetch {
  readonly type: "fetch";
  readonly version: number;
}

/** Do something to part `part` of the shown version; what that means is its kind's to say. */
export interface Act {
  readonly type: "act";
  readonly part: number;
  readonly action: string;
  readonly value?: unknown;
}

/** Play the recording at this speed, or pause it. */
export interface Pace {
  readonly type: "pace";
  /** As in `Replay`. */
  readonly speed: number | null;
  readonly playing: boolean;
}

/** Play the next chunk of the recording, and pause. */
export interface Step {
  readonly type: "step";
}

/** The cell's output was deleted in this page. */
export interface Forget {
  readonly type: "forget";
}

export type FromKernel = Snapshot | Patch | Here | Kept | Numbers | Read | Wanted;

export type FromPage = Hello | Stop | Retry | Resume | Select | Measure | Fetch | Act | Pace | Step | Forget;

const STATUS_SHAPE = ["one", ["queued", "connecting", "streaming", "calling", "waiting", "interrupted", "stopped", "failed", "done"]] as const;

const RESUME_MODE_SHAPE = ["one", ["exact", "prefix", "continued"]] as const;

const SHOW_REASONING_SHAPE = ["one", ["closed", "streaming", "open"]] as const;

const HOSTED_STATE_SHAPE = ["one", ["in_progress", "searching", "interpreting", "calling", "completed", "failed", "incomplete", "requested"]] as const;

export const USAGE_SHAPE = {
  input_tokens: [["null", "count"], null],
  output_tokens: [["null", "count"], null],
  total_tokens: [["null", "count"], null],
  reasoning_tokens: [["null", "count"], null],
  cached_tokens: [["null", "count"], null],
} as const;

export const NEXT_STEP_SHAPE = {
  text: ["string"],
  code: [["null", "string"], null],
} as const;

export const CATEGORY_SHAPE = {
  name: ["string"],
  score: [["null", "number"], null],
} as const;

export const CARD_SHAPE = {
  kind: ["string", "provider"],
  title: ["string", "The stream failed"],
  detail: ["string", ""],
  kept: ["count", 0],
  next: [["list", NEXT_STEP_SHAPE], []],
  request_id: [["null", "string"], null],
  status_code: [["null", "count"], null],
  categories: [["list", CATEGORY_SHAPE], []],
} as const;

export const ORIGIN_SHAPE = {
  model: ["string", ""],
  api: ["string", ""],
  note: ["string", ""],
  rehearsal: ["boolean", false],
} as const;

export const TIMINGS_SHAPE = {
  first_token: [["null", "number"], null],
  total: [["null", "number"], null],
} as const;

export const IDLE_SHAPE = {
  seconds: ["number"],
  limit: ["number"],
} as const;

export const WAIT_SHAPE = {
  reason: [["one", ["running", "refusal", "budget"]]],
  seconds: [["null", "number"], null],
  running: ["count", 0],
} as const;

export const TEXT_FIELDS_SHAPE = {
  resumed: [["null", RESUME_MODE_SHAPE], null],
} as const;

export const JSON_FIELDS_SHAPE = {
  resumed: [["null", RESUME_MODE_SHAPE], null],
} as const;

export const CITATION_FIELDS_SHAPE = {
  number: ["count", 1],
  url: ["string", ""],
  title: ["string", ""],
  file: ["string", ""],
} as const;

export const TOOL_CALL_FIELDS_SHAPE = {
  name: ["string", ""],
  call_id: ["string", ""],
  custom: ["boolean", false],
  edited: [["null", "string"], null],
  state: [["one", ["called", "asked", "running", "done", "failed", "denied", "stopped"]], "called"],
  always: ["boolean", false],
  result: ["string", ""],
  shown: [["null", ["list", "string"]], null],
  seconds: [["null", "number"], null],
  round: ["count", 0],
  server: ["string", ""],
} as const;

export const REASONING_FIELDS_SHAPE = {
  seconds: [["null", "number"], null],
  show: [SHOW_REASONING_SHAPE, "closed"],
} as const;

export const HOSTED_LINK_SHAPE = {
  url: ["string"],
  title: ["string", ""],
} as const;

export const HOSTED_TOOL_FIELDS_SHAPE = {
  tool: ["string", ""],
  title: ["string", ""],
  state: [HOSTED_STATE_SHAPE, "in_progress"],
  code: ["boolean", false],
  came: ["string", ""],
  links: [["list", HOSTED_LINK_SHAPE], []],
  error: ["string", ""],
  note: ["string", ""],
} as const;

export const IMAGE_FIELDS_SHAPE = {
  data: ["string", ""],
  mime: ["string", ""],
  width: ["count", 0],
  height: ["count", 0],
  alt: ["string", ""],
  state: [["one", ["creating", "preview", "done", "failed"]], "creating"],
  url: ["string", ""],
  error: ["string", ""],
  item: ["string", ""],
} as const;

export const UNKNOWN_FIELDS_SHAPE = {
  name: ["string", ""],
} as const;

export const REPLAY_SHAPE = {
  speed: [["null", "number"], 1],
  playing: ["boolean", true],
} as const;

export const PART_SHAPE = {
  kind: ["string"],
  text: ["boolean", false],
  open: ["boolean", false],
  body: ["string", ""],
  fields: ["record", {}],
} as const;

export const SEGMENT_SHAPE = {
  kind: [["one", ["queue", "connect", "stream", "gap", "wait", "tools", "tool"]]],
  start: ["number"],
  seconds: ["number"],
  text: ["string", ""],
} as const;

export const FIGURES_SHAPE = {
  elapsed: [["null", "number"], null],
  queue: ["number", 0],
  connect: [["null", "number"], null],
  wait: ["number", 0],
  tools: ["number", 0],
  total: [["null", "number"], null],
  rate: [["null", "number"], null],
  estimated: ["boolean", false],
  attempts: ["count", 0],
  chunks: ["count", 0],
  bytes: ["count", 0],
  longest_gap: [["null", "number"], null],
  price: [["null", "number"], null],
  timeline: [["list", SEGMENT_SHAPE], []],
} as const;

export const DOC_SHAPE = {
  parts: [["list", PART_SHAPE], []],
  status: [STATUS_SHAPE, "queued"],
  attempt: ["positive", 1],
  finish_reason: [["null", "string"], null],
  usage: [["null", USAGE_SHAPE], null],
  error: [["null", CARD_SHAPE], null],
  origin: [ORIGIN_SHAPE, {}],
  notice: [["null", "string"], null],
  retry_at: [["null", "number"], null],
  timings: [TIMINGS_SHAPE, {}],
  version: ["count", 0],
  versions: ["positive", 1],
  changed: [["list", "string"], []],
  prompt: ["string", ""],
  retry_disabled_reason: [["null", "string"], null],
  attempts: ["positive", 1],
  idle: [["null", IDLE_SHAPE], null],
  queue_position: [["null", "count"], null],
  wait: [["null", WAIT_SHAPE], null],
  checking: [["null", ["one", ["prompt", "text", "end"]]], null],
  resumable: [["null", RESUME_MODE_SHAPE], null],
  replay: [["null", REPLAY_SHAPE], null],
  max_height: [["null", "count"], null],
} as const;
