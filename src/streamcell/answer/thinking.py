"""How long the model thought: reasoning parts are timed as they come, by times that are handed in. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .parts import Part, Reasoning, ShowReasoning

__all__ = ["Thinking", "settled", "watched"]

Parts = tuple[Part, ...]


@dataclass(frozen=True)
class Thinking:
    """The model thinks: the part at index `part` is what it thinks, and it has thought since `since`."""

    part: int
    since: float


def watched(
    parts: Parts, thinking: Thinking | None, show: ShowReasoning, since: float, now: float
) -> tuple[Parts, Thinking | None]:
    """Return the parts with what is known of their times, after an event has changed them.

    The model thinks while the last part is reasoning. `since` is when it last said something, or when its response
    began: what it thought before the first word of a summary counts.
    """
    last = len(parts) - 1
    thinks = last >= 0 and isinstance(parts[last], Reasoning) and parts[last].open
    if thinking is not None and not (thinks and thinking.part == last):
        parts, thinking = settled(parts, thinking, now), None
    part = parts[last] if thinks else None
    if thinking is not None or not isinstance(part, Reasoning) or part.seconds is not None:
        return parts, thinking
    return (*parts[:last], replace(part, show=show)), Thinking(last, since)


def settled(parts: Parts, thinking: Thinking | None, now: float) -> Parts:
    """Return the parts when the model thinks no more: the last thought says how long it took."""
    part = parts[thinking.part] if thinking is not None and thinking.part < len(parts) else None
    if thinking is None or not isinstance(part, Reasoning):
        return parts
    timed = replace(part, seconds=round(max(0.0, now - thinking.since), 1))
    return (*parts[: thinking.part], timed, *parts[thinking.part + 1 :])
