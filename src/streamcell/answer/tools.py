"""Rounds of tool calls: which calls run, which wait for approval, and when the results are sent to the model. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from .. import _words as words
from .events import Event, PartGrew, PartRestored
from .parts import CallState, Part, ToolCall, text_of
from .parts.tool_call import flaw_of

__all__ = ["MOST_CALLS", "ToolRules", "as_paragraph", "awaited", "decide", "left", "round_of", "stopped"]

Approval = Literal["ask", "code", "yes", "no", "nobody", "recorded"]
"""How calls are approved: by the user in the page ("ask"), by the user's function ("code"), all ("yes"), none ("no"),
none because there is no user to ask ("nobody"), or as the recording says that is played ("recorded")."""

MOST_CALLS: Final = 32
"""The most calls of one round that run, because each one takes a thread."""


@dataclass(frozen=True)
class ToolRules:
    """The rules for the user's tools in one answer.

    Attributes:
        runnable: the names of the tools that run here.
        declared: the names of the tools that do not. A call of one ends the answer, and the user's own code runs it.
        approval: how calls are approved.
        max_rounds: the most rounds of calls. If the model asks for another one, the answer fails.
    """

    runnable: frozenset[str] = frozenset()
    declared: frozenset[str] = frozenset()
    approval: Approval = "ask"
    max_rounds: int = 8


def awaited(rules: ToolRules | None, parts: Sequence[Part], begin: int) -> list[int]:
    """Return the indices, from `begin`, of the calls to run here; empty if the user's own code must run one of them."""
    if rules is None:
        return []
    calls = {at: part for at, part in enumerate(parts[begin:], begin) if isinstance(part, ToolCall)}
    if any(not call.server and (call.custom or call.name in rules.declared) for call in calls.values()):
        return []
    return [at for at, call in calls.items() if call.state is CallState.CALLED]


def _is(part: Part, *states: CallState) -> bool:
    return isinstance(part, ToolCall) and part.state in states


def round_of(
    rules: ToolRules, parts: Sequence[Part], calls: Sequence[int], number: int, allowed: Iterable[str]
) -> tuple[Part, ...]:
    """Return the parts with round `number` begun: each call runs, waits for approval, has failed, or was denied."""
    changed = list(parts)
    for place, at in enumerate(calls):
        call = parts[at]
        if isinstance(call, ToolCall):
            changed[at] = _begun(rules, replace(call, round=number), place, frozenset(allowed))
    return tuple(changed)


def _begun(rules: ToolRules, call: ToolCall, place: int, allowed: frozenset[str]) -> ToolCall:
    flaw = (
        words.TOO_MANY_CALLS
        if place >= MOST_CALLS
        else None
        if call.server
        else words.no_such_tool(call.name, ", ".join(sorted(rules.runnable)))
        if call.name not in rules.runnable
        else flaw_of(call.arguments)
    )
    if flaw is not None:
        return replace(call, state=CallState.FAILED, result=flaw)
    return decide(call, rules.approval if call.label not in allowed else "yes")


def decide(call: ToolCall, approval: Approval) -> ToolCall:
    """Return a call after the decision about it; it is unchanged if the user's function has to decide."""
    if approval == "code":
        return call
    if approval == "ask":
        return replace(call, state=CallState.ASKED)
    if approval == "recorded":  # whatever became of it is played when it is due
        return replace(call, state=CallState.RUNNING)
    if approval == "yes":
        return replace(call, state=call.allowed)
    return replace(call, state=CallState.DENIED, result=words.DENIED if approval == "no" else words.NOBODY_TO_ASK)


def left(parts: Sequence[Part], begin: int) -> bool:
    """Whether a call of the round that began at `begin` has not ended yet."""
    return any(_is(part, CallState.CALLED, CallState.ASKED, CallState.RUNNING) for part in parts[begin:])


def stopped(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Return the parts with every call that waited or ran set to STOPPED."""
    return tuple(
        replace(part, state=CallState.STOPPED, result=words.STOPPED_CALL)
        if isinstance(part, ToolCall) and _is_under_way(part)
        else part
        for part in parts
    )


def _is_under_way(call: ToolCall) -> bool:
    """Whether a call waits or runs. A CALLED call with a round number waits for the user's function."""
    return _is(call, CallState.ASKED, CallState.RUNNING) or (call.round > 0 and call.state is CallState.CALLED)


_PARAGRAPH: Final = "\n\n"


def as_paragraph(event: Event, parts: Sequence[Part], begin: int) -> Event:
    """Return the event with a paragraph break before its text, if it has the first text of a further round."""
    if begin == 0 or not isinstance(event, (PartGrew, PartRestored)) or event.kind != "text" or not event.text:
        return event
    first = next((part for part in parts[begin:] if part.is_text), None)
    if first is not None and not (isinstance(event, PartRestored) and first.id == event.id):
        return event
    return replace(event, text=_PARAGRAPH + event.text) if text_of(parts[:begin]) else event
