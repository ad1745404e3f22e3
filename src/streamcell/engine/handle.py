"""The handle of an answer: waiting for it, reading it as it comes, and its commands. No widget."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import logging
import threading
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from typing import TYPE_CHECKING, Any, Final

from .._errors import StreamCellError
from ..answer.document import Version
from ..answer.inputs import Act, Resume, Retry, Select, Stop
from ..answer.parts import Part
from ..answer.status import TERMINAL
from ..request.request import Request
from .log import Log
from .observers import elsewhere

if TYPE_CHECKING:
    from typing_extensions import Self

    from .stream import Stream

__all__ = ["Answer", "running_loop"]

_log = logging.getLogger("streamcell")

_LOOK: Final = 1.0  # seconds after which who waits for text looks whether anybody is there to bring it


class Answer:
    """An answer that streams: its result, its text as it comes, its versions, and what can be done with it."""

    def __init__(self, stream: Stream, request: Request | None) -> None:
        self._stream = stream
        self._request = request
        self._raised: BaseException | None = None
        self._waiters = 0
        self._lock = threading.Lock()

    # -- what there is ------------------------------------------------------------------------------------------------

    @property
    def versions(self) -> tuple[Version, ...]:
        """Every version of the answer, oldest first, as immutable values; the last is the current one."""
        return self._stream.document.versions

    @property
    def request(self) -> Request | None:
        """What was asked, or None where an iterator was given instead of a prompt."""
        return self._request

    @property
    def log(self) -> Log:
        """What happened, in order: each attempt, response and chunk with its time; bounded, and without secrets.

        `cell.log.to_jsonl()` gives it as JSON Lines. The same goes to the standard logger `streamcell`, and where
        OpenTelemetry is installed each attempt is a span.
        """
        return self._stream.log

    @property
    def parts(self) -> tuple[Part, ...]:
        """The answer's parts in their order: text, reasoning, sources and so on, as immutable values.

        A text that was cut off and taken up again is more than one part of text; each says how, see `resumed`.
        """
        return self._stream.document.version.parts

    # -- waiting ------------------------------------------------------------------------------------------------------

    def result(self, timeout: float | None = None) -> str:
        """Block until the answer is whole and return its text.

        Ctrl-C (or Jupyter's interrupt) stops the stream and raises KeyboardInterrupt; the text so far stays in `.text`.
        After `timeout` seconds it raises TimeoutError, and the stream continues. Raises the StreamCellError that the
        card shows, `Stopped` after a stop. Where the answer's iterator lives on this thread's event loop, waiting here
        would block it, so RuntimeError is raised: use `await cell`.
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
        """Wait until the answer is whole and return its text, see `wait`."""
        return self.wait().__await__()

    async def wait(self) -> str:
        """Wait until the answer is whole and return its text; raise what the card shows.

        This is `await cell` as a coroutine, for what wants one: `asyncio.create_task(cell.wait())`, a task group,
        `asyncio.run(cell.wait())`. Cancelling it stops the stream, unless somebody else waits for the answer too.
        Raises RuntimeError where no asyncio loop runs, as under trio: `await trio.to_thread.run_sync(cell.result)`.
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
        """The present answer as a future, for `concurrent.futures.wait` and `as_completed`: its text, or its error.

        Its callbacks run on a thread of their own. It cannot be cancelled; `stop()` ends the answer.
        """
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

    def add_done_callback(self, callback: Callable[[Self], object]) -> None:
        """Call `callback(cell)` once the present answer has ended, however that was; at once if it has.

        It runs on a thread of its own, and what it raises goes to the logger `streamcell`. Raises TypeError for the
        callback of `asyncio.wait`, which takes tasks.
        """
        if getattr(callback, "__module__", None) == "asyncio.tasks":
            raise TypeError("asyncio.wait takes tasks: give it asyncio.create_task(cell.wait())")

        def call() -> None:
            try:
                callback(self)
            except BaseException:  # noqa: BLE001  # users' code may raise anything, SystemExit too
                _log.exception("a done callback of %r raised", self)

        self._stream.settled.add_done_callback(lambda _: elsewhere(call, "streamcell-callback"))

    def __iter__(self) -> Iterator[str]:
        """Give the text of the present answer in pieces, as it comes; the first has all that has come before.

        It ends with the answer, and raises what the card shows where that is not whole. Ctrl-C while it waits stops
        the stream; leaving the loop does not. Where the provider corrects its text at the end, `.text` is right and the
        pieces may not be. Raises RuntimeError where `result()` does.
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
        """Give the text of the present answer in pieces, as it comes, see `__iter__`.

        Cancelling it while it waits stops the stream, unless somebody else waits for the answer too.
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
        """What has come since the last look; empty where there is nothing yet. Ends, or raises, with the answer."""
        stream = self._stream
        settled, number, known = stream.settled, len(stream.document.former), ""
        while True:
            clear()
            ended = settled.done()
            version = stream.document.versions[number]
            if len(version.text) > len(known):
                known, piece = version.text, version.text[len(known) :]
                yield piece
            elif ended:  # and so published: `.status` says it too
                self._outcome(settled)
                return
            else:
                yield ""

    def _outcome(self, settled: concurrent.futures.Future[str]) -> str:
        """The text of an answer that has ended, or its error as one that nobody has raised before."""
        error = settled.exception()
        if not isinstance(error, StreamCellError):
            return settled.result()
        self._raised = error
        raise error.fresh()

    @contextlib.contextmanager
    def _waiting(self) -> Iterator[None]:
        with self._lock:
            self._waiters += 1
        try:
            yield
        finally:
            with self._lock:
                self._waiters -= 1

    def _left(self, settled: concurrent.futures.Future[str]) -> None:
        """Who waited was cancelled: the answer is stopped where nobody else waits for it, and it has not ended."""
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
        """End the answer here: the HTTP response is closed at once, the text stays. After the end it does nothing."""
        self._stream.take(Stop())

    def retry(self) -> None:
        """Ask again; the answer so far stays as a version.

        Raises ValueError where the source cannot be opened twice (`retry_disabled_reason` says why), and RuntimeError
        while an answer is still streaming: stop it first.
        """
        self._stream.check_alive()
        document = self._stream.document
        if document.retry_disabled_reason is not None:
            raise ValueError(document.retry_disabled_reason)
        if document.current.status not in TERMINAL and not document.can_hurry:
            raise RuntimeError("the answer is still streaming: call stop() first")
        self._stream.take(Retry())

    def resume(self) -> None:
        """Go on with an answer that was cut or stopped, or that ran into its limit of tokens, from its last token.

        `resumable` says how: `exact` where the provider still has the rest (a background response), else `continued`,
        by another request, which costs what a request costs. Raises ValueError where there is nothing to go on with.
        """
        self._stream.check_alive()
        if self._stream.document.resume is None:
            raise ValueError("this answer cannot be resumed: it is complete, still streaming, or without text")
        self._stream.take(Resume())

    def select(self, index: int) -> None:
        """Show version `index` (0-based, negative from the end), in the page and in the traits.

        Raises IndexError where there is no such version, and RuntimeError while an answer is streaming.
        """
        count = len(self.versions)
        if not -count <= index < count:
            raise IndexError(f"there are {count} versions, numbered from 0; {index} is not one of them")
        if self._stream.document.current.status not in TERMINAL:
            raise RuntimeError("a former version can be shown when the answer has ended: call stop() first")
        self._stream.take(Select(index % count))

    def act(self, part: int, action: str, value: Any = None) -> None:
        """Do what the page's buttons do to a part (0-based, of the version that is shown).

        A call of a tool that waits for approval takes `"run"`, `"deny"`, `"always"` (this tool, for the rest of the
        answer) and `"edit"`, with other arguments as JSON text. Raises ValueError where the part does not take it now.
        """
        self._stream.check_alive()
        parts = self._stream.document.version.parts
        if not 0 <= part < len(parts) or parts[part].act(action, value) is None:
            raise ValueError(f"part {part} does not take {action!r} now")
        self._stream.take(Act(part, action, value))


def _outcome_of(settled: concurrent.futures.Future[str]) -> concurrent.futures.Future[None]:
    """A future that ends with another and holds nothing: an error that nobody takes out is printed to stderr."""
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
