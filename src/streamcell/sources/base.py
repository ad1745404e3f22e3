"""What a source is, and what all sources share."""

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

    `origin` is what the page shows before anything has come; `retry_disabled_reason` says why the source cannot be
    opened twice, or is None; `home` is the foreign event loop that a user's own iterator lives on, or None; `way` is
    how it can go on with an answer that was cut, where the provider has no more of it, or None.
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
        """Take what can be read only once, after everything else was found good; raise ValueError if it is taken."""

    def release(self) -> None:
        """Give back what was claimed: the call was refused after all, and nothing was read."""

    def events(self, context: Context = ALONE) -> AsyncIterator[Event | Note]:
        """Make one attempt and emit its events; closing the iterator closes what it holds open, at once.

        The events are those of the whole answer, or of what `context.resume` lacks.

        It ends with Finished only for the provider's own end mark, with Failed for what went wrong, or with nothing:
        then the answer was cut.
        """


class Decoder(Protocol):
    """Turns one API's chunks into events; pure, so that it is tested without a server."""

    def feed(self, chunk: object) -> list[Event]:
        """Take one chunk, a mapping or an SDK object; pass over what is not known."""

    def end(self, *, marked: bool = False) -> list[Event]:
        """Take the end of the stream; `marked` where the server said `[DONE]`."""

    @property
    def trailer_wait(self) -> float | None:
        """None while no end mark has come; then the seconds without a further chunk after which the answer has ended,
        though the connection is open. Comments do not count as chunks.
        """

    @property
    def finished(self) -> bool:
        """Whether Finished or Failed was emitted: the rest of the stream does not matter."""

    def whole(self, body: Mapping[str, Any]) -> list[Event] | None:
        """Take an answer that came in one piece; None where it is not an answer of this API."""


def field_of(value: object, name: str) -> Any:
    """Return a field of a mapping or of an SDK object, or None: chunks come as both, and with anything missing."""
    if isinstance(value, Mapping):
        return value.get(name)
    return getattr(value, name, None)


def parts_of(value: object, name: str) -> list[Any]:
    """Return a field that should be a list, as a list."""
    found = field_of(value, name)
    return list(found) if isinstance(found, (list, tuple)) else []


def showable(text: str) -> str:
    """Return a whole text so that it can be encoded, see `Surrogates`."""
    surrogates = Surrogates()
    return surrogates.feed(text) + surrogates.end()


class Surrogates:
    r"""Makes text encodable: joins a surrogate pair that two deltas cut apart, replaces one that stays alone.

    JSON can hold `"\ud83d"` alone; Python takes it, UTF-8 cannot, and a comm message would be lost with it.
    """

    def __init__(self) -> None:
        self._high = ""
        self.replaced = 0

    def feed(self, text: str) -> str:
        """Return what of the text so far can be shown; a trailing half is held back until the next call."""
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
        """Whether half of a character is held back."""
        return bool(self._high)

    def end(self) -> str:
        """Return what was held back, replaced."""
        self.replaced += len(self._high)
        held, self._high = self._high, ""
        return REPLACEMENT * len(held)
