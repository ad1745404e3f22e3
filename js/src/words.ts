/**
 * All texts that a cell shows to its user. To change or translate a text, edit it here, or in
 * `words/several.ts`.
 *
 * The kernel's texts are in `src/streamcell/_words.py`: errors, notices, and the notes in saved answers.
 */

import type { HostedState, ResumeMode, Segment } from "./wire/generated.js";

export * from "./words/several.js";

/** Writes whole numbers. */
export const integer = new Intl.NumberFormat("en");

// -- the buttons ------------------------------------------------------------------------------------------------------

export const STOP = "Stop";
export const STOPPING = "Stopping…";
export const STOP_TITLE = "Stop and keep the text so far (Esc)";
export const HAS_ENDED = "The answer has ended";
export const RETRY = "Retry";
export const RETRYING = "Retrying…";
export const RETRY_NOW = "Retry now";
export const RETRY_TITLE = "Ask again and keep this version";
export const RETRY_NOW_TITLE = "Ask again now";
export const CONTINUE = "Continue";
export const CONTINUING = "Continuing…";
export const CONTINUE_TITLES: Readonly<Record<ResumeMode, string>> = {
  exact: "Resume exactly where it stopped",
  prefix: "Continue from here with another request",
  continued: "Continue from here with another request",
};
export const COPY = "Copy";
export const COPY_TITLE = "Copy as Markdown and formatted text";
export const NOTHING_TO_COPY = "Nothing to copy";
export const COPIED = "Copied";
export const REFUSED = "Refused";
export const COPYING_REFUSED = "The browser did not allow copying";
export const COPY_LINE = "Copy this line";
export const COPY_REQUEST_ID = "Copy request id";
export const VERSIONS = "Versions";
export const PREVIOUS = "Previous version";
export const NEXT = "Next version";
export const IS_FIRST = "The first version";
export const IS_LAST = "The last version";
export const WAITING_FOR_KERNEL = "Waiting for the kernel";
export const NOT_WHILE_STREAMING = "Not available while streaming";
export const NO_KERNEL = "No kernel is connected. Run the cell again.";
export const TO_END = "To the end";
export const SHOW_LESS = "Show less";

// -- the replay of a recording ----------------------------------------------------------------------------------------

export const REPLAY = "Replay";
export const PLAY = "Play";
export const PAUSE = "Pause";
export const STEP = "Step";
export const PLAY_TITLE = "Play the recording";
export const PAUSE_TITLE = "Pause the recording";
export const STEP_TITLE = "Play the next chunk, then pause";
export const PLAY_AGAIN_TITLE = "Play the recording from the beginning and keep this version";
export const PLAYED = "The recording has ended. Retry plays it again.";
export const SPEED = "Speed";
export const NO_WAITS = "No waits";
export const speed = (times: number): string => `${times}×`;

// -- the status line --------------------------------------------------------------------------------------------------

export const QUEUED = "Queued";
export const CONNECTING = "Connecting";
export const STREAMING = "Streaming";
export const THINKING = "Thinking";
/** What waits for a moderator. */
export const CHECKING = {
  prompt: "Checking the prompt",
  text: "checked before it is shown",
  end: "Checking the answer",
  result: "Checking a tool's result",
} as const;
export const USING_TOOL = "Using a tool";
export const WAITING = "Waiting";
export const CALLING = "Running tools";
export const WAITING_FOR_APPROVAL = "Waiting for your approval";
export const runningCalls = (names: readonly string[]): string =>
  names.length === 1 ? `Running ${names[0]}` : `Running ${names.length} tools`;
export const DONE = "Done";
export const STOPPED = "Stopped";
export const INTERRUPTED = "Interrupted";
export const FAILED = "Failed";
export const CUT_AT_LIMIT = "Cut at the length limit";
export const FILTERED = "Ended by the content filter";
export const DISCONNECTED = "Kernel disconnected";
export const SAVED_UNFINISHED = "Saved before it finished";
export const NO_ANSWER = "no answer from the kernel";
export const LATE = "waiting for the kernel";
export const noData = (silent: string, limit: string): string => `no data for ${silent}, given up after ${limit}`;
export const ahead = (count: number): string => (count === 0 ? "next" : `${count} ahead`);
export const running = (count: number): string =>
  count === 1 ? "1 answer is streaming" : `${count} answers are streaming`;
export const askedToWait = (time: string | null): string =>
  time === null ? "the server asks to wait" : `the server asks to wait ${time}`;
export const limitReached = (time: string | null): string =>
  time === null ? "the rate limit is reached" : `the rate limit has room again in ${time}`;
export const attempt = (number: number, most: number): string =>
  most > 1 ? `attempt ${number} of ${Math.max(number, most)}` : `attempt ${number}`;
