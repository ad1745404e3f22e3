"""The session: a pure state machine from inputs to effects. Retry, stop and versions are decided here, nowhere else."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Union

from ._document import Document, Timings, Version, reduce
from ._errors import ConnectionFailed, Interrupted, Stopped
from ._events import Event, Failed, Finished, Started
from ._retry import RetryPolicy
from ._state import TERMINAL, Status, Trigger, next_status

__all__ = [
    "CloseSource",
    "Closed",
    "Effect",
    "Input",
    "OpenSource",
    "Publish",
    "Received",
    "Retry",
    "Select",
    "Session",
    "SetTimer",
    "Start",
    "Stop",
    "Tick",
    "step",
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
    """The timer set for `run` has gone off."""

    run: int


@dataclass(frozen=True)
class Stop:
    """The user ends the answer here."""


@dataclass(frozen=True)
class Retry:
    """The user asks for a new attempt."""


@dataclass(frozen=True)
class Select:
    """The user looks at version `index` (0-based)."""

    index: int


Input = Union[Start, Received, Closed, Tick, Stop, Retry, Select]


@dataclass(frozen=True)
class OpenSource:
    """Open the source and tag what it emits with `run`."""

    run: int


@dataclass(frozen=True)
class CloseSource:
    """Close the source opened as `run`, and with it the HTTP response, at once."""

    run: int


@dataclass(frozen=True)
class SetTimer:
    """Feed `Tick(run)` after `seconds`."""

    run: int
    seconds: float


@dataclass(frozen=True)
class Publish:
    """The document has changed; `urgent`: a user waits to see it; `restart`: it does not go on from what was shown."""

    urgent: bool = False
    restart: bool = False


Effect = Union[OpenSource, CloseSource, SetTimer, Publish]


@dataclass(frozen=True)
class Session:
    """All that the session knows; `run` tags the source now open: what an older one still emits is passed over."""

    document: Document = field(default_factory=Document)
    policy: RetryPolicy = field(default_factory=lambda: RetryPolicy(attempts=1))
    run: int = 0
    opened_at: float = 0.0

    @property
    def status(self) -> Status:
        """The status of the current version, whichever version is shown."""
        return self.document.current.status


_URGENT = (Publish(urgent=True),)


def step(
    session: Session, given: Input, *, now: float = 0.0, chance: float = 0.5
) -> tuple[Session, tuple[Effect, ...]]:
    """Return the session after `given` and what is to be done.

    `now` is a monotonic time in seconds and `chance` a number from 0 to 1, both drawn by the caller. What is not legal
    in the present state returns the same session and no effect.
    """
    if isinstance(given, Start):
        return _open(session, Trigger.OPEN, now)
    if isinstance(given, Received):
        return _receive(session, given.event, now, chance) if given.run == session.run else (session, ())
    if isinstance(given, Closed):
        return _closed(session, now, chance) if given.run == session.run else (session, ())
    if isinstance(given, Tick):
        if given.run != session.run or session.status is not Status.WAITING:
            return session, ()
        return _open(session, Trigger.OPEN, now)
    if isinstance(given, Stop):
        return _stop(session, now)
    if isinstance(given, Retry):
        return _retry(session, now)
    return _select(session, given.index)


def _open(session: Session, trigger: Trigger, now: float) -> tuple[Session, tuple[Effect, ...]]:
    status = next_status(session.status, trigger)
    if status is None:
        return session, ()
    before = session.document.current
    # Nothing but these outlives an attempt: a request id or a count of tokens of the failed one is not the new one's.
    current = Version(status=status, attempt=before.attempt, origin=before.origin)
    run = session.run + 1
    opened = replace(
        session, document=replace(session.document, current=current, retry_at=None), run=run, opened_at=now
    )
    return opened, (OpenSource(run), *_URGENT)


def _receive(session: Session, event: Event, now: float, chance: float) -> tuple[Session, tuple[Effect, ...]]:
    current = session.document.current
    if current.status not in (Status.CONNECTING, Status.STREAMING):
        return session, ()
    if isinstance(event, Failed):
        return _fail(session, event, now, chance)
    if isinstance(event, Finished):
        if event.reason == "cancelled":
            return _stop(session, now)
        return _end(session, reduce(current, event), Trigger.FINISHED, now)
    changed = reduce(current, event)
    effects: tuple[Effect, ...] = (Publish(),)
    if isinstance(event, Started):
        changed = replace(changed, status=next_status(current.status, Trigger.STARTED) or current.status)
        effects = _URGENT
    elif changed.text and not current.text and changed.timings.first_token is None:
        changed = replace(changed, timings=replace(changed.timings, first_token=now - session.opened_at))
        effects = _URGENT
    return _with_current(session, changed), effects


def _closed(session: Session, now: float, chance: float) -> tuple[Session, tuple[Effect, ...]]:
    status = session.status
    if status is Status.CONNECTING:
        return _fail(session, Failed(ConnectionFailed("The connection was closed without an answer.")), now, chance)
    if status is not Status.STREAMING:
        return session, ()
    version = reduce(session.document.current, Failed(Interrupted("The stream ended without the provider's end mark.")))
    return _end(session, version, Trigger.CUT, now)


def _fail(session: Session, event: Failed, now: float, chance: float) -> tuple[Session, tuple[Effect, ...]]:
    current = session.document.current
    untouched = not (current.text or current.reasoning or current.refusal)
    seconds = session.policy.wait(current.attempt, event.error, chance) if untouched else None
    if seconds is not None and session.document.retry_off is None:
        waiting = replace(reduce(current, event), status=Status.WAITING, attempt=current.attempt + 1)
        document = replace(session.document, current=waiting, retry_at=seconds)
        closing = CloseSource(session.run)
        waited = replace(session, document=document, run=session.run + 1)
        return waited, (closing, SetTimer(waited.run, seconds), *_URGENT)
    trigger = Trigger.CUT if isinstance(event.error, Interrupted) else Trigger.FAILED
    return _end(session, reduce(current, event), trigger, now)


def _end(session: Session, version: Version, trigger: Trigger, now: float) -> tuple[Session, tuple[Effect, ...]]:
    status = next_status(version.status, trigger) or version.status
    timings = Timings(version.timings.first_token, now - session.opened_at)
    # A finished source is left to drain its connection, so that the next request can use it again.
    closing: tuple[Effect, ...] = () if trigger is Trigger.FINISHED else (CloseSource(session.run),)
    return _with_current(session, replace(version, status=status, timings=timings)), (*closing, *_URGENT)


def _stop(session: Session, now: float) -> tuple[Session, tuple[Effect, ...]]:
    status = next_status(session.status, Trigger.STOP)
    if status is None:
        return session, ()
    current = session.document.current
    timings = Timings(current.timings.first_token, now - session.opened_at if session.run else None)
    stopped = replace(
        current, status=status, timings=timings, error=Stopped(text=current.text, request_id=current.request_id)
    )
    # The next run number makes whatever the closing source still emits stale.
    document = replace(session.document, current=stopped, retry_at=None)
    return replace(session, document=document, run=session.run + 1), (CloseSource(session.run), *_URGENT)


def _retry(session: Session, now: float) -> tuple[Session, tuple[Effect, ...]]:
    document = session.document
    if document.retry_off is not None or next_status(session.status, Trigger.RETRY) is None:
        return session, ()
    if session.status in TERMINAL:
        last = document.current
        said_something = bool(last.text or last.reasoning or last.refusal)
        former = (*document.former, last) if said_something else document.former
        fresh = Version(status=last.status, origin=last.origin)
        session = replace(session, document=replace(document, current=fresh, former=former, shown=len(former)))
    opened, effects = _open(session, Trigger.RETRY, now)
    return opened, tuple(Publish(urgent=True, restart=True) if isinstance(one, Publish) else one for one in effects)


def _select(session: Session, index: int) -> tuple[Session, tuple[Effect, ...]]:
    document = session.document
    if session.status not in TERMINAL or not 0 <= index < len(document.versions) or index == document.shown:
        return session, ()
    return replace(session, document=replace(document, shown=index)), (Publish(urgent=True, restart=True),)


def _with_current(session: Session, version: Version) -> Session:
    return replace(session, document=replace(session.document, current=version))
