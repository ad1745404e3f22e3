"""The session's inputs, and the effects that it requests, as frozen values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Union

from .._errors import StreamCellError
from ..request.echoes import Echo
from .events import Event, Origin
from .moderation import Verdict
from .playback import Pace
from .resume import ResumeFrom

__all__ = [
    "Act",
    "Approved",
    "AskApproval",
    "AskPolicy",
    "Broke",
    "Checked",
    "CloseSource",
    "Closed",
    "Decided",
    "Effect",
    "Input",
    "Judge",
    "Judged",
    "OpenSource",
    "Placed",
    "Publish",
    "Received",
    "Remarked",
    "Resume",
    "Retry",
    "RunTool",
    "Select",
    "SetPace",
    "SetTimer",
    "Start",
    "Stop",
    "TakeStep",
    "Tick",
    "ToolEnded",
    "Validate",
    "Validated",
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
    """It is time to check whether anything has been received for `run`."""

    run: int


@dataclass(frozen=True)
class Wait:
    """Why an attempt waits in the queue before its server.

    `reason` is "running" (`running` answers are streaming), "refusal" (the server refused a request and asked to wait)
    or "budget" (the rate limit is used up). `seconds` is the wait from now, or None if it ends with one of the running
    answers.
    """

    reason: Literal["running", "refusal", "budget"]
    seconds: float | None = None
    running: int = 0


@dataclass(frozen=True)
class Placed:
    """`run` waits behind `queue_position` other requests for the reason `wait`; None: its turn has come."""

    run: int
    queue_position: int | None
    wait: Wait | None = None


@dataclass(frozen=True)
class Decided:
    """The decision of the user's own retry policy for `run`: wait `seconds`, or give up (None).

    `fault` says what was wrong, if the policy gave no usable decision.
    """

    run: int
    seconds: float | None
    fault: str | None = None


@dataclass(frozen=True)
class Broke:
    """streamcell itself failed: the answer ends with `error`."""

    error: StreamCellError


@dataclass(frozen=True)
class Stop:
    """The user stops the answer."""


@dataclass(frozen=True)
class Retry:
    """The user asks for a new attempt.

    `ask` says which request: 0 is the first, the others are the user's, with something changed (`changed`), and come
    from `origin`.
    """

    ask: int = 0
    changed: Mapping[str, Any] = field(default_factory=dict)
    origin: Origin | None = None


@dataclass(frozen=True)
class Resume:
    """The user asks to continue an interrupted answer from its last token."""


@dataclass(frozen=True)
class Select:
    """The user selects version `index` (0-based)."""

    index: int


@dataclass(frozen=True)
class Act:
    """The user acts on part `part` (0-based) of the answer; the part's kind defines what `action` means."""

    part: int
    action: str
    value: Any = None


@dataclass(frozen=True)
class Approved:
    """The decision of the user's `approve` function for call `part` (0-based) of `run`: None asks the user."""

    run: int
    part: int
    allow: bool | None


@dataclass(frozen=True)
class ToolEnded:
    """Call `part` (0-based) of `run` has ended; `fields` are the part's new fields."""

    run: int
    part: int
    fields: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Checked:
    """The value of a valid structured answer, and a function that returns it as plain Python values."""

    value: Any
    plain: Callable[[], Any]


@dataclass(frozen=True)
class Validated:
    """The structured answer of `run` was checked.

    `checked` is the value, if the answer is valid. Else `errors` are the places where it is not, as paths with reasons,
    and `count` is how many there are in all; or `fault` says why the check itself failed.
    """

    run: int
    checked: Checked | None = None
    errors: tuple[tuple[str, str], ...] = ()
    count: int = 0
    fault: str = ""


@dataclass(frozen=True)
class Judged:
    """The moderator's verdict on text `number` of `run`; None if there is none, for the reason `fault`."""

    run: int
    number: int
    verdict: Verdict | None
    fault: str = ""


@dataclass(frozen=True)
class SetPace:
    """The user changes how a recording is played."""

    pace: Pace


@dataclass(frozen=True)
class TakeStep:
    """The user asks for the next chunk of a recording; the replay pauses after it."""


@dataclass(frozen=True)
class Remarked:
    """Something about the cell that the user must know, besides the answer: `text` is shown with its notice."""

    text: str


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
    Validated,
    Judged,
    Broke,
    Stop,
    Retry,
    Resume,
    Select,
    Act,
    SetPace,
    TakeStep,
    Remarked,
]


@dataclass(frozen=True)
class OpenSource:
    """Open the source, and tag what it emits with `run`.

    `resume`: what to continue, or None for a new answer. `hurried`: the user asked for it now, so a wait that the
    server asked for is skipped. `history` is the answer so far, as messages: its earlier rounds of tool calls. `echoes`
    are what the server sent with those calls. `index`: how many requests this version has made before. `ask`: which
    request it is, see `Retry`.
    """

    run: int
    resume: ResumeFrom | None = None
    hurried: bool = False
    history: tuple[Mapping[str, Any], ...] = ()
    echoes: tuple[Echo, ...] = ()
    index: int = 0
    ask: int = 0


@dataclass(frozen=True)
class CloseSource:
    """Close the source opened as `run`, and with it the HTTP response, immediately."""

    run: int


@dataclass(frozen=True)
class SetTimer:
    """Pass `given` to the session after `seconds`."""

    given: Tick | Watch
    seconds: float


@dataclass(frozen=True)
class AskPolicy:
    """Ask the user's own retry policy, off the loop, and pass its decision on as `Decided`."""

    run: int
    attempt: int
    error: StreamCellError
    chance: float
    elapsed: float


@dataclass(frozen=True)
class AskApproval:
    """Ask the user's `approve` function, off the loop, whether call `part` of `run` runs, and pass on `Approved`."""

    run: int
    part: int
    name: str
    arguments: str


@dataclass(frozen=True)
class Judge:
    """Ask the user's moderator about a text of `run`, off the loop, and pass its verdict on as `Judged`."""

    run: int
    number: int
    text: str


@dataclass(frozen=True)
class RunTool:
    """Run the tool of call `part` of `run`, off the loop, and pass on `ToolEnded`."""

    run: int
    part: int
    name: str
    arguments: str


@dataclass(frozen=True)
class Validate:
    """Check the structured answer of `run`, which is `text`, off the loop, and pass on `Validated`."""

    run: int
    text: str


@dataclass(frozen=True)
class Publish:
    """The document has changed. `urgent`: a user waits to see it. `restart`: it does not continue what was shown."""

    urgent: bool = False
    restart: bool = False


Effect = Union[OpenSource, CloseSource, SetTimer, AskPolicy, AskApproval, RunTool, Validate, Judge, Publish]
