"""Reads a response's body as events, to its end mark, then drains it, so that its connection can be used again."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import aclosing
from typing import Any, Final

from ... import _words
from ..._errors import NotAStream, closed_early
from ...answer.events import Alive, Chunk, Event, Failed, Note, Origin, Started
from ..base import Decoder, field_of, parts_of
from ..openai.failures import bad_data, error_in, words_error
from ..openai.words import json_of, plain
from .requests import let_finish
from .sse import ServerSentEvent, SseDecoder

__all__ = ["Reading", "read"]

_DRAIN_WAIT: Final = 0.5
"""Seconds to keep reading after the answer's end, so that the next request can reuse the connection."""

_WHOLE_LIMIT: Final = 32 * 1024 * 1024
"""Bytes of a body that is not a stream that are kept, to read them as one answer."""

_PAGE_LIMIT: Final = 64 * 1024
"""Bytes of an HTML page that are read for its message."""

_HEAD: Final = 1024
"""Bytes in which a body's first character is searched, after blank lines and a byte-order mark."""

_WORDS_LIMIT: Final = 4_000
"""Characters that are kept of lines that are not chunks, because they may say why an answer was interrupted."""

_DONE: Final = "[DONE]"
"""What most servers send last. It is not a chunk, and in the Responses API it is not the end mark."""

_JSON: Final = '{["-0123456789'
"""The first characters of JSON; other data is a message in words."""

_WORDS_SHOWN: Final = 300
"""Characters that are shown of a body that could not be interpreted."""


async def read(response: Any, decoder: Decoder, origin: Origin) -> AsyncGenerator[Event | Note, None]:
    """Read a response's body to its end mark, and yield its events and notes.

    The bytes decide whether it is a stream, because many servers and proxies send the wrong content type.
    """
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    request_id = response.headers.get("x-request-id")
    chunks = response.iter_bytes()
    reading = Reading(decoder)
    started = "event-stream" in kind
    if started:
        yield Started(origin, request_id)
    async with aclosing(_until_end(response, chunks, reading)) as pieces:
        async for data in pieces:
            silent = True
            for told in reading.take(data):
                silent = False
                # A refused request has not started an answer: the other API may still be tried.
                if not started and reading.is_stream and not isinstance(told, (Chunk, Failed)):
                    started = True
                    yield Started(origin, request_id)
                yield _numbered(told, request_id)
            if silent:
                yield Alive()
            if reading.over or reading.is_page:
                break
    for told in reading.end(kind):
        if not started and not isinstance(told, (Chunk, Failed)):
            started = True
            yield Started(origin, request_id)
        yield _numbered(told, request_id)
    if decoder.finished:
        await _drain(response, chunks)


def _numbered(told: Event | Note, request_id: str | None) -> Event | Note:
    if isinstance(told, Failed) and told.error.request_id is None:
        told.error.request_id = request_id
    return told


