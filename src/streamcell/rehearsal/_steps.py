"""The steps of a script, as values, and pure functions that shorten a script and add times to it.

A scenario yields steps without times. `limited` ends them at the request's token limit, `paced` adds a `Wait` before
each token, and `schedule` computes when each step is due. Only the server sleeps and writes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from random import Random

Reason: TypeAlias = Literal["stop", "length", "content_filter", "abort", "tool_calls"]


@dataclass(frozen=True)
class Open:
    """The request is accepted: what the API sends before the first token is sent now."""


@dataclass(frozen=True)
class Wait:
    """The pace of the model. A server that is late skips waits until it has caught up."""

    seconds: float


@dataclass(frozen=True)
class Thought:
    """A token of reasoning; `shown`: Chat Completions sends it too, as DeepSeek's server does."""

    text: str
    shown: bool = False


@dataclass(frozen=True)
class Piece:
    """A token of the answer."""

    text: str


@dataclass(frozen=True)
class Called:
    """The beginning of a tool call; `signed`: Chat Completions sends a signature with it, as Gemini's server does."""

    name: str
    signed: bool = False


@dataclass(frozen=True)
class Argument:
    """A token of the arguments of the last call."""

    text: str


@dataclass(frozen=True)
class Said:
    """One event about an output item that is neither text nor reasoning.

    It is an event of the Responses API without its numbers and the item's id, or a delta of Chat Completions.
    """

    event: Mapping[str, Any]


@dataclass(frozen=True)
class Cited:
    """A source of the answer's text: a page with its address, or a file with its id."""

    title: str
    url: str = ""
    file: str = ""


@dataclass(frozen=True)
class Stall:
    """Silence on an open connection. It is never shortened, even if the server is late."""

    seconds: float


@dataclass(frozen=True)
class End:
    """The answer ends with the API's end mark."""

    reason: Reason


@dataclass(frozen=True)
class Cut:
    """The connection ends without the API's end mark.

    The HTTP body is complete ("end"), it is closed before its end ("fin"), or the connection is reset. If nothing was
    sent before, there are no response headers either.
    """

    how: Literal["end", "fin", "reset"] = "end"


@dataclass(frozen=True)
class Torn:
    """A token whose event is only sent in part; `in_character`: cut in the middle of a character."""

    text: str
    in_character: bool = False


@dataclass(frozen=True)
class Raw:
    """Bytes that are not an event of the API."""

    data: bytes


@dataclass(frozen=True)
class Broken:
    """The API reports in the stream that the answer has failed: with an `error` event, or with its status."""

    kind: Literal["error", "failed", "cancelled"]


@dataclass(frozen=True)
class Page:
    """A response that is not a stream, although one was requested; without a body: the answer as JSON."""

    kind: str
    body: bytes | None = None


Step: TypeAlias = (
    Open | Wait | Thought | Piece | Called | Argument | Said | Cited | Stall | End | Cut | Torn | Raw | Broken | Page
)
Token: TypeAlias = Thought | Piece | Called | Argument | Said | Cited

LAST = (End, Cut, Broken, Page)


@dataclass(frozen=True)
class Timing:
    """How fast tokens are sent.

    Attributes:
        rate: Tokens per second; 0: without waiting.
        first_token: Seconds before the first token.
        jitter: The fraction, from 0 to 1, by which a wait can be longer or shorter.
        seed: The seed for the jitter and everything else that is random.
    """

    rate: float = 40.0
    first_token: float = 0.25
    jitter: float = 0.3
    seed: int | None = None

    def __post_init__(self) -> None:
        for name in ("rate", "first_token", "jitter"):
            value = getattr(self, name)
            if not math.isfinite(value) or value < 0:
                raise ValueError(f"{name} must be zero or more, not {value!r}")
        if self.jitter > 1:
            raise ValueError(f"jitter is a fraction from 0 to 1, not {self.jitter!r}")


def limited(steps: Iterable[Step], limit: int | None) -> Iterator[Step]:
    """Yield the steps until a token exceeds `limit`, and then an end for that reason. Reasoning also counts."""
    tokens = 0
    for step in steps:
        if isinstance(step, (Piece, Thought, Argument)):
            tokens += 1
            if limit is not None and tokens > limit:
                yield End("length")
                return
        yield step


def paced(steps: Iterable[Step], timing: Timing, rng: Random) -> Iterator[Step]:
    """Add before each token the wait that a model would need."""
    delay = timing.first_token
    for step in steps:
        if isinstance(step, (Piece, Thought, Called, Argument, Said, Torn)):
            if delay:
                yield Wait(delay * (1 + timing.jitter * rng.uniform(-1, 1)))
            delay = 1 / timing.rate if timing.rate else 0.0
        yield step


def schedule(steps: Iterable[Step]) -> Iterator[tuple[float, Step]]:
    """Yield each step with the time when it is due, in seconds from the start."""
    due = 0.0
    for step in steps:
        if isinstance(step, (Wait, Stall)):
            due += step.seconds
        yield due, step
