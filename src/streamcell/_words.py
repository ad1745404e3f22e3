"""All texts that a cell shows to its user from the kernel: cards of errors, notes below a saved answer, remarks on one.

The page's texts are in `js/src/words.ts`. To change or translate a text, edit these two files. Two kinds of text are
elsewhere: a TypeError or ValueError for a wrong argument is worded where the check is, and what is sent to a model as a
prompt is worded where it is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

# -- below a saved answer ----------------------------------------------------------------------------------------------

STILL_STREAMING: Final = "The answer is still streaming: cell.result() waits for it and returns its text."
NO_TEXT: Final = "(no text)"
STOPPED: Final = "Stopped: this is the text so far."
UNFINISHED: Final = "Not finished when this was saved."
ENDINGS: Final = {
    "length": "Cut at the length limit: this is not the whole answer.",
    "content_filter": "Ended by the content filter: this is not the whole answer.",
}
"""By finish reason."""

SOURCES: Final = "Sources"
PROMPT: Final = "Prompt"


def attached(name: str) -> str:
    """Name a file that was sent with a prompt."""
    return f"Attached: {name}" if name else "Attached: a file"


# -- in a file that `cell.save` writes ---------------------------------------------------------------------------------

QUESTION: Final = "Question"
ANSWER: Final = "Answer"
MODEL: Final = "Model"
ASKED: Final = "Asked"
VERSION: Final = "Version"
CHANGED_BY_RETRY: Final = "Changed"


def one_of(number: int, count: int) -> str:
    """Say which of the versions of an answer it is."""
    return f"{number:,} of {count:,}"


def refused(words: str) -> str:
    """Say that the model refused, in its own words."""
    return f"The model refused: {words}"


# -- calls of tools ----------------------------------------------------------------------------------------------------

TOOL: Final = "Tool call"
CALL_STATES: Final = {
    "called": "not run",
    "asked": "waiting for approval",
    "running": "running",
    "done": "done",
    "failed": "failed",
    "denied": "denied",
    "stopped": "stopped",
}
APPROVED_CALL: Final = "approved"
NO_RESULT: Final = "(no result)"

# These are said to the model, and the cell shows them as what went back.
DENIED: Final = "The user denied this call."
NOBODY_TO_ASK: Final = "This call was denied: it needs the user's approval, and there is nobody to ask."
STOPPED_CALL: Final = "The user stopped this call before it returned."
NOT_RUN: Final = "This call was not run."
TOO_MANY_CALLS: Final = "This call was not run: too many calls were made at the same time."


def no_such_tool(name: str, known: str) -> str:
    """Tell the model that it asked for a tool that it was not given."""
    return f"There is no tool named {name!r}. The tools are: {known}." if known else f"There is no tool named {name!r}."


TOO_DEEP: Final = "it is nested too deep"


def no_object(kind: str) -> str:
    """Say what a model's arguments are where they are no JSON object; goes into `not_json`."""
    return f"it is no object but {kind}"


def not_json(why: str) -> str:
    """Tell the model that its arguments cannot be read."""
    return f"The arguments are not a valid JSON object: {why}."


def too_long_arguments(length: int, limit: int) -> str:
    """Tell the model that its arguments are longer than a call takes."""
    return f"The arguments are too long: {length:,} characters; at most {limit:,} are taken."


def too_slow(seconds: float) -> str:
    """Tell the model that a tool took too long."""
    return f"The tool did not return within {seconds:g} s."


def left_out(count: int) -> str:
    """Say at the end of a result how much of it is left out."""
    return f"… ({count:,} more characters were left out)"


# -- tools that the provider runs --------------------------------------------------------------------------------------

