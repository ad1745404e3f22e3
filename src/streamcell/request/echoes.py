"""Echoes: opaque data that a server sends with tool calls and needs back with them. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from .jsonable import jsonable

__all__ = ["ECHOES", "Echo", "held_of", "within"]

ECHOES: Final = 1_000_000
"""Characters of JSON that are kept for one answer. An echo that does not fit is left out completely."""


@dataclass(frozen=True)
class Echo:
    """Data that a server sent with tool calls and needs back with them, such as the reasoning before the calls.

    Attributes:
        place: what the data is: fields of the `message` with the calls or of one `call` (Chat Completions), or the
            items before one call in the `output` of a response, and that call's item id (Responses API).
        calls: the ids of the calls that it belongs to.
        held: the data as JSON text, which is not interpreted and not printed.
        by_id: it contains an item by its id alone, which only a server that stored the response knows.
        server: the address of the server that sent it.
    """

    place: Literal["message", "call", "output"]
    calls: tuple[str, ...]
    held: str = field(repr=False)
    by_id: bool = False
    server: str = ""


def held_of(value: Any) -> str | None:
    """Return `value` as JSON text, or None if JSON cannot represent it or the text is too long."""
    try:
        text = json.dumps(jsonable(value, "it"), ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        return None
    return text if len(text) <= ECHOES else None


def within(before: tuple[Echo, ...], more: Iterable[Echo]) -> tuple[Echo, ...]:
    """Return the echoes of an answer with those of one more response, up to `ECHOES` characters in total.

    If one does not fit, those after it are left out too, because they may refer to it.
    """
    kept, room = list(before), ECHOES - sum(len(one.held) for one in before)
    for one in more:
        room -= len(one.held)
        if room < 0:
            break
        kept.append(one)
    return tuple(kept)
