"""The numbers of an answer: what a tally counts, what is made of it, and the same from real answers."""

from __future__ import annotations

import contextlib
import sys
import threading
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamcell import RetryPolicy, StreamCell, StreamCellError, configure, history, stream_cell
from streamcell.answer.document import Timings, Version
from streamcell.answer.events import Origin, Usage
from streamcell.answer.moderation import Judging
from streamcell.answer.parts import Reasoning, Text
from streamcell.answer.resume import ResumeMode
from streamcell.answer.stats import Counts, prices_of, stats_of
from streamcell.engine import tally as tallies
from streamcell.engine.history import History
from streamcell.engine.log import Entry
from streamcell.engine.tally import Tally
from streamcell.wire.messages import parse_command

from .sources.wire_server import begun, event, sends, wire_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from streamcell.rehearsal import RehearsalServer

TIMEOUT = 300.0


def tally(*entries: tuple[float, Any, dict[str, Any]], spoken: bool = True) -> Tally:
    made = Tally()
    if spoken:
        made.spoke()
    for at, kind, data in entries:
        made.take(Entry(at, 1, kind, data))
    return made


def status(at: float, name: str, **more: Any) -> tuple[float, str, dict[str, Any]]:
    return at, "status", {"status": name, **more}


def entry(at: float, kind: str) -> tuple[float, str, dict[str, Any]]:
    return at, kind, {}


def chunk(at: float, data: str = "x") -> tuple[float, str, dict[str, Any]]:
    return at, "chunk", {"data": data}


def pieces(made: Tally) -> list[tuple[str, float, float]]:
    return [(one.kind, one.start, one.seconds) for one in made.counts().segments]


BEGUN = [status(1, "connecting"), entry(1.5, "request"), entry(2, "response"), status(2, "streaming")]


def test_times_are_counted_from_the_first_entry() -> None:
    counts = tally(*BEGUN, chunk(2.5), chunk(3), status(4, "done")).counts()
    assert (counts.total, counts.connect, counts.attempts, counts.chunks) == (3, 0.5, 1, 2)
    assert (counts.longest_gap, counts.mean_gap, counts.streamed) == (0.5, 0.5, 0.5)


def test_every_wait_is_a_piece_of_the_timeline() -> None:
    made = tally(
        status(0, "queued"),
        status(1, "connecting"),
        status(2, "streaming"),
        status(3, "waiting", error="Interrupted"),
        status(5, "connecting"),
        status(6, "streaming"),
        status(7, "calling"),
        (9, "tool", {"name": "gauge", "seconds": 1.5}),
        status(9, "connecting"),
        status(10, "streaming"),
        status(11, "done"),
    )
    assert pieces(made) == [
        ("queue", 0, 1), ("connect", 1, 1), ("stream", 2, 1), ("wait", 3, 2), ("connect", 5, 1), ("stream", 6, 1),
        ("tools", 7, 2), ("tool", 7.5, 1.5), ("connect", 9, 1), ("stream", 10, 1),
    ]  # fmt: skip
    assert [(one.kind, one.text) for one in made.counts().segments if one.text] == [
        ("wait", "Interrupted"),
        ("tool", "gauge"),
    ]
    counts = made.counts()
    assert (counts.queue, counts.wait, counts.tools, counts.total) == (1, 2, 2, 11)


def test_a_long_gap_is_shown_apart_and_a_short_one_is_not() -> None:
    made = tally(*BEGUN, chunk(2.1), chunk(2.5), chunk(5.5), chunk(5.6), status(6, "done"))
    assert [kind for kind, *_ in pieces(made)] == ["connect", "stream", "gap", "stream"]
    assert pieces(made)[2] == ("gap", 1.5, 3.0)
    assert made.counts().longest_gap == 3.0


def test_the_pieces_are_bounded_and_their_sum_is_the_time() -> None:
    chunks = [chunk(2 + 2 * at) for at in range(1_000)]
    made = tally(*BEGUN, *chunks, status(2_000, "done"))
    segments = made.counts().segments
    assert len(segments) <= tallies.MOST + 3
    assert sum(one.seconds for one in segments) == pytest.approx(made.counts().total)