HOSTED: Final = {
    "web_search_call": "Web search",
    "file_search_call": "File search",
    "code_interpreter_call": "Code interpreter",
    "mcp_call": "MCP tool",
    "mcp_list_tools": "List of MCP tools",
    "mcp_approval_response": "Answer to a request for approval",
    "computer_call": "Computer use",
    "computer_call_output": "Result of computer use",
    "local_shell_call": "Local shell",
    "local_shell_call_output": "Result of the local shell",
    "shell_call": "Shell",
    "shell_call_output": "Result of the shell",
    "apply_patch_call": "Patch of a file",
    "apply_patch_call_output": "Result of a patch",
    "tool_search_call": "Tool search",
    "tool_search_output": "Result of a tool search",
    "additional_tools": "More tools",
    "program": "Program",
    "program_output": "Result of a program",
    "executed_tool": "Tool",
}
"""By the type of the output item."""

HOSTED_ENDINGS: Final = {
    "failed": "failed",
    "incomplete": "incomplete",
    "requested": "not run",
}
"""By the state of a tool that did not end well."""

SCREENSHOT: Final = "(screenshot)"
NO_OUTPUT: Final = "(no output)"
TIMED_OUT: Final = "(timed out)"
APPROVED: Final = "Approved"
NOT_APPROVED: Final = "Not approved"


def exited(code: int) -> str:
    """Say how a command ended."""
    return f"(exit code {code})"


def safety_check(message: str) -> str:
    """Say what the provider wants to be checked before a computer is used."""
    return f"To check: {message}"


CLIENT_RUNS: Final = "The provider leaves it to your code to run this. streamcell does not run it."

# -- images ------------------------------------------------------------------------------------------------------------

IMAGE: Final = "Image"
NOT_FINISHED: Final = "not finished"
NO_IMAGE_DATA: Final = "The provider sent no data for this image."
IMAGE_FAILED: Final = "The provider could not create this image."
NOT_AN_IMAGE: Final = "This is not a PNG, JPEG, GIF or WebP image, so it cannot be shown."
ALL_IMAGES_TOO_LARGE: Final = "The images of this answer are too large together, so this one is left out."
TOO_MANY_IMAGES: Final = "more images"


def image_too_large(size: str, limit: str) -> str:
    """Say that an image has too many bytes."""
    return f"This image is too large to show: {size}, where {limit} are the limit."


def image_too_wide(width: int, height: int) -> str:
    """Say that an image has too many pixels."""
    return f"This image is too large to show: {width:,} × {height:,} pixels."


def image_size(width: int, height: int, mime: str) -> str:
    """Say how large an image is, and of which type."""
    return f"{width} × {height} {mime.removeprefix('image/').upper()}"


# -- remarks on an answer ----------------------------------------------------------------------------------------------

NO_PROBABILITIES: Final = "The server sent no probabilities, although they were requested (logprobs)."
NO_REASON: Final = "Possibly incomplete: the server ended the stream without saying why (no finish_reason)."
RESTORED: Final = "Parts of the stream were lost. This is the complete text, which the provider sent at the end."
NOTHING: Final = "The model sent no text."
ONLY_REASONING: Final = "The model sent no text, only reasoning."
REASONING_TO_THE_LIMIT: Final = "The model sent no text: its reasoning used up the limit of tokens."
NOTHING_FROM_SOURCE: Final = "The source gave no text."
ONCE: Final = (
    "This answer comes from an iterator, which can be read only once. Give stream_cell a callable that makes it."
)


def not_shown(listed: str) -> str:
    """Say what an answer has besides its text that a cell does not show."""
    return f"Not shown here: {listed}."


SPEECH_NOT_SHOWN: Final = "speech"


def no_text_but(listed: str) -> str:
    """Say what a model sent in place of a text."""
    return f"The model sent no text, but {listed}."


def unknown_reason(word: str) -> str:
    """Say that an answer ended for a reason that is not in our table."""
    return f"The provider ended the answer for a reason that streamcell does not know: {word}."


def policy_failed(what: str) -> str:
    """Say why a retry policy of the user's own was not asked again."""
    return f"Nothing was tried again: the retry policy {what}."


