"""Tools over real HTTP with the real SDK, both APIs: the model asks, a call runs or not, and the answer goes on."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from typing import Any

import pytest

from streamcell import Interrupted, RetryPolicy, StreamCell, ToolCall, TooManyRounds, stream_cell
from streamcell.answer.parts import CallState
from streamcell.answer.status import Status
from streamcell.rehearsal import RehearsalServer
from streamcell.wire.messages import document_of, view_of

pytestmark = pytest.mark.usefixtures("embedded")

TIMEOUT = 300.0
AT_ONCE = RetryPolicy(attempts=4, wait_initial=0.0)
APIS = pytest.mark.parametrize("api", ["responses", "chat"])


def weather(city: str) -> str:
    """Say how the weather is in a city."""
    return f"Sunny in {city}, 21 degrees"


def ask(model: str = "rehearsal/tools", *, tools: Any = (weather,), approve: Any = True, **options: Any) -> StreamCell:
    return stream_cell(
        "Do I need an umbrella?",
        model=model,
        tools=tools,
        approve=approve,
        display=False,
        retry=AT_ONCE,
        **options,
    )


def calls(cell: StreamCell) -> list[ToolCall]:
    return [part for part in cell.parts if isinstance(part, ToolCall)]


def bodies(server: RehearsalServer, begin: int) -> list[dict[str, Any]]:
    return [dict(one.body) for one in server.exchanges[begin:] if one.method == "POST"]


@APIS
def test_a_tool_runs_and_the_model_hears_what_it_returned(server: RehearsalServer, api: str) -> None:
    begin = len(server.exchanges)
    cell = ask(api=api)
    text = cell.result(TIMEOUT)
    [call] = calls(cell)
    assert (call.name, call.state, call.round) == ("weather", CallState.DONE, 1)
    arguments = json.loads(call.arguments)
    assert call.result == f"Sunny in {arguments['city']}, 21 degrees"
    assert call.result in text
    kinds = [part.kind for part in cell.parts]
    assert kinds.index("tool_call") < len(kinds) - 1 - kinds[::-1].index("text")
    first, second = bodies(server, begin)
    told = json.dumps(second)
    assert call.call_id in told
    assert call.result in told
    assert "weather" in json.dumps(first["tools"])
    assert first["tools"] == second["tools"]
    [calling] = [one.data for one in cell.log if one.kind == "status" and one.data["status"] == "calling"]
    assert cell.usage is not None
    assert 0 < calling["usage"]["total_tokens"] < cell.usage["total_tokens"]


SEALS = {"include": ["reasoning.encrypted_content"]}


def thoughts(server: RehearsalServer, begin: int) -> list[list[str]]:
    """Give, for each request, what it says of the model's thoughts: the last few characters of each."""
    found: list[list[str]] = []
    for body in bodies(server, begin):
        said: list[str] = []
        for one in [*body.get("messages", ()), *body.get("input", ())]:
            said += [one["reasoning_content"]] if "reasoning_content" in one else []
            said += [one["encrypted_content"]] if one.get("type") == "reasoning" else []
        found.append(said)
    return found


@APIS
@pytest.mark.parametrize("how", ["", "&parallel=1", "&silent=1", "&parallel=1&silent=1"])
def test_a_model_that_thinks_gets_its_thoughts_back(server: RehearsalServer, api: str, how: str) -> None:
    def rain(city: str) -> str:
        """Say whether it rains."""
        return "No"

    begin = len(server.exchanges)
    cell = ask(
        f"rehearsal/tools?thinks=1{how}", api=api, tools=[weather, rain], **(SEALS if api == "responses" else {})
    )
    assert "Sunny in" in cell.result(TIMEOUT)
    # A server that misses them refuses, and then would be asked a third time.
    assert [len(said) for said in thoughts(server, begin)] == [0, 1]


@APIS
def test_each_round_of_a_model_that_thinks_has_its_own_thought(server: RehearsalServer, api: str) -> None:
    begin = len(server.exchanges)
    cell = ask("rehearsal/tools?thinks=1&loop=1", api=api, max_rounds=3, **(SEALS if api == "responses" else {}))
    with pytest.raises(TooManyRounds):
        cell.result(TIMEOUT)
    told = thoughts(server, begin)
    assert [len(said) for said in told] == [0, 1, 2, 3]
    assert len(set(told[-1])) == 3
    assert told[-1][:2] == told[-2]


