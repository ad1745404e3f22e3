"""When a failed attempt is made again by itself."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamcell import RetryPolicy
from streamcell._errors import (
    AuthenticationFailed,
    BadRequest,
    ConnectionFailed,
    NoKey,
    ProviderFailed,
    QuotaExhausted,
    RateLimited,
    StreamCellError,
    TimedOut,
)

RETRYABLE = (ConnectionFailed, ProviderFailed, RateLimited, TimedOut)


def test_full_jitter_draws_from_nothing_to_the_doubled_base() -> None:
    policy = RetryPolicy(attempts=10, wait_initial=0.5, wait_max=8.0)
    error = ProviderFailed()
    assert [policy.wait(attempt, error, 1.0) for attempt in range(1, 8)] == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]
    assert [policy.wait(attempt, error, 0.0) for attempt in range(1, 8)] == [0.0] * 7
    assert policy.wait(3, error, 0.25) == 0.5


@given(
    attempts=st.integers(1, 50),
    base=st.floats(0, 100),
    cap=st.floats(0, 100),
    attempt=st.integers(1, 60),
    chance=st.floats(0, 1),
)
def test_every_wait_is_within_its_bounds(attempts: int, base: float, cap: float, attempt: int, chance: float) -> None:
    wait = RetryPolicy(attempts=attempts, wait_initial=base, wait_max=cap).wait(attempt, TimedOut(), chance)
    if attempt >= attempts:
        assert wait is None
    else:
        assert wait is not None
        assert 0 <= wait <= min(cap, base * 2 ** (attempt - 1))


@pytest.mark.parametrize("attempts", [1, 2, 3, 7])
def test_attempts_count_the_first_one_too(attempts: int) -> None:
    policy = RetryPolicy(attempts=attempts)
    waits = [policy.wait(attempt, ConnectionFailed(), 0.5) for attempt in range(1, 12)]
    assert sum(wait is not None for wait in waits) == attempts - 1


def test_a_very_patient_policy_does_not_overflow() -> None:
    assert RetryPolicy(attempts=1_000_000, wait_max=9.0).wait(999_999, TimedOut(), 1.0) == 9.0


@pytest.mark.parametrize("asked", [0.0, 0.02, 7.0, 60.0])
def test_the_providers_own_wait_is_obeyed_exactly(asked: float) -> None:
    assert RetryPolicy(max_retry_after=60.0).wait(1, RateLimited(retry_after=asked), 0.123) == asked


@pytest.mark.parametrize("asked", [60.001, 3600.0, math.inf])
def test_a_wait_beyond_patience_gives_up(asked: float) -> None:
    assert RetryPolicy(max_retry_after=60.0).wait(1, RateLimited(retry_after=asked), 0.123) is None


def test_a_wait_asked_for_says_so_on_the_card() -> None:
    assert "wait 60 min" in str(RateLimited(retry_after=3600.0))
    assert "60 min" in RateLimited(retry_after=3600.0).with_text("").card()["next"][0]["text"]
    assert len(RateLimited(retry_after=3600.0).with_text("x").next_steps) == 1


@pytest.mark.parametrize(
    ("asked", "said"),
    [(1.0, "1 s"), (90.0, "90 s"), (600.0, "10 min"), (208_800.0, "58 h"), (1e6, "12 days"), (2.5e11, "more than two")],
)
def test_a_long_wait_is_said_as_people_say_it(asked: float, said: str) -> None:
    assert f"asks to wait {said}" in str(RateLimited(retry_after=asked))


@pytest.mark.parametrize("asked", [3_601.0, 208_800.0, 2.5e11, math.inf, math.nan])
def test_no_policy_sleeps_for_longer_than_an_hour_because_a_header_says_so(asked: float) -> None:
    assert RetryPolicy(max_retry_after=1e300, timeout=1e300).wait(1, RateLimited(retry_after=asked), 0.5) is None


def test_what_cannot_pass_does_not_say_to_wait_and_press_retry() -> None:
    assert "Retry" not in str(QuotaExhausted(retry_after=30.0))


def test_a_server_that_loads_its_model_is_asked_for_longer_and_not_for_ever() -> None:
    loading = ProviderFailed(kind="loading")
    waits = [RetryPolicy().wait(attempt, loading, 1.0) for attempt in range(1, 33)]
    assert waits[:8] == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0, 8.0]
    assert waits[30] is not None
    assert waits[31] is None
    assert RetryPolicy().wait(9, loading, 1.0, elapsed=119.0) is None
    assert RetryPolicy(attempts=1).wait(1, loading, 1.0) is None


@pytest.mark.parametrize("kind", RETRYABLE)
def test_what_can_pass_is_tried_again(kind: type[StreamCellError]) -> None:
    assert RetryPolicy().wait(1, kind(), 0.5) is not None


@pytest.mark.parametrize("kind", [AuthenticationFailed, BadRequest, NoKey, QuotaExhausted])
def test_what_cannot_pass_is_not_even_with_a_retry_after(kind: type[StreamCellError]) -> None:
    assert RetryPolicy().wait(1, kind(retry_after=1.0), 0.5) is None


@pytest.mark.parametrize(
    "given",
    [
        {"attempts": 0},
        {"attempts": -1},
        {"attempts": 1.5},
        {"attempts": True},
        {"attempts": "3"},
        {"attempts": None},
        {"attempts": math.inf},
        {"wait_initial": -0.1},
        {"wait_initial": "1"},
        {"wait_initial": math.nan},
        {"wait_max": -1},
        {"wait_max": math.inf},
        {"max_retry_after": -1},
        {"max_retry_after": None},
    ],
    ids=str,
)
def test_a_policy_that_cannot_be_is_refused_by_name(given: dict[str, Any]) -> None:
    (name,) = given
    with pytest.raises(ValueError, match=rf"RetryPolicy\.{name} must be .*, not "):
        RetryPolicy(**given)