def raised(what: str) -> str:
    """Say of a retry policy that it raised; goes into `policy_failed`."""
    return f"raised {what}"


def not_decided_within(seconds: float) -> str:
    """Say of a retry policy that it was too slow; goes into `policy_failed`."""
    return f"did not answer within {seconds:.0f} s"


# -- where an answer comes from: the note after the model's name -------------------------------------------------------

APIS: Final = {"responses": "Responses API", "chat": "Chat Completions"}
API_CHOSEN: Final = "chosen with api="
API_OF_OPENAI: Final = "OpenAI has the Responses API"
API_ANSWERED: Final = "the server answered to the Responses API"
DEFAULT_MODEL: Final = "streamcell's default model"
FIRST_MODEL: Final = "the server's first model, because none was named"
OPTIONS_LEFT_OUT: Final = "the server refuses stream_options, so they were left out and tokens may not be counted"


def only_in(what: str, api: str) -> str:
    """Say that a parameter or a message decided which API was asked."""
    return f"{what} is only in {APIS[api]}"


def no_api(api: str, why: str, path: str) -> str:
    """Say that a server does not have an API, and what it answered."""
    return f"the server has no {APIS[api]} ({why} for {path})"


def came_from(name: str) -> str:
    """Say which iterator or callable an answer comes from."""
    return f"from {name}"


def continues(ended: str) -> str:
    """Say that an answer continues one that did not end well."""
    return f"continues an answer that was {ended}"


CONTINUED: Final = {"stopped": "stopped", "interrupted": "cut off", "failed": "cut off by an error"}
"""By the status of the answer that is continued."""

# -- controls ----------------------------------------------------------------------------------------------------------

DEFAULT: Final = "default"
ASK_AGAIN: Final = "Ask again"
ASK_AGAIN_TITLE: Final = "Ask again with these values; the answer so far stays as a version"
RESET: Final = "Reset"
RESET_TITLE: Final = "Put back the values of the first request"
TUNED: Final = {
    "model": ("model", "Which model answers"),
    "temperature": ("temperature", "How much chance there is in the choice of a token: 0 is least, 1 is usual"),
    "top_p": ("top_p", "Only the likeliest tokens that together have this probability are drawn from: 0 to 1"),
    "max_output_tokens": ("max tokens", "Where the answer is cut, in tokens"),
    "seed": ("seed", "A whole number: some servers answer alike to the same request with the same seed"),
    "reasoning_effort": ("reasoning effort", "How long a reasoning model thinks before it answers"),
}
"""By the name of the parameter: the label, and what it is."""

NOT_READ: Final = {
    "word": "This is too long.",
    "number": "This must be a number of at least 0, or empty for the default.",
    "whole": "This must be a whole number, or empty for the default.",
}
"""What is wrong with the text of a control, by the kind of its value."""


def refused_value(detail: str) -> str:
    """Say beside a control that the server did not take its value."""
    return f"The server refused this: {detail}"


def cannot_tune(why: str) -> str:
    """Say why an answer cannot be asked for with other values."""
    return f"This answer cannot be asked for with other values: {why}."


PLAYED: Final = "it is played from a recording"

# -- comparisons -------------------------------------------------------------------------------------------------------

NUMBERS: Final = {
    "status": "Status",
    "first_token_seconds": "First token",
    "total_seconds": "Time",
    "output_tokens": "Tokens",
    "tokens_per_second": "Tokens/s",
    "price": "Price",
    "finish_reason": "Finish reason",
    "characters": "Characters",
}
"""The columns of a comparison's numbers, in order, by their names in `StreamCompare.table()`, and their heads."""

# -- a conversation ----------------------------------------------------------------------------------------------------

YOU: Final = "You"
NOTHING_ASKED: Final = "Nothing has been asked yet: chat.send() asks."
TOO_MANY_COMMANDS: Final = "The kernel has too much to do for this: try again in a moment."


