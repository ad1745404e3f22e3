"""Silence: shown after a while, borne for a while, by the session and without a clock."""

from __future__ import annotations

import math
from typing import Any

import pytest

from streamcell.answer.document import Idle
from streamcell.answer.events import Alive, Cursor, Event, Origin, PartGrew, Started, Usage, UsageReported
from streamcell.answer.inputs import OpenSource, Received, SetTimer, Start, Watch
from streamcell.answer.session import Session, step
from streamcell.answer.status import Status
from streamcell.answer.timeouts import Timeouts

LIMITS = Timeouts(first_token=30, between_chunks=6, keepalive=50, notify_after=2)
STARTED = Started(Origin(model="m"), "req-1")


class Watched:
    """A session with its one timer, and a clock that is told the time."""

    def __init__(self) -> None:
        self.now = 0.0
        self.session = Session(timeouts=LIMITS)
        self.due = math.inf
        self.opened = 0
        self.feed(Start())

    def feed(self, given: Start | Watch | Event) -> None:
        one = given if isinstance(given, (Start, Watch)) else Received(self.session.run, given)
        self.session, effects = step(self.session, one, now=self.now)
        for effect in effects:
            if isinstance(effect, SetTimer) and isinstance(effect.given, Watch):
                self.due = self.now + effect.seconds
            self.opened += isinstance(effect, OpenSource)

    def wait(self, until: float, *events: Event) -> None:
        """Let time pass up to `until`, then take the events."""
        while self.due <= until:
            self.now, self.due = self.due, math.inf
            self.feed(Watch(self.session.run))
        self.now = until
        for event in events:
            self.feed(event)

    def status(self) -> Status:
        return self.session.status

    @property
    def idle(self) -> Idle | None:
        return self.session.document.idle


def test_silence_is_shown_and_what_comes_ends_it() -> None:
    watched = Watched()
    watched.wait(1.9)
    assert watched.idle is None
    watched.wait(2.5)
    assert watched.idle == Idle(2.0, 30)
    watched.wait(3.0, STARTED)
    assert watched.idle is None
    watched.wait(5.5)
    assert watched.idle is not None
    watched.wait(6.0, PartGrew("text", "a"))
    watched.wait(7.9, PartGrew("text", "b"))
    assert watched.idle is None
    watched.wait(9.9)
    assert watched.idle == Idle(2.0, 6)


def test_from_the_first_token_on_the_shorter_limit_holds() -> None:
    watched = Watched()
    watched.wait(29.0, STARTED, PartGrew("text", "a"))
    watched.wait(34.9)
    assert watched.status() is Status.STREAMING
    watched.wait(35.1)
    assert watched.status() is Status.INTERRUPTED
    error = watched.session.document.current.error
    assert error is not None
    assert (error.error_kind, error.text) == ("stalled", "a")


def test_before_the_first_token_it_is_a_time_out() -> None:
    watched = Watched()
    watched.wait(30.1)
    assert watched.status() is Status.FAILED
    assert watched.session.document.current.error is not None
    assert watched.session.document.current.error.error_kind == "timeout"


def test_keep_alives_are_life_but_not_for_ever() -> None:
    watched = Watched()
    watched.wait(1.0, STARTED, PartGrew("text", "a"))
    for second in range(3, 51, 2):
        watched.wait(second, Alive())
        assert watched.status() is Status.STREAMING
    watched.wait(51.1)
    assert watched.status() is Status.INTERRUPTED


@pytest.mark.parametrize("life", [Cursor("resp-1", 2), Alive(), UsageReported(Usage(1))])
def test_what_is_no_piece_of_the_answer_is_life_and_not_the_first_token(life: Event) -> None:
    watched = Watched()
    watched.wait(1.0, STARTED, life)
    watched.wait(28.0)  # far beyond `between`
    assert watched.status() is Status.STREAMING
    watched.wait(32.0)
    assert watched.status() is not Status.STREAMING


def test_work_that_is_not_shown_counts_as_tokens() -> None:
    watched = Watched()
    watched.wait(1.0, STARTED)
    for second in range(2, 120, 2):  # beyond `alive`, of which mere keep-alives would die
        watched.wait(second, Alive(working=True))
        assert watched.status() is Status.STREAMING
    watched.wait(123.9)
    assert watched.status() is Status.STREAMING
    watched.wait(124.1)
    assert watched.status() is not Status.STREAMING


def test_life_between_tokens_puts_off_the_end() -> None:
    watched = Watched()
    watched.wait(1.0, STARTED, PartGrew("text", "a"))
    watched.wait(6.0, Alive())
    watched.wait(11.9)
    assert watched.status() is Status.STREAMING
    watched.wait(12.1)
    assert watched.status() is Status.INTERRUPTED


@pytest.mark.parametrize("name", ["first_token", "between_chunks", "keepalive", "notify_after"])
@pytest.mark.parametrize("seconds", [0, -1, math.nan, "3", None])
def test_what_is_no_time_is_refused(name: str, seconds: Any) -> None:
    with pytest.raises(ValueError, match=name):
        Timeouts(**{name: seconds})
