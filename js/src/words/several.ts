/** All texts of outputs with several answers: comparisons and conversations. `../words.ts` has them too. */

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
export const SAVED_LATER = "Waiting for the kernel: the conversation is saved when the running cell has ended.";
export const SAVED_MESSAGES =
  "Saved the messages that are shown here. Files, tools and other branches need a connected kernel.";
export const asMarkdown = (question: string, model: string, answer: string): string =>
  `## You\n\n${question}\n\n## ${model || "Answer"}\n\n${answer}`;
