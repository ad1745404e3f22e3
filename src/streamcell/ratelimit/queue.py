"""The queue before a rate-limited server: decides which request may be sent now. Pure: times are arguments.

A lane is one endpoint, key and model, because providers count limits by these. Requests are sent in the order in which
they were made. One is sent when fewer than `most` answers are streaming, no refusal asks to wait, and the budgets of
requests and tokens from the last `x-ratelimit-*` headers (OpenAI's names, which most servers use) have room for it.

Some servers send wrong headers. So times are read with the bounds of `headers.py`, and a request is never held back
longer than the patience of its retry policy; then one request is sent, and its response gives newer numbers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from ..answer.inputs import Wait
from ..answer.retry import RetryPolicy
from .headers import LONGEST, count_of, seconds_of

__all__ = ["PATIENCE", "Budget", "Queue", "Ticket", "enter", "grant", "leave", "patience_of", "refused", "told"]

PATIENCE: Final = RetryPolicy.max_retry_after
"""How many seconds a server's headers can hold a request back, by default: `RetryPolicy.max_retry_after`."""


def patience_of(policy: object) -> float:
    """Return how many seconds a cell with this policy waits because of a server's headers.

    A user's own policy object is not asked, because its code must not run on the loop; it gets the default.
    """
    return float(policy.max_retry_after) if type(policy) is RetryPolicy else PATIENCE


_WINDOW: Final = 60.0
"""Seconds after which a budget counts as full if the headers do not say when: most limits are per minute."""

_LEAST_WAIT: Final = 0.001
"""Seconds: after a shorter wait, rounding can make the result the same as before."""


@dataclass(frozen=True)
class Budget:
    """A budget from a server's headers: `remaining` of `limit` at the time `told_at`, all of it back after `reset` s.

    It is assumed to come back evenly, as at OpenAI, until a refusal shows that it comes back all at once (`stepwise`).
    `told_by` is the ticket whose response had the headers.
    """

    limit: int
    remaining: int
    told_at: float
    reset: float
    stepwise: bool = False
    told_by: int | None = None

    def available(self, now: float) -> float:
        """Return how much is left at `now`."""
        since = now - self.told_at
        if since >= self.reset:
            return float(self.limit)
        back = 0.0 if self.stepwise else (self.limit - self.remaining) * since / self.reset
        return self.remaining + back

    def wait_for(self, amount: float, spent: float, now: float) -> float:
        """Return in how many seconds `amount` is available, besides `spent`, which the headers do not include yet.

        An amount above the limit waits for the full limit. The result is infinite if newer headers are needed first.
        """
        amount = min(amount, self.limit) + spent
        if amount > self.limit:
            return math.inf
        if self.available(now) >= amount:
            return 0.0
        whole = self.told_at + self.reset - now
        if self.stepwise or self.limit <= self.remaining:
            return max(0.0, whole)
        return (amount - self.available(now)) * self.reset / (self.limit - self.remaining)


@dataclass(frozen=True)
class Ticket:
    """One attempt's place in the queue. The earliest `since` (seconds) goes first; `tokens` is what it may cost.

    `hurried`: the user pressed Retry or Continue, so it goes before all others and is not held back by the server's
    headers or refusals. `patience`: how many seconds these can hold it back otherwise.
    """

    id: int
    since: float
    tokens: int = 0
    hurried: bool = False
    patience: float = PATIENCE


@dataclass(frozen=True)
class Queue:
    """One lane's queue: the waiting and running tickets, and what is known about the server's budgets. Immutable.

    `most` is the number of answers that may stream at once, and `learnt` a smaller one that was found after refusals.
    `unheard` are running tickets without response headers yet, so the budgets do not include their cost. `early` are
    tickets that were sent although the server had asked to wait; a good response to one shows that the wait is over.
    """

    most: int | None = None
    learnt: int | None = None
    waiting: tuple[Ticket, ...] = ()
    running: tuple[Ticket, ...] = ()
    unheard: frozenset[int] = frozenset()
    requests: Budget | None = None
    tokens: Budget | None = None
    paused_at: float = -math.inf
    paused_until: float = -math.inf
    early: frozenset[int] = frozenset()
    good: int = 0

    @property
    def max_concurrency(self) -> int | None:
        """How many answers may stream at once; None: any number."""
        known = [most for most in (self.most, self.learnt) if most is not None]
        return min(known) if known else None

    def place_of(self, ticket: int) -> int | None:
        """Return how many tickets wait before `ticket`, or None if it does not wait."""
        return next((place for place, one in enumerate(self.waiting) if one.id == ticket), None)


def enter(queue: Queue, ticket: Ticket) -> Queue:
    """Return the queue with `ticket` added: after those with an earlier `since`, and hurried ones first."""
    return replace(
        queue, waiting=tuple(sorted((*queue.waiting, ticket), key=lambda one: (not one.hurried, one.since, one.id)))
    )


def leave(queue: Queue, ticket: int, *, whole: bool = False) -> Queue:
    """Return the queue without `ticket`, which waited or was running; `whole`: it got a complete answer."""
    good, learnt = queue.good + whole, queue.learnt
    if learnt is not None and good > learnt:  # after that many complete answers, allow one more at once
        good, learnt = 0, learnt + 1
        learnt = None if queue.most is not None and learnt >= queue.most else learnt
    return replace(
        queue,
        waiting=tuple(one for one in queue.waiting if one.id != ticket),
        running=tuple(one for one in queue.running if one.id != ticket),
        unheard=queue.unheard - {ticket},
        early=queue.early - {ticket},
        good=good,
        learnt=learnt,
    )