def test_no_gap_is_counted_between_two_responses() -> None:
    made = tally(*BEGUN, chunk(2.5), status(3, "waiting"), status(9, "connecting"), (9, "request", {}), chunk(9.5))
    assert (made.counts().longest_gap, made.counts().attempts) == (None, 2)


def test_the_rate_counts_from_the_first_output_on() -> None:
    made = tally(*BEGUN, chunk(2.5), chunk(8), spoken=False)
    made.spoke()
    for at in (8.5, 9.0):
        made.take(Entry(at, 1, "chunk", {"data": "x"}))
    assert made.counts().streamed == 1.0


def test_an_answer_that_is_resumed_goes_on_where_it_ended() -> None:
    made = tally(*BEGUN, chunk(2.5), status(3, "interrupted"), status(103, "connecting"), status(104, "streaming"))
    assert made.counts(105).total == 4
    assert pieces(made)[-2:] == [("connect", 2, 1), ("stream", 3, 0)]


def test_the_wait_in_the_queue_is_not_connecting() -> None:
    made = tally(status(0, "connecting"), entry(0, "request"), status(0, "queued"), status(5, "connecting"))
    made.take(Entry(5.5, 1, "response", {}))
    assert (made.counts().connect, made.counts().queue) == (0.5, 5)


def test_while_it_runs_the_present_phase_counts_until_now() -> None:
    assert tally(status(0, "queued")).counts(7).queue == 7
    assert tally(status(0, "queued"), status(1, "connecting"), status(2, "failed")).counts(9).total == 2


def test_bytes_are_those_of_utf_8_and_half_a_character_is_no_error() -> None:
    assert tally(chunk(0, "ä"), chunk(1, "\ud83d"), chunk(2, "ab")).counts().received_bytes == 2 + 3 + 2


@given(
    st.lists(
        st.tuples(
            st.floats(0, 1_000),
            st.sampled_from(["chunk", "text", "request", "response", "tool", *tallies._PHASES, "done", "failed"]),
        )
    )
)
def test_no_order_of_entries_gives_a_time_below_zero(steps: list[tuple[float, Any]]) -> None:
    made = Tally()
    for at, kind in steps:
        known = kind in ("chunk", "text", "request", "response", "tool")
        data = {"seconds": 0.5} if known else {"status": kind}
        made.take(Entry(at, 1, kind if known else "status", data))
    counts = made.counts()
    times = [counts.queue, counts.wait, counts.tools, counts.streamed, counts.total or 0, counts.longest_gap or 0]
    assert all(one >= 0 for one in times)
    assert all(one.seconds >= 0 for one in counts.segments)


# -- what is made of it ------------------------------------------------------------------------------------------------

VERSION = Version(
    parts=(Text(text="x" * 400),),
    usage=Usage(input_tokens=1_000, output_tokens=200, cached_tokens=400, reasoning_tokens=150),
    origin=Origin(model="m"),
    timings=Timings(0.5, 4.0),
)


def test_reported_tokens_give_the_rate_and_hidden_reasoning_was_not_streamed() -> None:
    stats = stats_of(VERSION, Counts(streamed=2.0), {})
    assert (stats.tokens_per_second, stats.tokens_estimated) == (25.0, False)
    shown = Version(parts=(Reasoning(text="h" * 600), *VERSION.parts), usage=VERSION.usage)
    assert stats_of(shown, Counts(streamed=2.0), {}).tokens_per_second == 100.0
    summary = Version(parts=(Reasoning(text="h" * 80), *VERSION.parts), usage=VERSION.usage)
    assert stats_of(summary, Counts(streamed=2.0), {}).tokens_per_second == 35.0


def test_what_moderation_costs_is_in_the_numbers() -> None:
    stats = stats_of(Version(moderation=Judging(calls=3, delay=0.5)), Counts(), {})
    assert (stats.moderation_calls, stats.moderation_seconds) == (3, 0.5)


def test_a_burst_has_no_rate() -> None:
    assert stats_of(VERSION, Counts(streamed=0.01), {}).tokens_per_second is None


def test_what_another_request_added_to_a_cut_answer_makes_the_rate_an_estimate() -> None:
    parts = (Text(text="x" * 400), Text(text="y" * 400, resumed=ResumeMode.CONTINUED))
    stats = stats_of(Version(parts=parts, usage=VERSION.usage), Counts(streamed=2.0), {})
    assert (stats.tokens_per_second, stats.tokens_estimated) == (100.0, True)


