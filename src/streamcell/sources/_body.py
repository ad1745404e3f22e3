"""A response's body: opened, read to its end mark, drained and closed, and no connection lost to a cancelled task.

An HTTP library's connection pool does its housekeeping inside the request or the closing that comes next, and a task
that is cancelled right there leaves the connections that it was about to close open. So what closes is not cancelled.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, Final

from ._base import Decoder

__all__ = ["drain", "opened", "until_end"]

_TRAILER_WAIT: Final = 2.0
"""Seconds to wait for the usage after the finish_reason: a server that lingers must not hold the cell."""

_DRAIN_WAIT: Final = 0.5
"""Seconds to read on after the end, so that the connection ends cleanly and the next request can use it again."""

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


async def until_end(response: Any, chunks: AsyncIterator[bytes], decoder: Decoder) -> AsyncGenerator[bytes, None]:
    """Yield the body's pieces; after the end mark wait only so long for a trailer, and forgive how the body ends."""
    while not decoder.finished:
        if not decoder.complete:
            try:
                data = await anext(chunks)
            except StopAsyncIteration:
                return
        else:
            reading = asyncio.ensure_future(anext(chunks))
            if not await _read_within(response, reading, _TRAILER_WAIT):
                return
            data = reading.result()
        yield data


async def drain(response: Any, chunks: AsyncIterator[bytes]) -> None:
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
