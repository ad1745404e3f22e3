"""Bridges to our event loop from another loop, and from a thread that may block. No asyncio object is shared."""

from __future__ import annotations

import asyncio
import collections
import contextvars
import inspect
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, Final

from ... import _words as words
from ..._errors import SourceFailed

__all__ = ["Handoff", "close", "from_loop", "from_thread", "in_thread", "running_loop"]

_AHEAD: Final = 1_000  # items that may wait between the two sides: bounds memory, and no model is that far ahead
_END: Final = object()


async def from_loop(
    iterable: Any, loop: asyncio.AbstractEventLoop, handoff: Handoff | None = None
) -> AsyncIterator[Any]:
    """Read an async iterable in a task on its own loop; it is never used on ours."""
    handoff = handoff or Handoff()

    async def pump() -> None:
        try:
            async for item in iterable:
                while not handoff.put(item):  # noqa: ASYNC110
                    await asyncio.sleep(0.01)  # rare, so a short wait is simpler than a signal across loops
            handoff.finish()
        except BaseException as error:
            handoff.finish(error)
            if not isinstance(error, Exception):
                raise
        finally:
            await close(iterable)

    pumping = asyncio.run_coroutine_threadsafe(pump(), loop)
    try:
        async for item in handoff:
            yield item
    finally:
        pumping.cancel()


async def from_thread(iterable: Any) -> AsyncIterator[Any]:
    """Read a sync iterable on its own thread, which may block.

    A stop takes effect here immediately; the thread ends, and closes the iterator, at the iterator's next item.
    """
    handoff = Handoff()

    def pump() -> None:
        iterator: Iterator[Any] | None = None
        try:
            iterator = iter(iterable)
            for item in iterator:
                while not handoff.put(item) and not handoff.closed.wait(0.01):
                    pass
                if handoff.closed.is_set():
                    return
            handoff.finish()
        except BaseException as error:  # noqa: BLE001  # the reader raises it again
            handoff.finish(error)
        finally:
            close = getattr(iterator, "close", None) or getattr(iterable, "close", None)
            if handoff.closed.is_set() and callable(close):
                close()

    threading.Thread(target=pump, name="streamcell-iterator", daemon=True).start()
    try:
        async for item in handoff:
            yield item
    finally:
        handoff.closed.set()


async def in_thread(function: Callable[[], Any]) -> Any:
    """Call `function` on its own thread, where it may block, and return its result.

    The loop's thread pool is not used: a few calls that hang would block all DNS lookups, which use it.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[tuple[Any, BaseException | None]] = loop.create_future()
    context = contextvars.copy_context()

    def settle(outcome: tuple[Any, BaseException | None]) -> None:
        if not done.done():
            done.set_result(outcome)

    def call() -> None:
        outcome: tuple[Any, BaseException | None]
        try:
            outcome = context.run(function), None
        except BaseException as error:  # noqa: BLE001  # raised again for the caller
            outcome = None, error
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, outcome)

    try:
        threading.Thread(target=call, name="streamcell-call", daemon=True).start()
    except RuntimeError:  # no threads here (Pyodide)
        return function()
    value, error = await done
    if error is None:
        return value
    if isinstance(error, Exception):
        raise error
    raise SourceFailed(words.call_ended(type(error).__name__)) from error


class Handoff:
    """A bounded queue from another thread to the loop that made it."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._items: collections.deque[Any] = collections.deque()
        self._ready = asyncio.Event()
        self._error: BaseException | None = None
        self.closed = threading.Event()

    def put(self, item: Any) -> bool:
        """Add an item; return False if the queue is full. Called on the other thread."""
        if len(self._items) >= _AHEAD:
            return False
        self._items.append(item)
        self._wake()
        return True

    def finish(self, error: BaseException | None = None) -> None:
        """End the queue, with an error if there was one. Called on the other thread."""
        self._error = error
        self._items.append(_END)
        self._wake()

    def _wake(self) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._ready.set)

    def across(self, function: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        """Return a version of `function` for the other loop: it runs on this one, after all items added so far."""

        async def run(arguments: tuple[Any, ...]) -> Any:
            while self._items:  # noqa: ASYNC110  # the reader is awake, and takes them in its next steps
                await asyncio.sleep(0)
            return await function(*arguments)

        async def call(*arguments: Any) -> Any:
            return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(run(arguments), self._loop))

        return call

    def __aiter__(self) -> Handoff:
        return self

    async def __anext__(self) -> Any:
        while not self._items:
            self._ready.clear()
            if not self._items:
                await self._ready.wait()
        item = self._items.popleft()
        if item is not _END:
            return item
        if self._error is None:
            raise StopAsyncIteration
        if isinstance(self._error, Exception):
            raise self._error
        raise SourceFailed(words.source_cancelled(type(self._error).__name__)) from self._error


async def close(iterable: Any) -> None:
    """Close an async iterable: a generator, or an SDK stream, which leaving the loop does not close."""
    close: Callable[[], Any] | None = getattr(iterable, "aclose", None) or getattr(iterable, "close", None)
    if callable(close):
        closing = close()
        if inspect.isawaitable(closing):
            await closing


def running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
