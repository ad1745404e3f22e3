"""Reading recordings that are truncated, damaged, foreign, newer or hostile: what can be used is used, and said."""

from __future__ import annotations

import asyncio
import json
import random
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streamcell import StreamCellError, stream_cell
from streamcell.answer.context import Context
from streamcell.answer.events import Failed, PartGrew
from streamcell.saved import recording
from streamcell.saved.recording import Reader, header, line_of, read
from streamcell.sources import RecordingSource

TIMEOUT = 300.0

ENTRIES: list[tuple[float, int, str, dict[str, Any]]] = [
    (0.0, 1, "status", {"status": "connecting", "attempt": 1}),
    (0.0, 1, "request", {"endpoint": "http://127.0.0.1/v1", "model": "m", "api": "Chat Completions", "resume": None}),
    (0.1, 1, "response", {"status": 429, "headers": {"content-type": "application/json"}, "request_id": "r1"}),
    (0.1, 1, "chunk", {"data": '{"error": {"message": "slow down"}}'}),
    (0.2, 2, "status", {"status": "waiting", "attempt": 2, "error": "RateLimited", "message": "x", "retry_in": 0.5}),
    (0.7, 3, "status", {"status": "connecting", "attempt": 2}),
    (0.7, 3, "request", {"endpoint": "http://127.0.0.1/v1", "model": "m", "api": "Chat Completions", "resume": None}),
    (0.8, 3, "response", {"status": 200, "headers": {"content-type": "text/event-stream"}, "request_id": "r2"}),
    (0.8, 3, "status", {"status": "streaming", "attempt": 2}),
    (1.0, 3, "chunk", {"data": '{"choices": [{"index": 0, "delta": {"content": "Hello"}}]}'}),
    (1.1, 3, "chunk", {"data": '{"choices": [{"index": 0, "delta": {"content": " there"}}]}'}),
    (1.2, 3, "chunk", {"data": '{"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}'}),
    (1.3, 3, "chunk", {"data": "[DONE]"}),
    (1.3, 3, "status", {"status": "done", "attempt": 2, "finish_reason": "stop"}),
]
LINES = [header("2026-01-31T12:00:00Z"), line_of(1, 0.0, 0, "prompt", {"key": "k", "attempts": 4})]
LINES += [line_of(1, *entry) for entry in ENTRIES]


def lines_of(lines: Iterable[str]) -> list[bytes]:
    return [line.encode() for line in lines]


def flaws(lines: Iterable[bytes]) -> list[str]:
    found = read(lines)
    return [*found.flaws, *(flaw for answer in found.answers for flaw in answer.flaws)]


def played(path: Path, data: bytes) -> tuple[str, str, str]:
    """Play a file; return the status, the text and the notice of its cell."""
    path.write_bytes(data)
    cell = stream_cell(replay=path, speed="fast", display=False)
    error = cell.future.exception(TIMEOUT)
    assert error is None or isinstance(error, StreamCellError)
    return cell.status, cell.text, cell.notice or ""


def test_a_whole_recording_has_no_flaw(tmp_path: Path) -> None:
    assert flaws(lines_of(LINES)) == []
    assert played(tmp_path / "a.jsonl", "".join(LINES).encode()) == ("done", "Hello there", "")


def without(*kinds: str) -> list[str]:
    return [line for line in LINES if json.loads(line).get("kind", "header") not in kinds]


