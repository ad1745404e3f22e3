"""The gate: what a source emits waits here, in order, until its text was judged. Pure, a value.

The texts of an answer are streams of characters, each known by a key. Windows are cut from them, which overlap: the
next one begins `overlap` characters before the end of the last. So a phrase of up to that length is whole in one
window, and text before the last `overlap` characters that were judged cannot be the beginning of a flagged phrase.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from .events import PartGrew
from .moderation import Moderation

__all__ = ["AT_ONCE", "Gate", "Item", "Window"]

AT_ONCE: Final = 4
"""How many windows of one answer are judged at the same time, at most."""

_MOST: Final = 20
"""How many windows of text may wait. Then the source is read no further until some were judged."""

_ITEMS: Final = 5_000
"""How many events may wait, however small they are."""

_SENTENCE: Final = re.compile(r"[.!?…][\"'”’)\]]*\s|[。！？]|\n")
_WORD: Final = re.compile(r"\s")
_LONGEST_WORD: Final = 30  # characters


@dataclass(frozen=True)
class Item:
    """Something that waits in the gate.

    Attributes:
        given: what is released: an event, or another value that the session knows.
        at: when it came.
        since: when the output of the model before it came.
        key: the stream that its text belongs to; None if it has no text that is judged.
        start: where its text begins in the stream, in characters.
        end: where its text ends.
        ends: everything before it must be judged without waiting for more text.
        alone: its own text is a whole, so it is judged as soon as nothing waits before it.
    """

    given: Any
    at: float = 0.0
    since: float = 0.0
    key: Hashable = None
    start: int = 0
    end: int = 0
    ends: bool = False
    alone: bool = False


@dataclass(frozen=True)
class Window:
    """A piece of text to be judged: characters `start` to `end` of the stream `key`."""

    number: int
    key: Hashable
    start: int
    end: int
    text: str


@dataclass(frozen=True)
class _Stream:
    """The characters of one text from `base` on, where its next window begins. Windows were cut up to `cut`.

    `flush`: no more text comes soon. `begun`: it has had a window.
    """

    text: str = ""
    base: int = 0
    cut: int = 0
    flush: bool = False
    begun: bool = False

    @property
    def end(self) -> int:
        return self.base + len(self.text)


@dataclass(frozen=True)
class Gate:
    """What waits, and what was judged of it.

    Attributes:
        rules: the sizes of windows.
        items: what waits, in order.
        streams: the texts, by key.
        asked: the windows that are being judged.
        number: how many windows there were.
        entered: how many items have come.
        cleared: how many of them were released completely.
        held: how many characters wait.
        closed: the last item ends the run, so nothing may follow it.
    """

    rules: Moderation
    items: tuple[Item, ...] = ()
    streams: Mapping[Hashable, _Stream] = field(default_factory=lambda: MappingProxyType({}))
    asked: tuple[Window, ...] = ()
    number: int = 0
    entered: int = 0
    cleared: int = 0
    held: int = 0
    closed: bool = False

    @classmethod
    def after(cls, rules: Moderation, key: Hashable, text: str) -> Gate:
        """Return the gate for what follows `text` in the stream `key`, which was judged before."""
        before = text[len(text) - rules.overlap :] if len(text) > rules.overlap else text
        stream = _Stream(before, -len(before)) if rules.overlap and before else _Stream()
        return cls(rules, streams=MappingProxyType({key: stream}))

    @property
    def waits(self) -> bool:
        """Whether it waits for verdicts and for nothing else: the source has ended, or must not be read further."""
        return self.closed or self.full

    @property
    def full(self) -> bool:
        """Whether so much waits that the source must not be read further."""
        return self.held >= _MOST * self.rules.window or len(self.items) >= _ITEMS

    def window(self, number: int) -> Window | None:
        """Return the window `number` if it has no verdict yet."""
        return next((one for one in self.asked if one.number == number), None)

    def entering(
        self,
        given: Any,
        *,
        key: Hashable = None,
        text: str = "",
        at: float = 0.0,
        since: float = 0.0,
        ends: bool = False,
        alone: bool = False,
        last: bool = False,
    ) -> Gate:
        """Return the gate after `given` has come, whose judged text is `text`, of the stream `key`.

        `ends` and `alone`: see `Item`. `last`: nothing may follow it in this run; what comes nevertheless is ignored.
        """
        if self.closed:
            return self
        key = key if text else None
        stream = self.streams.get(key, _Stream())
        item = Item(given, at, since, key, stream.end, stream.end + len(text), ends, alone)
        streams = dict(self.streams)
        if key is not None:
            streams[key] = replace(stream, text=stream.text + text, flush=False)
        if ends:
            streams = {one: replace(known, flush=True) for one, known in streams.items()}
        return replace(
            self,
            items=(*self.items, item),
            streams=MappingProxyType(streams),
            entered=self.entered + 1,
            held=self.held + len(text),
            closed=last,
        )

    def asking(self) -> tuple[Gate, tuple[Window, ...]]:
        """Return the gate after the next windows were cut, and those windows, to be judged."""
        room = AT_ONCE - len(self.asked)
        streams, number, cut = dict(self.streams), self.number, list[Window]()
        if self.items and self.items[0].alone:
            streams[self.items[0].key] = replace(streams[self.items[0].key], flush=True)
        for key in self.streams:
            while len(cut) < room:
                found = _next_window(streams[key], self.rules)
                if found is None:
                    break
                stream, start, end, text = found
                number += 1
                streams[key] = stream
                cut.append(Window(number, key, start, end, text))
        if not cut:
            return replace(self, streams=MappingProxyType(streams)), ()
        after = replace(self, streams=MappingProxyType(streams), asked=(*self.asked, *cut), number=number)
        return after, tuple(cut)

    def moving(self) -> tuple[Gate, tuple[Window, ...], tuple[Item, ...]]:
        """Return the gate after all that is possible now: the windows to be judged, and what is released."""
        gate, windows, freed = self, list[Window](), list[Item]()
        while True:
            gate, cut = gate.asking()
            gate, more = gate.released()
            windows += cut
            freed += more
            if not more:
                return gate, tuple(windows), tuple(freed)

    def passing(self, number: int) -> Gate:
        """Return the gate after window `number` was judged and may be shown."""
        return replace(self, asked=tuple(one for one in self.asked if one.number != number))

    def released(self) -> tuple[Gate, tuple[Item, ...]]:
        """Return the gate after everything was released that may be, and that. Text may be released in part."""
        freed: list[Item] = []
        left = list(self.items)
        cleared, held, at = self.cleared, self.held, 0
        while at < len(left):
            item = left[at]
            safe = item.end if item.key is None else self._safe(item.key)
            if safe < item.end:
                if item.start < safe and isinstance(item.given, PartGrew):
                    first, rest = item.given.text[: safe - item.start], item.given.text[safe - item.start :]
                    freed.append(replace(item, given=replace(item.given, text=first), end=safe))
                    left[at] = replace(item, given=replace(item.given, text=rest), start=safe)
                    held -= len(first)
                break
            freed.append(item)
            held -= item.end - item.start
            cleared, at = cleared + 1, at + 1
        if not freed:
            return self, ()
        items = tuple(left[at:])
        return replace(self, items=items, cleared=cleared, held=held, closed=self.closed and bool(items)), tuple(freed)

    def _safe(self, key: Hashable) -> int:
        """Return up to where the stream `key` may be released."""
        waiting = next((one for one in self.asked if one.key == key), None)
        if waiting is not None:
            return waiting.start
        stream = self.streams[key]
        return stream.end if stream.flush and stream.cut == stream.end else stream.base


def _next_window(stream: _Stream, rules: Moderation) -> tuple[_Stream, int, int, str] | None:
    """Return the stream after its next window was cut, and the window's start, end and text; or None."""
    start = stream.base
    fits = rules.window - (stream.cut - start)
    if not (stream.begun or stream.flush):
        fits = min(rules.first, fits)
    new = stream.end - stream.cut
    if new < fits and not (stream.flush and new):
        return None
    end = stream.end if new <= fits and stream.flush else _end_of(stream, fits)
    text = stream.text[start - stream.base : end - stream.base]
    base = _begin_of(stream, end - rules.overlap, (rules.window - rules.overlap) // 2)
    after = replace(stream, text=stream.text[base - stream.base :], base=base, cut=end, begun=True)
    return after, start, end, text


def _begin_of(stream: _Stream, place: int, slack: int) -> int:
    """Return where the next window begins: at `place`, or with the word there. Up to there text may be shown."""
    place = max(stream.base, place)
    least = max(stream.base, place - min(_LONGEST_WORD, slack))
    ends = [found.end() for found in _WORD.finditer(stream.text, least - stream.base, place - stream.base)]
    return stream.base + ends[-1] if ends else place


def _end_of(stream: _Stream, fits: int) -> int:
    """Return where a window of at most `fits` new characters ends: with a sentence, else with a word, else anywhere."""
    begin = stream.cut - stream.base
    least = begin + fits // 2
    for pattern in (_SENTENCE, _WORD):
        ends = [found.end() for found in pattern.finditer(stream.text, least, begin + fits)]
        if ends:
            return stream.base + ends[-1]
    return stream.cut + fits
