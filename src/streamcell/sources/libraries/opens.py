"""Opens what libraries hand out that is no iterable of chunks yet: runs, context managers, and HTTP responses.

Each opener is an async generator: it yields the chunks, and closes at its end what it has opened.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import Any, Final

from ..base import field_of
from ..iterables.bridge import close, from_thread, in_thread
from . import pydantic_ai, shapes

__all__ = ["Opener", "opener_of", "reading"]

Opener = Callable[[Any], AsyncIterator[Any]]

_PIECE: Final = 16_384  # bytes that are read at a time from a response that does not say


def opener_of(given: Any) -> Opener | None:
    """Return what opens this object, or None if it is an iterable of chunks, or is not known."""
    for takes, opener in _OPENERS:
        if takes(given):
            return opener
    return None


async def reading(given: Any, opener: Opener | None) -> AsyncGenerator[Any, None]:
    """Read an iterable, or what `opener` makes of an object, and close it: on a thread if it is not async."""
    items = given if opener is None else opener(given)
    if not hasattr(items, "__aiter__"):
        items = from_thread(items)
    try:
        async for item in items:
            yield item
    finally:
        await close(items)


def _has(*names: str) -> Callable[[Any], bool]:
    """Return whether an object's class has all these methods. The object itself is not asked: properties may raise."""
    return lambda given: all(callable(getattr(type(given), name, None)) for name in names)


def _is_run_of_agents(given: Any) -> bool:
    return _has("stream_events", "cancel")(given) and hasattr(given, "new_items")


async def _run_of_agents(run: Any) -> AsyncIterator[Any]:
    """Read a run of OpenAI's Agents SDK. Stopping cancels the run, whose task would go on otherwise."""
    whole = False
    try:
        async for event in run.stream_events():
            yield event
        whole = True
    finally:
        if not whole:
            cancelled = run.cancel()
            if inspect.isawaitable(cancelled):
                await cancelled


def _is_result_of_pydantic_ai(given: Any) -> bool:
    return _has("stream_text", "get_output")(given)


async def _result_of_pydantic_ai(result: Any) -> AsyncIterator[Any]:
    """Read the text of a result of Pydantic AI, and its usage. Its provider's finish reason is the end mark."""
    text = result.stream_text(delta=True, debounce_by=None)
    try:
        async for delta in text:
            for item in shapes.text(delta):
                yield item
    finally:
        await close(text)
    response = field_of(result, "response")
    for item in pydantic_ai.count(result.usage):
        yield item
    reason = field_of(response, "finish_reason")
    for item in shapes.finish(reason if reason or field_of(response, "provider_name") else "stop"):
        yield item


def _is_async_response_of_llm(given: Any) -> bool:
    return _has("__aiter__", "usage", "tool_calls", "text")(given)


async def _async_response_of_llm(response: Any) -> AsyncIterator[Any]:
    events = response.astream_events() if hasattr(response, "astream_events") else response
    try:
        async for event in events:
            for item in _told_by_llm(event):
                yield item
    finally:
        await close(events)
    if events is response:
        for item in _called_by_llm(await response.tool_calls()):
            yield item
    for item in _count_of_llm(await response.usage()):
        yield item


def _is_response_of_llm(given: Any) -> bool:
    return _has("__iter__", "usage", "tool_calls", "text")(given)


async def _response_of_llm(response: Any) -> AsyncIterator[Any]:
    events = response.stream_events() if hasattr(response, "stream_events") else response
    async for event in from_thread(events):
        for item in _told_by_llm(event):
            yield item
    if events is response:
        for item in _called_by_llm(await in_thread(response.tool_calls)):
            yield item
    for item in _count_of_llm(await in_thread(response.usage)):
        yield item


def _told_by_llm(event: Any) -> list[Any]:
    """Return the chunks of an event; older versions have no events but strings, and tell the calls at the end."""
    if not isinstance(event, str):
        return [event]
    return [{"type": "text", "chunk": event}] if event else []


def _called_by_llm(calls: Any) -> list[Any]:
    return [
        {"type": kind, "chunk": chunk, "tool_call_id": field_of(call, "tool_call_id") or f"call_{number}"}
        for number, call in enumerate(calls, 1)
        for kind, chunk in (
            ("tool_call_name", str(field_of(call, "name"))),
            ("tool_call_args", shapes.written(field_of(call, "arguments"))),
        )
    ]


def _count_of_llm(usage: Any) -> list[shapes.Item]:
    return shapes.usage(field_of(usage, "input"), field_of(usage, "output"))


