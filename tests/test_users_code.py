"""Users' code in and around a cell may be slow, raise, use the cell itself, or change the path of imports."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import math
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ipywidgets
import openai
import pytest
import traitlets

from streamcell import ProviderFailed, Stopped, StreamCell, StreamCellError, stream_cell
from streamcell.engine import stream
from streamcell.engine.driver import driver

from .sources.wire_server import answers, ended, sends, wire_server

TIMEOUT = 300.0

BUSY = answers({"error": {"message": "busy"}}, status="503 Busy")


def pieces(*texts: str) -> Callable[[], Iterator[str]]:
    return lambda: iter(texts)


def ended_cell(*texts: str) -> StreamCell:
    cell = stream_cell(pieces(*texts), display=False)
    cell.result(TIMEOUT)
    return cell


class Slow:
    """An observer that has begun and does not end before it is let."""

    def __init__(self) -> None:
        self.begun, self.gate = threading.Event(), threading.Event()
        self.seen: list[Any] = []

    def __call__(self, change: Any) -> None:
        self.begun.set()
        assert self.gate.wait(TIMEOUT)
        self.seen.append(change["new"])


# -- observers ---------------------------------------------------------------------------------------------------------


def test_a_slow_observer_holds_up_neither_its_own_cell_nor_another() -> None:
    slow, other = Slow(), ended_cell("a")
    held = ended_cell("b")
    held.observe(slow, "status")
    held.retry()
    assert held.result(TIMEOUT) == "b"
    assert slow.begun.wait(TIMEOUT)
    first = other.versions
    other.retry()
    assert other.result(TIMEOUT) == "a"
    assert len(other.versions) == len(first) + 1  # the new answer, not the former one
    assert (other.status, other.text) == ("done", "a")
    slow.gate.set()


def test_the_traits_are_those_of_the_end_when_result_returns_though_observers_are_slow() -> None:
    slow, cell = Slow(), ended_cell("one", "two")
    cell.observe(slow, traitlets.All)
    for _ in range(3):
        cell.retry()
        assert cell.result(TIMEOUT) == "onetwo"
        state = cell.get_state()
        assert (cell.text, cell.status, state["text"], state["status"]) == ("onetwo", "done", "onetwo", "done")
    slow.gate.set()


def test_what_waits_for_a_slow_observer_is_bounded_and_its_last_word_is_the_last() -> None:
    slow, cell = Slow(), ended_cell(*"abcdefgh")
    cell.observe(slow, ["text", "status"])
    for _ in range(100):
        cell.retry()
        cell.result(TIMEOUT)
    assert len(cell._observers._waiting) < 40
    slow.gate.set()
    _wait_for(lambda: slow.seen[-1:] == ["done"] and cell._observers._thread is None)
    assert slow.seen.count("abcdefgh") >= 1


def test_an_observer_that_raises_is_told_and_harms_nothing(caplog: pytest.LogCaptureFixture) -> None:
    seen: list[str] = []
    cell = ended_cell("a")

    def leave(_change: object) -> None:
        raise SystemExit

    cell.observe(lambda _: 1 / 0, "status")
    cell.observe(leave, "status")
    cell.observe(lambda change: seen.append(change["new"]), "status")
    with caplog.at_level(logging.ERROR, "streamcell"):
        cell.retry()
        assert cell.result(TIMEOUT) == "a"
        _wait_for(lambda: "done" in seen)
    assert "ZeroDivisionError" in caplog.text
    assert "SystemExit" in caplog.text
    assert "<StreamCell" in caplog.text


def test_an_observer_that_waits_for_the_answer_gets_it() -> None:
    got: list[str] = []
    cell = ended_cell("a")
    cell.observe(lambda _: got.append(cell.result(TIMEOUT)), "status")
    cell.retry()
    assert cell.result(TIMEOUT) == "a"
    _wait_for(lambda: got)
    assert set(got) == {"a"}


ACTS: dict[str, Callable[[StreamCell], object]] = {
    "raises": lambda cell: 1 / 0,
    "stops": lambda cell: cell.stop(),
    "retries": lambda cell: cell.retry(),
    "resumes": lambda cell: cell.resume(),
    "selects": lambda cell: cell.select(0),
    "closes": lambda cell: cell.close(),
    "waits": lambda cell: cell.result(TIMEOUT),
    "reads": list,
}


@pytest.mark.parametrize("act", ACTS)
def test_whatever_an_observer_does_in_mid_stream_all_agree_afterwards(act: str) -> None:
    observed, acted = threading.Event(), threading.Event()
    blocks, stops = act in ("waits", "reads"), act in ("stops", "closes")
    gate = threading.Event()

    def answer() -> Iterator[str]:
        yield "one "
        assert observed.wait(TIMEOUT)
        assert blocks or acted.wait(TIMEOUT)
        assert not stops or gate.wait(TIMEOUT)  # nothing more comes before the stop has been taken
        yield "two"

    def observe(_change: object) -> None:
        if observed.is_set():
            return
        observed.set()
        try:
            ACTS[act](cell)
        finally:
            acted.set()

    cell = stream_cell(answer, display=False)
    cell.observe(observe, "text")
    if cell.text:  # it came before there was an observer
        with contextlib.suppress(Exception):  # as an observer's errors are
            observe(None)
    other = ended_cell("other")
    assert acted.wait(TIMEOUT) or blocks
    outcome = cell.future.exception(TIMEOUT)
    assert isinstance(outcome, Stopped) if stops else outcome is None
    current = cell.versions[-1]
    _wait_for(lambda: (cell.status, cell.text) == (current.status.value, current.text))
    assert (cell.status, cell.text) == (("stopped", "one ") if stops else ("done", "one two"))
    assert (other.status, other.text) == ("done", "other")
    gate.set()


@pytest.mark.parametrize("command", ["stop", "retry", "resume", "select", "close"])
def test_an_observer_commands_its_own_cell(command: str) -> None:
    pressed = threading.Event()
    cell = ended_cell("a")
    cell.retry()
    cell.result(TIMEOUT)

    def press(change: Any) -> None:
        if change["new"] == "done" and not pressed.is_set():
            pressed.set()
            if command == "resume":
                with pytest.raises(ValueError, match="cannot be resumed"):
                    cell.resume()
            elif command == "select":
                cell.select(0)
            else:
                getattr(cell, command)()
            commanded.set()

    commanded = threading.Event()
    cell.observe(press, "status")
    cell.retry()
    assert cell.result(TIMEOUT) == "a"
    assert commanded.wait(TIMEOUT)
    assert cell.result(TIMEOUT) == "a"
    assert len(cell.versions) == (4 if command == "retry" else 3)
    assert cell.version == {"select": 0, "retry": 3}.get(command, 2)


def test_links_follow_the_answer(caplog: pytest.LogCaptureFixture) -> None:
    area, label, page = ipywidgets.Textarea(), ipywidgets.Label(), ipywidgets.Label()
    cell = ended_cell("first")
    both = traitlets.link((cell, "text"), (area, "value"))
    one = traitlets.dlink((cell, "status"), (label, "value"))
    ipywidgets.jslink((cell, "status"), (page, "value"))
    gate = threading.Event()
    gate.set()
    unlinked = _released(area, "value")
    for _ in range(20):
        cell.retry()
        cell.result(TIMEOUT)
    _wait_for(lambda: cell._observers._thread is None)
    assert (area.value, label.value) == ("first", "done")
    assert "Broken link" not in caplog.text
    area.value = "by hand"  # from this thread: the link and every observer hear of it at once
    assert cell.text == "by hand"
    assert unlinked[-1] == "by hand"
    both.unlink()
    one.unlink()


def test_a_trait_that_is_set_by_hand_is_observed_in_place_and_unobserve_ends_it() -> None:
    cell, seen = ended_cell("a"), []

    def see(change: Any) -> None:
        seen.append((change["name"], threading.current_thread()))

    cell.observe(see, "notice")
    cell.notice = "mine"
    assert seen == [("notice", threading.current_thread())]
    cell.unobserve(see, "notice")
    cell.notice = "again"
    assert len(seen) == 1


def test_no_thread_is_left_when_nothing_is_to_be_told() -> None:
    cell = ended_cell("a")
    cell.observe(lambda _: None, traitlets.All)
    cell.retry()
    cell.result(TIMEOUT)
    _wait_for(lambda: not any(one.name == "streamcell-observers" for one in threading.enumerate()))


# -- retry policies ----------------------------------------------------------------------------------------------------


class Policy:
    """A retry policy of the user's."""

    attempts = 3

    def __init__(self, wait: Callable[[], object]) -> None:
        self._wait = wait
        self.threads: list[str] = []

    def wait(self, _attempt: int, _error: StreamCellError, _chance: float, _elapsed: float = 0.0) -> Any:
        self.threads.append(threading.current_thread().name)
        return self._wait()


