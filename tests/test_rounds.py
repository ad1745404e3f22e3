"""Rounds of tools in the session: no call runs without leave, each is answered once, and the model is asked again."""

from __future__ import annotations

import gc
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamcell import ToolCall, TooManyRounds
from streamcell._errors import Interrupted, ProviderFailed
from streamcell.answer.document import Document
from streamcell.answer.events import (
    Cursor,
    Event,
    Failed,
    Finished,
    PartChanged,
    PartGrew,
    PartRestored,
    Usage,
    UsageReported,
)
from streamcell.answer.inputs import (
    Act,
    Approved,
    AskApproval,
    Closed,
    CloseSource,
    Effect,
    Input,
    OpenSource,
    Publish,
    Received,
    Resume,
    Retry,
    RunTool,
    Start,
    Stop,
    Tick,
    ToolEnded,
    Watch,
)
from streamcell.answer.parts import CallState, conversation
from streamcell.answer.resume import ResumeFrom, ResumeMode
from streamcell.answer.retry import RetryPolicy
from streamcell.answer.session import Session, step
from streamcell.answer.status import Status
from streamcell.answer.timeouts import Timeouts
from streamcell.answer.tools import MOST_CALLS, Approval, ToolRules
from streamcell.request.echoes import Echo
from tests.test_session import STARTED, Play

URGENT = Publish(urgent=True)
OVERLOADED = Failed(ProviderFailed("overloaded", status_code=503))


def playing(approval: Approval = "ask", *, max_rounds: int = 8, declared: tuple[str, ...] = ()) -> Play:
    rules = ToolRules(frozenset({"add", "sub"}), frozenset(declared), approval, max_rounds)
    policy = RetryPolicy(attempts=3, wait_initial=0.5, wait_max=8.0)
    session = Session(Document(), policy, way=ResumeMode.CONTINUED, tools=rules)
    play = Play(session)
    play.feed(Start(), STARTED)
    return play


def call(id_: str = "c1", name: str = "add", arguments: str = '{"a":1}') -> tuple[Event, ...]:
    return (PartChanged("tool_call", {"name": name, "call_id": id_}, id_), PartGrew("tool_call", arguments, id_))


def ended(play: Play, part: int, result: str = "3") -> tuple[Effect, ...]:
    return play.feed(ToolEnded(play.session.run, part, {"state": CallState.DONE, "result": result}))


def calls(play: Play) -> list[tuple[str, str]]:
    parts = play.current.parts
    return [(part.state.value, part.result) for part in parts if isinstance(part, ToolCall)]


def opened(effects: tuple[Effect, ...]) -> OpenSource:
    return next(one for one in effects if isinstance(one, OpenSource))


def test_a_call_waits_for_the_user_and_then_runs_once_and_its_result_goes_back() -> None:
    play = playing()
    assert play.feed(PartGrew("text", "Let me add."), *call(), Finished("tool_calls")) == (URGENT,)
    assert (play.status, calls(play)) == (Status.CALLING, [("asked", "")])
    assert play.current.finish_reason is None
    run = play.session.run
    assert play.feed(Act(1, "run")) == (RunTool(run, 1, "add", '{"a":1}'), URGENT)
    # A second page, or a second press.
    assert play.ignores(Act(1, "run"), Act(1, "deny"), Act(1, "edit", "{}"), Act(1, "always"))
    source = opened(ended(play, 1))
    assert source.history == (
        {"role": "assistant", "content": "Let me add."},
        {"type": "function_call", "call_id": "c1", "name": "add", "arguments": '{"a":1}'},
        {"type": "function_call_output", "call_id": "c1", "output": "3"},
    )
    assert (source.resume, source.hurried, source.run) == (None, False, run + 1)
    assert play.status is Status.CONNECTING
    play.feed(STARTED, PartGrew("text", "It is 3."), Finished("stop"))
    assert (play.status, play.current.text) == (Status.DONE, "Let me add.\n\nIt is 3.")
    assert [part.kind for part in play.current.parts] == ["text", "tool_call", "text"]
    assert play.session.round == 1


