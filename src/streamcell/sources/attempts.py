"""Sorts the lines of a recorded answer into attempts. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from .. import _words as words
from ..answer.resume import ResumeMode
from ..answer.status import TERMINAL, Status
from ..saved.recording import Line, Recorded
from .base import showable

__all__ = ["ENDS", "Attempt", "attempts_of", "text_in"]

_BY_HAND: Final = 1.0
"""Seconds before an answer that the user continued by hand is continued in a replay, however long the user waited."""

ENDS: Final = {status.value: status for status in (*TERMINAL, Status.WAITING, Status.CALLING)}
"""The statuses that end an attempt, by their names."""

_DATA: Final = frozenset({"request", "response", "chunk", "text"})
"""The kinds of entries that a source makes."""


@dataclass(frozen=True)
class Attempt:
    """One attempt of a recorded answer. Its times count from the beginning of the version that is played.

    Attributes:
        begin: when it began.
        lines: its requests, heads, chunks and texts.
        end: the status that ended it; None if the recording ends before.
        after: what came after that: results of tools, and how an answer ended whose tools were running.
    """

    begin: float
    lines: tuple[Line, ...] = ()
    end: Line | None = None
    after: tuple[Line, ...] = ()

    @property
    def resume(self) -> str | None:
        """How it resumes the answer, or None."""
        return next((one.data["resume"] for one in self.lines if one.kind == "request"), None)


class _Attempts:
    """Sorts an answer's lines into attempts. Only the last version is kept: a Retry by the user begins another."""

    def __init__(self) -> None:
        self.done: list[Attempt] = []
        self.flaws: list[str] = []
        self._lines: list[Line] = []
        self._after: list[Line] = []
        self._end: Line | None = None
        self._begin: float | None = None
        self._run = -1
        self._next: float | None = None
        self._earlier = 0.0  # how much earlier the lines are played than they were recorded

    def take(self, line: Line) -> None:
        status = ENDS.get(line.data["status"]) if line.kind == "status" else None
        line = replace(line, at=line.at - self._earlier)
        if line.kind == "withheld":
            return
        if line.kind == "status" and status is None:
            self._next = (
                line.at if self._next is None and (self._begin is None or self._end is not None) else self._next
            )
        elif line.kind in _DATA:
            self._data(line)
        elif line.kind == "tool":
            self._after.append(line)
        elif self._begin is None or (self._end is not None and not self._is_calling):
            self._end = self._open(line)
        elif self._end is None:
            self._end = line
        else:
            self._after.append(line)

    @property
    def _is_calling(self) -> bool:
        return self._end is not None and self._end.data["status"] == Status.CALLING.value

    def _data(self, line: Line) -> None:
        if self._begin is not None and line.run < self._run:
            if words.STALE_ENTRIES not in self.flaws:
                self.flaws.append(words.STALE_ENTRIES)
            return
        if self._begin is None or line.run > self._run:
            line = self._open(line)
        elif self._end is not None:
            return  # what a source gave after its end mark
        self._lines.append(line)

    def _open(self, line: Line) -> Line:
        """Begin an attempt with `line`; return it with the time at which it is played."""
        ended = self.close()
        begin = line.at if self._next is None else min(self._next, line.at)
        if ended is not None and ended.data["status"] in {one.value for one in TERMINAL}:
            if line.kind == "request" and line.data["resume"]:
                moved = begin - ended.at - _BY_HAND
                if moved > 0:
                    self._earlier += moved
                    begin, line = begin - moved, replace(line, at=line.at - moved)
            else:
                self.done.clear()
        if not self.done:
            self._earlier += begin
            begin, line = 0.0, replace(line, at=line.at - begin)
        self._begin, self._run, self._next = begin, line.run, None
        return line

    def close(self) -> Line | None:
        """End the present attempt, and return the status with which the answer then was."""
        if self._begin is None:
            return None
        last = [one for one in self._after if one.kind == "status"]
        end = last[-1] if last else self._end
        self.done.append(Attempt(self._begin, tuple(self._lines), self._end, tuple(self._after)))
        self._lines, self._after, self._end, self._begin = [], [], None, None
        return end


def attempts_of(recorded: Recorded) -> tuple[tuple[Attempt, ...], tuple[str, ...]]:
    """Return the attempts of the last version of a recorded answer, and what is wrong with its lines, in sentences.

    Lines whose fields have wrong types are left out.
    """
    sorted_, unusable = _Attempts(), 0
    for line in recorded.lines:
        checked = _checked(line)
        if checked is None:
            unusable += 1
        else:
            sorted_.take(checked)
    end = sorted_.close()
    flaws = [*sorted_.flaws, *([words.unusable_entries(unusable)] if unusable else [])]
    if sorted_.done and (end is None or end.data["status"] not in {one.value for one in TERMINAL}):
        flaws.append(words.RECORDING_ENDS)
    return tuple(sorted_.done), tuple(flaws)


def _checked(line: Line) -> Line | None:
    """Return a line whose fields can be relied on, or None if the ones that matter are missing."""
    data = line.data
    if line.kind == "request":
        known = {name: text_in(data.get(name)) for name in ("endpoint", "model", "api")}
        modes = [mode.value for mode in ResumeMode]
        resume = data.get("resume") if data.get("resume") in modes else None
        return replace(line, data={**known, "resume": resume})
    if line.kind == "response":
        status, headers = data.get("status"), data.get("headers")
        if not isinstance(status, int) or isinstance(status, bool) or not isinstance(headers, Mapping):
            return None
        kept = {str(name): text_in(value) for name, value in headers.items()}
        return replace(line, data={"status": status, "headers": kept, "request_id": text_in(data.get("request_id"))})
    if line.kind == "chunk":
        chunk, format_ = data.get("data"), data.get("format", "")
        usable = isinstance(chunk, str) and isinstance(format_, str)
        return replace(line, data={"data": chunk, "format": format_}) if usable else None
    if line.kind == "text":
        return line if isinstance(data.get("text"), str) else None
    if line.kind == "tool":
        part = data.get("part")
        return line if isinstance(part, int) and not isinstance(part, bool) and part >= 0 else None
    return line if line.kind == "withheld" or isinstance(data.get("status"), str) else None


def text_in(value: object) -> str:
    """Return a value as text that can be shown; empty if it is none."""
    return showable(value) if isinstance(value, str) else ""
