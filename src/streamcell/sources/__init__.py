"""Sources turn anything that streams into our events. `resolve` returns the source for a request or an iterable."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..answer.resume import Prefix
from ..request.request import Request
from .base import Source
from .iterables.iterator import IteratorSource, is_answer
from .openai.source import OpenAISource

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAI

__all__ = ["Source", "resolve"]


def resolve(
    asked: Request | object,
    *,
    client: AsyncOpenAI | OpenAI | None = None,
    start_server: Callable[[], str] | None = None,
    prefix: Prefix | None = None,
) -> Source:
    """Return the source for a request, for an iterable of strings or chunks, or for a callable that returns one.

    Raises TypeError for anything else, and ValueError for an iterator that is used up.
    """
    if isinstance(asked, Request):
        return OpenAISource(asked, client=client, start_server=start_server, prefix=prefix)
    if is_answer(asked):
        given: Any = asked
        return IteratorSource(given)
    raise TypeError(
        f"stream_cell takes a prompt, a list of messages, an iterable of strings or chunks, or a callable that makes "
        f"one, not {type(asked).__name__}"
    )
