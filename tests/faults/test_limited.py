"""Many cells against a server that allows few: all finish, in their order, and hardly one is refused."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import openai
import pytest

import streamcell
from streamcell import RateLimited, RetryPolicy, stream_cell
from streamcell.answer.inputs import Wait
from streamcell.rehearsal import RehearsalServer

from ..sources.wire_server import Connection, Play, WireServer, answers, ended, head, wire_server
from .counting import settled

TIMEOUT = 300.0
AT_ONCE = 10


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    streamcell.configure(max_concurrency=None)


@pytest.mark.parametrize("told", [True, False], ids=["we know how many at once", "we do not"])
@pytest.mark.parametrize(
    ("count", "requests", "minute"),
    # A minute that is shorter than a minute: forty requests a second at most, and three times as many as are free.
    [pytest.param(60, 20, 0.5, id="60 cells"), pytest.param(200, 60, 1.5, id="200 cells", marks=pytest.mark.long)],
)
def test_many_cells_against_a_server_that_allows_ten_at_once_and_so_many_a_minute(
    count: int, requests: int, minute: float, told: bool
) -> None:
    with RehearsalServer(
        rate=400, first_token=0.01, requests=requests, max_concurrency=AT_ONCE, minute=minute
    ) as server:
        streamcell.configure(max_concurrency=AT_ONCE if told else count)
        client = openai.AsyncOpenAI(api_key="-", base_url=server.base_url)
        policy = RetryPolicy(attempts=8, wait_initial=0.05)
        cells = [
            stream_cell(f"This is question {n}", model="echo", api="chat", client=client, display=False, retry=policy)
            for n in range(count)
        ]
        answers = [cell.result(TIMEOUT) for cell in cells]
        exchanges = server.exchanges
        settled((0, 0, 1_000))
        (limits,) = [one for one in streamcell.limits() if one.endpoint == server.base_url]
    assert answers == [f"This is question {n}" for n in range(count)]
    refused = Counter(one.body["messages"][0]["content"] for one in exchanges if one.status == 429)
    assert max(refused.values(), default=0) < policy.attempts
    if told:
        # What the headers say is kept to: none but the first, that asked before any head had come, can be refused.
        assert sum(refused.values()) <= AT_ONCE
    order = [int(one.body["messages"][0]["content"].rpartition(" ")[2]) for one in exchanges if one.status == 200]
    assert sorted(order) == list(range(count))
    if told:
        # Fair: nobody is overtaken by more than those who could be under way beside them.
        assert max(n - place for place, n in enumerate(order)) <= AT_ONCE
    assert (limits.requests is not None, limits.running, limits.queued) == (True, 0, 0)
    assert limits.requests is not None
    assert limits.requests.limit == requests


def test_retry_now_does_not_wait_as_the_refusal_said() -> None:
    with RehearsalServer(rate=0, first_token=0) as server:
        client = openai.AsyncOpenAI(api_key="-", base_url=server.base_url)
        cell = stream_cell(
            "Why?", model="rate_limit?retry_after=50,tour", client=client, api="chat", display=False, timeouts=None
        )
        until = time.monotonic() + TIMEOUT
        while cell.status != "waiting":
            assert time.monotonic() < until, cell.status
            time.sleep(0.005)
        cell.retry()
        assert cell.result(45)  # less than the refusal said
        assert not any("queue_position" in one.data for one in cell.log)


def test_a_queued_cell_shows_its_place_and_can_be_stopped_there() -> None:
    with RehearsalServer(rate=0, first_token=0) as server:
        streamcell.configure(max_concurrency=1)
        client = openai.AsyncOpenAI(api_key="-", base_url=server.base_url)
        options = {"client": client, "api": "chat", "display": False}
        first = stream_cell("One", model="stall?after=0&seconds=60", **options)
        server.wait_for(lambda exchange: exchange.ended == "running")
        waiting = [stream_cell(f"Number {n}", model="stall?after=0&seconds=60", **options) for n in range(3)]
        for place, cell in enumerate(waiting):
            until_placed(cell, place)
        waiting[0].stop()
        until_placed(waiting[1], 0)
        until_placed(waiting[2], 1)
        assert waiting[0].status == "stopped"
        assert len(server.exchanges) == 1
        first.stop()
        waiting[1].stop()
        waiting[2].stop()
        server.wait_for(lambda exchange: exchange.ended == "closed_by_client")
    places = [
        one.data["queue_position"] for one in waiting[2].log if one.kind == "status" and "queue_position" in one.data
    ]
    assert all(before > after for before, after in pairwise(places))


def refused(retry_after: str) -> Play:
    body = {"error": {"message": "Slow down.", "code": "rate_limit_exceeded"}}
    return answers(body, status="429 Too Many Requests", retry_after=retry_after)


def told(**headers: str) -> Play:
    def play(connection: Connection) -> None:
        connection.sendall(head(**headers) + b"".join(ended("chat", ["yes"])))

    return play


def on(server: WireServer, key: str = "-", **options: Any) -> Callable[[], streamcell.StreamCell]:
    client = openai.AsyncOpenAI(api_key=key, base_url=server.address)
    options = {"client": client, "model": "m", "api": "chat", "display": False, "retry": 1, **options}
    return lambda: stream_cell("Why?", **options)


@pytest.mark.parametrize("reset", ["3580000000", "3580000000000", "9999-12-31T23:59:59Z", "1e400", "-1", "nan"])
def test_no_header_holds_the_next_cell_for_years(reset: str) -> None:
    limit = {"x_ratelimit_limit_requests": "1000", "x_ratelimit_remaining_requests": "0"}
    with wire_server(told(**limit, x_ratelimit_reset_requests=reset), told()) as server:
        ask = on(server)
        assert [ask().result(TIMEOUT), ask().result(TIMEOUT)] == ["yes", "yes"]


@pytest.mark.parametrize("count", [str(10**30), "9" * 5_000, "-1"])
def test_a_count_beyond_all_counts_harms_no_answer(count: str) -> None:
    limit = {"x_ratelimit_limit_requests": count, "x_ratelimit_remaining_requests": count}
    with wire_server(told(**limit, x_ratelimit_reset_requests="1s"), told()) as server:
        ask = on(server)
        assert [ask().result(TIMEOUT), ask().result(TIMEOUT)] == ["yes", "yes"]


@pytest.mark.parametrize("retry_after", ["208800", "86400", "1e300"])
def test_a_lane_that_waits_says_why_and_one_good_answer_to_retry_now_opens_it_for_all(retry_after: str) -> None:
    with wire_server(refused(retry_after), told(), told(), told()) as server:
        ask = on(server)
        with pytest.raises(RateLimited):
            ask().result(TIMEOUT)
        waiting = [ask() for _ in range(3)]
        for place, cell in enumerate(waiting):
            until_placed(cell, place)
            wait = cell._stream.document.wait
            assert wait is not None
            assert wait.reason == "refusal"
            assert 0 < (wait.seconds or 0) <= RetryPolicy.max_retry_after
        (limits,) = [one for one in streamcell.limits() if one.endpoint == server.address]
        assert limits.queued == 3
        waiting[1].retry()
        assert [cell.result(TIMEOUT) for cell in waiting] == ["yes"] * 3
    assert len(server.requests) == 4
    assert any("wait" in one.data for one in waiting[0].log)


def test_a_lane_waits_no_longer_than_the_policys_patience() -> None:
    policy = RetryPolicy(attempts=1, max_retry_after=0.05)
    with wire_server(refused("208800"), told()) as server:
        ask = on(server, retry=policy)
        with pytest.raises(RateLimited):
            ask().result(TIMEOUT)
        assert ask().result(TIMEOUT) == "yes"


def test_a_cell_that_waits_for_those_under_way_cannot_be_hurried() -> None:
    with RehearsalServer(rate=0, first_token=0) as server:
        streamcell.configure(max_concurrency=1)
        client = openai.AsyncOpenAI(api_key="-", base_url=server.base_url)
        options: Any = {"client": client, "api": "chat", "display": False}
        first = stream_cell("One", model="stall?after=0&seconds=60", **options)
        server.wait_for(lambda exchange: exchange.ended == "running")
        second = stream_cell("Two", model="stall?after=0&seconds=60", **options)
        until_placed(second, 0)
        assert second._stream.document.wait == Wait("running", None, 1)
        with pytest.raises(RuntimeError, match="still streaming"):
            second.retry()
        second.stop()
        first.stop()
        server.wait_for(lambda exchange: exchange.ended == "closed_by_client")


def until_placed(cell: streamcell.StreamCell, place: int) -> None:
    until = time.monotonic() + TIMEOUT
    while cell._stream.document.queue_position != place or cell.status != "queued":
        assert time.monotonic() < until, (cell.status, cell._stream.document.queue_position)
        time.sleep(0.005)
