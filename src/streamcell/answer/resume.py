"""How a cut answer is resumed: the ways, what a source needs to know for it, and what two texts have in common."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal

from .events import Cursor

__all__ = ["OVERLAP_LIMIT", "Overlap", "Prefix", "Rest", "ResumeFrom", "ResumeMode"]

Prefix = Literal["continue_final_message", "prefix", "prefill"]
"""How to ask a server to continue an answer that the request begins: vLLM's and SGLang's parameters, a mark on the
message (Mistral, DeepSeek), or by nothing but that it stands last (llama.cpp, Anthropic)."""


class ResumeMode(str, Enum):
    """How an answer was taken up again; the values are what `Text.resumed` and the page show."""

    EXACT = "exact"  # the provider went on with the same answer, from the very character
    PREFIX = "prefix"  # a new request that begins with the text so far, which the model continues
    CONTINUED = "continued"  # a new request that asks the model to go on; what it repeats is left out


@dataclass(frozen=True)
class ResumeFrom:
    """What a source needs to resume an answer: the text so far, and where the response can be resumed."""

    way: ResumeMode
    text: str
    cursor: Cursor | None = None


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
        self.part: str | None = None
        """The id of the part that the continuation begins with, once it is known."""

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
        """Return what is new of a continuation that is known whole; what was held back is in it."""
        anew = Overlap(self._all)
        self._held = None
        return anew.feed(continuation) + anew.end()

    def _may_repeat(self, held: str) -> bool:
        """Whether more text could make a longer repetition: the held text lies whole in what was there."""
        return not held or held in self._before

    def _decide(self) -> str:
        held, self._held = self._held or "", None
        begun = held.lstrip()
        longest = min(len(begun), len(self._before))
        # Who says the whole answer again begins anew, however short it was.
        least = min(_LEAST, len(self._all)) or 1
        common = next((n for n in range(longest, least - 1, -1) if self._before.endswith(begun[:n])), 0)
        return begun[common:] if common else held


class Rest:
    """The rest of an answer that a server continues exactly; pure, with the methods of `Overlap`.

    White space at the end of what there was is not sent, as some servers refuse it: what comes of it again is left out.
    """

    def __init__(self, before: str) -> None:
        self._before = before
        self._again = before[len(before.rstrip()) :]
        self.part: str | None = None

    def feed(self, text: str) -> str:
        """Return what of the rest is new."""
        while self._again and text:
            if text[0] != self._again[0]:
                self._again = ""
                break
            text, self._again = text[1:], self._again[1:]
        return text

    def end(self) -> str:
        """Return what was held back, which is nothing."""
        return ""

    def whole(self, continuation: str) -> str:
        """Return what is new of a continuation that is known whole."""
        return Rest(self._before).feed(continuation)
