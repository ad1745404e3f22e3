"""How a cut answer goes on: the ways, what a source needs to know for it, and what two texts have in common."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from ._events import Reached

__all__ = ["OVERLAP_LIMIT", "Overlap", "Resume", "Seam", "Way"]


class Way(str, Enum):
    """How an answer was taken up again; the values are what `Version.parts` and the page show."""

    EXACT = "exact"  # the provider went on with the same answer, from the very character
    PREFIX = "prefix"  # a new request that begins with the text so far, which the model continues
    CONTINUED = "continued"  # a new request that asks the model to go on; what it repeats is left out


@dataclass(frozen=True)
class Resume:
    """What a source is told that shall go on: the text that is there, and where a response can be taken up."""

    way: Way
    text: str
    reached: Reached | None = None


@dataclass(frozen=True)
class Seam:
    """Where an answer was taken up: before character `at` (0-based), in which way."""

    at: int
    way: Way


OVERLAP_LIMIT: Final = 400
"""Characters of a continuation that may repeat the end of what was there; what repeats more is new text."""

_LEAST: Final = 4  # characters: fewer in common are chance


class Overlap:
    """Leaves out what a continuation repeats of the text before it; pure, fed as the continuation comes.

    Nothing is given out before it is known whether it repeats, which is at most `OVERLAP_LIMIT` characters late. The
    longest end of `before` that the continuation begins with is left out, white space between the two aside.
    """

    def __init__(self, before: str) -> None:
        self._all = before
        self._before = before[-OVERLAP_LIMIT:]
        self._held: str | None = ""

    def feed(self, text: str) -> str:
        """Return what of the continuation is known to be new."""
        if self._held is None:
            return text
        self._held += text
        return self._decide() if not self._may_repeat(self._held.lstrip()) else ""

    def end(self) -> str:
        """Return what was held back, without what it repeats."""
        return "" if self._held is None else self._decide()

    def whole(self, continuation: str) -> str:
        """Return both texts as one, where the continuation is known whole; what was held back is in it."""
        anew = Overlap(self._all)
        self._held = None
        return self._all + anew.feed(continuation) + anew.end()

    def _may_repeat(self, held: str) -> bool:
        """Whether more text could make a longer repetition: the held text lies whole in what was there."""
        return not held or held in self._before

    def _decide(self) -> str:
        held, self._held = self._held or "", None
        begun = held.lstrip()
        longest = min(len(begun), len(self._before))
        common = next((n for n in range(longest, _LEAST - 1, -1) if self._before.endswith(begun[:n])), 0)
        return begun[common:] if common else held
