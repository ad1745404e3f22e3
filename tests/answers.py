"""Answers as values, in few words, for tests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from streamcell.answer.document import Version
from streamcell.answer.events import Event, PartEnded, PartGrew
from streamcell.answer.parts import KINDS, Part, Text
from streamcell.answer.resume import ResumeMode


def version(text: str = "", reasoning: str = "", refusal: str = "", **more: Any) -> Version:
    """Return a version with at most one part of each kind, all of them ended."""
    bodies = {"reasoning": reasoning, "text": text, "refusal": refusal}
    parts = tuple(KINDS[kind](open=False).with_body(body) for kind, body in bodies.items() if body)
    return Version(parts=parts, **more)


def plain(parts: Iterable[Part]) -> list[tuple[str, str]]:
    """Return the kind and the body of each part."""
    return [(part.kind, part.body) for part in parts]


def without_ids(events: Iterable[Event]) -> list[Event]:
    """Return events as a provider without ids would give them: no part is named, and none is said to end."""
    return [
        replace(event, id="") if isinstance(event, PartGrew) else event
        for event in events
        if not isinstance(event, PartEnded)
    ]


def texts_of(parts: Iterable[Part]) -> list[Text]:
    """Return the parts that are text."""
    return [part for part in parts if isinstance(part, Text)]


def resumed(parts: Iterable[Part]) -> list[ResumeMode | None]:
    """Return how each part of text continues the one before it."""
    return [part.resumed for part in texts_of(parts)]
