"""The host of widgets: whether there is one, and on which thread it accepts what the driver publishes."""

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
"""Takes a delivery from any thread and carries it out, immediately or later, in order."""


def takes_widgets() -> bool:
    """Whether a widget's messages are received: a kernel or another host replaces `comm.create_comm` with its own."""
    make = getattr(sys.modules.get("comm"), "create_comm", None)
    return make is not None and make.__module__ != "comm"


def carrier() -> Carrier:
    """Return the carrier for a widget that is made now.

    Nearly all hosts accept deliveries immediately, from any thread. Shiny for Python accepts them only in a session.
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
    """Carry out a delivery immediately."""
    delivery()


class _InShiny:
    """Carries out deliveries on the session's loop and in its context, then flushes: the flush sends the messages."""

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
        except Exception:  # noqa: BLE001  # an observer may raise anything, and the session may have ended
            _log.exception("a message could not be sent to the page")
