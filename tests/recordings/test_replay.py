"""A replay shows what was recorded: the same events in the same order, from real answers over real HTTP."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import openai
import pytest

from streamcell import (
    Interrupted,
    Log,
    NotRecorded,
    Reasoning,
    RetryPolicy,
    StreamCell,
    StreamCellError,
    ToolCall,
    _recordings,
    stream_cell,
)
from streamcell.answer.inputs import Select
from streamcell.answer.playback import FAST, Pace
from streamcell.engine.recorder import flush
from streamcell.rehearsal import RehearsalServer

TIMEOUT = 300.0
KEY = "the-key-of-this-test"


@pytest.fixture(scope="module")
def server() -> Iterator[RehearsalServer]:
    with RehearsalServer(rate=0, first_token=0, seed=1) as running:
        yield running


def weather(city: str, days: int = 1) -> str:
    """Say how the weather will be."""
    return f"{city}: sunny for {days} days"


def depth(river: str) -> str:
    """Say how deep a river is."""
    raise ValueError(f"there is no gauge in {river}")


def ended(cell: StreamCell) -> StreamCellError | None:
    """Wait for the end; return the error that the cell shows."""
    try:
        cell.result(TIMEOUT)
    except StreamCellError as error:
        return error
    return None


def ask(server: RehearsalServer, model: str, **options: Any) -> StreamCell:
    client = openai.AsyncOpenAI(api_key=KEY, base_url=server.base_url)
    retry = RetryPolicy(attempts=2, wait_initial=0.0)
    cell = stream_cell("Explain entropy", client=client, model=model, display=False, retry=retry, **options)
    ended(cell)
    return cell


def replayed(path: Path, **options: Any) -> StreamCell:
    cell = stream_cell(replay=path, display=False, **{"speed": "fast", **options})
    ended(cell)
    return cell


def told(log: Log) -> list[tuple[str, dict[str, Any]]]:
    """Return what a log says, without times and tracebacks; a request of a replay says that it was not made."""
    left_out = ("replayed", "traceback")
    return [(one.kind, {name: one.data[name] for name in one.data if name not in left_out}) for one in log]


def shown(cell: StreamCell) -> dict[str, Any]:
    """Return what a cell shows, without where it comes from and how long it took."""
    return {
        "parts": tuple(replace(one, seconds=0.0) if isinstance(one, Reasoning) else one for one in cell.parts),
        "status": cell.status,
        "usage": cell.usage,
        "finish_reason": cell.finish_reason,
        "error": cell.error,
        "attempt": cell.attempt,
        "attempts": cell.attempts,
        "notice": cell.notice,
        "model": cell.origin["model"],
        "api": cell.origin["api"],
    }


ANSWERS: dict[str, dict[str, Any]] = {
    "tour": {},
    "everything": {},
    "rate_limit?retry_after=0,tour": {},
    "cut?after=3": {},
    "cut?after=3,echo": {"auto_resume": True},
    "unauthorized": {},
    "error_in_stream": {},
    "tools": {"tools": [weather], "approve": True},
    "tools?parallel=1": {"tools": [weather, depth], "approve": True},
    "length": {},
    "thinking": {},
}


@pytest.mark.parametrize("api", ["responses", "chat"])
@pytest.mark.parametrize("model", ANSWERS)
def test_a_replay_equals_its_recording(model: str, api: str, server: RehearsalServer, tmp_path: Path) -> None:
    path = tmp_path / "answer.jsonl"
    cell = ask(server, model, api=api, record=path, **ANSWERS[model])
    before = len(server.exchanges)
    again = replayed(path)
    assert shown(again) == shown(cell)
    assert told(again.log) == told(cell.log)
    assert again.origin["note"].startswith("replayed from answer.jsonl, recorded 2")
    assert len(server.exchanges) == before


def test_a_denied_call_is_denied_in_the_replay(server: RehearsalServer, tmp_path: Path) -> None:
    path = tmp_path / "answer.jsonl"
    cell = ask(server, "tools", record=path, tools=[weather], approve=False)
    again = replayed(path)
    assert shown(again) == shown(cell)
    assert [part.state.value for part in again.parts if isinstance(part, ToolCall)] == ["denied"]


def test_no_tool_runs_in_a_replay(server: RehearsalServer, tmp_path: Path) -> None:
    ran = []

    def count(city: str) -> str:
        """Count the calls."""
        ran.append(city)
        return city

    count.__name__ = "weather"
    path = tmp_path / "answer.jsonl"
    ask(server, "tools", record=path, tools=[count], approve=True)
    assert len(ran) == 1
    replayed(path)
    assert len(ran) == 1


@pytest.mark.parametrize("model", ["tour", "cut?after=3", "tools"])
def test_a_finished_cells_log_is_a_recording(model: str, server: RehearsalServer, tmp_path: Path) -> None:
    cell = ask(server, model, tools=[weather], approve=True)
    cell.log.save(tmp_path / "log.jsonl")
    again = replayed(tmp_path / "log.jsonl")
    assert shown(again) == shown(cell)
    again.log.save(tmp_path / "again.jsonl")
    assert shown(replayed(tmp_path / "again.jsonl")) == shown(cell)


SOURCES: dict[str, Callable[[openai.OpenAI], Any]] = {
    "strings": lambda _: lambda: ["The ", "answer ", "is \U0001f469 42."],
    "nothing": lambda _: lambda: iter(()),
    "raises": lambda _: lambda: 1 / 0,
    "chat chunks": lambda client: (
        lambda: client.chat.completions.create(
            model="echo", messages=[{"role": "user", "content": "Say this"}], stream=True
        )
    ),
    "responses events": lambda client: lambda: client.responses.create(model="echo", input="Say this", stream=True),
}


@pytest.mark.parametrize("name", SOURCES)
def test_an_iterators_answer_is_replayed_too(name: str, server: RehearsalServer, tmp_path: Path) -> None:
    path = tmp_path / "answer.jsonl"
    with openai.OpenAI(api_key=KEY, base_url=server.base_url) as client:
        cell = stream_cell(SOURCES[name](client), display=False, retry=1, record=path)
        ended(cell)
    again = replayed(path)
    assert (again.text, again.status, again.notice) == (cell.text, cell.status, cell.notice)
    assert again.error == cell.error
    kinds = ("chunk", "text", "status")
    wanted = [one for one in told(cell.log) if one[0] in kinds and one[1].get("status") != "streaming"]
    assert [one for one in told(again.log) if one[0] in kinds and one[1].get("status") != "streaming"] == wanted


def test_the_durations_are_those_of_the_recording(server: RehearsalServer, tmp_path: Path) -> None:
    lines = [
        {"streamcell": "recording", "version": 1},
        {"at": 0.0, "run": 1, "kind": "status", "status": "connecting"},
        {"at": 0.0, "run": 1, "kind": "status", "status": "streaming"},
        {"at": 2.0, "run": 1, "kind": "text", "text": "Slow"},
        {"at": 30.0, "run": 1, "kind": "text", "text": " answer"},
        {"at": 90.0, "run": 1, "kind": "status", "status": "done", "finish_reason": "stop"},
    ]
    path = tmp_path / "slow.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    cell = replayed(path)
    assert (cell.text, cell.timings) == ("Slow answer", {"first_token": 2.0, "total": 90.0})


def test_a_recorded_wait_can_be_cut_short(tmp_path: Path) -> None:
    lines: list[dict[str, Any]] = [
        {"streamcell": "recording", "version": 1},
        {"at": 0.0, "run": 1, "kind": "text", "text": ""},
        {"at": 0.0, "run": 2, "kind": "status", "status": "waiting", "error": "RateLimited", "retry_in": 3_000},
        {"at": 3_000.0, "run": 3, "kind": "text", "text": "At last"},
        {"at": 3_000.0, "run": 3, "kind": "status", "status": "done", "finish_reason": "stop"},
    ]
    path = tmp_path / "slow.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    cell = stream_cell(replay=path, display=False)
    waits = threading.Event()
    with cell._stream.watched(lambda: cell.versions[-1].status == "waiting" and waits.set()):
        if cell.versions[-1].status != "waiting":
            assert waits.wait(TIMEOUT)
    cell.retry()
    assert cell.result(TIMEOUT) == "At last"


def test_retry_plays_it_again_and_keeps_the_version(server: RehearsalServer, tmp_path: Path) -> None:
    path = tmp_path / "answer.jsonl"
    cell = ask(server, "rate_limit?retry_after=0,tour", record=path)
    again = replayed(path)
    again.retry()
    ended(again)
    assert [one.text for one in again.versions] == [cell.text, cell.text]
    assert again.timings["total"] == again._stream.document.former[0].timings.total


def test_an_answer_that_was_retried_by_hand_is_replayed_in_its_last_version(tmp_path: Path) -> None:
    answers = iter([["one"], ["two", " and more"]])
    cell = stream_cell(lambda: next(answers), display=False, record=tmp_path / "a.jsonl")
    ended(cell)
    cell.retry()
    ended(cell)
    again = replayed(tmp_path / "a.jsonl")
    assert (again.text, len(again.versions)) == ("two and more", 1)


def test_an_answer_that_was_continued_by_hand_is_replayed_whole(server: RehearsalServer, tmp_path: Path) -> None:
    cell = ask(server, "cut?after=3,echo", record=tmp_path / "a.jsonl")
    assert cell.status == "interrupted"
    cell.resume()
    ended(cell)
    again = replayed(tmp_path / "a.jsonl")
    assert (again.text, again.status) == (cell.text, cell.status)


def test_an_answer_that_was_stopped_is_replayed_as_stopped(server: RehearsalServer, tmp_path: Path) -> None:
    client = openai.AsyncOpenAI(api_key=KEY, base_url=server.base_url)
    cell = stream_cell("x", client=client, model="stall?after=3", display=False, record=tmp_path / "a.jsonl")
    for _ in cell:
        break
    cell.stop()
    again = replayed(tmp_path / "a.jsonl")
    assert (again.status, again.text) == ("stopped", cell.text)


def test_stop_ends_a_replay(tmp_path: Path) -> None:
    cell = stream_cell(lambda: ["a", "b"], display=False, record=tmp_path / "a.jsonl")
    ended(cell)
    paused = stream_cell(replay=tmp_path / "a.jsonl", speed="step", display=False)
    paused.stop()
    assert paused.status == "stopped"


def test_step_by_step_each_step_shows_the_next_chunk(tmp_path: Path) -> None:
    cell = stream_cell(lambda: ["a", "b", "c"], display=False, record=tmp_path / "a.jsonl")
    ended(cell)
    paused = stream_cell(replay=tmp_path / "a.jsonl", speed="step", display=False)
    pieces = iter(paused)
    seen = []
    for _ in range(3):
        paused.step()
        seen.append(next(pieces))
    assert seen == ["a", "b", "c"]
    assert paused.status == "streaming"
    paused.step()
    assert list(pieces) == []
    assert paused.status == "done"


def test_where_nobody_can_press_step_it_plays_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ended(stream_cell(lambda: ["a", "b"], display=False, record=tmp_path / "a.jsonl"))
    monkeypatch.setattr(_recordings, "unattended", lambda: True)
    assert stream_cell(replay=tmp_path / "a.jsonl", speed="step", display=False).result(TIMEOUT) == "ab"


def test_play_goes_on_after_steps(server: RehearsalServer, tmp_path: Path) -> None:
    cell = ask(server, "tools", record=tmp_path / "a.jsonl", tools=[weather], approve=True)
    paused = stream_cell(replay=tmp_path / "a.jsonl", speed="step", display=False)
    paused.step()
    paused.play("fast")
    assert paused.result(TIMEOUT) == cell.text
    assert paused._stream.document.replay == Pace(FAST)


def test_only_a_replay_is_paced(server: RehearsalServer) -> None:
    cell = ask(server, "tour")
    for act in (cell.play, cell.pause, cell.step):
        with pytest.raises(ValueError, match="replays no recording"):
            act()


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        (("Why?",), {"replay": "a.jsonl"}, "leave out a prompt"),
        ((), {"replay": "a.jsonl", "model": "m"}, "leave out model="),
        ((), {"replay": "a.jsonl", "record": "b.jsonl"}, "leave out record="),
        ((), {"replay": "a.jsonl", "temperature": 0.5}, "leave out temperature="),
        (("Why?",), {"speed": 2}, "give replay="),
    ],
)
def test_what_makes_no_sense_with_a_replay_is_refused(
    arguments: tuple[str, ...], options: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        stream_cell(*arguments, display=False, **options)


def test_a_call_without_a_prompt_and_without_a_recording_is_refused() -> None:
    with pytest.raises(TypeError, match="needs a prompt"):
        stream_cell()


def test_a_file_that_is_not_there_is_an_error_at_the_call(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        stream_cell(replay=tmp_path / "none.jsonl", display=False)
    with pytest.raises(FileNotFoundError):
        stream_cell("Why?", model="rehearsal", record=tmp_path / "no" / "folder.jsonl", display=False)


def test_a_replay_continues_its_conversation_only_in_a_notebooks_recording(
    server: RehearsalServer, tmp_path: Path
) -> None:
    ask(server, "tour", record=tmp_path / "a.jsonl")
    assert replayed(tmp_path / "a.jsonl").request is None


def test_a_disk_that_fails_is_said_in_the_cell_and_the_answer_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    go: list[bool] = []

    def pieces() -> Iterator[str]:
        yield "a"
        while not go:
            yield ""
        yield "b"

    cell = stream_cell(pieces, display=False, record=path)
    assert next(iter(cell)) == "a"
    flush(path)  # a line that still waits would make the file again
    path.unlink(missing_ok=True)
    path.mkdir()
    go.append(True)
    assert cell.result(TIMEOUT) == "ab"
    flush(path)
    cell._stream.take(Select(99))  # does nothing, but after what the recorder has posted
    assert "The recording a.jsonl is incomplete: Is a directory." in (cell.notice or "")


def test_an_exact_resumption_is_replayed(server: RehearsalServer, tmp_path: Path) -> None:
    cell = ask(server, "cut?after=4", api="responses", background=True, record=tmp_path / "a.jsonl")
    again = replayed(tmp_path / "a.jsonl")
    assert shown(again) == shown(cell)
    assert cell.status == "done"
    assert len([one for one in cell.log if one.kind == "request"]) > 1


def test_a_truncated_recording_plays_as_far_as_it_goes_and_says_so(server: RehearsalServer, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    cell = ask(server, "tour", record=path)
    replayed(path)
    written = path.read_bytes()
    path.write_bytes(written[: len(written) // 2])
    error = ended(again := stream_cell(replay=path, speed="fast", display=False))
    assert isinstance(error, Interrupted)
    assert again.text
    assert cell.text.startswith(again.text)
    assert "The last line of the recording is incomplete." in (again.notice or "")
    assert "The recording ends before the answer does." in (again.notice or "")


def test_a_log_that_dropped_its_oldest_entries_says_so(server: RehearsalServer, tmp_path: Path) -> None:
    cell = ask(server, "tour")
    cell.log.pack()
    cell.log.drop()
    cell.log.save(tmp_path / "a.jsonl")
    assert f"The first {cell.log.dropped} entries are missing" in (replayed(tmp_path / "a.jsonl").notice or "")


def test_a_file_without_an_answer_fails_with_a_typed_error(tmp_path: Path) -> None:
    path = tmp_path / "foreign.jsonl"
    path.write_text('{"role": "user"}\n{"role": "assistant"}\n')
    error = ended(cell := stream_cell(replay=path, speed="fast", display=False))
    assert isinstance(error, NotRecorded)
    assert "no answer that can be played" in str(error)
    assert cell.notice is not None
