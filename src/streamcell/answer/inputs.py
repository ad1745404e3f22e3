"""What the session is fed, and what it asks for: inputs and effects, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Union

from .._errors import StreamCellError
from .events import Event
from .resume import ResumeFrom

__all__ = [
    "Act",
    "Approved",
    "AskApproval",
    "AskPolicy",
    "Broke",
    "CloseSource",
    "Closed",
    "Decided",
    "Effect",
    "Input",
    "OpenSource",
    "Placed",
    "Publish",
    "Received",
    "Resume",
    "Retry",
    "RunTool",
    "Select",
    "SetTimer",
    "Start",
    "Stop",
    "Tick",
    "ToolEnded",
    "Wait",
    "Watch",
]


@dataclass(frozen=True)
class Start:
    """The cell is shown: make the request."""


@dataclass(frozen=True)
class Received:
    """The source opened as `run` emitted `event`."""

    run: int
    event: Event


@dataclass(frozen=True)
class Closed:
    """The source opened as `run` has ended."""

    run: int


@dataclass(frozen=True)
class Tick:
    """The backoff of `run` is over."""

    run: int


@dataclass(frozen=True)
class Watch:
    """It is time to look whether anything has come for `run`."""

    run: int


@dataclass(frozen=True)
class Wait:
    """Why an attempt waits in the line before its server.

    `reason` is "running" (`running` answers are streaming), "refusal" (a refusal asks to wait) or "budget" (what the
    rate limit allows is spent). `seconds` is how long that lasts from now, None where only the answers under way can
    end it.
    """

    reason: Literal["running", "refusal", "budget"]
    seconds: float | None = None
    running: int = 0


@dataclass(frozen=True)
class Placed:
    """`run` waits for its turn behind `queue_position` others, for the reason `wait`; None: its turn has come."""

    run: int
    queue_position: int | None
    wait: Wait | None = None


@dataclass(frozen=True)
class Decided:
    """What the user's own retry policy says of `run`: wait `seconds`, or give up (None).

    `fault`: it said nothing that can be obeyed, and why.
    """

    run: int
    seconds: float | None
    fault: str | None = None


@dataclass(frozen=True)
class Broke:
    """Something of our own went wrong: the answer ends here, as `error` says."""

    error: StreamCellError


@dataclass(frozen=True)
class Stop:
    """The user ends the answer here."""


@dataclass(frozen=True)
class Retry:
    """The user asks for a new attempt."""


@dataclass(frozen=True)
class Resume:
    """The user wants a cut answer to go on from its last token."""


@dataclass(frozen=True)
class Select:
    """The user looks at version `index` (0-based)."""

    index: int


@dataclass(frozen=True)
class Act:
    """The user does something to part `part` (0-based) of the answer; what it means is that part's to say."""

    part: int
    action: str
    value: Any = None


@dataclass(frozen=True)
class Approved:
    """What the user's own function says of call `part` (0-based) of `run`: run it, deny it, or ask the user (None)."""

    run: int
    part: int
    allow: bool | None


@dataclass(frozen=True)
class ToolEnded:
    """Call `part` (0-based) of `run` has ended; `fields` are what is known of it now."""

    run: int
    part: int
    fields: Mapping[str, Any]


Input = Union[
    Start,
    Received,
    Closed,
    Tick,
    Watch,
    Placed,
    Decided,
    Approved,
    ToolEnded,
    Broke,
    Stop,
    Retry,
    Resume,
    Select,
    Act,
]


@dataclass(frozen=True)
class OpenSource:
    """Open the source and tag what it emits with `run`; `resume`: as the continuation of what is there.

    `history` is what the answer has been so far, as messages: its rounds of tools before this one.
    `hurried`: the user asked for it just now, and does not want to wait as a refusal said.
    """

    run: int
    resume: ResumeFrom | None = None
    hurried: bool = False
    history: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class CloseSource:
    """Close the source opened as `run`, and with it the HTTP response, at once."""

    run: int


@dataclass(frozen=True)
class SetTimer:
    """Feed `given` after `seconds`."""

    given: Tick | Watch
    seconds: float


@dataclass(frozen=True)
class AskPolicy:
    """Ask the user's own retry policy, off the loop, and feed its answer as `Decided` of `run`."""

    run: int
    attempt: int
    error: StreamCellError
    chance: float
    elapsed: float


@dataclass(frozen=True)
class AskApproval:
    """Ask the user's own function, off the loop, whether call `part` of `run` runs, and feed `Approved`."""

    run: int
    part: int
    name: str
    arguments: str


@dataclass(frozen=True)
class RunTool:
    """Run the tool of call `part` of `run`, off the loop, and feed `ToolEnded`."""

    run: int
    part: int
    name: str
    arguments: str


@dataclass(frozen=True)
class Publish:
    """The document has changed; `urgent`: a user waits to see it; `restart`: it does not go on from what was shown."""

    urgent: bool = False
    restart: bool = False


Effect = Union[OpenSource, CloseSource, SetTimer, AskPolicy, AskApproval, RunTool, Publish]
