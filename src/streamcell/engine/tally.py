"""What the entries of a log add up to while they come: counts, waits, and a timeline. It has no clock of its own."""

from __future__ import annotations

from typing import Final

from ..answer.stats import Counts, Segment
from .log import Entry

__all__ = ["Tally"]

GAP: Final = 1.0
"""Seconds without a chunk that the timeline shows as a gap."""

MOST: Final = 200
"""Pieces of a timeline: beyond them gaps are no longer shown apart, and later calls of tools not at all."""

_PHASES: Final = {
    "queued": "queue",
    "connecting": "connect",
    "streaming": "stream",
    "calling": "tools",
    "waiting": "wait",
}


class Tally:
    """The numbers of one version of an answer. The driver's thread calls `take` and `spoke`, any thread `counts`."""

    def __init__(self) -> None:
        self._began: float | None = None
        self._ended: float | None = None
        self._latest = 0.0
        self._phase: str | None = None
        self._since = 0.0  # when the present phase, or piece of one, began
        self._why = ""  # the error that ended the attempt before
        self._asked_at: float | None = None
        self._chunk_at: float | None = None  # when the last chunk of the present response came
        self._spoken = False
        self._attempts = self._chunks = self._bytes = self._gaps = 0
        self._connect: float | None = None
        self._longest = self._together = self._streamed = 0.0
        self._spent: dict[str, float] = {}
        self._segments: list[Segment] = []

    def take(self, entry: Entry) -> None:
        """Add an entry."""
        at = self._latest = max(entry.at, self._latest)
        if self._began is None:
            self._began = at
        if entry.kind in ("chunk", "text"):
            self._chunk(at, str(entry.data.get("data", entry.data.get("text", ""))))
        elif entry.kind == "status":
            self._enter(_PHASES.get(entry.data["status"]), at)
            self._why = str(entry.data.get("error", ""))
        elif entry.kind == "request":
            self._attempts += 1
            self._asked_at, self._chunk_at = at, None
        elif entry.kind == "response" and self._asked_at is not None:
            self._connect = at - self._asked_at
        elif entry.kind == "tool" and isinstance(seconds := entry.data.get("seconds"), (int, float)):
            self._add("tool", at - seconds, seconds, str(entry.data.get("name", "")))

    def spoke(self) -> None:
        """Note that the model has produced output: from now on the rate is counted."""
        self._spoken = True

    def _chunk(self, at: float, text: str) -> None:
        self._chunks += 1
        self._bytes += len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
        if self._chunk_at is not None:
            gap = at - self._chunk_at
            self._gaps += 1
            self._together += gap
            self._longest = max(self._longest, gap)
            self._streamed += gap if self._spoken else 0.0
        before = self._since if self._chunk_at is None else max(self._chunk_at, self._since)
        if self._phase == "stream" and at - before >= GAP and len(self._segments) < MOST:
            self._add("stream", self._since, before - self._since)
            self._add("gap", before, at - before)
            self._since = at
        self._chunk_at = at

    def _enter(self, phase: str | None, at: float) -> None:
        if phase == self._phase:
            return
        if self._phase is not None:
            self._spent[self._phase] = self._spent.get(self._phase, 0.0) + at - self._since
            self._add(self._phase, self._since, at - self._since, self._why)
        elif self._ended is not None and self._began is not None:
            self._began += at - self._ended  # it is resumed: the time in between is not the answer's
        if self._phase == "queue":
            self._asked_at = at  # the request is noted before its turn has come
        self._phase, self._since = phase, at
        self._ended = at if phase is None else None

    def _add(self, kind: str, start: float, seconds: float, text: str = "") -> None:
        if seconds > 0 and len(self._segments) < 2 * MOST:
            self._segments.append(Segment(kind, start - (self._began or 0.0), seconds, text))

    def counts(self, now: float | None = None) -> Counts:
        """Return the numbers so far; `now`, on the clock of the entries, is until when a running answer counts."""
        began = self._began
        until = self._ended if self._ended is not None else max(self._latest, now or 0.0)
        segments, spent = list(self._segments), dict(self._spent)
        if self._phase is not None and began is not None:
            running = until - self._since
            spent[self._phase] = spent.get(self._phase, 0.0) + running
            segments.append(Segment(self._phase, self._since - began, running, self._why))
        return Counts(
            attempts=self._attempts,
            chunks=self._chunks,
            received_bytes=self._bytes,
            queue=spent.get("queue", 0.0),
            wait=spent.get("wait", 0.0),
            tools=spent.get("tools", 0.0),
            connect=self._connect,
            longest_gap=self._longest if self._gaps else None,
            mean_gap=self._together / self._gaps if self._gaps else None,
            streamed=self._streamed,
            total=None if began is None else until - began,
            segments=tuple(sorted(segments, key=lambda one: one.start)),
        )