DAMAGES: dict[str, tuple[list[str], str, str, str]] = {
    "no header": (without("header"), "done", "Hello there", "does not begin with its header"),
    "newer": (
        ["{}\n".format('{"streamcell": "recording", "version": 2}'), *LINES[1:]],
        "done",
        "Hello there",
        "version 2",
    ),
    "version of no number": (['{"streamcell": "recording"}\n', *LINES[1:]], "done", "Hello there", "header"),
    "no prompt": (without("prompt"), "done", "Hello there", ""),
    "no heads": (without("response"), "done", "Hello there", ""),
    "a line of junk": ([*LINES[:5], "}{\n", *LINES[5:]], "done", "Hello there", "1 line of the recording could not be"),
    "a line that is no object": ([*LINES[:5], "[1]\n", *LINES[5:]], "done", "Hello there", "could not be read"),
    "deep JSON": ([*LINES[:5], "[" * 100_000 + "\n", *LINES[5:]], "done", "Hello there", "could not be read"),
    "a kind of a later release": (
        [*LINES[:5], line_of(1, 0.5, 1, "hologram", {}), *LINES[5:]],
        "done",
        "Hello there",
        "unknown kind",
    ),
    "an entry of an attempt that has ended": (
        [*LINES[:-2], line_of(1, 1.25, 1, "chunk", {"data": "stale"}), *LINES[-2:]],
        "done",
        "Hello there",
        "entries of an attempt that had ended",
    ),
    "a chunk of no text": (
        [*LINES[:-3], line_of(1, 1.15, 3, "chunk", {"data": 5}), *LINES[-3:]],
        "done",
        "Hello there",
        "unusable fields",
    ),
    "cut in the middle": (LINES[:-3], "interrupted", "Hello there", "ends before the answer does"),
    "cut while it waits": (LINES[:7], "failed", "", "ends before the answer does"),
    "no attempt": (LINES[:2], "failed", "", ""),
    "nothing": ([], "failed", "", "header"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_what_can_be_played_is_played_and_the_damage_is_named(name: str, tmp_path: Path) -> None:
    lines, status, text, words = DAMAGES[name]
    found = played(tmp_path / "a.jsonl", "".join(lines).encode())
    assert found[:2] == (status, text)
    assert words in found[2]


@pytest.mark.parametrize("at", ["NaN", "Infinity", "-1", "1e400", "null", '"1"', "true", "-0.5"])
def test_a_time_that_is_none_is_that_of_the_entry_before(at: str) -> None:
    lines = [*LINES[:8], LINES[8].replace('"at": 0.7', f'"at": {at}'), *LINES[9:]]
    assert lines != LINES
    answer = read(lines_of(lines)).answers[0]
    times = [line.at for line in answer.lines]
    assert times == sorted(times)
    assert times[6] == 0.7
    assert answer.flaws == ("1 line of the recording has no usable time.",)


def test_times_that_go_back_stand_still() -> None:
    lines = [line_of(1, at, 1, "text", {"text": "x"}) for at in (5.0, 3.0, 4.0, 6.0)]
    assert [line.at for line in read(lines_of(lines)).answers[0].lines] == [5.0, 5.0, 5.0, 6.0]


def test_a_pause_of_a_day_takes_an_hour() -> None:
    lines = [line_of(1, at, 1, "text", {"text": "x"}) for at in (0.0, 86_400.0, 86_401.0)]
    answer = read(lines_of(lines)).answers[0]
    assert [line.at for line in answer.lines] == [0.0, 3_600.0, 3_601.0]
    assert answer.flaws == ("Pauses of more than an hour are shortened to an hour.",)


def test_a_line_that_is_too_long_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "LINE", 2_000)
    long = line_of(1, 1.0, 3, "chunk", {"data": "x" * 3_000})
    assert flaws(lines_of([*LINES[:-1], long, LINES[-1]])) == ["1 line of the recording was too much to be read."]


def test_a_file_that_is_too_large_is_read_as_far_as_the_limit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(recording, "TOGETHER", sum(map(len, LINES[:12])))
    status, text, notice = played(tmp_path / "a.jsonl", "".join(LINES * 50).encode())
    assert (status, text) == ("interrupted", "Hello")
    assert "too much to be read" in notice


def test_a_line_without_an_end_is_read_in_pieces(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The memory that is used for it stays that of a line, however long it is."""
    from streamcell import _recordings

    monkeypatch.setattr(recording, "LINE", 2_000)
    monkeypatch.setattr(_recordings, "LINE", 2_000)
    longest = 0

    class Watched(Reader):
        def feed(self, line: bytes) -> None:
            nonlocal longest
            longest = max(longest, len(line))
            super().feed(line)

    monkeypatch.setattr(_recordings, "Reader", Watched)
    status, text, notice = played(tmp_path / "a.jsonl", "".join(LINES).encode() + b"x" * 1_000_000)
    assert (status, text) == ("done", "Hello there")
    assert "too much to be read" in notice
    assert longest == 2_001


def test_two_answers_with_one_number_are_two_answers() -> None:
    found = read(lines_of([*LINES, *LINES[1:]]))
    assert [len(answer.lines) for answer in found.answers] == [len(ENTRIES)] * 2


def test_entries_of_two_answers_at_once_are_told_apart() -> None:
    other = [line_of(2, *entry) for entry in ENTRIES]
    mixed = [LINES[0], LINES[1], *(line for pair in zip(LINES[2:], other, strict=True) for line in pair)]
    found = read(lines_of(mixed))
    assert found.last == 2
    assert [answer.lines for answer in found.answers] == [read(lines_of(LINES)).answers[0].lines] * 2


def test_the_type_of_a_recorded_error_comes_back_and_a_strange_one_is_a_failure(tmp_path: Path) -> None:
    card = {"status_code": 400, "title": "T", "steps": [["Do this", "x()"], "junk", [1, 2]], "retry_after": -5}
    end = {"status": "failed", "error": "BadRequest", "message": "m", "card": card}
    lines = [*LINES[:4], line_of(1, 0.2, 1, "status", end)]
    (tmp_path / "a.jsonl").write_text("".join(lines))
    cell = stream_cell(replay=tmp_path / "a.jsonl", speed="fast", display=False)
    error = cell.future.exception(TIMEOUT)
    assert type(error).__name__ == "BadRequest"
    assert cell.error is not None
    assert (cell.error["title"], cell.error["status_code"]) == ("T", 400)
    assert cell.error["next"] == [{"text": "Do this", "code": "x()"}]
    strange = [*LINES[:4], line_of(1, 0.2, 1, "status", {"status": "failed", "error": "os.system", "card": 7})]
    assert played(tmp_path / "b.jsonl", "".join(strange).encode())[0] == "failed"


def test_a_call_whose_result_is_missing_does_not_leave_the_answer_waiting(tmp_path: Path) -> None:
    call = {"index": 0, "id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    chunks = [{"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]}]
    chunks += [{"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}]
    lines = [LINES[0], line_of(1, 0.0, 0, "prompt", {"tools": {"runnable": ["f"], "declared": []}})]
    lines += [line_of(1, 0.1, 1, "chunk", {"data": json.dumps(chunk)}) for chunk in chunks]
    lines += [line_of(1, 0.2, 1, "status", {"status": "calling"})]
    assert played(tmp_path / "a.jsonl", "".join(lines).encode())[0] == "failed"
    begun = line_of(1, 0.22, 1, "tool", {"part": 0, "name": "f", "arguments": "{}"})
    assert played(tmp_path / "d.jsonl", "".join([*lines, begun]).encode())[0] == "failed"
    after = [line_of(1, 0.3, 2, "text", {"text": "later"}), line_of(1, 0.4, 2, "status", {"status": "done"})]
    assert played(tmp_path / "b.jsonl", "".join([*lines, *after]).encode())[0] == "failed"
    result = line_of(1, 0.25, 1, "tool", {"part": 0, "name": "f", "state": "done", "result": "r"})
    assert played(tmp_path / "c.jsonl", "".join([*lines, result, *after]).encode())[:2] == ("done", "later")


def test_chunks_of_a_format_without_a_decoder_are_left_out_and_named(tmp_path: Path) -> None:
    chunk = line_of(1, 1.15, 3, "chunk", {"data": "x", "format": "of-tomorrow"})
    found = played(tmp_path / "a.jsonl", "".join([*LINES[:-3], chunk, *LINES[-3:]]).encode())
    assert found[:2] == ("done", "Hello there")
    assert "a format that is not known, 'of-tomorrow'" in found[2]


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 10**20), st.floats(), st.text(max_size=5), st.just([]), st.just({})
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32), st.integers(1, 6), VALUES)
def test_any_mutation_plays_or_fails_with_our_error(seed: int, count: int, value: object) -> None:
    """Lines and bytes are dropped, repeated, moved and overwritten, and fields get other values."""
    chance = random.Random(seed)
    lines = list(LINES)
    for _ in range(count):
        at, other = chance.randrange(len(lines)), chance.randrange(len(lines))
        match chance.randrange(6):
            case 0:
                del lines[at]
            case 1:
                lines.insert(other, lines[at])
            case 2:
                lines[at], lines[other] = lines[other], lines[at]
            case 3:
                place = chance.randrange(len(lines[at]))
                lines[at] = lines[at][:place] + chr(chance.randrange(128)) + lines[at][place + 1 :]
            case 4:
                lines[at] = lines[at][: chance.randrange(len(lines[at]))] or "\n"
            case _:
                try:
                    entry = json.loads(lines[at])
                    entry[chance.choice(list(entry))] = value
                    lines[at] = json.dumps(entry) + "\n"
                except (ValueError, TypeError, IndexError):
                    pass
        if not lines:
            break
    found = read(lines_of(lines))
    for answer in found.answers:
        asyncio.run(_all_attempts(RecordingSource(answer, "note")))


async def _all_attempts(source: Any) -> None:
    """Read every attempt, and one more: each ends, and says why in an error of ours where it fails."""
    for index in range(len(source._attempts) + 1):
        async for event in source.events(Context(index=index)):
            assert not isinstance(event, Failed) or isinstance(event.error, StreamCellError)
            if isinstance(event, PartGrew):
                event.text.encode()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32))
def test_any_mutation_of_a_file_ends_its_cell(seed: int) -> None:
    chance = random.Random(seed)
    data = bytearray("".join(LINES).encode())
    for _ in range(chance.randrange(1, 30)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    with tempfile.TemporaryDirectory() as folder:
        status, _, _ = played(Path(folder) / "a.jsonl", bytes(data))
    assert status in ("done", "failed", "interrupted", "stopped")
