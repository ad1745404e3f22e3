"""How events are written as bytes: complete, cut anywhere, all at once, twice, or not at all. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random


@dataclass(frozen=True)
class Shape:
    """What is done to events before they are written.

    Attributes:
        crlf: Lines end in CR LF.
        split: The mean number of bytes in one write; 0: one write per event.
        lump: Everything is written at once, at the end.
        twice: Each numbered event is sent twice.
        skipped: Text events whose number is a multiple of this are left out; 0: none.
        unterminated: The last blank line is missing.
    """

    crlf: bool = False
    split: int = 0
    lump: bool = False
    twice: bool = False
    skipped: int = 0
    unterminated: bool = False


class Shaping:
    """The writes for one answer: takes events as bytes, and returns pieces to write one after the other."""

    def __init__(self, shape: Shape, rng: Random) -> None:
        self._shape = shape
        self._rng = rng
        self._held = b""

    def feed(self, data: bytes, *, number: int | None = None, is_text: bool = False) -> list[bytes]:
        """The pieces to write for one event; `number` is its sequence number, if the API has one."""
        shape = self._shape
        if shape.skipped and number is not None and is_text and number % shape.skipped == 0:
            return []
        if shape.twice and number is not None:
            data *= 2
        if shape.crlf:
            data = data.replace(b"\n", b"\r\n")
        if shape.lump or shape.unterminated:
            self._held += data
            if shape.lump:
                return []
            data, self._held = self._held[:-1], self._held[-1:]
        return self._pieces(data)

    def end(self) -> list[bytes]:
        """The pieces to write at the end."""
        held, self._held = self._held, b""
        return self._pieces(held) if held and not self._shape.unterminated else []

    def _pieces(self, data: bytes) -> list[bytes]:
        mean = self._shape.split
        if not mean:
            return [data]
        pieces, at = [], 0
        while at < len(data):
            size = 1 if mean == 1 else self._rng.randint(1, 2 * mean - 1)
            pieces.append(data[at : at + size])
            at += size
        return pieces
