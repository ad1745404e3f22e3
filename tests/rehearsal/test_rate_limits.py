from __future__ import annotations

import pytest

from streamcell.rehearsal._rate_limits import REQUESTS, TOKENS, Budget, RateLimits, duration


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (0, "0ms"),
        (0.006, "6ms"),
        (0.9994, "999ms"),
        (1, "1s"),
        (8.64, "8.64s"),
        (60, "1m0s"),
        (360, "6m0s"),
        (61.5, "1m1.5s"),
    ],
)
def test_durations_are_written_as_the_api_does(seconds: float, written: str) -> None:
    assert duration(seconds) == written


def test_what_is_spent_comes_back_with_time_and_no_more() -> None:
    budget = Budget(600)
    assert budget.spend(60, now=100) == (540, 6)
    assert budget.spend(0, now=103) == (570, 3)
    assert budget.spend(0, now=1000) == (600, 0)


def test_an_empty_budget_stays_at_zero() -> None:
    assert Budget(600).spend(9999, now=0) == (0, 60)


def test_a_clock_that_goes_back_fills_nothing_up() -> None:
    budget = Budget(600)
    budget.spend(60, now=100)
    assert budget.spend(0, now=50) == (540, 6)


def test_each_request_takes_one_of_the_requests_and_its_tokens() -> None:
    limits = RateLimits()
    limits.headers(1000, now=0)
    assert limits.headers(1000, now=0) == {
        "x-ratelimit-limit-requests": str(REQUESTS),
        "x-ratelimit-remaining-requests": str(REQUESTS - 2),
        "x-ratelimit-reset-requests": "12ms",
        "x-ratelimit-limit-tokens": str(TOKENS),
        "x-ratelimit-remaining-tokens": str(TOKENS - 2000),
        "x-ratelimit-reset-tokens": "60ms",
    }
