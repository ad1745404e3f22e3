"""A stop while a request is opened: it ends at once, and no connection of the pool is left open."""

from __future__ import annotations

import asyncio
import gc
import threading
import warnings
from typing import Any

import openai
import pytest
from anyio._backends._asyncio import SocketStream

from streamcell import Stopped, StreamCell, stream_cell
from streamcell.rehearsal import RehearsalServer
from streamcell.sources.http.requests import _unfinished, requested

from ..conditions import until
from ..faults.counting import collect_what_others_left

TIMEOUT = 300.0
KEPT = 6


def test_a_stop_while_the_pool_closes_others_connections_leaves_none_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request first closes what the pool has kept for too long. Whoever is stopped there must close all of it."""
    http: Any = openai.DefaultAsyncHttpxClient()

    def ask(server: RehearsalServer, model: str) -> StreamCell:
        client = openai.AsyncOpenAI(api_key="-", base_url=server.base_url, http_client=http)
        return stream_cell("x", model=model, client=client, api="chat", display=False, retry=1)

    with RehearsalServer(rate=0, first_token=0) as other:
        with RehearsalServer(rate=0, first_token=0.3) as gone:
            formers = [ask(gone, "echo") for _ in range(KEPT)]
            for former in formers:
                former.result(TIMEOUT)
            # Whoever gives a connection back to the pool closes there what is too old, too.
            until(lambda: idle(http) > 1 and not any(one._stream._tasks for one in formers) and not _unfinished)
            port = gone.port
        until(lambda: all(one.has_expired() for one in http._transport._pool.connections))
        kept, closed = idle(http), list[SocketStream]()
        asked, stopping = threading.Event(), threading.Semaphore(0)
        close = SocketStream.aclose

        async def aclose(stream: SocketStream) -> None:
            if stream._transport.get_extra_info("peername")[1] == port:  # other tests' pools may close theirs now
                closed.append(stream)
                if len(closed) == 1:
                    await asyncio.to_thread(asked.wait, TIMEOUT)  # the request may begin before its cell is known
                    cell.stop()
                    stopping.release()
            await close(stream)

        collect_what_others_left()
        monkeypatch.setattr(SocketStream, "aclose", aclose)
        cell = ask(other, "echo")
        asked.set()
        with pytest.raises(Stopped):
            cell.result(TIMEOUT)
        assert stopping.acquire(timeout=TIMEOUT)
        until(lambda: not cell._stream._tasks and not _unfinished)  # the cell does not wait until all is closed
        streams = set(map(id, closed))
    assert len(streams) >= kept
    closed.clear()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", ResourceWarning)
        gc.collect()
    assert [str(one.message) for one in told] == []


def idle(http: Any) -> int:
    """How many connections the pool of an HTTP client keeps."""
    connections = http._transport._pool.connections
    return len(connections) if all(one.is_idle() for one in connections) else 0


def test_a_request_is_cancelled_with_its_caller_and_waited_for() -> None:
    async def main() -> list[str]:
        told: list[str] = []

        async def request() -> None:
            try:
                await asyncio.sleep(TIMEOUT)
            except asyncio.CancelledError:
                told.append("cancelled")
                raise

        asking = asyncio.create_task(requested(request()))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        asking.cancel()
        await asyncio.wait([asking])
        assert asking.cancelled()
        return told

    assert asyncio.run(main()) == ["cancelled"]


def test_a_request_that_succeeds_when_its_caller_is_cancelled_is_undone() -> None:
    async def main() -> list[str]:
        told: list[str] = []
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        async def request() -> str:
            told.append(await answer)
            asking.cancel()  # it has the answer, and its caller has not
            return told[0]

        async def undo() -> None:
            told.append("undone")

        asking = asyncio.create_task(requested(request(), undo))
        await asyncio.sleep(0)
        answer.set_result("answered")
        await asyncio.wait([asking])
        assert asking.cancelled()
        return told

    assert asyncio.run(main()) == ["answered", "undone"]


def test_an_error_of_a_request_is_its_callers() -> None:
    async def request() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        asyncio.run(requested(request()))
