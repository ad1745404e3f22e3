"""The document: everything known about an answer, and how each event changes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any, Final, Literal

from .. import _words as words
from .._errors import (
    BadData,
    ConnectionFailed,
    Flagged,
    Interrupted,
    ModerationFailed,
    SourceFailed,
    Stopped,
    StreamCellError,
    TimedOut,
)
from ..request.echoes import Echo, within
from .copied import copied
from .events import (
    Alive,
    Cursor,
    Event,
    Failed,
    Finished,
    Origin,
    PartChanged,
    PartEnded,
    PartGrew,
    PartRestored,
    Started,
    Usage,
    UsageReported,
)
from .inputs import Checked, Wait
from .moderation import Judging
from .parts import Part, ToolCall, body_of, growth, has_output, text_of
from .playback import Pace
from .resume import ResumeMode
from .status import Status
from .structure import answer_in, partial_value, rows_of, unwrapped

__all__ = ["Document", "Idle", "Timings", "Version", "reduce", "way_on"]


Checking = Literal["prompt", "text", "end"]


@dataclass(frozen=True)
class Timings:
    """Seconds from the start of the attempt to its first token (`first_token`) and to its end (`total`), or None."""

    first_token: float | None = None
    total: float | None = None


@dataclass(frozen=True)
class Idle:
    """Nothing has been received for `seconds`; after `limit` seconds the attempt is given up."""

    seconds: float
    limit: float


@dataclass(frozen=True)
class Version:
    """One attempt's answer, complete or partial, and what is known about it. Immutable.

    Attributes:
        parts: the answer, in the order in which it was received; `text`, `reasoning` and `refusal` join the parts of
            each kind.
        status: a `Status`, which is a string such as `"done"`.
        attempt: the number of the attempt, from 1.
        finish_reason: why the provider ended the answer, in the words of Chat Completions, or None.
        usage: the provider's token counts, including earlier rounds of tool calls, or None.
        error: why the answer is incomplete, or None.
        origin: the model, the API, and how the API was chosen.
        notice: a note about the answer, or None.
        request_id: the provider's id of the request, or None.
        timings: seconds to the first token and to the end.
        resumed: how the answer was resumed, until the first text after that has been received; else None.
        cursor: where a background response can be resumed exactly, or None.
        spent: the token counts of earlier rounds of tool calls, or None.
        changed: what was asked for differently from the first version: the parameters that `cell.retry` was given.
        echoes: what the server sent with its tool calls and needs back with them. It is neither sent to the page nor
            saved.
        checked: the value of a structured answer that is valid, or None.
        root: the name of the field of the JSON that holds the value, if the value is no object; else empty.
        moderation: what moderation has cost, or None if the answer is not moderated.
    """

    parts: tuple[Part, ...] = ()
    status: Status = Status.QUEUED
    attempt: int = 1
    finish_reason: str | None = None
    usage: Usage | None = None
    error: StreamCellError | None = None
    origin: Origin = field(default_factory=Origin)
    notice: str | None = None
    request_id: str | None = None
    timings: Timings = field(default_factory=Timings)
    resumed: ResumeMode | None = None
    cursor: Cursor | None = None
    spent: Usage | None = None
    changed: Mapping[str, Any] = field(default_factory=dict)
    echoes: tuple[Echo, ...] = ()
    checked: Checked | None = field(default=None, compare=False, repr=False)
    root: str = ""
    moderation: Judging | None = None

    @cached_property
    def parsed(self) -> Any:
        """The value of a structured answer; None if there is none.

        It is the validated object, once the answer is complete and valid. Before, and for an answer that is incomplete
        or invalid, it is as much as its JSON holds so far, as plain values: text may be incomplete, nothing is wrong.
        """
        if self.checked is not None:
            return self.checked.value
        if not any(part.kind == "json" for part in self.parts):
            return None
        return unwrapped(partial_value(answer_in(self.parts)), self.root)

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return the records of a structured answer that is a list of them, or has one list of them, as plain values.

        pandas and polars take the result as it is. Raises ValueError if there is no list of records.
        """
        rows = rows_of(self.parsed if self.checked is None else self.checked.plain())
        if rows is None:
            raise ValueError("this answer is not a list of records: take .parsed")
        return rows

    @cached_property
    def text(self) -> str:
        """The answer's text: the bodies of its text parts, joined."""
        return text_of(self.parts)

    @property
    def reasoning(self) -> str:
        """The model's reasoning, if the provider shows it, else an empty string."""
        return body_of(self.parts, "reasoning")

    @property
    def refusal(self) -> str:
        """The model's refusal, or an empty string."""
        return body_of(self.parts, "refusal")

    @property
    def unjudged(self) -> str:
        """What the user must know of text that is shown although it was not judged; empty if there is none."""
        judging = self.moderation
        if judging is None or not judging.failures or isinstance(self.error, ModerationFailed):
            return ""
        return words.shown_unjudged(judging.failures, judging.fault)

    @property
    def said_something(self) -> bool:
        """Whether the model has produced any output."""
        return has_output(self.parts)