def not_sent(count: int) -> str:
    """Say that a part of the conversation did not go to the model."""
    what = "The first message of the conversation was" if count == 1 else f"{count} messages of the conversation were"
    return f"{what} not sent with this question (trim=)"


# -- errors: the titles of cards ---------------------------------------------------------------------------------------

NO_KEY: Final = "No API key"
KEY_NOT_ACCEPTED: Final = "The API key was not accepted"
NO_KEY_FROM_PROVIDER: Final = "The client's key provider gave no key"
NOT_ALLOWED: Final = "This key may not use this model or region"
NO_SUCH_MODEL: Final = "The server does not have this model"
PROMPT_TOO_LONG: Final = "The prompt is too long for this model"
REQUEST_TOO_LARGE: Final = "The request is too large for this server"
REQUEST_REFUSED: Final = "The server refused this request"
NAMES_WHAT_IS_NOT_THERE: Final = "The server does not have what this request names"
RATE_LIMITED: Final = "Rate limit reached"
QUOTA_USED_UP: Final = "The account's quota is used up"
OVERLOADED: Final = "The server is overloaded"
LOADING: Final = "The server is loading its model"
NO_ADDRESS: Final = "The server has no such address"
NO_ADDRESS_OR_RESOURCE: Final = "The server has no such address or resource"
GATEWAY_GAVE_UP: Final = "A server between here and the provider gave up the request"
NO_CONNECTION: Final = "No connection to the server"
NO_SECURE_CONNECTION: Final = "No secure connection to the server"
CONNECTION_REFUSED: Final = "The server refused the connection"
NAME_NOT_FOUND: Final = "The server's name was not found"
PROXY_UNUSABLE: Final = "The proxy cannot be used"
CERTIFICATES_UNREADABLE: Final = "The certificates cannot be read"
CLOSED_EARLY: Final = "The server closed the connection before it answered"
NOT_IN_TIME: Final = "The server did not answer in time"
CUT_OFF: Final = "The answer was cut off"
BROKEN_OFF: Final = "The server broke off this answer"
FELL_SILENT: Final = "The server fell silent"
PROVIDER_FAILED: Final = "The provider reported an error"
FILTERED: Final = "The provider's content filter ended this answer"
FLAGGED: Final = "The moderator flagged this answer"
FLAGGED_PROMPT: Final = "The moderator flagged this prompt"
NOT_JUDGED: Final = "The moderator could not judge this answer"
NOT_JUDGED_PROMPT: Final = "The moderator could not judge this prompt"
UNREADABLE: Final = "The server sent data that cannot be read"
NOT_A_STREAM: Final = "The server's answer is not a stream"
SOURCE_FAILED: Final = "The source of this answer failed"
TOO_MANY_ROUNDS: Final = "The model called tools too many times"
INVALID_ANSWER: Final = "The answer does not fit the schema"
UNCHECKED_ANSWER: Final = "The answer could not be checked"
STOPPED_EARLY: Final = "Stopped before the end"
ERROR_IN_STREAMCELL: Final = "An error in streamcell"
STREAMCELL_FAILED: Final = "streamcell itself failed"

# -- moderation --------------------------------------------------------------------------------------------------------

WITHHELD: Final = "The flagged text is kept out of this answer, its log and its recordings."
WITHHELD_BUT_LOGGED: Final = "The flagged text is kept out of this answer and its recordings. Only cell.log has it."
NOTHING_SENT: Final = "Nothing was sent to the model."
QUESTION_JUDGED: Final = "The moderator is judging this question."
QUESTION_WITHHELD: Final = "This question was withheld by the moderator."
NOT_ASKED_AGAIN: Final = "the question was withheld by a moderator, and it is in no file"


def moderator_failed(fault: str) -> str:
    """Say why the moderator has judged nothing; the text is withheld."""
    return f"The moderator {fault}. Text that was not judged is not shown, because on_failure is 'closed'."