def test_without_reported_tokens_the_rate_is_an_estimate_and_says_so() -> None:
    stats = stats_of(Version(parts=VERSION.parts), Counts(streamed=2.0), {})
    assert (stats.tokens_per_second, stats.tokens_estimated, stats.output_tokens) == (50.0, True, None)


def test_the_price_is_by_the_users_table_only() -> None:
    table = prices_of({"m": {"input": 1.0, "cached": 0.5, "output": 10.0}, "n": {"input": 1, "output": 1}})
    assert stats_of(VERSION, Counts(), table).price == pytest.approx((600 * 1 + 400 * 0.5 + 200 * 10) / 1e6)
    assert stats_of(VERSION, Counts(), {}).price is None
    assert stats_of(Version(parts=VERSION.parts, origin=Origin(model="n")), Counts(), table).price is None


@pytest.mark.parametrize(
    "table",
    [
        [],
        {"m": 5},
        {5: {"input": 1, "output": 1}},
        {"m": {"input": 1}},
        {"m": {"input": 1, "output": 1, "other": 1}},
        {"m": {"input": -1, "output": 1}},
        {"m": {"input": float("nan"), "output": 1}},
        {"m": {"input": True, "output": 1}},
        {"m": {"input": 1e300, "output": 1}},
    ],
)
def test_a_table_that_is_none_is_refused_and_changes_nothing(table: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="prices"):
        configure(prices=table)


def test_the_history_is_bounded_and_a_version_has_one_row() -> None:
    kept = History()
    for cell in range(10_050):
        kept.write(cell, 0, {"status": "interrupted"})
    kept.write(10_049, 0, {"status": "done"})
    rows = kept.rows()
    assert (len(rows), rows[0]["cell"], rows[-1]) == (
        10_000,
        50,
        {"cell": 10_049, "version": 0, "status": "done"},
    )


# -- real answers ------------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def no_prices() -> Iterator[None]:
    yield
    configure(prices=None)


def ask(server: RehearsalServer, model: str, **options: Any) -> StreamCell:
    client = openai.AsyncOpenAI(api_key="rehearsal", base_url=server.base_url)
    retry = RetryPolicy(attempts=2, wait_initial=0.0)
    return stream_cell("How high is the river?", client=client, model=model, display=False, retry=retry, **options)


@pytest.mark.parametrize("api", ["responses", "chat"])
def test_a_real_answer_has_all_its_numbers(server: RehearsalServer, api: str) -> None:
    configure(prices={"tour": {"input": 1.0, "output": 2.0}})
    cell = ask(server, "rate_limit?retry_after=0,tour?rate=1000", api=api)
    cell.result(TIMEOUT)
    stats = cell.stats
    assert stats.attempts == 2
    assert None not in (stats.output_tokens, stats.tokens_per_second)
    assert not stats.tokens_estimated
    assert stats.received_bytes > stats.chunks > 100
    assert stats.total_seconds is not None
    assert stats.first_token_seconds is not None
    assert 0 < stats.first_token_seconds < stats.total_seconds
    assert [one.kind for one in cell.timeline][:2] == ["connect", "wait"]
    assert stats.price is None, "the answer comes from another model than the table has"
    row = next(one for one in reversed(history()) if one["prompt"] == "How high is the river?")
    assert {name: row[name] for name in asdict(stats)} == asdict(stats)
    assert (row["status"], row["version"], row["finish_reason"], row["error"]) == ("done", 0, "stop", None)


def test_tools_have_their_place_in_the_timeline(server: RehearsalServer) -> None:
    def gauge(place: str) -> str:
        """Say how high the water stands."""
        return f"4.2 m in {place}"

    cell = ask(server, "tools", tools=[gauge], approve=True)
    cell.result(TIMEOUT)
    assert [one.kind for one in cell.timeline if one.kind != "gap"][:3] == ["connect", "stream", "tools"]
    assert cell.stats.attempts == 2


