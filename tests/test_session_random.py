"""The session under random inputs in any order: nothing is lost or doubled, and every version ends exactly once."""

from __future__ import annotations

import json
from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st

from streamcell._document import Document
from streamcell._errors import (
    AuthenticationFailed,
    Interrupted,
    ProviderFailed,
    RateLimited,
)
from streamcell._events import (
    Alive,
    Event,
    Failed,
    Finished,
    Origin,
    Reached,
    ReasoningDelta,
    RefusalDelta,
    Started,
    TextDelta,
    Usage,
    UsageReported,
)
from streamcell._inputs import (
    Closed,
    CloseSource,
    Effect,
    Input,
    OpenSource,
    Placed,
    Received,
    Retry,
    Select,
    SetTimer,
    Start,
    Stop,
    TakeUp,
    Tick,
    Watch,
)
from streamcell._protocol import view_of
from streamcell._resume import Way
from streamcell._retry import RetryPolicy
from streamcell._session import Session, step
from streamcell._state import TERMINAL, TRANSITIONS, Status
from streamcell._timeouts import Timeouts

STARTED = Started(Origin(model="m", api="Responses API"), "req-1")

EVENT = st.one_of(
    st.just(STARTED),
    st.builds(TextDelta, st.text(min_size=1, max_size=4)),
    st.builds(ReasoningDelta, st.text(min_size=1, max_size=4)),
    st.builds(RefusalDelta, st.text(min_size=1, max_size=4)),
    st.just(UsageReported(Usage(1, 2, 3))),
    st.just(Alive()),
    st.just(Reached("resp-1", 7)),
    st.builds(Finished, st.sampled_from(["stop", "length", "cancelled", None])),
    st.builds(
        Failed,
        st.sampled_from([ProviderFailed("x"), Interrupted("x"), AuthenticationFailed("x"), RateLimited(retry_after=1)]),
    ),
)
# Lag 0 is the present run, so that most inputs hit; the others are stale, or from a run that never was.
LAG = st.sampled_from([0, 0, 0, 0, 1, 2, -1])
GIVEN = st.one_of(
    st.tuples(st.just("event"), LAG, EVENT),
    st.tuples(st.just("event"), LAG, EVENT),
    st.tuples(st.just("closed"), LAG, st.none()),
    st.tuples(st.just("tick"), LAG, st.none()),
    st.tuples(st.just("watch"), LAG, st.none()),
    st.tuples(st.sampled_from(["placed", "granted"]), LAG, st.none()),
    st.tuples(
        st.sampled_from([Start(), Stop(), Retry(), TakeUp(), TakeUp(), Select(0), Select(1), Select(-1)]),
        st.just(0),
        st.none(),
    ),
)


def _input(kind: object, run: int, event: Event | None) -> Input:
    if kind == "event" and event is not None:
        return Received(run, event)
    if kind == "closed":
        return Closed(run)
    if kind == "tick":
        return Tick(run)
    if kind == "watch":
        return Watch(run)
    if kind in ("placed", "granted"):
        return Placed(run, 3 if kind == "placed" else None)
    assert isinstance(kind, (Start, Stop, Retry, TakeUp, Select))
    return kind