def shown_unjudged(count: int, fault: str) -> str:
    """Say that text is shown although it was not judged; the user has chosen that."""
    if count == 1:
        return f"1 text is shown although it was not judged: the moderator {fault}."
    return f"{count:,} texts are shown although they were not judged: the moderator {fault}."


def left_out_unjudged(count: int) -> str:
    """Say what an answer lacks that was stopped before the moderator had judged it."""
    if count == 1:
        return "1 character was not judged yet, and is left out."
    return f"{count:,} characters were not judged yet, and are left out."


def not_judged_within(seconds: float) -> str:
    """Say of a moderator that it was too slow; goes into `moderator_failed`."""
    return f"did not answer within {seconds:g} s"


def moderator_raised(what: str) -> str:
    """Say of a moderator that it raised; goes into `moderator_failed`."""
    return f"raised {what}"


def still_judging(count: int) -> str:
    """Say of a moderator that it has not returned from earlier calls; goes into `moderator_failed`."""
    return f"has not returned from {count} earlier calls, so it is not called again"


def endpoint_answered(status: int) -> str:
    """Say what the moderation endpoint has answered; goes into `moderator_failed`."""
    missing = ": this server may have no such endpoint" if status in (404, 405, 501) else ""
    return f"got HTTP status {status} from its endpoint{missing}"


def endpoint_failed(what: str) -> str:
    """Say that the moderation endpoint could not be asked; goes into `moderator_failed`."""
    return f"could not ask its endpoint ({what})"


ENDPOINT_UNREACHABLE: Final = "could not reach its endpoint"

# -- errors: what to do next -------------------------------------------------------------------------------------------

RETRY: Final = "Press Retry to ask again."
RETRY_OR_CALL: Final = "Press Retry, or call .retry(), to ask again."
RETRY_OR_LOOK: Final = "Press Retry to ask again. If it happens each time, look at the server's own log."
RETRY_IN_A_MOMENT: Final = "Wait a moment, then press Retry."
RETRY_WHEN_LOADED: Final = "Wait until the model is loaded, then press Retry."
REPORT: Final = (
    "This is a bug in streamcell, or in an HTTP client that it was given. Please report it, with the error that the "
    "cell's result() raises and what its log.to_jsonl() returns."
)
GIVE_KEY: Final = (
    "Give OpenAI's key to this kernel, then press Retry:",
    'import os, getpass; os.environ["OPENAI_API_KEY"] = getpass.getpass("OpenAI key: ")',
)
USE_ANOTHER_SERVER: Final = (
    "Or use any OpenAI-compatible server, local ones too:",
    (
        "from openai import AsyncOpenAI; from streamcell import stream_cell; "
        'stream_cell("Hello", client=AsyncOpenAI(base_url="http://127.0.0.1:11434/v1", api_key="-"))'
    ),
)
REHEARSE: Final = (
    "Or rehearse without a key or a network:",
    'from streamcell import stream_cell; stream_cell("Hello", model="rehearsal")',
)
CHECK_KEY: Final = "Check OPENAI_API_KEY, and that it belongs to this server, then press Retry."
CORRECT_CLIENTS_KEY: Final = "Correct the key of the client that was given, and run the cell again."
CORRECT_KEY_PROVIDER: Final = "Correct the callable that gives the client its key, then press Retry."
OTHER_MODEL: Final = "Choose another model, or ask the owner of the account for access."
LIST_MODELS: Final = "List what it has:"
LIST_MODELS_OF_OPENAI: Final = "import openai; [m.id for m in openai.OpenAI().models.list()]"
NAME_A_MODEL: Final = "Name a model of this server with model=, and run the cell again."
SHORTEN: Final = "Shorten the prompt, or choose a model with a larger context."
CHANGE_REQUEST: Final = "Change what the message above names, and run the cell again."
CHECK_BILLING: Final = "Check the plan and the billing of this account with the provider."
CHECK_NETWORK: Final = "Check the network and the server's address (OPENAI_BASE_URL), then press Retry."
CHECK_CERTIFICATE: Final = (
    "Check the certificate, and whether the server speaks https at all: local ones often speak http only."
)
CHECK_ADDRESS: Final = "Check OPENAI_BASE_URL: it usually ends in /v1. Some proxies answer with a page of their own."
START_SERVER: Final = "Start the server at this address, or correct OPENAI_BASE_URL, then press Retry."
LOCAL_SERVERS: Final = {
    11434: ("This is the usual address of Ollama. In a terminal, start it with:", "ollama serve"),
    1234: ("This is the usual address of LM Studio. In a terminal, start its server with:", "lms server start"),
    8000: ("This is the usual address of vLLM. In a terminal, start it with:", "vllm serve Qwen/Qwen3-0.6B"),
    8080: (
        "This is the usual address of llama.cpp. In a terminal, start it with:",
        "llama-server -hf ggml-org/gemma-3-1b-it-GGUF",
    ),
}
"""The next step if no server listens at the usual port of a local server."""

