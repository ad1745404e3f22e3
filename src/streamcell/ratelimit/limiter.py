"""The queues before rate-limited servers, run on the driver's loop; `queue` decides, this module carries it out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from .._errors import RateLimited
from ..answer.events import Event, Failed, Head, Lane, Note
from ..answer.inputs import Wait
from ..answer.session import Session
from ..ratelimit import queue as limits

__all__ = ["AT_ONCE", "BudgetLeft", "InLine", "Lanes", "Limits"]

AT_ONCE: Final = 16
"""Answers that may stream at once in a lane, unless `configure(max_concurrency=…)` sets another number."""


@dataclass(frozen=True)
class BudgetLeft:
    """What is left of a budget now: `remaining` of `limit`, and the seconds until all of it is available (`reset`)."""

    limit: int
    remaining: int
    reset: float


@dataclass(frozen=True)
class Limits:
    """The rate limits of one server for one key and model, and how many answers use them; see `streamcell.limits`.

    Attributes:
        endpoint: the server's address.
        model: the model's name.
        requests: the budget of requests, with `limit`, `remaining` and `reset` (seconds until all of it is available);
            None if the server does not report one.
        tokens: the budget of tokens, in the same form.
        max_concurrency: how many answers may stream at once; None if any number.
        running: how many answers are streaming.
        queued: how many answers wait for their turn.
        paused: for how many seconds nothing is sent, because the server refused a request and asked to wait.
    """

    endpoint: str
    model: str
    requests: BudgetLeft | None
    tokens: BudgetLeft | None
    max_concurrency: int | None
    running: int
    queued: int
    paused: float


Told = Callable[[int, Wait], None]
"""Called with the number of requests before this one, and why it waits."""

_SAME: Final = 1.0
"""Seconds: a wait whose end moves by this much or more is reported again."""


@dataclass
class _Waiting:
    turn: asyncio.Future[None]
    placed: Told
    told: tuple[int, str, int] | None = None
    until: float = 0.0

    def tell(self, place: int, wait: Wait, now: float) -> None:
        """Report the place and the reason, if they have changed."""
        until = now if wait.seconds is None else now + wait.seconds
        known = (place, wait.reason, wait.running if wait.reason == "running" else 0)
        if known != self.told or abs(until - self.until) >= _SAME:
            self.told, self.until = known, until
            self.placed(place, wait)


@dataclass
class Lanes:
    """Every queue of this process. Only `now` may be called from other threads than the driver's."""

    loop: asyncio.AbstractEventLoop
    max_concurrency: int | None = AT_ONCE
    _queues: dict[Lane, limits.Queue] = field(default_factory=dict)
    _waiting: dict[int, _Waiting] = field(default_factory=dict)
    _timers: dict[Lane, asyncio.TimerHandle] = field(default_factory=dict)

    async def turn(self, lane: Lane, ticket: limits.Ticket, placed: Told) -> bool:
        """Wait for the ticket's turn, and return whether it had to wait.

        `placed` is called with the ticket's place and the reason whenever they change. If the caller is cancelled
        meanwhile, it must call `leave`.
        """
        queue = self._queues.get(lane, limits.Queue())
        self._queues[lane] = limits.enter(queue, ticket)
        waiting = self._waiting[ticket.id] = _Waiting(self.loop.create_future(), placed)
        self._grant(lane)
        if waiting.turn.done():
            return False
        await waiting.turn
        return True

    def leave(self, lane: Lane, ticket: int, *, whole: bool) -> None:
        """Take the ticket out of its lane, after its attempt ended for any reason; `whole`: with a complete answer."""
        waiting = self._waiting.pop(ticket, None)
        if waiting is not None:
            waiting.turn.cancel()
        self._queues[lane] = limits.leave(self._queues[lane], ticket, whole=whole)
        self._grant(lane)

    def head(self, lane: Lane, ticket: int, status: int, headers: Mapping[str, str]) -> None:
        """Read the rate limits from the response headers of the ticket's request."""
        queue, now = self._queues[lane], self.loop.time()
        self._queues[lane] = limits.told(queue, ticket, headers, now, status=status, clock=time.time())
        self._grant(lane)

    def refused(self, lane: Lane, ticket: int, retry_after: float | None) -> None:
        """Note that the ticket's request was refused with HTTP 429; `retry_after` is in seconds."""
        self._queues[lane] = limits.refused(self._queues[lane], ticket, retry_after, self.loop.time())
        self._grant(lane)

    def look_again(self) -> None:
        """Check every queue again, after `max_concurrency` has changed."""
        for lane in tuple(self._queues):
            self._grant(lane)

    def now(self) -> tuple[Limits, ...]:
        """Return the present limits of each lane; safe on any thread."""
        now = self.loop.time()
        return tuple(_limits_of(lane, queue, self.max_concurrency, now) for lane, queue in tuple(self._queues.items()))

    def _grant(self, lane: Lane) -> None:
        timer = self._timers.pop(lane, None)
        if timer is not None:
            timer.cancel()
        now = self.loop.time()
        queue = replace(self._queues[lane], most=self.max_concurrency)
        self._queues[lane], granted, wait = limits.grant(queue, now)
        for ticket in granted:
            waiting = self._waiting.pop(ticket)
            if not waiting.turn.done():
                waiting.turn.set_result(None)
        if wait is None:
            return
        for place, one in enumerate(self._queues[lane].waiting):
            self._waiting[one.id].tell(place, wait, now)
        if wait.seconds is not None:
            self._timers[lane] = self.loop.call_later(wait.seconds, self._grant, lane)


def _limits_of(lane: Lane, queue: limits.Queue, max_concurrency: int | None, now: float) -> Limits:
    def left(budget: limits.Budget | None) -> BudgetLeft | None:
        if budget is None:
            return None
        reset = max(0.0, budget.told_at + budget.reset - now)
        return BudgetLeft(budget.limit, int(budget.available(now)), round(reset, 3))

    return Limits(
        endpoint=lane.endpoint,
        model=lane.model,
        requests=left(queue.requests),
        tokens=left(queue.tokens),
        max_concurrency=replace(queue, most=max_concurrency).max_concurrency,
        running=len(queue.running),
        queued=len(queue.waiting),
        paused=round(max(0.0, queue.paused_until - now), 3),
    )


class InLine:
    """One attempt's place in its lane, from the queue to the end of the attempt."""

    def __init__(self, lane: Lane, tokens: int, lanes: Lanes, ticket: int) -> None:
        self._lane, self._tokens, self._lanes, self._ticket = lane, tokens, lanes, ticket

    async def come(self, session: Session, hurried: bool, placed: Callable[[int, Wait], None]) -> bool:
        """Wait for the attempt's turn, and return whether it had to wait."""
        ticket = limits.Ticket(
            self._ticket, session.asked_at, self._tokens, hurried, limits.patience_of(session.policy)
        )
        return await self._lanes.turn(self._lane, ticket, placed)

    def hear(self, event: Event | Note) -> None:
        """Pass the server's headers and refusals on to the lane."""
        if isinstance(event, Head):
            self._lanes.head(self._lane, self._ticket, event.status, event.headers)
        elif isinstance(event, Failed) and isinstance(event.error, RateLimited):
            self._lanes.refused(self._lane, self._ticket, event.error.retry_after)

    def leave(self, *, whole: bool) -> None:
        """Leave the lane at the end of the attempt; `whole`: with a complete answer."""
        self._lanes.leave(self._lane, self._ticket, whole=whole)
