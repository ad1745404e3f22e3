"""How a list of parts grows with an event. It knows no kind of part."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ..events import PartChanged, PartEnded, PartEvent, PartGrew, PartRestored
from ..resume import ResumeMode
from . import KINDS, Part, Unknown, defaults

__all__ = ["MOST", "Parts", "after", "ended", "of_another"]

MOST: Final = 1000
"""Parts of one answer. A further one is appended to the last of its kind, or left out where it has no body."""

Parts = tuple[Part, ...]


def after(parts: Parts, event: PartEvent, resumed: ResumeMode | None = None) -> Parts:
    """Return the parts after `event`. No order of events is wrong: a part that is not there begins.

    `resumed`: the answer was taken up again since the last text, so the next text is a part that says so.
    """
    if isinstance(event, PartEnded):
        return tuple(replace(part, open=False) if part.id == event.id and part.open else part for part in parts)
    if isinstance(event, PartRestored):
        return _restored(parts, event, resumed)
    if isinstance(event, PartGrew) and not event.text:
        return parts
    at = _place(parts, event, resumed)
    if at is None:
        return _begun(parts, event, resumed)
    part = parts[at] if parts[at].open else replace(parts[at], open=True)
    return (*parts[:at], _changed(part, event), *parts[at + 1 :])


def ended(parts: Parts) -> Parts:
    """Return the parts closed: nothing more comes to any of them."""
    return tuple(replace(part, open=False) if part.open else part for part in parts)


def of_another(parts: Parts) -> Parts:
    """Return the parts closed and without ids: what comes is of another response, where an id may mean another part."""
    return tuple(replace(part, open=False, id="") for part in parts)


def _kind(event: PartGrew | PartChanged | PartRestored) -> type[Part]:
    return KINDS.get(event.kind, Unknown)


def _place(parts: Parts, event: PartGrew | PartChanged, resumed: ResumeMode | None) -> int | None:
    """Return the index of the part that an event is about: the one of its id, else the last if of its kind.

    It is open, unless it is no text and has an id: such a part was cut, and the provider continues it.
    """
    kind = _kind(event)
    if resumed is not None and kind.is_text:
        return None
    least = 0 if event.id else len(parts) - 1
    for at in range(len(parts) - 1, max(least, 0) - 1, -1):
        part = parts[at]
        if (part.open or (event.id and not kind.is_text)) and part.id == event.id and _is_of(part, event.kind):
            return at
    return None


def _is_of(part: Part, kind: str) -> bool:
    """Whether a part is of a kind, which may be one that is not known."""
    return part.kind == kind or (isinstance(part, Unknown) and part.name == kind)


def _begun(parts: Parts, event: PartGrew | PartChanged, resumed: ResumeMode | None) -> Parts:
    kind = _kind(event)
    if len(parts) >= MOST:
        return _in_the_last(parts, event)
    part = kind(id=event.id)
    if kind is Unknown:
        part = part.with_fields({"name": event.kind})
    if resumed is not None and kind.is_text and "resumed" in defaults(kind):
        part = part.with_fields({"resumed": resumed})
    # A part without an id grows only where it is the last.
    before = (*parts[:-1], replace(parts[-1], open=False)) if parts and not parts[-1].id else parts
    return (*before, _changed(part, event))


def _in_the_last(parts: Parts, event: PartGrew | PartChanged) -> Parts:
    if not isinstance(event, PartGrew):
        return parts
    at = next((at for at in range(len(parts) - 1, -1, -1) if _is_of(parts[at], event.kind)), None)
    return parts if at is None else (*parts[:at], _changed(parts[at], event), *parts[at + 1 :])


def _changed(part: Part, event: PartGrew | PartChanged) -> Part:
    if isinstance(event, PartGrew):
        return part.with_body(part.body + event.text)
    return part.with_fields(event.fields)


def _restored(parts: Parts, event: PartRestored, resumed: ResumeMode | None) -> Parts:
    """Let a part hold `event.text`, over all the pieces in which it came: each keeps its length, the last the rest."""
    pieces = [at for at, part in enumerate(parts) if part.id == event.id and _is_of(part, event.kind)]
    if not pieces:
        return after(parts, PartGrew(event.kind, event.text, event.id), resumed)
    changed, rest = list(parts), event.text
    for at in pieces[:-1]:
        length = len(parts[at].body)
        changed[at], rest = parts[at].with_body(rest[:length]), rest[length:]
    changed[pieces[-1]] = parts[pieces[-1]].with_body(rest)
    return tuple(changed)
