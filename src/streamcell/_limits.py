"""The line before a rate-limited server: who may ask now, by what its headers say. Pure: times come in as arguments.

A lane is one endpoint, key and model; providers count by these. The first to come is the first to go. A request goes
when fewer than `most` answers are under way, when no refusal asks to wait, and when the budgets of requests and tokens
that the last `x-ratelimit-*` headers told of (OpenAI's names, which most servers follow) have room for it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

__all__ = ["Budget", "Queue", "Ticket", "enter", "grant", "leave", "refused", "seconds_of", "told"]

_WINDOW: Final = 60.0
"""Seconds after which a budget is taken for full where the headers do not say: limits are by the minute."""

_LEAST_WAIT: Final = 0.001
"""Seconds: what is less would find nothing changed, for the rounding of numbers."""

_UNITS: Final = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|[dhms])")


def seconds_of(duration: str) -> float | None:
    """Return a reset's seconds: `120ms`, `6m0s`, or a bare number; None for anything else."""
    text = duration.strip()
    try:
        return max(0.0, float(text)) if math.isfinite(float(text)) else None
    except ValueError:
        pass
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


@dataclass(frozen=True)
class Budget:
    """What the server said is left of `limit`, at `told_at`, and in how many seconds all of it is back.

    It is taken to come back evenly, as at OpenAI, until a refusal shows that it comes back at once (`stepwise`).
    """

    limit: int
    remaining: int
    told_at: float
    reset: float
    stepwise: bool = False

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

    `hurried`: a user pressed Retry or Continue. It is the first in line, and goes whatever the server said.
    """

    id: int
    since: float
    tokens: int = 0
    hurried: bool = False


@dataclass(frozen=True)
class Queue:
    """One lane's line: who waits, who has been let through, and what is known of the server's budgets.

    `most` is the number of answers that may be under way at once, `learnt` a smaller one that refusals have taught.
    `unheard` are those let through whose head has not come: what they cost is not in the budgets yet.
    """

    most: int | None = None
    learnt: int | None = None
    waiting: tuple[Ticket, ...] = ()
    running: tuple[Ticket, ...] = ()
    unheard: frozenset[int] = frozenset()
    requests: Budget | None = None
    tokens: Budget | None = None
    paused_until: float = -math.inf
    good: int = 0

    @property
    def at_once(self) -> int | None:
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
        good=good,
        learnt=learnt,
    )


def told(queue: Queue, ticket: int, headers: Mapping[str, str], now: float) -> Queue:
    """Return the line after the head of `ticket` has come, with the budgets that it tells of."""
    return replace(
        queue,
        unheard=queue.unheard - {ticket},
        requests=_budget(queue.requests, headers, "requests", now),
        tokens=_budget(queue.tokens, headers, "tokens", now),
    )


def _budget(before: Budget | None, headers: Mapping[str, str], kind: str, now: float) -> Budget | None:
    limit, remaining = (_count(headers.get(f"x-ratelimit-{name}-{kind}")) for name in ("limit", "remaining"))
    if limit is None or remaining is None or limit < 1:
        return before
    reset = seconds_of(headers.get(f"x-ratelimit-reset-{kind}", ""))
    stepwise = before is not None and before.stepwise
    return Budget(limit, min(remaining, limit), now, _WINDOW if reset is None else reset, stepwise)


def _count(value: str | None) -> int | None:
    return int(value) if value is not None and value.isdecimal() else None


def refused(queue: Queue, ticket: int, retry_after: float | None, now: float) -> Queue:
    """Return the line after a 429 for `ticket`: all wait as the server asks, or fewer go at once if it does not say."""
    budgets = [one for one in (queue.requests, queue.tokens) if one is not None]
    if retry_after is not None:
        queue = replace(queue, paused_until=max(queue.paused_until, now + retry_after))
    elif not any(one.available(now) < 1 for one in budgets):
        others = sum(one.id != ticket for one in queue.running)
        queue = replace(queue, learnt=max(1, min(others, queue.at_once or others)), good=0)
    # There was room by our count, and yet it was refused: what was spent does not come back evenly.
    requests, tokens = (
        None if one is None else replace(one, stepwise=True) if one.remaining < 1 <= one.available(now) else one
        for one in (queue.requests, queue.tokens)
    )
    return replace(queue, requests=requests, tokens=tokens)


def grant(queue: Queue, now: float) -> tuple[Queue, tuple[int, ...], float | None]:
    """Let go who may: return the line, whose turn has come, and in how many seconds to look again.

    None: nothing but another answer's head or end can change anything.
    """
    granted: list[int] = []
    while queue.waiting:
        ticket = queue.waiting[0]
        if queue.at_once is not None and len(queue.running) >= queue.at_once:
            return queue, tuple(granted), None
        seconds = _wait(queue, ticket, now)
        if seconds > 0:
            return queue, tuple(granted), None if math.isinf(seconds) else max(seconds, _LEAST_WAIT)
        granted.append(ticket.id)
        queue = replace(
            queue,
            waiting=queue.waiting[1:],
            running=(*queue.running, ticket),
            unheard=queue.unheard | {ticket.id},
        )
    return queue, tuple(granted), None


def _wait(queue: Queue, ticket: Ticket, now: float) -> float:
    if ticket.hurried:
        return 0.0
    under_way = [one for one in queue.running if one.id in queue.unheard]
    seconds = queue.paused_until - now
    if queue.requests is not None:
        seconds = max(seconds, queue.requests.wait_for(1, len(under_way), now))
    if queue.tokens is not None:
        spent = sum(one.tokens for one in under_way)
        seconds = max(seconds, queue.tokens.wait_for(ticket.tokens, spent, now))
    return seconds
