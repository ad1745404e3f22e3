"""What a script is made of: steps as values, and the pure passes that cut them short and put them in time.

A scenario yields bare steps. `limited` ends them at the request's token limit, `paced` puts a `Wait` before each token,
`schedule` says when each step falls due. Only the server sleeps and writes.
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
    """The request is taken on: whatever the API sends before the first token goes out now."""


@dataclass(frozen=True)
class Wait:
    """The pace of generation. A server that is late skips waits until it has caught up."""

    seconds: float


@dataclass(frozen=True)
class Thought:
    """A token of reasoning; `shown`: Chat Completions sends it too, as DeepSeek's does."""

    text: str
    shown: bool = False


@dataclass(frozen=True)
class Piece:
    """A token of the answer."""

    text: str


@dataclass(frozen=True)
class Called:
    """The model begins to call a tool; `signed`: Chat Completions sends a signature beside it, as Gemini's does."""

    name: str
    signed: bool = False


@dataclass(frozen=True)
class Argument:
    """A token of the arguments of the call that has begun last."""

    text: str


@dataclass(frozen=True)
class Said:
    """One event about an output item that is neither text nor reasoning: of the Responses API, as it has it but for its
    numbers and its item's id; or a delta of Chat Completions.
    """

    event: Mapping[str, Any]


@dataclass(frozen=True)
class Cited:
    """A source of the answer's text: a page by its address, or a file by its id."""

    title: str
    url: str = ""
    file: str = ""


@dataclass(frozen=True)
class Stall:
    """Silence on an open connection: never shortened, however late the server is."""

    seconds: float


@dataclass(frozen=True)
class End:
    """The answer is over, and the API's own end mark says so."""

    reason: Reason


@dataclass(frozen=True)
class Cut:
    """The connection ends without the API's end mark: the body as HTTP wants it, by a close without the body's own end
    (`fin`), or by a reset. Where nothing was sent before, there is no head either.
    """

    how: Literal["end", "fin", "reset"] = "end"


@dataclass(frozen=True)
class Torn:
    """A token of which only a part of the event comes; `in_character`: up to the midst of a character."""

    text: str
    in_character: bool = False


@dataclass(frozen=True)
class Raw:
    """Bytes that are no event of the API."""

    data: bytes


@dataclass(frozen=True)
class Broken:
    """The API itself says, in the stream, that the answer has failed: in an `error` event, or by its status."""

    kind: Literal["error", "failed", "cancelled"]


@dataclass(frozen=True)
class Page:
    """An answer that is no stream, though one was asked for; without a body: the answer in one piece, as JSON."""

    kind: str
    body: bytes | None = None


Step: TypeAlias = (
    Open | Wait | Thought | Piece | Called | Argument | Said | Cited | Stall | End | Cut | Torn | Raw | Broken | Page
)
Token: TypeAlias = Thought | Piece | Called | Argument | Said | Cited

LAST = (End, Cut, Broken, Page)


@dataclass(frozen=True)
class Timing:
    """How fast tokens come: `rate` in tokens a second (0: no waiting between them), `first_token` in seconds, `jitter`
    as the fraction by which a wait may be longer or shorter, `seed` for the jitter and all else that is drawn by lot.
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
    """Give the steps until a token would go over `limit`, and then end for that reason. Reasoning counts too."""
    tokens = 0
    for step in steps:
        if isinstance(step, (Piece, Thought, Argument)):
            tokens += 1
            if limit is not None and tokens > limit:
                yield End("length")
                return
        yield step


def paced(steps: Iterable[Step], timing: Timing, rng: Random) -> Iterator[Step]:
    """Put before each token the wait that a model would make there."""
    delay = timing.first_token
    for step in steps:
        if isinstance(step, (Piece, Thought, Called, Argument, Said, Torn)):
            if delay:
                yield Wait(delay * (1 + timing.jitter * rng.uniform(-1, 1)))
            delay = 1 / timing.rate if timing.rate else 0.0
        yield step


def schedule(steps: Iterable[Step]) -> Iterator[tuple[float, Step]]:
    """Give each step with the time at which it falls due, in seconds from the start."""
    due = 0.0
    for step in steps:
        if isinstance(step, (Wait, Stall)):
            due += step.seconds
        yield due, step
