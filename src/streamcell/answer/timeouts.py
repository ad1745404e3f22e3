"""How long silence is borne: pure, from times to what is left."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

__all__ = ["Timeouts"]


@dataclass(frozen=True)
class Timeouts:
    """Seconds of silence after which an attempt is given up.

    `first_token` counts from the request to the first token, `between_chunks` from one chunk to the next. A server that
    sends keep-alives is connected though its model is silent: then `keepalive` counts instead, from the last token.
    After `notify_after` the cell says that no data arrives.
    """

    first_token: float = 300.0
    between_chunks: float = 60.0
    keepalive: float = 600.0
    notify_after: float = 10.0

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
        limit = self.first_token if token_at is None else self.between_chunks
        if since_token - since_life < 1:  # no keep-alive has come in between
            return since_token, min(limit, self.keepalive)
        # Whichever is nearer to its end.
        if self.keepalive - since_token < limit - since_life:
            return since_token, self.keepalive
        return since_life, limit

    def next_look(self, life_at: float, token_at: float | None, opened_at: float, now: float) -> float:
        """Return in how many seconds to look again: when silence is to be shown, or is over its limit."""
        silence, limit = self.silence(life_at, token_at, opened_at, now)
        until_shown = life_at + self.notify_after - now
        left = limit - silence
        return max(0.05, min(until_shown, left) if until_shown > 0 else left)
