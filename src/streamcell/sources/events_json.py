"""Our events as JSON, for the log and for recordings of sources whose own chunks only their library can read. Pure.

A line is a list of events; an event is a list of its name and its values. Attempts begin and fail elsewhere, so
`Started`, `Failed` and cursors are left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from enum import Enum
from typing import Any, Final

from ..answer.events import (
    Event,
    Finished,
    PartChanged,
    PartEnded,
    PartGrew,
    PartRestored,
    Usage,
    UsageReported,
)
from ..answer.parts import KINDS, Unknown, defaults
from .base import showable
from .openai.words import json_of

__all__ = ["FORMAT", "from_json", "to_json"]

FORMAT: Final = "events"
"""The name of this format in a chunk's `format`."""

_DEEPEST: Final = 20  # levels of a field's value


def to_json(events: Iterable[Event]) -> str:
    """Return the events as JSON, or an empty string if there is nothing to keep."""
    kept = [one for event in events if (one := _list_of(event)) is not None]
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"), default=_value) if kept else ""


def _list_of(event: Event) -> list[Any] | None:
    if isinstance(event, (PartGrew, PartRestored)):
        return ["grow" if isinstance(event, PartGrew) else "restore", event.kind, event.text, event.id]
    if isinstance(event, PartChanged):
        return ["change", event.kind, dict(event.fields), event.id]
    if isinstance(event, PartEnded):
        return ["end", event.id]
    if isinstance(event, UsageReported):
        return ["usage", {name: count for name, count in asdict(event.usage).items() if count is not None}]
    if isinstance(event, Finished):
        return ["finish", event.reason, event.notice]
    return None


def _value(value: object) -> Any:
    return value.value if isinstance(value, Enum) else str(value)


def from_json(text: str) -> list[Event]:
    """Return the events of a line that `to_json` wrote. What is not an event is left out.

    Raises ValueError if the line is not a list in JSON.
    """
    found = json_of(text)
    if not isinstance(found, list):
        raise ValueError(f"expected a list of events, got {type(found).__name__}")  # noqa: TRY004  # it is a damaged file
    return [event for one in found if isinstance(one, list) and one and (event := _event(one)) is not None]


def _event(given: list[Any]) -> Event | None:
    name, *values = given
    texts = [showable(one) if isinstance(one, str) else None for one in values]
    if name in ("grow", "restore") and len(values) == 3 and None not in texts:
        kind, text, id_ = (str(one) for one in texts)
        return PartGrew(kind, text, id_) if name == "grow" else PartRestored(kind, text, id_)
    if name == "change" and len(values) == 3 and texts[0] is not None and isinstance(values[1], Mapping):
        return PartChanged(texts[0], _fields(texts[0], values[1]), texts[2] or "")
    if name == "end" and texts and texts[0] is not None:
        return PartEnded(texts[0])
    if name == "usage" and values and isinstance(values[0], Mapping):
        counts = {key: one for key, one in values[0].items() if isinstance(one, int) and not isinstance(one, bool)}
        return UsageReported(Usage(**{key: one for key, one in counts.items() if key in Usage.__dataclass_fields__}))
    if name == "finish" and len(values) == 2:
        return Finished(texts[0], texts[1])
    return None


def _fields(kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a part as its kind has them: enums and pairs are text and lists in JSON."""
    known = defaults(KINDS.get(kind, Unknown))
    fields: dict[str, Any] = {}
    for name, value in given.items():
        default = known.get(name)
        if isinstance(default, Enum):
            if value in [one.value for one in type(default)]:
                fields[name] = type(default)(value)
        else:
            fields[name] = _plain(value)
    return fields


def _plain(value: Any, depth: int = 0) -> Any:
    """Return a field's value with text that can be encoded; parts are frozen, so a list is a tuple."""
    if isinstance(value, str):
        return showable(value)
    if depth > _DEEPEST:
        return None
    if isinstance(value, list):
        return tuple(_plain(one, depth + 1) for one in value)
    if isinstance(value, dict):
        return {showable(key): _plain(one, depth + 1) for key, one in value.items()}
    return value
