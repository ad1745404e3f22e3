"""The line before a rate-limited server: pure, so that whole afternoons pass in no time."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamcell.answer.inputs import Wait
from streamcell.ratelimit import queue as limits
from streamcell.ratelimit.headers import LONGEST, count_of, seconds_of
from streamcell.ratelimit.queue import Budget, Queue, Ticket

CLOCK = 1_790_000_000.0  # the time of day: 21 September 2026, 14:13:20 UTC


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("120ms", 0.12), ("6m0s", 360), ("1.5s", 1.5), ("1h2m", 3720), ("1d", 86_400), ("7", 7), ("0s", 0)],
)
def test_a_reset_is_read_as_servers_write_it(written: str, seconds: float) -> None:
    assert seconds_of(written) == pytest.approx(seconds)


NONSENSE = ["", "soon", "6 m", "5x", "-3s", "inf", "nan", "1e400", "9" * 400, "9" * 400 + "h", "9" * 5_000]
FAR_AWAY = ["2e5", "999999999h", "4e12", "9999-12-31T23:59:59Z", "Fri, 31 Dec 9999 23:59:59 GMT"]
NO_DATES = ["2026-13-45T99:99:99Z", "0000-01-01T00:00:00Z"]


@pytest.mark.parametrize("written", [*NONSENSE, *FAR_AWAY, *NO_DATES])
def test_what_is_no_reset_or_further_away_than_a_day_says_nothing(written: str) -> None:
    assert seconds_of(written, clock=CLOCK) is None


NUMBERS = ["1790000030", "1790000030.0", "1790000030000"]
DATES = ["2026-09-21T14:13:50Z", "2026-09-21T14:13:50.123456Z", "2026-09-21T16:13:50+02:00", "2026-09-21 14:13:50"]


@pytest.mark.parametrize("written", [*NUMBERS, *DATES, "Mon, 21 Sep 2026 14:13:50 GMT"])
def test_a_moment_is_read_as_one_against_the_responses_date_or_the_clock(written: str) -> None:
    assert seconds_of(written, clock=CLOCK) == pytest.approx(30.0)
    # The server's own clock is the one that its moments are of.
    assert seconds_of(written, "Mon, 21 Sep 2026 14:13:40 GMT", clock=CLOCK - 5_000_000) == pytest.approx(10.0)
    assert seconds_of(written, clock=CLOCK + 500) == 0.0


@pytest.mark.parametrize(
    ("written", "count"), [("0", 0), ("60", 60), (" 7 ", 7), ("-1", None), ("1e3", None), ("١٢", None), ("", None)]
)
def test_a_count_is_a_whole_number(written: str, count: int | None) -> None:
    assert count_of(written) == count


@pytest.mark.parametrize("written", [str(10**30), "9" * 5_000])
def test_a_limit_beyond_all_limits_is_none(written: str) -> None:
    assert count_of(written) is None


@given(st.text() | st.from_regex(r"[0-9eE.+\-:TZdhms ,a-zA-Z]{0,40}", fullmatch=True), st.text() | st.none())
def test_whatever_a_header_says_its_time_is_bounded(written: str, date: str | None) -> None:
    seconds = seconds_of(written, date, CLOCK)
    assert seconds is None or 0 <= seconds <= LONGEST


def headers(**given: Any) -> dict[str, str]:
    return {f"x-ratelimit-{name.replace('_', '-')}": str(value) for name, value in given.items()}


def queued(*tickets: Ticket, **fields: Any) -> Queue:
    queue = Queue(**fields)
    for ticket in tickets:
        queue = limits.enter(queue, ticket)
    return queue


def test_who_asked_first_goes_first_and_keeps_its_place_when_it_asks_again() -> None:
    queue = queued(Ticket(1, 10.0), Ticket(2, 5.0), Ticket(3, 7.0), most=1)
    queue, granted, wait = limits.grant(queue, 20.0)
    assert (granted, wait) == ((2,), Wait("running", None, 1))
    assert (queue.place_of(3), queue.place_of(1), queue.place_of(2)) == (0, 1, None)
    queue = limits.enter(limits.leave(queue, 2), Ticket(4, 5.0))  # a retry of the first
    assert limits.grant(queue, 21.0)[1] == (4,)


def test_a_refusal_that_says_how_long_stops_everybody_for_so_long() -> None:
    queue = limits.refused(queued(Ticket(1, 0.0)), 9, 3.0, now=10.0)
    assert limits.grant(queue, 11.0)[1:] == ((), Wait("refusal", 2.0, 0))
    assert limits.grant(queue, 13.0)[1] == (1,)


@pytest.mark.parametrize("asked", [208_800.0, math.inf, 1e300])
def test_a_refusal_holds_nobody_for_longer_than_their_patience(asked: float) -> None:
    queue = limits.refused(queued(Ticket(1, 0.0), Ticket(2, 1.0, patience=90.0)), 9, asked, now=10.0)
    assert limits.grant(queue, 10.0)[2] == Wait("refusal", 60.0, 0)
    queue, granted, wait = limits.grant(queue, 70.0)
    assert (granted, wait) == ((1,), Wait("refusal", 30.0, 1))
    # It was refused again, so those behind it wait anew: one a minute asks how things stand.
    queue = limits.leave(limits.refused(queue, 1, asked, now=71.0), 1)
    assert limits.grant(queue, 71.0)[2] == Wait("refusal", 90.0, 0)


@pytest.mark.parametrize("asked", [-5.0, math.nan])
def test_a_refusal_that_says_nonsense_holds_nobody(asked: float) -> None:
    queue = limits.refused(queued(Ticket(1, 0.0)), 9, asked, now=10.0)
    assert limits.grant(queue, 10.0)[1] == (1,)


def test_a_good_answer_to_one_that_did_not_wait_opens_the_line_for_all() -> None:
    spent = headers(limit_requests=10, remaining_requests=0, reset_requests="50s")
    queue = limits.told(queued(Ticket(1, 0.0), Ticket(2, 1.0)), 99, spent, now=0.0)
    queue = limits.refused(queue, 99, 50.0, now=0.0)
    queue = limits.enter(queue, Ticket(3, 2.0, hurried=True))
    queue, granted, _ = limits.grant(queue, 1.0)
    assert granted == (3,)
    for status in (500, 429):
        assert limits.grant(limits.told(queue, 3, {}, 2.0, status=status), 2.0)[1] == ()
    assert limits.grant(limits.told(queue, 3, {}, 2.0, status=200), 2.0)[1] == (1, 2)


def test_a_good_answer_to_a_request_from_before_the_refusal_opens_nothing() -> None:
    queue, granted, _ = limits.grant(queued(Ticket(1, 0.0), Ticket(2, 1.0), Ticket(3, 2.0), most=2), 0.0)
    assert granted == (1, 2)
    queue = limits.leave(limits.refused(queue, 2, 30.0, now=1.0), 2)
    queue = limits.told(queue, 1, {}, 2.0, status=200)
    assert limits.grant(queue, 2.0)[2] == Wait("refusal", 29.0, 1)


def test_a_reset_in_the_year_2026_and_one_in_2083_hold_nobody_for_years() -> None:
    for reset, seconds in (("1790000030", 30.0), ("3580000000", 60.0), ("1789999000", 0.0)):
        told = headers(limit_requests=1, remaining_requests=0, reset_requests=reset)
        queue = limits.told(queued(Ticket(1, 0.0)), 99, told, now=7.0, clock=CLOCK)
        wait = limits.grant(queue, 7.0)[2]
        assert wait == (Wait("budget", seconds, 0) if seconds else None)


def test_a_budget_holds_nobody_for_longer_than_their_patience_and_then_one_goes_to_ask() -> None:
    told = headers(limit_requests=1, remaining_requests=0, reset_requests="23h")
    queue = limits.told(queued(*(Ticket(n, n) for n in range(3))), 99, told, now=0.0)
    assert limits.grant(queue, 10.0)[2] == Wait("budget", 50.0, 0)
    queue, granted, wait = limits.grant(queue, 60.0)
    assert (granted, wait) == ((0,), Wait("running", None, 1))  # the others wait for what it is told
    # No word of the limit with a good answer: it is over.
    assert limits.grant(limits.told(queue, 0, {}, 61.0, status=200), 61.0)[1] == (1, 2)
    queue = limits.told(queue, 0, told, 61.0, status=429)
    assert limits.grant(queue, 61.0)[2] == Wait("budget", 60.0, 1)


@pytest.mark.parametrize(
    ("limit", "remaining"), [(10**30, 0), ("9" * 5_000, 0), (10, 10**30), (10, -3), (-1, -1), ("nan", "inf"), (0, 0)]
)
def test_counts_that_cannot_be_true_hold_nobody(limit: object, remaining: object) -> None:
    told = headers(limit_requests=limit, remaining_requests=remaining, reset_requests="1s")
    told |= headers(limit_tokens=limit, remaining_tokens=remaining, reset_tokens="1s")
    queue = limits.told(queued(Ticket(1, 0.0, tokens=5)), 99, told, now=0.0)
    assert limits.grant(queue, 0.0)[1] == (1,)


def test_who_presses_retry_does_not_wait_as_the_refusal_said() -> None:
    queue = limits.refused(queued(Ticket(1, 0.0)), 9, 50.0, now=10.0)
    queue = limits.enter(queue, Ticket(2, 8.0, hurried=True))
    assert limits.grant(queue, 11.0)[1:] == ((2,), Wait("refusal", 49.0, 1))


def test_a_refusal_that_does_not_say_lets_fewer_go_at_once_until_it_goes_well() -> None:
    queue = limits.grant(queued(*(Ticket(n, n) for n in range(6)), most=6), 0.0)[0]
    queue = limits.leave(limits.refused(queue, 5, None, 0.0), 5)
    assert queue.max_concurrency == 5
    for ticket in range(5):
        queue = limits.leave(queue, ticket, whole=True)
    assert queue.max_concurrency == 5
    assert limits.leave(queue, 5, whole=True).max_concurrency == 6


def test_the_budget_is_what_the_last_head_told_less_what_is_under_way() -> None:
    told = headers(limit_requests=60, remaining_requests=2, reset_requests="58s")
    queue = limits.told(queued(*(Ticket(n, n) for n in range(4))), 99, told, now=0.0)
    queue, granted, wait = limits.grant(queue, 0.0)
    assert granted == (0, 1)
    assert wait is not None
    assert wait.reason == "budget"
    assert wait.seconds == pytest.approx(1.0)  # one of 58 that come back in 58 s
    assert limits.grant(queue, 1.0)[1] == (2,)


def test_tokens_are_counted_too_and_what_is_more_than_the_limit_waits_for_all_of_it() -> None:
    told = headers(limit_tokens=1000, remaining_tokens=100, reset_tokens="50s")
    queue = limits.told(queued(Ticket(1, 0.0, tokens=5000)), 99, told, now=0.0)
    assert limits.grant(queue, 0.0)[2] == Wait("budget", 50.0, 0)
    assert limits.grant(queue, 50.0)[1] == (1,)


def test_a_refusal_within_the_budget_shows_that_it_comes_back_at_once() -> None:
    told = headers(limit_requests=10, remaining_requests=0, reset_requests="10s")
    queue = limits.told(queued(Ticket(1, 0.0)), 99, told, now=0.0)
    assert limits.grant(queue, 5.0)[1] == (1,)
    queue = limits.refused(queue, 1, 0.0, now=5.0)
    assert limits.grant(queue, 5.0)[1:] == ((), Wait("budget", 5.0, 0))
    assert limits.grant(queue, 10.0)[1] == (1,)


def test_what_a_refusals_own_head_says_comes_back_evenly_however_late_its_body_is() -> None:
    told = headers(limit_tokens=150_000, remaining_tokens=0, reset_tokens="6m0s")
    queue = limits.told(queued(Ticket(1, 0.0, tokens=400)), 99, told, now=0.0, status=429)
    queue = limits.refused(queue, 99, 1.0, now=0.5)  # 208 tokens are back by our count
    assert limits.grant(queue, 0.5)[1:] == ((), Wait("refusal", 1.0, 0))
    assert limits.grant(queue, 1.5)[1] == (1,)


def test_a_refusal_whose_own_head_says_why_lets_no_fewer_go_at_once() -> None:
    queue = limits.grant(queued(*(Ticket(number, 0.0) for number in range(4))), 0.0)[0]
    told = headers(limit_tokens=150_000, remaining_tokens=0, reset_tokens="6m0s")
    queue = limits.refused(limits.told(queue, 3, told, now=0.0, status=429), 3, None, now=0.5)
    assert queue.max_concurrency is None


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
    asked: list[tuple[float, int, float]], max_concurrency: int, budget: int
) -> None:
    """A server with a bucket of `budget` requests that fills up in 10 s, played against the line."""
    left, seen, now = float(budget), 0.0, 0.0
    full = headers(limit_requests=budget, remaining_requests=budget, reset_requests="0s")
    queue = limits.told(Queue(most=max_concurrency), -1, full, 0.0)
    arrivals = sorted((at, number, tokens, took) for number, (at, tokens, took) in enumerate(asked))
    running: list[tuple[float, int]] = []
    went: list[int] = []
    while arrivals or running or queue.waiting:
        queue, granted, wait = limits.grant(queue, now)
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
        assert len(running) <= max_concurrency
        if granted:
            continue
        times = [arrivals[0][0]] if arrivals else []
        times += [min(running)[0]] if running else []
        times += [now + wait.seconds] if wait is not None and wait.seconds is not None else []
        now = max(now, min(times))
        while arrivals and arrivals[0][0] <= now:
            at, number, tokens, _ = arrivals.pop(0)
            queue = limits.enter(queue, Ticket(number, at, tokens))
        for over in [one for one in running if one[0] <= now]:
            running.remove(over)
            queue = limits.leave(queue, over[1], whole=True)
    assert sorted(went) == list(range(len(asked)))
    assert [asked[number][0] for number in went] == sorted(asked[number][0] for number in went)
