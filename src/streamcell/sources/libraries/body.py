"""Bytes as a source: server-sent events, lines of JSON, or text, decided by what comes. Pure."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import Any, Final

from ..http.sse import ServerSentEvent, SseDecoder
from ..openai.words import json_of

__all__ = ["DONE", "Body"]

DONE: Final = object()

_FIELDS: Final = (b"data:", b"event:", b"id:", b"retry:", b":")
_LOOK: Final = 64 * 1024  # bytes in which the first line must end, or they are text
_LINE: Final = 64 * 1024 * 1024


class Body:
    """Takes a body in pieces of any size and returns its items: text, or chunks as values of JSON.

    The first line decides: a field of an event stream, a complete JSON value, or text. `DONE` stands for the end mark
    `[DONE]`.
    """

    def __init__(self) -> None:
        self._head = b""
        self._sse: SseDecoder | None = None
        self._lines: bytearray | None = None
        self._text: codecs.IncrementalDecoder | None = None

    def feed(self, data: bytes) -> Iterator[Any]:
        """Return the items that `data` completes. Raises ValueError for what cannot be read."""
        if self._sse is None and self._lines is None and self._text is None:
            self._head += data
            if not self._decide(final=False):
                return iter(())
            data, self._head = self._head, b""
        return self._items(data, final=False)

    def end(self) -> Iterator[Any]:
        """Return the items at the end of the body."""
        data = b""
        if self._sse is None and self._lines is None and self._text is None:
            self._decide(final=True)
            data, self._head = self._head, b""
        return self._items(data, final=True)

    def _decide(self, *, final: bool) -> bool:
        head = self._head.removeprefix(b"\xef\xbb\xbf").lstrip()
        line, *rest = head.split(b"\n", 1)
        if head.startswith(_FIELDS):
            self._sse = SseDecoder()
        elif not (rest or final) and len(head) < _LOOK and (head[:1] in (b"", b"{", b"[") or _may_be_field(head)):
            return False
        elif line[:1] in (b"{", b"[") and _json_or_none(line) is not None:
            self._lines = bytearray()
        else:
            self._text = codecs.getincrementaldecoder("utf-8-sig")("replace")
        return True

    def _items(self, data: bytes, *, final: bool) -> Iterator[Any]:
        if self._sse is not None:
            for event in self._sse.feed(data, final=final):
                yield from _item(event)
            if final:
                for event in self._sse.feed(b"", final=True):
                    yield from _item(event)
        elif self._lines is not None:
            yield from self._of_lines(self._lines, data, final=final)
        elif self._text is not None:
            text = self._text.decode(data, final=final)
            if text:
                yield text

    @staticmethod
    def _of_lines(held: bytearray, data: bytes, *, final: bool) -> Iterator[Any]:
        held += data
        if len(held) > _LINE:
            raise ValueError(f"a line of more than {_LINE:,} bytes")
        *lines, rest = held.split(b"\n")
        held[:] = b"" if final else rest
        for line in (*lines, rest) if final else lines:
            if line.strip():
                yield json_of(bytes(line))


def _item(event: ServerSentEvent) -> Iterator[Any]:
    data = event.data.strip()
    if data.strip('"') == "[DONE]":
        yield DONE
    elif data[:1] in ("{", "["):
        yield json_of(data)
    elif event.event == "error":
        yield {"error": event.data or "no words"}
    elif event.data and not event.stray:
        value = _json_or_none(data.encode()) if data[:1] == '"' else None
        yield value if isinstance(value, str) else event.data


def _json_or_none(line: bytes) -> Any:
    try:
        return json_of(line)
    except ValueError:
        return None


def _may_be_field(head: bytes) -> bool:
    return any(field.startswith(head) for field in _FIELDS)
