"""What clients asked and what they were sent: a bounded record that any thread may read, and wait on."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Ended: TypeAlias = Literal["running", "finished", "closed_by_client", "closed_by_server"]

# Enough for a day's trying out, and for any test; what they hold is small but for the texts.
KEPT = 1_000

# Characters of all that is kept. What is older goes; the newest exchange stays, whatever its size.
SIZE_KEPT = 32 * 1024 * 1024

# Whatever may carry a secret is left out by name, so that it is never held.
_SECRET = ("auth", "cookie", "token", "secret", "key", "password", "credential")
_HARMLESS = {"idempotency-key"}


@dataclass(frozen=True)
class Exchange:
    """One request and its answer, as they stood when they were read.

    Attributes:
        path: The request's path, without its query.
        model: The model's name as it was asked for; empty where none was.
        stream: Whether a stream was asked for.
        headers: The request's headers, lower-case, without those that may carry a secret.
        request_id: The `x-request-id` of the answer.
        body: The request's JSON; empty where there was none.
        text_sent: The answer's text as far as it has been written.
        ended: "running"; "finished" when the answer was sent as its script says; "closed_by_client" when the client
            left before; "closed_by_server" when the server was stopped before.
        status: The answer's HTTP status; 0 before it is known.
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
    """One exchange while it runs. The server's thread writes, any thread reads."""

    def __init__(self, exchange: Exchange, changed: threading.Condition, size: int) -> None:
        self.size = size
        self._exchange = exchange
        self._changed = changed
        self._unread: list[str] = []

    def sent(self, text: str) -> None:
        """More of the answer is being written."""
        with self._changed:
            if self._exchange.ended == "running":
                self._unread.append(text)
                self.size += len(text)
                self._changed.notify_all()

    def update(self, **fields: Any) -> None:
        """Say what has become known. Once ended, an exchange does not change."""
        with self._changed:
            if self._exchange.ended == "running":
                self._exchange = replace(self.read(), **fields)
                self._changed.notify_all()

    def read(self) -> Exchange:
        """The exchange as it stands. The lock must be held."""
        if self._unread:
            # Joined when somebody looks: joining at each token would cost the square of the answer.
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
        """Keep an exchange whose request has this size; what its answer grows by is counted too."""
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
        """The first exchange that satisfies `predicate`, now or within `timeout` seconds; else `TimeoutError`."""
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
        """The server stops: what still runs will not be finished."""
        with self._changed:
            for record in self._records:
                record.update(ended="closed_by_server")


def without_secrets(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers, lower-case, that carry no secret."""
    lower = {name.lower(): value for name, value in headers.items()}
    return {
        name: value
        for name, value in lower.items()
        if name in _HARMLESS or not any(secret in name for secret in _SECRET)
    }
