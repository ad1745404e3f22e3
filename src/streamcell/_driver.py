"""The driver: the one owner of a thread, an event loop and a clock. It carries out what the session decides."""

from __future__ import annotations

import asyncio
import concurrent.futures
import itertools
import logging
import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final, Protocol

from . import _coalesce as coalesce
from ._document import Document
from ._errors import RateLimited, SourceFailed
from ._events import Chunk, Event, Failed, Head, Note, TextDelta, Turn
from ._inputs import Closed, CloseSource, Effect, Input, OpenSource, Placed, Publish, Received, SetTimer, Tick, Watch
from ._lanes import Lanes, Limits
from ._limits import Ticket
from ._log import Entry, Log
from ._protocol import Hello, Here, Patch, Snapshot, View, view_of
from ._session import Session, step
from ._state import TERMINAL, Status
from ._telemetry import Telemetry

if TYPE_CHECKING:
    from .sources import Source

__all__ = ["Driver", "Sink", "Stream", "driver", "limits"]

_log = logging.getLogger("streamcell")

_lots: Final = random.Random()  # jitter, nothing secret; a user's seed of the module's own generator stays theirs

_tickets = itertools.count(1)

_TAKEN_WITHIN: Final = 1.0  # seconds that a command waits to be taken: far above a loop's turn, far below patience


class Sink(Protocol):
    """Where a stream's document goes; the widget is one."""

    def publish(self, view: View, epoch: int, seq: int) -> None:
        """Take what is shown now; called on the driver's thread."""

    def send(self, content: Mapping[str, Any]) -> None:
        """Send one message to the page; called on the driver's thread."""


