"""What every library's stream keeps: the contract of sources, with the real libraries and a real server."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streamcell import Interrupted, RateLimited, StreamCell, StreamCellError, ToolCall, stream_cell

from .conftest import FIXTURES
from .streams import PREVIOUS, ROWS, Row, chat_model, graph, state
from .upstream import upstream

LIMIT = 60
TEXT = json.loads(FIXTURES.read_text("utf-8"))["fixtures"][0]["response"]["content"]


@pytest.fixture(params=ROWS, ids=[row.name for row in ROWS])
def row(request: pytest.FixtureRequest) -> Row:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture(autouse=True)
def _without_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")


def streamed(row: Row, address: str, prompt: str, **options: Any) -> StreamCell:
    """Stream an answer to its end, whatever that is."""
    cell = stream_cell(lambda: row.make(address, prompt), display=False, **options)
    with contextlib.suppress(StreamCellError):
        cell.result(LIMIT)
    return cell


def lacking(row: Row) -> dict[str, str]:
    """Return what the row lacks in these releases."""
    return row.lacks | (row.before if PREVIOUS else {})


def of_kind(cell: StreamCell, kind: str) -> list[Any]:
    return [part for part in cell.parts if part.kind == kind]


def test_the_text_is_exactly_what_was_sent(row: Row, address: str) -> None:
    cell = streamed(row, address, "Explain entropy")
    assert (cell.status, cell.text) == ("done", TEXT)


def test_reasoning_is_kept_apart(row: Row, address: str) -> None:
    cell = streamed(row, address, "Explain entropy")
    found = "".join(part.body for part in of_kind(cell, "reasoning"))
    assert found == ("" if "reasoning" in lacking(row) else "Let me think about this.")
    assert [part.kind for part in cell.parts] == (["reasoning", "text"] if found else ["text"])


def test_usage_is_the_servers_own(row: Row, address: str) -> None:
    usage = streamed(row, address, "Explain entropy").usage
    found = usage and (usage["input_tokens"], usage["output_tokens"])
    assert found == (None if "usage" in lacking(row) else (11, 7))


def test_calls_of_tools_are_parts(row: Row, address: str) -> None:
    cell = streamed(row, address, "Look outside")
    calls = of_kind(cell, "tool_call")
    if "tools" in lacking(row):
        assert not calls
        return
    assert [(call.name, json.loads(call.arguments)) for call in calls] == [("look", {"city": "Bonn"})]
    (call,) = calls
    if "results" in lacking(row):
        assert (call.state.value, cell.versions[-1].finish_reason) == ("called", "tool_calls")
        return
    assert (call.state.value, call.result) == ("done", "sunny in Bonn")
    assert cell.text.strip() == "It is sunny in Bonn."
    assert [type(part) is ToolCall for part in cell.parts] == [True, False]
    assert cell.versions[-1].finish_reason == "stop"


def test_a_refusal_is_our_error_with_the_servers_words(row: Row, address: str) -> None:
    cell = streamed(row, address, "Refuse me", retry=1)
    error = cell.versions[-1].error
    assert isinstance(error, RateLimited)
    assert "You are too fast." in error.detail
    assert error.__cause__ is not None


def test_a_cut_is_no_end_and_the_text_is_kept(row: Row, address: str) -> None:
    cell = streamed(row, address, "Break off", retry=1)
    if "cut" in lacking(row):
        assert cell.status == "done"
        return
    assert isinstance(cell.versions[-1].error, Interrupted), cell.versions[-1].error
    assert cell.text
    assert "one two three four five six seven eight nine ten".startswith(cell.text)


def test_stop_closes_the_request(row: Row, address: str) -> None:
    with upstream(address) as server:
        cell = stream_cell(lambda: row.make(server.url, "Talk for ever"), display=False)
        if "cut" in lacking(row):  # nothing comes before the end: it is stopped while it waits
            cell.stop()
        else:
            next(iter(cell))
            assert not server.left.is_set()
            cell.stop()
        with pytest.raises(StreamCellError):
            cell.result(LIMIT)
        assert cell.status == "stopped"
        if not {"cut", "stop"} & set(lacking(row)):
            assert server.left.wait(LIMIT)


def test_retry_asks_again(row: Row, address: str) -> None:
    prompts: Iterator[str] = iter(("Refuse me", "Explain entropy"))
    asked = threading.Semaphore(0)

    def make() -> Any:
        asked.release()
        return row.make(address, next(prompts))

    cell = stream_cell(make, display=False, retry=1)
    with pytest.raises(RateLimited):
        cell.result(LIMIT)
    cell.retry()
    assert cell.result(LIMIT) == TEXT
    assert [asked.acquire(timeout=1) for _ in range(2)] == [True, True]


def test_a_chat_model_is_asked_with_a_prompt(address: str) -> None:
    cell = stream_cell("Explain entropy", client=chat_model(address), display=False)
    assert cell.result(LIMIT) == TEXT
    cell.retry()
    assert cell.result(LIMIT) == TEXT
    assert stream_cell("Look outside", previous=cell, display=False).result(LIMIT) == ""


def test_a_graph_is_asked_with_a_prompt(address: str) -> None:
    cell = stream_cell("Look outside", client=graph(address), display=False)
    assert cell.result(LIMIT).strip() == "It is sunny in Bonn."
    assert [(call.name, call.result) for call in of_kind(cell, "tool_call")] == [("look", "sunny in Bonn")]


def test_a_recording_needs_no_library(address: str, tmp_path: Path) -> None:
    path = tmp_path / "answer.jsonl"
    cell = stream_cell(
        lambda: graph(address).stream(state("Look outside"), stream_mode="messages"), record=path, display=False
    )
    cell.result(LIMIT)
    played = stream_cell(replay=path, speed="fast", display=False)
    assert played.result(LIMIT) == cell.text
    assert [(part.kind, part.body) for part in played.parts] == [(part.kind, part.body) for part in cell.parts]
