"""The events that a source emits, as frozen values: the only data that passes from a source to the session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Union

from .._errors import StreamCellError
from ..request.echoes import Echo

__all__ = [
    "Alive",
    "Asked",
    "Called",
    "Ceased",
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
    "Returned",
    "Started",
    "Usage",
    "UsageReported",
]


@dataclass(frozen=True)
class Origin:
    """Where an answer comes from: the model, the API and how it was chosen (`note`), and whether it is a rehearsal."""

    model: str = ""
    api: str = ""
    note: str = ""
    rehearsal: bool = False


@dataclass(frozen=True)
class Usage:
    """The token counts that the provider reported; None for a count that it did not report."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    reasoning_tokens: int | None = None
    cached_tokens: int | None = None


@dataclass(frozen=True)
class Started:
    """The answer has begun: the head of the response was received."""

    origin: Origin
    request_id: str | None = None


@dataclass(frozen=True)
class Alive:
    """Something was received that is not shown: the connection works.

    `working`: it was part of the answer (a tool's arguments, an image being made), so the model is not silent.
    """

    working: bool = False


@dataclass(frozen=True)
class Cursor:
    """The answer can be resumed exactly here: at `sequence_number` of a background response."""

    response_id: str
    sequence_number: int


@dataclass(frozen=True)
class PartGrew:
    """More of a part's body; it begins the part if there is none. `text` can always be encoded as UTF-8.

    The part is the one with that `kind` and `id`, if it is open or is not text. Without an id it is the last part, if
    that has the same kind and no id either: text, reasoning and text again are three parts.
    """

    kind: str
    text: str
    id: str = ""


@dataclass(frozen=True)
class PartChanged:
    """New values of a part's fields; it begins the part if there is none (see `PartGrew`)."""

    kind: str
    fields: Mapping[str, Any]
    id: str = ""


@dataclass(frozen=True)
class PartRestored:
    """The complete body of a part, as the provider's final record has it.

    It is emitted if events were lost or came in another order, so that the body so far is not the beginning of it.
    """

    kind: str
    text: str
    id: str = ""


@dataclass(frozen=True)
class PartEnded:
    """The parts with this id are complete."""

    id: str


PartEvent = Union[PartGrew, PartChanged, PartRestored, PartEnded]


@dataclass(frozen=True)
class UsageReported:
    """The provider has reported its token counts."""

    usage: Usage


@dataclass(frozen=True)
class Finished:
    """The provider's end mark was received; nothing else makes an answer complete.

    `reason` is in the words of Chat Completions (`stop`, `length`, `content_filter`, `tool_calls`, `cancelled`), or
    None if the provider ended the stream without a reason; `notice` then says so. `echoes` are what the provider sent
    with its tool calls and needs back with them.
    """

    reason: str | None
    notice: str | None = None
    echoes: tuple[Echo, ...] = ()


@dataclass(frozen=True)
class Failed:
    """The attempt has ended with `error`.

    `retry_in`: after so many seconds the next attempt was recorded; None if the retry policy decides.
    """

    error: StreamCellError
    retry_in: float | None = None


Event = Union[Started, Alive, Cursor, PartEvent, UsageReported, Finished, Failed]


@dataclass(frozen=True)
class Lane:
    """What a provider counts rate limits by: the endpoint's address, the model, and the key (here only its digest)."""

    endpoint: str
    model: str
    key: str = ""


@dataclass(frozen=True)
class Head:
    """The head of the response, without secrets."""

    status: int
    headers: Mapping[str, str]
    request_id: str | None = None


@dataclass(frozen=True)
class Chunk:
    """Data exactly as the provider sent it; the events that follow are its meaning.

    `format` names the decoder of the chunk; it is empty for OpenAI's two APIs, whose chunks show which they are of.
    """

    data: str
    format: str = ""


@dataclass(frozen=True)
class Asked:
    """A recorded request, for the log; nothing is sent. `resume` says how it resumes an interrupted answer, or None."""

    lane: Lane
    api: str
    resume: str | None = None


@dataclass(frozen=True)
class Called:
    """Call `part` (0-based) of a recorded answer began to run with these arguments: for the log."""

    part: int
    arguments: str


@dataclass(frozen=True)
class Returned:
    """What call `part` (0-based) of a recorded answer returned; `fields` are the part's new fields."""

    part: int
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class Ceased:
    """A recorded answer ends here, whatever its status: with `error`, or because the user stopped it (None)."""

    error: StreamCellError | None = None


Note = Union[Head, Chunk, Asked, Called, Returned, Ceased]
"""What a source emits besides events: for the rate-limit queue, for the log, and what a recording says of the user."""
