"""The HTTP side: tornado handlers that read requests, sleep as scripts say, and write what the wire gives."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter, OrderedDict
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, cast
from urllib.parse import unquote
from uuid import uuid4

from tornado.web import Application, RequestHandler

from ._exchanges import Exchange, ExchangeLog, Record, without_secrets
from ._rate_limits import RateLimits
from ._request import Asked, Body, RefusedError, Turn, decode, read_chat, read_responses
from ._scenarios import choose, model_names, whole, write_script
from ._steps import Cut, End, Piece, Stall, Step, Timing, schedule
from ._wire import Stamp, Wire, wire

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tornado.http1connection import HTTP1Connection

# A sleep shorter than this costs more than it orders: rates of thousands a second send some tokens, then sleep.
_LEAST_SLEEP = 0.002

# How many events may be written before other connections, and the close of this one, are looked at.
_EVENTS_A_TURN = 16

_MODELS_CREATED = 1_767_225_600  # the first of January 2026

# Background responses that can be taken up.
_BACKGROUND_KEPT = 256

# Conversations that `previous_response_id` can go on with.
_CONVERSATIONS_KEPT = 256

_ExcInfo = tuple[type[BaseException] | None, BaseException | None, TracebackType | None]


@dataclass(frozen=True)
class Going:
    """A background response: its events and when each falls due, on the loop's clock, whoever listens."""

    began: float
    events: tuple[tuple[float, bytes, str], ...]


@dataclass
class Stage:
    """What the handlers of one server share."""

    timing: Timing
    log: ExchangeLog
    limits: RateLimits = field(default_factory=RateLimits)
    conversations: OrderedDict[str, tuple[Turn, ...]] = field(default_factory=OrderedDict)
    background: OrderedDict[str, Going] = field(default_factory=OrderedDict)
    asked: Counter[str] = field(default_factory=Counter)
    # Seeds of answers that name none: nothing secret is drawn here.
    lots: random.Random = field(default_factory=random.Random)

    def remember(self, response_id: str, turns: tuple[Turn, ...]) -> None:
        """Let a later request go on from this response."""
        self.conversations[response_id] = turns
        while len(self.conversations) > _CONVERSATIONS_KEPT:
            self.conversations.popitem(last=False)


def make_app(stage: Stage) -> Application:
    """The application of one server."""
    given = {"stage": stage}
    return Application(
        [
            (r"/v1/models", _Models, given),
            (r"/v1/models/(.+)", _Model, given),
            (r"/v1/chat/completions", _Answer, {**given, "reader": read_chat}),
            (r"/v1/responses", _Answer, {**given, "reader": read_responses}),
            (r"/v1/responses/([^/]+)", _TakenUp, given),
        ],
        default_handler_class=_NoSuchRoute,
        default_handler_args=given,
        # In a notebook, tornado's access log would print each refused request into a cell.
        log_function=lambda _: None,
    )


