"""The events a source emits: frozen values, the only thing that passes from a source to the session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Union

from .._errors import StreamCellError

__all__ = [
    "Alive",
    "Chunk",
    "Cursor",
    "Event",
    "Failed",
    "Finished",
    "Head",
    "Lane",
    "Note",
    "Origin",
    "PartChanged",
    "PartEnded",
    "PartEvent",
    "PartGrew",
    "PartRestored",
    "Started",
    "Usage",
    "UsageReported",
]


@dataclass(frozen=True)
class Origin:
    """Where an answer comes from: the model, the API, how that was decided, and whether it is a rehearsal."""

    model: str = ""
    api: str = ""
    note: str = ""
    rehearsal: bool = False


@dataclass(frozen=True)
class Usage:
    """What the provider says it counted, in tokens; None where it did not say."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    reasoning_tokens: int | None = None
    cached_tokens: int | None = None


@dataclass(frozen=True)
class Started:
    """The answer has begun: the head of the response is here."""

    origin: Origin
    request_id: str | None = None


@dataclass(frozen=True)
class Alive:
    """Something has come that is not shown: the connection lives.

    `working`: it was a piece of the answer (a tool's arguments, an image being made), so the model is not silent.
    """

    working: bool = False


@dataclass(frozen=True)
class Cursor:
    """The answer can be resumed exactly here: at `sequence_number` of a response that continues without us."""

    response_id: str
    sequence_number: int


@dataclass(frozen=True)
class PartGrew:
    """More of a part's body, and its beginning where there is no such part; `text` is always encodable as UTF-8.

    The part is the one of that `kind` and `id`, if it is open or is no text. Without an id it is the last part, if that
    is of this kind and has none either: so text, reasoning and text again are three parts.
    """

    kind: str
    text: str
    id: str = ""


@dataclass(frozen=True)
class PartChanged:
    """Other values of a part's fields, and its beginning where there is no such part (see `PartGrew`)."""

    kind: str
    fields: Mapping[str, Any]
    id: str = ""


@dataclass(frozen=True)
class PartRestored:
    """The whole body of a part by the provider's own record: events were lost on the way, or came in another order,
    and what was shown is not a beginning of it.
    """

    kind: str
    text: str
    id: str = ""


@dataclass(frozen=True)
class PartEnded:
    """The parts of this id are whole."""

    id: str


PartEvent = Union[PartGrew, PartChanged, PartRestored, PartEnded]


@dataclass(frozen=True)
class UsageReported:
    """The provider's count of tokens."""

    usage: Usage


@dataclass(frozen=True)
class Finished:
    """The provider's own end mark has come; nothing else makes an answer whole.

    `reason` is in the words of Chat Completions (`stop`, `length`, `content_filter`, `tool_calls`, `cancelled`), or
    None where the provider ended the stream without giving one; `notice` then says so.
    """

    reason: str | None
    notice: str | None = None


@dataclass(frozen=True)
class Failed:
    """The attempt is over because of `error`."""

    error: StreamCellError


Event = Union[Started, Alive, Cursor, PartEvent, UsageReported, Finished, Failed]


@dataclass(frozen=True)
class Lane:
    """What a provider counts its limits by: the endpoint's address, the model, and the key, of which only a digest."""

    endpoint: str
    model: str
    key: str = ""


@dataclass(frozen=True)
class Head:
    """The head of the response, without what is secret in it."""

    status: int
    headers: Mapping[str, str]
    request_id: str | None = None


@dataclass(frozen=True)
class Chunk:
    """What the provider sent, word for word; what it means follows as events."""

    data: str


Note = Union[Head, Chunk]
"""What a source tells beside its events: for the line before the server and for the log, nothing to the answer."""