def told(
    queue: Queue, ticket: int, headers: Mapping[str, str], now: float, *, status: int = 200, clock: float = 0.0
) -> Queue:
    """Return the queue after the response headers of `ticket`, with the budgets in them.

    A good response (2xx) to a request that was sent although the server had asked to wait ends the wait for all.
    `clock` is the time of day in seconds since 1970, for headers that contain a time but no date to compare it with.
    """
    opened = ticket in queue.early and 200 <= status < 300
    if opened:
        queue = replace(queue, paused_until=-math.inf, early=frozenset())
    requests, tokens = (
        _budget(before, headers, kind, now, clock, ticket) or (None if opened else before)
        for before, kind in ((queue.requests, "requests"), (queue.tokens, "tokens"))
    )
    return replace(queue, unheard=queue.unheard - {ticket}, requests=requests, tokens=tokens)


def _budget(
    before: Budget | None, headers: Mapping[str, str], kind: str, now: float, clock: float, ticket: int
) -> Budget | None:
    limit, remaining = (count_of(headers.get(f"x-ratelimit-{name}-{kind}")) for name in ("limit", "remaining"))
    if limit is None or remaining is None or limit < 1:
        return None
    reset = seconds_of(headers.get(f"x-ratelimit-reset-{kind}", ""), headers.get("date"), clock)
    stepwise = before is not None and before.stepwise
    return Budget(limit, min(remaining, limit), now, _WINDOW if reset is None else reset, stepwise, ticket)


def refused(queue: Queue, ticket: int, retry_after: float | None, now: float) -> Queue:
    """Return the queue after HTTP 429 for `ticket`: all wait `retry_after` seconds; without it, fewer run at once."""
    if retry_after is not None and math.isnan(retry_after):
        retry_after = None
    budgets = [one for one in (queue.requests, queue.tokens) if one is not None]
    if retry_after is not None:
        until = now + min(max(0.0, retry_after), LONGEST)
        queue = replace(queue, paused_at=now, paused_until=max(queue.paused_until, until))
    elif not any(_is_spent(one, ticket, now) for one in budgets):
        others = sum(one.id != ticket for one in queue.running)
        queue = replace(queue, learnt=max(1, min(others, queue.max_concurrency or others)), good=0)
    # By our count there was room, but the request was refused: so the budget does not come back evenly.
    requests, tokens = (
        replace(one, stepwise=True) if one and one.remaining < 1 and not _is_spent(one, ticket, now) else one
        for one in (queue.requests, queue.tokens)
    )
    return replace(queue, requests=requests, tokens=tokens)


def _is_spent(budget: Budget, ticket: int, now: float) -> bool:
    """Whether nothing was left when `ticket` was refused: from the refusal's own headers, or else by our count.

    Our count is not used after those headers: between headers and body, by our count some of the budget comes back.
    """
    return (budget.remaining if budget.told_by == ticket else budget.available(now)) < 1


def grant(queue: Queue, now: float) -> tuple[Queue, tuple[int, ...], Wait | None]:
    """Return the queue after all allowed requests are sent, the ids of their tickets, and why the next one waits.

    The last is None if no ticket waits. Call again after the wait's seconds, and at the next response headers or end of
    an answer.
    """
    granted: list[int] = []
    while queue.waiting:
        ticket = queue.waiting[0]
        if queue.max_concurrency is not None and len(queue.running) >= queue.max_concurrency:
            return queue, tuple(granted), Wait("running", None, len(queue.running))
        costs = _costs(queue, ticket)
        wait = _wait(queue, ticket, costs, now)
        if wait is not None:
            return queue, tuple(granted), wait
        early = queue.paused_until > now or any(
            budget.wait_for(amount, spent, now) > 0 for budget, amount, spent in costs
        )
        granted.append(ticket.id)
        queue = replace(
            queue,
            waiting=queue.waiting[1:],
            running=(*queue.running, ticket),
            unheard=queue.unheard | {ticket.id},
            early=queue.early | {ticket.id} if early else queue.early,
        )
    return queue, tuple(granted), None


def _costs(queue: Queue, ticket: Ticket) -> list[tuple[Budget, int, int]]:
    """Return for each known budget what the ticket takes, and what running tickets take that it does not include."""
    under_way = [one for one in queue.running if one.id in queue.unheard]
    known = (
        (queue.requests, 1, len(under_way)),
        (queue.tokens, ticket.tokens, sum(one.tokens for one in under_way)),
    )
    return [(budget, amount, spent) for budget, amount, spent in known if budget is not None]


def _wait(queue: Queue, ticket: Ticket, costs: list[tuple[Budget, int, int]], now: float) -> Wait | None:
    """Return why and for how long the ticket waits because of the server; None: it may be sent."""
    if ticket.hurried:
        return None
    running = len(queue.running)
    pause = min(queue.paused_until, queue.paused_at + ticket.patience) - now
    held = max((_held(*cost, ticket.patience, bool(queue.unheard), now) for cost in costs), default=0.0)
    if max(pause, held) <= 0:
        return None
    if math.isinf(held):
        return Wait("running", None, running)
    return Wait("refusal" if pause >= held else "budget", max(pause, held, _LEAST_WAIT), running)


def _held(budget: Budget, amount: int, spent: int, patience: float, asking: bool, now: float) -> float:
    """Return for how many seconds a budget holds a ticket back: at most its patience, from the time of the headers.

    After that, one request is sent to get newer headers. `asking`: a request is running whose headers have not come, so
    the result is infinite until they do.
    """
    seconds = budget.wait_for(amount, spent, now)
    left = budget.told_at + patience - now
    if seconds <= left or (asking and math.isinf(seconds)):
        return seconds
    if left > 0:
        return left
    return math.inf if asking else 0.0