class Ledger:
    """What must hold after every step, kept without looking at how the session does it."""

    def __init__(self) -> None:
        self.said = ""
        self.open: set[int] = set()
        self.last_run = 0
        self.settled = 0
        self.versions = 1

    def check(self, before: Session, given_: Input, after: Session, effects: Iterable[Effect]) -> None:
        effects = tuple(effects)
        # What only says that the connection lives, or how far it is, shows nothing.
        silent = isinstance(given_, Received) and isinstance(given_.event, (Alive, Reached))
        assert (after is before) == (effects == ()) or silent
        old, new = before.status, after.status
        assert old is new or new in {to for (where, _), to in TRANSITIONS.items() if where is old}
        if isinstance(given_, (Received, Closed, Tick, Watch, Placed)) and given_.run != before.run:
            assert after is before
        self._text(before, given_, after)
        self._sources(effects, after)
        if old not in TERMINAL and new in TERMINAL:
            self.settled += 1
        if old in TERMINAL and new not in TERMINAL:
            self.settled -= 1
            assert isinstance(given_, (Retry, TakeUp))
        assert self.settled == (1 if new in TERMINAL else 0)
        self._document(before.document, after)

    def _text(self, before: Session, given_: Input, after: Session) -> None:
        running = before.status in (Status.CONNECTING, Status.STREAMING)
        if (
            isinstance(given_, Received)
            and isinstance(given_.event, TextDelta)
            and given_.run == before.run
            and running
        ):
            self.said += given_.event.text
        if before.status in TERMINAL and after.status not in TERMINAL and not isinstance(given_, TakeUp):
            self.said = ""
        assert after.document.current.text == self.said

    def _sources(self, effects: tuple[Effect, ...], after: Session) -> None:
        for effect in effects:
            if isinstance(effect, CloseSource):
                self.open.discard(effect.run)
            elif isinstance(effect, OpenSource):
                assert effect.run == after.run > self.last_run
                self.last_run = effect.run
                self.open.add(effect.run)
            elif isinstance(effect, SetTimer):
                waits = isinstance(effect.given, Tick)
                assert effect.given.run == after.run
                assert after.status in ((Status.WAITING,) if waits else (Status.CONNECTING, Status.STREAMING))
                assert effect.seconds >= 0
        if after.status is Status.DONE:
            self.open.clear()  # it closes by itself
        queues = after.document.place is not None
        assert len(self.open) == (1 if queues or after.status in (Status.CONNECTING, Status.STREAMING) else 0)

    def _document(self, before: Document, after: Session) -> None:
        document, current = after.document, after.document.current
        assert document.former[: len(before.former)] == before.former
        assert 0 <= document.shown < len(document.versions)
        assert all(one.status in TERMINAL and (one.text or one.reasoning or one.refusal) for one in document.former)
        assert current.attempt <= after.policy.attempts
        assert (document.retry_at is not None) == (current.status is Status.WAITING)
        has_error = current.status in TERMINAL - {Status.DONE} or current.status is Status.WAITING
        assert (current.error is not None) == has_error
        assert current.error is None or current.error.text == current.text
        assert (document.place is not None) <= (current.status is Status.QUEUED)
        assert document.quiet is None or current.status in (Status.CONNECTING, Status.STREAMING)
        assert document.resume is None or (current.status in TERMINAL and current.text and document.retry_off is None)
        assert "".join(part.text for part in current.parts) == current.text
        json.dumps(view_of(document), allow_nan=False)


@settings(max_examples=600, deadline=None)
@given(
    inputs=st.lists(GIVEN, max_size=40),
    attempts=st.integers(1, 4),
    retry_off=st.sampled_from([None, None, "read once"]),
    chance=st.floats(0, 1),
    timeouts=st.sampled_from([None, Timeouts(first_token=3, between=3, alive=5, shown=1)]),
    way=st.sampled_from([None, Way.CONTINUED]),
    auto_resume=st.sampled_from([None, True, False]),
)
def test_no_order_of_inputs_loses_text_or_leaves_the_table(
    inputs: list[tuple[object, int, Event | None]],
    attempts: int,
    retry_off: str | None,
    chance: float,
    timeouts: Timeouts | None,
    way: Way | None,
    auto_resume: bool | None,
) -> None:
    session = Session(
        document=Document(retry_off=retry_off),
        policy=RetryPolicy(attempts=attempts),
        timeouts=timeouts,
        way=way,
        auto_resume=auto_resume,
    )
    ledger = Ledger()
    # Always started: a queue of inputs before the start would end in nothing, again and again.
    for place, (kind, lag, event) in enumerate([(Start(), 0, None), *inputs]):
        given_ = _input(kind, session.run - lag, event)
        after, effects = step(session, given_, now=float(place), chance=chance)
        ledger.check(session, given_, after, effects)
        session = after


@settings(max_examples=50, deadline=None)
@given(deltas=st.lists(st.text(min_size=1), max_size=30), cut=st.booleans())
def test_text_arrives_whole_however_it_is_cut_into_deltas(deltas: list[str], cut: bool) -> None:
    session = Session()
    end: Input = Closed(1) if cut else Received(1, Finished("stop"))
    for one in (Start(), Received(1, STARTED), *(Received(1, TextDelta(delta)) for delta in deltas), end):
        session, _ = step(session, one)
    assert session.document.current.text == "".join(deltas)
    assert session.status is (Status.INTERRUPTED if cut else Status.DONE)
