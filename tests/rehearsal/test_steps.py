from __future__ import annotations

from random import Random

import pytest

from streamcell.rehearsal._steps import (
    Cut,
    End,
    Open,
    Piece,
    Stall,
    Step,
    Thought,
    Timing,
    Wait,
    limited,
    paced,
    schedule,
)

THREE: list[Step] = [Open(), Piece("a"), Piece("b"), Piece("c"), End("stop")]


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (None, THREE),
        (4, THREE),
        (3, THREE),
        (2, [Open(), Piece("a"), Piece("b"), End("length")]),
        (1, [Open(), Piece("a"), End("length")]),
    ],
)
def test_the_limit_ends_for_length_only_where_more_would_have_come(limit: int | None, expected: list[Step]) -> None:
    assert list(limited(THREE, limit)) == expected


def test_reasoning_counts_towards_the_limit() -> None:
    steps = [Open(), Thought("hm"), Thought("so"), Piece("a"), End("stop")]
    assert list(limited(steps, 2)) == [Open(), Thought("hm"), Thought("so"), End("length")]


def test_a_cut_within_the_limit_stays_a_cut() -> None:
    assert list(limited([Open(), Piece("a"), Cut()], 1)) == [Open(), Piece("a"), Cut()]


def test_each_token_waits_its_turn() -> None:
    timing = Timing(rate=50, first_token=0.5, jitter=0)
    assert list(paced(THREE, timing, Random(1))) == [
        Open(),
        Wait(0.5),
        Piece("a"),
        Wait(0.02),
        Piece("b"),
        Wait(0.02),
        Piece("c"),
        End("stop"),
    ]


def test_no_rate_means_no_waits_after_the_first() -> None:
    timing = Timing(rate=0, first_token=0.5, jitter=0)
    assert [step for step in paced(THREE, timing, Random(1)) if isinstance(step, Wait)] == [Wait(0.5)]


def test_jitter_stays_within_its_fraction_and_averages_out() -> None:
    timing = Timing(rate=100, first_token=0, jitter=0.3)
    waits = [s.seconds for s in paced([Piece("x")] * 5001, timing, Random(7)) if isinstance(s, Wait)]
    assert len(waits) == 5000
    assert all(0.007 <= wait <= 0.013 for wait in waits)
    assert sum(waits) == pytest.approx(50, rel=0.01)


def test_the_schedule_adds_up_waits_and_stalls() -> None:
    steps: list[Step] = [Open(), Wait(0.5), Piece("a"), Stall(2), Wait(0.25), Piece("b"), End("stop")]
    assert [due for due, _ in schedule(steps)] == [0, 0.5, 0.5, 2.5, 2.75, 2.75, 2.75]
    assert [step for _, step in schedule(steps)] == steps


@pytest.mark.parametrize("name", ["rate", "first_token", "jitter"])
@pytest.mark.parametrize("value", [-1, float("nan"), float("inf")])
def test_an_impossible_timing_is_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=name):
        Timing(**{name: value})


def test_jitter_is_a_fraction() -> None:
    with pytest.raises(ValueError, match="fraction"):
        Timing(jitter=1.5)