def ask(address: str, policy: Any) -> StreamCell:
    client = openai.AsyncOpenAI(api_key="-", base_url=address)
    return stream_cell("x", model="m", client=client, api="chat", retry=policy, display=False)


class WordlessError(Exception):
    """An exception that cannot even be printed."""

    def __str__(self) -> str:
        raise RuntimeError


def _raise(error: BaseException) -> Callable[[], object]:
    def wait() -> object:
        raise error

    return wait


@pytest.mark.parametrize(
    ("wait", "words"),
    [
        (_raise(ZeroDivisionError("by nothing")), "raised ZeroDivisionError: by nothing"),
        (_raise(SystemExit(3)), "raised SystemExit: 3"),
        (_raise(WordlessError()), "raised WordlessError"),
        (_raise(ValueError("with sk-verysecretkey1234")), "raised ValueError: with …"),
        (lambda: math.nan, "returned nan"),
        (lambda: math.inf, "returned inf"),
        (lambda: -1, "returned -1.0"),
        (lambda: 1e12, "returned 1000000000000.0"),
        (lambda: "soon", "returned a str"),
        (lambda: True, "returned a bool"),
    ],
)
def test_a_policy_that_cannot_be_obeyed_fails_the_answer_and_the_cell_says_so(
    wait: Callable[[], object], words: str, caplog: pytest.LogCaptureFixture
) -> None:
    policy = Policy(wait)
    with wire_server(BUSY) as wire:
        cell = ask(wire.address, policy)
        with pytest.raises(ProviderFailed, match="busy"):
            cell.result(TIMEOUT)
        assert len(wire.requests) == 1
    assert cell.status == "failed"
    assert cell.notice is not None
    assert words in cell.notice
    assert "retry policy" in caplog.text
    assert "streamcell" not in policy.threads


