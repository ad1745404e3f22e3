"""The rate limits that the answers' headers tell of: two budgets, spent by requests and filled up again by time. Pure.

Nothing is refused for them: an empty budget says 0.
"""

from __future__ import annotations

# Those of a middling account, a minute.
REQUESTS = 10_000
TOKENS = 2_000_000


class Budget:
    """What is left of `limit` a minute."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._left = float(limit)
        self._seen = 0.0

    def spend(self, amount: int, now: float) -> tuple[int, float]:
        """Take `amount` at `now` (in seconds); give what is left, and in how many seconds all is back."""
        self._left = min(self._limit, self._left + max(0.0, now - self._seen) * self._limit / 60)
        self._seen = max(self._seen, now)
        self._left = max(0.0, self._left - amount)
        return int(self._left), (self._limit - self._left) * 60 / self._limit


class RateLimits:
    """The budgets of one server."""

    def __init__(self) -> None:
        self._budgets = {"requests": Budget(REQUESTS), "tokens": Budget(TOKENS)}

    def headers(self, tokens: int, now: float) -> dict[str, str]:
        """Take one request of `tokens` at `now` (in seconds); give the six headers that tell of it."""
        headers = {}
        for kind, limit, amount in (("requests", REQUESTS, 1), ("tokens", TOKENS, tokens)):
            left, reset = self._budgets[kind].spend(amount, now)
            headers[f"x-ratelimit-limit-{kind}"] = str(limit)
            headers[f"x-ratelimit-remaining-{kind}"] = str(left)
            headers[f"x-ratelimit-reset-{kind}"] = duration(reset)
        return headers


def duration(seconds: float) -> str:
    """`seconds` as the API writes a reset: `6ms`, `1.5s`, `6m0s`."""
    milliseconds = round(seconds * 1000)
    if milliseconds < 1000:
        return f"{milliseconds}ms"
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes}m{rest / 1000:g}s" if minutes else f"{rest / 1000:g}s"
