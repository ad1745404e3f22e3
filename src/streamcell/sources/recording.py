"""A recording as a source: its chunks are decoded again, and its events come when they are due. Nothing is sent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import replace
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
from ..answer.status import Status
from ..saved.recording import Line, Recorded
from . import events_json
from .attempts import ENDS, Attempt, attempts_of, text_in
from .base import showable
from .http.body import Reading
from .openai.calls import ids_of
from .openai.chat import ChatDecoder
from .openai.continuation import without_repetition
from .openai.dialect import AnyDecoder
from .openai.failures import bad_data
from .openai.responses import ResponsesDecoder

__all__ = ["RecordingSource"]

_SEEN: Final = (PartGrew, PartChanged, PartRestored, PartEnded, Failed, Finished)
_RICH: Final = ("image/png", "image/jpeg", "text/html", "text/markdown")
_RETURNED: Final = {one.value: one for one in (CallState.DONE, CallState.FAILED, CallState.DENIED)}
_REFUSED: Final = 400  # HTTP statuses from here on are refusals


class RecordingSource:
    """Plays one recorded answer, see `Source`. Each call of `events` plays one attempt of it: that of `context.index`.

    Args:
        recorded: the answer.
        note: where the recording comes from, for the cell.
        rehearsal: whether the answer was a rehearsal.
        missing: the error if there is nothing to play.
    """

    home = None
    retry_disabled_reason = None

    def __init__(
        self,
        recorded: Recorded,
        note: str,
        *,
        rehearsal: bool = False,
        missing: StreamCellError | None = None,
    ) -> None:
        self._attempts, flaws = attempts_of(recorded)
        lines = (line for attempt in self._attempts for line in attempt.lines if line.kind == "chunk")
        formats = sorted({line.data["format"] for line in lines} - {""})
        self.flaws = (*flaws, *(words.unknown_format(one) for one in formats if one != events_json.FORMAT))
        self._missing = missing or NotRecorded(words.NOTHING_TO_PLAY)
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

    def reading_for(self, api: str, context: Context) -> Reading:
        """Return what decodes an attempt's chunks of OpenAI's APIs."""
        resume = context.resume
        if resume is None or resume.way is not ResumeMode.EXACT or self._reading is None:
            messages = self._messages if isinstance(self._messages, list) else []
            before = [one for one in messages if isinstance(one, Mapping)]
            taken = ids_of((*before, *context.history))
            expected = ChatDecoder(taken) if api == words.APIS["chat"] else ResponsesDecoder(taken)
            self._reading = Reading(AnyDecoder(expected, taken))
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
        if chunk.format:
            return self._told_as(chunk)
        reading = self._reading = self._reading or self._source.reading_for(self._api, self._context)
        if reading.over:
            return []
        whole = reading.whole(chunk.data) if alone else None
        return self._shown(reading.again(chunk.data) if whole is None else whole)

    def _told_as(self, chunk: Chunk) -> list[Event | Note]:
        """Return the events of a chunk whose format has a name; there is one such format."""
        if chunk.format != events_json.FORMAT:
            return []
        try:
            return self._shown(events_json.from_json(chunk.data))
        except ValueError as error:
            return self._shown([Failed(bad_data(error, words.CHUNK))])

    def _rest(self) -> list[Event | Note]:
        """Return the events at the end of an attempt's chunks."""
        return self._shown([] if self._reading is None else self._reading.ended())

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
        status = ENDS[end.data["status"]]
        error = recorded_error(end.data.get("error"), end.data.get("message"), end.data.get("card"))
        flows = status in (Status.DONE, Status.CALLING) or error.detail == words.NO_END_MARK
        rest = self._rest() if flows else []
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

    def _finished(self, end: Line) -> Finished | Failed:
        """Return the end mark: the decoder's, or the recorded one if it found none. A damaged chunk is an error."""
        if isinstance(self._end, Failed):
            return self._end
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
                told = Called(part, text_in(line.data.get("arguments"))) if fields is None else Returned(part, fields)
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
    fields: dict[str, Any] = {"state": state, "result": text_in(data.get("result"))}
    if "shown" in data:
        kind, content = shown if isinstance(shown, list) and len(shown) == 2 else (None, None)
        fields["shown"] = (kind, showable(content)) if kind in _RICH and isinstance(content, str) else None
    if isinstance(seconds, (int, float)) and not isinstance(seconds, bool) and 0 <= seconds < float("inf"):
        fields["seconds"] = float(seconds)
    if isinstance(edited, str):
        fields["edited"] = showable(edited)
    return fields