INSTALL_SOCKS: Final = ("Install it and restart the kernel, or remove the variable:", "%pip install socksio")
CORRECT_VARIABLE: Final = "Correct the variable or remove it, then press Retry."
CORRECT_PROXY: Final = "Correct HTTP_PROXY, HTTPS_PROXY or ALL_PROXY, then press Retry."
REPHRASE: Final = "Rephrase the prompt and run the cell again."
REPHRASE_OR_RETRY: Final = "Press Retry for another answer, or rephrase the prompt and run the cell again."
RETRY_OR_OPEN: Final = (
    "Press Retry to ask again. Moderation(…, on_failure='open') shows text that cannot be judged, with a notice."
)
CORRECT_SOURCE: Final = "Correct what was given to stream_cell, and run the cell again."
LET_IT_REPAIR: Final = (
    "Or add repair=1 to the call, and run the cell again: then the model is told what is wrong, and asked again."
)
CORRECT_CHECK: Final = "Correct the type's own validators, and run the cell again."
MORE_ROUNDS: Final = "Ask more precisely, or raise the limit with max_rounds=20, and run the cell again."


def wait_first(span: str) -> str:
    """Say how long the provider asks to wait."""
    return f"The provider asks to wait {span}. Press Retry after that."


def wait_longer(span: str, limit: str) -> str:
    """Say how long the provider asks to wait, and that a cell does not wait that long."""
    return f"The provider asks to wait {span}, and a cell waits at most {limit} by itself. Press Retry after that."


def span(seconds: float) -> str:
    """Return a wait as people say it."""
    for unit, size, most in (("s", 1, 120), ("min", 60, 120), ("h", 3_600, 100), ("days", 86_400, 730)):
        if seconds / size < most:
            return f"{seconds / size:,.0f} {unit}"
    return "more than two years"


# -- errors: details ---------------------------------------------------------------------------------------------------

NEITHER_KEY_NOR_CLIENT: Final = "Neither OPENAI_API_KEY nor a client was given."
NO_MESSAGE: Final = "The provider gave no message."
NO_MODEL_LISTED: Final = "No model was named, and the server does not list any."
ONLY_HEADERS: Final = "The server sent its headers and no answer."
NO_END_MARK: Final = "The stream ended without the provider's end mark."
NO_CONTENT_TYPE: Final = "data without a content type"
NO_SOCKS: Final = (
    "The environment has a SOCKS proxy (ALL_PROXY, HTTPS_PROXY or HTTP_PROXY), and socksio is not installed."
)
SYSTEM_CERTIFICATES: Final = "the system's certificates"
KEY_NOT_ASCII: Final = "The key contains a character that is not ASCII, so it was not sent."
KEY_WITH_SPACE: Final = "The key contains white space, perhaps a line break at its end, so it was not sent."
CALLABLE_GAVE_CALLABLE: Final = "The callable gave another callable, not an iterable."
CHUNK: Final = "A chunk of the stream"


