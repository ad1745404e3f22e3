"""The schedule of a replay, by values: no clock is read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamcell.answer.playback import FAST, Pace, Playback, pace_of

FRAME = 1 / 60
"""Seconds."""


def test_at_speed_1_each_entry_is_due_at_its_recorded_time() -> None:
    playback = Playback().begun(100.0)
    assert [playback.wait(at, 100.0) for at in (0.0, 0.25, 3.5)] == [0.0, 0.25, 3.5]
    assert playback.wait(3.5, 103.0) == 0.5
    assert playback.wait(3.5, 104.0) == 0.0  # it is late, and is played immediately


@given(st.lists(st.floats(0, 0.05), min_size=50, max_size=200), st.sampled_from([0.5, 1.0, 2.0, 8.0]))
def test_delays_do_not_add_up(delays: list[float], speed: float) -> None:
    """Every entry is played up to 50 ms late, and none later than that: the next one is due when it was."""
    playback, now = Playback(Pace(speed)).begun(10.0), 10.0
    for number, delay in enumerate(delays):
        at = number * 0.1
        wait = playback.wait(at, now)
        assert wait is not None
        now += wait + delay / speed
        playback = playback.played(at, now, seen=True)
        due = 10.0 + at / speed
        assert now - due <= delay / speed + FRAME


def test_a_change_of_speed_counts_from_the_moment_it_is_made() -> None:
    playback = Playback().begun(0.0).with_pace(Pace(2.0), 4.0)
    assert playback.at(4.0) == 4.0
    assert playback.wait(10.0, 4.0) == 3.0
    slower = playback.with_pace(Pace(0.5), 5.0)
    assert slower.at(5.0) == 6.0
    assert slower.wait(7.0, 5.0) == 2.0


def test_a_wait_that_is_cut_short_moves_what_follows() -> None:
    playback = Playback().begun(0.0).reached(60.0, 2.0)
    assert [playback.wait(at, 2.0) for at in (60.0, 61.5)] == [0.0, 1.5]


def test_a_pause_takes_no_time_of_the_recording() -> None:
    paused = Playback().begun(0.0).with_pace(Pace(playing=False), 2.0)
    assert paused.wait(2.5, 50.0) is None
    resumed = paused.with_pace(Pace(), 60.0)
    assert resumed.wait(2.5, 60.0) == 0.5


def test_a_step_plays_up_to_the_next_entry_that_is_seen() -> None:
    playback = Playback(Pace(playing=False)).begun(0.0)
    assert playback.wait(0.0, 1.0) is None
    playback = playback.stepped()
    assert playback.wait(0.0, 1.0) == 0.0
    playback = playback.played(0.0, 1.0, seen=False)
    assert playback.wait(0.5, 1.0) == 0.0
    playback = playback.played(0.5, 1.0, seen=True)
    assert playback.wait(0.6, 1.0) is None
    assert playback.at(9.0) == 0.5
    twice = playback.stepped().stepped()
    assert twice.played(0.6, 1.0, seen=True).wait(0.7, 1.0) == 0.0


def test_steps_that_were_not_played_are_forgotten_when_it_plays() -> None:
    paused = Playback(Pace(playing=False)).begun(0.0).stepped()
    again = paused.with_pace(Pace(), 1.0).with_pace(Pace(playing=False), 2.0)
    assert again.wait(5.0, 2.0) is None


def test_without_waits_everything_is_due_and_the_position_is_the_last_entry() -> None:
    playback = Playback(Pace(FAST)).begun(0.0)
    assert playback.wait(1e9, 0.0) == 0.0
    played = playback.played(7.0, 0.5, seen=True).with_pace(Pace(), 1.0)
    assert played.wait(8.0, 1.0) == 1.0


@pytest.mark.parametrize(
    ("speed", "pace"),
    [(1, Pace()), (2.5, Pace(2.5)), ("fast", Pace(FAST)), (FAST, Pace(FAST)), ("step", Pace(playing=False))],
)
def test_the_speeds_that_a_call_takes(speed: object, pace: Pace) -> None:
    assert pace_of(speed) == pace


@pytest.mark.parametrize("speed", [0, -1, float("nan"), 1e9, 1e-9])
def test_a_speed_out_of_range_is_refused(speed: float) -> None:
    with pytest.raises(ValueError, match="speed must be from"):
        pace_of(speed)


@pytest.mark.parametrize("speed", ["2", True, None, "slow"])
def test_anything_else_is_no_speed(speed: object) -> None:
    with pytest.raises(TypeError, match="speed must be a number"):
        pace_of(speed)


def test_a_recorded_wait_takes_as_long_as_the_speed_says() -> None:
    assert [Pace(2.0).seconds(3.0), Pace(FAST).seconds(3.0), Pace(playing=False).seconds(3.0)] == [1.5, 0.0, 0.0]
