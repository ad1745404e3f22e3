"""Faults between and amid rounds of tools, over real HTTP with the real SDK: a call runs once, and nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from streamcell import RetryPolicy, StreamCell, StreamCellError, ToolCall, stream_cell
from streamcell.answer.parts import CallState
from streamcell.rehearsal import RehearsalServer

from . import matrix

APIS = pytest.mark.parametrize("api", matrix.APIS)
OSLO = "Sunny in Oslo"


@pytest.fixture(scope="module", autouse=True)
def server() -> Iterator[RehearsalServer]:
    with matrix.server() as running:
        yield running


class Weather:
    """A tool that remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def weather(self, city: str) -> str:
        """Say how the weather is in a city."""
        self.asked.append(city)
        return f"Sunny in {city}"


def ask(model: str, api: Any, tool: Weather, **options: Any) -> StreamCell:
    policy = RetryPolicy(attempts=3, wait_initial=0.0)
    tools = [tool.weather]
    return stream_cell("Hm?", model=model, api=api, tools=tools, approve=True, display=False, retry=policy, **options)


def calls(cell: StreamCell) -> list[ToolCall]:
    return [part for part in cell.parts if isinstance(part, ToolCall)]


@APIS
@pytest.mark.parametrize(
    "fault",
    [
        "noise?after=8",
        "crlf",
        "bytewise",
        "lump",
        "duplicated",
        "missing",
        "json",
        "stall?after=8&seconds=0",
        "keep_alive?after=8&seconds=0",
        "linger?seconds=0",
        "slow_head?seconds=0",
    ],
)
def test_a_round_goes_well_whatever_happens_to_the_bytes(api: matrix.API, fault: str) -> None:
    tool = Weather()
    cell = ask(f"rehearsal/{fault}", api, tool)
    assert OSLO in cell.result(matrix.WAIT)
    [call] = calls(cell)
    assert (json.loads(call.arguments), call.result, call.state) == ({"city": "Oslo"}, OSLO, CallState.DONE)
    assert tool.asked == ["Oslo"]


@APIS
def test_each_round_is_tried_again_when_it_is_refused(server: RehearsalServer, api: matrix.API) -> None:
    begin, tool = len(server.exchanges), Weather()
    cell = ask("rehearsal/rate_limit?retry_after=0,tools", api, tool)
    assert OSLO in cell.result(matrix.WAIT)
    assert [one.status for one in server.exchanges[begin:]] == [429, 200, 429, 200]
    assert tool.asked == ["Oslo"]


@APIS
def test_a_call_that_was_cut_off_does_not_run_and_a_retry_calls_anew(api: matrix.API) -> None:
    tool = Weather()
    cell = ask("rehearsal/cut?after=9,tools", api, tool)
    with pytest.raises(StreamCellError):
        cell.result(matrix.WAIT)
    assert (cell.status, cell.resumable) == ("interrupted", None)
    assert [call.arguments for call in calls(cell)] == ['{"city":']
    assert tool.asked == []
    cell.retry()
    # The second round is a question of its own, so its first attempt is cut too: behind the call there is text to keep.
    with pytest.raises(StreamCellError):
        cell.result(matrix.WAIT)
    assert tool.asked == ["Oslo"]
    assert cell.resumable == "continued"
    cell.resume()
    assert OSLO in cell.result(matrix.WAIT)
    assert tool.asked == ["Oslo"]


def test_a_background_response_that_was_cut_in_its_arguments_is_taken_up_exactly() -> None:
    tool = Weather()
    cell = ask("rehearsal/cut?after=9,tools", "responses", tool, background=True)
    assert OSLO in cell.result(matrix.WAIT)
    assert [(call.arguments, call.result, call.open) for call in calls(cell)] == [('{"city": "Oslo"}', OSLO, False)]
    assert tool.asked == ["Oslo"]


@APIS
def test_an_answer_that_was_cut_before_its_call_calls_when_it_continues(api: matrix.API) -> None:
    tool = Weather()
    cell = ask("rehearsal/cut?after=2,tools", api, tool, auto_resume=True)
    assert OSLO in cell.result(matrix.WAIT)
    assert cell.text.startswith("Let me look that up.")
    assert [call.state for call in calls(cell)] == [CallState.DONE]
    assert tool.asked == ["Oslo"]


@APIS
def test_a_result_that_speaks_of_going_on_is_answered(api: matrix.API) -> None:
    def weather(city: str) -> str:
        """Say how the weather is in a city."""
        return f"The rain in {city} will continue."

    cell = stream_cell("Hm?", model="rehearsal/tools", api=api, tools=[weather], approve=True, display=False)
    assert "The rain in Oslo will continue." in cell.result(matrix.WAIT)


@APIS
def test_an_answer_that_is_only_a_call_says_nothing_of_a_missing_text(api: matrix.API) -> None:
    schema = {"type": "function", "name": "look", "parameters": {"type": "object", "properties": {}}}
    cell = stream_cell("Hm?", model="rehearsal/tools?silent=1", api=api, tools=[schema], display=False)
    assert cell.result(matrix.WAIT) == ""
    assert (cell.status, cell.finish_reason, cell.notice) == ("done", "tool_calls", None)
    assert [(call.name, call.arguments, call.state) for call in calls(cell)] == [("look", "{}", CallState.CALLED)]


@APIS
def test_200_kilobytes_of_arguments_reach_the_tool(api: matrix.API) -> None:
    tool = Weather()
    ask("rehearsal/tools?huge=1", api, tool).result(matrix.WAIT)
    assert [len(city) for city in tool.asked] == [200_000]
