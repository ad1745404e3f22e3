/** What a stream says, whichever API and whichever package it came through. */

/** Text of the answer, to be appended. */
export interface TextEvent {
  readonly type: "text";
  readonly delta: string;
}

/** Text of the model's reasoning, or of a message that the provider marks as commentary, to be appended. */
export interface ReasoningEvent {
  readonly type: "reasoning";
  readonly delta: string;
}

/** Text of a refusal, to be appended. */
export interface RefusalEvent {
  readonly type: "refusal";
  readonly delta: string;
}

/** The text so far was wrong: this is the whole text. The provider corrected it, or took back a step. */
export interface ReplaceEvent {
  readonly type: "replace";
  readonly text: string;
}

/** A piece of a call of a tool. The pieces with the same `id` belong to one call. */
export interface ToolCallEvent {
  readonly type: "tool-call";
  /** The provider's id of the call, or one that is made up where the server sends none. */
  readonly id: string;
  /** The tool's name; "" until the server has sent it. */
  readonly name: string;
  /** The next characters of the arguments, which are JSON when they are complete. */
  readonly delta: string;
}

/** Token counts; null where the provider does not say. Some servers send them repeatedly; the last event is right. */
export interface UsageEvent {
  readonly type: "usage";
  readonly input_tokens: number | null;
  readonly output_tokens: number | null;
  readonly total_tokens: number | null;
  readonly reasoning_tokens: number | null;
  readonly cached_tokens: number | null;
}

/**
 * The provider's own end mark. `reason` is a `finish_reason` in the words of Chat Completions (`stop`, `length`,
 * `tool_calls`, `content_filter`), the provider's own word where there is no such one, or null if none was given.
 */
export interface FinishEvent {
  readonly type: "finish";
  readonly reason: string | null;
}

/** The stream ended without the provider's end mark, so the answer may be incomplete. */
export interface InterruptedEvent {
  readonly type: "interrupted";
  readonly message: string;
}

/** The server reported an error, or sent something that is not a stream. */
export interface ErrorEvent {
  readonly type: "error";
  readonly message: string;
  /** The server's code for it, or null. */
  readonly code: string | null;
  /** The HTTP status of the response, or null. */
  readonly status: number | null;
}

export type StreamEvent =
  | TextEvent
  | ReasoningEvent
  | RefusalEvent
  | ReplaceEvent
  | ToolCallEvent
  | UsageEvent
  | EndEvent;

/** One of these is always the last event, and there is only one. */
export type EndEvent = FinishEvent | InterruptedEvent | ErrorEvent;

export const isEnd = (event: StreamEvent): event is EndEvent =>
  event.type === "finish" || event.type === "interrupted" || event.type === "error";