class Reading:
    """Turns a body's bytes into events and notes, and finds the events among anything else that a server sends."""

    def __init__(self, decoder: Decoder) -> None:
        self.decoder = decoder
        self.raw: bytearray | None = bytearray()  # None from the first chunk on; without one, the body is read whole
        self.chunks = 0
        self._sse = SseDecoder()
        self._stray: list[str] = []  # the lines since the last chunk that are not chunks
        self._stray_size = 0
        self._flawed = False

    @property
    def over(self) -> bool:
        """Whether the answer has ended; what follows is ignored."""
        return self.decoder.finished or self._flawed

    @property
    def is_stream(self) -> bool:
        """Whether the body is known to be a stream."""
        return self.raw is None or self._sse.fields > 0

    @property
    def is_page(self) -> bool:
        """Whether the body is not a stream, and as much of it as is needed has been read."""
        if self.raw is None or self.is_stream:
            return False
        return len(self.raw) > (_PAGE_LIMIT if self._begins_as_page() else _WHOLE_LIMIT)

    @property
    def has_last_words(self) -> bool:
        """Whether the body ends in words, without an end mark: the server's reason for stopping."""
        return bool(self._stray) and self.raw is None and not self.over and self.decoder.trailer_wait is None

    def take(self, data: bytes) -> Iterator[Event | Note]:
        """Yield the events and notes of a piece of the body."""
        if self.raw is not None and len(self.raw) <= _WHOLE_LIMIT:
            self.raw += data
        if not self._begins_as_page():
            yield from self._sent(data)

    def end(self, kind: str) -> Iterator[Event | Note]:
        """Yield the events and notes at the end of the body; `kind` is the content type that the server sent."""
        for final in (False, True):  # the first finds an error that was held back
            if not self.over and not self._begins_as_page():
                yield from self._sent(b"", final=final)
        if self.over:
            return
        if self.raw is not None:
            yield Chunk(self.raw.decode("utf-8", "replace"))
            yield from _whole(self, kind)
        else:
            yield from self._last_words() or self.decoder.end()

    def again(self, data: str) -> Iterator[Event | Note]:
        """Yield the events of one chunk as the log has it: of a recording, whose lines have been taken apart before."""
        try:
            yield from self._chunk(ServerSentEvent("", data))
        except ValueError as error:
            yield from self._flaw(error)

    def whole(self, data: str) -> list[Event] | None:
        """Return the events of an answer that was not streamed, as the log has it, or None if it is not one."""
        with contextlib.suppress(ValueError):
            parsed = json_of(data)
            return self.decoder.whole(parsed) if isinstance(parsed, Mapping) and not _is_chunk(parsed) else None
        return None

    def ended(self) -> list[Event]:
        """Return the events at the end of a recorded body that ended without an error."""
        return [] if self.over else self._last_words() or self.decoder.end()

    def _begins_as_page(self) -> bool:
        return self.raw is not None and bytes(self.raw[:_HEAD]).lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"

    def _sent(self, data: bytes, *, final: bool = False) -> Iterator[Event | Note]:
        try:
            for sent in self._sse.feed(data, final=final):
                if sent.stray:
                    yield from self._line(sent.data)
                else:
                    if self.raw is not None:
                        yield from map(Chunk, self._stray)
                    yield Chunk(sent.data)
                    yield from self._chunk(sent) or (Alive(),)
                if self.over:
                    break
        except ValueError as error:  # UnicodeDecodeError and JSONDecodeError among them
            if not final:  # an incomplete last event means an interrupted answer, not bad data
                yield from self._flaw(error)

    def _flaw(self, error: ValueError) -> list[Event]:
        self._flawed = True
        if self.decoder.trailer_wait is not None:
            return self.decoder.end()
        unreadable = bad_data(error, _words.CHUNK)
        unreadable.__cause__ = error
        return [Failed(unreadable)]

    def _line(self, line: str) -> list[Event | Note]:
        """Return the events of a line that is not a field: a chunk or an error without `data:`, or words."""
        if not line.strip():
            return []
        if line.strip() == _DONE:
            return [Chunk(line), *self._done()]
        chunk: Any = None
        if self.raw is None or not self._stray:  # else it is one of the lines of an answer that was not streamed
            with contextlib.suppress(ValueError):
                chunk = json_of(line)
        if isinstance(chunk, Mapping) and (_is_chunk(chunk) or (error_in(chunk) is not None and not _is_whole(chunk))):
            return [Chunk(line), *(self._feed(chunk) or (Alive(),))]
        self._set_aside(line)
        return [Chunk(line), Alive()] if self.raw is None else []

    def _set_aside(self, words: str) -> None:
        if self._stray_size < _WORDS_LIMIT:
            self._stray.append(words[:_WORDS_LIMIT])
            self._stray_size += len(words)

    def _last_words(self) -> list[Event]:
        return self.decoder.feed({"error": "\n".join(self._stray)}) if self.has_last_words else []

    def _chunk(self, sent: ServerSentEvent) -> list[Event]:
        data = sent.data.strip()
        if data.strip('"') == _DONE:  # some servers send it as a JSON string
            return self._done()
        if sent.event == "error":
            return self._error(data)
        if data in ("", "null", "true", "false"):
            return []
        chunk = None if data[0] not in _JSON else json_of(data)
        if chunk is None or isinstance(chunk, str):  # a ping, or a server's last message
            self._begin()
            self._set_aside(data)
            return []
        if not isinstance(chunk, Mapping) and error_in(chunk) is None:
            raise ValueError(f"expected a JSON object, got {type(chunk).__name__}")
        return self._feed(chunk)

    def _done(self) -> list[Event]:
        self._begin()
        return self._last_words() or self.decoder.end(marked=True)

    def _error(self, data: str) -> list[Event]:
        """Return the events of an SSE event that is named "error"."""
        chunk: Any = None
        with contextlib.suppress(ValueError):
            chunk = json_of(data)
        return self._feed(chunk if error_in(chunk) is not None else {"error": chunk or data or "no words"})

    def _feed(self, chunk: Any) -> list[Event]:
        self._begin()
        self.chunks += 1
        self._stray.clear()
        self._stray_size = 0
        return self.decoder.feed(chunk)

    def _begin(self) -> None:
        if self.raw is not None:
            self.raw = None
            self._stray.clear()
            self._stray_size = 0