def test_rounds_that_are_cut_go_on_with_the_thoughts_of_their_calls(server: RehearsalServer) -> None:
    begin = len(server.exchanges)
    cell = ask("rehearsal/drop?after=3,tools?thinks=1", api="chat")
    for _ in ("before its call", "behind it"):
        with pytest.raises(Interrupted):
            cell.result(TIMEOUT)
        cell.resume()
    assert "Sunny in" in cell.result(TIMEOUT)
    assert [len(said) for said in thoughts(server, begin)] == [0, 0, 1, 1]


def test_a_response_that_is_resumed_exactly_has_the_thoughts_from_before_the_cut(server: RehearsalServer) -> None:
    begin = len(server.exchanges)
    more = {"reasoning": {"effort": "low"}, "background": True, **SEALS}
    cell = ask("rehearsal/drop?after=4,tour", api="responses", **more)
    assert "Sunny in" in cell.result(TIMEOUT)
    methods = [one.method for one in server.exchanges[begin:]]
    assert methods == ["POST", "GET", "POST", "GET"]
    assert [len(said) for said in thoughts(server, begin)] == [0, 1]


def test_an_edited_call_keeps_its_thought(server: RehearsalServer) -> None:
    begin = len(server.exchanges)
    cell = ask("rehearsal/tools?thinks=1", api="chat", approve=lambda *_: None)
    deadline = time.monotonic() + 60
    while not calls(cell) or calls(cell)[0].state is not CallState.ASKED:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    cell.act([part.kind for part in cell.parts].index("tool_call"), "edit", '{"city": "Bergen"}')
    assert "Sunny in Bergen" in cell.result(TIMEOUT)
    assert len(bodies(server, begin)) == 2


@APIS
def test_the_next_cell_gives_the_thoughts_back_too(server: RehearsalServer, api: str) -> None:
    more = SEALS if api == "responses" else {}
    cell = ask("rehearsal/tools?thinks=1", api=api, **more)
    cell.result(TIMEOUT)
    begin = len(server.exchanges)
    further = ask("rehearsal/tools?thinks=1", api=api, previous=cell, **more)
    assert "Sunny in" in further.result(TIMEOUT)
    assert [len(said) for said in thoughts(server, begin)] == [1, 2]


def test_thoughts_are_neither_shown_nor_saved() -> None:
    cell = ask("rehearsal/tools?thinks=1", api="chat")
    cell.result(TIMEOUT)
    assert cell.versions[-1].echoes
    shown = json.dumps(document_of(view_of(cell._stream.document)))
    assert "thought_signature" not in shown
    assert "signed:" not in shown
    assert "signed:" not in repr(cell.versions) + repr(cell.request) + str(cell.get_state())


@APIS
def test_the_next_cell_hears_of_calls_and_results(server: RehearsalServer, api: str) -> None:
    cell = ask(api=api)
    cell.result(TIMEOUT)
    begin = len(server.exchanges)
    further = stream_cell("And tomorrow?", model="rehearsal", previous=cell, display=False, approve=True)
    further.result(TIMEOUT)
    [call] = calls(cell)
    told = json.dumps(bodies(server, begin)[0], ensure_ascii=False)
    assert call.call_id in told
    assert call.result in told
    assert "weather" in json.dumps(bodies(server, begin)[0]["tools"])


@APIS
def test_nothing_runs_without_leave(api: str) -> None:
    run: list[str] = []

    def weather(city: str) -> str:
        """Say how the weather is."""
        run.append(city)
        return city

    # No page can be asked here.
    for approve, said in ((None, "there is nobody to ask"), (False, "The user denied"), (lambda *_: 1, "denied")):
        cell = ask(tools=[weather], approve=approve, api=api)
        assert cell.result(TIMEOUT)
        [call] = calls(cell)
        assert call.state is CallState.DENIED
        assert said in call.result
    assert run == []


def test_a_function_decides_by_name_and_arguments() -> None:
    asked: list[tuple[str, Mapping[str, Any]]] = []

    def approve(name: str, arguments: Mapping[str, Any]) -> bool:
        asked.append((name, arguments))
        return True

    cell = ask(approve=approve)
    cell.result(TIMEOUT)
    [call] = calls(cell)
    assert asked == [("weather", json.loads(call.arguments))]
    assert call.state is CallState.DONE


def test_an_async_tool_and_two_of_one_round_run_side_by_side() -> None:
    both = threading.Barrier(2, timeout=60)

    def first(city: str) -> str:
        """One."""
        both.wait()
        return "first"

    async def second(city: str) -> str:
        """Two."""
        both.wait()
        return "second"

    cell = ask("rehearsal/tools?parallel=1", tools=[first, second])
    cell.result(TIMEOUT)
    assert [(call.name, call.result, call.round) for call in calls(cell)] == [
        ("first", "first", 1),
        ("second", "second", 1),
    ]


