"""The session: whole scenarios, input by input."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

import pytest

from streamcell._errors import (
    AuthenticationFailed,
    ConnectionFailed,
    Interrupted,
    ProviderFailed,
    RateLimited,
    Stopped,
    StreamCellError,
    TimedOut,
)
from streamcell.answer.document import Document, Version
from streamcell.answer.events import (
    Cursor,
    Event,
    Failed,
    Finished,
    Origin,
    PartChanged,
    PartGrew,
    Started,
    Usage,
    UsageReported,
)
from streamcell.answer.inputs import (
    AskPolicy,
    Broke,
    Closed,
    CloseSource,
    Decided,
    Effect,
    Input,
    OpenSource,
    Placed,
    Publish,
    Received,
    Remarked,
    Resume,
    Retry,
    Select,
    SetPace,
    SetTimer,
    Start,
    Stop,
    TakeStep,
    Tick,
    Wait,
)
from streamcell.answer.parts import Text
from streamcell.answer.playback import FAST, Pace
from streamcell.answer.resume import ResumeFrom, ResumeMode
from streamcell.answer.retry import RetryPolicy
from streamcell.answer.session import Session, step
from streamcell.answer.status import TERMINAL, Status
from streamcell.answer.tools import ToolRules
from streamcell.wire.messages import view_of
from tests.answers import plain

URGENT = Publish(urgent=True)
RESTART = Publish(urgent=True, restart=True)
STARTED = Started(Origin(model="m", api="Responses API"), "req-1")
OVERLOADED = Failed(ProviderFailed("overloaded", status_code=503))
CALL = (
    PartChanged("tool_call", {"name": "add", "call_id": "c1"}, "c1"),
    PartGrew("tool_call", '{"a": 1}', "c1"),
    Finished("tool_calls"),
)
THREE = RetryPolicy(attempts=3, wait_initial=0.5, wait_max=8.0)


@dataclass
class Play:
    """Feeds a session one input after another; every event belongs to the present run."""

    session: Session = field(default_factory=Session)
    now: float = 100.0
    effects: tuple[Effect, ...] = ()

    def feed(self, *inputs: Input | Event, after: float = 0.0, chance: float = 0.5) -> tuple[Effect, ...]:
        self.now += after
        for one in inputs:
            given_ = Received(self.session.run, one) if isinstance(one, EVENTS) else one
            self.session, self.effects = step(self.session, given_, now=self.now, chance=chance)
        return self.effects

    def ignores(self, *inputs: Input) -> bool:
        """Whether each of the inputs returns this very session, and no effect."""
        results = [step(self.session, one, now=self.now) for one in inputs]
        return all(after is self.session and effects == () for after, effects in results)

    def stands_at(self, status: Status, attempt: int = 1) -> bool:
        return (self.status, self.current.attempt) == (status, attempt)

    @property
    def status(self) -> Status:
        return self.session.status

    @property
    def current(self) -> Version:
        return self.session.document.current


EVENTS = (Started, PartGrew, PartChanged, UsageReported, Cursor, Finished, Failed)


def playing(
    *inputs: Input | Event, policy: RetryPolicy | None = None, retry_disabled_reason: str | None = None
) -> Play:
    session = Session(
        document=Document(retry_disabled_reason=retry_disabled_reason),
        policy=policy or RetryPolicy(attempts=1),
        tools=ToolRules(frozenset({"add"})),
    )
    play = Play(session)
    play.feed(*inputs)
    return play


@pytest.fixture
def streaming() -> Play:
    return playing(Start(), STARTED, PartGrew("text", "Hel"))


# -- the straight way --------------------------------------------------------------------------------------------------


def test_an_answer_from_start_to_end() -> None:
    play = Play()
    assert play.feed(Start()) == (OpenSource(1), URGENT)
    assert play.stands_at(Status.CONNECTING)
    assert play.feed(STARTED, after=0.2) == (URGENT,)
    assert play.stands_at(Status.STREAMING)
    assert play.feed(PartGrew("text", "Hel"), after=0.3) == (URGENT,)
    assert play.feed(PartGrew("text", "lo"), after=0.1) == (Publish(),)
    assert play.feed(UsageReported(Usage(1, 2, 3))) == (Publish(),)
    assert play.feed(Finished("stop"), after=1.0) == (URGENT,)  # the source drains its connection by itself
    assert play.status is Status.DONE
    version = play.current
    assert (version.text, version.finish_reason, version.error) == ("Hello", "stop", None)
    assert (version.usage, version.request_id) == (Usage(1, 2, 3), "req-1")
    assert version.timings.first_token == pytest.approx(0.5)
    assert version.timings.total == pytest.approx(1.6)


def test_a_start_happens_once(streaming: Play) -> None:
    assert streaming.ignores(Start())


def test_the_first_token_is_the_first_that_the_model_says_and_a_source_is_none() -> None:
    play = playing(Start(), STARTED)
    assert play.feed(PartChanged("citation", {"url": "https://a.example/"}), after=1.0) == (Publish(),)
    assert play.current.timings.first_token is None
    assert play.feed(PartGrew("reasoning", "hm"), after=1.0) == (URGENT,)
    assert play.feed(PartGrew("text", "a"), after=1.0) == (Publish(),)
    assert play.current.timings.first_token == pytest.approx(2.0)


def test_a_notice_comes_with_the_end(streaming: Play) -> None:
    streaming.feed(Finished(None, "Possibly incomplete."))
    assert (streaming.status, streaming.current.notice) == (Status.DONE, "Possibly incomplete.")


# -- stop --------------------------------------------------------------------------------------------------------------

BEFORE: dict[Status, tuple[Input | Event, ...]] = {
    Status.QUEUED: (),
    Status.CONNECTING: (Start(),),
    Status.STREAMING: (Start(), STARTED, PartGrew("text", "Hel")),
    Status.CALLING: (Start(), STARTED, PartGrew("text", "Hel"), *CALL),
    Status.WAITING: (Start(), OVERLOADED),
    Status.INTERRUPTED: (Start(), STARTED, PartGrew("text", "Hel"), Failed(Interrupted())),
    Status.STOPPED: (Start(), STARTED, PartGrew("text", "Hel"), Stop()),
    Status.FAILED: (Start(), STARTED, PartGrew("text", "Hel"), OVERLOADED),
    Status.DONE: (Start(), STARTED, PartGrew("text", "Hel"), Finished("stop")),
}


def at(status: Status) -> Play:
    play = playing(*BEFORE[status], policy=THREE)
    assert play.status is status
    return play


@pytest.mark.parametrize("status", sorted(set(Status) - TERMINAL))
def test_stop_ends_it_here_and_closes_the_source(status: Status) -> None:
    play = at(status)
    run = play.session.run
    assert play.feed(Stop(), after=1.0) == (CloseSource(run), URGENT)
    assert play.status is Status.STOPPED
    error = play.current.error
    assert isinstance(error, Stopped)
    assert error.text == play.current.text
    assert play.session.document.retry_at is None
    assert (play.current.timings.total is None) == (status is Status.QUEUED)
    late = (Received(run, PartGrew("text", "lo")), Received(run, Finished("stop")), Closed(run), Tick(run), Start())
    assert play.ignores(*late)


@pytest.mark.parametrize("status", sorted(TERMINAL))
def test_stop_after_the_end_does_nothing(status: Status) -> None:
    assert at(status).ignores(Stop())


def test_an_answer_that_the_provider_cancelled_was_stopped(streaming: Play) -> None:
    run = streaming.session.run
    assert streaming.feed(Finished("cancelled")) == (CloseSource(run), URGENT)
    assert streaming.status is Status.STOPPED
    assert isinstance(streaming.current.error, Stopped)
    assert streaming.current.error.text == "Hel"


# -- late and stale ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", sorted(TERMINAL))
def test_nothing_that_comes_after_the_end_changes_it(status: Status) -> None:
    play = at(status)
    run = play.session.run
    events = (
        STARTED,
        PartGrew("text", "x"),
        PartGrew("reasoning", "x"),
        PartGrew("refusal", "x"),
        Finished("stop"),
        OVERLOADED,
    )
    assert play.ignores(*(Received(run, event) for event in events), Closed(run), Tick(run), Start())


@pytest.mark.parametrize("run", [-1, 0, 1, 3])
def test_what_another_run_emits_is_passed_over(run: int) -> None:
    play = playing(Start(), Stop(), Retry(), policy=THREE)  # run 1, its stop, run 3
    play.session = replace(play.session, run=2)
    assert play.ignores(Received(run, STARTED), Received(run, PartGrew("text", "x")), Closed(run), Tick(run))
    assert not play.ignores(Received(2, STARTED))


def test_a_source_closed_by_a_stop_does_not_disturb_the_next_run(streaming: Play) -> None:
    stale = streaming.session.run
    streaming.feed(Stop(), Retry(), STARTED, PartGrew("text", "new"))
    assert streaming.ignores(
        Received(stale, PartGrew("text", "old")), Received(stale, Failed(Interrupted())), Closed(stale)
    )
    assert streaming.current.text == "new"


# -- cut and failed ----------------------------------------------------------------------------------------------------


def test_an_end_without_the_end_mark_is_an_interruption_and_keeps_the_text(streaming: Play) -> None:
    run = streaming.session.run
    assert streaming.feed(Closed(run), after=2.0) == (CloseSource(run), URGENT)
    assert streaming.status is Status.INTERRUPTED
    assert isinstance(streaming.current.error, Interrupted)
    assert (streaming.current.text, streaming.current.error.text) == ("Hel", "Hel")
    assert streaming.current.error.request_id == "req-1"
    assert streaming.current.timings.total == pytest.approx(2.0)


def test_a_break_in_mid_answer_is_an_interruption_too(streaming: Play) -> None:
    streaming.feed(Failed(Interrupted("reset")))
    assert streaming.status is Status.INTERRUPTED
    assert streaming.current.error is not None
    assert streaming.current.error.text == "Hel"


def test_an_end_before_the_head_is_a_failed_connection() -> None:
    play = playing(Start())
    play.feed(Closed(play.session.run))
    assert play.status is Status.FAILED
    assert isinstance(play.current.error, ConnectionFailed)


def test_an_end_before_the_head_is_retried_where_the_policy_says_so() -> None:
    play = playing(Start(), policy=THREE)
    assert SetTimer(Tick(2), 0.25) in play.feed(Closed(1))
    assert play.status is Status.WAITING


@pytest.mark.parametrize("error", [AuthenticationFailed("bad key"), ProviderFailed("boom")])
def test_an_error_without_a_retry_left_fails(error: StreamCellError) -> None:
    play = playing(Start())
    assert play.feed(Failed(error)) == (CloseSource(1), URGENT)
    assert play.status is Status.FAILED
    assert type(play.current.error) is type(error)


# -- retried by itself -------------------------------------------------------------------------------------------------


def test_a_failed_attempt_waits_and_is_made_again_until_the_policy_is_spent() -> None:
    play = playing(Start(), policy=THREE)
    assert play.feed(OVERLOADED, chance=1.0) == (CloseSource(1), SetTimer(Tick(2), 0.5), URGENT)
    assert play.stands_at(Status.WAITING, attempt=2)
    assert view_of(play.session.document)["retry_at"] == 0.5
    assert view_of(play.session.document)["error"]["kind"] == "provider"
    assert play.feed(Tick(2), after=0.5) == (OpenSource(3, index=1), URGENT)
    assert play.stands_at(Status.CONNECTING, attempt=2)
    assert (play.current.error, play.session.document.retry_at) == (None, None)
    assert play.feed(STARTED, OVERLOADED, chance=1.0) == (CloseSource(3), SetTimer(Tick(4), 1.0), URGENT)
    assert play.feed(Tick(4)) == (OpenSource(5, index=2), URGENT)
    assert play.feed(OVERLOADED) == (CloseSource(5), URGENT)
    assert play.stands_at(Status.FAILED, attempt=3)


def test_a_retried_attempt_can_succeed_and_counts_time_from_its_own_start() -> None:
    play = playing(Start(), OVERLOADED, policy=THREE)
    play.feed(Tick(play.session.run), after=5.0)
    play.feed(STARTED, PartGrew("text", "ok"), Finished("stop"), after=0.5)
    assert (play.status, play.current.text, play.current.attempt) == (Status.DONE, "ok", 2)
    assert play.current.timings.total == pytest.approx(0.5)
    assert len(play.session.document.versions) == 1


def test_a_new_attempt_forgets_what_the_provider_said_of_the_old_one() -> None:
    play = playing(Start(), STARTED, UsageReported(Usage(1)), OVERLOADED, policy=THREE)
    play.feed(Tick(play.session.run))
    assert (play.current.request_id, play.current.usage) == (None, None)
    play.feed(Failed(AuthenticationFailed()))
    assert play.current.error is not None
    assert play.current.error.request_id is None


def test_the_providers_own_wait_is_obeyed() -> None:
    play = playing(Start(), policy=THREE)
    assert SetTimer(Tick(2), 7.5) in play.feed(Failed(RateLimited(retry_after=7.5)), chance=0.1)


def test_a_wait_beyond_patience_fails_at_once() -> None:
    play = playing(Start(), Failed(RateLimited(retry_after=61.0)), policy=THREE)
    assert play.status is Status.FAILED
    assert play.current.error is not None
    assert play.current.error.retry_after == 61.0
    [step] = play.current.error.next_steps
    assert "asks to wait 61 s" in step.text
    assert "a cell waits at most 60 s by itself" in step.text


def test_a_cell_that_asks_only_once_does_not_say_how_long_it_would_wait() -> None:
    play = playing(Start(), Failed(RateLimited(retry_after=61.0)), policy=RetryPolicy(attempts=1))
    assert play.current.error is not None
    assert "at most" not in play.current.error.next_steps[0].text


@pytest.mark.parametrize("said", [PartGrew("text", "x"), PartGrew("reasoning", "x"), PartGrew("refusal", "x")])
def test_nothing_is_retried_once_something_was_said(said: Event) -> None:
    play = playing(Start(), STARTED, said, OVERLOADED, policy=THREE)
    assert play.status is Status.FAILED


def test_a_source_that_cannot_be_opened_twice_is_not_retried() -> None:
    play = playing(Start(), OVERLOADED, policy=THREE, retry_disabled_reason="read once")
    assert play.status is Status.FAILED
    assert play.ignores(Retry())


def test_a_timer_that_was_overtaken_does_nothing() -> None:
    play = playing(Start(), OVERLOADED, policy=THREE)
    timer = play.session.run
    assert RESTART in play.feed(Retry())
    assert (play.status, play.current.attempt) == (Status.CONNECTING, 2)
    assert play.ignores(Tick(timer), Tick(play.session.run))
    play.feed(OVERLOADED)
    assert play.stands_at(Status.WAITING, attempt=3)
    assert play.ignores(Tick(timer))
    assert not play.ignores(Tick(play.session.run))


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.WAITING}))
def test_a_timer_opens_only_what_waits(status: Status) -> None:
    play = at(status)
    assert play.ignores(Tick(play.session.run))


# -- retried by the user, and versions ---------------------------------------------------------------------------------


@pytest.mark.parametrize("status", sorted(TERMINAL))
def test_retry_keeps_what_was_said_as_a_version(status: Status) -> None:
    play = at(status)
    former, run = play.current, play.session.run
    assert play.feed(Retry()) == (OpenSource(run + 1, hurried=True), RESTART)
    assert play.status is Status.CONNECTING
    document = play.session.document
    assert (document.former, document.shown) == ((former,), 1)
    assert document.current == Version(status=Status.CONNECTING, origin=former.origin)
    play.feed(STARTED, PartGrew("text", "again"), Finished("stop"))
    assert [version.text for version in play.session.document.versions] == ["Hel", "again"]


@pytest.mark.parametrize("said", [PartGrew("text", "x"), PartGrew("reasoning", "x"), PartGrew("refusal", "x")])
def test_any_words_make_a_version(said: Event) -> None:
    play = playing(Start(), STARTED, said, Stop(), Retry())
    assert len(play.session.document.versions) == 2


def test_an_attempt_that_said_nothing_is_no_version() -> None:
    play = playing(Start(), STARTED, Stop(), Retry())
    assert play.session.document.former == ()
    assert play.current.error is None


@pytest.mark.parametrize("status", [Status.QUEUED, Status.CONNECTING, Status.STREAMING])
def test_retry_before_the_end_does_nothing(status: Status) -> None:
    assert at(status).ignores(Retry())


@pytest.mark.parametrize("reason", ["refusal", "budget"])
def test_retry_in_the_line_leaves_it_and_asks_at_once(reason: Literal["refusal", "budget"]) -> None:
    play = playing(Start())
    play.feed(Placed(1, 2, Wait(reason, 40.0, 1)))
    view = view_of(play.session.document)
    assert (view["status"], view["queue_position"]) == ("queued", 2)
    assert view["wait"] == {"reason": reason, "seconds": 40.0, "running": 1}
    assert play.feed(Retry()) == (CloseSource(1), OpenSource(2, None, hurried=True, index=1), RESTART)
    assert play.stands_at(Status.CONNECTING)
    assert (play.session.document.queue_position, play.session.document.wait) == (None, None)
    assert play.ignores(Placed(1, 1, Wait(reason, 39.0, 1)), Closed(1), Retry())


def test_an_attempt_whose_answer_has_begun_is_not_put_in_the_line() -> None:
    """Retry would else begin anew there, and drop the text."""
    play = playing(Start(), Received(1, PartGrew("text", "Hel")))
    assert play.ignores(Placed(1, 2, Wait("refusal", 40.0, 1)), Retry())
    assert play.current.text == "Hel"


def test_retry_in_the_line_does_nothing_where_too_many_are_under_way() -> None:
    play = playing(Start())
    play.feed(Placed(1, 2, Wait("running", None, 16)))
    assert play.ignores(Retry(), Placed(1, 2, Wait("running", None, 16)))


def test_another_reason_to_wait_is_shown_though_the_place_is_the_same() -> None:
    play = playing(Start())
    play.feed(Placed(1, 0, Wait("running", None, 16)))
    assert play.feed(Placed(1, 0, Wait("budget", 3.0, 15))) == (URGENT,)
    play.feed(Placed(1, None))
    assert (play.status, play.session.document.wait) == (Status.CONNECTING, None)


def test_the_policys_attempts_are_counted_anew_after_a_retry() -> None:
    play = playing(Start(), OVERLOADED, policy=RetryPolicy(attempts=2))
    play.feed(Tick(play.session.run), OVERLOADED)
    assert play.status is Status.FAILED
    play.feed(Retry(), OVERLOADED)
    assert (play.status, play.current.attempt) == (Status.WAITING, 2)


def test_a_former_version_can_be_looked_at_after_the_end() -> None:
    play = playing(Start(), STARTED, PartGrew("text", "1"), Stop(), Retry(), STARTED, PartGrew("text", "2"))
    assert play.ignores(Select(0))  # still on its way
    play.feed(Finished("stop"))
    assert play.ignores(Select(1), Select(-1), Select(2))
    assert play.feed(Select(0)) == (RESTART,)
    assert (play.session.document.version.text, play.status) == ("1", Status.DONE)
    play.feed(Retry())
    assert (play.session.document.shown, play.session.document.version.text) == (2, "")


# -- a response that goes on without us ------------------------------------------------------------------------------

REACHED = Cursor("resp-1", 4)
GONE = Failed(ConnectionFailed("the connection was lost"))


def background(*inputs: Input | Event, auto_resume: bool | None = None, attempts: int = 3) -> Play:
    policy = RetryPolicy(attempts=attempts)
    document = Document(attempts=attempts)
    play = Play(Session(document=document, policy=policy, way=ResumeMode.CONTINUED, auto_resume=auto_resume))
    play.feed(Start(), STARTED, *inputs)
    return play


@pytest.mark.parametrize("end", [Failed(Interrupted("cut")), GONE, Failed(TimedOut("silence"))])
@pytest.mark.parametrize(
    "said", [(), (PartGrew("reasoning", "hm"),), (PartGrew("refusal", "no"),), (PartGrew("text", "Hel"),)]
)
def test_what_the_provider_still_has_is_taken_up_and_never_asked_anew(end: Failed, said: tuple[Event, ...]) -> None:
    play = background(*said, REACHED, end)
    assert play.status is Status.WAITING
    play.feed(Tick(play.session.run))
    text = play.current.text
    assert play.effects[0] == OpenSource(play.session.run, ResumeFrom(ResumeMode.EXACT, text, REACHED), index=1)
    play.feed(STARTED, PartGrew("text", "lo"), Finished("stop"))
    assert play.current.text == text + "lo"
    (before, last) = (play.current.parts[:-1], play.current.parts[-1])
    assert plain(before) == [(event.kind, event.text) for event in said if isinstance(event, PartGrew)]
    assert last == Text(text="lo", resumed=ResumeMode.EXACT if text else None, open=False)


def test_what_is_not_to_go_on_by_itself_is_not_asked_anew_either_but_offered() -> None:
    play = background(REACHED, GONE, auto_resume=False)
    assert (play.status, play.session.document.resume) == (Status.FAILED, ResumeMode.EXACT)
    assert play.feed(Resume())[0] == OpenSource(2, ResumeFrom(ResumeMode.EXACT, "", REACHED), hurried=True, index=1)


@pytest.mark.parametrize("end", [Stop(), Failed(Interrupted("cut")), GONE])
def test_continue_is_offered_where_only_reasoning_has_come(end: Input | Event) -> None:
    play = background(PartGrew("reasoning", "hm"), REACHED, end, attempts=1)
    assert play.status in TERMINAL
    assert play.session.document.resume is ResumeMode.EXACT


def test_a_response_that_has_failed_itself_is_asked_anew() -> None:
    play = background(REACHED, OVERLOADED, attempts=2)  # with a status: the request was refused, not the response ended
    assert play.session.resuming is not None
    play = background(REACHED, Failed(ProviderFailed("boom")))
    assert (play.status, play.session.resuming) == (Status.WAITING, None)
    play = background(PartGrew("text", "Hel"), REACHED, Failed(ProviderFailed("boom")))
    assert (play.status, play.session.document.resume) == (Status.FAILED, ResumeMode.CONTINUED)


def test_a_take_up_that_brings_nothing_spends_the_policy() -> None:
    play = background(REACHED, GONE, attempts=3)
    for _ in range(2):
        play.feed(Tick(play.session.run), GONE)
    assert (play.status, play.session.document.resume) == (Status.FAILED, ResumeMode.EXACT)


# -- in the line -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ended", [Failed(ConnectionFailed("broke")), None])
def test_an_attempt_that_breaks_in_the_line_does_not_wait_for_ever(ended: Failed | None) -> None:
    play = playing(Start())
    play.feed(Placed(1, 3))
    play.feed(Closed(1) if ended is None else ended)
    assert play.status is Status.FAILED
    assert play.session.document.queue_position is None


# -- the user's own policy ---------------------------------------------------------------------------------------------


class Own:
    """A policy that must not be asked on the loop."""

    attempts = 3

    def wait(self, *_: object) -> float:
        raise AssertionError("asked on the loop")


def asking(*inputs: Input | Event) -> Play:
    own: Any = Own()
    play = Play(Session(document=Document(attempts=3), policy=own))
    play.feed(Start(), *inputs)
    return play


def test_the_users_own_policy_is_asked_elsewhere_and_what_it_says_is_done() -> None:
    play = asking()
    error = ProviderFailed("overloaded", status_code=503)
    assert play.feed(Failed(error), after=2.0, chance=0.3) == (CloseSource(1), AskPolicy(2, 1, error, 0.3, 2.0), URGENT)
    assert play.ignores(
        Received(1, PartGrew("text", "late")), Received(2, PartGrew("text", "x")), Closed(2), Tick(2), Decided(1, 1.0)
    )
    assert SetTimer(Tick(3), 1.5) in play.feed(Decided(2, 1.5))
    assert play.stands_at(Status.WAITING, attempt=2)
    assert play.ignores(Decided(2, 1.5))


def test_a_policy_that_cannot_be_obeyed_fails_the_answer_with_its_own_error_and_says_so() -> None:
    play = asking(OVERLOADED)
    play.feed(Decided(2, None, "The retry policy raised ZeroDivisionError."))
    assert play.status is Status.FAILED
    assert isinstance(play.current.error, ProviderFailed)
    assert play.current.notice == "The retry policy raised ZeroDivisionError."


def test_stop_does_not_wait_for_the_policy_and_attempts_are_its_bound() -> None:
    play = asking(OVERLOADED, Stop())
    assert play.status is Status.STOPPED
    assert play.ignores(Decided(2, 1.0))
    play = asking(OVERLOADED)
    for _ in range(2):
        play.feed(Decided(play.session.run, 0.0))
        play.feed(Tick(play.session.run), OVERLOADED)
    assert play.status is Status.FAILED


# -- our own faults ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", list(Status))
def test_a_fault_of_our_own_ends_what_has_not_ended(status: Status) -> None:
    play = at(status)
    broke = Broke(StreamCellError("oh", kind="internal"))
    if status in TERMINAL:
        assert play.ignores(broke)
        return
    play.feed(broke)
    assert play.status is Status.FAILED
    assert play.current.error is not None
    assert play.current.error.error_kind == "internal"


# -- a recording -------------------------------------------------------------------------------------------------------


def test_each_request_of_a_version_is_counted_and_a_retry_counts_anew() -> None:
    play = playing(Start(), STARTED, Finished("stop"))
    opened = play.feed(Retry())[0]
    assert isinstance(opened, OpenSource)
    assert opened.index == 0


def test_a_recorded_retry_asks_no_policy_and_waits_as_the_pace_says() -> None:
    for pace, seconds in ((Pace(2.0), 3.0), (Pace(FAST), 0.0), (Pace(playing=False), 0.0)):
        play = Play(Session(document=Document(replay=pace), policy=RetryPolicy(attempts=1)))
        effects = play.feed(Start(), Failed(RateLimited("slow down"), retry_in=6.0))
        assert SetTimer(Tick(2), seconds) in effects


def test_a_pace_and_a_step_are_for_a_replay_only() -> None:
    play = Play(Session(document=Document(replay=Pace())))
    play.feed(SetPace(Pace(4.0)))
    assert play.session.document.replay == Pace(4.0)
    play.feed(TakeStep())
    assert play.session.document.replay == Pace(4.0, playing=False)
    other = Play()
    assert other.feed(SetPace(Pace(4.0))) == other.feed(TakeStep()) == ()


def test_remarks_are_kept_beside_the_versions_notice() -> None:
    play = Play()
    play.feed(Remarked("The disk is full."))
    play.feed(Remarked("The moon too."))
    assert play.session.document.remark == "The disk is full. The moon too."


def test_a_resumed_answers_time_has_all_its_attempts_but_not_what_lies_between_its_end_and_the_users_continue() -> None:
    play = background(PartGrew("text", "Hel"), REACHED, Failed(Interrupted("cut")), attempts=1)
    before = play.current.timings.total or 0.0
    play.feed(Resume(), after=100.0)
    play.feed(STARTED, PartGrew("text", "lo"), Finished("stop"), after=2.0)
    assert play.status is Status.DONE
    assert play.current.timings.total == pytest.approx(before + 2.0)
    again = background(PartGrew("text", "Hel"), REACHED, Failed(Interrupted("cut")))
    again.feed(Tick(again.session.run), after=5.0)
    again.feed(STARTED, PartGrew("text", "lo"), Finished("stop"), after=2.0)
    assert again.current.timings.total == pytest.approx(before + 7.0)
