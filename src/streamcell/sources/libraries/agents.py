"""OpenAI's Agents SDK: the events of a streamed run, each turn of it a response of the Responses API. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, Final

from ...answer.events import Event, Failed, Finished, PartChanged, PartEnded, PartGrew, PartRestored, Usage
from ...answer.events import UsageReported as Reported
from ...answer.parts.tool_call import CallState
from ..base import field_of
from ..openai.responses import ResponsesDecoder
from . import shapes

__all__ = ["AgentsDecoder", "is_chunk"]

_EVENTS: Final = ("raw_response_event", "run_item_stream_event", "agent_updated_stream_event")


def is_chunk(chunk: object) -> bool:
    """Whether this is an event of a streamed run."""
    return field_of(chunk, "type") in _EVENTS


class AgentsDecoder:
    """See `Decoder`. Each turn's response has a decoder of its own; the run ends when the iterator ends."""

    trailer_wait = None

    def __init__(self) -> None:
        self._turn = 0
        self._decoder = ResponsesDecoder()
        self._end: Finished | None = None
        self._parts: dict[str, str] = {}  # the part of each call, by the call's id
        self._usage = self._spent = Usage()
        self.finished = False

    def feed(self, chunk: object) -> list[Event]:
        """See `Decoder.feed`."""
        kind = field_of(chunk, "type")
        if kind == "raw_response_event":
            return self._raw(field_of(chunk, "data"))
        if kind == "run_item_stream_event" and field_of(chunk, "name") == "tool_output":
            item = field_of(chunk, "item")
            raw = field_of(item, "raw_item")
            return self._returned(field_of(raw, "call_id"), field_of(item, "output") or field_of(raw, "output"))
        return []

    def _raw(self, event: object) -> list[Event]:
        if self._decoder.finished or field_of(event, "type") == "response.created":
            self._turn += 1
            self._decoder = ResponsesDecoder(self._parts)
            self._spent, self._usage = _sum(self._spent, self._usage), Usage()
        return [kept for one in self._decoder.feed(event) if (kept := self._kept(one)) is not None]

    def _kept(self, event: Event) -> Event | None:
        """Return an event of a turn as one of the run: the end waits, usage adds up, and ids of turns differ."""
        if isinstance(event, Finished):
            self._end = event
            return None
        if isinstance(event, Reported):
            self._usage = event.usage
            return Reported(_sum(self._spent, self._usage))
        if isinstance(event, Failed):
            self.finished = True
        if isinstance(event, (PartGrew, PartChanged, PartRestored, PartEnded)) and event.id:
            event = replace(event, id=f"{self._turn}/{event.id}")
            if isinstance(event, PartChanged) and event.kind == "tool_call" and "call_id" in event.fields:
                self._parts[str(event.fields["call_id"])] = event.id
        return event

    def _returned(self, id_: object, output: Any) -> list[Event]:
        part = self._parts.get(str(id_))
        if part is None:
            return []
        fields = {"state": CallState.DONE, "result": shapes.written(output)[: shapes.RESULT]}
        return [PartChanged("tool_call", fields, part), PartEnded(part)]

    def end(self, *, marked: bool = False) -> list[Event]:  # noqa: ARG002
        """See `Decoder.end`. The SDK raises if the run fails, so an iterator that ends is the end of the run."""
        if self.finished:
            return []
        if self._end is None:
            return self._decoder.end()
        self.finished = True
        return [replace(self._end, echoes=())]

    def whole(self, body: Mapping[str, Any]) -> list[Event] | None:  # noqa: ARG002
        """See `Decoder.whole`."""
        return None


def _sum(one: Usage, other: Usage) -> Usage:
    counts = asdict(one)
    for name, value in asdict(other).items():
        if value is not None:
            counts[name] = (counts[name] or 0) + value
    return Usage(**counts)