@pytest.mark.parametrize(
    ("approval", "states", "effects"),
    [
        ("ask", [("asked", "")], 0),
        ("code", [("called", "")], 1),
        ("yes", [("running", "")], 1),
    ],
)
def test_who_decides(approval: Approval, states: list[tuple[str, str]], effects: int) -> None:
    play = playing(approval)
    got = play.feed(*call(), Finished("tool_calls"))
    assert (calls(play), len(got) - 1, play.status) == (states, effects, Status.CALLING)


@pytest.mark.parametrize(
    ("approval", "said"), [("no", "The user denied this call."), ("nobody", "there is nobody to ask.")]
)
def test_where_all_is_denied_the_model_is_told_at_once(approval: Approval, said: str) -> None:
    play = playing(approval)
    effects = play.feed(*call(), Finished("tool_calls"))
    assert not any(isinstance(one, (RunTool, AskApproval)) for one in effects)
    assert opened(effects).history[-1]["output"].endswith(said)
    assert calls(play)[0][0] == "denied"


@pytest.mark.parametrize(
    ("allow", "state", "effect"),
    [(True, "running", RunTool), (False, "denied", OpenSource), (None, "asked", Publish)],
)
def test_a_function_of_the_users_decides(allow: bool | None, state: str, effect: type[Effect]) -> None:
    play = playing("code")
    effects = play.feed(*call(), Finished("tool_calls"))
    assert effects == (AskApproval(play.session.run, 0, "add", '{"a":1}'), URGENT)
    run = play.session.run
    assert play.ignores(Act(0, "run"))  # it is not the page's to decide
    assert isinstance(play.feed(Approved(run, 0, allow))[0], effect)
    assert calls(play)[0][0] == state
    assert play.ignores(Approved(run, 0, True))


def test_stop_ends_a_call_that_a_function_of_the_users_is_deciding_on() -> None:
    play = playing("code")
    play.feed(*call(), Finished("tool_calls"), Stop())
    assert calls(play) == [("stopped", "The user stopped this call before it returned.")]


def request_for_leave(id_: str = "r1", name: str = "add", server: str = "atlas") -> tuple[Event, ...]:
    fields = {"name": name, "call_id": id_, "server": server}
    return (PartChanged("tool_call", fields, id_), PartGrew("tool_call", '{"a":1}', id_))


REQUEST = {"type": "mcp_approval_request", "id": "r1", "server_label": "atlas", "name": "add", "arguments": '{"a":1}'}


@pytest.mark.parametrize(("action", "state", "approve"), [("run", "done", True), ("deny", "denied", False)])
def test_a_tool_of_a_server_runs_there_and_is_told_only_whether_it_may(action: str, state: str, approve: bool) -> None:
    play = playing()
    assert play.feed(*request_for_leave(), Finished("tool_calls")) == (URGENT,)
    assert calls(play) == [("asked", "")]
    assert play.ignores(Act(0, "edit", "{}"))
    effects = play.feed(Act(0, action))
    assert not [one for one in effects if isinstance(one, RunTool)]
    assert calls(play)[0][0] == state
    answer = {"type": "mcp_approval_response", "approval_request_id": "r1", "approve": approve}
    assert opened(effects).history == (REQUEST, answer)


def test_leave_for_a_tool_of_a_server_is_none_for_a_tool_of_the_same_name() -> None:
    play = playing()
    play.feed(*request_for_leave(), *call("c1"), *request_for_leave("r2"), Finished("tool_calls"), Act(0, "always"))
    assert [state for state, _ in calls(play)] == ["done", "asked", "done"]
    play.feed(Act(1, "deny"), STARTED, *call("c2"), *request_for_leave("r3"), Finished("tool_calls"))
    assert [state for state, _ in calls(play)] == ["done", "denied", "done", "asked", "done"]


def test_a_function_of_the_users_is_told_whose_tool_it_is() -> None:
    play = playing("code")
    run = play.session.run
    assert AskApproval(run, 0, "atlas · add", '{"a":1}') in play.feed(*request_for_leave(), Finished("tool_calls"))
    assert opened(play.feed(Approved(run, 0, True))).history[1]["approve"] is True


