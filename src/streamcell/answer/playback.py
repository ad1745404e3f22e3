"""The schedule of a replay: when each entry of a recording is due. Pure: times are arguments.

Due times are counted from one point on the clock, so no delay adds up: an entry that is played late does not move the
entries after it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, Union

__all__ = ["FAST", "Pace", "Playback", "Speed", "pace_of"]

Speed = Union[float, Literal["fast", "step"]]
"""How fast a recording is played: a factor, `"fast"` for no waits, or `"step"` for one chunk at a time."""

FAST: Final = math.inf

_SLOWEST: Final = 0.01
_FASTEST: Final = 1_000.0


@dataclass(frozen=True)
class Pace:
    """How a recording is played: `speed` is a factor, `math.inf` for no waits; `playing` is False while it is paused.

    A paused recording is played step by step.
    """

    speed: float = 1.0
    playing: bool = True

    def seconds(self, recorded: float) -> float:
        """Return how long a recorded wait takes. A paused replay does not wait: its next entry waits for a step."""
        return recorded / self.speed if self.playing else 0.0


def pace_of(speed: Any) -> Pace:
    """Return the pace for the argument `speed`. Raises ValueError or TypeError for anything else than a `Speed`."""
    if speed == "step":
        return Pace(playing=False)
    if speed == "fast":
        return Pace(FAST)
    if isinstance(speed, bool) or not isinstance(speed, (int, float)):
        raise TypeError(f"speed must be a number, 'fast' or 'step', not {speed!r}")
    if speed != FAST and not _SLOWEST <= speed <= _FASTEST:
        raise ValueError(f"speed must be from {_SLOWEST:g} to {_FASTEST:g}, 'fast' or 'step', not {speed!r}")
    return Pace(float(speed))


@dataclass(frozen=True)
class Playback:
    """Where a replay is. `position` is the recorded time, in seconds, that it had reached at `since` on the clock.

    Attributes:
        pace: how it is played.
        position: see above.
        since: see above.
        steps: how many steps were requested and not played yet.
    """

    pace: Pace = Pace()  # frozen
    position: float = 0.0
    since: float = 0.0
    steps: int = 0

    def at(self, now: float) -> float:
        """Return the recorded time that the replay has reached at `now`."""
        if not self.pace.playing or self.pace.speed == FAST:
            return self.position
        return self.position + max(0.0, now - self.since) * self.pace.speed

    def wait(self, at: float, now: float) -> float | None:
        """Return in how many seconds the entry at the recorded time `at` is due; None: not before the user acts."""
        if not self.pace.playing:
            return 0.0 if self.steps else None
        if self.pace.speed == FAST:
            return 0.0
        return max(0.0, self.since + (at - self.position) / self.pace.speed - now)

    def begun(self, now: float) -> Playback:
        """Return the playback at the beginning of the recording."""
        return replace(self, position=0.0, since=now, steps=0)

    def with_pace(self, pace: Pace, now: float) -> Playback:
        """Return the playback with another pace from `now` on."""
        if pace == self.pace:
            return self
        return Playback(pace, self.at(now), now, 0 if pace.playing else self.steps)

    def reached(self, at: float, now: float) -> Playback:
        """Return the playback at the recorded time `at`, because the user does not want to wait until then."""
        return replace(self, position=at, since=now)

    def stepped(self) -> Playback:
        """Return the playback with one more step to play."""
        return replace(self, steps=self.steps + 1)

    def played(self, at: float, now: float, *, seen: bool) -> Playback:
        """Return the playback after the entry at `at` was played. One that is seen (`seen`) ends a step."""
        if self.pace.playing and self.pace.speed != FAST:
            return self
        steps = max(0, self.steps - 1) if seen and not self.pace.playing else self.steps
        return replace(self, position=max(at, self.position), since=now, steps=steps)
