"""A call of one of the user's tools: its arguments, the user's decision, and its result."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from ... import _words as words
from .base import Part, fenced

__all__ = ["CallState", "ToolCall", "flaw_of"]

_SAVED: Final = 2000
"""The most characters of the arguments and of the result in saved Markdown and in a terminal."""


class CallState(str, Enum):
    """The state of a call; the page gets these values."""

    CALLED = "called"  # no decision yet; at the end of an answer: the user's own code must run it
    ASKED = "asked"  # it waits for the user's approval
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"  # it raised, timed out, or could not be run with these arguments
    DENIED = "denied"
    STOPPED = "stopped"  # the user stopped the answer before the call ended


SETTLED: Final = frozenset({CallState.DONE, CallState.FAILED, CallState.DENIED, CallState.STOPPED})


@dataclass(frozen=True, kw_only=True)
class ToolCall(Part):
    """A call of one of the user's tools, with its arguments, its state and its result.

    Attributes:
        name: the tool's name.
        call_id: the id of the call, which its result refers to.
        custom: it is a custom tool, whose input is text and not JSON.
        arguments: the arguments that the model wrote, as JSON; for a custom tool its input.
        edited: the arguments that the user put in their place, as JSON; None if there are none.
        state: the state of the call.
        always: the user approved this tool for the rest of the answer.
        result: the text that is sent back to the model.
        shown: what the page shows instead of `result`: a MIME type and its data; None if it shows the text.
        seconds: for how many seconds the call ran; None if it did not run or has not ended.
        round: the number of the round, from 1; the results of one round are sent together. 0 before the round begins.
        server: the label of an MCP server, whose tools the provider runs after the user has approved the call; empty
            for the user's own tools.
    """

    kind = "tool_call"
    judged_as = "tools"
    grows = "arguments"

    name: str = ""
    call_id: str = ""
    custom: bool = False
    arguments: str = ""
    edited: str | None = None
    state: CallState = CallState.CALLED
    always: bool = False
    result: str = ""
    shown: tuple[str, str] | None = None
    seconds: float | None = None
    round: int = 0
    server: str = ""

    @property
    def label(self) -> str:
        """The tool's name, preceded by its server's label if it has one, so that no two tools share a label."""
        return f"{self.server} · {self.name}" if self.server else self.name

    @property
    def settled(self) -> bool:
        """Whether the call has ended, so that the model can get its result."""
        return self.state in SETTLED

    @property
    def can_resume(self) -> bool:
        """Whether an answer with this call can be resumed: only after the call has ended."""
        return self.settled

    @property
    def asked_for(self) -> str:
        """The arguments to use: the user's edited ones, or else the model's."""
        return self.arguments if self.edited is None else self.edited

    def message(self) -> Mapping[str, Any]:
        """Return the call as an item of a conversation, in the form of the Responses API."""
        if self.server:
            return {
                "type": "mcp_approval_request",
                "id": self.call_id,
                "server_label": self.server,
                "name": self.name,
                "arguments": self.arguments or "{}",
            }
        if self.custom:
            return {
                "type": "custom_tool_call",
                "call_id": self.call_id,
                "name": self.name,
                "input": self.asked_for,
            }
        return {
            "type": "function_call",
            "call_id": self.call_id,
            "name": self.name,
            "arguments": self.asked_for or "{}",
        }

    def reply(self) -> Mapping[str, Any]:
        """Return the item with the call's result. Each call gets one: APIs refuse a conversation without it."""
        if self.server:
            return {
                "type": "mcp_approval_response",
                "approval_request_id": self.call_id,
                "approve": self.state is CallState.DONE,
            }
        kind = "custom_tool_call_output" if self.custom else "function_call_output"
        return {
            "type": kind,
            "call_id": self.call_id,
            "output": self.result or words.NO_RESULT if self.settled else words.NOT_RUN,
        }

    def markdown(self) -> str:
        """Return the name, the state, and the beginning of the arguments and of the result."""
        name = re.sub(r"[`\s]+", " ", self.label).strip() or "?"
        blocks = [f"{words.TOOL} `{name}` ({self._stands})"]
        blocks += [fenced(_short(text)) for text in (self.asked_for, self.result) if text.strip()]
        return "\n\n".join(blocks)

    def plain(self) -> str:
        """Return a line with the call, and the result below it."""
        line = f"{words.TOOL} {self.label}({_short(self.asked_for)}) ({self._stands})"
        return f"{line}\n{_short(self.result)}" if self.result else line

    @property
    def _stands(self) -> str:
        approved = self.server and self.state is CallState.DONE
        return words.APPROVED_CALL if approved else words.CALL_STATES[self.state.value]

    @property
    def allowed(self) -> CallState:
        """The state after approval: RUNNING, or DONE for a server's tool, which does not run here."""
        return CallState.DONE if self.server else CallState.RUNNING

    def act(self, action: str, value: Any) -> Mapping[str, Any] | None:
        """Return the fields that the user's decision changes: `run`, `edit` (with other arguments), `always` or `deny`.

        Only a call that waits for approval accepts one, so that two pages cannot both decide.
        """
        if self.state is not CallState.ASKED:
            return None
        if action == "run":
            return {"state": self.allowed}
        if action == "always":
            return {"state": self.allowed, "always": True}
        if action == "deny":
            return {"state": CallState.DENIED, "result": words.DENIED}
        if action == "edit" and not self.server and isinstance(value, str) and flaw_of(value) is None:
            return {"state": CallState.RUNNING, "edited": value}
        return None


ARGUMENTS: Final = 1_000_000
"""The most characters of the arguments of a call."""


def flaw_of(arguments: str) -> str | None:
    """Return why these arguments are invalid, or None if they are a JSON object or empty."""
    if len(arguments) > ARGUMENTS:
        return words.too_long_arguments(len(arguments), ARGUMENTS)
    if not arguments.strip():
        return None
    try:
        found = json.loads(arguments)
    except RecursionError:
        return words.not_json(words.TOO_DEEP)
    except ValueError as error:
        return words.not_json(str(error))
    return None if isinstance(found, dict) else words.not_json(words.no_object(type(found).__name__))


def _short(text: str) -> str:
    return text if len(text) <= _SAVED else f"{text[:_SAVED]}… ({len(text) - _SAVED:,} more characters)"
