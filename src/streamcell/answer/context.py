"""What an attempt is given: what there is already, and its turn before the server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from .events import Lane
from .resume import ResumeFrom

__all__ = ["ALONE", "Context"]


async def _at_once(_lane: Lane, _api: str, _tokens: int) -> None:
    """Return at once: there is no line."""


@dataclass(frozen=True)
class Context:
    """What an attempt is given.

    `resume` is what of an answer there is already, or None. `turn(lane, api, tokens)` returns when a request that may
    cost `tokens` can be sent to `lane`; a source awaits it before each request, on the loop that reads its events.
    `history` are the messages that follow the request's: what the model said in earlier rounds of this answer, and what
    its tools returned.
    """

    resume: ResumeFrom | None = None
    turn: Callable[[Lane, str, int], Awaitable[None]] = _at_once
    history: tuple[Mapping[str, Any], ...] = ()


ALONE: Final = Context()
"""The whole answer, asked for at once."""
