"""How long silence is borne: pure, from times to what is left."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

__all__ = ["Timeouts"]


@dataclass(frozen=True)
class Timeouts:
    """Seconds of silence after which an attempt is given up.

    `first_token` counts from the request to the first token, `between` from one chunk to the next. A server that sends
    keep-alives lives though its model is silent: then `alive` counts instead, from the last token. `shown` is when the
    cell begins to say that nothing comes.
    """

    first_token: float = 300.0
    between: float = 60.0
    alive: float = 600.0
    shown: float = 10.0

    def __post_init__(self) -> None:
        """Raise ValueError for what is no number of seconds above 0."""
        given: dict[str, Any] = dict(vars(self))
        for name, seconds in given.items():
            if not isinstance(seconds, (int, float)) or math.isnan(seconds) or seconds <= 0:
                raise ValueError(f"Timeouts.{name} must be a number of seconds above 0, not {seconds!r}")

    def silence(self, life_at: float, token_at: float | None, opened_at: float, now: float) -> tuple[float, float]:
        """Return for how long nothing has come, and how long that is borne."""
        since_life = now - life_at
        since_token = now - (opened_at if token_at is None else token_at)
        limit = self.first_token if token_at is None else self.between
        if since_token - since_life < 1:  # no keep-alive has come in between
            return since_token, min(limit, self.alive)
        # Whichever is nearer to its end.
        if self.alive - since_token < limit - since_life:
            return since_token, self.alive
        return since_life, limit

    def next_look(self, life_at: float, token_at: float | None, opened_at: float, now: float) -> float:
        """Return in how many seconds to look again: when silence is to be shown, or is over its limit."""
        silence, limit = self.silence(life_at, token_at, opened_at, now)
        until_shown = life_at + self.shown - now
        left = limit - silence
        return max(0.05, min(until_shown, left) if until_shown > 0 else left)
