"""How an interrupted answer is resumed: the modes, what a source needs for them, and how repeated text is left out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal

from .events import Cursor

__all__ = ["OVERLAP_LIMIT", "Overlap", "Prefix", "Rest", "ResumeFrom", "ResumeMode"]

Prefix = Literal["continue_final_message", "prefix", "prefill"]
"""How to ask a server to continue an answer that the request ends with: with parameters (vLLM, SGLang), with a field of
the message (Mistral, DeepSeek), or just by its place as the last message (llama.cpp, Anthropic)."""


class ResumeMode(str, Enum):
    """How an answer was resumed; the values are what `Text.resumed` and the page show."""

    EXACT = "exact"  # the provider continued the same response from the same character
    PREFIX = "prefix"  # a new request ends with the text so far, and the model continues it
    CONTINUED = "continued"  # a new request asks the model to continue; text that it repeats is left out


@dataclass(frozen=True)
class ResumeFrom:
    """What a source needs to resume an answer: the mode, the text so far, and where the response can be resumed."""

    way: ResumeMode
    text: str
    cursor: Cursor | None = None


OVERLAP_LIMIT: Final = 400
"""How many characters of a continuation are compared with the end of the text before it."""

_LEAST: Final = 4  # characters: a shorter match is likely to be chance


class Overlap:
    """Leaves out what a continuation repeats of the text before it. Pure; it is fed while the continuation streams.

    Text is held back until it is known whether it repeats, at most `OVERLAP_LIMIT` characters. The longest end of
    `before` that the continuation begins with is left out, with the white space before it.
    """

    def __init__(self, before: str) -> None:
        self._all = before
        self._before = before[-OVERLAP_LIMIT:]
        self._held: str | None = ""
        self.part: str | None = None
        """The id of the part that the continuation begins with, once it is known."""

    def feed(self, text: str) -> str:
        """Return the text that is now known to be new."""
        if self._held is None:
            return text
        self._held += text
        return self._decide() if not self._may_repeat(self._held.lstrip()) else ""

    def end(self) -> str:
        """Return the text that was held back, without what it repeats."""
        return "" if self._held is None else self._decide()

    def whole(self, continuation: str) -> str:
        """Return what is new in a complete continuation, which includes the text that was held back."""
        anew = Overlap(self._all)
        self._held = None
        return anew.feed(continuation) + anew.end()

    def _may_repeat(self, held: str) -> bool:
        """Whether more text could make the repetition longer: all held text occurs in the text before."""
        return not held or held in self._before

    def _decide(self) -> str:
        held, self._held = self._held or "", None
        begun = held.lstrip()
        longest = min(len(begun), len(self._before))
        # A continuation that repeats the whole answer is a repetition even if the answer is short.
        least = min(_LEAST, len(self._all)) or 1
        common = next((n for n in range(longest, least - 1, -1) if self._before.endswith(begun[:n])), 0)
        return begun[common:] if common else held


class Rest:
    """The rest of an answer that a server continues exactly. Pure, with the methods of `Overlap`.

    White space at the end of the text so far is not sent, because some servers refuse it. If the rest begins with that
    white space, it is left out.
    """

    def __init__(self, before: str) -> None:
        self._before = before
        self._again = before[len(before.rstrip()) :]
        self.part: str | None = None

    def feed(self, text: str) -> str:
        """Return the text of the rest that is new."""
        while self._again and text:
            if text[0] != self._again[0]:
                self._again = ""
                break
            text, self._again = text[1:], self._again[1:]
        return text

    def end(self) -> str:
        """Return the text that was held back: none ever is."""
        return ""

    def whole(self, continuation: str) -> str:
        """Return what is new in a complete continuation."""
        return Rest(self._before).feed(continuation)