class Driver:
    """A daemon thread with an event loop of its own, on which every stream of this process runs.

    A cell that computes or sleeps does not hold it. Where threads cannot start (Pyodide), the running loop is used.
    """

    def __init__(self) -> None:
        self.running: set[Stream] = set()
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
        loop.run_forever()

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
    `running` answers are under way of `at_once` at most, `queued` wait for their turn, and all of them wait `paused`
    seconds where a refusal asked for it.
    """
    return driver().lanes.now()


class Stream:
    """One cell's stream: feeds the session, carries out its effects, and publishes its document to a sink.

    Everything but `post`, `take` and `settled` runs on the driver's loop.
    """

    def __init__(self, source: Source, session: Session, sink: Sink) -> None:
        self._driver = driver()
        self._source = source
        self._session = session
        self._sink = sink
        self._outbox = coalesce.Outbox(sent=view_of(session.document))
        self._task: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._flush_timer: asyncio.TimerHandle | None = None
        self._timers: dict[type[Tick | Watch], asyncio.TimerHandle] = {}
        self._settled: concurrent.futures.Future[str] = concurrent.futures.Future()
        self.log: Final = Log()
        self._telemetry = Telemetry()
        self._made_at = self._driver.loop.time()
        self._chunked = False

    @property
    def document(self) -> Document:
        """The document as it is now; an immutable value, safe to read from any thread."""
        return self._session.document

    @property
    def view(self) -> View:
        """The document as the page was last sent it."""
        return self._outbox.sent or view_of(self.document)

    @property
    def settled(self) -> concurrent.futures.Future[str]:
        """Settles once, when the present version ends: with its text, or with the error that the card shows."""
        return self._settled

    def needs(self, loop: asyncio.AbstractEventLoop | None) -> bool:
        """Whether the stream runs on `loop`, or reads its source there: who blocks it waits for ever."""
        return loop is not None and loop in (self._driver.loop, self._source.home)

    def post(self, given: Input | Hello) -> None:
        """Feed an input; safe on any thread, returns at once."""
        self._driver.loop.call_soon_threadsafe(self._accept, given)

    def soon(self, callback: Callable[[], object]) -> None:
        """Call on the driver's thread; safe on any thread, returns at once."""
        self._driver.loop.call_soon_threadsafe(callback)

    def take(self, given: Input) -> None:
        """Feed an input and wait until it was taken, so that the caller sees its effect on the next line."""
        if self._driver.here:
            self._accept(given)
            return
        taken = threading.Event()
        self.post(given)
        self._driver.loop.call_soon_threadsafe(taken.set)
        taken.wait(_TAKEN_WITHIN)

    # -- on the driver's loop ---------------------------------------------------------------------------------------

    def _accept(self, given: Input | Hello) -> None:
        if isinstance(given, Hello):
            self._greet(given)
            return
        before = self._session.status
        self._session, effects = step(self._session, given, now=self._driver.loop.time(), chance=_lots.random())
        if before in TERMINAL and self._session.status not in TERMINAL:
            self._settled = concurrent.futures.Future()
        if self._session.status is not before or self._session.document.place is not None:
            self._note_status()
        for effect in effects:
            self._carry_out(effect)
        if before not in TERMINAL and self._session.status in TERMINAL:
            self._settle()

    def _carry_out(self, effect: Effect) -> None:
        if isinstance(effect, OpenSource):
            self._driver.running.add(self)
            self._task = self._driver.loop.create_task(self._consume(effect))
            self._tasks.add(self._task)
            self._task.add_done_callback(self._tasks.discard)
        elif isinstance(effect, CloseSource):
            if self._task is not None:
                self._task.cancel()
                self._task = None
        elif isinstance(effect, SetTimer):
            self._set_timer(effect)
        else:
            self._publish(effect)

    def _set_timer(self, effect: SetTimer) -> None:
        kind = type(effect.given)
        self._cancel_timer(kind)
        self._timers[kind] = self._driver.loop.call_later(effect.seconds, self._accept, effect.given)

    def _cancel_timer(self, kind: type[Tick | Watch]) -> None:
        timer = self._timers.pop(kind, None)
        if timer is not None:
            timer.cancel()

    async def _consume(self, opening: OpenSource) -> None:
        run = opening.run
        events = self._source.events(opening.resume)
        turn: _Turn | None = None
        try:
            async for event in events:
                if isinstance(event, Turn):
                    if turn is not None:
                        turn.leave(whole=False)
                    turn = _Turn(event, self._driver.lanes, next(_tickets))
                    self._note(
                        "request",
                        run,
                        endpoint=event.lane.endpoint,
                        model=event.lane.model,
                        api=event.api,
                        resume=None if opening.resume is None else opening.resume.way.value,
                    )
                    if await turn.come(
                        self._session.asked_at, opening.hurried, lambda place: self._accept(Placed(run, place))
                    ):
                        self._accept(Placed(run, None))
                    continue
                if turn is not None:
                    turn.hear(event)
                self._take(run, event)
        except Exception as error:  # noqa: BLE001  # a source maps its own failures; whatever is left is told, never swallowed
            _log.exception("a source raised")
            failed = SourceFailed(f"{type(error).__name__}: {error}")
            failed.__cause__ = error
            self._accept(Received(run, Failed(failed)))
        finally:
            if turn is not None:
                turn.leave(whole=self._session.run == run and self._session.status is Status.DONE)
            await _close(events)
        self._accept(Closed(run))

    def _take(self, run: int, event: Event | Note) -> None:
        """Note what comes; what concerns the answer is the session's."""
        if isinstance(event, Head):
            self._note("response", run, status=event.status, headers=event.headers, request_id=event.request_id)
        elif isinstance(event, Chunk):
            self._chunked = True
            self._note("chunk", run, data=event.data)
        elif not isinstance(event, Turn):
            if isinstance(event, TextDelta) and not self._chunked:
                self._note("text", run, text=event.text)
            self._accept(Received(run, event))

    def _note(self, kind: Any, run: int, **data: Any) -> None:
        entry = Entry(self._driver.loop.time() - self._made_at, run, kind, data)
        self.log.add(entry)
        try:
            self._telemetry.take(entry)
        except Exception:  # noqa: BLE001  # a user's handler or exporter may raise anything
            _log.debug("a handler of the log raised", exc_info=True)

    def _note_status(self) -> None:
        document, version = self.document, self.document.current
        error = version.error
        known = {
            "status": version.status.value,
            "attempt": version.attempt,
            "finish_reason": version.finish_reason,
            "usage": None if version.usage is None else asdict(version.usage),
            "error": None if error is None else type(error).__name__,
            "message": None if error is None else error.detail,
            "retry_in": document.retry_at,
            "place": document.place,
        }
        run = self._session.run
        self._note("status", run, **{name: value for name, value in known.items() if value is not None})

    def _publish(self, effect: Publish) -> None:
        now = self._driver.loop.time()
        outbox = self._outbox
        if effect.restart:
            self._outbox, opening = coalesce.restart(outbox, view_of(self.document), now)
            self._deliver(opening)
            return
        due = None if outbox.sent_at is None else outbox.sent_at + coalesce.interval(len(self._driver.running))
        if effect.urgent or due is None or now >= due:
            self._flush()
        elif self._flush_timer is None:
            self._flush_timer = self._driver.loop.call_at(due, self._flush)

    def _flush(self) -> None:
        if self._flush_timer is not None:
            self._flush_timer.cancel()
            self._flush_timer = None
        now = self._driver.loop.time()
        view = view_of(self.document)
        messages: tuple[Patch | Snapshot, ...]
        if coalesce.wants_snapshot(self._outbox, view):
            self._outbox, messages = coalesce.snapshot(self._outbox, view, now)
        else:
            self._outbox, patch = coalesce.flush(self._outbox, view, now)
            messages = () if patch is None else (patch,)
        self._deliver(*messages)

    def _greet(self, hello: Hello) -> None:
        outbox = self._outbox = coalesce.hear(self._outbox)
        # Questions that waited in a cut connection come all at once and from one place: one snapshot answers them.
        answered = hello.seq is not None and outbox.whole == outbox.seq
        if answered or (hello.epoch, hello.seq) == (outbox.epoch, outbox.seq):
            self._deliver(Here(outbox.epoch, outbox.seq))
            return
        view = view_of(self.document)
        self._outbox, messages = coalesce.snapshot(self._outbox, view, self._driver.loop.time())
        self._deliver(*messages)

    def _deliver(self, *messages: Patch | Snapshot | Here) -> None:
        """Publish, then send; a sink that fails (an observer's error, a closed comm) does not end the stream."""
        outbox = self._outbox
        try:
            if outbox.sent is not None:
                self._sink.publish(outbox.sent, outbox.epoch, outbox.seq)
        except Exception:  # noqa: BLE001  # an observer may raise anything
            _log.exception("an observer of a stream cell raised")
        for message in messages:
            try:
                self._sink.send(message.to_wire())
            except Exception:  # noqa: BLE001  # a closed comm, a kernel that shuts down
                _log.exception("a message could not be sent to the page")

    def _settle(self) -> None:
        self._driver.running.discard(self)
        self._cancel_timer(Tick)
        self._cancel_timer(Watch)
        version = self.document.current
        if version.status is Status.DONE:
            self._settled.set_result(version.text)
        elif version.error is not None:
            self._settled.set_exception(version.error)


class _Turn:
    """One attempt's place in its lane, from the line to its end."""

    def __init__(self, turn: Turn, lanes: Lanes, ticket: int) -> None:
        self._turn, self._lanes, self._ticket = turn, lanes, ticket

    async def come(self, since: float, hurried: bool, placed: Callable[[int], None]) -> bool:
        """Wait for the turn; give whether it had to be waited for."""
        ticket = Ticket(self._ticket, since, self._turn.tokens, hurried)
        return await self._lanes.turn(self._turn.lane, ticket, placed)

    def hear(self, event: Event | Note) -> None:
        """Tell the lane what its server says."""
        if isinstance(event, Head):
            self._lanes.head(self._turn.lane, self._ticket, event.headers)
        elif isinstance(event, Failed) and isinstance(event.error, RateLimited):
            self._lanes.refused(self._turn.lane, self._ticket, event.error.retry_after)

    def leave(self, *, whole: bool) -> None:
        """The attempt is over."""
        self._lanes.leave(self._turn.lane, self._ticket, whole=whole)


async def _close(events: object) -> None:
    close = getattr(events, "aclose", None)
    if close is not None:
        await close()