def test_calls_of_one_round_run_side_by_side_and_are_answered_together() -> None:
    play = playing("yes")
    effects = play.feed(*call(), *call("c2", "sub", "{}"), Finished("tool_calls"))
    assert [one.name for one in effects if isinstance(one, RunTool)] == ["add", "sub"]
    assert ended(play, 1, "second") == (URGENT,)
    source = opened(ended(play, 0, "first"))
    assert [item["type"] for item in source.history] == ["function_call"] * 2 + ["function_call_output"] * 2
    assert [item.get("output") for item in source.history[2:]] == ["first", "second"]


def test_two_rounds_stay_two_for_the_model() -> None:
    play = playing("yes")
    play.feed(*call(), Finished("tool_calls"))
    ended(play, 0)
    play.feed(STARTED, *call("c1", "sub"), Finished("tool_calls"))
    source = opened(ended(play, 1))
    types = [item["type"] for item in source.history]
    assert types == ["function_call", "function_call_output"] * 2
    assert [part.round for part in play.current.parts if isinstance(part, ToolCall)] == [1, 2]


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("rm", "{}", "There is no tool named 'rm'. The tools are: add, sub."),
        ("add", '{"a":', "The arguments are not a valid JSON object: "),
        ("add", "[1]", "it is no object but list."),
        ("add", "[" * 100_000, "The arguments are not a valid JSON object: "),
        ("add", '{"a":"' + "x" * 1_000_000 + '"}', "The arguments are too long: 1,000,008 characters"),
    ],
)
def test_a_call_that_cannot_be_run_is_answered_without_asking_anybody(name: str, arguments: str, said: str) -> None:
    gc.collect()  # what other tests left, if it were collected deep in a nested JSON, could not even be reported
    play = playing("ask")
    effects = play.feed(*call("c1", name, arguments), Finished("tool_calls"))
    assert said in opened(effects).history[-1]["output"]
    assert calls(play)[0][0] == "failed"


def test_a_call_without_arguments_runs() -> None:
    play = playing("yes")
    effects = play.feed(PartChanged("tool_call", {"name": "add", "call_id": "c"}, "c"), Finished("tool_calls"))
    assert effects[0] == RunTool(play.session.run, 0, "add", "")


def test_the_user_edits_the_arguments() -> None:
    play = playing()
    play.feed(*call(), Finished("tool_calls"))
    assert play.ignores(Act(0, "edit", "no JSON"), Act(0, "edit", "[]"), Act(0, "edit", 3), Act(0, "edit"))
    assert play.feed(Act(0, "edit", '{"a":2}'))[0] == RunTool(play.session.run, 0, "add", '{"a":2}')
    # The model's own words stay, and it is told what has run.
    part = play.current.parts[0]
    assert isinstance(part, ToolCall)
    assert (part.arguments, part.edited) == ('{"a":1}', '{"a":2}')
    assert opened(ended(play, 0)).history[0]["arguments"] == '{"a":2}'


def test_always_allows_the_tool_for_the_rest_of_the_answer_and_no_other() -> None:
    play = playing()
    play.feed(*call("c1"), *call("c2"), *call("c3", "sub"), Finished("tool_calls"))
    effects = play.feed(Act(0, "always"))
    assert [one.part for one in effects if isinstance(one, RunTool)] == [0, 1]
    assert [state for state, _ in calls(play)] == ["running", "running", "asked"]
    play.feed(Act(2, "deny"))
    ended(play, 0)
    ended(play, 1)
    play.feed(STARTED, *call("c4"), *call("c5", "sub"), Finished("tool_calls"))
    assert [state for state, _ in calls(play)][3:] == ["running", "asked"]
    play.feed(Stop(), Retry(), STARTED, *call(), Finished("tool_calls"))
    assert calls(play) == [("asked", "")], "another answer asks anew"