class _Handler(RequestHandler):
    allowed: ClassVar[str] = "GET"
    body: Body
    record: Record

    def initialize(self, stage: Stage) -> None:
        self.stage = stage
        self.began = time.monotonic()
        self.request_id = f"req_{uuid4().hex}"
        self.body = {}
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        # An answer that fails in any way ends its exchange, so the exchange begins before anything can fail.
        self.record = stage.log.begin(
            Exchange(
                path=unquote(self.request.path),
                model="",
                stream=False,
                headers=without_secrets(dict(self.request.headers)),
                request_id=self.request_id,
                body=self.body,
                method=self.request.method or "",
            )
        )

    def prepare(self) -> None:
        self.common_headers()

    def common_headers(self) -> None:
        self.set_header("x-request-id", self.request_id)
        self.set_header("openai-version", "2020-10-01")
        self.set_header("openai-processing-ms", str(round((time.monotonic() - self.began) * 1000)))

    def compute_etag(self) -> None:
        return None

    @property
    def gone(self) -> bool:
        """Whether the client has left, even if tornado has not called back yet."""
        return self.closed.done() or cast("HTTP1Connection", self.request.connection).stream.closed()

    def on_connection_close(self) -> None:
        # Whatever the script waits for is waited for no longer; finish() records how this ended.
        if not self.closed.done():
            self.closed.set_result(None)

    def finish(self, chunk: str | bytes | dict[str, Any] | None = None) -> asyncio.Future[None]:
        # Recorded first: a client that has read its answer finds it recorded.
        self.record.update(ended="closed_by_client" if self.gone else "finished", status=self.get_status())
        return super().finish(chunk)

    def finish_json(self, value: object) -> None:
        self.set_header("content-type", "application/json")
        self.finish(json.dumps(value, ensure_ascii=False, indent=2).encode("utf-8"))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        exc_info: _ExcInfo = kwargs.get("exc_info", (None, None, None))
        refused = exc_info[1]
        if not isinstance(refused, RefusedError):
            refused = self._refusal(status_code)
        self.set_status(refused.status)
        self.common_headers()
        if refused.retry_after is not None:
            self.set_header("retry-after", f"{refused.retry_after:g}")
        if refused.status == 405:
            self.set_header("allow", self.allowed)
        kind = "invalid_request_error" if refused.status < 500 else "server_error"
        error = {"message": str(refused), "type": kind, "param": refused.param, "code": refused.code}
        self.finish_json({"error": error})

    def _refusal(self, status: int) -> RefusedError:
        if status == 405:
            message = f"Not allowed to {self.request.method} on {self.request.path}."
            return RefusedError(message, status=status, code="method_not_supported")
        return RefusedError("The server had an error while processing your request.", status=status)

    def log_exception(
        self,
        typ: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        if not isinstance(value, RefusedError):
            super().log_exception(typ, value, tb)


class _NoSuchRoute(_Handler):
    def prepare(self) -> None:
        raise RefusedError(f"Invalid URL ({self.request.method} {self.request.path})", status=404)


class _Models(_Handler):
    def get(self) -> None:
        self.finish_json({"object": "list", "data": [_model(name) for name in model_names()]})


class _Model(_Handler):
    def get(self, name: str) -> None:
        choose(name)
        self.finish_json(_model(name))


def _model(name: str) -> dict[str, object]:
    return {"id": name, "object": "model", "created": _MODELS_CREATED, "owned_by": "streamcell"}


class _Answer(_Handler):
    allowed = "POST"

    def initialize(self, stage: Stage, reader: Callable[[Body], Asked] = read_chat) -> None:
        super().initialize(stage)
        self.reader = reader
        self.unyielded = 0

    async def post(self) -> None:
        self.body = decode(self.request.body)
        model = self.body.get("model")
        self.record.update(
            body=self.body, model=model if isinstance(model, str) else "", stream=self.body.get("stream") is True
        )
        asked = self._with_history(self.reader(self.body))
        asked = replace(asked, before=self.stage.asked[asked.model])
        self.stage.asked[asked.model] += 1
        script = write_script(asked, self.stage.timing, seed=self.stage.lots.getrandbits(32))
        tokens = asked.input_tokens + (asked.limit or 0)
        for name, value in self.stage.limits.headers(tokens, time.monotonic()).items():
            self.set_header(name, value)
        stamp = Stamp(token=uuid4().hex + uuid4().hex[:16], created=int(time.time()))
        answer = wire(asked, self.body, stamp)
        if asked.background:
            self._go_on(script, asked, stamp)
        if asked.stream:
            self.set_header("content-type", "text/event-stream; charset=utf-8")
            self.set_header("cache-control", "no-cache")
            # Each token is a small write: Nagle's algorithm would hold it back for the acknowledgement of the last.
            cast("HTTP1Connection", self.request.connection).stream.set_nodelay(True)
        if not await self._play(script, answer, streaming=asked.stream):
            return
        if self.body.get("store", True):
            text = "".join(step.text for step in script if isinstance(step, Piece))
            self.stage.remember(answer.id, (*asked.turns, Turn("assistant", text)))
        if asked.stream:
            self.finish()
            return
        self.common_headers()
        self.record.sent("".join(step.text for step in script if isinstance(step, Piece)))
        self.finish_json(answer.whole())

    def _go_on(self, script: Sequence[Step], asked: Asked, stamp: Stamp) -> None:
        """Let the answer go on whatever becomes of this connection."""
        answer = wire(asked, self.body, stamp)
        events = tuple(
            (due, answer.encode(event), step.text if isinstance(step, Piece) and "delta" in event else "")
            for due, step in schedule(whole(script, asked))
            for event in answer.feed(step, due)
        )
        self.stage.background[answer.id] = Going(asyncio.get_running_loop().time(), events)
        while len(self.stage.background) > _BACKGROUND_KEPT:
            self.stage.background.popitem(last=False)

    def _with_history(self, asked: Asked) -> Asked:
        if asked.previous_response_id is None:
            return asked
        earlier = self.stage.conversations.get(asked.previous_response_id)
        if earlier is None:
            raise RefusedError(
                f"Previous response with id '{asked.previous_response_id}' not found.",
                param="previous_response_id",
                code="previous_response_not_found",
            )
        return replace(asked, turns=(*earlier, *asked.turns))

    async def _play(self, script: Sequence[Step], answer: Wire, *, streaming: bool) -> bool:
        """Do what the script says, when it says it; give whether the client stayed to the end."""
        loop = asyncio.get_running_loop()
        start = loop.time()
        for due, step in schedule(script):
            ahead = start + due - loop.time()
            if isinstance(step, Stall):
                await self._pause(step.seconds)
                start = loop.time() - due
            elif ahead > _LEAST_SLEEP:
                await self._pause(ahead)
            if self.gone:
                return False
            flushed = None
            if streaming and isinstance(step, Piece):
                self.record.sent(step.text)
            for event in answer.feed(step, due):
                if streaming:
                    flushed = self._send(answer.encode(event))
            if isinstance(step, (End, Cut)):
                # No turn of the loop between the end mark and the end: a client that leaves at the mark has seen all.
                return True
            if flushed is not None:
                await self._make_way(flushed)
        return True

    def _send(self, event: bytes) -> asyncio.Future[None]:
        if not self._headers_written:
            self.common_headers()
        self.write(event)
        return self.flush()

    async def _make_way(self, flushed: asyncio.Future[None]) -> None:
        """Let a slow client read, and others have their turn."""
        self.unyielded += 1
        if not flushed.done():
            await asyncio.wait({flushed, self.closed}, return_when=asyncio.FIRST_COMPLETED)
        elif self.unyielded >= _EVENTS_A_TURN:
            await asyncio.sleep(0)
        else:
            return
        self.unyielded = 0

    async def _pause(self, seconds: float) -> None:
        """Sleep, but no longer than the client stays."""
        await asyncio.wait({self.closed}, timeout=seconds)
        self.unyielded = 0


class _TakenUp(_Handler):
    """`GET /v1/responses/{id}?stream=true&starting_after=n`: a background response from its event n + 1 on."""

    async def get(self, name: str) -> None:
        going = self.stage.background.get(name)
        if going is None:
            raise RefusedError(f"Response with id '{name}' not found.", status=404, code="response_not_found")
        after = self.get_query_argument("starting_after", "-1")
        if not after.lstrip("-").isdecimal():
            raise RefusedError("'starting_after' must be a whole number.", param="starting_after")
        self.record.update(stream=True)
        self.set_header("content-type", "text/event-stream; charset=utf-8")
        loop = asyncio.get_running_loop()
        for due, event, text in going.events[int(after) + 1 :]:
            ahead = going.began + due - loop.time()
            if ahead > 0:
                await asyncio.wait({self.closed}, timeout=ahead)
            if self.gone:
                return
            if not self._headers_written:
                self.common_headers()
            self.record.sent(text)
            self.write(event)
            await self.flush()
        self.finish()