def test_a_policy_that_takes_too_long_is_not_waited_for_and_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "WITHIN", 0.05)
    gate = threading.Event()
    with wire_server(BUSY) as wire:
        cell = ask(wire.address, Policy(lambda: gate.wait(TIMEOUT) and 0.0))
        with pytest.raises(ProviderFailed):
            asyncio.run(_awaited(cell))
        assert ended_cell("meanwhile").text == "meanwhile"
        gate.set()
    assert cell.notice is not None
    assert "did not answer" in cell.notice


async def _awaited(cell: StreamCell) -> str:
    return await cell


def test_a_policy_of_the_users_is_obeyed() -> None:
    policy = Policy(lambda: 0.0)
    with wire_server(BUSY, BUSY, sends(*ended("chat", ["at last"]))) as wire:
        assert ask(wire.address, policy).result(TIMEOUT) == "at last"
    assert len(policy.threads) == 2


def test_a_policy_that_always_says_again_ends_with_its_attempts() -> None:
    with wire_server(BUSY, BUSY, BUSY) as wire:
        cell = ask(wire.address, Policy(lambda: 0))
        with pytest.raises(ProviderFailed):
            cell.result(TIMEOUT)
        assert len(wire.requests) == 3


def test_an_import_of_ours_finds_what_it_passes_while_the_notebook_removes_a_folder_from_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "passed_on_the_path.py").touch()
    first, script = "/the/folder/of/a/script", "/a/folder/that/is/searched"

    class Removes:
        """Removes the first folder while this one is searched, as the end of IPython's `%run` may at that moment."""

        def find_spec(self, *_: object) -> None:
            with contextlib.suppress(ValueError):
                sys.path.remove(first)

    monkeypatch.setitem(sys.path_importer_cache, script, Removes())
    monkeypatch.setattr(sys, "path", [first, script, str(tmp_path), *sys.path])

    async def imported() -> str:
        return importlib.import_module("passed_on_the_path").__name__

    name = asyncio.run_coroutine_threadsafe(imported(), driver().loop).result(TIMEOUT)
    assert name == "passed_on_the_path"
    assert first not in sys.path


# -- our own faults ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("broken", ["step", "view_of", "Stream._carry_out", "coalesce.flush"])
def test_whatever_breaks_in_us_the_stream_settles_and_says_so(broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    gate, over = threading.Event(), threading.Event()

    def waiting() -> Iterator[str]:
        yield "a"
        assert gate.wait(TIMEOUT)
        yield "b"
        over.wait(TIMEOUT)

    def fail(*_: object, **__: object) -> Any:
        raise KeyError("a mistake of ours")

    cell = stream_cell(waiting, display=False)
    _wait_for(lambda: cell.text == "a")
    monkeypatch.setattr(f"streamcell.engine.stream.{broken}", fail)
    gate.set()
    with pytest.raises(StreamCellError, match="streamcell itself failed") as failed:
        cell.result(TIMEOUT)
    assert "a mistake of ours" in failed.value.detail
    monkeypatch.undo()
    over.set()
    _wait_for(lambda: cell._stream not in driver().running)


def _released(widget: Any, name: str) -> list[Any]:
    seen: list[Any] = []
    widget.observe(lambda change: seen.append(change["new"]), name)
    return seen


def _wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)
