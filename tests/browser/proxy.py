"""A TCP proxy between a browser and JupyterLab, whose connections a test can drop or freeze."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator
    from typing import Literal, TypeAlias

    Cut: TypeAlias = Literal["drop", "freeze"]

HOST: Final = "127.0.0.1"
CHUNK: Final = 65_536
LIMIT: Final = 30.0  # seconds for what the proxy's own loop does at once


class Proxy:
    """Passes bytes between a free port of 127.0.0.1, `port`, and another one, `target`, until it is told not to."""

    def __init__(self, target: int) -> None:
        self.port = 0
        self.whole = threading.Event()
        self.whole.set()
        self._target = target
        self._passing = asyncio.Event()
        self._passing.set()
        self._refusing = False
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)

    def start(self) -> None:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(LIMIT)

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(LIMIT)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(LIMIT)
        self._loop.close()

    @contextmanager
    def cut(self, how: Cut, seconds: float) -> Iterator[None]:
        """Let nothing pass while the block runs, and for `seconds` at least; then `whole` is set.

        "drop" closes all connections and refuses new ones. "freeze" closes none, and keeps what comes until the end.
        """
        released = asyncio.Event()
        asyncio.run_coroutine_threadsafe(self._cut(how, seconds, released), self._loop).result(LIMIT)
        try:
            yield
        finally:
            self._loop.call_soon_threadsafe(released.set)

    # -- on the proxy's loop ------------------------------------------------------------------------------------------

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._connect, HOST, 0)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def _close(self) -> None:
        self._server.close()
        self._abort()
        self._passing.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _cut(self, how: Cut, seconds: float, released: asyncio.Event) -> None:
        self.whole.clear()
        if how == "drop":
            self._refusing = True
            self._abort()
        else:
            self._passing.clear()
        self._keep(self._mend(seconds, released))

    async def _mend(self, seconds: float, released: asyncio.Event) -> None:
        await asyncio.gather(asyncio.sleep(seconds), released.wait())
        self._refusing = False
        self._passing.set()
        self.whole.set()

    def _abort(self) -> None:
        for writer in self._open:
            writer.transport.abort()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refusing:
            writer.transport.abort()
            return
        try:
            there, back = await asyncio.open_connection(HOST, self._target)
        except OSError:
            writer.transport.abort()
            return
        if self._refusing:
            back.transport.abort()
            writer.transport.abort()
            return
        self._keep(self._pump(reader, back))
        self._keep(self._pump(there, writer))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                await self._passing.wait()
                writer.write(data)
                await writer.drain()
        await self._passing.wait()
        writer.close()
        self._open.discard(writer)

    def _keep(self, work: Coroutine[object, object, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
