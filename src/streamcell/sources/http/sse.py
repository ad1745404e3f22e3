"""A tolerant decoder of server-sent events. Pure: bytes in, events out.

It follows the WHATWG HTML standard, section 9.2.6 ("Interpreting an event stream"), with three exceptions:

- A last event without its blank line counts, because several servers leave the line out.
- An `error:` field is an event of that name with its data (llama.cpp).
- A line that is not a field is returned as it is, because it may be a chunk without `data:`, or the only error message.

It also handles what servers send besides chunks: comments as keep-alives, events without data, a lone `id:`, CR, LF and
CRLF, and pieces that end inside a UTF-8 sequence or between CR and LF.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["MAX_EVENT", "ServerSentEvent", "SseDecoder"]

MAX_EVENT: Final = 64 * 1024 * 1024
"""The largest size of one event, in bytes: memory must stay bounded, and a base64 image takes about 10 MB."""


@dataclass(frozen=True)
class ServerSentEvent:
    """One event: its name ("" if it has none) and its data, with its lines joined by line feeds.

    `stray`: not an event, but one line that is not a field of an event stream.
    """

    event: str
    data: str
    stray: bool = False


class SseDecoder:
    """Takes the body of a `text/event-stream` response in pieces of any size, and returns its events.

    Lines are split as bytes and then decoded, which is safe: no UTF-8 sequence contains a line end or a colon.
    """

    def __init__(self) -> None:
        self._rest: list[bytes] = []
        self._held = 0
        self._after_cr = False
        self._first = True
        self._event = ""
        self._data: list[str] = []
        self._flaw: ValueError | None = None
        self.fields = 0

    def feed(self, data: bytes, *, final: bool = False) -> list[ServerSentEvent]:
        """Return the events that `data` completes; `final`: it is the last piece.

        Raises UnicodeDecodeError for invalid UTF-8 and ValueError for an event larger than `MAX_EVENT`, but only after
        the events before the error have been returned, so possibly at the next call. `fields` counts the lines that
        were fields or comments, so that a caller can distinguish a stream from a page.
        """
        events: list[ServerSentEvent] = []
        try:
            if self._flaw is not None:
                raise self._flaw
            self._split(data, events)
            if final:
                self._end_line(events)
                self._dispatch(events)
        except ValueError as flaw:
            if not events:
                raise
            self._flaw = flaw
        return events

    def _split(self, data: bytes, events: list[ServerSentEvent]) -> None:
        if not data:
            return
        if self._after_cr and data.startswith(b"\n"):
            data = data[1:]
        self._after_cr = data.endswith(b"\r")
        for line in data.splitlines(keepends=True):
            ended = line.endswith((b"\n", b"\r"))
            self._rest.append(line.rstrip(b"\r\n") if ended else line)
            self._held += len(line)
            if self._held > MAX_EVENT:
                raise ValueError(f"an event of more than {MAX_EVENT:,} bytes")
            if ended:
                self._end_line(events)

    def _end_line(self, events: list[ServerSentEvent]) -> None:
        line = b"".join(self._rest)
        self._rest.clear()
        if self._first:
            line = line.removeprefix(b"\xef\xbb\xbf")  # a byte-order mark
            self._first = False
        if not line:
            self._dispatch(events)
            return
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name in (b"", b"data", b"event", b"id", b"retry"):
            self.fields += 1
        if name == b"data":
            self._data.append(value.decode())
        elif name == b"event":
            self._event = value.decode()
        elif name == b"error":
            self.fields += 1
            self._event = "error"
            self._data.append(value.decode())
        elif name not in (b"", b"id", b"retry"):
            if not self._data and not self._event:
                self._held = 0  # lines outside an event do not count towards its size
            events.append(ServerSentEvent("", line.decode("utf-8", "replace"), stray=True))

    def _dispatch(self, events: list[ServerSentEvent]) -> None:
        if self._data:
            events.append(ServerSentEvent(self._event, "\n".join(self._data)))
        self._event = ""
        self._data = []
        self._held = 0
