"""A source whose answer is to be recorded: without a key the cell says that the recording lacks it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from typing import Any, cast

from .._errors import NoKey, StreamCellError
from ..answer.context import ALONE, Context
from ..answer.events import Event, Failed, Note, Origin, Started
from ..answer.resume import ResumeMode
from .base import Source

__all__ = ["Unrecorded"]


class Unrecorded:
    """Another source, see `Source`, with a note about the recording in its origin.

    `missing` replaces the error for a missing key: whoever replays a recording needs to know that it lacks the answer.
    """

    def __init__(self, source: Source, note: str, missing: StreamCellError) -> None:
        self._source = source
        self._note = note
        self._missing = missing

    @property
    def origin(self) -> Origin:
        """See `Source.origin`."""
        return self._noted(self._source.origin)

    @property
    def retry_disabled_reason(self) -> str | None:
        """See `Source.retry_disabled_reason`."""
        return self._source.retry_disabled_reason

    @property
    def home(self) -> asyncio.AbstractEventLoop | None:
        """See `Source.home`."""
        return self._source.home

    @property
    def way(self) -> ResumeMode | None:
        """See `Source.way`."""
        return self._source.way

    def claim(self) -> None:
        """See `Source.claim`."""
        self._source.claim()

    def release(self) -> None:
        """See `Source.release`."""
        self._source.release()

    async def events(self, context: Context = ALONE) -> AsyncIterator[Event | Note]:
        """Make one attempt, see `Source.events`."""
        async with aclosing(cast("Any", self._source.events(context))) as events:
            async for event in events:
                if isinstance(event, Failed) and isinstance(event.error, NoKey):
                    yield Failed(self._missing)
                elif isinstance(event, Started):
                    yield replace(event, origin=self._noted(event.origin))
                else:
                    yield event

    def _noted(self, origin: Origin) -> Origin:
        return replace(origin, note="; ".join(one for one in (self._note, origin.note) if one))
