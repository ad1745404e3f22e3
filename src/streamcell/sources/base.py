"""The protocols of sources and decoders, and helpers that all sources share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final, Protocol

from ..answer.context import ALONE, Context
from ..answer.events import Event, Note, Origin
from ..answer.resume import ResumeMode

__all__ = ["Decoder", "Source", "Surrogates", "field_of", "parts_of", "showable"]

REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"


class Source(Protocol):
    """Where an answer comes from.

    Attributes:
        origin: what the page shows before anything is received.
        retry_disabled_reason: why the source cannot be opened twice, or None.
        home: the event loop that a user's own async iterable belongs to, or None.
        way: how an interrupted answer can be resumed if the provider does not have the rest of it, or None.
    """

    @property
    def origin(self) -> Origin: ...
    @property
    def retry_disabled_reason(self) -> str | None: ...
    @property
    def home(self) -> asyncio.AbstractEventLoop | None: ...

    @property
    def way(self) -> ResumeMode | None: ...

    def claim(self) -> None:
        """Reserve an iterator that can be read only once; raise ValueError if another cell has it.

        It is called after all other checks have passed.
        """

    def release(self) -> None:
        """Undo `claim`, because the cell could not be made; nothing has been read."""

    def events(self, context: Context = ALONE) -> AsyncIterator[Event | Note]:
        """Make one attempt and emit its events: of the whole answer, or of what comes after `context.resume`.

        Closing the iterator immediately closes what it holds open, such as an HTTP response.

        The last event is Finished, only for the provider's end mark, or Failed for an error. If neither is emitted, the
        answer was interrupted.
        """


class Decoder(Protocol):
    """Turns one API's chunks into events. Pure, so that it can be tested without a server."""

    def feed(self, chunk: object) -> list[Event]:
        """Return the events of one chunk, a mapping or an SDK object; unknown content is ignored."""

    def end(self, *, marked: bool = False) -> list[Event]:
        """Return the events at the end of the stream; `marked`: the server sent `[DONE]`."""

    @property
    def trailer_wait(self) -> float | None:
        """How many seconds to wait for one more chunk after the end mark, although the connection is open; else None.

        It is None before the end mark. Comments do not count as chunks.
        """

    @property
    def finished(self) -> bool:
        """Whether Finished or Failed was emitted; the rest of the stream is then ignored."""

    def whole(self, body: Mapping[str, Any]) -> list[Event] | None:
        """Return the events of an answer that was not streamed, or None if it is not an answer of this API."""


def field_of(value: object, name: str) -> Any:
    """Return a field of a mapping or of an SDK object, or None: chunks are either, and any field may be missing."""
    if type(value) is dict or isinstance(value, Mapping):  # nearly always a dict, and that is faster to find out
        return value.get(name)
    return getattr(value, name, None)


def parts_of(value: object, name: str) -> list[Any]:
    """Return a field that should be a list, as a list; empty if it is anything else."""
    found = field_of(value, name)
    return list(found) if isinstance(found, (list, tuple)) else []


def showable(text: str) -> str:
    """Return a complete text in a form that UTF-8 can encode, see `Surrogates`."""
    surrogates = Surrogates()
    return surrogates.feed(text) + surrogates.end()


class Surrogates:
    r"""Makes text encodable: joins a surrogate pair that was split between two deltas, and replaces a lone surrogate.

    JSON allows a lone `"\ud83d"` and Python reads it, but UTF-8 cannot encode it, and the comm message with it would be
    lost.
    """

    def __init__(self) -> None:
        self._high = ""
        self.replaced = 0

    def feed(self, text: str) -> str:
        """Return the text that can be shown now; a high surrogate at the end is held back until the next call."""
        if not self._high and text.isascii():
            return text
        text = self._high + text
        self._high = ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            text, self._high = text[:-1], text[-1]
        try:
            text.encode()
        except UnicodeEncodeError:
            joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
            self.replaced += joined.count(REPLACEMENT) - text.count(REPLACEMENT)
            return joined
        return text

    @property
    def holds(self) -> bool:
        """Whether a high surrogate is held back."""
        return bool(self._high)

    def end(self) -> str:
        """Return the replacement for what was held back, or an empty string."""
        self.replaced += len(self._high)
        held, self._high = self._high, ""
        return REPLACEMENT * len(held)
