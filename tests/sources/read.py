"""Reading a source to its end, without a cell: what it emits is what counts."""

from __future__ import annotations

import asyncio
from typing import Any

from streamcell.answer.events import (
    Asked,
    Called,
    Ceased,
    Chunk,
    Event,
    Failed,
    Finished,
    Head,
    PartGrew,
    Returned,
    Started,
    Usage,
    UsageReported,
)
from streamcell.engine.driver import driver
from streamcell.request.messages import messages_of
from streamcell.request.request import Request, make_request
from streamcell.sources import Source

NOTES = (Head, Chunk, Asked, Called, Returned, Ceased)


def request(prompt: str = "Say something", *, api: str = "auto", model: str | None = "m", **params: Any) -> Request:
    """Return a request as `stream_cell` makes it."""
    messages = messages_of(prompt)
    assert messages is not None
    return make_request(messages, model=model, api=api, instructions=None, previous=(), params=params)


def read(source: Source) -> list[Event]:
    """Return every event of one attempt, read where the driver reads it: on its own loop."""

    async def collect() -> list[Event]:
        return [event async for event in source.events() if not isinstance(event, NOTES)]

    return asyncio.run_coroutine_threadsafe(collect(), driver().loop).result(300)


def text_of(events: list[Event]) -> str:
    """Return the answer's text."""
    return "".join(event.text for event in events if isinstance(event, PartGrew) and event.kind == "text")


def usage_of(events: list[Event]) -> Usage | None:
    """Return the last usage that was reported."""
    return next((event.usage for event in reversed(events) if isinstance(event, UsageReported)), None)


def outcome(events: list[Event]) -> str:
    """Return how it ended: `done:<reason>`, `failed:<kind>`, or `cut`."""
    ends = [event for event in events if isinstance(event, (Finished, Failed))]
    if not ends:
        return "cut"
    assert len(ends) == 1, ends
    (end,) = ends
    return f"done:{end.reason}" if isinstance(end, Finished) else f"failed:{end.error.error_kind}"


def started(events: list[Event]) -> Started:
    """Return the first Started; there is at most one."""
    found = [event for event in events if isinstance(event, Started)]
    assert len(found) == 1
    return found[0]
