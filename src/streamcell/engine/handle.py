"""The handle of an answer: wait for it, read it while it streams, and control it. It needs no widget."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import logging
import threading
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from .._errors import StreamCellError, without_keys, without_secrets
from ..answer.document import Version
from ..answer.inputs import Act, Resume, Retry, Select, SetPace, Stop, TakeStep
from ..answer.parts import Part, tokens_of
from ..answer.playback import Pace, Speed, pace_of
from ..answer.stats import Segment, Stats
from ..answer.status import TERMINAL
from ..request.jsonable import is_left_out
from ..request.request import Request
from ..request.veiled import Veiled
from .log import Log
from .observers import elsewhere

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

    from ..request.parameters import Parameters
    from ..sources import Source
    from .stream import Stream

__all__ = ["Answer", "running_loop"]

_log = logging.getLogger("streamcell")

_LOOK: Final = 1.0  # seconds between two checks, while waiting for text, that the driver is still alive


class Answer:
    """A streaming answer: its result, its text while it streams, its versions and its commands."""

    def __init__(self, stream: Stream, request: Request | None) -> None:
        self._stream = stream
        self._request = request
        stream.prompt = "" if request is None else _title(request.asked)
        self._raised: BaseException | None = None
        self._again: Callable[[Mapping[str, Any]], Source] | None = None
        self._fixed: str | None = "this answer does not come from a request here"
        self._waiters = 0
        self._lock = threading.Lock()

    # -- what there is ------------------------------------------------------------------------------------------------

    @property
    def versions(self) -> tuple[Version, ...]:
        """Every version of the answer, oldest first, as immutable values. The last is the current one."""
        return self._stream.document.versions

    @property
    def request(self) -> Request | None:
        """The request, or None if an iterator, a callable or a recording was given instead of a prompt."""
        return self._request

    @property
    def log(self) -> Log:
        """What happened, in order: each attempt, response and chunk with its time; bounded, and without secrets.

        `cell.log.to_jsonl()` returns it as JSON Lines, and `cell.log.save(path)` saves it as a recording.

        The entries also go to the standard logger `streamcell`, and if
        OpenTelemetry is installed, each request is a span.
        """
        return self._stream.log

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts of the version that is shown, in order: text, reasoning, citations and so on, as immutable values.

        A text that was interrupted and resumed is several text parts; `resumed` says how each was resumed.
        """
        return self._stream.document.version.parts

    @property
    def stats(self) -> Stats:
        """The numbers of the version that is shown: times, token counts, rate, price; see `Stats`. Also while it runs.

        In a replay the times are the recorded ones; a recording does not tell a wait between attempts from connecting.
        """
        return self._stream.stats(self._stream.document.shown)

    @property
    def timeline(self) -> tuple[Segment, ...]:
        """What the version that is shown spent its time with: waits, attempts, gaps, tools; see `Segment`."""
        return self._stream.counts(self._stream.document.shown).segments

    @property
    def tokens(self) -> list[dict[str, Any]]:
        """The tokens of the text with their probabilities, if you asked for them with `logprobs=True`; else empty.

        Each is a dict of plain values, so pandas and polars take the list as it is: `token`, `logprob` (natural
        logarithm), `probability`, `alternatives` (with `top_logprobs=`: pairs of a token and its log probability),
        `entropy` (of the place, in bits, at least; None without alternatives), `start` and `end` (where it is in
        `text`, in characters; None if the text was changed later), and `time` (in seconds since the attempt began). A
        token can be a part of a character: it is then empty in `text`, and the token that completes the character has
        it.
        """
        return tokens_of(self.parts)

    @property
    def parsed(self) -> Any:
        """The value of a structured answer (see `response_format` in `stream_cell`); None if there is none.

        While the answer streams, and if it is incomplete or invalid, these are plain values: what has been received,
        where texts may be incomplete and nothing is wrong. When it is complete and valid, this is the validated object.
        """
        return self._stream.document.version.parsed

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return the records of a structured answer that is a list of them, or has one list of them.

        `pandas.DataFrame(cell.to_dicts())` and `polars.DataFrame(cell.to_dicts())` are their table. While the answer
        streams these are the records so far. Raises ValueError if the answer is not a list of records.
        """
        return self._stream.document.version.to_dicts()

    # -- waiting ------------------------------------------------------------------------------------------------------

    def result(self, timeout: float | None = None) -> str:
        """Block until the answer is complete, and return its text.

        Ctrl-C (or Jupyter's interrupt) stops the stream and raises KeyboardInterrupt; the text so far stays in `.text`.

        Raises:
            StreamCellError: if the answer failed, with what the error card shows; `Stopped` if it was stopped.
            TimeoutError: after `timeout` seconds. The stream continues.
            RuntimeError: if the answer is read from an iterator on this thread's event loop, which waiting here would
                block. Use `await cell`.
        """
        self._check_blocking("result()")
        settled = self._stream.settled
        with self._waiting():
            try:
                concurrent.futures.wait((settled,), timeout)
            except KeyboardInterrupt:
                self.stop()
                raise
        if not settled.done():
            raise TimeoutError(f"the answer did not finish within {timeout} s and continues to stream: see .status")
        return self._outcome(settled)

    def __await__(self) -> Generator[Any, None, str]:
        """Wait until the answer is complete, and return its text; see `wait`."""
        return self.wait().__await__()

    async def wait(self) -> str:
        """Wait until the answer is complete, and return its text.

        This is `await cell` as a coroutine, for functions that need one: `asyncio.create_task(cell.wait())`, a task
        group, `asyncio.run(cell.wait())`. Cancelling it stops the stream, unless other code waits for the answer too.

        Raises:
            StreamCellError: if the answer failed, with what the error card shows; `Stopped` if it was stopped.
            RuntimeError: if no asyncio event loop is running. Under trio use
                `await trio.to_thread.run_sync(cell.result)`.
        """
        _check_asyncio()
        settled = self._stream.settled
        with self._waiting():
            try:
                await asyncio.shield(asyncio.wrap_future(_outcome_of(settled)))
            except asyncio.CancelledError:
                self._left(settled)
                raise
        return self._outcome(settled)

    @property
    def future(self) -> concurrent.futures.Future[str]:
        """The current answer as a future, for `concurrent.futures.wait` and `as_completed`: its text, or its error.

        Callbacks run on their own thread. The future cannot be cancelled; `stop()` ends the answer.
        """
        self._read()
        future: concurrent.futures.Future[str] = concurrent.futures.Future()
        future.set_running_or_notify_cancel()

        def settle() -> None:
            error = settled.exception()
            if isinstance(error, StreamCellError):
                future.set_exception(error.fresh())
            else:
                future.set_result(settled.result())

        settled = self._stream.settled
        settled.add_done_callback(lambda _: elsewhere(settle, "streamcell-future"))
        return future

    def on_end(self, callback: Callable[[Self], object]) -> Callable[[], None]:
        """Call `callback(cell)` each time the answer has ended, for any reason; now, if it has ended already.

        After Retry or Continue the answer ends again, and the callback is called again; `cell.status` says how it
        ended. It runs on its own thread, and an exception that it raises goes to the logger `streamcell`. Returns a
        function that ends this. Raises TypeError if `callback` cannot be called.
        """
        if not callable(callback):
            raise TypeError(f"on_end takes a function of the cell, not {callback!r}")
        callbacks, called = [callback], threading.Event()
        self._call_follows(called)

        def call() -> None:
            for one in tuple(callbacks):
                try:
                    one(self)
                except BaseException:  # noqa: BLE001  # users' code may raise anything, SystemExit too
                    _log.exception("a callback of %r raised", self)
            called.set()

        self._stream.at_each_end(partial(elsewhere, call, "streamcell-callback"))
        return callbacks.clear

    def add_done_callback(self, callback: object) -> None:
        """Raise TypeError, for `asyncio.wait`, which takes tasks: an answer is no future. See `on_end` and `wait`."""
        del callback
        raise TypeError("asyncio.wait takes tasks: give it asyncio.create_task(cell.wait()). For a function: on_end()")

    def __iter__(self) -> Iterator[str]:
        """Yield the text of the current answer in pieces while it streams; the first piece is all the text so far.

        The loop ends with the answer. Ctrl-C while it waits stops the stream; leaving the loop does not. If the
        provider corrects its text at the end, `.text` is correct and the joined pieces may not be. Raises
        StreamCellError and RuntimeError as `result()` does.
        """
        self._check_blocking("a loop over its text")
        woken = threading.Event()
        with self._waiting(), self._stream.watched(woken.set):
            for piece in self._pieces(woken.clear):
                if piece:
                    yield piece
                    continue
                try:
                    while not woken.wait(_LOOK):
                        self._stream.check_alive()
                except KeyboardInterrupt:
                    self.stop()
                    raise

    async def __aiter__(self) -> AsyncIterator[str]:
        """Yield the text of the current answer in pieces while it streams, see `__iter__`.

        Cancelling it while it waits stops the stream, unless other code waits for the answer too.
        """
        _check_asyncio()
        loop, woken, settled = asyncio.get_running_loop(), asyncio.Event(), self._stream.settled

        def wake() -> None:
            with contextlib.suppress(RuntimeError):  # the loop was closed
                loop.call_soon_threadsafe(woken.set)

        with self._waiting(), self._stream.watched(wake):
            for piece in self._pieces(woken.clear):
                if piece:
                    yield piece
                    continue
                try:
                    await woken.wait()
                except asyncio.CancelledError:
                    self._left(settled)
                    raise

    def _pieces(self, clear: Callable[[], None]) -> Iterator[str]:
        """Yield the text that was added since the last step, "" if none was. Ends with the answer, or raises its error.

        `clear` is called before each look, so that a wake-up after it is not lost.
        """
        stream = self._stream
        settled, number, known = stream.settled, len(stream.document.former), ""
        while True:
            clear()
            ended = settled.done()
            version = stream.document.versions[number]
            if len(version.text) > len(known):
                known, piece = version.text, version.text[len(known) :]
                yield piece
            elif ended:  # the end has been published, so `.status` shows it too
                self._outcome(settled)
                return
            else:
                yield ""

    def _outcome(self, settled: concurrent.futures.Future[str]) -> str:
        """Return the text of an answer that has ended, or raise a fresh copy of its error."""
        error = settled.exception()
        if not isinstance(error, StreamCellError):
            return settled.result()
        self._raised = error
        raise error.fresh()

    def _read(self) -> None:
        """Take note that code has asked for the answer. A cell is then not printed by itself."""

    def _call_follows(self, called: threading.Event) -> None:
        """Take note that code has asked for a call at the end of the answer. `called` is set after it."""

    @contextlib.contextmanager
    def _waiting(self) -> Iterator[None]:
        self._read()
        with self._lock:
            self._waiters += 1
        try:
            yield
        finally:
            with self._lock:
                self._waiters -= 1

    def _left(self, settled: concurrent.futures.Future[str]) -> None:
        """Stop the answer after its waiter was cancelled, unless it has ended or something else waits for it."""
        with self._lock:
            alone = self._waiters == 1
        if alone and not settled.done():
            self._stream.post(Stop())

    def _check_blocking(self, what: str) -> None:
        if self._stream.needs(running_loop()) and not self._stream.settled.done():
            raise RuntimeError(
                f"this answer is read on this thread's event loop, which {what} would block: use `await cell`, "
                "or give stream_cell a callable that makes the iterator"
            )

    # -- commands -----------------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """Stop the answer: the HTTP response is closed immediately, the text is kept. After the end it does nothing."""
        self._stream.take(Stop())

    def retry(self, *, model: str | None = None, instructions: str | None = None, **params: Unpack[Parameters]) -> None:
        """Ask again; the answer so far is kept as a version.

        With arguments, something is changed for this one version: `cell.retry(model="…", temperature=0)`. They are as
        for `stream_cell`, a parameter that is None is left out, and `cell.versions[-1].changed` and the cell say what
        was changed. Without arguments the first request is made again.

        Raises ValueError if the source can be read only once (`retry_disabled_reason` says why), or if it cannot be
        asked with something changed; TypeError or ValueError for arguments that `stream_cell` would not accept; and
        RuntimeError while the answer is streaming: call `stop()` first.
        """
        # A traceback that shows locals must not show a key in extra_headers.
        own = {name: value for name, value in (("model", model), ("instructions", instructions)) if value is not None}
        changes, params = Veiled({**own, **params}), cast("Any", None)
        self._stream.check_alive()
        document = self._stream.document
        if document.retry_disabled_reason is not None:
            raise ValueError(document.retry_disabled_reason)
        if document.current.status not in TERMINAL and (changes or not document.can_hurry):
            raise RuntimeError("the answer is still streaming: call stop() first")
        if not changes:
            self._stream.take(Retry())
        elif self._again is None:
            name = next(iter(changes))
            raise ValueError(f"{name}= cannot be changed: {self._fixed}")
        else:
            source = self._again(changes)
            self._stream.ask_again(source, {name: _shown(value) for name, value in changes.items()})

    @property
    def changes_disabled_reason(self) -> str | None:
        """Why `retry` takes no arguments here, or None if it does."""
        return self._stream.document.retry_disabled_reason or self._fixed

    def resume(self) -> None:
        """Continue an answer that was interrupted or stopped, or that reached its token limit, from its last token.

        `resumable` says how: `exact` if the provider still has the rest (a background response); `prefix` or
        `continued` with another request, which costs what a request costs. Raises ValueError if the answer cannot be
        resumed.
        """
        self._stream.check_alive()
        if self._stream.document.resume is None:
            raise ValueError("this answer cannot be resumed: it is complete, still streaming, or without text")
        self._stream.take(Resume())

    def select(self, index: int) -> None:
        """Show version `index` in the page and in the traits; 0 is the oldest, negative numbers count from the end.

        Raises IndexError if there is no such version, and RuntimeError while an answer is streaming.
        """
        count = len(self.versions)
        if not -count <= index < count:
            raise IndexError(f"there are {count} versions, numbered from 0; {index} is not one of them")
        if self._stream.document.current.status not in TERMINAL:
            raise RuntimeError("a former version can be shown when the answer has ended: call stop() first")
        self._stream.take(Select(index % count))

    def play(self, speed: Speed | None = None) -> None:
        """Play the recording that this cell replays: go on after a pause, or at another `speed`, see `stream_cell`.

        None keeps the speed. Raises ValueError if the cell replays no recording.
        """
        pace = self._replayed()
        self._stream.take(SetPace(Pace(pace.speed) if speed is None else pace_of(speed)))

    def pause(self) -> None:
        """Pause the replay. Raises ValueError if the cell replays no recording."""
        self._stream.take(SetPace(Pace(self._replayed().speed, playing=False)))

    def step(self) -> None:
        """Play the next chunk of the recording, and pause. Raises ValueError if the cell replays no recording."""
        self._replayed()
        self._stream.take(TakeStep())

    def _replayed(self) -> Pace:
        self._stream.check_alive()
        pace = self._stream.document.replay
        if pace is None:
            raise ValueError("this cell replays no recording: give stream_cell replay=")
        return pace

    def act(self, part: int, action: str, value: Any = None) -> None:
        """Do what the page's buttons do, to the part with index `part` (0-based) of the version that is shown.

        A tool call that waits for approval accepts `"run"`, `"deny"`, `"always"` (run this tool without asking for the
        rest of the answer) and `"edit"`, with the new arguments as JSON text in `value`. Raises ValueError if the part
        does not accept the action now.
        """
        self._stream.check_alive()
        parts = self._stream.document.version.parts
        if not 0 <= part < len(parts) or parts[part].act(action, value) is None:
            raise ValueError(f"part {part} does not take {action!r} now")
        self._stream.take(Act(part, action, value))


def _shown(value: Any) -> Any:
    """Return the value of a parameter as a version shows it: of what has an inside, only that it was given.

    So nothing is shown of the parameters whose values are secret: headers, the address's query, more of the body.
    """
    if value is None or is_left_out(value):
        return None
    if isinstance(value, str):
        return without_secrets(value)
    return value if isinstance(value, (bool, int, float)) else "…"


def _title(prompt: str) -> str:
    """Return the start of a prompt in one line, for the history."""
    return " ".join(without_keys(prompt[:1000]).split())[:100]


def _outcome_of(settled: concurrent.futures.Future[str]) -> concurrent.futures.Future[None]:
    """Return a future that ends with `settled` but holds no error: asyncio prints an error that nobody retrieves."""
    ended: concurrent.futures.Future[None] = concurrent.futures.Future()
    settled.add_done_callback(lambda _: ended.set_result(None) if ended.set_running_or_notify_cancel() else None)
    return ended


def _check_asyncio() -> None:
    if running_loop() is None:
        raise RuntimeError(
            "an answer is awaited on an asyncio event loop, and none runs here: under trio use "
            "`await trio.to_thread.run_sync(cell.result)`"
        )


def running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