def test_stop_ends_a_round_and_what_returns_late_changes_nothing() -> None:
    play = playing()
    play.feed(*call("c1"), *call("c2"), Finished("tool_calls"), Act(0, "run"))
    run = play.session.run
    assert play.feed(Stop(), after=1.0) == (CloseSource(run), URGENT)
    stopped = ("stopped", "The user stopped this call before it returned.")
    assert (play.status, calls(play)) == (Status.STOPPED, [stopped, stopped])
    late = ToolEnded(run, 0, {"state": CallState.DONE, "result": "3"})
    assert play.ignores(late, Act(1, "run"), Closed(run), Tick(run), Approved(run, 1, True))
    # What was stopped is told to the model when the answer goes on.
    assert play.session.document.resume is ResumeMode.CONTINUED
    source = opened(play.feed(Resume()))
    assert [item["output"] for item in source.history[2:]] == [stopped[1]] * 2
    assert source.resume is None
    play.feed(STARTED, PartGrew("text", "Then not."), Finished("stop"))
    assert (play.status, play.current.text) == (Status.DONE, "Then not.")


def test_a_loop_that_never_ends_is_bounded_and_what_it_asked_for_last_is_not_run() -> None:
    play = playing("yes", max_rounds=3)
    for count in range(3):
        play.feed(STARTED, *call(f"c{count}"), Finished("tool_calls"))
        ended(play, count)
    effects = play.feed(STARTED, *call("c9"), Finished("tool_calls"))
    assert not any(isinstance(one, RunTool) for one in effects)
    assert play.status is Status.FAILED
    assert isinstance(play.current.error, TooManyRounds)
    assert "3 rounds" in play.current.error.detail
    assert calls(play)[-1] == ("called", "")


def test_more_calls_than_run_side_by_side_are_answered() -> None:
    play = playing("yes")
    many = [event for count in range(MOST_CALLS + 2) for event in call(f"c{count}")]
    effects = play.feed(*many, Finished("tool_calls"))
    assert sum(isinstance(one, RunTool) for one in effects) == MOST_CALLS
    assert [state for state, _ in calls(play)][MOST_CALLS:] == ["failed", "failed"]


@pytest.mark.parametrize("reason", ["length", "content_filter", None])
def test_an_answer_that_ended_otherwise_runs_nothing(reason: str | None) -> None:
    play = playing("yes")
    effects = play.feed(*call(), Finished(reason))
    assert (play.status, effects, calls(play)) == (Status.DONE, (URGENT,), [("called", "")])


def test_a_tool_without_code_ends_the_answer_and_then_no_other_call_runs() -> None:
    play = playing("yes", declared=("weather",))
    play.feed(*call("c1", "weather"), *call("c2", "add"), Finished("tool_calls"))
    assert (play.status, play.current.finish_reason) == (Status.DONE, "tool_calls")
    assert calls(play) == [("called", ""), ("called", "")]
    assert [item.get("output") for item in conversation(play.current.parts)][2:] == ["This call was not run."] * 2
    # Unless the next request brings its result itself.
    assert len(conversation(play.current.parts, {"c1"})) == 3


def test_a_round_that_fails_before_its_answer_is_asked_for_again_with_the_same_results() -> None:
    play = playing("yes")
    play.feed(PartGrew("text", "So:"), *call(), Finished("tool_calls"))
    first = opened(ended(play, 1))
    play.feed(OVERLOADED)
    assert play.stands_at(Status.WAITING, attempt=2)
    again = opened(play.feed(Tick(play.session.run)))
    assert again.history == first.history
    assert (play.current.text, calls(play)) == ("So:", [("done", "3")])
    play.feed(STARTED, PartGrew("text", "3"), Finished("stop"))
    assert play.current.text == "So:\n\n3"


def test_a_round_that_was_cut_goes_on_behind_its_own_text() -> None:
    play = playing("yes")
    play.feed(PartGrew("text", "So:"), *call(), Finished("tool_calls"))
    history = opened(ended(play, 1)).history
    play.feed(STARTED, PartGrew("text", "It is"), Failed(Interrupted()))
    assert (play.status, play.session.document.resume) == (Status.INTERRUPTED, ResumeMode.CONTINUED)
    source = opened(play.feed(Resume()))
    assert (source.resume, source.history) == (ResumeFrom(ResumeMode.CONTINUED, "\n\nIt is"), history)
    play.feed(STARTED, PartGrew("text", " 3."), Finished("stop"))
    assert play.current.text == "So:\n\nIt is 3."


def test_a_call_that_was_cut_in_its_middle_runs_never_and_the_answer_cannot_go_on_from_there() -> None:
    play = playing("yes")
    play.feed(PartGrew("text", "So:"), *call("c1", "add", '{"a"'), Failed(Interrupted()))
    assert (play.status, play.session.document.resume, calls(play)) == (Status.INTERRUPTED, None, [("called", "")])


