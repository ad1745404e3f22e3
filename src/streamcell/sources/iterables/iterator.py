"""Any iterable as a source: strings, an SDK stream that the user opened, or a callable that returns one of them."""

from __future__ import annotations

import asyncio
import inspect
import json
import operator
import threading
import weakref
from collections.abc import AsyncIterator
from typing import Any, Final

from ... import _words as words
from ..._errors import SourceFailed
from ...answer.context import ALONE, Context
from ...answer.events import Alive, Chunk, Event, Failed, Finished, Note, Origin, PartGrew, Started
from ...request.jsonable import jsonable
from ..base import Decoder, Surrogates, field_of
from ..openai.dialect import decoder_for
from ..openai.responses import ResponsesDecoder
from .bridge import close, from_loop, from_thread, in_thread, running_loop

__all__ = ["IteratorSource", "is_answer"]

_readers: weakref.WeakValueDictionary[int, IteratorSource] = weakref.WeakValueDictionary()
"""The reader of each iterator, by the iterator's id. A reader holds its iterator, so the id is not reused meanwhile."""

_claiming: Final = threading.Lock()


def is_answer(value: object) -> bool:
    """Whether `value` can provide an answer: it is an iterable, an async iterable, or a callable."""
    return hasattr(value, "__aiter__") or hasattr(value, "__iter__") or callable(value)


class IteratorSource:
    """Streams the items of an iterable, see `Source`.

    Items are strings, or chunks of Chat Completions or of the Responses API (objects or mappings). An answer of strings
    ends with the iterator; one of chunks needs the provider's end mark.

    A callable is called for each attempt, so that its answer streams while a notebook cell computes: a coroutine
    function on streamcell's own loop, anything else on a thread, where it may block. An async iterable is read on the
    loop that `stream_cell` was called on, a sync one on its own thread.

    Raises ValueError for an iterator that is used up or closed; `claim` raises it for one that another cell reads.
    """

    way = None

    def __init__(self, given: Any) -> None:
        self._given = given
        self._making = callable(given) and not hasattr(given, "__aiter__") and not hasattr(given, "__iter__")
        self.origin = Origin(note=words.came_from(_name_of(given)))
        self.retry_disabled_reason: str | None = None
        self.home: asyncio.AbstractEventLoop | None = None
        self._once = False
        if self._making:
            return
        if hasattr(given, "__aiter__"):
            self.home = running_loop()
            once = hasattr(given, "__anext__")
        else:
            once = hasattr(given, "__next__") or iter(given) is given
        self._once = once
        if once:
            if _is_spent(given):
                raise ValueError(f"this {_name_of(given)} is used up or closed: make a new one, or give a callable")
            self.retry_disabled_reason = words.ONCE

    def claim(self) -> None:
        """Reserve the iterator for this source. Raises ValueError if another cell reads it.

        It is called last, so that a refused call does not use the iterator up.
        """
        if not self._once:
            return
        with _claiming:
            if _readers.setdefault(id(self._given), self) is not self:
                raise ValueError(
                    f"this {_name_of(self._given)} already streams into a cell; an iterator can be read only once"
                )

    def release(self) -> None:
        """Undo `claim`; nothing has been read."""
        with _claiming:
            if _readers.get(id(self._given)) is self:
                del _readers[id(self._given)]

    async def events(self, context: Context = ALONE) -> AsyncIterator[Event | Note]:  # noqa: ARG002
        """Read the iterable once, see `Source.events`."""
        items: AsyncIterator[Any] | None = None
        reader = _Reader()
        try:
            yield Started(self.origin)
            items = _items(await self._opened(), self.home)
            async for item in items:
                events = reader.take(item)
                if reader.chunk is not None:
                    yield reader.chunk
                for event in events or (Alive(),):
                    yield event
            for event in reader.end():
                yield event
        except Exception as error:  # noqa: BLE001  # a user's iterator may raise anything
            failed = error if isinstance(error, SourceFailed) else SourceFailed(f"{type(error).__name__}: {error}")
            failed.__cause__ = failed.__cause__ or error
            yield Failed(failed)
        finally:
            if items is not None:
                await items.aclose()  # type: ignore[attr-defined]  # an async generator

    async def _opened(self) -> Any:
        if not self._making:
            return self._given
        made = self._given() if inspect.iscoroutinefunction(self._given) else await in_thread(self._given)
        if inspect.isawaitable(made):
            made = await made
        if callable(made) and not is_iterable(made):
            raise SourceFailed(words.CALLABLE_GAVE_CALLABLE)
        if not is_iterable(made):
            raise SourceFailed(words.callable_gave(type(made).__name__))
        return [made] if isinstance(made, str) else made


def is_iterable(value: object) -> bool:
    """Whether `value` is an iterable or an async iterable."""
    return hasattr(value, "__aiter__") or hasattr(value, "__iter__")


class _Reader:
    """Turns items into events; the first chunk among them decides whose API the chunks are from."""

    def __init__(self) -> None:
        self._decoder: Decoder | None = None
        self._text = Surrogates()
        self._spoke = False
        self.chunk: Chunk | None = None
        """The last item, for the log; None if it was text."""

    def take(self, item: object) -> list[Event]:
        self.chunk = None
        if isinstance(item, str):
            text = self._text.feed(item)
            self._spoke = self._spoke or bool(item)
            return [PartGrew("text", text)] if text else []
        if field_of(item, "type") == "chunk" and field_of(item, "chunk") is not None:
            item = field_of(item, "chunk")  # the SDK's .stream() helper wraps each chunk
        if self._decoder is None:
            self._decoder = _decoder_for(item)
        self.chunk = Chunk(_json_of(item))
        return self._decoder.feed(item)

    def end(self) -> list[Event]:
        if self._decoder is not None:
            return self._decoder.end()
        held = self._text.end()
        notice = None if self._spoke else words.NOTHING_FROM_SOURCE
        return [*([PartGrew("text", held)] if held else []), Finished("stop", notice)]


def _json_of(item: object) -> str:
    """Return a chunk as JSON. One that JSON cannot hold is an empty object: the answer is shown all the same."""
    try:
        return json.dumps(jsonable(item, "chunk"), ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        return "{}"


def _decoder_for(item: object) -> Decoder:
    decoder = ResponsesDecoder() if field_of(item, "type") == "error" else decoder_for(item)
    if decoder is not None:
        return decoder
    raise SourceFailed(words.source_gave(type(item).__name__))


def _items(iterable: Any, home: asyncio.AbstractEventLoop | None) -> AsyncIterator[Any]:
    if hasattr(iterable, "__aiter__"):
        return _here(iterable) if home in (None, running_loop()) else from_loop(iterable, home)
    return from_thread(iterable)


async def _here(iterable: Any) -> AsyncIterator[Any]:
    try:
        async for item in iterable:
            yield item
    finally:
        await close(iterable)


def _is_spent(iterator: Any) -> bool:
    if inspect.isgenerator(iterator):
        return inspect.getgeneratorstate(iterator) == inspect.GEN_CLOSED
    if inspect.isasyncgen(iterator):
        return iterator.ag_frame is None
    response = getattr(iterator, "response", None)  # an SDK stream's HTTP response
    if response is not None and (
        getattr(response, "is_closed", False) or getattr(response, "is_stream_consumed", False)
    ):
        return True
    if getattr(iterator, "closed", False) is True:  # a file
        return True
    return hasattr(iterator, "__length_hint__") and operator.length_hint(iterator, 1) == 0


def _name_of(given: Any) -> str:
    name = getattr(given, "__qualname__", None) if callable(given) else None
    return str(name).rpartition(".")[2] if name else type(given).__name__
