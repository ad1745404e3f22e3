"""Waiting for an answer, and reading it as it comes: in every way that asyncio, anyio and threads have for it."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import anyio
import openai
import pytest

from streamcell import Interrupted, ProviderFailed, SourceFailed, Stopped, StreamCell, stream_cell
from streamcell.rehearsal import RehearsalServer
from streamcell.wire.messages import View

from .conditions import until

TIMEOUT = 300.0


@pytest.fixture(scope="module")
def client(server: RehearsalServer) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(api_key="-", base_url=server.base_url)


class Gated:
    """An answer whose first piece comes at once, and the others when they are let; each attempt anew."""

    def __init__(self, *texts: str) -> None:
        self.texts = texts
        self.gates = [threading.Event() for _ in texts[1:]]

    def __call__(self) -> Iterator[str]:
        yield self.texts[0]
        for text, gate in zip(self.texts[1:], self.gates, strict=True):
            assert gate.wait(TIMEOUT)
            yield text

    def open(self) -> None:
        for gate in self.gates:
            gate.set()


def stalled(client: openai.AsyncOpenAI) -> StreamCell:
    return stream_cell("x", model="stall?after=3&seconds=3600", client=client, display=False)


def begun(cell: StreamCell) -> None:
    """Wait until some text has come."""
    seen = threading.Event()
    cell.observe(lambda _: seen.set(), "text")
    assert cell.text or seen.wait(TIMEOUT)


# -- asyncio -----------------------------------------------------------------------------------------------------------


async def _task(cell: StreamCell) -> str:
    return await asyncio.create_task(cell.wait())


async def _wait(cell: StreamCell) -> str:
    done, _ = await asyncio.wait([asyncio.ensure_future(cell)])
    return done.pop().result()


async def _as_completed(cell: StreamCell) -> str:
    (first,) = asyncio.as_completed([cell.wait()])
    return await first


async def _wait_for(cell: StreamCell) -> str:
    return await asyncio.wait_for(cell, TIMEOUT)


async def _gather(cell: StreamCell) -> str:
    both = await asyncio.gather(cell.wait(), cell.wait())
    assert both == both[:1] * 2
    return both[0]


async def _group(cell: StreamCell) -> str:
    got: list[str] = []

    async def get() -> None:
        got.append(await cell)

    async with anyio.create_task_group() as group:
        group.start_soon(get)
        group.start_soon(get)
    assert got == got[:1] * 2
    return got[0]


WAYS: list[Callable[[StreamCell], Awaitable[str]]] = [_task, _wait, _as_completed, _wait_for, _gather, _group]


@pytest.mark.parametrize("way", [*WAYS, StreamCell.wait], ids=lambda way: way.__name__)
def test_an_answer_is_awaited_in_every_way(way: Any, client: openai.AsyncOpenAI) -> None:
    assert asyncio.run(way(stream_cell("Why?", model="echo", client=client, display=False))) == "Why?"


@pytest.mark.parametrize("ends", ["done", "failed"])
def test_a_task_takes_its_end(ends: str, client: openai.AsyncOpenAI) -> None:
    model = "echo" if ends == "done" else "no-such-model"

    async def main() -> str:
        cell = stream_cell("Why?", model=model, client=client, display=False)
        task = asyncio.create_task(cell.wait())
        (ended,), _ = await asyncio.wait([task])
        return "done" if ended.exception() is None else cell.status

    assert asyncio.run(main()) == ends


def test_asyncio_wait_without_a_task_says_what_to_write() -> None:
    async def main() -> None:
        cell: Any = stream_cell(Gated("one"), display=False)
        if sys.version_info < (3, 11):  # it still makes the task by itself
            (done,), _ = await asyncio.wait([cell])
            assert done.result() == "one"
            return
        with pytest.raises(TypeError, match=r"create_task\(cell.wait\(\)\)"):
            await asyncio.wait([cell])
        assert await cell == "one"

    asyncio.run(main())


def test_cancelling_one_of_two_that_await_leaves_the_other_its_answer() -> None:
    answer = Gated("one ", "two")

    async def main() -> None:
        cell = stream_cell(answer, display=False)
        first, second = asyncio.create_task(cell.wait()), asyncio.create_task(cell.wait())
        await asyncio.to_thread(begun, cell)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        answer.open()
        assert await second == "one two"

    asyncio.run(main())


def test_a_thread_that_waits_keeps_the_answer_when_an_await_is_cancelled() -> None:
    answer = Gated("one ", "two")

    async def main() -> None:
        cell = stream_cell(answer, display=False)
        waits = asyncio.create_task(asyncio.to_thread(cell.result, TIMEOUT))
        await asyncio.to_thread(begun, cell)
        await asyncio.to_thread(until, lambda: cell._waiters == 1)
        task = asyncio.create_task(cell.wait())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        answer.open()
        assert await waits == "one two"

    asyncio.run(main())


@pytest.mark.parametrize("way", ["await", "async for"])
def test_a_lone_await_that_is_cancelled_stops_the_answer(client: openai.AsyncOpenAI, way: str) -> None:
    async def read(cell: StreamCell) -> None:
        async for _ in cell:
            pass

    async def main() -> None:
        cell = stalled(client)
        task = asyncio.create_task(cell.wait() if way == "await" else read(cell))
        await asyncio.to_thread(begun, cell)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(Stopped) as stopped:
            await cell
        assert stopped.value.text == cell.text != ""

    asyncio.run(main())


def test_two_that_are_cancelled_together_stop_the_answer(client: openai.AsyncOpenAI) -> None:
    async def main() -> None:
        cell = stalled(client)
        tasks = [asyncio.create_task(cell.wait()) for _ in range(2)]
        await asyncio.to_thread(begun, cell)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        with pytest.raises(Stopped):
            await cell

    asyncio.run(main())


def test_where_no_asyncio_loop_runs_an_await_says_what_to_do() -> None:
    cell = stream_cell(Gated("one"), display=False)
    for coroutine in (cell.wait(), cell.__aiter__().__anext__()):
        with pytest.raises(RuntimeError, match=r"under trio use `await trio.to_thread.run_sync\(cell.result\)`"):
            coroutine.send(None)  # type: ignore[attr-defined]  # as trio would
    assert cell.result(TIMEOUT) == "one"


# -- futures and callbacks ---------------------------------------------------------------------------------------------


def test_answers_are_futures_too(client: openai.AsyncOpenAI) -> None:
    cells = [stream_cell(f"{n}", model="echo", client=client, display=False) for n in range(5)]
    futures = {cell.future: n for n, cell in enumerate(cells)}
    assert {futures[one]: one.result() for one in concurrent.futures.as_completed(futures, TIMEOUT)} == {
        n: f"{n}" for n in range(5)
    }
    failed = stream_cell("x", model="no-such-model", client=client, display=False).future
    done, waiting = concurrent.futures.wait([failed], TIMEOUT)
    assert (done, waiting) == ({failed}, set())
    assert type(failed.exception()).__name__ == "ModelNotFound"


def test_a_future_cannot_be_cancelled_and_its_callbacks_run_elsewhere() -> None:
    answer, ran = Gated("one ", "two"), []
    cell = stream_cell(answer, display=False)
    future = cell.future
    called = threading.Event()
    future.add_done_callback(lambda _: (ran.append(threading.current_thread().name), called.set()))
    assert not future.cancel()
    answer.open()
    assert cell.result(TIMEOUT) == future.result(TIMEOUT) == "one two"
    assert called.wait(TIMEOUT)
    assert ran != ["streamcell"]


def test_a_done_callback_gets_the_cell_at_each_kind_of_end_and_may_do_what_it_likes(
    client: openai.AsyncOpenAI, caplog: pytest.LogCaptureFixture
) -> None:
    got: list[tuple[str, str]] = []
    gate, called = threading.Event(), threading.Semaphore(0)

    def note(cell: StreamCell) -> None:
        got.append((cell.status, threading.current_thread().name))
        called.release()

    def hang(_cell: StreamCell) -> None:
        gate.wait(TIMEOUT)

    def fail(_cell: StreamCell) -> None:
        raise SystemExit

    whole, broken = Gated("one"), stream_cell("x", model="no-such-model", client=client, display=False)
    cells = [stream_cell(whole, display=False), broken, stalled(client)]
    for cell in cells:
        cell.on_end(hang)
        cell.on_end(fail)
        cell.on_end(note)
    cells[2].stop()
    for _ in cells:
        assert called.acquire(timeout=TIMEOUT)
    cells[0].on_end(note)  # it has ended
    assert called.acquire(timeout=TIMEOUT)
    gate.set()
    assert sorted(status for status, _ in got) == ["done", "done", "failed", "stopped"]
    assert "streamcell" not in {name for _, name in got}
    until(lambda: caplog.text.count("a callback of <StreamCell") == 3)


def test_a_callback_that_retries_waits_and_stops_gets_the_right_answers() -> None:
    got: list[str] = []
    calls: list[int] = []
    called = threading.Semaphore(0)

    def again(cell: StreamCell) -> None:
        calls.append(len(cell.versions))
        if calls == [1]:  # it is called at the end of the second answer too, and must not ask for a third
            cell.retry()
            got.append(cell.result(TIMEOUT))
            cell.stop()
        called.release()

    cell = stream_cell(Gated("one"), display=False)
    cell.on_end(again)
    for _ in range(2):
        assert called.acquire(timeout=TIMEOUT)
    assert (calls, got) == ([1, 2], ["one"])
    assert (len(cell.versions), cell.status, cell.text) == (2, "done", "one")


# -- the text as it comes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "one"])
def test_a_loop_over_the_pieces_ends_when_the_status_says_so(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    publish = StreamCell.publish

    def late(cell: StreamCell, view: View, epoch: int, seq: int) -> None:
        if view["status"] == "done":
            time.sleep(0.3)  # enough for a loop that ends before
        publish(cell, view, epoch, seq)

    monkeypatch.setattr(StreamCell, "publish", late)
    cell = stream_cell(iter([text]), display=False)
    assert ("".join(cell), cell.status) == (text, "done")


def test_the_text_is_read_as_it_comes() -> None:
    answer = Gated("one ", "two ", "three")
    got = []
    for piece in stream_cell(answer, display=False):
        got.append(piece)
        if len(got) <= len(answer.gates):
            answer.gates[len(got) - 1].set()
    assert got == ["one ", "two ", "three"]


def test_the_text_is_read_as_it_comes_on_a_loop_too() -> None:
    answer = Gated("one ", "two ", "three")

    async def main() -> list[str]:
        got = []
        async for piece in stream_cell(answer, display=False):
            got.append(piece)
            if len(got) <= len(answer.gates):
                answer.gates[len(got) - 1].set()
        return got

    assert asyncio.run(main()) == ["one ", "two ", "three"]


def test_who_comes_late_gets_all_that_has_come(client: openai.AsyncOpenAI) -> None:
    cell = stream_cell("all of it", model="echo", client=client, display=False)
    assert cell.result(TIMEOUT) == "all of it"
    assert list(cell) == ["all of it"]
    assert list(cell) == ["all of it"]


@pytest.mark.parametrize(
    ("model", "error"), [("cut?after=5", Interrupted), ("error?after=5", ProviderFailed), ("none", SourceFailed)]
)
def test_an_answer_that_is_not_whole_raises_after_its_text(
    client: openai.AsyncOpenAI, model: str, error: type[Exception]
) -> None:
    def fails() -> Iterator[str]:
        yield "some "
        yield "text"
        raise ValueError("no more")

    cell = stream_cell(fails, display=False) if model == "none" else stream_cell("x", model=model, client=client)
    got: list[str] = []
    with pytest.raises(error) as raised:
        got.extend(cell)
    assert "".join(got) == cell.text == raised.value.text != ""  # type: ignore[attr-defined]


def test_a_loop_that_is_left_does_not_stop_the_answer() -> None:
    answer = Gated("one ", "two")
    cell = stream_cell(answer, display=False)
    for piece in cell:
        assert piece == "one "
        break
    assert cell._waiters == 0
    assert cell._stream._watchers == []
    answer.open()
    assert cell.result(TIMEOUT) == "one two"


def test_a_loop_stays_with_its_answer_when_another_begins(client: openai.AsyncOpenAI) -> None:
    cell = stalled(client)
    pieces = iter(cell)
    came = [next(pieces)]
    cell.stop()
    cell.retry()
    begun(cell)
    with pytest.raises(Stopped):
        came.extend(pieces)  # what came before the stop, if the machine was busy
    assert "".join(came) == cell.versions[0].text
    cell.stop()


def test_a_loop_over_what_this_very_loop_must_bring_is_refused() -> None:
    async def tokens() -> Any:
        yield "one"

    async def main() -> None:
        cell = stream_cell(tokens(), display=False)
        with pytest.raises(RuntimeError, match="a loop over its text would block: use `await cell`"):
            list(cell)
        assert [piece async for piece in cell] == ["one"]

    asyncio.run(main())


# -- errors ------------------------------------------------------------------------------------------------------------


def test_an_error_that_is_raised_again_has_the_traceback_of_this_time_only(client: openai.AsyncOpenAI) -> None:
    cell = stream_cell("x", model="no-such-model", client=client, display=False)
    lengths = set()
    for _ in range(3):
        with pytest.raises(Exception, match="no-such-model") as raised:
            cell.result(TIMEOUT)
        lengths.add(len(raised.traceback))
        assert raised.value is not cell.versions[-1].error
    assert len(lengths) == 1


def test_no_warning_of_an_error_that_nobody_took(client: openai.AsyncOpenAI, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        cell = stalled(client)
        task = asyncio.create_task(cell.wait())
        await asyncio.to_thread(begun, cell)
        task.cancel()
        await asyncio.wait([task])
        await asyncio.to_thread(until, lambda: cell.status == "stopped")

    with caplog.at_level(logging.ERROR):
        asyncio.run(main())
    assert caplog.text == ""