def _is_async_http(given: Any) -> bool:
    """Whether this is a response that is read with `await`; a response without it has the same methods in `httpx`."""
    stream = getattr(given, "stream", None)
    is_sync = hasattr(stream, "__iter__") and not hasattr(stream, "__aiter__")
    return _has("aiter_bytes")(given) and hasattr(given, "status_code") and not is_sync


async def _async_http(response: Any) -> AsyncIterator[Any]:
    """Read a response of `httpx`, `httpx2` or an SDK's raw response."""
    pieces = response.aiter_bytes()
    try:
        await _check(response)
        async for piece in pieces:
            yield piece
    finally:
        await close(pieces)
        await response.aclose()


def _is_http(given: Any) -> bool:
    return (_has("iter_bytes")(given) or _has("iter_content")(given)) and hasattr(given, "status_code")


async def _http(response: Any) -> AsyncIterator[Any]:
    """Read a response of `requests`, or of `httpx` without async, on a thread."""
    await _check(response)
    raw = getattr(response, "raw", None)
    if hasattr(response, "iter_bytes"):
        pieces = response.iter_bytes()
    elif getattr(raw, "chunked", True) or not callable(getattr(raw, "read1", None)):
        pieces = response.iter_content(None)
    else:  # without chunks, the iterator of `requests` gathers the whole body first
        pieces = _read_of(raw)
    try:
        async for piece in from_thread(pieces):
            yield piece
    finally:
        # Closing the connection also ends a read that waits on the thread.
        await in_thread(response.close)


def _read_of(raw: Any) -> Any:
    while piece := raw.read1(_PIECE, decode_content=True):
        yield piece


def _is_aiohttp(given: Any) -> bool:
    return _has("release", "json")(given) and hasattr(given, "status") and _has("iter_any")(given.content)


async def _aiohttp(response: Any) -> AsyncIterator[Any]:
    try:
        await _check(response)
        async for piece in response.content.iter_any():
            yield piece
    finally:
        response.close()


class RefusedError(Exception):
    """An HTTP response that is an error: its status, and its body, which says why."""

    def __init__(self, status: int, response: Any, body: str) -> None:
        super().__init__(f"{status}: {body[:300]}")
        self.status_code = status
        self.headers = dict(getattr(response, "headers", None) or {})
        self.body = body


async def _check(response: Any) -> None:
    """Raise `RefusedError` if the response is an error; its body is read for the reason."""
    status = getattr(response, "status_code", None) or getattr(response, "status", 200)
    if not isinstance(status, int) or status < 400:
        return
    body: Any = b""
    try:
        if _is_async_http(response):
            body = await response.aread()
        elif _is_aiohttp(response):
            body = await response.read()
        else:
            body = await in_thread(getattr(response, "read", lambda: response.content))
    except Exception:  # noqa: BLE001  # a body that breaks off says nothing, and the status is known
        body = b""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body)
    raise RefusedError(status, response, text)


def _is_async_manager(given: Any) -> bool:
    return _has("__aenter__", "__aexit__")(given) and not hasattr(given, "__aiter__")


async def _async_manager(manager: Any) -> AsyncIterator[Any]:
    """Enter a context manager, such as `client.messages.stream(…)` or `agent.run_stream(…)`, and read what it gives."""
    async with manager as given, aclosing(reading(given, opener_of(given))) as items:
        async for item in items:
            yield item


def _is_manager(given: Any) -> bool:
    return _has("__enter__", "__exit__")(given) and not hasattr(given, "__iter__") and not hasattr(given, "__aiter__")


async def _manager(manager: Any) -> AsyncIterator[Any]:
    """Enter a context manager that may block, on a thread."""
    given = await in_thread(manager.__enter__)
    try:
        async with aclosing(reading(given, opener_of(given))) as items:
            async for item in items:
                yield item
    finally:
        await in_thread(lambda: manager.__exit__(None, None, None))


_OPENERS: Final[tuple[tuple[Callable[[Any], bool], Opener], ...]] = (
    (_is_run_of_agents, _run_of_agents),
    (_is_result_of_pydantic_ai, _result_of_pydantic_ai),
    (_is_async_response_of_llm, _async_response_of_llm),
    (_is_response_of_llm, _response_of_llm),
    (_is_async_http, _async_http),
    (_is_aiohttp, _aiohttp),
    (_is_http, _http),
    (_is_async_manager, _async_manager),
    (_is_manager, _manager),
)
