"""Asks the user's moderator: each text on a thread of its own and with a time limit, so that no text delays another."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import logging
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from typing import Any, Final, Protocol

from .. import _words as words
from ..answer.moderation import Moderation, Undecided, Verdict, flags, judge_of, verdict_of
from .faults import words_of
from .observers import elsewhere

__all__ = ["Endpoint", "Jury"]

_log = logging.getLogger("streamcell")

MOST_LATE: Final = 32
"""How many calls of one answer may run beyond their time limit: a thread cannot be ended, so no more are begun."""

_QUOTED: Final = 12  # characters of an error's message that occur in the text: they are taken for a quotation

Heard = Callable[[Verdict | None, str], None]
"""Receives a verdict, or None and the reason why there is none."""


class Endpoint(Protocol):
    """A moderator of ours that never blocks a loop; `home` is the loop that it must run on, or None for any."""

    home: asyncio.AbstractEventLoop | None

    async def judge(self, text: str) -> Any:
        """Return what `verdict_of` accepts."""


class Jury:
    """The moderator of one answer. All methods are called on `loop`, and so are the functions that hear verdicts."""

    def __init__(self, rules: Moderation, loop: asyncio.AbstractEventLoop, endpoint: Endpoint | None = None) -> None:
        self._rules = rules
        self._loop = loop
        self._endpoint = endpoint
        self._calls: set[_Call] = set()

    def ask(self, text: str, heard: Heard) -> None:
        """Ask about `text`; `heard` is called once, unless `cancel` is called before."""
        late = sum(one.ended for one in self._calls)
        if late >= MOST_LATE:
            self._loop.call_soon(heard, None, words.still_judging(late))
            return
        call = _Call(self._loop, text, heard, self._calls.discard)
        self._calls.add(call)
        call.limit(self._rules.timeout)
        if self._endpoint is not None:
            call.run_on(self._endpoint.home or self._loop, self._endpoint.judge)
        else:
            judge = judge_of(self._rules.moderator)
            elsewhere(lambda: call.run(judge), "streamcell-moderator")

    def cancel(self) -> None:
        """Want no more verdicts: coroutines are cancelled, and what functions return is ignored."""
        for call in tuple(self._calls):
            call.end()


class _Call:
    """One call of the moderator. `ended`: nobody waits for it any more."""

    def __init__(self, loop: asyncio.AbstractEventLoop, text: str, heard: Heard, done: Callable[[_Call], None]) -> None:
        self.ended = False
        self._loop = loop
        self._text = text
        self._heard = heard
        self._done = done
        self._timer: asyncio.TimerHandle | None = None
        self._cancel: Callable[[], object] | None = None
        self._lock = threading.Lock()

    def limit(self, seconds: float) -> None:
        """End the call after so many seconds."""

        def late() -> None:
            self.end()
            self._heard(None, words.not_judged_within(seconds))

        self._timer = self._loop.call_later(seconds, late)

    def end(self) -> None:
        """Wait no more; on the loop that it was made on."""
        self.ended = True
        if self._timer is not None:
            self._timer.cancel()
        with self._lock:
            cancel = self._cancel
        if cancel is not None:
            with contextlib.suppress(RuntimeError):  # its loop has just closed
                cancel()

    def run(self, judge: Callable[[str], Any]) -> None:
        """Call a user's function, on this thread, which may take any time."""
        try:
            value = judge(self._text)
            if inspect.isawaitable(value):
                value = asyncio.run(self._awaited(value))
        except BaseException as error:  # noqa: BLE001  # users' code may raise anything, even SystemExit
            self._tell(*((Verdict(True), "") if flags(error) else (None, self._fault(error))))
        else:
            self._tell(*self._verdict(value))

    async def _awaited(self, value: Awaitable[Any]) -> Any:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        with self._lock:
            if task is not None:
                self._cancel = lambda: loop.call_soon_threadsafe(task.cancel)
        if self.ended:
            if inspect.iscoroutine(value):
                value.close()
            raise asyncio.CancelledError
        return await value

    def run_on(self, loop: asyncio.AbstractEventLoop, judge: Callable[[str], Any]) -> None:
        """Await our own coroutine function on `loop`."""

        def finished(done: Future[Any]) -> None:
            if done.cancelled():
                self._tell(None, "")
            elif (error := done.exception()) is not None:
                self._tell(None, self._fault(error))
            else:
                self._tell(*self._verdict(done.result()))

        asking = judge(self._text)
        try:
            judging = asyncio.run_coroutine_threadsafe(asking, loop)
        except RuntimeError as error:  # the user's loop was closed
            asking.close()
            self._tell(None, self._fault(error))
            return
        self._cancel = judging.cancel
        judging.add_done_callback(finished)

    def _verdict(self, value: Any) -> tuple[Verdict | None, str]:
        try:
            return verdict_of(value), ""
        except TypeError as error:  # ours; says what came
            return None, str(error)
        except Exception as error:  # noqa: BLE001  # a mapping of the user's may raise anything
            return None, self._fault(error)

    def _fault(self, error: BaseException) -> str:
        """Return what has happened, without the text that was to be judged: an error's message may quote it."""
        said = words_of(error, named=not isinstance(error, Undecided))
        if self._quotes(said) or self._quotes(str(error)):
            _log.warning("the moderator raised %s", type(error).__name__)
            return words.moderator_raised(type(error).__name__)
        _log.warning("the moderator raised %s", said)
        return said if isinstance(error, Undecided) else words.moderator_raised(said)

    def _quotes(self, said: str) -> bool:
        return any(said[at : at + _QUOTED] in self._text for at in range(max(1, len(said) - _QUOTED + 1)))

    def _tell(self, verdict: Verdict | None, fault: str) -> None:
        def heard() -> None:
            self._done(self)
            if not self.ended:
                self.end()
                self._heard(verdict, fault)

        with contextlib.suppress(RuntimeError):  # the loop is closed, because the process is ending
            self._loop.call_soon_threadsafe(heard)
