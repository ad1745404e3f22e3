"""The format of recordings: JSON Lines, with one entry of an answer's log per line. Pure.

The first line is the header: `{"streamcell": "recording", "version": 1, "recorded": …}`. Every other line is an object
with `answer` (a number that its file gives to each answer), `at` (seconds since the answer was asked for), `run` and
`kind`. An answer's first line has the kind `prompt`: what was asked, without secrets, and its digest `key`. The kinds
after it are those of `cell.log`. Answers that streamed at the same time are mixed.

What is read may be truncated, damaged or hostile. Whatever can be used is used, and `flaws` say what is wrong.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from .. import _words as words

__all__ = ["LINE", "VERSION", "Line", "Reader", "Recorded", "Recording", "header", "line_of", "read"]

VERSION: Final = 1
"""The version of the format. It changes if an older streamcell would play a recording wrongly."""

LINE: Final = 100_000_000
"""The most bytes of a line: a chunk may have 64 MiB (`sources/http/sse.py`), and JSON escapes some characters."""

TOGETHER: Final = 500_000_000
"""The most bytes of a file that are read; what comes after them is not played."""

_PAUSE: Final = 3_600.0
"""The longest time between two entries, in seconds; a longer pause is played as one of this length."""

_KINDS: Final = frozenset({"prompt", "request", "response", "chunk", "text", "tool", "status", "withheld"})


@dataclass(frozen=True)
class Line:
    """One entry of an answer, see `engine/log.py`. `at` never decreases."""

    at: float
    run: int
    kind: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Recorded:
    """One answer of a recording.

    Attributes:
        prompt: what was asked; empty if that line is missing.
        lines: its entries, in order.
        flaws: what is wrong with it, in sentences.
    """

    prompt: Mapping[str, Any] = field(default_factory=dict)
    lines: tuple[Line, ...] = ()
    flaws: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The digest of the request, or an empty string."""
        key = self.prompt.get("key")
        return key if isinstance(key, str) else ""

    @property
    def day(self) -> str:
        """The day on which it was recorded, as `2026-01-31`, or an empty string."""
        recorded = self.prompt.get("recorded")
        return recorded[:10] if isinstance(recorded, str) else ""


@dataclass(frozen=True)
class Recording:
    """A file's answers in the order in which they were asked for, and what is wrong with the file, in sentences."""

    answers: tuple[Recorded, ...] = ()
    flaws: tuple[str, ...] = ()
    last: int = 0
    """The highest number of an answer, for one that is added."""


def header(recorded: str) -> str:
    """Return the first line of a recording; `recorded` is the present time in ISO 8601."""
    return _line({"streamcell": "recording", "version": VERSION, "recorded": recorded})


def line_of(answer: int, at: float, run: int, kind: str, data: Mapping[str, Any]) -> str:
    """Return the line of one entry of the answer with this number."""
    return _line({"answer": answer, "at": round(at, 6), "run": run, "kind": kind, **data})


def _line(value: Mapping[str, Any]) -> str:
    # ASCII, because a server may send lone surrogates, which UTF-8 cannot encode, and line separators of Unicode.
    return json.dumps(value) + "\n"


class _Answer:
    """One answer while its lines are read."""

    def __init__(self, prompt: Mapping[str, Any]) -> None:
        self.prompt = prompt
        self.lines: list[Line] = []
        self._at = self._earlier = 0.0
        self._times = self._pauses = 0

    def add(self, at: object, run: int, kind: str, data: Mapping[str, Any]) -> None:
        if not isinstance(at, (int, float)) or isinstance(at, bool) or not _is_time(at):
            self._times += 1
            at = self._at + self._earlier
        now = float(at) - self._earlier
        if now < self._at:
            self._times += 1
            now = self._at
        elif now - self._at > _PAUSE and self.lines:
            self._pauses += 1
            self._earlier += now - self._at - _PAUSE
            now = self._at + _PAUSE
        self._at = now
        self.lines.append(Line(now, run, kind, data))

    def whole(self) -> Recorded:
        dropped = self.prompt.get("dropped")
        flaws = [words.missing_entries(dropped)] if isinstance(dropped, int) and dropped > 0 else []
        flaws += [words.unusable_times(self._times)] if self._times else []
        flaws += [words.SHORTENED_PAUSES] if self._pauses else []
        return Recorded(self.prompt, tuple(self.lines), tuple(flaws))


def _is_time(at: float) -> bool:
    try:
        return math.isfinite(float(at)) and at >= 0
    except OverflowError:
        return False


class Reader:
    """Reads a recording line by line; `result()` returns what could be read. It never raises."""

    def __init__(self) -> None:
        self._answers: list[_Answer] = []
        self._by_number: dict[int, _Answer] = {}
        self._flaws: Counter[str] = Counter()
        self._version: Any = None
        self._size = self._last = 0
        self._first = True
        self._torn = False

    @property
    def full(self) -> bool:
        """Whether no more lines are read."""
        return self._size > TOGETHER

    def feed(self, line: bytes) -> None:
        """Read one line, with its line end if it has one."""
        self._size += len(line)
        if not line.strip():
            return
        if self.full or len(line) > LINE:
            self._flaws["long"] += 1
            return
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            # A line without its end was being written when the program or the disk stopped.
            self._torn = not line.endswith(b"\n")
            self._flaws["unreadable"] += not self._torn
            self._first = False
            return
        if not isinstance(value, dict):
            self._flaws["unreadable"] += 1
        elif self._first and value.get("streamcell") == "recording":
            self._version = value.get("version")
        elif "streamcell" not in value:  # another header is of a recording that was added to this one
            self._entry(value)
        self._first = False

    def _entry(self, value: dict[str, Any]) -> None:
        number, at, run, kind = value.pop("answer", 1), value.pop("at", 0.0), value.pop("run", 0), value.pop("kind", "")
        whole = all(isinstance(one, int) and not isinstance(one, bool) for one in (number, run))
        if not whole or not isinstance(kind, str) or not 0 <= run < _MOST or not 0 <= number < _MOST:
            self._flaws["unreadable"] += 1
        elif kind not in _KINDS:
            self._flaws["unknown"] += 1
        elif kind == "prompt":
            self._begin(number, value)
        else:
            answer = self._by_number.get(number) or self._begin(number, {})
            answer.add(at, run, kind, value)

    def _begin(self, number: int, prompt: Mapping[str, Any]) -> _Answer:
        self._last = max(self._last, number)
        answer = self._by_number[number] = _Answer(prompt)
        self._answers.append(answer)
        return answer

    def result(self) -> Recording:
        """Return what was read."""
        version, flaws = self._version, []
        if version is None:
            flaws.append(words.NO_HEADER)
        elif version != VERSION:
            flaws.append(words.another_format(version if isinstance(version, int) else None))
        if self._torn:
            flaws.append(words.TORN_LINE)
        flaws += [say(self._flaws[name]) for name, say in words.LINE_FLAWS.items() if self._flaws[name]]
        return Recording(tuple(answer.whole() for answer in self._answers), tuple(flaws), self._last)


_MOST: Final = 2**53
"""Numbers of answers and runs are below this; JSON's readers agree on those (RFC 8259, section 6)."""


def read(lines: Iterable[bytes]) -> Recording:
    """Return the recording in these lines."""
    reader = Reader()
    for line in lines:
        reader.feed(line)
    return reader.result()
