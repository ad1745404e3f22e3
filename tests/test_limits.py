"""The line before a rate-limited server: pure, so that whole afternoons pass in no time."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamcell import _limits as limits
from streamcell._limits import Budget, Queue, Ticket


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("120ms", 0.12), ("6m0s", 360), ("1.5s", 1.5), ("1h2m", 3720), ("1d", 86_400), ("7", 7), ("0s", 0)],
)
def test_a_reset_is_read_as_servers_write_it(written: str, seconds: float) -> None:
    assert limits.seconds_of(written) == pytest.approx(seconds)


@pytest.mark.parametrize("written", ["", "soon", "6 m", "5x", "-3s", "inf", "nan", "2026-01-01T00:00:00Z"])
def test_what_is_no_reset_is_none(written: str) -> None:
    assert limits.seconds_of(written) is None


def headers(**given: Any) -> dict[str, str]:
    return {f"x-ratelimit-{name.replace('_', '-')}": str(value) for name, value in given.items()}


def queued(*tickets: Ticket, **fields: Any) -> Queue:
    queue = Queue(**fields)
    for ticket in tickets:
        queue = limits.enter(queue, ticket)
    return queue


def test_who_asked_first_goes_first_and_keeps_its_place_when_it_asks_again() -> None:
    queue = queued(Ticket(1, 10.0), Ticket(2, 5.0), Ticket(3, 7.0), most=1)
    queue, granted, seconds = limits.grant(queue, 20.0)
    assert (granted, seconds) == ((2,), None)
    assert (queue.place_of(3), queue.place_of(1), queue.place_of(2)) == (0, 1, None)
    queue = limits.enter(limits.leave(queue, 2), Ticket(4, 5.0))  # a retry of the first
    assert limits.grant(queue, 21.0)[1] == (4,)


def test_a_refusal_that_says_how_long_stops_everybody_for_so_long() -> None:
    queue = limits.refused(queued(Ticket(1, 0.0)), 9, 3.0, now=10.0)
    assert limits.grant(queue, 11.0)[1:] == ((), 2.0)
    assert limits.grant(queue, 13.0)[1] == (1,)


def test_who_presses_retry_does_not_wait_as_the_refusal_said() -> None:
    queue = limits.refused(queued(Ticket(1, 0.0)), 9, 50.0, now=10.0)
    queue = limits.enter(queue, Ticket(2, 8.0, hurried=True))
    assert limits.grant(queue, 11.0)[1:] == ((2,), 49.0)


def test_a_refusal_that_does_not_say_lets_fewer_go_at_once_until_it_goes_well() -> None:
    queue = limits.grant(queued(*(Ticket(n, n) for n in range(6)), most=6), 0.0)[0]
    queue = limits.leave(limits.refused(queue, 5, None, 0.0), 5)
    assert queue.at_once == 5
    for ticket in range(5):
        queue = limits.leave(queue, ticket, whole=True)
    assert queue.at_once == 5
    assert limits.leave(queue, 5, whole=True).at_once == 6


def test_the_budget_is_what_the_last_head_told_less_what_is_under_way() -> None:
    told = headers(limit_requests=60, remaining_requests=2, reset_requests="58s")
    queue = limits.told(queued(*(Ticket(n, n) for n in range(4))), 99, told, now=0.0)
    queue, granted, seconds = limits.grant(queue, 0.0)
    assert granted == (0, 1)
    assert seconds == pytest.approx(1.0)  # one of 58 that come back in 58 s
    assert limits.grant(queue, 1.0)[1] == (2,)


def test_tokens_are_counted_too_and_what_is_more_than_the_limit_waits_for_all_of_it() -> None:
    told = headers(limit_tokens=1000, remaining_tokens=100, reset_tokens="90s")
    queue = limits.told(queued(Ticket(1, 0.0, tokens=5000)), 99, told, now=0.0)
    assert limits.grant(queue, 0.0)[2] == pytest.approx(90.0)
    assert limits.grant(queue, 90.0)[1] == (1,)


def test_a_refusal_within_the_budget_shows_that_it_comes_back_at_once() -> None:
    told = headers(limit_requests=10, remaining_requests=0, reset_requests="10s")
    queue = limits.told(queued(Ticket(1, 0.0)), 99, told, now=0.0)
    assert limits.grant(queue, 5.0)[1] == (1,)
    queue = limits.refused(queue, 99, 0.0, now=5.0)
    assert limits.grant(queue, 5.0)[1:] == ((), 5.0)
    assert limits.grant(queue, 10.0)[1] == (1,)


def test_headers_that_say_nothing_change_nothing() -> None:
    queue = replace(Queue(), requests=Budget(10, 5, 0.0, 10.0))
    for told in ({}, headers(limit_requests="many", remaining_requests=3), headers(limit_requests=0)):
        assert limits.told(queue, 1, told, 1.0).requests == queue.requests


@given(
    st.lists(st.tuples(st.floats(0, 5), st.integers(0, 400), st.floats(0.01, 3)), min_size=1, max_size=40),
    st.integers(1, 6),
    st.integers(1, 12),
)
def test_all_go_in_their_order_and_never_more_than_the_server_allows(
    asked: list[tuple[float, int, float]], at_once: int, budget: int
) -> None:
    """A server with a bucket of `budget` requests that fills up in 10 s, played against the line."""
    left, seen, now = float(budget), 0.0, 0.0
    full = headers(limit_requests=budget, remaining_requests=budget, reset_requests="0s")
    queue = limits.told(Queue(most=at_once), -1, full, 0.0)
    arrivals = sorted((at, number, tokens, took) for number, (at, tokens, took) in enumerate(asked))
    running: list[tuple[float, int]] = []
    went: list[int] = []
    while arrivals or running or queue.waiting:
        queue, granted, seconds = limits.grant(queue, now)
        for ticket in granted:
            left = min(budget, left + (now - seen) * budget / 10)
            seen = now
            assert left > 1 - 1e-6
            left -= 1
            reset = f"{(budget - left) * 10 / budget:.9f}s"
            told = headers(limit_requests=budget, remaining_requests=math.floor(left + 1e-9), reset_requests=reset)
            queue = limits.told(queue, ticket, told, now)
            running.append((now + asked[ticket][2], ticket))
            went.append(ticket)
        assert len(running) <= at_once
        if granted:
            continue
        times = [arrivals[0][0]] if arrivals else []
        times += [min(running)[0]] if running else []
        times += [now + seconds] if seconds is not None else []
        now = max(now, min(times))
        while arrivals and arrivals[0][0] <= now:
            at, number, tokens, _ = arrivals.pop(0)
            queue = limits.enter(queue, Ticket(number, at, tokens))
        for over in [one for one in running if one[0] <= now]:
            running.remove(over)
            queue = limits.leave(queue, over[1], whole=True)
    assert sorted(went) == list(range(len(asked)))
    assert [asked[number][0] for number in went] == sorted(asked[number][0] for number in went)
