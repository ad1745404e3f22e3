"""Moderation in the session, input by input: what is shown, what waits, and what becomes of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamcell._errors import Flagged, Interrupted, ModerationFailed, ProviderFailed, Stopped, recorded_error
from streamcell.answer.document import Document
from streamcell.answer.events import (
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
from streamcell.answer.inputs import (
    Closed,
    CloseSource,
    Effect,
    Input,
    Judge,
    Judged,
    OpenSource,
    Received,
    Retry,
    RunTool,
    Start,
    Stop,
    Tick,
    ToolEnded,
    Watch,
)
from streamcell.answer.moderation import Judging, Mode, Moderation, Verdict, judge_of, verdict_of
from streamcell.answer.parts import Reasoning, text_of
from streamcell.answer.resume import ResumeMode
from streamcell.answer.retry import RetryPolicy
from streamcell.answer.session import Session, step
from streamcell.answer.status import TERMINAL, Status
from streamcell.answer.timeouts import Timeouts
from streamcell.answer.tools import ToolRules
from streamcell.wire.messages import view_of

STARTED = Started(Origin(model="m"), "req-1")
BAD = "FLAGGED"
FINE, FLAG = Verdict(False), Verdict(True, {"violence": 0.9, "hate": False, "ours": None})
MODES: tuple[Mode, ...] = ("hold", "watch")


def rules(mode: Mode = "hold", **more: Any) -> Moderation:
    sizes: dict[str, Any] = {"window": 40, "overlap": 10, "first_window": 20}
    return Moderation(lambda _: False, mode=mode, **{**sizes, **more})


class Play:
    """Feeds a session; keeps the texts that it wants to have judged."""

    def __init__(self, moderation: Moderation, **more: Any) -> None:
        known: dict[str, Any] = {"document": Document(), "policy": RetryPolicy(attempts=1)}
        self.session = Session(**{**known, **more}, moderation=moderation)
        self.now = 100.0
        self.asked: list[Judge] = []
        self.effects: tuple[Effect, ...] = ()

    def feed(self, *inputs: Input | Event, after: float = 0.0) -> tuple[Effect, ...]:
        self.now += after
        for one in inputs:
            is_input = isinstance(one, (Start, Stop, Retry, Judged, Closed, Tick, Watch, ToolEnded))
            fed: Any = one if is_input else Received(self.session.run, one)
            self.session, self.effects = step(self.session, fed, now=self.now)
            self.asked += [effect for effect in self.effects if isinstance(effect, Judge)]
        return self.effects

    def judge(self, verdict: Verdict | None = FINE, fault: str = "", at: int = 0, after: float = 0.0) -> None:
        asked = self.asked.pop(at)
        self.feed(Judged(asked.run, asked.number, verdict, fault), after=after)

    def judge_all(self) -> None:
        while self.asked:
            self.judge()

    @property
    def text(self) -> str:
        return self.session.document.current.text

    @property
    def status(self) -> Status:
        return self.session.status

    @property
    def checking(self) -> str | None:
        return self.session.document.checking


def streaming(mode: Mode = "hold", **more: Any) -> Play:
    play = Play(rules(mode), **more)
    play.feed(Start(), STARTED)
    return play


def grown(text: str) -> PartGrew:
    return PartGrew("text", text)


def test_held_text_is_shown_once_it_was_judged() -> None:
    play = streaming()
    play.feed(grown("One sentence. Another"))
    assert (play.text, play.checking) == ("", "text")
    assert [one.text for one in play.asked] == ["One sentence. "]
    play.judge()
    assert play.text == "One "  # all but the overlap
    play.feed(Finished("stop"), after=1.0)
    assert (play.status, play.checking) == (Status.STREAMING, "end")
    assert [one.text for one in play.asked] == ["sentence. Another"]
    play.judge(after=2.0)
    assert (play.status, play.text, play.checking) == (Status.DONE, "One sentence. Another", None)
    assert play.session.document.current.moderation == Judging(calls=2, delay=2.0)
    assert play.session.gate is None


def test_watched_text_is_shown_at_once_and_the_end_waits() -> None:
    play = streaming("watch")
    play.feed(grown("One sentence. Another"), Finished("stop"))
    assert (play.text, play.status, play.checking) == ("One sentence. Another", Status.STREAMING, "end")
    play.judge_all()
    assert play.status is Status.DONE


@pytest.mark.parametrize("mode", MODES)
def test_a_block_stops_the_request_and_keeps_what_was_before(mode: Mode) -> None:
    play = streaming(mode, way=ResumeMode.CONTINUED)
    play.feed(PartGrew("reasoning", "hm"), grown("One sentence. Another"), Cursor("resp-1", 7))
    play.judge()
    play.feed(grown(f" one. {BAD} and more text"), Usage_(), Cursor("resp-1", 8))
    assert BAD in play.asked[-1].text
    play.judge(FLAG)
    version = play.session.document.current
    assert CloseSource(play.session.run) in play.effects
    assert (play.status, play.text, play.session.document.resume, version.cursor) == (Status.FAILED, "One ", None, None)
    assert isinstance(version.error, Flagged)
    assert (version.error.text, version.error.categories) == ("One ", {"violence": 0.9, "ours": None})
    assert version.error.request_id == "req-1"
    reasoning = version.parts[0]
    assert isinstance(reasoning, Reasoning)
    assert (reasoning.seconds, reasoning.show) == (0.0, "closed")
    card = view_of(play.session.document)["error"]
    assert card["categories"] == [{"name": "violence", "score": 0.9}, {"name": "ours", "score": None}]
    before = play.session
    play.feed(grown("late"), Closed(play.session.run), Judged(play.session.run, 1, FLAG), Judged(0, 1, FLAG))
    assert play.session is before


def Usage_() -> UsageReported:  # noqa: N802
    return UsageReported(Usage(1, 2, 3))


def test_an_error_is_recorded_with_its_categories() -> None:
    error = Flagged("x", categories={"violence": 0.5, "ours": None})
    found = recorded_error("Flagged", "x", error.particulars())
    assert isinstance(found, Flagged)
    assert found.categories == error.categories
    hostile = recorded_error(
        "Flagged", "x", {"categories": {"a " * 99: "b", "c": 1e308, 5: 1, "key sk-12345678901234567890": 1}}
    )
    assert isinstance(hostile, Flagged)
    assert hostile.categories == {"a " * 40: None, "c": None, "key …": 1.0}


@pytest.mark.parametrize("mode", MODES)
def test_stop_leaves_out_what_was_not_judged_and_says_so(mode: Mode) -> None:
    play = streaming(mode, way=ResumeMode.CONTINUED)
    play.feed(grown("One sentence. Another"), Cursor("resp-1", 8))
    play.judge()
    play.feed(Stop())
    version = play.session.document.current
    assert (play.status, play.text) == (Status.STOPPED, "One ")
    assert version.notice == "17 characters were not judged yet, and are left out."
    assert isinstance(version.error, Stopped)
    assert version.error.text == "One "
    # The source has read further than that, so it cannot continue here; another request can.
    assert play.session.document.resume is ResumeMode.CONTINUED


def test_stop_with_everything_judged_leaves_nothing_out() -> None:
    play = streaming()
    play.feed(Cursor("resp-1", 8), Stop())
    assert play.session.document.current.notice is None
    assert play.session.document.resume is ResumeMode.EXACT


@pytest.mark.parametrize("mode", MODES)
def test_a_cut_waits_for_the_verdicts_and_then_counts(mode: Mode) -> None:
    play = streaming(mode, way=ResumeMode.CONTINUED)
    play.feed(grown("Short"), Closed(play.session.run))
    assert play.status is Status.STREAMING
    play.feed(grown("late"))
    play.judge()
    assert (play.status, play.text) == (Status.INTERRUPTED, "Short")
    assert play.session.document.resume is ResumeMode.CONTINUED


@pytest.mark.parametrize("mode", MODES)
def test_a_failed_attempt_is_judged_before_it_is_repeated(mode: Mode) -> None:
    play = streaming(mode, policy=RetryPolicy(attempts=3))
    play.feed(Failed(ProviderFailed("overloaded: FLAGGED words", status_code=503)))
    assert [one.text for one in play.asked] == ["overloaded: FLAGGED words"]
    play.judge()
    assert play.status is Status.WAITING
    play.feed(Tick(play.session.run), STARTED, grown("Hello"), Finished("stop"))
    play.judge_all()
    assert (play.status, play.text) == (Status.DONE, "Hello")


def test_a_refusal_before_the_answer_is_not_judged() -> None:
    play = Play(rules())
    play.feed(Start(), Failed(ProviderFailed("no")))
    assert (play.asked, play.status) == ([], Status.FAILED)


@pytest.mark.parametrize("mode", MODES)
def test_without_a_verdict_the_answer_ends(mode: Mode) -> None:
    play = streaming(mode)
    play.feed(grown("One sentence. Another"), Finished("stop"))
    play.judge()
    play.judge(None, "raised KeyError")
    error = play.session.document.current.error
    assert (play.status, play.text) == (Status.FAILED, "One ")
    assert isinstance(error, ModerationFailed)
    assert "The moderator raised KeyError." in str(error)
    assert play.session.document.current.unjudged == ""


@pytest.mark.parametrize("mode", MODES)
def test_or_goes_on_and_says_so(mode: Mode) -> None:
    play = Play(replace(rules(mode), on_failure="open"))
    play.feed(Start(), STARTED, grown("One sentence. Another"), Finished("stop"))
    play.judge(None, "raised KeyError")
    play.judge()
    assert (play.status, play.text) == (Status.DONE, "One sentence. Another")
    assert play.session.document.current.moderation == Judging(2, 0.0, 1, "raised KeyError")
    assert view_of(play.session.document)["notice"] == (
        "1 text is shown although it was not judged: the moderator raised KeyError."
    )


def test_silence_does_not_count_while_the_moderator_is_waited_for() -> None:
    play = streaming(timeouts=Timeouts(between_chunks=60.0))
    play.feed(grown("Hello"), Finished("stop"))
    play.feed(Watch(play.session.run), after=15.0)
    play.feed(Watch(play.session.run), after=1000.0)
    assert (play.status, play.session.document.idle) == (Status.STREAMING, None)
    play.judge()
    assert play.status is Status.DONE


def test_silence_does_not_count_while_so_much_waits_that_nobody_reads() -> None:
    play = streaming(timeouts=Timeouts(between_chunks=60.0))
    play.feed(grown("x" * 1000))
    play.feed(Watch(play.session.run), after=1000.0)
    play.judge_all()
    play.feed(grown(" and more"), Finished("stop"))
    play.judge_all()
    assert play.status is Status.DONE


@pytest.mark.parametrize("mode", MODES)
def test_silence_ends_the_answer_after_its_text_was_judged(mode: Mode) -> None:
    play = streaming(mode, timeouts=Timeouts(between_chunks=60.0))
    play.feed(grown("Hello"))
    play.feed(Watch(play.session.run), after=1000.0)
    assert play.status is Status.STREAMING
    while play.asked:
        play.judge()
    assert (play.status, play.text) == (Status.INTERRUPTED, "Hello")


def test_keep_alives_keep_a_held_answer_alive() -> None:
    play = streaming(timeouts=Timeouts(between_chunks=60.0))
    play.feed(grown("Hello"))
    for _ in range(5):
        play.feed(Alive(working=True), after=50.0)
        play.feed(Watch(play.session.run))
    assert (play.status, play.asked) == (Status.STREAMING, [])


def test_reasoning_is_timed_by_when_it_came() -> None:
    play = streaming()
    play.feed(PartGrew("reasoning", "hm"), after=2.0)
    play.feed(grown("One sentence. Another one is here"), after=3.0)
    play.judge(after=50.0)
    [reasoning, *_] = play.session.document.current.parts
    assert isinstance(reasoning, Reasoning)
    assert reasoning.seconds == 5.0
    assert play.session.document.current.timings.first_token == pytest.approx(2.0)


# -- the prompt --------------------------------------------------------------------------------------------------------


def test_nothing_is_sent_before_the_prompt_was_judged() -> None:
    play = Play(rules(prompt=True), prompt="May I?")
    assert not any(isinstance(one, OpenSource) for one in play.feed(Start()))
    assert ([one.text for one in play.asked], play.status, play.checking) == (["May I?"], Status.CONNECTING, "prompt")
    play.judge(after=3.0)
    assert OpenSource(play.session.run) in play.effects
    assert (play.checking, play.session.document.current.moderation) == (None, Judging(1, 3.0))
    play.feed(STARTED, grown("Yes"), Finished("stop"))
    play.judge_all()
    play.feed(Retry())
    assert any(isinstance(one, OpenSource) for one in play.effects)  # judged already


def test_changed_instructions_are_judged_too() -> None:
    play = Play(rules(prompt=True), prompt="May I?")
    play.feed(Start())
    play.judge()
    play.feed(Stop(), Retry(1, {"instructions": "Be rude"}))
    assert [one.text for one in play.asked] == ["Be rude\n\nMay I?"]
    play.judge(FLAG)
    play.feed(Retry())
    assert play.asked == []
    assert any(isinstance(one, OpenSource) for one in play.effects)
    play.feed(Stop(), Retry(1, {"instructions": "Be rude"}))
    assert len(play.asked) == 1


def test_a_long_prompt_is_judged_in_windows() -> None:
    play = Play(rules(prompt=True), prompt="x" * 200)
    play.feed(Start())
    seen = []
    while play.asked:
        seen.append(play.asked[0].text)
        play.judge()
    assert all(len(one) <= 40 for one in seen)
    assert OpenSource(play.session.run) in play.effects


def test_a_flagged_prompt_is_not_sent_and_judged_again_by_retry() -> None:
    play = Play(rules(prompt=True), prompt="May I?")
    play.feed(Start())
    play.judge(FLAG)
    error = play.session.document.current.error
    assert (play.status, error and error.error_title) == (Status.FAILED, "The moderator flagged this prompt")
    play.feed(Retry())
    assert [one.text for one in play.asked] == ["May I?"]
    play.judge(None, "raised KeyError")
    error = play.session.document.current.error
    assert (play.status, error and error.error_title) == (Status.FAILED, "The moderator could not judge this prompt")
    play.feed(Retry(), Stop())
    assert (play.status, play.session.document.current.notice) == (Status.STOPPED, None)


# -- tools -------------------------------------------------------------------------------------------------------------

CALL = (PartChanged("tool_call", {"name": "add", "call_id": "c1"}, "c1"), PartGrew("tool_call", '{"a": 1}', "c1"))


def calling(**more: Any) -> Play:
    play = Play(rules(**more), tools=ToolRules(frozenset({"add"}), approval="yes"))
    play.feed(Start(), STARTED, *CALL, Finished("tool_calls"))
    return play


def test_a_tool_runs_only_after_its_arguments_were_judged() -> None:
    play = calling(tools=True)
    assert play.checking == "end"
    assert {one.text for one in play.asked} == {"add\nc1", '{"a": 1}'}
    play.judge_all()
    assert any(isinstance(one, RunTool) for one in play.effects)
    play.feed(ToolEnded(play.session.run, 0, {"state": "done", "result": "three"}))
    assert ([one.text for one in play.asked], play.checking) == (["three"], "end")
    assert "three" not in repr(play.session.document.current.parts)
    play.judge()
    assert play.status is Status.CONNECTING
    play.feed(STARTED, grown("It is three"), Finished("stop"))
    play.judge_all()
    assert (play.status, play.text) == (Status.DONE, "It is three")


def test_a_flagged_result_ends_the_answer() -> None:
    play = calling(tools=True)
    play.judge_all()
    fields = {"state": "done", "result": "a table", "shown": ("text/html", f"<b>{BAD}</b>")}
    play.feed(ToolEnded(play.session.run, 0, fields))
    assert [one.text for one in play.asked] == [f"a table\n<b>{BAD}</b>"]
    play.judge(FLAG)
    assert play.status is Status.FAILED
    assert "a table" not in repr(play.session.document.current.parts)


def test_tools_are_not_judged_unless_that_is_asked_for() -> None:
    play = calling()
    assert (play.asked, play.status) == ([], Status.CALLING)
    play.feed(ToolEnded(play.session.run, 0, {"state": "done", "result": "three"}))
    assert (play.asked, play.status) == ([], Status.CONNECTING)


# -- what is judged ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "texts"),
    [
        (PartGrew("text", "a"), ["a"]),
        (PartGrew("refusal", "a"), ["a"]),
        (PartGrew("commentary", "a"), ["a"]),
        (PartGrew("invented", "a"), ["a"]),
        (PartRestored("text", "a"), ["a"]),
        (PartChanged("citation", {"title": "a", "url": "b", "number": 3}), ["a\nb"]),
        (PartChanged("invented", {"deep": [{"er": "a"}]}), ["a"]),
        (PartGrew("reasoning", "a"), []),
        (PartGrew("tool_call", "a"), []),
        (PartChanged("image", {"data": "a"}), []),
    ],
)
def test_all_text_that_a_reader_sees_is_judged(event: Event, texts: list[str]) -> None:
    play = streaming()
    play.feed(event, Finished("stop"))
    assert [one.text for one in play.asked] == texts
    assert play.status is (Status.STREAMING if texts else Status.DONE)


def test_a_phrase_over_two_parts_is_seen_whole() -> None:
    play = streaming()
    play.feed(PartGrew("text", "FLA", "1"), PartEnded("1"), PartGrew("commentary", "hm", "2"))
    play.feed(PartGrew("text", "GGED", "3"), Finished("stop"))
    assert BAD in [one.text for one in play.asked]


@given(
    st.sampled_from(MODES),
    st.text(alphabet="ab. ", max_size=60),
    st.text(alphabet="ab. ", max_size=60),
    st.lists(st.integers(1, 9), min_size=1),
    st.lists(st.sampled_from(["none", "judge", "last", "stop", "retry"]), min_size=1),
)
def test_flagged_text_is_never_left(mode: Mode, before: str, behind: str, cuts: list[int], acts: list[str]) -> None:
    """Whatever the user does meanwhile, and in which order verdicts come."""
    play, whole = streaming(mode), before + BAD + behind
    at, turn = 0, 0
    while turn < 200 and (play.status not in TERMINAL or turn < len(acts)):
        act, size, turn = acts[turn % len(acts)], cuts[turn % len(cuts)], turn + 1
        if at < len(whole):
            play.feed(grown(whole[at : at + size]))
            at += size
        elif at != len(whole) + 99:
            play.feed(Finished("stop"))
            at = len(whole) + 99
        if play.asked and (act in ("judge", "last") or at == len(whole) + 99):
            chosen = -1 if act == "last" else 0
            play.judge(FLAG if BAD in play.asked[chosen].text else FINE, at=chosen)
        elif act == "stop":
            play.feed(Stop())
        elif act == "retry" and play.status in TERMINAL:
            play.asked.clear()
            play.feed(Retry(), STARTED)
            at = 0
        texts = [version.text for version in play.session.document.versions]
        shown = texts if mode == "hold" or play.status in TERMINAL else texts[:-1]
        assert not any(BAD in one for one in shown)
        assert all(whole.startswith(one) for one in texts)
    assert play.status is not Status.DONE
    assert text_of(play.session.document.current.parts) == play.text


# -- verdicts ----------------------------------------------------------------------------------------------------------


class Result:
    """A result known by its fields."""

    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        (True, Verdict(True)),
        (Verdict(False), Verdict(False)),
        ({"flagged": True}, Verdict(True)),
        ({"flagged": True, "categories": {"a": 0.5}}, Verdict(True, {"a": 0.5})),
        (
            {"results": [{"flagged": True, "categories": {"a": True, "b": False}, "category_scores": {"a": 0.5}}]},
            Verdict(True, {"a": 0.5}),
        ),
        ([{"flagged": False}, {"flagged": True, "categories": {"a": 1}}], Verdict(True, {"a": 1})),
        (Result(validation_passed=True), Verdict(False)),
        (
            Result(validation_passed=False, validation_summaries=[Result(validator_name="Ours")]),
            Verdict(True, {"Ours": None}),
        ),
        (Result(tripwire_triggered=True, info={"guardrail_name": "Keywords"}), Verdict(True, {"Keywords": None})),
        (("text", False, 0.8), Verdict(True, {"risk": 0.8})),
        (("text", True, -1.0), Verdict(False, {"risk": -1.0})),
    ],
)
def test_verdicts_of_many_shapes_are_read(value: Any, verdict: Verdict) -> None:
    found = verdict_of(value)
    assert (found.flagged, dict(found.categories)) == (verdict.flagged, dict(verdict.categories))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "returned NoneType"),
        ("no", "returned str"),
        (1, "returned int"),
        ([], "returned a list of 0"),
        ([[True]], "returned a list of lists"),
        ({"flagged": "yes"}, "returned dict"),
        ({"flagged": True, "categories": 5}, "categories are int"),
        ({"flagged": True, "categories": {"a": "much"}}, "score that is no number"),
        ({"flagged": True, "categories": {"a": float("nan")}}, "score that is no number"),
        (Verdict("no"), "flagged is str"),
    ],
)
def test_what_is_no_verdict_says_what_came(value: Any, words: str) -> None:
    with pytest.raises(TypeError, match=words):
        verdict_of(value)


def test_categories_are_bounded_and_sorted_by_score() -> None:
    verdict = Verdict(True, {**{str(at): at / 100 for at in range(50)}, "none": None, "x" * 999: True})
    assert next(iter(verdict.scores)) == "49"
    assert len(verdict.scores) == 20
    assert Verdict(True, {"x" * 999: True}).scores == {"x" * 80: None}


def test_a_method_of_a_library_is_preferred_to_a_call() -> None:
    class Guard:
        def __call__(self) -> None:
            raise AssertionError

        def validate(self, text: str) -> str:
            return text

    assert judge_of(Guard())("x") == "x"


def test_a_gate_survives_a_source_that_ends_twice() -> None:
    play = streaming()
    play.feed(grown("x"), Failed(Interrupted("cut")), Closed(play.session.run), Finished("stop"))
    play.judge_all()
    assert play.status is Status.INTERRUPTED
