"""Sources turn anything that streams into our events. `resolve` returns the source for a request or an iterable."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .. import _words as words
from ..answer.events import Origin
from ..answer.resume import Prefix
from ..request.request import Request
from .base import Source
from .iterables.iterator import IteratorSource, is_answer
from .libraries.asks import asking, can_ask
from .libraries.registry import Map, register_source
from .openai.source import OpenAISource
from .recording import RecordingSource
from .unrecorded import Unrecorded

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAI

__all__ = [
    "Map",
    "RecordingSource",
    "Source",
    "Unrecorded",
    "can_ask",
    "register_source",
    "resolve",
]


def resolve(
    asked: Request | object,
    *,
    client: AsyncOpenAI | OpenAI | object | None = None,
    start_server: Callable[[], str] | None = None,
    prefix: Prefix | None = None,
    map: Map | None = None,  # noqa: A002  # the name that users know
) -> Source:
    """Return the source for a request, for an iterable of strings or chunks, or for a callable that returns one.

    Raises TypeError for anything else, and ValueError for an iterator that is used up.
    """
    if isinstance(asked, Request):
        if client is not None and can_ask(client):
            source = IteratorSource(asking(client, asked), map)
            note = "; ".join(note for note in (words.came_from(type(client).__name__), asked.remark) if note)
            source.origin = Origin(note=note)
            return source
        given: Any = client
        return OpenAISource(asked, client=given, start_server=start_server, prefix=prefix)
    if is_answer(asked):
        return IteratorSource(asked, map)
    raise TypeError(
        f"stream_cell takes a prompt, a list of messages, what another library streams, an iterable of strings or "
        f"chunks, or a callable that makes one, not {type(asked).__name__}"
    )
