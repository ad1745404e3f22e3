"""A response's body as events: opened, read to its end mark, drained and closed, and no connection lost.

An HTTP library's connection pool does its housekeeping inside the request or the closing that comes next, and a task
that is cancelled right there leaves the connections that it was about to close open. So what closes is not cancelled.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from typing import Any, Final

from .._errors import ConnectionFailed, NotAStream
from .._events import Alive, Chunk, Event, Failed, Note, Origin, Started
from ._base import Decoder
from ._failures import bad_data, error_in_stream
from ._sse import SseDecoder

__all__ = ["opened", "read"]

_TRAILER_WAIT: Final = 2.0
"""Seconds to wait for the usage after the finish_reason: a server that lingers must not hold the cell."""

_DRAIN_WAIT: Final = 0.5
"""Seconds to read on after the end, so that the connection ends cleanly and the next request can use it again."""

_WHOLE_LIMIT: Final = 32 * 1024 * 1024
"""Bytes of a body that is no stream, kept to be read as one answer."""

_closing: set[asyncio.Future[Any]] = set()  # the loop itself holds no task


@contextlib.asynccontextmanager
async def opened(opening: Any) -> AsyncIterator[Any]:
    """Make the request and give its response; close it whole, though the caller is cancelled meanwhile."""
    response = await opening.__aenter__()
    try:
        yield response
    finally:
        closing = asyncio.ensure_future(opening.__aexit__(None, None, None))
        _let_finish(closing)
        await asyncio.shield(closing)


async def read(response: Any, decoder: Decoder, origin: Origin) -> AsyncGenerator[Event | Note, None]:
    """Read a response's body to its end mark."""
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    request_id = response.headers.get("x-request-id")
    chunks = response.iter_bytes()
    if "json" in kind or "html" in kind:
        async with aclosing(_read_whole(chunks, decoder, origin, request_id, kind)) as events:
            async for event in events:
                yield event
        return
    yield Started(origin, request_id)
    sse = SseDecoder()
    raw: list[bytes] | None = []  # until the first event: a page with a wrong content type is told by its body
    try:
        async with aclosing(_until_end(response, chunks, decoder)) as pieces:
            async for data in pieces:
                if raw is not None and sum(map(len, raw)) < _WHOLE_LIMIT:
                    raw.append(data)
                sent_events = sse.feed(data)
                if not sent_events:
                    yield Alive()
                for sent in sent_events:
                    raw = None
                    yield Chunk(sent.data)
                    for event in _decode(sent.data, decoder):
                        yield event
                    if decoder.finished:
                        break
                if decoder.finished:
                    break
        if not decoder.finished:
            sse.feed(b"")  # raises the flaw that it held back
            with contextlib.suppress(ValueError):  # what was cut inside its last event is cut, not bad
                for sent in sse.feed(b"", final=True):
                    raw = None
                    yield Chunk(sent.data)
                    for event in _decode(sent.data, decoder):
                        yield event
        for event in decoder.end():
            yield event
    except ValueError as error:  # UnicodeDecodeError and JSONDecodeError among them
        if decoder.trailer_wait is not None:
            for event in decoder.end():
                yield event
        else:
            unreadable = bad_data(error, "A chunk of the stream")
            unreadable.__cause__ = error
            yield Failed(unreadable)
        return
    if raw is not None and not decoder.finished:
        for event in _whole(b"".join(raw), decoder, kind, request_id, commented=sse.fields > 0):
            yield event
    elif decoder.finished:
        await _drain(response, chunks)


def _decode(data: str, decoder: Decoder) -> list[Event]:
    data = data.strip()
    if not data:
        return []
    if data == "[DONE]":
        return decoder.end(marked=True)
    chunk = json.loads(data)
    if not isinstance(chunk, Mapping):
        raise ValueError(  # noqa: TRY004  # bad data, as all of its kind
            f"expected a JSON object, got {type(chunk).__name__}"
        )
    return decoder.feed(chunk)


async def _read_whole(
    chunks: AsyncIterator[bytes], decoder: Decoder, origin: Origin, request_id: str | None, kind: str
) -> AsyncGenerator[Event | Note, None]:
    body = bytearray()
    async for data in chunks:
        body += data
        if len(body) > _WHOLE_LIMIT:
            break
    yield Chunk(body.decode("utf-8", "replace"))
    yield Started(origin, request_id)
    for event in _whole(bytes(body), decoder, kind, request_id, commented=False):
        yield event


def _whole(body: bytes, decoder: Decoder, kind: str, request_id: str | None, *, commented: bool) -> list[Event]:
    """Return the events of a body that is no stream: a JSON answer is used, a JSON error is told."""
    with contextlib.suppress(ValueError):
        parsed = json.loads(body)
        if isinstance(parsed, Mapping):
            if parsed.get("error"):
                return [Failed(error_in_stream(parsed["error"]))]
            events = decoder.whole(parsed)
            if events is not None:
                return events
    if not body.strip() or commented:
        return [Failed(ConnectionFailed("The connection was closed without an answer.", request_id=request_id))]
    head = body[:160].decode("utf-8", "replace").strip()
    return [Failed(NotAStream(f"It sent {kind or 'data without a content type'}: {head}", request_id=request_id))]


async def _until_end(response: Any, chunks: AsyncIterator[bytes], decoder: Decoder) -> AsyncGenerator[bytes, None]:
    """Yield the body's pieces; after the end mark wait only so long for a trailer, and forgive how the body ends."""
    while not decoder.finished:
        if decoder.trailer_wait is None:
            try:
                data = await anext(chunks)
            except StopAsyncIteration:
                return
        else:
            reading = asyncio.ensure_future(anext(chunks))
            if not await _read_within(response, reading, decoder.trailer_wait):
                return
            data = reading.result()
        yield data


async def _drain(response: Any, chunks: AsyncIterator[bytes]) -> None:
    """Read what is left of a body that has ended, if it comes soon."""

    async def rest() -> None:
        async for _ in chunks:
            pass

    await _read_within(response, asyncio.ensure_future(rest()), _DRAIN_WAIT)


async def _read_within(response: Any, reading: asyncio.Future[Any], seconds: float) -> bool:
    """Whether `reading` brought what it read within `seconds`; a read that has come to the end is let close."""
    try:
        await asyncio.wait({reading}, timeout=seconds)
    finally:
        if not reading.done() and not response.http_response.is_closed:
            reading.cancel()
        if not reading.done():
            _let_finish(reading)
    await asyncio.wait({reading})
    return not reading.cancelled() and reading.exception() is None


def _let_finish(closing: asyncio.Future[Any]) -> None:
    def finished(one: asyncio.Future[Any]) -> None:
        _closing.discard(one)
        if not one.cancelled():
            one.exception()  # asked for, so that none is logged: the answer has ended, however its connection did

    _closing.add(closing)
    closing.add_done_callback(finished)
