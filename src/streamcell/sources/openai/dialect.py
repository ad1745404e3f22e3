"""Detects which API's chunks a stream has, because some servers answer in the other API's format. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...answer.events import Alive, Event
from ..base import Decoder, field_of
from .chat import ChatDecoder
from .responses import ResponsesDecoder

__all__ = ["AnyDecoder", "decoder_for"]


def decoder_for(chunk: object, taken: Iterable[str] = ()) -> Decoder | None:
    """Return the decoder for the API of `chunk`, or None if the chunk does not show it. `taken`: see `Calls`."""
    kind = field_of(chunk, "type")
    if isinstance(kind, str) and kind.startswith("response."):
        return ResponsesDecoder(taken)
    if field_of(chunk, "object") == "chat.completion.chunk" or isinstance(field_of(chunk, "choices"), (list, tuple)):
        return ChatDecoder(taken)
    return None


class AnyDecoder:
    """A decoder for the chunks of either API, see `Decoder`; `expected` is the decoder of the API that was requested.

    The other API's decoder takes over with its first event that is more than a sign of life, so that a stray frame in
    its format has no effect.
    """

    def __init__(self, expected: Decoder, taken: Iterable[str] = ()) -> None:
        self._decoder = expected
        self._taken = taken
        self._other: Decoder | None = None
        self._known = False

    @property
    def trailer_wait(self) -> float | None:
        """See `Decoder.trailer_wait`."""
        return self._decoder.trailer_wait

    @property
    def finished(self) -> bool:
        """See `Decoder.finished`."""
        return self._decoder.finished

    def feed(self, chunk: object) -> list[Event]:
        """Process one chunk."""
        if not self._known:
            found = decoder_for(chunk, self._taken)
            if found is not None and not isinstance(self._decoder, type(found)):
                self._other = self._other or found
                events = self._other.feed(chunk)
                if any(not isinstance(event, Alive) for event in events):
                    self._decoder, self._known = self._other, True
                return events
        events = self._decoder.feed(chunk)
        self._known = self._known or any(not isinstance(event, Alive) for event in events)
        return events

    def end(self, *, marked: bool = False) -> list[Event]:
        """Process the end of the stream."""
        if not self._known and self._other is not None:
            events = self._other.end(marked=marked)
            if events:
                self._decoder, self._known = self._other, True
                return events
        return self._decoder.end(marked=marked)

    def whole(self, body: Mapping[str, Any]) -> list[Event] | None:
        """Process a complete answer of either API."""
        for decoder in (self._decoder, ChatDecoder(self._taken), ResponsesDecoder(self._taken)):
            events = decoder.whole(body)
            if events is not None:
                self._decoder = decoder
                return events
        return None
