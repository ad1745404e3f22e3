"""The line before a rate-limited server: who may ask now, by what its headers say. Pure: times come in as arguments.

A lane is one endpoint, key and model; providers count by these. The first to come is the first to go. A request goes
when fewer than `most` answers are streaming, when no refusal asks to wait, and when the budgets of requests and tokens
that the last `x-ratelimit-*` headers told of (OpenAI's names, which most servers follow) have room for it.

Headers are a server's word, and some are wrong: times are read with `_limit_headers.py`'s bounds, and nothing that a
server said holds a request for longer than its retry policy's patience. Then one is sent, and its answer says more.
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
"""Seconds for which a server's word holds a request back, where its own policy does not say: a policy waits so long."""


def patience_of(policy: object) -> float:
    """Return for how long a cell with this policy waits at a server's word; a user's own is not asked on the loop."""
    return float(policy.max_retry_after) if type(policy) is RetryPolicy else PATIENCE


_WINDOW: Final = 60.0
"""Seconds after which a budget is taken for full where the headers do not say: limits are by the minute."""

_LEAST_WAIT: Final = 0.001
"""Seconds: what is less would find nothing changed, for the rounding of numbers."""


@dataclass(frozen=True)
class Budget:
    """What the server said is left of `limit`, at `told_at`, and in how many seconds all of it is back.

    It is taken to come back evenly, as at OpenAI, until a refusal shows that it comes back at once (`stepwise`).
    `told_by` is the ticket whose answer's head said it.
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
        """Return in how many seconds `amount` is available beside what is `spent` and not told of yet.

        What is more than the limit waits for all of it; infinite where first something must be told.
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
    """One attempt's place in the line: who asked first (`since`, seconds) goes first; `tokens` is what it may cost.

    `hurried`: a user pressed Retry or Continue. It is the first in line, and goes whatever the server said. `patience`:
    for how many seconds it waits because of what the server said once.
    """

    id: int
    since: float
    tokens: int = 0
    hurried: bool = False
    patience: float = PATIENCE


@dataclass(frozen=True)
class Queue:
    """One lane's line: who waits, who has been let through, and what is known of the server's budgets.

    `most` is the number of answers that may be under way at once, `learnt` a smaller one that refusals have taught.
    `unheard` are those let through whose head has not come: what they cost is not in the budgets yet. `early` are those
    let through although the server had asked to wait: a good answer to one of them shows that the wait is over.
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
        """How many answers may be under way at once; None: any number."""
        known = [most for most in (self.most, self.learnt) if most is not None]
        return min(known) if known else None

    def place_of(self, ticket: int) -> int | None:
        """Return how many wait before `ticket`; None where it does not wait."""
        return next((place for place, one in enumerate(self.waiting) if one.id == ticket), None)


def enter(queue: Queue, ticket: Ticket) -> Queue:
    """Return the line with `ticket` in it, behind all who asked before."""
    return replace(
        queue, waiting=tuple(sorted((*queue.waiting, ticket), key=lambda one: (not one.hurried, one.since, one.id)))
    )


def leave(queue: Queue, ticket: int, *, whole: bool = False) -> Queue:
    """Return the line without `ticket`, whether it waited or was under way; `whole`: its answer has come."""
    good, learnt = queue.good + whole, queue.learnt
    if learnt is not None and good > learnt:  # as many good answers in a row: try one more at once
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
    """Return the line after the head of `ticket` has come, with the budgets that it tells of.

    A good answer (2xx) to a request that was sent although the server had asked to wait opens the line for all.
    `clock` is the time of day in seconds since 1970, for headers that name a moment and come without a date.
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
    """Return the line after a 429 for `ticket`: all wait as the server asks, or fewer go at once if it does not say."""
    if retry_after is not None and math.isnan(retry_after):
        retry_after = None
    budgets = [one for one in (queue.requests, queue.tokens) if one is not None]
    if retry_after is not None:
        until = now + min(max(0.0, retry_after), LONGEST)
        queue = replace(queue, paused_at=now, paused_until=max(queue.paused_until, until))
    elif not any(_is_spent(one, ticket, now) for one in budgets):
        others = sum(one.id != ticket for one in queue.running)
        queue = replace(queue, learnt=max(1, min(others, queue.max_concurrency or others)), good=0)
    # There was room by our count, and yet it was refused: what was spent does not come back evenly.
    requests, tokens = (
        replace(one, stepwise=True) if one and one.remaining < 1 and not _is_spent(one, ticket, now) else one
        for one in (queue.requests, queue.tokens)
    )
    return replace(queue, requests=requests, tokens=tokens)


def _is_spent(budget: Budget, ticket: int, now: float) -> bool:
    """Whether nothing was left when `ticket` was refused: as the refusal's own head said, or else by our count.

    By our count some of what that head told of is back when the body comes, be it a moment later.
    """
    return (budget.remaining if budget.told_by == ticket else budget.available(now)) < 1


def grant(queue: Queue, now: float) -> tuple[Queue, tuple[int, ...], Wait | None]:
    """Let go who may: return the line, whose turn has come, and why the next one has to wait.

    None: nobody waits. Look again after the wait's seconds, or with the next head or end of an answer.
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
    """What the ticket takes of each budget, and what those under way take that it does not tell of yet."""
    under_way = [one for one in queue.running if one.id in queue.unheard]
    known = (
        (queue.requests, 1, len(under_way)),
        (queue.tokens, ticket.tokens, sum(one.tokens for one in under_way)),
    )
    return [(budget, amount, spent) for budget, amount, spent in known if budget is not None]


def _wait(queue: Queue, ticket: Ticket, costs: list[tuple[Budget, int, int]], now: float) -> Wait | None:
    """For how long the ticket has to wait as the server says; None: it may go."""
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
    """For how many seconds a budget holds a ticket back: no longer than its patience since the server told of it.

    Then one request goes, to hear what holds now. `asking`: one is under way that will tell; infinite until it has.
    """
    seconds = budget.wait_for(amount, spent, now)
    left = budget.told_at + patience - now
    if seconds <= left or (asking and math.isinf(seconds)):
        return seconds
    if left > 0:
        return left
    return math.inf if asking else 0.0
