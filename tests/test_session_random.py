"""The session under random inputs in any order: nothing is lost or doubled, and every version ends exactly once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from streamcell._errors import (
    AuthenticationFailed,
    Interrupted,
    ProviderFailed,
    RateLimited,
)
from streamcell.answer import session
from streamcell.answer.document import Document
from streamcell.answer.events import (
    Alive,
    Cursor,
    Event,
    Failed,
    Finished,
    Origin,
    PartChanged,
    PartGrew,
    PartRestored,
    Started,
    Usage,
    UsageReported,
)
from streamcell.answer.inputs import (
    Act,
    AskPolicy,
    Broke,
    Checked,
    Closed,
    CloseSource,
    Decided,
    Effect,
    Input,
    OpenSource,
    Placed,
    Received,
    Resume,
    Retry,
    Select,
    SetTimer,
    Start,
    Stop,
    Tick,
    Validated,
    Wait,
    Watch,
)
from streamcell.answer.parts import text_of
from streamcell.answer.resume import ResumeMode
from streamcell.answer.retry import RetryPolicy
from streamcell.answer.session import Session, step
from streamcell.answer.status import TERMINAL, TRANSITIONS, Status, Trigger, next_status
from streamcell.answer.structure import StructureRules
from streamcell.answer.timeouts import Timeouts
from streamcell.answer.tools import ToolRules
from streamcell.wire.messages import document_of, view_of

STARTED = Started(Origin(model="m", api="Responses API"), "req-1")


class Own:
    """A policy of the user's: the session must not ask it, only say that it is to be asked."""

    attempts = 3

    def wait(self, *_: object) -> float:
        raise AssertionError("asked on the loop")


EVENTS = (Started, PartGrew, PartChanged, Finished, Failed)

Pair = tuple[Status, Trigger]
probed: list[Pair] = []