def kept(characters: int) -> str:
    """Say how much of the answer an exception holds."""
    return f"Kept {characters:,} characters of the answer in `.text`."


def request_id(named: str) -> str:
    """Say what to tell the provider's support."""
    return f"Request id: {named}."


def silent_for(seconds: float) -> str:
    """Say how long nothing came."""
    return f"Nothing came for {seconds:,.0f} s."


def broke_midway(why: str) -> str:
    """Say that a connection broke after the answer had begun."""
    return f"The connection broke in mid-answer ({why})."


def gave_reason(word: str) -> str:
    """Say why a provider broke off an answer, in its own word."""
    return f'It gave the reason "{word}".'


def sent_instead(kind: str, shown: str) -> str:
    """Say what a server sent that is no stream of an answer; `kind` is its content type."""
    return f"It sent {kind or NO_CONTENT_TYPE}: {shown}"


def other_api(path: str, why: str) -> str:
    """Say what the server answered when the other API was asked."""
    return f"{path} answered: {why}"


# What is wrong with a structured answer. The model is told these too.
EMPTY_ANSWER: Final = "the answer is empty"
TOO_DEEP_TO_CHECK: Final = "It is nested too deep to be checked against the schema."
TOO_DEEP_JSON: Final = "it is nested too deep: at most 200 levels are read"


def no_json(begin: str) -> str:
    """Say how an answer begins that is no JSON."""
    return f"it is no JSON, and begins with {begin!r}"


def bad_json(why: str) -> str:
    """Say what is wrong with JSON, in the parser's words."""
    return f"it is no valid JSON: {why}"


def more_errors(count: int) -> str:
    """Say how many more places of an answer are wrong."""
    return f"… and {count:,} more"


def check_raised(words: str) -> str:
    """Say what the user's own validator raised."""
    return f"The check raised {words}."


def check_too_slow(seconds: float) -> str:
    """Say that the check took too long."""
    return f"The check did not end within {seconds:g} s."


def rounds_made(rounds: int) -> str:
    """Say how many rounds of tool calls there were."""
    return f"It made {rounds:,} rounds of calls and asked for more."


def no_scheme(address: str) -> str:
    """Say that an address is no URL of HTTP."""
    return f"The base URL does not begin with http:// or https://: {address}"


def certificates_unreadable(places: str, why: object) -> str:
    """Say which certificates cannot be read."""
    return f"The certificates cannot be read ({places}): {why}"


def proxy_unusable(why: object) -> str:
    """Say that a proxy that the environment names cannot be used."""
    return f"A proxy of the environment cannot be used: {why}"


def key_provider_raised(what: str) -> str:
    """Say that the callable that gives the client its key raised."""
    return f"The client's key provider raised {what}"


def key_provider_gave(value: object) -> str:
    """Say what the callable that gives the client its key returned; never the value itself."""
    kind = "an empty string" if value == "" else "None" if value is None else f"a value of type {type(value).__name__}"
    return f"The client's key provider gave no key, but {kind}."


def callable_gave(kind: str) -> str:
    """Say that a callable returned something that cannot be streamed."""
    return f"The callable gave {kind}, not an iterable of strings or chunks."


MAP_EXAMPLE: Final = "stream_cell(…, map=lambda chunk: chunk.text)"


def source_gave(kind: str) -> str:
    """Say that an iterator gave something that is neither text nor a chunk of a known library."""
    return f"The source gave {kind}, which streamcell does not know. Say with map= what it means: {MAP_EXAMPLE}."


def map_gave(kind: str) -> str:
    """Say that the user's `map` returned something else than it may."""
    return f"map= gave {kind}: return a string, a chunk of Chat Completions as a dict, a list of these, or None."


def source_cancelled(kind: str) -> str:
    """Say that an iterator was cancelled."""
    return f"The source was cancelled ({kind})."


