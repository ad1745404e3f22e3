"""The writer of recordings: it never holds the stream up, says when it fails, and keeps no answer alive."""

from __future__ import annotations

import gc
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from streamcell.engine import recorder
from streamcell.engine.recorder import Writer, flush, writer_for

if TYPE_CHECKING:
    import pytest


class Listener:
    def __init__(self) -> None:
        self.told: list[str] = []

    def tell(self, why: str) -> None:
        self.told.append(why)


def test_lines_are_written_in_their_order_on_another_thread(tmp_path: Path) -> None:
    writer = writer_for(tmp_path / "a.jsonl", "2026-01-31T12:00:00Z", anew=True)
    threads = set()

    def line(number: int) -> str:
        threads.add(threading.current_thread())
        return f"{number}\n"

    for number in range(1_000):
        writer.write(5, lambda number=number: line(number))  # type: ignore[misc]
    flush(tmp_path / "a.jsonl")
    _, *written = (tmp_path / "a.jsonl").read_text().splitlines()
    assert written == [str(number) for number in range(1_000)]
    assert threading.current_thread() not in threads


def test_a_slow_disk_holds_nobody_and_what_waits_for_it_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "WAITING", 1_000)
    writer = writer_for(tmp_path / "a.jsonl", "", anew=True)
    listener, disk, begun = Listener(), threading.Event(), threading.Event()
    writer.on_failure(listener.tell)

    def slow() -> str:
        begun.set()
        disk.wait(300)
        return "first\n"

    writer.write(10, slow)
    assert begun.wait(300)
    for _ in range(3):
        writer.write(500, lambda: "more\n")
    assert listener.told == ["The recording a.jsonl is incomplete: the disk is too slow."]
    disk.set()
    flush(tmp_path / "a.jsonl")
    assert "more" not in (tmp_path / "a.jsonl").read_text()


def test_a_value_that_cannot_be_written_ends_the_recording_and_is_told_to_later_answers_too(tmp_path: Path) -> None:
    writer = writer_for(tmp_path / "a.jsonl", "", anew=True)
    first, later = Listener(), Listener()
    writer.on_failure(first.tell)
    writer.write(1, lambda: str(1 / 0))
    flush(tmp_path / "a.jsonl")
    writer.on_failure(later.tell)
    assert first.told == later.told == ["The recording a.jsonl is incomplete: ZeroDivisionError."]


def test_two_answers_in_one_file_share_its_writer_and_a_new_recording_ends_the_former(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    former = writer_for(path, "", anew=True)
    assert writer_for(path, "", anew=False) is former
    fresh = writer_for(path, "", anew=True)
    former.write(1, lambda: "former\n")
    fresh.write(1, lambda: "fresh\n")
    former.flush()
    flush(path)
    assert path.read_text().splitlines()[1:] == ["fresh"]


def test_a_writer_keeps_no_answer_alive(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "no" / "a.jsonl", "", anew=True)
    told: list[str] = []

    class Answer:
        def tell(self, why: str) -> None:
            told.append(why)

    writer.on_failure(Answer().tell)
    gc.collect()
    writer.write(1, lambda: "line\n")
    writer.flush()
    assert writer.failure is not None
    assert told == []
