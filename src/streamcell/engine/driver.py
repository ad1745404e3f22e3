"""The driver: one thread with one event loop, on which every stream of this process runs."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import threading
from typing import Final, Protocol

from ..answer.inputs import Stop
from ..ratelimit.limiter import Lanes, Limits
from .imports import look_twice
from .log import Shelf

__all__ = ["Driver", "driver", "limits", "stop_all", "stop_all_soon"]

_log = logging.getLogger("streamcell")

_LOOK: Final = 1.0  # seconds between checks that the driver is alive, while a caller waits for it


class Running(Protocol):
    """A stream that has begun and has not ended."""

    def take(self, given: Stop) -> None:
        """Feed an input; on the driver's thread it is processed immediately."""


class Driver:
    """A daemon thread with its own event loop, on which every stream of this process runs.

    A notebook cell that computes or sleeps does not block it. If threads cannot start (Pyodide), the running loop is
    used.
    """

    def __init__(self) -> None:
        self.running: set[Running] = set()
        self.shelf: Final = Shelf()
        self._thread: threading.Thread | None = None
        made: concurrent.futures.Future[asyncio.AbstractEventLoop] = concurrent.futures.Future()
        look_twice()
        thread = threading.Thread(target=self._run, args=(made,), name="streamcell", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            # No loop is made before this point: Pyodide would use it as the running one.
            made.set_result(asyncio.get_running_loop())
        else:
            self._thread = thread
        self.loop: Final = made.result()
        self.lanes: Final = Lanes(self.loop)

    @staticmethod
    def _run(made: concurrent.futures.Future[asyncio.AbstractEventLoop]) -> None:
        try:
            loop = asyncio.new_event_loop()
        except BaseException as error:
            made.set_exception(error)
            raise
        asyncio.set_event_loop(loop)
        made.set_result(loop)
        while True:
            try:
                loop.run_forever()
            except BaseException:  # noqa: BLE001  # a user's log handler may raise SystemExit: the streams continue
                _log.exception("something on the loop of the streams raised")
            else:
                return

    def stop_running(self) -> int:
        """Stop every stream that has not ended, and return how many there were. On the driver's thread only."""
        running = tuple(self.running)
        for stream in running:
            stream.take(Stop())
        return len(running)

    def stop_all(self) -> int:
        """Do what `stop_running` does, from any thread. In a forked child nothing streams."""
        if self.here:
            return self.stop_running()
        stopped: concurrent.futures.Future[int] = concurrent.futures.Future()
        if self.alive:
            self.loop.call_soon_threadsafe(lambda: stopped.set_result(self.stop_running()))
        while self.alive:
            if concurrent.futures.wait((stopped,), _LOOK).done:
                return stopped.result()
        return 0

    @property
    def here(self) -> bool:
        """Whether the caller is on the driver's own thread."""
        return self._thread is None or threading.current_thread() is self._thread

    @property
    def alive(self) -> bool:
        """Whether the loop still runs; in a forked child it does not."""
        return not self.loop.is_closed() and (self._thread is None or self._thread.is_alive())


_lock = threading.Lock()
_driver: Driver | None = None


def driver() -> Driver:
    """Return this process's driver, started on first use (and again in a forked child)."""
    global _driver  # noqa: PLW0603  # one per process, made again after a fork
    with _lock:
        if _driver is None or not _driver.alive:
            _driver = Driver()
        return _driver


def limits() -> tuple[Limits, ...]:
    """Return the rate limits of every server that was asked, one `Limits` for each endpoint, key and model.

    The budgets come from the `x-ratelimit-*` headers of the last response (OpenAI's names), as they should be now.
    """
    return driver().lanes.now()


def stop_all() -> int:
    """Stop every answer of this process that has not ended, and return how many there were.

    Those that wait in a queue, for the next attempt or for a tool are stopped too, and so are replays. Each keeps its
    text, as after `cell.stop()`. It is for a notebook's whole kernel: `streamcell.stop_all()` in any cell.
    """
    current = _driver
    return 0 if current is None else current.stop_all()


def stop_all_soon() -> None:
    """Do what `stop_all` does, without waiting. It takes no lock, so a signal handler can call it."""
    current = _driver
    if current is not None and current.alive:
        current.loop.call_soon_threadsafe(current.stop_running)
