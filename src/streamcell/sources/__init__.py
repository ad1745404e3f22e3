"""Sources turn anything that streams into our events. `resolve` returns the source for a request or an iterable."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .._errors import StreamCellError
from ..answer.resume import Prefix
from ..request.request import Request
from ..saved.recording import Recorded
from .base import Decoder, Source
from .iterables.iterator import IteratorSource, is_answer
from .openai.source import OpenAISource
from .recording import RecordingSource
from .unrecorded import Unrecorded

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAI

__all__ = ["RecordingSource", "Source", "Unrecorded", "decoder_named", "replay", "resolve"]


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


def decoder_named(format_: str) -> Decoder | None:  # noqa: ARG001
    """Return the decoder for a chunk's `format` that is no format of OpenAI's, or None if there is none."""
    return None


def replay(
    recorded: Recorded, note: str, *, rehearsal: bool = False, missing: StreamCellError | None = None
) -> RecordingSource:
    """Return the source that plays a recorded answer; `missing` is the error if there is nothing to play."""
    return RecordingSource(recorded, note, decoder_named, rehearsal=rehearsal, missing=missing)