@dataclass(frozen=True)
class Document:
    """The whole state of a cell: its current answer, the former ones, and which of them is shown.

    Attributes:
        current: the newest version.
        former: the versions before it, oldest first.
        shown: the index in `versions` of the one that is shown.
        retry_at: how many seconds a waiting attempt waits, or None.
        retry_disabled_reason: why Retry is not possible, or None.
        attempts: how many attempts are made automatically at most.
        idle: for how long nothing has been received, if that is long enough to show; else None.
        queue_position: how many requests are before this one, or None if it does not queue.
        wait: why it queues, or None.
        resume: how the answer can be resumed, or None.
        replay: how the recording is played that the answer comes from, or None.
        checking: what waits for the moderator: the prompt ("prompt"), text that streams ("text") or, because nothing
            else comes, the end ("end"); else None.
        max_height: the height in pixels above which the answer is folded when it has ended, or None.
        remark: what the user must know about the cell besides its answer, or an empty string.
        prompt: what was asked, as the cell shows it above the answer, or an empty string.
    """

    current: Version = field(default_factory=Version)
    former: tuple[Version, ...] = ()
    shown: int = 0
    retry_at: float | None = None
    retry_disabled_reason: str | None = None
    attempts: int = 1
    idle: Idle | None = None
    queue_position: int | None = None
    wait: Wait | None = None
    resume: ResumeMode | None = None
    replay: Pace | None = None
    checking: Checking | None = None
    max_height: int | None = None
    remark: str = ""
    prompt: str = ""

    @property
    def can_hurry(self) -> bool:
        """Whether the attempt waits only for time to pass, so that "Retry now" can start it."""
        queued = self.current.status is Status.QUEUED and self.wait is not None and self.wait.reason != "running"
        return queued or self.current.status is Status.WAITING

    @property
    def versions(self) -> tuple[Version, ...]:
        """Every version, oldest first; the last is the current one."""
        return (*self.former, self.current)

    @property
    def version(self) -> Version:
        """The version that is shown."""
        return self.current if self.shown == len(self.former) else self.former[self.shown]


_MOST: Final = 2**53
"""A count from here on is none: no answer has so many tokens, and JSON's readers have no such numbers."""


def _sane(usage: Usage) -> Usage:
    """Return the token counts without those that cannot be true: a server may send anything."""
    counts = ((field.name, getattr(usage, field.name)) for field in fields(Usage))
    return Usage(**{name: count if count is not None and 0 <= count < _MOST else None for name, count in counts})


def _together(one: Usage | None, other: Usage) -> Usage:
    if one is None:
        return other
    counts = ((field.name, getattr(one, field.name), getattr(other, field.name)) for field in fields(Usage))
    return Usage(**{name: a if b is None else b if a is None else a + b for name, a, b in counts})


def reduce(version: Version, event: Event) -> Version:
    """Return the version after `event`. Its status is not changed here, but by the session."""
    if isinstance(event, (PartGrew, PartChanged, PartRestored, PartEnded)):
        parts = growth.after(version.parts, event, version.resumed)
        begun = len(parts) > len(version.parts) and parts[-1].is_text
        return copied(version, parts=parts, resumed=None if begun else version.resumed)
    if isinstance(event, UsageReported):
        return replace(version, usage=_together(version.spent, _sane(event.usage)))
    if isinstance(event, Cursor):
        return replace(version, cursor=event)
    if isinstance(event, Alive):
        return version
    if isinstance(event, Started):
        return replace(version, origin=event.origin, request_id=event.request_id)
    if isinstance(event, Finished):
        echoes = within(version.echoes, event.echoes)
        return replace(version, finish_reason=event.reason, notice=event.notice, echoes=echoes)
    if isinstance(event, Failed):
        error = event.error.with_text(version.text)
        error.__cause__ = event.error.__cause__
        if error.request_id is None:
            error.request_id = version.request_id
        return replace(version, error=error)
    raise TypeError(f"not an event: {type(event).__name__}")


_NOT_THE_ANSWERS: Final = (BadData, ConnectionFailed, Interrupted, SourceFailed, Stopped, TimedOut)


def way_on(version: Version, other: ResumeMode | None) -> ResumeMode | None:
    """Return how the answer of `version` can be resumed: exactly if the provider still has it, else by `other`.

    Exact resumption needs no text, because it continues the response itself.
    """
    finished = version.finish_reason is not None
    if version.cursor is not None and not finished and _is_still_there(version.error):
        return ResumeMode.EXACT
    if isinstance(version.error, Flagged):
        return None
    parts = version.parts
    answered = bool(parts) and isinstance(parts[-1], ToolCall)
    if not (version.text or answered) or (finished and version.finish_reason != "length"):
        return None
    return other if all(part.can_resume for part in parts) else None


def _is_still_there(error: StreamCellError | None) -> bool:
    """Whether the response may continue at the provider: `error` concerns the connection or a request, not it."""
    return isinstance(error, _NOT_THE_ANSWERS) or error is None or (error.status_code is not None and error.retryable)
