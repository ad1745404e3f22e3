"""Applies events to the list of an answer's parts. The code is the same for all kinds of parts."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ..events import PartChanged, PartEnded, PartEvent, PartGrew, PartRestored
from ..resume import ResumeMode
from . import KINDS, Part, Unknown, defaults

__all__ = ["MOST", "Parts", "after", "ended", "last", "of_another"]

MOST: Final = 1000
"""The most parts of one answer. Then a delta for a new part is appended to the last part of its kind, and other events
for new parts are ignored."""

Parts = tuple[Part, ...]


def after(parts: Parts, event: PartEvent, resumed: ResumeMode | None = None) -> Parts:
    """Return the parts after `event`. Every order of events is accepted: a part that does not exist is begun.

    `resumed`: the answer was resumed after its last text, so the next text begins a new part, which records that.
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
    """Return the parts closed, because nothing is added to them any more."""
    return tuple(replace(part, open=False) if part.open else part for part in parts)


def of_another(parts: Parts) -> Parts:
    """Return the parts closed and without ids: in the next response, the same id may mean another part."""
    return tuple(replace(part, open=False, id="") for part in parts)


def _kind(event: PartGrew | PartChanged | PartRestored) -> type[Part]:
    return KINDS.get(event.kind, Unknown)


def _place(parts: Parts, event: PartGrew | PartChanged, resumed: ResumeMode | None) -> int | None:
    """Return the index of the part of the event's kind with its id; without an id, only the last part counts.

    The part must be open, or have an id and not be text: such a part was cut off, and the provider continues it.
    """
    kind = _kind(event)
    if resumed is not None and kind.is_text:
        return None
    least = 0 if event.id else last(parts)
    for at in range(len(parts) - 1, max(least, 0) - 1, -1):
        part = parts[at]
        if (part.open or (event.id and not kind.is_text)) and part.id == event.id and _is_of(part, event.kind):
            return at
    return None


def last(parts: Parts) -> int:
    """Return the index of the last part that does not stand beside the others, or -1."""
    return next((at for at in range(len(parts) - 1, -1, -1) if not parts[at].beside), -1)


def _is_of(part: Part, kind: str) -> bool:
    """Whether a part is of this kind, which may be an unknown one."""
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
    # A part without an id only grows while it is the last one.
    at = -1 if kind.beside else last(parts)
    if at >= 0 and not parts[at].id:
        parts = (*parts[:at], replace(parts[at], open=False), *parts[at + 1 :])
    return (*parts, _changed(part, event))


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
    """Replace a part's text by `event.text`. If the text is in several parts, all but the last keep their length."""
    pieces = [at for at, part in enumerate(parts) if part.id == event.id and _is_of(part, event.kind)]
    if not pieces:
        return after(parts, PartGrew(event.kind, event.text, event.id), resumed)
    changed, rest = list(parts), event.text
    for at in pieces[:-1]:
        length = len(parts[at].body)
        changed[at], rest = parts[at].with_body(rest[:length]), rest[length:]
    changed[pieces[-1]] = parts[pieces[-1]].with_body(rest)
    return tuple(changed)
