"""Structured answers over real HTTP, with the real SDK: whole, cut, refused, wrong and mended."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, field_validator

from streamcell import InvalidAnswer, Json, StreamCell, StreamCellError, ToolCall, recording, stream_cell
from streamcell.engine import structure
from streamcell.rehearsal import RehearsalServer
from tests.faults import matrix

APIS = pytest.mark.parametrize("api", matrix.APIS)


@pytest.fixture(scope="module", autouse=True)
def server() -> Iterator[RehearsalServer]:
    with matrix.server() as running:
        yield running


class River(BaseModel):
    name: str
    km: int
    countries: list[str] = []


class Rivers(BaseModel):
    title: str
    rivers: list[River]


class Node(BaseModel):
    name: str
    inner: Node | None = None


def ask(settings: str, api: Any, kind: Any = Rivers, scenario: str = "structured", **options: Any) -> StreamCell:
    model = f"rehearsal/{scenario}?{settings}"
    return stream_cell(
        "The longest rivers", model=model, api=api, response_format=kind, display=False, retry=1, **options
    )


def failed(cell: StreamCell) -> InvalidAnswer:
    with pytest.raises(InvalidAnswer) as raised:
        cell.result(matrix.WAIT)
    assert (cell.status, cell.finish_reason) == ("failed", "stop")
    return raised.value


@APIS
def test_a_valid_answer_is_an_object_of_the_users_type(api: matrix.API, server: RehearsalServer) -> None:
    cell = ask("", api)
    text = cell.result(matrix.WAIT)
    assert isinstance(cell.parsed, Rivers)
    assert cell.parsed == Rivers.model_validate_json(text)
    assert [type(part) for part in cell.parts] == [Json]
    assert [row["name"] for row in cell.to_dicts()] == ["Nile", "Amazon", "Yangtze"]
    assert cell.versions[-1].parsed is cell.parsed
    body = server.exchanges[-1].body
    sent = body["text"]["format"] if api == "responses" else body["response_format"]["json_schema"]
    assert (sent["name"], sent["strict"], sent["schema"]["additionalProperties"]) == ("Rivers", True, False)


@APIS
@pytest.mark.parametrize(
    ("level", "path"), [(1, "title"), (2, "rivers[0]"), (3, "rivers[0].name"), (4, "rivers[0].countries[0]")]
)
def test_what_breaks_the_schema_is_named_at_each_level(api: matrix.API, level: int, path: str) -> None:
    cell = ask(f"wrong={level}", api)
    error = failed(cell)
    assert [where for where, _ in error.errors] == [path]
    assert error.text == cell.text
    assert isinstance(cell.parsed, dict)
    assert cell.parsed == json.loads(cell.text)


@APIS
@pytest.mark.parametrize("schema", [True, False])
def test_a_list_is_asked_for_in_an_object_and_given_back_as_a_list(api: matrix.API, schema: bool) -> None:
    kind = {"type": "array", "items": River.model_json_schema()} if schema else list[River]
    cell = ask("", api, kind)
    assert set(json.loads(cell.result(matrix.WAIT))) == {"items"}
    assert cell.parsed[0] == (cell.to_dicts()[0] if schema else River(**cell.to_dicts()[0]))


@APIS
def test_prose_is_invalid_and_shown_as_the_text_that_it_is_and_a_fence_is_no_fault(api: matrix.API) -> None:
    cell = ask("prose=1", api)
    assert failed(cell).errors[0][1].startswith("it is no JSON, and begins with 'Here is the JSON")
    assert ([part.kind for part in cell.parts], cell.parsed) == (["text"], None)
    cell = ask("fence=1", api)
    assert cell.result(matrix.WAIT).startswith("```json\n")
    assert isinstance(cell.parsed, Rivers)


@APIS
def test_a_refusal_and_a_cut_are_told_as_what_they_are(api: matrix.API) -> None:
    cell = ask("refuse=1", api, repair=1)
    cell.result(matrix.WAIT)
    assert (cell.status, bool(cell.refusal), cell.parsed, cell.error) == ("done", True, None, None)
    whole = ask("size=1", api).result(matrix.WAIT)
    # From 16 on, which is the least that the Responses API takes.
    for limit in range(16, len(whole), 37):
        cell = ask("size=1", api, max_output_tokens=limit, repair=1)
        assert cell.result(matrix.WAIT) == whole[:limit]
        assert (cell.status, cell.finish_reason, len(cell.versions)) == ("done", "length", 1)
        assert isinstance(cell.parsed, dict)


@APIS
def test_a_cut_answer_is_continued_and_then_checked(api: matrix.API) -> None:
    cell = ask("size=1", api, max_output_tokens=100)
    assert len(cell.result(matrix.WAIT)) == 100
    cell.resume()
    assert cell.result(matrix.WAIT) == ask("", api).result(matrix.WAIT)
    first, second = cell.parts
    assert (first.kind, second.kind) == ("json", "json")
    assert isinstance(second, Json)
    assert second.resumed == "continued"
    assert isinstance(cell.parsed, Rivers)


@APIS
def test_the_model_mends_its_answer_when_it_is_told(api: matrix.API, server: RehearsalServer) -> None:
    cell = ask("wrong=3", api, repair=1)
    cell.result(matrix.WAIT)
    assert isinstance(cell.parsed, Rivers)
    first, last = cell.versions
    assert isinstance(first.error, InvalidAnswer)
    assert first.parsed["rivers"][0]["name"] == 12345
    assert last.usage is not None
    assert first.usage is not None
    assert (last.usage.total_tokens or 0) > 2 * (first.usage.total_tokens or 0)
    # The numbers of the repaired answer are of both requests, as its tokens are.
    assert [one.kind for one in cell.timeline].count("connect") == 2
    cell.select(0)
    assert [one.kind for one in cell.timeline].count("connect") == 1
    cell.select(1)
    said = json.dumps(server.exchanges[-1].body)
    assert "- rivers[0].name: Input should be a valid string" in said
    assert "12345" in said
    statuses = [entry.data["status"] for entry in cell.log if entry.kind == "status"]
    assert statuses[-4:] == ["failed", "connecting", "streaming", "done"]


@APIS
def test_a_stubborn_model_is_asked_no_oftener_than_allowed_and_retry_tells_it_again(
    api: matrix.API, server: RehearsalServer
) -> None:
    before = len(server.exchanges)
    cell = ask("wrong=1&stubborn=1", api, repair=2)
    failed(cell)
    assert (len(server.exchanges) - before, len(cell.versions)) == (3, 3)
    cell.retry()
    failed(cell)
    assert len(cell.versions) == 6
    turns = server.exchanges[-3].body.get("input" if api == "responses" else "messages")
    assert isinstance(turns, list)
    assert [turn["role"] for turn in turns] == ["user", *["assistant", "user"] * 3]


@APIS
def test_a_tool_may_come_before_the_structured_answer(api: matrix.API) -> None:
    def depth(river: str) -> str:
        """Say how deep a river is."""
        return f"{river}: 11 m"

    cell = ask("", api, scenario="tour", tools=[depth], approve=True)
    cell.result(matrix.WAIT)
    assert [part.kind for part in cell.parts if part.kind != "reasoning"] == ["text", "tool_call", "json"]
    assert isinstance(cell.parts[1], ToolCall)
    assert isinstance(cell.parsed, Rivers)


@APIS
def test_a_megabyte_and_a_depth_of_200_are_answers_like_others(api: matrix.API) -> None:
    cell = ask("characters=1000000", api)
    assert len(cell.result(matrix.WAIT)) > 900_000
    assert len(cell.parsed.rivers) == len(cell.to_dicts()) > 10_000
    deep = ask("depth=200", api, Node)
    deep.result(matrix.WAIT)
    node, depth = deep.parsed, 0
    while node is not None:
        node, depth = node.inner, depth + 1
    assert depth == 200
    beyond = ask("depth=240", api, Node)
    assert failed(beyond).errors == (("", "it is nested too deep: at most 200 levels are read"),)


def test_what_there_is_of_it_can_be_read_while_it_streams() -> None:
    cell = ask("rate=200&records=8", "chat")
    seen: list[int] = []
    for _ in cell:
        value = cell.parsed
        assert value is None or isinstance(value, (dict, Rivers))
        if isinstance(value, dict) and "rivers" in value:
            seen.append(len(cell.to_dicts()))
    assert seen == sorted(seen)
    assert len(set(seen)) > 1
    assert isinstance(cell.parsed, Rivers)


def test_validators_run_on_a_thread_of_their_own_and_not_on_the_streams_loop() -> None:
    threads: list[str] = []

    class Checked(BaseModel):
        title: str

        @field_validator("title")
        @classmethod
        def note(cls, title: str) -> str:
            threads.append(threading.current_thread().name)
            return title

    ask("", "chat", Checked).result(matrix.WAIT)
    assert threads == ["streamcell-check"]


def test_a_validator_that_hangs_does_not_hold_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    from streamcell.engine import stream

    release = threading.Event()

    class Slow(BaseModel):
        title: str

        @field_validator("title")
        @classmethod
        def wait(cls, title: str) -> str:
            release.wait(matrix.WAIT)
            return title

    for module in (structure, stream):
        monkeypatch.setattr(module, "CHECKED_WITHIN", 0.05)
    cell = ask("", "chat", Slow, repair=1)
    try:
        with pytest.raises(InvalidAnswer, match=r"could not be checked: The check did not end within 0\.05 s"):
            cell.result(matrix.WAIT)
    finally:
        release.set()
    assert len(cell.versions) == 1


@APIS
def test_a_recorded_answer_is_an_object_of_the_users_type_again(api: matrix.API, tmp_path: Path) -> None:
    path = tmp_path / "recorded.jsonl"
    with recording(path):
        first = ask("wrong=3", api, repair=1)
        first.result(matrix.WAIT)
        second = ask("wrong=1", api)
        wrong = failed(second)
    with recording(path, "replay"):
        played = ask("wrong=3", api, repair=1)
        assert played.result(matrix.WAIT) == first.text
        assert played.parsed == first.parsed
        again = ask("wrong=1", api)
        with pytest.raises(InvalidAnswer) as raised:
            again.result(matrix.WAIT)
        assert raised.value.errors == wrong.errors
    alone = stream_cell(replay=path, speed="fast", display=False)
    alone.result(matrix.WAIT)
    assert alone.parsed == json.loads(first.text)
    assert [part.kind for part in alone.parts] == ["json"]


def test_an_answer_continues_a_conversation_as_the_text_that_it_is(server: RehearsalServer) -> None:
    cell = ask("", "chat")
    cell.result(matrix.WAIT)
    stream_cell("And the shortest?", previous=cell, display=False).result(matrix.WAIT)
    assert server.exchanges[-1].body["messages"][1] == {"role": "assistant", "content": cell.text}


@pytest.mark.parametrize("given", [{"repair": 1}, {"repair": 1, "text": {"verbosity": "low"}}])
def test_repair_needs_a_format(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="give response_format= too"):
        stream_cell("Why?", model="rehearsal", display=False, **given)


@pytest.mark.parametrize("repair", [-1, 11, True, 1.0, "1", None])
def test_repair_is_a_small_whole_number(repair: Any) -> None:
    with pytest.raises(ValueError, match="repair must be a whole number from 0 to 10"):
        ask("", "chat", repair=repair)


def test_an_answer_to_show_is_no_structured_answer() -> None:
    with pytest.raises(ValueError, match="response_format= says how to ask a model"):
        stream_cell(["{}"], response_format=Rivers, display=False)


def test_the_format_is_the_same_for_all_versions() -> None:
    cell = ask("", "chat")
    cell.result(matrix.WAIT)
    with pytest.raises(ValueError, match="response_format= is the same for all versions"):
        cell.retry(response_format=list[River])
    cell.retry(temperature=0.5)
    cell.result(matrix.WAIT)
    assert isinstance(cell.parsed, Rivers)
    assert dict(cell.versions[-1].changed) == {"temperature": 0.5}


def test_a_server_that_refuses_a_schema_says_so() -> None:
    loose = {"type": "json_schema", "json_schema": {"name": "r", "strict": True, "schema": Rivers.model_json_schema()}}
    with pytest.raises(StreamCellError, match="'additionalProperties' is required"):
        ask("", "chat", loose).result(matrix.WAIT)


@APIS
def test_the_numbers_of_an_invalid_answer_end_with_it(api: matrix.API) -> None:
    cell = ask("wrong=1&records=1", api, repair=1)
    cell.result(matrix.WAIT)
    cell.select(0)
    assert [version.status for version in cell.versions] == ["failed", "done"]
    invalid = cell.stats
    assert invalid.total_seconds is not None
    assert invalid.total_seconds == pytest.approx(sum(piece.seconds for piece in cell.timeline))
    assert cell.stats == invalid
    cell.select(1)
    assert cell.stats.attempts == 2
    assert (cell.stats.total_seconds or 0) > invalid.total_seconds