def _is_chunk(line: Mapping[str, Any]) -> bool:
    """Whether a line of JSON is a chunk of a stream, and not an answer that was not streamed."""
    thing, kind = line.get("object"), line.get("type")
    if isinstance(thing, str) and thing.endswith(".chunk"):
        return True
    if isinstance(kind, str) and kind.startswith("response."):
        return True
    return any(isinstance(field_of(choice, "delta"), Mapping) for choice in parts_of(line, "choices"))


def _is_whole(body: Mapping[str, Any]) -> bool:
    """Whether a body that reports an error may also hold an answer, or a part of one."""
    return bool(parts_of(body, "choices") or parts_of(body, "output"))


def _whole(reading: Reading, kind: str) -> list[Event]:
    """Return the events of a body that is not a stream: a JSON answer, or an error with the server's own message."""
    body = bytes(reading.raw or b"").strip()
    with contextlib.suppress(ValueError):
        parsed = json_of(body)
        events = reading.decoder.whole(parsed) if isinstance(parsed, Mapping) else None
        if events is not None:
            return events
        error = error_in(parsed)
        if error is not None:
            return [Failed(error)]
    if not body or reading.is_stream:
        return [Failed(closed_early(_words.ONLY_HEADERS))]
    words = plain(body[:_PAGE_LIMIT].decode("utf-8", "replace"))[:_WORDS_SHOWN]
    known = None if body.startswith(b"<") else words_error(words)
    return [Failed(known or NotAStream(_words.sent_instead(kind, words)))]


async def _until_end(response: Any, chunks: AsyncIterator[bytes], reading: Reading) -> AsyncGenerator[bytes, None]:
    """Yield the body's pieces.

    After the end mark, wait for one more chunk as long as the decoder says, and ignore errors in the rest of the body.
    Only chunks restart that wait.
    """
    decoder, loop = reading.decoder, asyncio.get_running_loop()
    heard, deadline = -1, 0.0
    while not reading.over:
        wait = decoder.trailer_wait
        if wait is None:
            try:
                data = await anext(chunks)
            except StopAsyncIteration:
                return
            except Exception:
                if reading.has_last_words:
                    return
                raise
        else:
            if reading.chunks != heard:
                heard, deadline = reading.chunks, loop.time() + wait
            piece = asyncio.ensure_future(anext(chunks))
            if not await _read_within(response, piece, max(0.0, deadline - loop.time())):
                return
            data = piece.result()
        yield data


async def _drain(response: Any, chunks: AsyncIterator[bytes]) -> None:
    """Read the rest of a body after the answer's end, if it comes soon."""

    async def rest() -> None:
        async for _ in chunks:
            pass

    await _read_within(response, asyncio.ensure_future(rest()), _DRAIN_WAIT)


async def _read_within(response: Any, reading: asyncio.Future[Any], seconds: float) -> bool:
    """Whether `reading` succeeded within `seconds`. If the body has ended, `reading` is not cancelled but may close."""
    try:
        await asyncio.wait({reading}, timeout=seconds)
    finally:
        if not reading.done() and not response.http_response.is_closed:
            reading.cancel()
        if not reading.done():
            let_finish(reading)
    await asyncio.wait({reading})
    return not reading.cancelled() and reading.exception() is None
