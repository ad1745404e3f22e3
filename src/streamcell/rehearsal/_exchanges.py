"""A bounded record of requests and of what was sent for them, which any thread can read and wait on."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Ended: TypeAlias = Literal["running", "finished", "closed_by_client", "closed_by_server"]

# Enough for a day of manual use and for any test; without their texts, exchanges are small.
KEPT = 1_000

# Characters in the whole record. Older exchanges are dropped; the newest one stays, whatever its size.
SIZE_KEPT = 32 * 1024 * 1024

# Headers that may contain a secret are left out by name, so that it is never kept.
_SECRET = ("auth", "cookie", "token", "secret", "key", "password", "credential")
_HARMLESS = {"idempotency-key"}


@dataclass(frozen=True)
class Exchange:
    """One request and its answer, as they were when they were read.

    Attributes:
        path: The request's path, without its query.
        model: The requested model; empty if there is none.
        stream: Whether a stream was requested.
        headers: The request's headers, lower-case, without those that may contain a secret.
        request_id: The `x-request-id` of the answer.
        body: The request's JSON; empty if there is none.
        text_sent: The answer's text so far.
        ended: "running"; "finished" after the whole script was sent; "closed_by_client" if the client left before;
            "closed_by_server" if the server was stopped before.
        status: The answer's HTTP status; 0 until it is known.
        method: The request's method.
    """

    path: str
    model: str
    stream: bool
    headers: Mapping[str, str]
    request_id: str
    body: Mapping[str, Any]
    text_sent: str = ""
    ended: Ended = "running"
    status: int = 0
    method: str = "POST"


class Record:
    """One exchange while it runs. The server's thread writes it, and any thread can read it."""

    def __init__(self, exchange: Exchange, changed: threading.Condition, size: int) -> None:
        self.size = size
        self._exchange = exchange
        self._changed = changed
        self._unread: list[str] = []

    def sent(self, text: str) -> None:
        """Add text that is being written."""
        with self._changed:
            if self._exchange.ended == "running":
                self._unread.append(text)
                self.size += len(text)
                self._changed.notify_all()

    def update(self, **fields: Any) -> None:
        """Set these fields, unless the exchange has ended."""
        with self._changed:
            if self._exchange.ended == "running":
                self._exchange = replace(self.read(), **fields)
                self._changed.notify_all()

    def read(self) -> Exchange:
        """The exchange at present. The caller must hold the lock."""
        if self._unread:
            # Joined only when it is read: joining at each token would take quadratic time.
            text = "".join([self._exchange.text_sent, *self._unread])
            self._exchange = replace(self._exchange, text_sent=text)
            self._unread.clear()
        return self._exchange


class ExchangeLog:
    """The last exchanges, oldest first."""

    def __init__(self) -> None:
        self._changed = threading.Condition(threading.RLock())
        self._records: deque[Record] = deque(maxlen=KEPT)

    def begin(self, exchange: Exchange, size: int = 0) -> Record:
        """Add an exchange, whose request has this size. The text of its answer is counted later."""
        record = Record(exchange, self._changed, size)
        with self._changed:
            self._records.append(record)
            used = sum(one.size for one in self._records)
            while used > SIZE_KEPT and len(self._records) > 1:
                used -= self._records.popleft().size
            self._changed.notify_all()
        return record

    def read(self) -> list[Exchange]:
        with self._changed:
            return [record.read() for record in self._records]

    def wait_for(self, predicate: Callable[[Exchange], bool], timeout: float) -> Exchange:
        """The first exchange that satisfies `predicate`, within `timeout` seconds; else raise `TimeoutError`."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                for exchange in self.read():
                    if predicate(exchange):
                        return exchange
                left = deadline - time.monotonic()
                if left <= 0:
                    seen = ", ".join(f"{e.path} {e.ended}" for e in self.read()) or "none"
                    raise TimeoutError(f"no such exchange within {timeout:g} s; the exchanges were: {seen}")
                self._changed.wait(left)

    def close(self) -> None:
        """End all running exchanges, because the server stops."""
        with self._changed:
            for record in self._records:
                record.update(ended="closed_by_server")


def without_secrets(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that contain no secret, lower-case."""
    lower = {name.lower(): value for name, value in headers.items()}
    return {
        name: value
        for name, value in lower.items()
        if name in _HARMLESS or not any(secret in name for secret in _SECRET)
    }