def test_retry_begins_with_the_first_round() -> None:
    play = playing("yes")
    play.feed(*call(), Finished("tool_calls"))
    ended(play, 0)
    play.feed(STARTED, PartGrew("text", "3"), Finished("stop"))
    source = opened(play.feed(Retry()))
    assert (source.history, play.current.parts, play.session.round) == ((), (), 0)
    assert len(play.session.document.former) == 1


ONE, TWO = (Echo("call", (id_,), f'{{"extra_content":"{id_}"}}', server="s") for id_ in ("c1", "c2"))


def test_what_came_beside_calls_goes_with_each_request_of_the_answer() -> None:
    play = playing("yes")
    play.feed(PartGrew("text", "So:"), *call(), Finished("tool_calls", echoes=(ONE,)))
    assert opened(ended(play, 1)).echoes == (ONE,)
    play.feed(OVERLOADED)
    assert opened(play.feed(Tick(play.session.run))).echoes == (ONE,)
    play.feed(STARTED, *call("c2", "sub"), Finished("tool_calls", echoes=(TWO,)))
    assert opened(ended(play, 2)).echoes == (ONE, TWO)
    play.feed(STARTED, PartGrew("text", "It is"), Failed(Interrupted()))
    assert opened(play.feed(Resume())).echoes == (ONE, TWO)
    play.feed(STARTED, PartGrew("text", " 3."), Failed(Interrupted()), Retry())
    assert play.current.echoes == (), "another answer"
    play.feed(STARTED, *call(), Finished("tool_calls"))
    assert opened(ended(play, 0)).echoes == ()


def test_what_came_beside_calls_that_were_stopped_goes_with_them() -> None:
    play = playing()
    play.feed(*call(), Finished("tool_calls", echoes=(ONE,)), Stop())
    assert opened(play.feed(Resume())).echoes == (ONE,)


def test_what_came_beside_a_call_that_is_the_users_to_answer_is_kept_for_the_next_answer() -> None:
    play = playing("yes", declared=("weather",))
    play.feed(*call("c1", "weather"), Finished("tool_calls", echoes=(ONE,)))
    assert (play.status, play.current.echoes) == (Status.DONE, (ONE,))


def test_a_round_that_is_resumed_exactly_keeps_what_came_before_it() -> None:
    play = playing("yes")
    play.feed(*call(), Finished("tool_calls", echoes=(ONE,)))
    ended(play, 0)
    play.feed(STARTED, Cursor("resp-2", 1), PartGrew("text", "a"), Failed(Interrupted()))
    source = opened(play.feed(Tick(play.session.run)))
    assert source.resume is not None
    assert source.resume.way is ResumeMode.EXACT
    play.feed(STARTED, *call("c2"), Finished("tool_calls", echoes=(TWO,)))
    assert opened(ended(play, 2)).echoes == (ONE, TWO)


def test_usage_adds_up_over_rounds_and_counts_no_failed_attempt() -> None:
    play = playing("yes")
    play.feed(UsageReported(Usage(10, 2, 12)), *call(), Finished("tool_calls"))
    ended(play, 0)
    play.feed(UsageReported(Usage(100, 1)), OVERLOADED)
    play.feed(Tick(play.session.run))
    assert play.current.usage == Usage(10, 2, 12)
    play.feed(STARTED, UsageReported(Usage(1, 1)), UsageReported(Usage(20, 5, 25)), Finished("stop"))
    assert play.current.usage == Usage(30, 7, 37)


def test_a_text_of_a_later_round_that_is_restored_stays_a_paragraph() -> None:
    play = playing("yes")
    play.feed(PartGrew("text", "So:", "m1"), *call(), Finished("tool_calls"))
    ended(play, 1)
    play.feed(STARTED, PartGrew("text", "It", "m1"))
    play.session, _ = step(play.session, Received(play.session.run, PartRestored("text", "That is 3.", "m1")))
    assert play.current.text == "So:\n\nThat is 3."


