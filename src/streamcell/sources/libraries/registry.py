"""The registry of sources: which library's chunks a stream has, and how what a library hands out is opened."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from ... import _words as words
from ..._errors import SourceFailed
from ..base import Decoder, field_of, parts_of
from ..iterables.bridge import in_thread
from ..openai.dialect import decoder_for
from . import anthropic, google, langchain, llm, ollama, plain, pydantic_ai, shapes
from .agents import AgentsDecoder
from .agents import is_chunk as is_of_agents
from .opens import Opener, opener_of, reading
from .shapes import Dialect, Item, Translated

__all__ = ["Map", "MappedDialect", "decoder_of", "mapping_for", "opening", "register_source"]

_MOST: Final = 1_000  # chunks that a user's `map` may make of one

Map = Callable[[Any], Any]
"""Turns a chunk into a string, a chunk of Chat Completions as a dict, a list of these, or None."""


@dataclass(frozen=True)
class Mapped:
    """A source that a user has registered, see `register_source`."""

    name: str
    is_chunk: Callable[[Any], bool]
    map: Map
    open: Callable[[Any], Any] | None
    takes: Callable[[Any], bool] | None


_DIALECTS: Final[tuple[tuple[Callable[[object], bool], Callable[[], Dialect]], ...]] = (
    (anthropic.is_chunk, anthropic.AnthropicDialect),
    (pydantic_ai.is_chunk, pydantic_ai.PydanticAIDialect),
    (langchain.is_chunk, langchain.LangChainDialect),
    (llm.is_chunk, llm.LlmDialect),
    (ollama.is_chunk, ollama.OllamaDialect),
    (google.is_chunk, google.GoogleDialect),
    (plain.is_chunk, plain.PlainDialect),
)
"""In this order: the forms that are hardest to mistake come first."""

_registered: list[Mapped] = []
_registering: Final = threading.Lock()


def register_source(
    name: str,
    *,
    is_chunk: Callable[[Any], bool],
    map: Map,  # noqa: A002  # the same name as in stream_cell
    takes: Callable[[Any], bool] | None = None,
    open: Callable[[Any], Any] | None = None,  # noqa: A002
) -> None:
    """Teach streamcell to read the streams of another library, for this process.

    Args:
        name: the library's name. Registering the same name again replaces what was registered.
        is_chunk: whether an item of an iterable is a chunk of this library. It is asked before streamcell's own
            libraries, once for each stream, with the first item that is not a string.
        map: returns for a chunk what it means: a string (text); a chunk of Chat Completions as a dict, such as
            `{"choices": [{"delta": {"reasoning_content": "…"}}]}`; a list of these; or None, if there is nothing to
            show. The answer ends with its iterator, unless a dict has a `finish_reason`.
        takes: whether an object that is handed to `stream_cell` is of this library, if it is no iterable itself.
        open: returns the iterable of such an object; needed if `takes` is given.

    Raises:
        TypeError: if one of the functions is not callable.
        ValueError: if only one of `takes` and `open` is given.
    """
    given: dict[str, Any] = {"is_chunk": is_chunk, "map": map, "takes": takes, "open": open}
    for called, value in given.items():
        if not (callable(value) or (value is None and called in ("takes", "open"))):
            raise TypeError(f"{called} must be a function, not {type(value).__name__}")
    if (takes is None) != (open is None):
        raise ValueError("takes and open belong together: give both, or neither")
    made = Mapped(name, is_chunk, map, open, takes)
    with _registering:
        _registered[:] = [one for one in _registered if one.name != name] + [made]


class MappedDialect:
    """The dialect of chunks that a user's `map` has translated, see `Dialect`: it ends with its iterator."""

    def __init__(self) -> None:
        self._ended = False

    def feed(self, chunk: object) -> Iterable[Item]:
        """See `Dialect.feed`. Raises SourceFailed for what `map` should not return."""
        if chunk is None:
            return []
        if isinstance(chunk, str):
            return shapes.text(chunk)
        if isinstance(chunk, (list, tuple)):
            return [item for one in chunk[:_MOST] for item in self.feed(one)]
        if not isinstance(chunk, Mapping):
            raise SourceFailed(words.map_gave(type(chunk).__name__))
        self._ended = self._ended or any(field_of(one, "finish_reason") for one in parts_of(chunk, "choices"))
        return [chunk]

    def end(self) -> Iterable[Item]:
        """See `Dialect.end`."""
        return [] if self._ended else shapes.finish("stop")


def mapping_for(chunk: object) -> Map | None:
    """Return how a registered library's chunk is mapped, or None if no registered library knows it."""
    return next((one.map for one in reversed(_registered) if one.is_chunk(chunk)), None)


def opening(given: Any) -> Opener | None:
    """Return what makes an iterable of an object, or None if it needs none, or is not known.

    It asks the functions that users have registered, so it is not called on the streams' loop.
    """
    for one in reversed(_registered):
        if one.takes is not None and one.open is not None and one.takes(given):
            return partial(_opened, one.open)
    return opener_of(given)


async def _opened(open_: Callable[[Any], Any], given: Any) -> AsyncIterator[Any]:
    """Read what a user's function makes of an object; the function runs on a thread of its own."""
    made = await in_thread(partial(open_, given))
    async with aclosing(reading(made, None)) as items:
        async for item in items:
            yield item


def decoder_of(chunk: object) -> Decoder | None:
    """Return the decoder for the stream that begins with this chunk, or None if no library's chunks look like it."""
    found = decoder_for(chunk)
    if found is not None:
        return found
    if is_of_agents(chunk):
        return AgentsDecoder()
    return next((Translated(dialect) for is_chunk, dialect in _DIALECTS if is_chunk(chunk)), None)
