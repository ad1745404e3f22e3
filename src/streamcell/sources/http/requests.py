"""Requests that leak no connection when whoever waits for them is cancelled.

An HTTP library's connection pool closes connections inside the next request or close. A task that is cancelled there
leaves them open: the libraries shield it from the cancellation of anyio's scopes, but not from that of the task. For
this reason, a request is cancelled by a scope here, and closing is never cancelled.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final, TypeVar

__all__ = ["closing", "let_finish", "opened", "requested"]

T = TypeVar("T")

_unfinished: Final[set[asyncio.Future[Any]]] = set()  # the loop itself holds only weak references to tasks


async def requested(request: Awaitable[T], undo: Callable[[], Awaitable[object]] | None = None) -> T:
    """Return what a request returns. If the caller is cancelled, so is the request, and its end is waited for.

    `undo` is called if it succeeds all the same.
    """
    import anyio

    scope = anyio.CancelScope()
    answers: list[T] = []

    async def ask() -> None:
        with scope:
            answers.append(await request)

    async def leave() -> None:
        await asyncio.wait({asking})
        if answers and undo is not None:
            await undo()

    asking = asyncio.ensure_future(ask())
    try:
        await asyncio.shield(asking)
    except asyncio.CancelledError:
        scope.cancel()
        let_finish(asking)
        leaving = asyncio.ensure_future(leave())
        let_finish(leaving)
        await asyncio.shield(leaving)
        raise
    return answers[0]


async def opened(opening: Any) -> Any:
    """Open a request and return its response; it is closed if the caller is cancelled at that moment."""
    return await requested(opening.__aenter__(), lambda: opening.__aexit__(None, None, None))


@contextlib.asynccontextmanager
async def closing(opening: Any) -> AsyncIterator[None]:
    """Close an opened request completely at the end, even if the caller is cancelled meanwhile."""
    try:
        yield
    finally:
        leaving = asyncio.ensure_future(opening.__aexit__(None, None, None))
        let_finish(leaving)
        await asyncio.shield(leaving)


def let_finish(future: asyncio.Future[Any]) -> None:
    """Keep a task until it has ended, however it ends."""

    def finished(one: asyncio.Future[Any]) -> None:
        _unfinished.discard(one)
        if not one.cancelled():
            one.exception()  # retrieved, so that asyncio does not log it: the answer has ended in any case

    _unfinished.add(future)
    future.add_done_callback(finished)