def test_nothing_is_watched_while_tools_run_and_the_next_round_is() -> None:
    play = playing()
    play.session = replace(play.session, timeouts=Timeouts())
    play.feed(*call(), Finished("tool_calls"))
    assert play.ignores(Watch(play.session.run))
    effects = play.feed(Act(0, "deny"), after=10_000.0)
    assert play.status is Status.CONNECTING
    assert any(getattr(one, "given", None) == Watch(play.session.run) for one in effects)


def test_a_background_response_is_resumed_in_its_own_round_only() -> None:
    play = playing("yes")
    play.feed(Cursor("resp-1", 3), *call(), Finished("tool_calls"))
    ended(play, 0)
    assert play.current.cursor is None
    play.feed(STARTED, Cursor("resp-2", 1), Failed(Interrupted()))
    resume: Any = opened(play.feed(Tick(play.session.run))).resume
    assert resume.cursor == Cursor("resp-2", 1)


def test_first_token_and_total_count_from_the_first_round() -> None:
    play = playing()
    play.feed(PartGrew("text", "a"), after=1.0)
    play.feed(*call(), Finished("tool_calls"), after=1.0)
    play.feed(Act(0 + 1, "deny"), after=5.0)
    play.feed(STARTED, PartGrew("text", "b"), Finished("stop"), after=1.0)
    assert play.current.timings.first_token == pytest.approx(1.0)
    assert play.current.timings.total == pytest.approx(8.0)


EVENT = st.one_of(
    st.just(STARTED),
    st.just(PartGrew("text", "a")),
    st.builds(
        lambda name, id_: PartChanged("tool_call", {"name": name, "call_id": id_}, id_),
        *[st.sampled_from(["add", "sub", "rm"]), st.sampled_from(["1", "2"])],
    ),
    st.builds(PartGrew, st.just("tool_call"), st.just("{}"), st.sampled_from(["1", "2"])),
    st.builds(Finished, st.sampled_from(["tool_calls", "tool_calls", "stop", "length"])),
    st.sampled_from([Failed(Interrupted()), OVERLOADED]),
)
PLACE = st.integers(0, 5)
GIVEN = st.one_of(
    EVENT,
    EVENT,
    st.builds(Act, PLACE, st.sampled_from(["run", "always", "deny", "edit"]), st.just("{}")),
    st.builds(Approved, st.integers(0, 4), PLACE, st.sampled_from([True, False, None])),
    st.builds(ToolEnded, st.integers(0, 4), PLACE, st.just({"state": CallState.DONE, "result": "3"})),
    st.sampled_from([Stop(), Retry(), Resume(), Tick(1), Tick(2), Closed(1)]),
)


@settings(max_examples=400, deadline=None)
@given(
    inputs=st.lists(GIVEN, max_size=60),
    approval=st.sampled_from(["ask", "code", "yes", "no", "nobody"]),
    max_rounds=st.integers(1, 3),
)
def test_no_order_of_inputs_runs_a_call_twice_or_without_leave(
    inputs: list[Input | Event], approval: Approval, max_rounds: int
) -> None:
    play = playing(approval, max_rounds=max_rounds)
    run: set[tuple[int, int]] = set()
    for one in inputs:
        before = play.current.parts
        effects = play.feed(one)
        for effect in effects:
            if isinstance(effect, RunTool):
                assert (effect.run, effect.part) not in run
                run.add((effect.run, effect.part))
                assert effect.name in ("add", "sub")
                call_before = before[effect.part] if effect.part < len(before) else None
                asked = isinstance(call_before, ToolCall) and call_before.state is CallState.ASKED
                given_leave = isinstance(one, Act) and one.action != "deny" and asked
                allowed = effect.name in play.session.allowed or (isinstance(one, Approved) and one.allow is True)
                assert approval == "yes" or given_leave or allowed
            elif isinstance(effect, OpenSource):
                made = [item["call_id"] for item in effect.history if item.get("type") == "function_call"]
                answered = [item["call_id"] for item in effect.history if item.get("type") == "function_call_output"]
                assert sorted(made) == sorted(answered)
        assert play.session.round <= max_rounds + 1
        waits = [part for part in play.current.parts if isinstance(part, ToolCall) and not part.settled and part.round]
        assert not waits or play.status is Status.CALLING