export const inSeconds = (seconds: number): string => (seconds > 0 ? `, in ${seconds} s` : ", now");
export const characters = (count: number): string =>
  `${integer.format(count)} ${count === 1 ? "character" : "characters"}`;
export const tokens = (count: number): string => `${integer.format(count)} ${count === 1 ? "token" : "tokens"}`;
export const seconds = (count: number): string =>
  `${count < 100 ? count.toFixed(1) : integer.format(Math.round(count))} s`;
export const silentFor = (count: number): string =>
  count < 120 ? `${Math.floor(count)} s` : `${Math.floor(count / 60)} min`;
/** A number of tokens or seconds in a list of facts. */
export const amount = (value: number, unit: "tokens" | "s"): string =>
  `${unit === "s" ? value.toFixed(2) : integer.format(value)} ${unit}`;
export const kept = (characters: string): string => `${characters} kept`;

/** The rows of the status line's tooltip. */
export const DETAILS = {
  input: "input",
  output: "output",
  reasoning: "of these reasoning",
  cached: "from the cache",
  first: "first token after",
  total: "whole answer",
} as const;

// -- the numbers ------------------------------------------------------------------------------------------------------

export const elapsed = (seconds: number): string =>
  seconds < 120 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
export const rate = (tokens: number, estimated: boolean): string =>
  `${estimated ? "≈ " : ""}${tokens < 10 ? tokens.toFixed(1) : integer.format(Math.round(tokens))} tokens/s`;
export const firstToken = (seconds: string): string => `first token ${seconds} s`;
export const duration = (seconds: number): string => `${seconds < 100 ? seconds.toFixed(2) : Math.round(seconds)} s`;
export const chunks = (count: number, bytes: number): string =>
  `${integer.format(count)} (${bytes < 1000 ? `${bytes} B` : `${integer.format(Math.round(bytes / 1000))} kB`})`;
export const price = (amount: number): string => (amount < 0.01 ? amount.toPrecision(2) : amount.toFixed(2));

/** On the button, as its tooltip, and as the name of what it opens. */
export const DETAILS_PANEL = [
  "Details",
  "Show the model, times, token counts and the timeline",
  "Details of the answer",
] as const;
export const FACTS = {
  model: "model",
  api: "API",
  note: "chosen because",
  changed: "asked with",
  off: "Retry is off",
  rate: "rate",
  connect: "connected after",
  queue: "in the queue",
  wait: "between attempts",
  tools: "tools",
  attempts: "requests",
  chunks: "chunks",
  gap: "longest gap",
  price: "price",
} as const;
export const TIMELINE = "Timeline";
export const TIMELINE_AS_LIST = "Timeline as a list";
export const LOADING = "Loading…";
export const NO_BUTTONS = "The buttons cannot be loaded now: no kernel is connected.";
export const NOT_LOADED = "This cannot be loaded now: no kernel is connected. Close it and open it again later.";
const PIECES: Readonly<Record<Segment["kind"], string>> = {
  queue: "In the queue",
  connect: "Connecting",
  stream: "Streaming",
  gap: "No data",
  wait: "Waiting to retry",
  tools: "Waiting for tools",
  tool: "Tool",
};
/** One piece of the timeline, for its tooltip and for assistive technology. */
export const piece = ({ kind, start, seconds, text }: Segment): string =>
  `${PIECES[kind]}${text === "" ? "" : ` (${text})`}: ${duration(seconds)}, from ${duration(start)}`;
export const spent = (kind: Segment["kind"], seconds: number): string => `${PIECES[kind]} ${duration(seconds)}`;
export const morePieces = (count: number): string => `${integer.format(count)} more`;

// -- the probabilities of tokens ----------------------------------------------------------------------------------------

export const TOKENS = "Tokens and their probabilities";
export const TOKENS_HELP = "Tokens. Arrow keys move from token to token.";
export const VIEW_OF_TEXT = "View of the text";
export const PROBABILITIES = "Probabilities";
export const AS_TEXT = "Text";
export const LEAST_LIKELY = "Least likely:";
export const NO_ALTERNATIVES = "No alternatives were requested (top_logprobs).";
export const perplexity = (value: number, count: number): string =>
  `perplexity ${value < 100 ? value.toFixed(2) : integer.format(Math.round(value))} · ${integer.format(count)} ${count === 1 ? "token" : "tokens"}`;
export const entropy = (bits: number): string => `entropy at least ${bits.toFixed(2)} bits`;
/** One step of the scale: the probability is at least the first, and below the second. */
export const scale = (least: number, below: number | undefined): string =>
  least === 0 ? `below ${100 * (below ?? 1)} %` : `${100 * least} % and more`;

