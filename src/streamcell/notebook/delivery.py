"""The host of widgets around us: whether there is one, and on which thread it takes what the driver's publishes."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections import deque
from collections.abc import Callable
from typing import Any

__all__ = ["Carrier", "at_once", "carrier", "takes_widgets"]

_log = logging.getLogger("streamcell")

Carrier = Callable[[Callable[[], None]], None]
"""Takes a delivery, from any thread, and carries it out: at once or later, in order."""


def takes_widgets() -> bool:
    """Whether anybody takes what a widget sends: a kernel or a host puts its comm in the place of ipywidgets' own."""
    make = getattr(sys.modules.get("comm"), "create_comm", None)
    return make is not None and make.__module__ != "comm"


def carrier() -> Carrier:
    """Return how deliveries to a widget that is made here and now are carried out.

    Nearly all hosts take them from any thread, at once. Shiny for Python takes them only within a session.
    """
    shiny = sys.modules.get("shiny")
    sessions = getattr(shiny, "session", None)
    session = None if sessions is None else sessions.get_current_session()
    if session is None:
        return at_once
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return at_once
    return _InShiny(shiny, session, loop)


def at_once(delivery: Callable[[], None]) -> None:
    """Carry a delivery out here and now."""
    delivery()


class _InShiny:
    """On the session's loop, within the session, and followed by a flush: what a widget sends leaves with it."""

    def __init__(self, shiny: Any, session: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._shiny = shiny
        self._session = session
        self._loop = loop
        self._waiting: deque[Callable[[], None]] = deque()
        self._task: asyncio.Task[None] | None = None

    def __call__(self, delivery: Callable[[], None]) -> None:
        self._waiting.append(delivery)
        self._loop.call_soon_threadsafe(self._begin)

    def _begin(self) -> None:
        if self._waiting and self._task is None:
            self._task = self._loop.create_task(self._carry())

    async def _carry(self) -> None:
        try:
            async with self._shiny.reactive.lock():
                with self._shiny.session.session_context(self._session):
                    while self._waiting:
                        self._one()
                    await self._shiny.reactive.flush()
        finally:
            self._task = None
            self._begin()

    def _one(self) -> None:
        try:
            self._waiting.popleft()()
        except Exception:  # noqa: BLE001  # an observer may raise anything, and a session may be over
            _log.exception("a message could not be sent to the page")
