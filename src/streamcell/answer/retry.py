"""When a failed attempt is made again by itself."""

from __future__ import annotations

import math
import numbers
from dataclasses import dataclass
from typing import Any, Final

from .._errors import StreamCellError

__all__ = ["LONGEST", "LONGEST_ASKED", "RetryPolicy", "attempts_of", "seconds_of"]

LONGEST_ASKED: Final = 3_600.0
"""Seconds that a provider can make a cell wait at most, whatever the policy: a longer wait is shown, not slept."""

LONGEST: Final = 86_400.0
"""Seconds that a user's own policy can wait at most: longer is a mistake, or a wait that nobody sees the end of."""

_LOADING: Final = 8
"""How many times as often a server is asked that is loading its model: with the usual waits that is two minutes."""


@dataclass(frozen=True)
class RetryPolicy:
    """Exponential backoff with full jitter, for what can succeed and only before any text has come.

    `attempts` counts the first one too (1 means: never again by itself). The wait before attempt n + 1 is drawn evenly
    from 0 to `min(wait_max, wait_initial * 2 ** (n - 1))` seconds; a provider's `Retry-After` is obeyed instead, unless
    it is longer than `max_retry_after` seconds, or than an hour: then the attempt fails, and the card says so. No
    attempt begins later than `timeout` seconds after the first one. A server that is loading its model is asked up to
    eight times as often, for loading takes longer than a fault lasts.

    Any object with `attempts` and a `wait` like this one's can take its place. Its `wait` runs on a thread of its own
    and has 5 seconds; if it raises, or returns what is no wait, the answer fails and the cell says so.
    """

    attempts: int = 4
    wait_initial: float = 0.5
    wait_max: float = 8.0
    timeout: float = 120.0
    max_retry_after: float = 60.0

    def __post_init__(self) -> None:
        """Raise ValueError for what cannot be a policy."""
        given: dict[str, Any] = dict(vars(self))
        attempts = given.pop("attempts")
        if not isinstance(attempts, int) or isinstance(attempts, bool) or attempts < 1:
            raise ValueError(f"RetryPolicy.attempts must be a whole number of at least 1, not {attempts!r}")
        for name, seconds in given.items():
            if not isinstance(seconds, (int, float)) or not math.isfinite(seconds) or seconds < 0:
                raise ValueError(f"RetryPolicy.{name} must be a number of seconds, 0 or more, not {seconds!r}")

    def wait(self, attempt: int, error: StreamCellError, chance: float, elapsed: float = 0.0) -> float | None:
        """Return the seconds to wait after `attempt` (1-based) failed with `error`, or None to give up.

        `chance` is a number from 0 to 1 that the caller drew, `elapsed` the seconds since the first attempt began; the
        policy itself is pure.
        """
        attempts = self.attempts
        if error.error_kind == "loading" and attempts > 1:
            attempts *= _LOADING
        if attempt >= attempts or not error.retryable:
            return None
        if error.retry_after is not None:
            seconds = error.retry_after
            if not seconds <= min(self.max_retry_after, LONGEST_ASKED):
                return None
        else:
            doublings = min(attempt - 1, 1_000)  # a float holds no more; any maximum was reached long before
            seconds = chance * min(self.wait_max, self.wait_initial * 2.0**doublings)
        return seconds if elapsed + seconds <= self.timeout else None


def attempts_of(policy: Any) -> int:
    """Return how many attempts a user's own policy allows. Raises ValueError for what is no number of attempts."""
    attempts = policy.attempts
    if not isinstance(attempts, int) or isinstance(attempts, bool) or attempts < 1:
        raise ValueError(f"retry.attempts must be a whole number of at least 1, not {attempts!r}")
    return attempts


def seconds_of(answer: object) -> float | None:
    """Return what a user's own policy answered, if it can be obeyed. Raises ValueError for what is no wait."""
    if answer is None:
        return None
    if type(answer) is bool or not isinstance(answer, numbers.Real):
        raise ValueError(
            f"returned a {type(answer).__name__}, where a number of seconds or None was expected"
        )  # one kind of fault
    seconds = float(answer)
    if not 0 <= seconds <= LONGEST:
        raise ValueError(f"returned {seconds!r}, where 0 to {LONGEST:,.0f} seconds or None was expected")
    return seconds
