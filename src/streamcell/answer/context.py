"""The context of an attempt: what there is of the answer already, and its turn in the queue before the server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..request.echoes import Echo
from .events import Lane
from .resume import ResumeFrom

__all__ = ["ALONE", "Context"]


async def _at_once(_lane: Lane, _api: str, _tokens: int) -> None:
    """Return immediately: there is no queue."""


async def _now(_at: float, _seen: bool) -> None:
    """Return immediately: there is no schedule."""


@dataclass(frozen=True)
class Context:
    """What a source gets for one attempt.

    Attributes:
        resume: what to continue, or None for a new answer.
        turn: `turn(lane, api, tokens)` returns when a request that may cost `tokens` can be sent to `lane`. A source
            awaits it before each request, on the loop that reads its events.
        history: messages to add after the request's own: what the model said in earlier rounds of this answer, and what
            its tools returned.
        echoes: what servers sent with those calls. A source sends each only to the server that it came from.
        index: how many requests were made for this version of the answer before.
        due: `due(at, seen)` returns when the entry at the recorded time `at` is to be played. `seen`: it changes what
            is shown, so that it ends a step.
    """

    resume: ResumeFrom | None = None
    turn: Callable[[Lane, str, int], Awaitable[None]] = _at_once
    history: tuple[Mapping[str, Any], ...] = ()
    echoes: tuple[Echo, ...] = ()
    index: int = 0
    due: Callable[[float, bool], Awaitable[None]] = _now


ALONE: Final = Context()
"""A new answer, requested without a queue."""