def test_each_version_has_its_own_numbers_and_its_own_row(server: RehearsalServer) -> None:
    cell = ask(server, "echo")
    cell.result(TIMEOUT)
    first = cell.stats
    cell.retry()
    cell.result(TIMEOUT)
    second = cell.stats
    cell.select(0)
    assert (cell.stats, cell.stats == second) == (first, False)
    rows = [one for one in history() if one["cell"] == history()[-1]["cell"]]
    assert [one["version"] for one in rows] == [0, 1]


def test_an_iterators_answer_is_counted_by_its_text() -> None:
    cell = stream_cell(iter(["one ", "two ", "thrée"]), display=False)
    cell.result(TIMEOUT)
    assert (cell.stats.chunks, cell.stats.received_bytes, cell.stats.tokens_estimated) == (3, 14, True)
    assert history()[-1]["prompt"] == ""


@pytest.mark.parametrize("count", [10**400, -5, 2**53])
def test_a_count_that_cannot_be_true_is_none_and_the_answer_ends(count: int) -> None:
    usage = event({"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": count, "total_tokens": 7}})
    end = event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    with wire_server(sends(*begun("chat", "One", "two"), end, usage, b"data: [DONE]\n\n")) as server:
        client = openai.AsyncOpenAI(api_key="none", base_url=server.address)
        cell = stream_cell("x", client=client, model="m", api="chat", display=False)
        assert cell.result(TIMEOUT) == "Onetwo"
    assert (cell.stats.input_tokens, cell.stats.output_tokens) == (5, None)


@pytest.mark.parametrize("version", [-1, -100, 5, 2**70])
def test_a_pages_question_about_no_version_harms_nothing(server: RehearsalServer, version: int) -> None:
    cell = ask(server, "stall")
    cell._stream.take(parse_command({"type": "fetch", "version": version}))
    cell.stop()
    assert cell.status == "stopped"


def test_tokens_of_the_answer_before_its_limit_are_in_the_sum(server: RehearsalServer) -> None:
    cell = ask(server, "tour", max_output_tokens=20)
    cell.result(TIMEOUT)
    first = cell.stats
    cell.resume()
    with contextlib.suppress(StreamCellError):
        cell.result(TIMEOUT)
    assert None not in (first.output_tokens, cell.stats.output_tokens)
    assert cell.stats.output_tokens > first.output_tokens == 20  # type: ignore[operator]


def test_a_replay_is_no_row_of_the_history(server: RehearsalServer, tmp_path: Path) -> None:
    cell = ask(server, "echo")
    cell.result(TIMEOUT)
    cell.log.save(tmp_path / "a.jsonl")
    rows = len(history())
    stream_cell(replay=tmp_path / "a.jsonl", speed="fast", display=False).result(TIMEOUT)
    assert len(history()) == rows


def test_a_tool_that_ends_after_the_stop_is_not_the_next_versions(server: RehearsalServer) -> None:
    began, end = threading.Event(), threading.Event()

    def gauge(place: str) -> str:
        """Say how high the water stands."""
        began.set()
        end.wait(TIMEOUT)
        return place

    cell = ask(server, "tools", tools=[gauge], approve=True)
    assert began.wait(TIMEOUT)
    cell.stop()
    cell.retry()
    end.set()
    cell.result(TIMEOUT)
    assert all(one.start >= 0 for one in cell.timeline)


def test_the_numbers_can_be_read_while_another_thread_asks_again(server: RehearsalServer) -> None:
    cell = ask(server, "echo?rate=0")
    faults: list[BaseException] = []
    over = threading.Event()

    def read() -> None:
        while not over.is_set():
            try:
                assert cell.stats.attempts >= 0
            except BaseException as fault:
                faults.append(fault)
                return

    reader = threading.Thread(target=read)
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        reader.start()
        for _ in range(10):
            cell.result(TIMEOUT)
            cell.retry()
        cell.result(TIMEOUT)
    finally:
        sys.setswitchinterval(before)
        over.set()
        reader.join(TIMEOUT)
    assert faults == []


def test_no_key_is_in_the_history(server: RehearsalServer) -> None:
    secret = "sk-" + "proj-1234567890abcdefghijklmnop"
    client = openai.AsyncOpenAI(api_key="rehearsal", base_url=server.base_url)
    stream_cell(f"My key is {secret}.", client=client, model="echo", display=False).result(TIMEOUT)
    assert history()[-1]["prompt"].startswith("My key is ")
    assert secret[:12] not in str(history())
