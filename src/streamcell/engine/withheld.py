"""Entries of the log that wait until the text in them was judged. So a recording has nothing that must be taken out."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .log import Entry

__all__ = ["TEXTS", "Withheld"]

TEXTS: Final = ("chunk", "text")
"""The kinds of entries with text of the answer."""


@dataclass
class _Waiting:
    """An entry, and how many items of the gate must be cleared before it may be seen; None: more of its text comes."""

    entry: Entry
    until: int | None


class Withheld:
    """The entries that wait, in order. Used on the driver's thread only.

    An entry comes before the events that are made of it. A decoder may hold back some text of it until it has read
    more, so the entry belongs together with those after it, until one of them has changed the answer.
    """

    def __init__(self) -> None:
        self._waiting: deque[_Waiting] = deque()
        self._parted = False

    def __len__(self) -> int:
        """Return how many entries wait."""
        return len(self._waiting)

    def add(self, entry: Entry, entered: int, until: int | None = None) -> None:
        """Let an entry wait; `entered`: how many items have entered the gate before it."""
        if self._parted:
            self.close(entered)
        if until is None and entry.kind not in TEXTS:
            until = 0  # it waits for the entries before it only
        self._waiting.append(_Waiting(entry, until))

    def parted(self) -> None:
        """Note that an event has changed the answer: the next entry's text is another."""
        self._parted = True

    def close(self, entered: int) -> None:
        """Note that no more events come of the entries so far."""
        self._parted = False
        for one in self._waiting:
            if one.until is None:
                one.until = entered

    def cleared(self, count: int) -> Sequence[Entry]:
        """Return, in order, the entries whose text was judged: `count` items of the gate were cleared."""
        free: list[Entry] = []
        while self._waiting and self._waiting[0].until is not None and self._waiting[0].until <= count:
            free.append(self._waiting.popleft().entry)
        return free

    def empty(self) -> Sequence[Entry]:
        """Return all entries, and forget them."""
        entries = [one.entry for one in self._waiting]
        self._waiting.clear()
        self._parted = False
        return entries
