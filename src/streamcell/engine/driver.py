"""The driver: the one owner of a thread and an event loop, on which every stream of this process runs."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import threading
from typing import Final

from ..ratelimit.limiter import Lanes, Limits
from .log import Shelf

__all__ = ["Driver", "driver", "limits"]

_log = logging.getLogger("streamcell")


class Driver:
    """A daemon thread with an event loop of its own, on which every stream of this process runs.

    A cell that computes or sleeps does not hold it. Where threads cannot start (Pyodide), the running loop is used.
    """

    def __init__(self) -> None:
        self.running: set[object] = set()
        self.shelf: Final = Shelf()
        self._thread: threading.Thread | None = None
        made: concurrent.futures.Future[asyncio.AbstractEventLoop] = concurrent.futures.Future()
        thread = threading.Thread(target=self._run, args=(made,), name="streamcell", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            # Only now: a loop that was made here would be taken for the running one in Pyodide.
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
            except BaseException:  # noqa: BLE001  # a user's handler of the log may raise SystemExit: all else goes on
                _log.exception("something on the loop of the streams raised")
            else:
                return

    @property
    def here(self) -> bool:
        """Whether the caller is on the driver's own thread."""
        return self._thread is None or threading.current_thread() is self._thread

    @property
    def alive(self) -> bool:
        """Whether the loop still runs; a fork's child has none."""
        return not self.loop.is_closed() and (self._thread is None or self._thread.is_alive())


_lock = threading.Lock()
_driver: Driver | None = None


def driver() -> Driver:
    """Return this process's driver, started on first use (and again in a forked child)."""
    global _driver  # noqa: PLW0603  # one thread a process, made again after a fork
    with _lock:
        if _driver is None or not _driver.alive:
            _driver = Driver()
        return _driver


def limits() -> tuple[Limits, ...]:
    """Return what is known of the rate limits of every server that was asked: one for each endpoint, key and model.

    `requests` and `tokens` are the budgets that the last answer's `x-ratelimit-*` headers told of, as they stand now
    (None where the server tells of none): `limit`, `remaining`, and `reset`, the seconds until all of it is back.
    `running` answers are streaming of `max_concurrency` at most, `queued` wait for their turn, and all of them wait
    `paused` seconds where a refusal asked for it.
    """
    return driver().lanes.now()