def test_what_a_tool_raises_goes_back_as_its_message_and_its_traceback_to_the_log() -> None:
    def weather(city: str) -> str:
        """Say how the weather is."""
        raise LookupError(f"no station in {city}")

    cell = ask(tools=[weather])
    assert "no station in" in cell.result(TIMEOUT)
    assert calls(cell)[0].state is CallState.FAILED
    [noted] = [one for one in cell.log if one.kind == "tool" and "traceback" in one.data]
    assert "in weather" in noted.data["traceback"]


def test_a_tool_that_hangs_is_given_up_and_the_answer_goes_on() -> None:
    released = threading.Event()

    def weather(city: str) -> str:
        """Say how the weather is."""
        released.wait()
        return city

    try:
        cell = ask(tools=[weather], tool_timeout=0.2)
        assert cell.result(TIMEOUT)
        assert calls(cell)[0].result == "The tool did not return within 0.2 s."
    finally:
        released.set()


def test_stop_ends_a_round_and_retry_begins_anew() -> None:
    begun, released = threading.Event(), threading.Event()

    def weather(city: str) -> str:
        """Say how the weather is."""
        begun.set()
        released.wait()
        return city

    cell = ask(tools=[weather])
    assert begun.wait(60)
    assert cell.versions[-1].status is Status.CALLING
    cell.stop()
    assert cell.status == "stopped"
    assert calls(cell)[0].state is CallState.STOPPED
    released.set()
    cell.retry()
    cell.result(TIMEOUT)
    assert [call.state for call in calls(cell)] == [CallState.DONE]
    assert len(cell.versions) == 2


def test_the_cell_can_be_told_from_code_what_to_do_with_a_call() -> None:
    cell = ask(approve=lambda *_: None)
    deadline = time.monotonic() + 60
    while not calls(cell) or calls(cell)[0].state is not CallState.ASKED:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    at = [part.kind for part in cell.parts].index("tool_call")
    with pytest.raises(ValueError, match="does not take 'dance' now"):
        cell.act(at, "dance")
    cell.act(at, "edit", '{"city": "Bergen"}')
    assert "Sunny in Bergen" in cell.result(TIMEOUT)
    with pytest.raises(ValueError, match="does not take 'run' now"):
        cell.act(at, "run")


def test_a_megabyte_goes_back_cut(server: RehearsalServer) -> None:
    def weather(city: str) -> str:
        """Say how the weather is."""
        return "x" * 1_000_000

    begin = len(server.exchanges)
    cell = ask(tools=[weather])
    cell.result(TIMEOUT)
    assert calls(cell)[0].result.endswith("(900,000 more characters were left out)")
    assert len(json.dumps(bodies(server, begin)[1])) < 110_000


def test_a_schema_ends_the_answer_with_the_call_and_the_next_request_may_answer_it() -> None:
    schema = {
        "type": "function",
        "name": "look",
        "parameters": {"type": "object", "properties": {"at": {"type": "string"}}, "required": ["at"]},
    }
    cell = ask(tools=[schema])
    cell.result(TIMEOUT)
    assert (cell.status, cell.finish_reason) == ("done", "tool_calls")
    [call] = calls(cell)
    assert call.state is CallState.CALLED
    answered = {"type": "function_call_output", "call_id": call.call_id, "output": "a red door"}
    further = stream_cell([answered], model="rehearsal/tools", previous=cell, display=False)
    assert "a red door" in further.result(TIMEOUT)


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("unknown", "There is no tool named"),
        ("broken", "not a valid JSON object"),
        ("huge", "ValidationError"),
    ],
)
def test_a_call_that_cannot_be_run_is_answered_and_the_answer_goes_on(option: str, said: str) -> None:
    cell = ask(f"rehearsal/tools?{option}=1")
    assert cell.result(TIMEOUT)
    assert said in calls(cell)[0].result or option == "huge"
    assert calls(cell)[0].settled


def test_a_loop_ends_with_its_error() -> None:
    cell = ask("rehearsal/tools?loop=1", max_rounds=3)
    with pytest.raises(TooManyRounds):
        cell.result(TIMEOUT)
    assert [call.state for call in calls(cell)] == [CallState.DONE] * 3 + [CallState.CALLED]
