"""Rounds of tools: which calls run, which wait, and when the model is told what came of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from .. import _words as words
from .events import Event, PartGrew, PartRestored
from .parts import CallState, Part, ToolCall, text_of
from .parts.tool_call import flaw_of

__all__ = ["MOST_CALLS", "ToolRules", "as_paragraph", "awaited", "decide", "left", "round_of", "stopped"]

Approval = Literal["ask", "code", "yes", "no", "nobody"]
"""Who decides on a call: the user in the page, the user's function, nobody as it was decided for all of them, or nobody
as there is nobody to ask."""

MOST_CALLS: Final = 32
"""Calls of one round that run; each runs on a thread."""


@dataclass(frozen=True)
class ToolRules:
    """The user's tools, as the session needs to know them.

    `runnable` are the names of those that can be run here; a call of a tool in `declared` is the user's to answer, and
    ends the answer. After `max_rounds` rounds of calls the model is told nothing more.
    """

    runnable: frozenset[str] = frozenset()
    declared: frozenset[str] = frozenset()
    approval: Approval = "ask"
    max_rounds: int = 8


def awaited(rules: ToolRules | None, parts: Sequence[Part], begin: int) -> list[int]:
    """Return which parts from `begin` on are calls that we can answer; none where one of them is the user's."""
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
    """Return the parts with round `number` begun: each call runs, waits, or has failed or was denied already."""
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
    """Return a call by who decides on it; one that a user's function decides on is left as it is."""
    if approval == "code":
        return call
    if approval == "ask":
        return replace(call, state=CallState.ASKED)
    if approval == "yes":
        return replace(call, state=call.allowed)
    return replace(call, state=CallState.DENIED, result=words.DENIED if approval == "no" else words.NOBODY_TO_ASK)


def left(parts: Sequence[Part], begin: int) -> bool:
    """Whether something of the round that began at `begin` is still to come."""
    return any(_is(part, CallState.CALLED, CallState.ASKED, CallState.RUNNING) for part in parts[begin:])


def stopped(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Return the parts with no call under way: what waited or ran was stopped."""
    return tuple(
        replace(part, state=CallState.STOPPED, result=words.STOPPED_CALL)
        if isinstance(part, ToolCall) and _is_under_way(part)
        else part
        for part in parts
    )


def _is_under_way(call: ToolCall) -> bool:
    """Whether a call waits or runs; one of a round that has begun waits for the user's function."""
    return _is(call, CallState.ASKED, CallState.RUNNING) or (call.round > 0 and call.state is CallState.CALLED)


_PARAGRAPH: Final = "\n\n"


def as_paragraph(event: Event, parts: Sequence[Part], begin: int) -> Event:
    """Return an event so that the first text of a further round stands apart from the text before it."""
    if begin == 0 or not isinstance(event, (PartGrew, PartRestored)) or event.kind != "text" or not event.text:
        return event
    first = next((part for part in parts[begin:] if part.is_text), None)
    if first is not None and not (isinstance(event, PartRestored) and first.id == event.id):
        return event
    return replace(event, text=_PARAGRAPH + event.text) if text_of(parts[:begin]) else event