// -- two versions -----------------------------------------------------------------------------------------------------

export const DIFFERENCE = "Difference of two versions";
export const COMPARE_PANEL = ["Compare", "Show how this version differs from another one", DIFFERENCE] as const;
export const COMPARE_WITH = "Compare with";
export const COMPARING = "Comparing…";
export const NO_COMPARISON = "The comparison cannot be loaded now.";
export const TOO_DIFFERENT = "The two versions are too different to be compared.";
export const NO_DIFFERENCE = "The two texts are the same.";
export const versionOf = (number: number, count: number): string => `Version ${number} of ${count}`;
export const versionName = (number: number): string => `version ${number}`;
export const changed = (what: string): string => `Asked with ${what}`;

// -- said aloud -------------------------------------------------------------------------------------------------------

export const ANSWER = "Answer";
export const IS_STREAMING = "The answer is streaming";
export const IS_THINKING = "The model is thinking";
export const IS_WAITING = "Waiting before the next attempt";

// -- a call of a tool -------------------------------------------------------------------------------------------------

export const PREPARING_CALL = "Preparing a tool call";
export const PREPARING = "Preparing…";
/** What the view shows for each state. */
export const CALL_STATES = {
  called: "Not run",
  asked: "Asks to run",
  running: "Running…",
  done: "Done",
  failed: "Failed",
  denied: "Denied",
  stopped: "Stopped",
} as const;
/** What a copied call says about its state: the same words as in the kernel. */
export const COPIED_STATES = {
  called: "not run",
  asked: "waiting for approval",
  running: "running",
  done: "done",
  failed: "failed",
  denied: "denied",
  stopped: "stopped",
} as const;
/** The state "done" of a call that the provider runs. */
export const APPROVED = "Approved";
export const COPIED_APPROVED = "approved";
export const TOOL_CALL = "Tool call";
export const callOf = (name: string): string => `Tool call: ${name}`;
export const doneIn = (seconds: string): string => `Done in ${seconds} s`;
export const EDITED = "with your changes";
export const ALWAYS_ALLOWED = "always allowed";
export const ASKED_WHEN_SAVED = "Was waiting for approval when this was saved: nothing can be run from here";
export const ASKED_WITHOUT_KERNEL = "Was waiting for approval: no kernel is connected, so nothing can be run from here";
export const RAN_WHEN_SAVED = "Was running when this was saved";
export const RAN_WITHOUT_KERNEL = "Was running when the kernel was disconnected";
export const asksToRun = (names: string): string => `Waiting for your approval to run ${names}`;
export const RUN = "Run";
export const DENY = "Deny";
export const EDIT = "Edit";
export const ALWAYS = "Always allow";
export const RUN_TITLE = "Run this call once";
export const DENY_TITLE = "Do not run this call, and tell the model so";
export const EDIT_TITLE = "Change the arguments before the call runs";
export const ALWAYS_TITLE = "Run it, and allow this tool for the rest of this answer";
export const RUN_EDITED = "Run with changes";
export const CANCEL = "Cancel";
export const ARGUMENTS = "Arguments";
export const NOT_AN_OBJECT = "The arguments must be a JSON object, such as {}.";
export const TOO_LONG = "The arguments are too long.";
export const notJson = (reason: string): string => `This is not valid JSON: ${reason}`;
export const NOT_TAKEN = "The kernel has not answered yet. You can try again.";
export const RESULT = "Result";
export const RESULT_AS_TEXT = "Result as text";
export const returnedImage = (name: string): string => `Image returned by ${name}`;
export const returnedTable = (name: string): string => `Table returned by ${name}`;
export const leftOut = (characters: string): string => `… ${characters} are left out`;
export const SHOW_ALL = "Show all";
export const moreCharacters = (count: string): string => `… (${count} more characters)`;

// -- a structured answer ----------------------------------------------------------------------------------------------

export const JSON_ANSWER = "Structured answer";
export const CHECKING_JSON = "Checking the answer";
export const SHOW_AS = "Show as";
export const JSON_WAYS = { tree: "Tree", table: "Table", text: "Text" } as const;
export const JSON_TEXT = "JSON as it was received";
export const COPY_JSON = "Copy JSON";
export const BROKEN_JSON = "This is not valid JSON, so it is shown as text. The tree has what comes before the fault.";
export const EMPTY = "empty";
export const items = (count: number): string => (count === 1 ? "1 item" : `${integer.format(count)} items`);
export const fields = (count: number): string => (count === 1 ? "1 field" : `${integer.format(count)} fields`);
export const soFar = (count: string): string => (count === EMPTY ? "…" : `${count} …`);
export const showMore = (count: number, left: number): string =>
  count === left ? `Show ${integer.format(count)} more` : `Show ${count} more of ${integer.format(left)}`;

