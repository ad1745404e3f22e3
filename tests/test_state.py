"""The table of states: every pair of a status and a trigger, written out a second time."""

from __future__ import annotations

import itertools

import pytest

from streamcell.answer.status import TERMINAL, TRANSITIONS, Status, Trigger, next_status

# One line a status, in the words of the design; a trigger that is not named does nothing there.
LEGAL = {
    "queued": {"open": "connecting", "retry": "connecting", "failed": "failed", "stop": "stopped"},
    "connecting": {
        "queue": "queued",
        "call": "calling",
        "started": "streaming",
        "finished": "done",
        "cut": "interrupted",
        "failed": "failed",
        "backoff": "waiting",
        "stop": "stopped",
    },
    "streaming": {
        "call": "calling",
        "finished": "done",
        "cut": "interrupted",
        "failed": "failed",
        "backoff": "waiting",
        "stop": "stopped",
        "repair": "connecting",
    },
    "calling": {"reply": "connecting", "failed": "failed", "stop": "stopped"},
    "waiting": {"open": "connecting", "retry": "connecting", "failed": "failed", "stop": "stopped"},
    "done": {"retry": "connecting", "resume": "connecting"},
    "stopped": {"retry": "connecting", "resume": "connecting"},
    "failed": {"retry": "connecting", "resume": "connecting"},
    "interrupted": {"retry": "connecting", "resume": "connecting"},
}

PAIRS = list(itertools.product(Status, Trigger))


@pytest.mark.parametrize(("status", "trigger"), PAIRS, ids=[f"{one.value}-{two.value}" for one, two in PAIRS])
def test_every_pair_leads_where_the_table_says_or_nowhere(status: Status, trigger: Trigger) -> None:
    expected = LEGAL[status.value].get(trigger.value)
    assert next_status(status, trigger) == (None if expected is None else Status(expected))


def test_the_statuses_are_the_wires_words() -> None:
    assert [status.value for status in Status] == [
        "queued",
        "connecting",
        "streaming",
        "calling",
        "waiting",
        "interrupted",
        "stopped",
        "failed",
        "done",
    ]


@pytest.mark.parametrize("status", sorted(TERMINAL))
def test_an_end_is_left_by_retry_and_resume_alone(status: Status) -> None:
    assert {trigger for trigger in Trigger if next_status(status, trigger) is not None} == {
        Trigger.RETRY,
        Trigger.RESUME,
    }


@pytest.mark.parametrize("status", sorted(set(Status) - TERMINAL))
def test_whatever_has_not_ended_can_be_stopped(status: Status) -> None:
    assert next_status(status, Trigger.STOP) is Status.STOPPED


def test_every_status_is_reached_and_every_end_is_terminal() -> None:
    assert {Status.QUEUED, *TRANSITIONS.values()} == set(Status)
    assert {Status.DONE, Status.STOPPED, Status.FAILED, Status.INTERRUPTED} == TERMINAL


def test_the_table_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        TRANSITIONS[Status.DONE, Trigger.STOP] = Status.STOPPED  # type: ignore[index]
