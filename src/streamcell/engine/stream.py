"""One cell's stream: feeds the session, carries out its effects on the driver's loop, and publishes the document."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import copy
import itertools
import logging
import random
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from .._errors import Flagged, ModerationFailed, SourceFailed, StreamCellError
from ..answer.context import ALONE, Context
from ..answer.document import Document, Version
from ..answer.events import (
    Asked,
    Called,
    Ceased,
    Chunk,
    Event,
    Failed,
    Finished,
    Head,
    Lane,
    Note,
    PartChanged,
    PartEnded,
    PartGrew,
    PartRestored,
    Returned,
)
from ..answer.gate import Gate
from ..answer.inputs import (
    Act,
    Approved,
    AskApproval,
    AskPolicy,
    Broke,
    Closed,
    CloseSource,
    Decided,
    Effect,
    Input,
    Judge,
    Judged,
    OpenSource,
    Placed,
    Publish,
    Received,
    Remarked,
    Retry,
    RunTool,
    SetTimer,
    Stop,
    TakeStep,
    Tick,
    ToolEnded,
    Validate,
    Validated,
    Watch,
)
from ..answer.moderation import Moderation
from ..answer.parts import CallState, ToolCall, text_of
from ..answer.playback import Pace, Playback
from ..answer.session import Session, step
from ..answer.stats import Counts, Stats, stats_of
from ..answer.status import TERMINAL, Status
from ..ratelimit.limiter import InLine
from ..wire import outbox as coalesce
from ..wire.messages import (
    WIRE,
    Fetch,
    Hello,
    Here,
    Measure,
    Numbers,
    Patch,
    Plain,
    Question,
    Read,
    Sink,
    Snapshot,
    View,
    view_of,
)
from .calls import ToolRun, ask_approval
from .calls import late as too_late
from .driver import driver
from .entries import call_at, ended_calls, status_of
from .faults import WITHIN, ask_policy, late, own_fault
from .history import kept
from .jury import Endpoint, Jury
from .log import Entry, Log
from .observers import elsewhere
from .recorder import Recorder
from .structure import CHECKED_WITHIN, Structure, check, too_slow
from .tally import Tally
from .telemetry import Telemetry
from .toolbox import Toolbox
from .withheld import TEXTS, Withheld

if TYPE_CHECKING:
    from ..sources import Source

__all__ = ["Stream"]

_log = logging.getLogger("streamcell")

_lots: Final = random.Random()  # for jitter only; separate, so that a user's `random.seed` keeps its effect

_tickets = itertools.count(1)
_numbers = itertools.count(1)

_LOOK: Final = 1.0  # seconds between checks that the driver is alive, while a caller waits for it


class Stream:
    """One cell's stream: feeds the session, carries out its effects, and publishes the document to a sink.

    Any thread may call `post`, `soon`, `take` and `after`, and read the properties. Everything else runs on the
    driver's loop.
    """

    def __init__(
        self,
        source: Source,
        session: Session,
        sink: Sink,
        tools: Toolbox | None = None,
        recorder: Recorder | None = None,
        structure: Structure | None = None,
        endpoint: Endpoint | None = None,
    ) -> None:
        self._driver = driver()
        self._source = source
        self._asked = {0: source}  # by the number of the request, see `Retry`
        self._asks = itertools.count(1)
        self._tools = Toolbox() if tools is None else tools
        self._structure = structure
        self._runs: set[ToolRun] = set()
        self._session = session
        self._sink = sink
        self._outbox = coalesce.Outbox(sent=view_of(session.document))
        self._task: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._flush_timer: asyncio.TimerHandle | None = None
        self._timers: dict[type[Tick | Watch | Decided], asyncio.TimerHandle] = {}
        self._given: deque[Input | Question] = deque()
        self._accepting = False
        self._settled: concurrent.futures.Future[str] = concurrent.futures.Future()
        self._watchers: list[Callable[[], None]] = []
        self._ends: list[Callable[[], object]] = []
        self.log: Final = Log(shelf=self._driver.shelf)
        self._telemetry = Telemetry()
        self._tallies = [Tally() for _ in session.document.versions]
        self._recorder = recorder
        if recorder is not None:
            recorder.on_failure(self._remark)
        self._playback = None if session.document.replay is None else Playback(session.document.replay)
        self._played = 0.0  # the recorded time of the last entry that was played
        self._paced = asyncio.Event()
        self._hurried = False  # the user does not want to wait for the next entry
        rules = session.moderation
        self._jury = None if rules is None else Jury(rules, self._driver.loop, endpoint)
        self._withheld = Withheld()
        self._room = asyncio.Event()  # set while the gate is not full
        self._made_at = self._driver.loop.time()
        self._asked_at = datetime.now(timezone.utc)
        self._number = next(_numbers)
        self.prompt = ""
        self._chunked = False
        self._speaks_other = False

    @property
    def moderation(self) -> Moderation | None:
        """How the answer is moderated; None: it is not."""
        return self._session.moderation

    @property
    def withheld(self) -> bool:
        """Whether a moderator withholds what was asked: it is not shown, saved, or sent with a later question."""
        return self._session.withheld

    @property
    def document(self) -> Document:
        """The present document. It is immutable, so any thread can read it."""
        return self._session.document

    @property
    def view(self) -> View:
        """The document that the page was last sent."""
        return self._outbox.sent or view_of(self.document)

    def counts(self, version: int) -> Counts:
        """Return what was counted while `version` (0-based) streamed."""
        now = None if self._playback is not None else self._driver.loop.time() - self._made_at
        return self._tallies[version].counts(now)

    def stats(self, version: int) -> Stats:
        """Return the numbers of `version` (0-based)."""
        return stats_of(self.document.versions[version], self.counts(version), kept.prices)

    @property
    def settled(self) -> concurrent.futures.Future[str]:
        """A future that settles once, when the present version ends: with its text, or with the card's error.

        Raises RuntimeError in a forked child process, where it would never settle.
        """
        if not self._settled.done():
            self.check_alive()
        return self._settled

    @property
    def home(self) -> asyncio.AbstractEventLoop | None:
        """The loop of the user's on which the source is read, or None."""
        return self._source.home

    def needs(self, loop: asyncio.AbstractEventLoop | None) -> bool:
        """Whether the stream needs `loop`, to run or to read its source. Blocking it would wait forever."""
        return loop is not None and loop in (self._driver.loop, self._source.home)

    @contextlib.contextmanager
    def watched(self, wake: Callable[[], None]) -> Iterator[None]:
        """Within the block, call `wake` on the driver's loop whenever there are changes."""
        self._watchers.append(wake)
        try:
            yield
        finally:
            self._watchers.remove(wake)

    def at_each_end(self, call: Callable[[], object]) -> None:
        """Call `call` on the driver's loop at each end of the answer, and soon if it has ended now.

        Raises RuntimeError in a forked child process, where nothing would call it.
        """
        self.check_alive()
        self.soon(partial(self._add_end, call))

    def _add_end(self, call: Callable[[], object]) -> None:
        self._ends.append(call)
        if self._settled.done():
            call()

    def _wake(self) -> None:
        for wake in tuple(self._watchers):
            wake()

    def post(self, given: Input | Question) -> None:
        """Feed an input. Safe on any thread; returns immediately."""
        self._driver.loop.call_soon_threadsafe(self._accept, given)

    def rest(self) -> None:
        """Settle an answer that had ended before it came here."""
        version = self.document.current
        if version.status is Status.DONE:
            self._settled.set_result(version.text)
        else:
            self._settled.set_exception(version.error or StreamCellError())

    def _remark(self, why: str) -> None:
        self.post(Remarked(why))

    def soon(self, callback: Callable[[], object]) -> None:
        """Call `callback` on the driver's thread. Safe on any thread; returns immediately."""
        self._driver.loop.call_soon_threadsafe(callback)

    def take(self, given: Input) -> None:
        """Feed an input and wait until it is processed, so that the caller's next line sees its effect.

        Raises RuntimeError in a forked child process, where nothing would process it.
        """
        if self._driver.here:
            self._accept(given)
            return
        taken = threading.Event()

        def accept() -> None:
            try:
                self._accept(given)
            finally:
                taken.set()

        self.check_alive()
        self._driver.loop.call_soon_threadsafe(accept)
        while not taken.wait(_LOOK):
            self.check_alive()

    def check_alive(self) -> None:
        """Raise RuntimeError if no thread runs this stream, because waiting for it would never end."""
        if not self._driver.alive or sys.is_finalizing():
            raise RuntimeError(
                "this answer belongs to a process that was forked, or that ends: nothing streams it here"
            )

    def ask_again(self, source: Source, changed: Mapping[str, Any]) -> None:
        """Ask again, with something changed: `source` is that of the other request. Safe on any thread."""
        ask = next(self._asks)
        self._asked[ask] = source
        self.take(Retry(ask, changed, source.origin))

    # -- on the driver's loop ---------------------------------------------------------------------------------------

    def _accept(self, given: Input | Question) -> None:
        self._given.append(given)
        if self._accepting:  # called from within: for example a user's log handler has called stop()
            return
        self._accepting = True
        try:
            while self._given:
                self._guard(partial(self._advance, self._given.popleft()))
        finally:
            self._accepting = False

    def _guard(self, act: Callable[[], None]) -> None:
        """Call `act`. If it fails in any way, the stream settles with an error."""
        try:
            act()
        except Exception as error:  # noqa: BLE001  # shown in the cell and in the log
            _log.exception("streamcell itself failed")
            self._break(error)
        if self._session.status in TERMINAL and not self._settled.done():
            self._settle()

    def _break(self, error: Exception) -> None:
        fault = own_fault(error)
        try:
            self._advance(Broke(fault))
        except Exception:  # noqa: BLE001  # the cause of the first error may cause a second one
            _log.exception("streamcell itself failed again")
        if self._session.status not in TERMINAL and not self._settled.done():
            self._settle(fault)

    def _advance(self, given: Input | Question) -> None:
        if isinstance(given, Hello):
            self._greet(given)
            return
        if isinstance(given, (Measure, Fetch)):
            try:
                self._tell(given)
            except Exception:  # noqa: BLE001  # a question must not end the answer
                _log.exception("a page's question was not answered")
            return
        before, parts, former = self._session.status, self.document.current.parts, self.document.former
        run, gate = self._session.run, self._session.gate
        ends = isinstance(given, Closed) or (
            isinstance(given, Received) and isinstance(given.event, (Finished, Failed))
        )
        if ends and gate is not None:
            self._withheld.close(gate.entered + 1)
        if self._playback is not None and before in TERMINAL and isinstance(given, Retry):
            self._played = 0.0
        session, effects = step(self._session, given, now=self._now(), chance=_lots.random())
        # The tallies are set before the session, so that another thread finds one for each version.
        if isinstance(given, Retry) and before in TERMINAL and session.status not in TERMINAL:
            self._tally_anew(session, Tally())
        elif session.repairs > self._session.repairs:
            # A repaired answer has the tokens of the invalid ones too, so it has their times.
            continued = copy.deepcopy(self._tallies[-1])
            for invalid in session.document.former[len(former) :]:
                self._note("status", run, **status_of(replace(session.document, current=invalid)))
            self._tally_anew(session, continued)
        self._session = session
        self._pace(given)
        if self._jury is not None:
            self._log_judged(given, run, gate)
        if before in TERMINAL and self._session.status not in TERMINAL:
            self._settled = concurrent.futures.Future()
        decided = isinstance(given, (Act, Approved)) or (
            isinstance(given, Received) and isinstance(given.event, Finished)
        )
        if decided and self._session.tools is not None:
            for ended in ended_calls(parts, self.document.current.parts):  # denied, or not possible to run
                self._note("tool", self._session.run, **ended)
        if self._session.status is not before or self._session.document.queue_position is not None:
            self._note("status", self._session.run, **status_of(self.document))
        for effect in effects:
            self._carry_out(effect)

    def _now(self) -> float:
        """Return the session's time. In a replay it is the recorded time, so that durations are as recorded."""
        return self._driver.loop.time() if self._playback is None else self._played

    def _pace(self, given: Input) -> None:
        """Play at the pace that the session has now."""
        if self._playback is None:
            return
        playback = self._playback.with_pace(self.document.replay or Pace(), self._driver.loop.time())
        self._playback = playback.stepped() if isinstance(given, TakeStep) else playback
        self._paced.set()

    async def _due(self, at: float, seen: bool) -> None:
        """Return when the entry at the recorded time `at` is to be played, see `Context.due`."""
        loop = self._driver.loop
        if self._hurried and self._playback is not None:
            self._hurried, self._playback = False, self._playback.reached(at, loop.time())
        while self._playback is not None and (wait := self._playback.wait(at, loop.time())) != 0:
            self._paced.clear()
            waking = None if wait is None else loop.call_later(wait, self._paced.set)
            try:
                await self._paced.wait()
            finally:
                if waking is not None:
                    waking.cancel()
        await asyncio.sleep(0)  # a replay without waits must not hold the other streams
        if self._playback is not None:
            self._playback = self._playback.played(at, loop.time(), seen=seen)
        self._played = max(self._played, at)

    def _carry_out(self, effect: Effect) -> None:
        if isinstance(effect, OpenSource):
            if self._playback is not None and effect.index == 0:
                self._playback = self._playback.begun(self._driver.loop.time())
            self._hurried = effect.hurried
            if self._playback is not None and self._task is not None:
                self._task.cancel()  # it has played the results of all calls, and would wait for a missing one
            self._driver.running.add(self)
            self._task = self._driver.loop.create_task(self._consume(effect))
            self._tasks.add(self._task)
            self._task.add_done_callback(partial(self._consumed, effect.run))
        elif isinstance(effect, CloseSource):
            if self._task is not None:
                self._task.cancel()
                self._task = None
            for one in self._runs:
                one.cancel()
            if self._jury is not None:
                self._jury.cancel()
        elif isinstance(effect, SetTimer):
            self._set_timer(effect.given, effect.seconds)
        elif isinstance(effect, AskPolicy):
            self._ask(effect)
        elif isinstance(effect, RunTool):
            if not self._tools.recorded:
                self._run_tool(effect)
        elif isinstance(effect, AskApproval):
            self._ask_approval(effect)
        elif isinstance(effect, Validate):
            self._validate(effect)
        elif isinstance(effect, Judge):
            self._judge(effect)
        else:
            self._publish(effect)

    def _ask(self, asked: AskPolicy) -> None:
        """Ask the user's own policy, on another thread and with a time limit."""
        loop, policy = self._driver.loop, self._session.policy
        self._set_timer(late(asked), WITHIN)

        def ask() -> None:
            decided = ask_policy(policy, asked)
            with contextlib.suppress(RuntimeError):  # the loop is closed, because the process is ending
                loop.call_soon_threadsafe(self._accept, decided)

        elsewhere(ask, "streamcell-retry")

    def _judge(self, asked: Judge) -> None:
        """Ask the user's moderator, elsewhere and with a time limit."""
        if self._jury is not None:
            self._jury.ask(
                asked.text, lambda verdict, fault: self._accept(Judged(asked.run, asked.number, verdict, fault))
            )

    def _log_judged(self, given: Input, run: int, before: Gate | None) -> None:
        """Write the entries whose text this step has cleared; leave out those whose text will never be judged."""
        session = self._session
        gate = session.gate
        if gate is not None and gate.full:
            self._room.clear()
        else:
            self._room.set()
        if gate is not None and session.run == run:
            self._write(self._withheld.cleared(gate.cleared))
            return
        entries, error = self._withheld.empty(), self.document.current.error
        ended = isinstance(given, (Stop, Broke)) or isinstance(error, (Flagged, ModerationFailed))
        if before is None or not before.items or not ended:
            self._write(entries)
            return
        texts = [one for one in entries if one.kind in (*TEXTS, "tool")]
        if before.rules.keep_flagged and isinstance(error, Flagged):
            for one in texts:
                self.log.add(one)
        self._write([one for one in entries if one not in texts])
        if texts:
            self._note("withheld", run, entries=len(texts))

    def _run_tool(self, called: RunTool) -> None:
        """Run the user's tool, on another thread and with its timeout."""
        loop, seconds, about = self._driver.loop, self._tools.timeout, call_at(self.document.current.parts, called.part)

        def end(fields: Mapping[str, Any], noted: Mapping[str, Any]) -> None:
            timer.cancel()
            self._runs.discard(running)
            self._note_result(called.run, {**about, **fields, **noted})
            self._accept(ToolEnded(called.run, called.part, fields))

        def ended(fields: Mapping[str, Any], noted: Mapping[str, Any]) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed, because the process is ending
                loop.call_soon_threadsafe(end, fields, noted)

        def give_up() -> None:
            running.cancel()
            self._note("tool", called.run, **{**about, **too_late(seconds)})
            self._accept(ToolEnded(called.run, called.part, too_late(seconds)))

        self._note("tool", called.run, part=called.part, name=called.name, arguments=called.arguments)
        running = ToolRun(self._tools, called.name, called.arguments, ended)
        self._runs.add(running)
        timer = loop.call_later(seconds, give_up)
        running.start()

    def _ask_approval(self, called: AskApproval) -> None:
        """Ask the user's function about a call, on another thread and with the timeout of a tool."""
        loop, approve = self._driver.loop, self._tools.approve

        def answered(allow: bool | None) -> None:
            timer.cancel()
            self._accept(Approved(called.run, called.part, allow))

        def ask() -> None:
            allow = callable(approve) and ask_approval(approve, called.name, called.arguments)
            with contextlib.suppress(RuntimeError):  # the loop is closed, because the process is ending
                loop.call_soon_threadsafe(answered, allow)

        timer = loop.call_later(self._tools.timeout, answered, False)
        elsewhere(ask, "streamcell-approve")

    def _validate(self, asked: Validate) -> None:
        """Check a structured answer, on another thread and with a time limit: validators are users' code."""
        loop, structure = self._driver.loop, self._structure
        if structure is None:
            return

        def checked(found: Validated) -> None:
            timer.cancel()
            self._accept(found)

        def ask() -> None:
            found = check(structure, asked.run, asked.text)
            with contextlib.suppress(RuntimeError):  # the loop is closed, because the process is ending
                loop.call_soon_threadsafe(checked, found)

        timer = loop.call_later(CHECKED_WITHIN, self._accept, too_slow(asked.run))
        elsewhere(ask, "streamcell-check")

    def _set_timer(self, given: Tick | Watch | Decided, seconds: float) -> None:
        former = self._timers.pop(type(given), None)
        if former is not None:
            former.cancel()
        self._timers[type(given)] = self._driver.loop.call_later(seconds, self._accept, given)

    async def _consume(self, opening: OpenSource) -> None:
        run = opening.run
        line: InLine | None = None
        whole = False

        async def turn(lane: Lane, api: str, tokens: int) -> None:
            nonlocal line
            if line is not None:
                line.leave(whole=False)
            line = InLine(lane, tokens, self._driver.lanes, next(_tickets))
            way = None if opening.resume is None else opening.resume.way.value
            self._note("request", run, endpoint=lane.endpoint, model=lane.model, api=api, resume=way)
            if await line.come(
                self._session, opening.hurried, lambda position, wait: self._accept(Placed(run, position, wait))
            ):
                self._accept(Placed(run, None))

        due = self._due if self._playback is not None else ALONE.due
        self._source = self._asked[opening.ask]
        events = self._source.events(Context(opening.resume, turn, opening.history, opening.echoes, opening.index, due))
        try:
            async for event in events:
                if line is not None:
                    line.hear(event)
                whole = whole or isinstance(event, Finished)
                self._take(run, event)
                if self._jury is not None and run == self._session.run:
                    await self._room.wait()  # so that what waits for a slow moderator is bounded
        # A source maps its own failures to events. Any other exception is shown, never swallowed.
        except (Exception, SystemExit, KeyboardInterrupt) as error:  # noqa: BLE001
            _log.exception("a source raised")
            failed = SourceFailed(f"{type(error).__name__}: {error}")
            failed.__cause__ = error
            self._accept(Received(run, Failed(failed)))
        finally:
            if line is not None:
                line.leave(whole=whole)
            close = getattr(events, "aclose", None)
            if close is not None:
                await close()

    def _consumed(self, run: int, task: asyncio.Task[None]) -> None:
        """Report that the source of `run` has ended: normally, with an error, or because it was cancelled."""
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            _log.error("a source did not close", exc_info=error)
            self._accept(Received(run, Failed(own_fault(error))))
        self._accept(Closed(run))

    def _take(self, run: int, event: Event | Note) -> None:
        """Write an event to the log, and feed those about the answer to the session."""
        if isinstance(event, Head):
            self._note("response", run, status=event.status, headers=event.headers, request_id=event.request_id)
        elif isinstance(event, Chunk):
            self._chunked = True
            self._note("chunk", run, data=event.data, **({"format": event.format} if event.format else {}))
        elif isinstance(event, Asked):
            lane = event.lane
            known = {"endpoint": lane.endpoint, "model": lane.model, "api": event.api, "resume": event.resume}
            self._note("request", run, **known, replayed=True)
        elif isinstance(event, Called):
            self._note(
                "tool", run, **{**call_at(self.document.current.parts, event.part), "arguments": event.arguments}
            )
        elif isinstance(event, Returned):
            if self._runs_here(event.part):
                self._note_result(run, {**call_at(self.document.current.parts, event.part), **event.fields})
                self._accept(ToolEnded(run, event.part, event.fields))
        elif isinstance(event, Ceased):
            if run == self._session.run:
                self._accept(Stop() if event.error is None else Broke(event.error))
        else:
            if isinstance(event, PartGrew):
                self._tallies[-1].spoke()
                if not self._chunked:
                    self._note("text", run, text=event.text)
            self._accept(Received(run, event))
            if isinstance(event, (PartGrew, PartChanged, PartRestored, PartEnded)):
                self._withheld.parted()

    def _note(self, kind: Any, run: int, **data: Any) -> None:
        """Log something; text of a moderated answer only once it was judged."""
        entry = Entry(self._driver.loop.time() - self._made_at, run, kind, data)
        gate, is_text = self._session.gate, kind in TEXTS
        self._count(entry)
        if self._jury is not None and is_text and (gate is None or run != self._session.run or gate.closed):
            return  # nothing judges text that comes after the end
        if gate is None or not (is_text or self._withheld):
            self._write((entry,))
            return
        self._withheld.add(entry, gate.entered)
        self._write(self._withheld.cleared(gate.cleared))

    def _note_result(self, run: int, data: Mapping[str, Any]) -> None:
        """Log what a tool has returned, which the next input says; if results are judged, once that was judged."""
        gate = self._session.gate
        if gate is None or not gate.rules.tools:
            self._note("tool", run, **data)
            return
        entry = Entry(self._driver.loop.time() - self._made_at, run, "tool", data)
        self._count(entry)
        self._withheld.add(entry, gate.entered, until=gate.entered + 1)

    def _count(self, entry: Entry) -> None:
        if entry.run == self._session.run:  # not what an attempt says that the user has stopped
            self._tallies[-1].take(entry if self._playback is None else replace(entry, at=self._played))

    def _tally_anew(self, session: Session, tally: Tally) -> None:
        """Count the last version of `session` with `tally`, and the former ones as they were."""
        self._tallies = [*self._tallies[: len(session.document.former)], tally]

    def _write(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            self.log.add(entry)
            if self._recorder is not None:
                self._recorder.take(entry)
            try:
                self._telemetry.take(entry)
            except Exception:  # noqa: BLE001  # a user's handler or exporter may raise anything
                _log.debug("a handler of the log raised", exc_info=True)

    def _runs_here(self, at: int) -> bool:
        parts = self.document.current.parts
        call = parts[at] if at < len(parts) else None
        return isinstance(call, ToolCall) and call.state is CallState.RUNNING

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
            self._flush_timer = self._driver.loop.call_at(due, self._guard, self._flush)

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
            self._outbox, message = coalesce.flush(self._outbox, view, now)
            messages = () if message is None else (message,)
        self._deliver(*messages)

    def _greet(self, hello: Hello) -> None:
        outbox = self._outbox = coalesce.hear(self._outbox)
        if hello.wire != WIRE:
            self._speaks_other = True
            self._deliver(self._plain())
            return
        # Requests that were held up by a lost connection come all at once, and from one page: one snapshot answers all.
        answered = hello.seq is not None and outbox.whole == outbox.seq
        if answered or (hello.epoch, hello.seq) == (outbox.epoch, outbox.seq):
            self._deliver(Here(outbox.epoch, outbox.seq))
            return
        view = view_of(self.document)
        self._outbox, messages = coalesce.snapshot(self._outbox, view, self._driver.loop.time())
        self._deliver(*messages)

    def _tell(self, question: Measure | Fetch) -> None:
        """Answer a page's question about a version."""
        document = self.document
        if isinstance(question, Measure):
            number, running = document.shown, document.current.status not in TERMINAL
            elapsed = self._now() - self._session.begun_at if running and self._session.run else None
            self._deliver(Numbers(number, elapsed, self.stats(number), self.counts(number).segments))
        elif 0 <= question.index < len(document.versions):
            self._deliver(Read(question.index, document.versions[question.index].text))

    def _plain(self) -> Plain:
        return Plain(self._outbox.epoch, self._outbox.seq, text_of(self.view["parts"]))

    def _deliver(self, *messages: Patch | Snapshot | Here | Plain | Numbers | Read) -> None:
        """Publish, then send. The stream continues even if the sink fails, for example because of a closed comm."""
        outbox = self._outbox
        self._wake()
        try:
            if outbox.sent is not None:
                self._sink.publish(outbox.sent, outbox.epoch, outbox.seq)
        except Exception:  # noqa: BLE001
            _log.exception("a stream cell could not be published")
        for message in messages:
            try:
                self._sink.send(message.to_wire())
            except Exception:  # noqa: BLE001  # a closed comm, or a kernel that is shutting down
                _log.exception("a message could not be sent to the page")

    def _settle(self, fault: StreamCellError | None = None) -> None:
        self._driver.running.discard(self)
        self.log.pack()
        if self._speaks_other:
            self._deliver(self._plain())
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        version = self.document.current
        if version.status is Status.DONE:
            self._settled.set_result(version.text)
        else:
            if self._task is not None:  # the error may have been in the code that should close it
                self._task.cancel()
            self._settled.set_exception(fault or version.error or StreamCellError())
        self._wake()
        for call in self._ends:
            call()
        if self._playback is None:  # of a recording nothing was asked
            self._remember(version)

    def _remember(self, version: Version) -> None:
        """Write the row of an answer that has ended into the history."""
        number = len(self.document.former)
        row = {
            "asked_at": self._asked_at.isoformat(timespec="milliseconds"),
            "prompt": self.prompt,
            "model": version.origin.model,
            "api": version.origin.api,
            "status": version.status.value,
            "finish_reason": version.finish_reason,
            "error": None if version.error is None else type(version.error).__name__,
            **asdict(self.stats(number)),
        }
        kept.write(self._number, number, row)
