"""How long a server may be silent. Pure: times are arguments."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

__all__ = ["Timeouts"]


@dataclass(frozen=True)
class Timeouts:
    """How many seconds of silence end an attempt.

    Args:
        first_token: from the request to the first token.
        between_chunks: from one chunk to the next.
        keepalive: from the last token (or the request) while the server sends only keep-alives: the connection works,
            but the model is silent.
        notify_after: after this time the cell says that no data is arriving.

    Raises ValueError for anything but numbers above 0.
    """

    first_token: float = 300.0
    between_chunks: float = 60.0
    keepalive: float = 600.0
    notify_after: float = 10.0

    def __post_init__(self) -> None:
        """Raise ValueError for anything but numbers of seconds above 0."""
        given: dict[str, Any] = dict(vars(self))
        for name, seconds in given.items():
            if not isinstance(seconds, (int, float)) or math.isnan(seconds) or seconds <= 0:
                raise ValueError(f"Timeouts.{name} must be a number of seconds above 0, not {seconds!r}")

    def silence(self, life_at: float, token_at: float | None, opened_at: float, now: float) -> tuple[float, float]:
        """Return the seconds of silence so far, and how many are allowed.

        Args:
            life_at: when anything was last received.
            token_at: when the last token was received, or None before the first one.
            opened_at: when the request was sent.
            now: the present time, on the same clock.
        """
        since_life = now - life_at
        since_token = now - (opened_at if token_at is None else token_at)
        limit = self.first_token if token_at is None else self.between_chunks
        if since_token - since_life < 1:  # no keep-alive has come in between
            return since_token, min(limit, self.keepalive)
        # Both limits apply: the one that ends sooner counts.
        if self.keepalive - since_token < limit - since_life:
            return since_token, self.keepalive
        return since_life, limit

    def next_look(self, life_at: float, token_at: float | None, opened_at: float, now: float) -> float:
        """Return in how many seconds to check again: when the silence must be shown, or exceeds its limit."""
        silence, limit = self.silence(life_at, token_at, opened_at, now)
        until_shown = life_at + self.notify_after - now
        left = limit - silence
        return max(0.05, min(until_shown, left) if until_shown > 0 else left)
