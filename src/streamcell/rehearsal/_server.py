"""The rehearsal server: a thread with its own event loop, which any thread can start and stop."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import socket
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING

from ._exchanges import Exchange, ExchangeLog
from ._rate_limits import RateLimits
from ._steps import Timing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from types import TracebackType

    from typing_extensions import Self

    from ._handler import Stage

_HOST = "127.0.0.1"

# A stop closes connections without waiting for anyone. If it takes longer, something is seriously wrong.
_STOP_SECONDS = 5.0


class RehearsalServer:
    """An OpenAI-compatible server on 127.0.0.1 that answers from scripts: no key, no model, no network.

    It runs on its own daemon thread. Start it with `start()` or as a context manager. Clients connect to `base_url`,
    with any key or none.

    Args:
        port: The port to listen on; 0: a free one.
        rate: Tokens per second; 0: as fast as the client reads them.
        first_token: Seconds from the request to the first token.
        jitter: The fraction, from 0 to 1, by which waits are randomly longer or shorter.
        requests: Requests per minute; above that they are refused with HTTP 429; None: any number.
        tokens: Tokens per minute, likewise.
        max_concurrency: Answers that stream at once, likewise.
        minute: The seconds in a minute of these limits. A small number makes them quick to test.
        demo: Also serve a page at `demo_url` that shows answers with `<stream-markdown>`.
        seed: The random seed of every request; None: a new one for each.

    A request can override these settings: `model="rehearsal?rate=200&seed=7"`.

    Raises:
        ValueError: A timing is negative or not a number, the jitter is over 1, a limit is not above 0, or `port` is
            not a port number.
    """

    def __init__(
        self,
        port: int = 0,
        rate: float = 40.0,
        first_token: float = 0.25,
        jitter: float = 0.3,
        seed: int | None = None,
        *,
        requests: int | None = None,
        tokens: int | None = None,
        max_concurrency: int | None = None,
        minute: float = 60.0,
        demo: bool = False,
    ) -> None:
        if not 0 <= port <= 65535:
            raise ValueError(f"port must be from 0 to 65535, not {port}")
        for name, limit in {
            "requests": requests,
            "tokens": tokens,
            "max_concurrency": max_concurrency,
            "minute": minute,
        }.items():
            if limit is not None and not limit > 0:
                raise ValueError(f"{name} must be above 0, not {limit!r}")
        self._wanted_port = port
        self._demo = demo
        self._stage: Stage
        self._limits = RateLimits(requests, tokens, max_concurrency, minute)
        self._timing = Timing(rate=rate, first_token=first_token, jitter=jitter, seed=seed)
        self._log = ExchangeLog()
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None
        self._port = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._closed: socket.socket | None = None

    def start(self) -> Self:
        """Start to listen, and return the server. Does nothing if it is running already.

        Raises:
            ImportError: tornado is not installed.
            OSError: The port is taken, or the demo page was asked for and the front end is not built.
        """
        with self._guard:
            if self.running:
                return self
            _require_tornado()
            pages = self._pages()
            # Bound here, so that the caller gets the exception if the port is taken.
            listener = _listen(self._wanted_port)
            self._port = listener.getsockname()[1]
            ready: Future[None] = Future()
            self._thread = threading.Thread(
                target=lambda: asyncio.run(self._serve(listener, ready, pages)),
                name="streamcell-rehearsal",
                daemon=True,
            )
            self._thread.start()
            ready.result()
        return self

    def stop(self) -> None:
        """Close all connections and stop. Running answers are cut off; does nothing if the server is not running."""
        with self._guard:
            thread, self._thread = self._thread, None
            if thread is None or not thread.is_alive() or self._loop is None or self._stop is None:
                return
            with contextlib.suppress(RuntimeError):  # the loop ended just now
                self._loop.call_soon_threadsafe(self._stop.set)
            thread.join(_STOP_SECONDS)
            if self._closed is not None:
                self._closed.close()
                self._closed = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def running(self) -> bool:
        """Whether the server is listening."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def port(self) -> int:
        """The port that it listens on; 0 before the first start."""
        return self._port

    @property
    def base_url(self) -> str:
        """The address for a client's `base_url` or for OPENAI_BASE_URL.

        Raises:
            RuntimeError: The server has not been started.
        """
        if not self._port:
            raise RuntimeError("the rehearsal server has no address before start()")
        return f"http://{_HOST}:{self._port}/v1"

    @property
    def demo_url(self) -> str:
        """The address of the demo page, which is served with `demo=True`.

        Raises:
            RuntimeError: The server has not been started.
        """
        return self.base_url.removesuffix("v1")

    def url_for(self, model: str) -> str:
        """The address for `model`: `base_url`, except for `rehearsal/refused`, which gets one where nothing listens."""
        if model.partition("?")[0] != "rehearsal/refused":
            return self.base_url
        if self._closed is None:
            # Bound but not listening: no other program gets the port, and connections to it are refused.
            self._closed = socket.socket()
            self._closed.bind((_HOST, 0))
        return f"http://{_HOST}:{self._closed.getsockname()[1]}/v1"

    @property
    def exchanges(self) -> list[Exchange]:
        """The last requests and what was sent for them so far, oldest first; bounded."""
        return self._log.read()

    def wait_for(self, predicate: Callable[[Exchange], bool], timeout: float = 10.0) -> Exchange:
        """Wait until an exchange satisfies `predicate`, and return it.

        Args:
            predicate: Called with each exchange, and again when one has changed.
            timeout: The most seconds to wait.

        Raises:
            TimeoutError: No exchange did in that time; the message lists the exchanges.
        """
        return self._log.wait_for(predicate, timeout)

    def _pages(self) -> Mapping[str, Path]:
        if not self._demo:
            return {}
        from ._demo import files

        return files()

    async def _serve(self, listener: socket.socket, ready: Future[None], pages: Mapping[str, Path]) -> None:
        try:
            from ._app import Bounded, make_app
            from ._handler import Stage

            self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
            self._stage = Stage(self._timing, self._log, self._limits)
            http = Bounded(make_app(self._stage, pages))
            http.add_socket(listener)
        except BaseException as error:  # noqa: BLE001
            ready.set_exception(error)  # start() raises it
            return
        ready.set_result(None)
        await self._stop.wait()
        http.stop()
        self._log.close()
        await http.close_all_connections()


def _require_tornado() -> None:
    try:
        import tornado  # noqa: F401
    except ModuleNotFoundError as error:
        raise ImportError(
            "The rehearsal server needs tornado, which every Jupyter environment has: pip install tornado"
        ) from error


def _listen(port: int) -> socket.socket:
    listener = socket.create_server((_HOST, port))
    listener.setblocking(False)
    return listener


_shared: RehearsalServer | None = None
_shared_guard = threading.Lock()


def shared() -> RehearsalServer:
    """The process's one embedded server, started on first use and stopped when the interpreter exits.

    Raises:
        ImportError: tornado is not installed.
    """
    global _shared  # noqa: PLW0603 - one for the process is the point
    with _shared_guard:
        if _shared is None:
            _shared = RehearsalServer()
            atexit.register(_shared.stop)
        # After a fork the thread does not exist in the child, so a new one is started.
        return _shared.start()
