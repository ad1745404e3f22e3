"""A recording as a source: its chunks are decoded again, and its events come when they are due. Nothing is sent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from .. import _words as words
from .._errors import Interrupted, NotRecorded, StreamCellError, recorded_error
from ..answer.context import ALONE, Context
from ..answer.events import (
    Alive,
    Asked,
    Called,
    Ceased,
    Chunk,
    Cursor,
    Event,
    Failed,
    Finished,
    Head,
    Lane,
    Note,
    Origin,
    PartChanged,
    PartEnded,
    PartGrew,
    PartRestored,
    Returned,
    Started,
)
from ..answer.parts import CallState
from ..answer.resume import Overlap, Rest, ResumeMode
from ..answer.status import TERMINAL, Status
from ..saved.recording import Line, Recorded
from .base import Decoder, showable
from .http.body import Reading
from .openai.calls import ids_of
from .openai.continuation import without_repetition

__all__ = ["Attempt", "RecordingSource", "attempts_of"]

DecoderNamed = Callable[..., "Decoder | None"]
"""`decoder_named` of this package: it comes in as an argument, because the package imports this module."""

_BY_HAND: Final = 1.0
"""Seconds before an answer that the user continued by hand is continued in a replay, however long the user waited."""

_ENDS: Final = {status.value: status for status in (*TERMINAL, Status.WAITING, Status.CALLING)}
_SEEN: Final = (PartGrew, PartChanged, PartRestored, PartEnded, Failed, Finished)
_RICH: Final = ("image/png", "image/jpeg", "text/html", "text/markdown")
_RETURNED: Final = {one.value: one for one in (CallState.DONE, CallState.FAILED, CallState.DENIED)}
_REFUSED: Final = 400  # HTTP statuses from here on are refusals

_DATA: Final = frozenset({"request", "response", "chunk", "text"})


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
        status = _ENDS.get(line.data["status"]) if line.kind == "status" else None
        line = replace(line, at=line.at - self._earlier)
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
        known = {name: _text(data.get(name)) for name in ("endpoint", "model", "api")}
        modes = [mode.value for mode in ResumeMode]
        resume = data.get("resume") if data.get("resume") in modes else None
        return replace(line, data={**known, "resume": resume})
    if line.kind == "response":
        status, headers = data.get("status"), data.get("headers")
        if not isinstance(status, int) or isinstance(status, bool) or not isinstance(headers, Mapping):
            return None
        kept = {str(name): _text(value) for name, value in headers.items()}
        return replace(line, data={"status": status, "headers": kept, "request_id": _text(data.get("request_id"))})
    if line.kind == "chunk":
        chunk, format_ = data.get("data"), data.get("format", "")
        usable = isinstance(chunk, str) and isinstance(format_, str)
        return replace(line, data={"data": chunk, "format": format_}) if usable else None
    if line.kind == "text":
        return line if isinstance(data.get("text"), str) else None
    if line.kind == "tool":
        part = data.get("part")
        return line if isinstance(part, int) and not isinstance(part, bool) and part >= 0 else None
    return line if isinstance(data.get("status"), str) else None


def _text(value: object) -> str:
    return showable(value) if isinstance(value, str) else ""


class RecordingSource:
    """Plays one recorded answer, see `Source`. Each call of `events` plays one attempt of it: that of `context.index`.

    Args:
        recorded: the answer.
        note: where the recording comes from, for the cell.
        decoder_named: returns the decoder for the name of a format.
        rehearsal: whether the answer was a rehearsal.
        missing: the error if there is nothing to play.
    """

    home = None
    retry_disabled_reason = None

    def __init__(
        self,
        recorded: Recorded,
        note: str,
        decoder_named: DecoderNamed,
        *,
        rehearsal: bool = False,
        missing: StreamCellError | None = None,
    ) -> None:
        self._attempts, self.flaws = attempts_of(recorded)
        self._missing = missing or NotRecorded(words.NOTHING_TO_PLAY)
        self._decoder_named = decoder_named
        self._messages = recorded.prompt.get("messages")
        asked = next((one for attempt in self._attempts for one in attempt.lines if one.kind == "request"), None)
        model, api = (asked.data["model"], asked.data["api"]) if asked is not None else ("", "")
        self.origin = Origin(model=model, api=api, note=note, rehearsal=rehearsal)
        resumed = [attempt.resume for attempt in self._attempts if attempt.resume not in (None, "exact")]
        self.way = ResumeMode(resumed[0]) if resumed else None
        # A resumed response needs the decoder of the attempt before, which knows the text so far.
        self._reading: Reading | None = None

    def claim(self) -> None:
        """Do nothing: a recording can be played again."""

    def release(self) -> None:
        """Do nothing: there is nothing to release."""

    async def events(self, context: Context = ALONE) -> AsyncIterator[Event | Note]:
        """Play one attempt, see `Source.events`."""
        if context.index >= len(self._attempts):
            yield Failed(self._missing if not self._attempts else NotRecorded(words.RECORDING_ENDS))
            return
        attempt = self._attempts[context.index]
        following = self._attempts[context.index + 1] if context.index + 1 < len(self._attempts) else None
        playing = _Playing(self, attempt, following, context)
        for at, told, seen in playing.told():
            await context.due(at, seen)
            for one in told:
                yield one

    def reading_for(self, api: str, format_: str, context: Context) -> Reading | None:
        """Return what decodes the chunks of an attempt, or None if this streamcell has no decoder of that name."""
        resume = context.resume
        if resume is None or resume.way is not ResumeMode.EXACT or self._reading is None:
            messages = self._messages if isinstance(self._messages, list) else []
            before = [one for one in messages if isinstance(one, Mapping)]
            decoder = self._decoder_named(format_, api=api, taken=ids_of((*before, *context.history)))
            self._reading = None if decoder is None else Reading(decoder)
        return self._reading


_Told = tuple[float, Sequence["Event | Note"], bool]


class _Playing:
    """One attempt as it is played: what is told at each recorded time, and whether the user sees it."""

    def __init__(self, source: RecordingSource, attempt: Attempt, following: Attempt | None, context: Context) -> None:
        self._source = source
        self._attempt = attempt
        self._following = following
        self._context = context
        self._origin = source.origin
        self._api = ""
        self._reading: Reading | None = None
        self._head: Line | None = None
        self._started = False
        self._end: Finished | Failed | None = None  # the decoder's own, held until the recorded end
        resume = context.resume
        self._overlap: Overlap | Rest | None = None
        if resume is not None and resume.way is not ResumeMode.EXACT:
            self._overlap = Rest(resume.text) if resume.way is ResumeMode.PREFIX else Overlap(resume.text)

    def told(self) -> Iterable[_Told]:
        """Yield the attempt in order: its lines, its end, and what came after."""
        lines = self._attempt.lines
        last = max((at for at, line in enumerate(lines) if line.kind == "request"), default=-1)
        alone = sum(line.kind == "chunk" for line in lines[max(last, 0) :]) == 1
        done = self._attempt.end is not None and self._attempt.end.data["status"] == Status.DONE.value
        if (lines or done) and not any(line.kind in ("request", "response") for line in lines):
            yield self._attempt.begin, self._start(), False
        for at, line in enumerate(lines):
            events = self._of(line, answers=at >= last, alone=alone)
            yield line.at, events, any(isinstance(one, _SEEN) for one in events)
        yield from self._ending()

    def _of(self, line: Line, *, answers: bool, alone: bool) -> list[Event | Note]:
        """Return what one line tells. `answers`: it is of the last request; the ones before only failed."""
        data = line.data
        if line.kind == "request":
            self._api = data["api"]
            self._origin = replace(self._origin, model=data["model"], api=data["api"])
            return [Asked(Lane(data["endpoint"], data["model"]), data["api"], data["resume"])]
        if line.kind == "response":
            self._head = line
            head = Head(data["status"], data["headers"], data["request_id"] or None)
            streams = "event-stream" in data["headers"].get("content-type", "").lower()
            return [head, *(self._start() if answers and streams and head.status < _REFUSED else [])]
        if line.kind == "text":
            text = showable(data["text"])
            return [PartGrew("text", text)] if text else []
        chunk = Chunk(data["data"], data["format"])
        if not answers or (self._head is not None and self._head.data["status"] >= _REFUSED):
            return [chunk]
        return [chunk, *(self._decoded(chunk, alone=alone) or [Alive()])]

    def _decoded(self, chunk: Chunk, *, alone: bool) -> list[Event | Note]:
        if self._reading is None:
            self._reading = self._source.reading_for(self._api, chunk.format, self._context)
        reading = self._reading
        if reading is None or reading.over:
            return []
        whole = reading.whole(chunk.data) if alone else None
        return self._shown(reading.again(chunk.data) if whole is None else whole)

    def _shown(self, events: Iterable[Event | Note]) -> list[Event | Note]:
        """Return events as they are played: ends are held, and what a continuation repeats is left out."""
        found: list[Event | Note] = []
        for event in events:
            if isinstance(event, Cursor) and (self._following is None or self._following.resume != "exact"):
                continue
            if not self._started and not isinstance(event, (Alive, Failed, Chunk)):
                found += self._start()
            pieces = [event] if self._overlap is None else without_repetition(self._overlap, event)
            for piece in pieces:
                if isinstance(piece, (Finished, Failed)):
                    self._end = self._end or piece
                else:
                    found.append(piece)
        return found

    def _start(self) -> list[Event | Note]:
        if self._started:
            return []
        self._started = True
        return [Started(self._origin, None if self._head is None else self._head.data["request_id"] or None)]

    def _ending(self) -> Iterable[_Told]:
        attempt, end, following = self._attempt, self._attempt.end, self._following
        if end is None and following is not None and isinstance(self._end, Finished):
            # Nobody was asked about its calls, and none ran, so there was no status between the two requests.
            at = attempt.after[0].at if attempt.after else following.begin
            yield at, [self._end], True
            yield from self._after(at)
            return
        if end is None:
            held = self._end if isinstance(self._end, Failed) else None
            yield attempt.lines[-1].at if attempt.lines else attempt.begin, [held] if held else [], held is not None
            return
        status = _ENDS[end.data["status"]]
        error = recorded_error(end.data.get("error"), end.data.get("message"), end.data.get("card"))
        flows = status in (Status.DONE, Status.CALLING) or error.detail == words.NO_END_MARK
        rest = self._shown(self._reading.ended()) if self._reading is not None and flows else []
        retry_in = None if following is None else max(0.0, following.begin - end.at)
        if status is Status.CALLING and following is None and not attempt.after:
            yield end.at, [*rest, Failed(NotRecorded(words.RECORDING_ENDS))], True
        elif status in (Status.DONE, Status.STOPPED) and following is not None:
            yield end.at, [*rest, Failed(Interrupted(words.CONTINUED_LATER), retry_in)], True
        elif status in (Status.DONE, Status.CALLING):
            yield end.at, [*rest, *([] if self._started else self._start()), self._finished(end)], True
            if status is Status.CALLING:
                yield from self._after(end.at)
        elif status is Status.STOPPED:
            yield end.at, [*rest, Ceased()], True
        else:
            yield end.at, [*rest, Failed(error, retry_in)], True

    def _finished(self, end: Line) -> Finished:
        """Return the end mark: the decoder's, or the recorded one if the decoder found none."""
        if isinstance(self._end, Finished):
            server = next((one.data["endpoint"] for one in reversed(self._attempt.lines) if one.kind == "request"), "")
            return replace(
                self._end, echoes=tuple(replace(one, server=server) for one in self._end.echoes if not one.by_id)
            )
        reason, notice = end.data.get("finish_reason"), end.data.get("notice")
        calling = end.data["status"] == Status.CALLING.value
        return Finished(
            reason if isinstance(reason, str) else "tool_calls" if calling else None,
            showable(notice) if isinstance(notice, str) else None,
        )

    def _after(self, last: float) -> Iterable[_Told]:
        """Yield the results of the calls, and how the answer ended if no other request followed them."""
        for line in self._attempt.after:
            last = line.at
            if line.kind == "tool":
                fields, part = _returned(line.data), line.data["part"]
                told = Called(part, _text(line.data.get("arguments"))) if fields is None else Returned(part, fields)
                yield line.at, [told], fields is not None
            elif self._following is None:
                stopped = line.data["status"] == Status.STOPPED.value
                error = recorded_error(line.data.get("error"), line.data.get("message"), line.data.get("card"))
                yield line.at, [Ceased(None if stopped else error)], True
                return
        if self._following is None:
            yield last, [Ceased(NotRecorded(words.RECORDING_ENDS))], True
        else:
            # A result that is missing must not leave the answer waiting for ever. If none is, this is never reached.
            yield self._following.begin, [Ceased(NotRecorded(words.RECORDING_ENDS))], False


def _returned(data: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the fields of a call that has ended, or None for a line that only says that it began."""
    state = _RETURNED.get(data["state"]) if isinstance(data.get("state"), str) else None
    if state is None:
        return None
    shown, seconds, edited = data.get("shown"), data.get("seconds"), data.get("edited")
    fields: dict[str, Any] = {"state": state, "result": _text(data.get("result"))}
    if "shown" in data:
        kind, content = shown if isinstance(shown, list) and len(shown) == 2 else (None, None)
        fields["shown"] = (kind, showable(content)) if kind in _RICH and isinstance(content, str) else None
    if isinstance(seconds, (int, float)) and not isinstance(seconds, bool) and 0 <= seconds < float("inf"):
        fields["seconds"] = float(seconds)
    if isinstance(edited, str):
        fields["edited"] = showable(edited)
    return fields
