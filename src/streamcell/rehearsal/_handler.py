"""What all handlers of one server share: the record of the request, headers, and error responses."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import time
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, cast
from urllib.parse import unquote
from uuid import uuid4

from tornado.web import RequestHandler

from ._exchanges import Exchange, ExchangeLog, Record, without_secrets
from ._guests import refusal_of
from ._kept import Kept
from ._rate_limits import RateLimits
from ._request import Asked, Body, RefusedError, Turn
from ._steps import Timing
from ._wire import Stamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tornado.http1connection import HTTP1Connection

# Background responses that can be resumed.
_BACKGROUND_KEPT = 256

# Questions whose attempts are counted.
_QUESTIONS_KEPT = 1_000

# Conversations that `previous_response_id` can continue.
_CONVERSATIONS_KEPT = 256

# Characters in all conversations, and in all background responses.
_SIZE_KEPT = 32 * 1024 * 1024

_ExcInfo = tuple[type[BaseException] | None, BaseException | None, TracebackType | None]


@dataclass(frozen=True)
class Going:
    """A background response, which continues without a client: what all its attempts share, and its start."""

    asked: Asked
    body: Body
    stamp: Stamp
    seed: int
    began: float


@dataclass
class Stage:
    """What the handlers of one server share."""

    timing: Timing
    log: ExchangeLog
    limits: RateLimits = field(default_factory=RateLimits)
    conversations: Kept[tuple[Turn, ...]] = field(default_factory=lambda: Kept(_CONVERSATIONS_KEPT, _SIZE_KEPT))
    background: Kept[Going] = field(default_factory=lambda: Kept(_BACKGROUND_KEPT, _SIZE_KEPT))
    attempts: Kept[int] = field(default_factory=lambda: Kept(_QUESTIONS_KEPT, _QUESTIONS_KEPT))
    # Seeds for answers without one. They need not be unpredictable.
    lots: random.Random = field(default_factory=random.Random)

    def remember(self, response_id: str, turns: tuple[Turn, ...]) -> None:
        """Keep the conversation, so that a later request can continue it after this response."""
        self.conversations.put(response_id, turns, _size(turns))

    def attempt(self, asked: Asked) -> Asked:
        """The request with the number of earlier attempts; this one counts from now on."""
        # A digest, because a question can be as long as a request.
        question = hashlib.sha256(repr(asked.question).encode()).hexdigest()
        before = self.attempts.get(question) or 0
        self.attempts.put(question, before + 1, 1)
        return replace(asked, before=before)

    def keep(self, response_id: str, going: Going) -> None:
        """Keep a background response, so that a later request can resume it."""
        self.background.put(response_id, going, _size(going.asked.turns) + len(json.dumps(going.body)))


def _size(turns: tuple[Turn, ...]) -> int:
    return sum(len(turn.text) for turn in turns)


class Handler(RequestHandler):
    allowed: ClassVar[str] = "GET"
    body: Body
    record: Record
    limit_headers: Mapping[str, str] = MappingProxyType({})

    def initialize(self, stage: Stage) -> None:
        self.stage = stage
        self.began = time.monotonic()
        self.request_id = f"req_{uuid4().hex}"
        self.body = {}
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        # The exchange begins before anything can fail, because an answer that fails must end its exchange.
        self.record = stage.log.begin(
            Exchange(
                path=unquote(self.request.path),
                model="",
                stream=False,
                headers=without_secrets(dict(self.request.headers)),
                request_id=self.request_id,
                body=self.body,
                method=self.request.method or "",
            ),
            size=len(self.request.body) + len(self.request.uri or "") + sum(map(len, self.request.headers.values())),
        )

    def prepare(self) -> None:
        refusal = refusal_of(self.request.headers)
        if refusal is not None:
            raise RefusedError(refusal, status=403, code="forbidden")
        self.common_headers()

    def common_headers(self) -> None:
        for name, value in self.limit_headers.items():
            self.set_header(name, value)
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
        # The script no longer waits for anything; finish() records how it ended.
        if not self.closed.done():
            self.closed.set_result(None)

    def finish(self, chunk: str | bytes | dict[str, Any] | None = None) -> asyncio.Future[None]:
        # Recorded first, so that a client that has read the answer finds it in the record.
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
        for name, value in refused.headers.items():
            seconds = value.removeprefix("date+")
            moment = value if seconds == value else formatdate(time.time() + float(seconds), usegmt=True)
            self.set_header(name, moment)
        if refused.status == 405:
            self.set_header("allow", self.allowed)
        if refused.page is not None:
            self.set_header("content-type", "text/html")
            self.finish(refused.page)
            return
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
