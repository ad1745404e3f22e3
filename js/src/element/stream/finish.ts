/** What providers call the reasons why an answer ended, in the words of Chat Completions. */

/** Each reason with other words for it; `error` means that the answer was broken off. */
const WORDS: Readonly<Record<string, string>> = {
  stop: "stop_sequence end_turn eos eos_token eod complete completed finished finish end done normal",
  length:
    "max_tokens max_output_tokens max_completion_tokens max_new_tokens max_length model_length token_limit " +
    "length_limit limit truncated context_length context_length_exceeded context_window_exceeded " +
    "model_context_window_exceeded",
  content_filter:
    "content_filtered guardrail_intervened content_policy safety recitation blocklist prohibited_content spii " +
    "image_safety sensitive refusal error_toxic",
  tool_calls: "tool_call tool_use function_call",
  cancelled: "canceled user_cancel",
  error:
    "abort aborted interrupted insufficient_system_resource network_error error_limit malformed_function_call " +
    "unexpected_tool_call other finish_reason_unspecified internal_error engine_error model_error failed timeout " +
    "pause_turn",
};

const REASONS = new Map(
  Object.entries(WORDS).flatMap(([reason, words]) => [reason, ...words.split(" ")].map((word) => [word, reason])),
);

/** Characters of a provider's word that are kept. */
const LONGEST = 80;

/** A provider's finish reason in our words, or as the provider wrote it if it is not known. */
export function reasonOf(word: string): string {
  const plain = word.trim().slice(0, LONGEST);
  return REASONS.get(plain.toLowerCase().replaceAll(/[- ]/g, "_")) ?? plain;
}