@pytest.fixture(autouse=True)
def probes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Note each legal move that the session looks up, in order."""

    def look(status: Status, trigger: Trigger) -> Status | None:
        found = next_status(status, trigger)
        if found is not None:
            probed.append((status, trigger))
        return found

    monkeypatch.setattr(session, "next_status", look)
    yield
    probed.clear()


def watched(session: Session, given_: Input, **more: float) -> tuple[Session, tuple[Effect, ...], list[Pair]]:
    """Step, and give the moves too: every change of the status is one that was looked up in the table."""
    probed.clear()
    after, effects = step(session, given_, **more)
    where, moves = session.status, []
    for pair in probed if after.status is not where else ():
        if pair[0] is where:
            moves.append(pair)
            where = TRANSITIONS[pair]
    assert where is after.status
    return after, effects, moves


EVENT = st.one_of(
    st.just(STARTED),
    st.builds(PartGrew, st.just("text"), st.text(min_size=1, max_size=4)),
    st.builds(PartGrew, st.just("reasoning"), st.text(min_size=1, max_size=4)),
    st.builds(PartGrew, st.just("refusal"), st.text(min_size=1, max_size=4)),
    st.just(UsageReported(Usage(1, 2, 3))),
    st.builds(PartRestored, st.just("text"), st.text(max_size=4)),
    st.builds(Alive, st.booleans()),
    st.just(Cursor("resp-1", 7)),
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
    st.tuples(st.sampled_from(["wait", "no more"]), LAG, st.none()),
    st.tuples(st.sampled_from(["valid", "invalid", "invalid", "fault"]), LAG, st.none()),
    st.tuples(st.sampled_from(["placed", "granted"]), LAG, st.none()),
    st.tuples(
        st.sampled_from(
            [Start(), Stop(), Retry(), Resume(), Resume(), Select(0), Select(1), Select(-1), Broke(ProviderFailed("x"))]
        ),
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
    if kind in ("valid", "invalid", "fault"):
        return _validated(run, kind)
    if kind in ("placed", "granted"):
        return Placed(run, *((3, Wait("refusal", 9.0)) if kind == "placed" else (None, None)))
    if kind in ("wait", "no more"):
        return Decided(run, 2.0 if kind == "wait" else None, None if kind == "wait" else "It raised.")
    assert isinstance(kind, (Start, Stop, Retry, Resume, Select, Broke))
    return kind


def _validated(run: int, kind: object) -> Validated:
    if kind == "valid":
        return Validated(run, Checked({}, dict))
    return (
        Validated(run, errors=(("a", "wrong"),), count=1) if kind == "invalid" else Validated(run, fault="It raised.")
    )


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
        silent = isinstance(given_, Received) and isinstance(given_.event, (Alive, Cursor))
        assert (after is before) == (effects == ()) or silent
        old, new = before.status, after.status
        if isinstance(given_, (Received, Closed, Tick, Watch, Placed, Decided, Validated)) and given_.run != before.run:
            assert after is before
        self._text(before, given_, after)
        if isinstance(given_, Validated) and given_.run == before.run and before.checking is not None:
            self.open.clear()  # its source has ended by itself
        self._sources(effects, after)
        if old not in TERMINAL and new in TERMINAL:
            self.settled += 1
        if old in TERMINAL and new not in TERMINAL:
            self.settled -= 1
            assert isinstance(given_, (Retry, Resume))
        assert self.settled == (1 if new in TERMINAL else 0)
        self._document(before.document, after)

    def _text(self, before: Session, given_: Input, after: Session) -> None:
        running = before.status in (Status.CONNECTING, Status.STREAMING) or before.document.queue_position is not None
        if (
            isinstance(given_, Received)
            and given_.run == before.run
            and running
            and not (before.failing or before.checking)
        ):
            if isinstance(given_.event, PartGrew) and given_.event.kind == "text":
                self.said += given_.event.text
            elif isinstance(given_.event, PartRestored):
                self.said = given_.event.text
        if before.status in TERMINAL and after.status not in TERMINAL and not isinstance(given_, Resume):
            self.said = ""
        if after.repairs > before.repairs:
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
        queues = after.document.queue_position is not None
        running = (
            not after.failing
            and not after.checking
            and (queues or after.status in (Status.CONNECTING, Status.STREAMING))
        )
        assert len(self.open) == (1 if running or after.checking else 0)
        assert not after.failing or after.status in (Status.CONNECTING, Status.STREAMING)
        assert sum(isinstance(effect, AskPolicy) for effect in effects) <= (1 if after.failing else 0)

    def _document(self, before: Document, after: Session) -> None:
        document, current = after.document, after.document.current
        assert document.former[: len(before.former)] == before.former
        assert 0 <= document.shown < len(document.versions)
        assert all(one.status in TERMINAL and (one.text or one.reasoning or one.refusal) for one in document.former)
        assert current.attempt <= document.attempts
        assert (document.retry_at is not None) == (current.status is Status.WAITING)
        has_error = current.status in TERMINAL - {Status.DONE} or current.status is Status.WAITING
        assert (current.error is not None) == has_error
        assert current.error is None or current.error.text == current.text
        assert (document.queue_position is not None) <= (current.status is Status.QUEUED)
        assert (document.wait is not None) == (document.queue_position is not None)
        assert document.idle is None or current.status in (Status.CONNECTING, Status.STREAMING)
        goes_on = current.text or current.cursor is not None
        assert document.resume is None or (
            current.status in TERMINAL and goes_on and document.retry_disabled_reason is None
        )
        assert text_of(current.parts) == current.text
        assert current.status not in TERMINAL or not any(part.open for part in current.parts)
        json.dumps(document_of(view_of(document)), allow_nan=False)


@settings(max_examples=600, deadline=None)
@given(
    inputs=st.lists(GIVEN, max_size=40),
    attempts=st.integers(1, 4),
    retry_disabled_reason=st.sampled_from([None, None, "read once"]),
    chance=st.floats(0, 1),
    timeouts=st.sampled_from([None, Timeouts(first_token=3, between_chunks=3, keepalive=5, notify_after=1)]),
    way=st.sampled_from([None, ResumeMode.CONTINUED]),
    auto_resume=st.sampled_from([None, True, False]),
    own=st.booleans(),
    structure=st.sampled_from([None, StructureRules(), StructureRules(repairs=2)]),
)
@example(
    inputs=[("event", 0, Finished("stop")), ("invalid", 0, None)],
    attempts=1,
    retry_disabled_reason=None,
    chance=0.0,
    timeouts=None,
    way=None,
    auto_resume=None,
    own=False,
    structure=StructureRules(repairs=2),
)
def test_no_order_of_inputs_loses_text_or_leaves_the_table(
    inputs: list[tuple[object, int, Event | None]],
    attempts: int,
    retry_disabled_reason: str | None,
    chance: float,
    timeouts: Timeouts | None,
    way: ResumeMode | None,
    auto_resume: bool | None,
    own: bool,
    structure: StructureRules | None,
) -> None:
    policy: Any = Own() if own else RetryPolicy(attempts=attempts)
    session = Session(
        document=Document(retry_disabled_reason=retry_disabled_reason, attempts=policy.attempts),
        policy=policy,
        timeouts=timeouts,
        way=way,
        auto_resume=auto_resume,
        structure=structure,
    )
    ledger = Ledger()
    # Always started: a queue of inputs before the start would end in nothing, again and again.
    for place, (kind, lag, event) in enumerate([(Start(), 0, None), *inputs]):
        given_ = _input(kind, session.run - lag, event)
        after, effects, _ = watched(session, given_, now=float(place), chance=chance)
        ledger.check(session, given_, after, effects)
        session = after


@settings(max_examples=50, deadline=None)
@given(deltas=st.lists(st.text(min_size=1), max_size=30), cut=st.booleans())
def test_text_arrives_whole_however_it_is_cut_into_deltas(deltas: list[str], cut: bool) -> None:
    session = Session()
    end: Input = Closed(1) if cut else Received(1, Finished("stop"))
    for one in (Start(), Received(1, STARTED), *(Received(1, PartGrew("text", delta)) for delta in deltas), end):
        session, _ = step(session, one)
    assert session.document.current.text == "".join(deltas)
    assert session.status is (Status.INTERRUPTED if cut else Status.DONE)


TEXT = PartGrew("text", "Hel")
CALL = (PartChanged("tool_call", {"name": "add", "call_id": "c"}, "c"), Finished("tool_calls"))
INVALID = Validated(1, errors=(("a", "wrong"),), count=1)
IN_LINE = Placed(1, 2, Wait("refusal", 9.0))
CUT, REFUSED, BUSY = Failed(Interrupted("x")), Failed(AuthenticationFailed("x")), Failed(ProviderFailed("busy"))
WAYS_THROUGH: list[tuple[Input | Event, ...]] = [
    (Stop(),),
    (Broke(ProviderFailed("x")),),
    *((Start(), end) for end in (Stop(), CUT, REFUSED, Finished("stop"), Broke(ProviderFailed("x")))),
    *((Start(), IN_LINE, end) for end in (Stop(), Retry(), Placed(1, None), Broke(ProviderFailed("x")))),
    *((Start(), BUSY, end) for end in (Stop(), Retry(), Tick(2), Broke(ProviderFailed("x")))),
    *(
        (Start(), STARTED, TEXT, end, go_on)
        for end in (Stop(), CUT, REFUSED, Finished("length"))
        for go_on in (Retry(), Resume())
    ),
    (Start(), STARTED, BUSY),
    (Start(), Finished("stop"), INVALID),
    (Start(), STARTED, TEXT, Finished("stop"), INVALID),
    (Start(), *CALL, Stop()),
    *((Start(), STARTED, *CALL, end) for end in (Stop(), Broke(ProviderFailed("x")), Act(0, "deny"))),
]


def test_every_move_of_the_table_is_met_and_none_besides() -> None:
    taken: set[Pair] = set()
    for inputs in WAYS_THROUGH:
        attempts = 3 if BUSY in inputs else 1
        session = Session(
            document=Document(attempts=attempts),
            policy=RetryPolicy(attempts=attempts),
            way=ResumeMode.CONTINUED,
            tools=ToolRules(frozenset({"add"})),
            structure=StructureRules(repairs=1) if INVALID in inputs else None,
        )
        for one in inputs:
            given_ = Received(session.run, one) if isinstance(one, EVENTS) else one
            session, _, moves = watched(session, given_)
            taken.update(moves)
    assert taken == set(TRANSITIONS)
