"""The driver: one thread with one event loop, on which every stream of this process runs."""

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
    """A daemon thread with its own event loop, on which every stream of this process runs.

    A notebook cell that computes or sleeps does not block it. If threads cannot start (Pyodide), the running loop is
    used.
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
