"""How long the model thought: measured by the session's times, kept with the answer, and no part of its data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from streamcell import Interrupted, configure, stream_cell
from streamcell.answer.document import Version
from streamcell.answer.events import (
    Alive,
    Event,
    Failed,
    Finished,
    Origin,
    PartChanged,
    PartEnded,
    PartGrew,
    Started,
)
from streamcell.answer.inputs import Received, Start, Stop
from streamcell.answer.parts import Reasoning
from streamcell.answer.retry import RetryPolicy
from streamcell.answer.session import Session, step
from streamcell.notebook.output import ANSWER, bundle_of

TIMEOUT = 60
HEAD = Started(Origin("m"))


def thoughts(*timed: tuple[float, Event | Stop], **options: Any) -> list[float | None]:
    """Return how long each thought of an answer took whose events came at these times."""
    return [part.seconds for part in _played(*timed, **options).parts if isinstance(part, Reasoning)]


def _played(*timed: tuple[float, Event | Stop], **options: Any) -> Version:
    session, _ = step(Session(policy=RetryPolicy(attempts=1), **options), Start(), now=0.0)
    for now, one in timed:
        given = one if isinstance(one, Stop) else Received(session.run, one)
        session, _ = step(session, given, now=now)
    return session.document.current


def test_it_is_measured_from_the_head_to_the_first_word_of_the_answer() -> None:
    begun = [(2.0, HEAD), (5.0, PartGrew("reasoning", "a")), (9.0, PartGrew("reasoning", "b"))]
    assert thoughts(*begun) == [None]
    assert thoughts(*begun, (14.04, PartGrew("text", "x")), (30.0, PartGrew("text", "y"))) == [12.0]


def test_each_summary_has_its_own_time_and_what_is_between_them_counts_for_the_next() -> None:
    assert thoughts(
        (0.0, HEAD),
        (3.0, PartGrew("reasoning", "a", "1")),
        (4.0, PartEnded("1")),
        (10.0, PartGrew("reasoning", "b", "2")),
        (11.0, PartEnded("2")),
        (12.0, PartGrew("text", "x")),
    ) == [4.0, 7.0]


def test_a_tools_run_is_no_thought() -> None:
    assert thoughts(
        (0.0, HEAD),
        (1.0, PartGrew("reasoning", "a")),
        (2.0, PartChanged("hosted_tool", {"title": "Web search"}, "w")),
        (50.0, PartChanged("hosted_tool", {"state": "completed"}, "w")),
        (51.0, PartGrew("reasoning", "b")),
        (53.0, Finished("stop")),
    ) == [2.0, 3.0]


def test_what_only_shows_that_the_connection_lives_ends_no_thought() -> None:
    assert thoughts((0.0, HEAD), (1.0, PartGrew("reasoning", "a")), (2.0, Alive()), (8.0, Finished("stop"))) == [8.0]


@pytest.mark.parametrize(
    "end", [Stop(), Finished("length"), Failed(Interrupted("cut"))], ids=["stopped", "finished", "failed"]
)
def test_an_end_of_any_kind_ends_a_thought(end: Any) -> None:
    assert thoughts((0.0, HEAD), (1.0, PartGrew("reasoning", "a")), (6.0, end)) == [6.0]


def test_a_clock_that_goes_back_makes_no_negative_time() -> None:
    assert thoughts((9.0, HEAD), (9.0, PartGrew("reasoning", "a")), (3.0, PartGrew("text", "x"))) == [0.0]


# -- in a cell ---------------------------------------------------------------------------------------------------------


def _chunks() -> Iterator[dict[str, Any]]:
    for field, text in (("reasoning_content", "Hm."), ("content", "Yes.")):
        yield {"choices": [{"index": 0, "delta": {field: text}, "finish_reason": None}]}
    yield {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}


def test_times_are_in_the_outputs_metadata_so_that_the_same_answer_has_the_same_data() -> None:
    parts = [(Reasoning(text="Hm.", seconds=seconds, open=False),) for seconds in (1.5, 7.0)]
    cell = stream_cell(_chunks, display=False)
    cell.result(timeout=60)  # what the stream still adds must not come between the two
    views = [{**cell._stream.view, "parts": one, "status": "done"} for one in parts]
    one, other = (bundle_of(view, "key", None) for view in views)
    assert one[0] == other[0]
    assert [bundle[1][ANSWER]["seconds"] for bundle in (one, other)] == [{"0": 1.5}, {"0": 7.0}]


@pytest.fixture
def _configured() -> Iterator[None]:
    yield
    configure(show_reasoning=None)


@pytest.mark.usefixtures("_configured")
def test_when_reasoning_is_unfolded_is_the_users_choice() -> None:
    def show(**options: Any) -> str:
        cell = stream_cell(_chunks, display=False, **options)
        cell.result(TIMEOUT)
        (thought,) = [part for part in cell.parts if isinstance(part, Reasoning)]
        return thought.show

    assert [show(), show(show_reasoning="streaming")] == ["closed", "streaming"]
    configure(show_reasoning="open")
    assert [show(), show(show_reasoning="closed")] == ["open", "closed"]
    for refused in (True, "always"):
        with pytest.raises(ValueError, match="show_reasoning must be one of 'closed', 'streaming', 'open'"):
            stream_cell(_chunks, show_reasoning=refused)
