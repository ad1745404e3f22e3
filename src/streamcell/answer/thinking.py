"""How long the model thought: times the reasoning parts. Pure: times are arguments."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .parts import Part, Reasoning, ShowReasoning, growth

__all__ = ["Thinking", "settled", "watched"]

Parts = tuple[Part, ...]


@dataclass(frozen=True)
class Thinking:
    """The model is thinking: into the part at index `part`, since the time `since`."""

    part: int
    since: float


def watched(
    parts: Parts, thinking: Thinking | None, show: ShowReasoning, since: float, now: float
) -> tuple[Parts, Thinking | None]:
    """Return the parts with their times updated, after an event has changed them, and the thinking that continues.

    The model is thinking while the last part is open reasoning. `since` is when its last output came, or when the
    response began: the time before the first word of a reasoning summary counts.
    """
    last = growth.last(parts)
    thinks = last >= 0 and isinstance(parts[last], Reasoning) and parts[last].open
    if thinking is not None and not (thinks and thinking.part == last):
        parts, thinking = settled(parts, thinking, now), None
    part = parts[last] if thinks else None
    if thinking is not None or not isinstance(part, Reasoning) or part.seconds is not None:
        return parts, thinking
    return (*parts[:last], replace(part, show=show), *parts[last + 1 :]), Thinking(last, since)


def settled(parts: Parts, thinking: Thinking | None, now: float) -> Parts:
    """Return the parts after the model has stopped thinking: the last reasoning gets its duration in seconds."""
    part = parts[thinking.part] if thinking is not None and thinking.part < len(parts) else None
    if thinking is None or not isinstance(part, Reasoning):
        return parts
    timed = replace(part, seconds=round(max(0.0, now - thinking.since), 1))
    return (*parts[: thinking.part], timed, *parts[thinking.part + 1 :])