def call_ended(kind: str) -> str:
    """Say that a call of the user's function was ended."""
    return f"The call was ended ({kind})."


# -- recordings --------------------------------------------------------------------------------------------------------

NOT_RECORDED: Final = "Not in the recording"
RECORD_NOW: Final = ("To record the answer, give OpenAI's key to this kernel and press Retry:", GIVE_KEY[1])
RECORD_TOO: Final = ('To record the answer, use the recording with mode="auto", and run the cell again.',)
CHECK_RECORDING: Final = "Check which recording the cell uses, and whether its request was changed."
NOTHING_TO_PLAY: Final = "The file has no answer that can be played."
RECORDING_ENDS: Final = "The recording ends before the answer does."
CONTINUED_LATER: Final = "The answer was continued by hand."
NO_HEADER: Final = "The recording does not begin with its header."
TORN_LINE: Final = "The last line of the recording is incomplete."
SHORTENED_PAUSES: Final = "Pauses of more than an hour are shortened to an hour."
DISK_TOO_SLOW: Final = "the disk is too slow"
STALE_ENTRIES: Final = "The recording has entries of an attempt that had ended; they are left out."


def another_format(version: int | None) -> str:
    """Say that a recording has another version of the format; None: it is not a number."""
    if version is None:
        return "The recording does not say which version of the format it has."
    return f"The recording has version {version} of the format, which this streamcell does not know completely."


def _lines(count: int) -> str:
    return "1 line of the recording" if count == 1 else f"{count:,} lines of the recording"


LINE_FLAWS: Final[dict[str, Callable[[int], str]]] = {
    "unreadable": lambda count: f"{_lines(count)} could not be read.",
    "unknown": lambda count: f"{_lines(count)} {'has' if count == 1 else 'have'} an unknown kind.",
    "long": lambda count: f"{_lines(count)} {'was' if count == 1 else 'were'} too much to be read.",
}
"""What is wrong with lines of a recording, by the reason."""


def missing_entries(count: int) -> str:
    """Say that a log had dropped its oldest entries when it was saved as a recording."""
    return f"The first {count:,} entries are missing, because the log was full."


def unusable_times(count: int) -> str:
    """Say that entries of a recording had no usable time."""
    return f"{_lines(count)} {'has' if count == 1 else 'have'} no usable time."


def unusable_entries(count: int) -> str:
    """Say that entries of a recording had unusable fields."""
    return f"{_lines(count)} {'has' if count == 1 else 'have'} unusable fields."


def unknown_format(name: str) -> str:
    """Say that a recording has chunks that this streamcell cannot decode."""
    return f"The recording has chunks of a format that is not known, {name[:40]!r}; they are left out."


def not_written(name: str, why: str) -> str:
    """Say that a recording cannot be written."""
    return f"The recording {name} is incomplete: {why}."


def replayed(name: str, day: str) -> str:
    """Say which recording an answer comes from, and when it was recorded, if that is known."""
    return f"replayed from {name}, recorded {day}" if day else f"replayed from {name}"


def one_of_answers(count: int) -> str:
    """Say that a recording has more answers than the one that is played."""
    return f"the first of {count:,} answers"


def recorded_into(name: str) -> str:
    """Say that an answer is asked for and recorded."""
    return f"not in {name}, so it was asked for and recorded"


def not_in(name: str, *, asks: bool) -> str:
    """Say that a recording has no answer to a request, and why nobody is asked."""
    why = "there is no key to ask a model with" if asks else "mode='replay' asks no model"
    return f"{name} has no answer to this request, and {why}."


def changed(place: int, what: Sequence[str], before: str) -> str:
    """Say that a request is another one than the recording has at its place (1-based); `before` is its prompt."""
    names = ", ".join(what) or "request"
    verb = "have" if len(what) > 1 else "has"
    was = f' It was recorded for "{before}".' if before else ""
    return f"Answer {place} of the recording is for another request: the {names} of this cell {verb} changed.{was}"