// -- beside the answer ------------------------------------------------------------------------------------------------

export const REHEARSAL = "rehearsal: scripted answer, not a model";
export const PROMPT = "Prompt";
export const REASONING = "Reasoning";
export const thoughtFor = (seconds: number): string =>
  seconds < 1
    ? "Thought for less than a second"
    : seconds < 60
      ? `Thought for ${Math.round(seconds)} s`
      : `Thought for ${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
export const COMMENTARY = "Commentary";
export const SOURCES = "Sources";
export const IMAGE = "Image";
export const IMAGE_ALT = "Image created by the model";
export const CREATING_IMAGE_STATUS = "Creating an image";
export const CREATING_IMAGE = "Creating the image…";
export const PREVIEW = "Preview: the image is not finished yet";
export const UNFINISHED_IMAGE = "This image was not finished.";
export const IMAGE_ELSEWHERE = "The image is on another site. It is not loaded here:";
export const IMAGE_LOST = "The data of this image is missing.";
export const imageSize = (width: number, height: number, type: string): string => `${width} × ${height} ${type}`;
export const DOWNLOAD = "Download";
export const DOWNLOAD_TITLE = "Save this image as a file";
export const ERROR = "Error";
export const FLAGGED = "Flagged";
export const PRESS_CONTINUE = "Press Continue to pick up where the text stops.";
export const retryIsOff = (why: string): string =>
  `There is no Retry here: ${why.slice(0, 1).toLowerCase()}${why.slice(1)}`;
export const httpStatus = (status: number): string => `HTTP ${status}`;
export const REQUEST = "request";
export const foreign = (kernel: number, page: number): string =>
  `The kernel and this page are of two releases (wire ${kernel} and ${page}), so this is the plain text. ` +
  "Restart the kernel and reload the page.";

/** The state of a tool that the provider runs. */
export const HOSTED_STATES: Readonly<Record<HostedState, string>> = {
  in_progress: "running",
  searching: "searching",
  interpreting: "running the code",
  calling: "calling",
  completed: "done",
  failed: "failed",
  incomplete: "incomplete",
  requested: "not run",
};
export const NOT_FINISHED = "not finished";
export const ASKED = "Request";
export const CAME = "Result";

/** What a rule in the text says: the text was cut off and resumed there. */
export const RESUMED: Readonly<Record<ResumeMode, string>> = {
  exact: "Cut off here; the provider resumed at this character.",
  prefix: "Cut off here; the model continued from this text.",
  continued: "Cut off here; a second request asked for the rest.",
};
export const resumedAfter = (words: string, what: string): string => `After “…${words}”: ${what}`;

/** The words over GitHub's alerts. */
export const ALERTS: Readonly<Record<string, string>> = {
  note: "Note",
  tip: "Tip",
  important: "Important",
  warning: "Warning",
  caution: "Caution",
};
export const TASK = "Task";
// -- in the answer ----------------------------------------------------------------------------------------------------

export const NOT_DRAWN = "This part could not be drawn, and is shown as text.";
export const DIAGRAM = "Diagram. Its source follows.";
export const SOURCE = "Source";
export const diagramFault = (reason: string): string => `This diagram cannot be drawn${reason && `: ${reason}`}`;
export const footnote = (label: string): string => `Footnote ${label}`;
export const backTo = (use: number): string => `Back to reference ${use}`;
export const loadImage = (named: string, host: string): string => `Load image ${named}from ${host}`;
export const notLoaded = (host: string): string => `Could not load the image from ${host}`;

/** Names for groups that can be scrolled. */
export const CODE = "Code";
export const TABLE = "Table";
export const FORMULA = "Formula";
export const DETAILS_LABEL = "Details";

// -- the tools of a block -----------------------------------------------------------------------------------------------

export const TOOLS = "Tools";
export const COPY_CODE = "Copy code";
export const WRAP = "Wrap";
export const LINE_NUMBERS = "Line numbers";
export const INSERT = "Insert as cell below";
export const INSERT_AND_RUN = "Insert and run";
export const HIDDEN_CHARACTERS =
  "This code has characters that cannot be seen. Insert it, and look at it before you run it.";
export const COPY_CSV = "Copy CSV";
export const COPY_MARKDOWN = "Copy Markdown";
export const COPY_TEX = "Copy TeX";

// -- beside an answer in <stream-markdown> ----------------------------------------------------------------------------

export const NO_TEXT = "The answer has no text.";
export const TOO_MUCH_TEXT = "The answer is too long, and was stopped.";
