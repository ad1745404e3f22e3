"""Any iterable as a source: strings, an SDK stream that the user opened, or a callable that returns one of them."""

from __future__ import annotations

import asyncio
import inspect
import operator
import threading
import weakref
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any, Final

from ... import _words as words
from ..._errors import SourceFailed
from ...answer.context import ALONE, Context
from ...answer.events import Alive, Chunk, Event, Failed, Finished, Note, Origin, PartGrew, Started
from .. import events_json
from ..base import Decoder, Surrogates, field_of
from ..libraries import failures, shapes
from ..libraries.body import DONE, Body
from ..libraries.opens import reading
from ..libraries.registry import Map, MappedDialect, decoder_of, mapping_for, opening
from ..libraries.shapes import Translated
from ..openai.responses import ResponsesDecoder
from .bridge import from_loop, in_thread, running_loop

__all__ = ["IteratorSource", "is_answer"]

_readers: weakref.WeakValueDictionary[int, IteratorSource] = weakref.WeakValueDictionary()
"""The reader of each iterator, by the iterator's id. A reader holds its iterator, so the id is not reused meanwhile."""

_claiming: Final = threading.Lock()


def is_answer(value: object) -> bool:
    """Whether `value` can provide an answer: an iterable, what a library hands out for one, or a callable."""
    return is_iterable(value) or callable(value) or inspect.isawaitable(value) or opening(value) is not None


class IteratorSource:
    """Streams the items of an iterable, see `Source`.

    Items are strings, bytes, or chunks of Chat Completions, of the Responses API, or of a library that the registry
    knows (objects or mappings). An answer of strings ends with the iterator; one of chunks needs the provider's end
    mark, if the provider has one. `map` says what the chunks mean, see `register_source`.

    A callable is called for each attempt, so that its answer streams while a notebook cell computes: a coroutine
    function on streamcell's own loop, anything else on a thread, where it may block. An async iterable is read on the
    loop that `stream_cell` was called on, a sync one on its own thread.

    Raises ValueError for an iterator that is used up or closed; `claim` raises it for one that another cell reads.
    """

    way = None

    def __init__(self, given: Any, map: Map | None = None) -> None:  # noqa: A002  # the name that users know
        self._given = given
        self._map = map
        opened = opening(given)
        self._making = callable(given) and not is_iterable(given) and opened is None
        self.origin = Origin(note=words.came_from(_name_of(given)))
        self.retry_disabled_reason: str | None = None
        self.home: asyncio.AbstractEventLoop | None = None
        self._once = False
        if self._making:
            return
        if opened is not None or inspect.isawaitable(given):
            self.home, once = running_loop(), True
        elif hasattr(given, "__aiter__"):
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
        reader = _Reader(self._map)
        begun = False
        try:
            yield Started(self.origin)
            items = _items(await self._made())
            if self.home not in (None, running_loop()):
                items = from_loop(items, self.home)
            async for item in items:
                begun = True
                events = await reader.take(item)
                for told in (_logged(events) if reader.chunked else events) or (Alive(),):
                    yield told
                if reader.done:
                    break
            events = reader.end()
            for told in _logged(events) if reader.chunked else events:
                yield told
        except Exception as error:  # noqa: BLE001  # a user's iterator may raise anything
            yield Failed(failures.failure_of(error, begun=begun))
        finally:
            if items is not None:
                await items.aclose()  # type: ignore[attr-defined]  # an async generator

    async def _made(self) -> Any:
        if not self._making:
            return self._given
        return self._given() if inspect.iscoroutinefunction(self._given) else await in_thread(self._given)


def is_iterable(value: object) -> bool:
    """Whether `value` is an iterable or an async iterable."""
    return hasattr(value, "__aiter__") or hasattr(value, "__iter__")


def _logged(events: Sequence[Event]) -> list[Event | Note]:
    """Return the events of a chunk, after their note for the log. A replay of that needs no other library."""
    data = events_json.to_json(events)
    return [Chunk(data, events_json.FORMAT), *events] if data else list(events)


class _Reader:
    """Turns items into events; the first chunk among them decides which API or library the chunks are from."""

    def __init__(self, map_: Map | None = None) -> None:
        self._map = map_
        self._decoder: Decoder | None = None
        self._body: Body | None = None
        self._text = Surrogates()
        self._spoke = False
        self.done = False

    async def take(self, item: object) -> list[Event]:
        """Return the events of an item. Users' functions run on a thread of their own."""
        if isinstance(item, (bytes, bytearray, memoryview)) and self._map is None:
            self._body = self._body or Body()
            return [event for one in self._body.feed(bytes(item)) for event in self._take(one)]
        if self._map is None and self._decoder is None and not isinstance(item, str):
            self._map = await in_thread(partial(mapping_for, item))
        if self._map is None:
            return self._take(item)
        self._decoder = self._decoder or Translated(MappedDialect)
        return self._decoder.feed(await in_thread(partial(self._map, item)))

    @property
    def chunked(self) -> bool:
        """Whether the items are chunks; text is its own log."""
        return self._decoder is not None

    def _take(self, item: object) -> list[Event]:
        if item is DONE:
            self.done = True
            return []
        if isinstance(item, str):
            if self._decoder is not None:
                return self._decoder.feed(shapes.text(item)[0]) if item else []
            text = self._text.feed(item)
            self._spoke = self._spoke or bool(item)
            return [PartGrew("text", text)] if text else []
        if field_of(item, "type") == "chunk" and field_of(item, "chunk") is not None:
            item = field_of(item, "chunk")  # the SDK's .stream() helper wraps each chunk
        if self._decoder is None:
            self._decoder = _decoder_for(item)
        return self._decoder.feed(item)

    def end(self) -> list[Event]:
        """Return the events at the end of the iterator."""
        events = [] if self._body is None else [event for one in self._body.end() for event in self._take(one)]
        if self._decoder is not None:
            return [*events, *self._decoder.end(marked=self.done)]
        held = self._text.end()
        notice = None if self._spoke else words.NOTHING_FROM_SOURCE
        return [*events, *([PartGrew("text", held)] if held else []), Finished("stop", notice)]


def _decoder_for(item: object) -> Decoder:
    decoder = ResponsesDecoder() if field_of(item, "type") == "error" else decoder_of(item)
    if decoder is not None:
        return decoder
    raise SourceFailed(words.source_gave(type(item).__name__))


async def _items(given: Any) -> AsyncIterator[Any]:
    """Read what was given or made: awaited if it must be, opened if it is no iterable.

    What can be iterated is not awaited: `llm` hands out what can be both, and awaited it would come as a whole.
    """
    opener = await in_thread(partial(opening, given))
    if opener is None and inspect.isawaitable(given) and not is_iterable(given):
        given = await given
        opener = await in_thread(partial(opening, given))
    if opener is None and not is_iterable(given):
        raise SourceFailed(
            words.CALLABLE_GAVE_CALLABLE if callable(given) else words.callable_gave(type(given).__name__)
        )
    async with aclosing(reading([given] if isinstance(given, (str, bytes)) else given, opener)) as items:
        async for item in items:
            yield item


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
