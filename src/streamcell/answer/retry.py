"""When a failed attempt is retried automatically."""

from __future__ import annotations

import math
import numbers
from dataclasses import dataclass
from typing import Any, Final

from .._errors import StreamCellError

__all__ = ["LONGEST", "LONGEST_ASKED", "RetryPolicy", "attempts_of", "seconds_of"]

LONGEST_ASKED: Final = 3_600.0
"""The longest `Retry-After`, in seconds, that any `RetryPolicy` waits for, whatever its `max_retry_after`."""

LONGEST: Final = 86_400.0
"""The longest wait, in seconds, that a user's own policy can return; a longer one is treated as a mistake."""

_LOADING: Final = 8
"""Factor by which the attempts increase while a server loads its model: two minutes with the default waits."""


@dataclass(frozen=True)
class RetryPolicy:
    """Exponential backoff with full jitter, for transient errors, and only before any text has been received.

    Args:
        attempts: the total number of attempts (1: no automatic retry). While a server is loading its model, up to eight
            times as many are made, because loading takes longer than other transient errors.
        wait_initial: seconds. The wait before attempt n + 1 is random, uniform between 0 and
            `min(wait_max, wait_initial * 2 ** (n - 1))`.
        wait_max: seconds, see `wait_initial`.
        timeout: no attempt starts later than this many seconds after the first.
        max_retry_after: seconds. A provider's `Retry-After` replaces the random wait; if it is longer than this, or
            than an hour, the attempt fails and the card says so.

    Any object with `attempts` and a `wait` method like this one's can be used instead. Its `wait` runs on its own
    thread and must return within 5 seconds; if it raises, or returns anything but a number of seconds up to 86,400 or
    None, the answer fails and the cell says so.

    Raises ValueError for a number that is out of range.
    """

    attempts: int = 4
    wait_initial: float = 0.5
    wait_max: float = 8.0
    timeout: float = 120.0
    max_retry_after: float = 60.0

    def __post_init__(self) -> None:
        """Raise ValueError for a number that is out of range."""
        given: dict[str, Any] = dict(vars(self))
        attempts = given.pop("attempts")
        if not isinstance(attempts, int) or isinstance(attempts, bool) or attempts < 1:
            raise ValueError(f"RetryPolicy.attempts must be a whole number of at least 1, not {attempts!r}")
        for name, seconds in given.items():
            if not isinstance(seconds, (int, float)) or not math.isfinite(seconds) or seconds < 0:
                raise ValueError(f"RetryPolicy.{name} must be a number of seconds, 0 or more, not {seconds!r}")

    def limit_for(self, attempt: int, error: StreamCellError) -> float | None:
        """Return the longest wait that is obeyed, in seconds, if only that keeps `error` from being retried."""
        limit = min(self.max_retry_after, LONGEST_ASKED)
        too_long = error.retry_after is not None and not error.retry_after <= limit
        return limit if too_long and self._may_retry(attempt, error) else None

    def _may_retry(self, attempt: int, error: StreamCellError) -> bool:
        loading = error.error_kind == "loading" and self.attempts > 1
        return error.retryable and attempt < self.attempts * (_LOADING if loading else 1)

    def wait(self, attempt: int, error: StreamCellError, chance: float, elapsed: float = 0.0) -> float | None:
        """Return the seconds to wait after `attempt` (1-based) failed with `error`, or None to give up.

        `chance` is a random number from 0 to 1, and `elapsed` the seconds since the first attempt started. Both are
        arguments so that this method is pure.
        """
        if not self._may_retry(attempt, error) or self.limit_for(attempt, error) is not None:
            return None
        if error.retry_after is not None:
            seconds = error.retry_after
        else:
            doublings = min(attempt - 1, 1_000)  # a float overflows beyond; `wait_max` is reached long before
            seconds = chance * min(self.wait_max, self.wait_initial * 2.0**doublings)
        return seconds if elapsed + seconds <= self.timeout else None


def attempts_of(policy: Any) -> int:
    """Return how many attempts a user's own policy allows. Raises ValueError if that is not a whole number above 0."""
    attempts = policy.attempts
    if not isinstance(attempts, int) or isinstance(attempts, bool) or attempts < 1:
        raise ValueError(f"retry.attempts must be a whole number of at least 1, not {attempts!r}")
    return attempts


def seconds_of(answer: object) -> float | None:
    """Return the wait that a user's own policy returned, or None. Raises ValueError if it is not a valid wait."""
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
