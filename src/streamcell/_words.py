"""What a cell says to its user beside errors, which `_errors.py` has: notes below a saved answer, and remarks on one.

The page's half is `js/src/words.ts`. Who changes a text or translates it does so in these three.
"""

from __future__ import annotations

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
    "mcp_approval_request": "Approval of an MCP tool",
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
    "approval": "waits for approval",
    "requested": "not run",
}
"""By the state of a tool that did not end well."""

SCREENSHOT: Final = "(screenshot)"
IMAGE: Final = "(image)"
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


def approve(request: str, response: str) -> str:
    """Say how to answer a request for approval."""
    item = f'{{"type": "mcp_approval_response", "approval_request_id": "{request}", "approve": True}}'
    return (
        f'The tool has not run. To allow it: stream_cell([{item}], previous_response_id="{response}", …) with the same '
        "tools. To allow it always, give the tool require_approval='never'."
    )


CLIENT_RUNS: Final = "The provider leaves it to your code to run this. streamcell does not run it."

# -- remarks on an answer ----------------------------------------------------------------------------------------------

NO_REASON: Final = "Possibly incomplete: the server ended the stream without saying why (no finish_reason)."
RESTORED: Final = "Parts of the stream were lost on the way; the text is the provider's own, as sent at the end."
NOTHING: Final = "The model sent no text."
ONLY_REASONING: Final = "The model sent no text, only reasoning."
REASONING_TO_THE_LIMIT: Final = "The model sent no text: its reasoning used up the limit of tokens."
NOTHING_FROM_SOURCE: Final = "The source gave no text."
ONCE: Final = (
    "This answer comes from an iterator, which can be read only once; give stream_cell a callable that makes it."
)


def not_shown(listed: str) -> str:
    """Say what an answer has beside its text and a cell does not show."""
    return f"Not shown here: {listed}."


def no_text_but(listed: str) -> str:
    """Say what a model sent in place of a text."""
    return f"The model sent no text, but {listed}."


def unknown_reason(word: str) -> str:
    """Say that an answer ended for a reason that is not in our table."""
    return f"The provider ended the answer for a reason that streamcell does not know: {word}."


def policy_failed(what: str) -> str:
    """Say why a retry policy of the user's own was not asked again."""
    return f"Nothing was tried again: the retry policy {what}."
