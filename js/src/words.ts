/**
 * All texts that a cell shows to its user. To change or translate a text, edit it here.
 *
 * The kernel's texts are in `src/streamcell/_words.py`: errors, notices, and the notes in saved answers.
 */

import type { HostedState, ResumeMode, Segment } from "./wire/generated.js";

/** Writes whole numbers. */
export const integer = new Intl.NumberFormat("en");

// -- the buttons ------------------------------------------------------------------------------------------------------

export const STOP = "Stop";
export const STOPPING = "Stopping…";
export const STOP_TITLE = "Stop and keep the text so far";
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
export const COPY_TITLE = "Copy as Markdown";
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

export const DETAILS_BUTTON = "Details";
export const DETAILS_TITLE = "Show times, token counts and the timeline";
export const DETAILS_OF = "Details of the answer";
export const FACTS = {
  changed: "asked with",
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

export const COMPARE = "Compare";
export const COMPARE_TITLE = "Show how this version differs from another one";
export const COMPARE_WITH = "Compare with";
export const DIFFERENCE = "Difference of two versions";
export const COMPARING = "Comparing…";
export const NO_COMPARISON = "The comparison cannot be loaded now.";
export const TOO_DIFFERENT = "The two versions are too different to be compared.";
export const NO_DIFFERENCE = "The two texts are the same.";

// -- a comparison -----------------------------------------------------------------------------------------------------

export const COMPARISON = "Comparison";
export const COMPARED_ANSWERS = "Answers";
export const STOP_ALL = ["Stop all", "Stop all answers that stream, and keep their text so far"] as const;
export const RETRY_ALL = ["Retry all", "Ask again for all answers that have ended; they stay as versions"] as const;
export const RETRY_FAILED = ["Retry failed", "Ask again for the answers that are not complete"] as const;
export const COPY_ANSWERS = ["Copy all", "Copy the numbers and the answers as Markdown"] as const;
export const COMPARE_TWO = ["Compare two", "Show word by word how two answers differ"] as const;
export const COMPARE_CHOICES = ["First answer to compare", "Second answer to compare"] as const;
export const COMPARED_WHEN_ENDED = "They are compared when both have ended.";
export const NUMBERS_OF_ANSWERS = "The answers' numbers";
export const NAME_OF_ANSWER = "Answer";
export const SORT_TITLE = "Sort by this";
export const GO_TO_ANSWER = "Show this answer";
const notComplete = (failed: number): string => (failed === 0 ? "" : ` · ${failed} not complete`);
export const compared = (ended: number, all: number, failed: number): string =>
  (ended === all ? `${all} answers` : `${ended} of ${all} answers have ended`) + notComplete(failed);
export const allEnded = (all: number, failed: number): string => `All ${all} answers have ended${notComplete(failed)}`;
export const versionName = (number: number): string => `version ${number}`;
export const changed = (what: string): string => `Asked with ${what}`;

// -- said aloud -------------------------------------------------------------------------------------------------------

export const IS_STREAMING = "The answer is streaming";
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

// -- a conversation ---------------------------------------------------------------------------------------------------

export const CONVERSATION = "Conversation";
export const MESSAGE = "Message";
export const MESSAGE_HINT = "Ask something. Enter sends, Shift+Enter breaks the line.";
export const SEND = "Send";
export const SENDING = "Sending…";
export const ATTACH = "Attach";
export const ATTACH_TITLE = "Attach images or files; they can also be pasted or dropped here";
export const ATTACHED = "Attached files";
export const removeFile = (name: string): string => `Remove ${name}`;
export const DROP_HERE = "Drop the files to attach them";
export const tooLarge = (name: string): string => `${name} is too large: a file may have 20 MB, all together 50 MB.`;
export const TOO_MANY_FILES = "A question takes up to 20 files.";
export const notReadable = (name: string): string => `${name} cannot be read.`;
export const STILL_STREAMING = "The answer is still streaming. Stop it, or wait for its end, before you send this.";
export const WRITE_FIRST = "Write a question first.";
export const NO_CHAT_KERNEL = "No kernel is connected, so nothing can be asked here. Run the cell again.";
export const KERNEL_IS_BUSY = "Waiting for the kernel: it takes the question when the running cell has ended.";
export const yourQuestion = (number: number): string => `Question ${number}`;
export const turnName = (number: number): string => `Turn ${number}`;
export const EDIT_QUESTION = "Edit question";
export const EDIT_QUESTION_TITLE = "Ask this in other words; what followed stays as a branch";
export const SEND_EDITED = "Send as a new branch";
export const EDITED_QUESTION = "The question in other words";
export const COPY_QUESTION = "Copy question";
export const BRANCHES = "Branches";
export const PREVIOUS_BRANCH = "Previous branch";
export const NEXT_BRANCH = "Next branch";
export const branchPosition = (at: number, count: number): string => `${at} / ${count}`;
export const notSent = (count: number): string =>
  count === 1 ? "1 earlier message was not sent (trim=)" : `${count} earlier messages were not sent (trim=)`;
export const COPY_ALL = "Copy all";
export const SAVE_MARKDOWN = "Save as Markdown";
export const SAVE_JSON = "Save as JSON";
export const SAVED = "Saved";
export const asMarkdown = (question: string, model: string, answer: string): string =>
  `## You\n\n${question}\n\n## ${model || "Answer"}\n\n${answer}`;

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

// -- beside an answer in <stream-markdown> ----------------------------------------------------------------------------

export const NO_TEXT = "The answer has no text.";
export const TOO_MUCH_TEXT = "The answer is too long, and was stopped.";
