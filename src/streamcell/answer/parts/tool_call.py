"""A call of one of the user's tools: what the model asks for, what the user says to it, and what came of it."""

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
"""Characters of the arguments, and of the result, that saved Markdown and a terminal show."""


class CallState(str, Enum):
    """Where a call stands; the values are what the page shows."""

    CALLED = "called"  # the model asks for it, and nothing was decided; at an answer's end: it is the user's to answer
    ASKED = "asked"  # it waits for the user's approval
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"  # it raised, ran out of time, or could not be run as it was asked for
    DENIED = "denied"
    STOPPED = "stopped"  # the user stopped the answer before it ended


SETTLED: Final = frozenset({CallState.DONE, CallState.FAILED, CallState.DENIED, CallState.STOPPED})


@dataclass(frozen=True, kw_only=True)
class ToolCall(Part):
    """A call of the tool `name` with `arguments`: JSON as the model wrote it, or a text where the tool is `custom`.

    `edited` is what the user put in place of the arguments, or None. `result` is the text that goes back to the model;
    `shown` is what the page shows in its place: one MIME type and its data, or empty. `seconds` is how long it ran.
    `round` counts from 1: the calls of a round are answered together. `always`: the user allowed this tool for the rest
    of the answer. `server` is set for a tool of an MCP server: the provider runs it, and asks only whether it may.
    """

    kind = "tool_call"
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
        """The tool's name, with its server's where it has one: no two tools have the same."""
        return f"{self.server} · {self.name}" if self.server else self.name

    @property
    def settled(self) -> bool:
        """Whether the model can be told what came of it."""
        return self.state in SETTLED

    @property
    def can_resume(self) -> bool:
        """Whether an answer can go on behind it: what came of it is known."""
        return self.settled

    @property
    def asked_for(self) -> str:
        """The arguments that count: the user's, where there are any."""
        return self.arguments if self.edited is None else self.edited

    def message(self) -> Mapping[str, Any]:
        """Return the call as an item of a conversation, in the words of the Responses API."""
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
        """Return what goes back to the model: each call has an answer, as APIs refuse a conversation without."""
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
        """Return the name, the arguments and the result, each no longer than a reader wants."""
        name = re.sub(r"[`\s]+", " ", self.label).strip() or "?"
        blocks = [f"{words.TOOL} `{name}` ({self._stands})"]
        blocks += [fenced(_short(text)) for text in (self.asked_for, self.result) if text.strip()]
        return "\n\n".join(blocks)

    def plain(self) -> str:
        """Return the call in a line, and its result below it."""
        line = f"{words.TOOL} {self.label}({_short(self.asked_for)}) ({self._stands})"
        return f"{line}\n{_short(self.result)}" if self.result else line

    @property
    def _stands(self) -> str:
        approved = self.server and self.state is CallState.DONE
        return words.APPROVED_CALL if approved else words.CALL_STATES[self.state.value]

    @property
    def allowed(self) -> CallState:
        """The state of the call once it may run: a server's tool runs there, and not here."""
        return CallState.DONE if self.server else CallState.RUNNING

    def act(self, action: str, value: Any) -> Mapping[str, Any] | None:
        """Return what the user's decision changes: `run`, `edit` (with other arguments), `always` or `deny`.

        Only a call that waits for it takes one, so that two pages decide once.
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
"""Characters of arguments that a call may have."""


def flaw_of(arguments: str) -> str | None:
    """Return why these arguments cannot be a call's, or None: they are a JSON object, or empty."""
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
