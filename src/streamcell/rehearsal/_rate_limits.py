"""The rate limits in the answers' headers: two budgets, which requests spend and time refills. Pure.

A server that was given limits refuses requests above them. Without limits, its headers show generous ones.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

# The limits of an average account, per minute.
REQUESTS = 10_000
TOKENS = 2_000_000


class Budget:
    """A budget of `limit` per minute. The minute can be shorter than 60 seconds, for quick tests."""

    def __init__(self, limit: int, minute: float = 60.0) -> None:
        self.limit = limit
        self._minute = minute
        self._left = float(limit)
        self._seen = 0.0

    def wait_for(self, amount: int, now: float) -> float:
        """In how many seconds `amount` is available."""
        self._fill(now)
        return max(0.0, amount - self._left) * self._minute / self.limit

    def spend(self, amount: int, now: float) -> tuple[int, float]:
        """Spend `amount` at `now` (in seconds); return what is left, and the seconds until all is back."""
        self._fill(now)
        self._left = max(0.0, self._left - amount)
        return int(self._left), (self.limit - self._left) * self._minute / self.limit

    def _fill(self, now: float) -> None:
        self._left = min(self.limit, self._left + max(0.0, now - self._seen) * self.limit / self._minute)
        self._seen = max(self._seen, now)


@dataclass
class RateLimits:
    """The budgets of one server; None: not limited. `max_concurrency` is how many answers can stream at once."""

    requests: int | None = None
    tokens: int | None = None
    max_concurrency: int | None = None
    minute: float = 60.0
    running: int = 0
    _budgets: dict[str, Budget] = field(init=False)

    def __post_init__(self) -> None:
        self._budgets = {
            "requests": Budget(self.requests or REQUESTS, self.minute),
            "tokens": Budget(self.tokens or TOKENS, self.minute),
        }

    def refusal(self, tokens: int, now: float) -> tuple[str, float | None] | None:
        """Why a request of `tokens` at `now` is refused, and how many seconds it must wait; None: it is accepted."""
        if self.max_concurrency is not None and self.running >= self.max_concurrency:
            return f"Too many requests at once: the limit is {self.max_concurrency}.", None
        for kind, given, amount in (("requests", self.requests, 1), ("tokens", self.tokens, tokens)):
            wait = 0.0 if given is None else self._budgets[kind].wait_for(min(amount, given), now)
            if wait > 0:
                return f"Rate limit reached for {kind}.", math.ceil(wait * 1000) / 1000
        return None

    def headers(self, tokens: int, now: float, requests: int = 1) -> dict[str, str]:
        """Spend `requests` with `tokens` in total at `now` (in seconds); return the six rate limit headers."""
        headers = {}
        for kind, amount in (("requests", requests), ("tokens", tokens)):
            left, reset = self._budgets[kind].spend(amount, now)
            headers[f"x-ratelimit-limit-{kind}"] = str(self._budgets[kind].limit)
            headers[f"x-ratelimit-remaining-{kind}"] = str(left)
            headers[f"x-ratelimit-reset-{kind}"] = duration(reset)
        return headers


def duration(seconds: float) -> str:
    """`seconds` in the API's format for a reset: `6ms`, `1.5s`, `6m0s`."""
    milliseconds = round(seconds * 1000)
    if milliseconds < 1000:
        return f"{milliseconds}ms"
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes}m{rest / 1000:g}s" if minutes else f"{rest / 1000:g}s"
