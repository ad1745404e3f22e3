"""Which text of what a source emits is judged, and as what. Pure; it knows no kind of part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from .events import Failed, PartChanged, PartGrew, PartRestored
from .inputs import ToolEnded
from .moderation import Moderation
from .parts import KINDS, Part, Reasoning, Unknown

__all__ = ["TEXT", "Key", "Told", "timed_as", "told"]


class Key(NamedTuple):
    """A text that is judged as a whole, in windows: the parts of a kind whose bodies a reader sees as one text."""

    what: str
    kind: str = ""
    id: str = ""


TEXT = Key("answer", "text")


class Told(NamedTuple):
    """The text of an event and the text that it belongs to. `alone`: it does not grow."""

    key: Key | None = None
    text: str = ""
    alone: bool = False


def told(given: Any, rules: Moderation, *, begun: bool) -> Told:
    """Return the text that is judged of an event or a tool's result. `begun`: the response has begun.

    An error that comes later may quote the answer.
    """
    if isinstance(given, ToolEnded):
        return Told(Key("tools", "result", str(given.part)), _result_of(given.fields), True) if rules.tools else Told()
    if isinstance(given, Failed):
        return Told(Key("answer", "error"), given.error.detail, True) if begun else Told()
    if not isinstance(given, (PartGrew, PartChanged, PartRestored)):
        return Told()
    kind = KINDS.get(given.kind, Unknown)
    if kind.judged_as not in _asked(rules):
        return Told()
    if isinstance(given, PartChanged):
        text = "\n".join(_strings(given.fields))
        return Told(Key(kind.judged_as, f"fields of {given.kind}"), text, True)
    # The texts of an answer are one text, so a phrase may begin in one part and end in the next.
    key = Key(kind.judged_as, given.kind, "" if kind.is_text else given.id)
    return Told(key, given.text, isinstance(given, PartRestored))


def _asked(rules: Moderation) -> frozenset[str]:
    extra = {"reasoning": rules.reasoning, "tools": rules.tools}
    return frozenset({"answer", *(what for what, wanted in extra.items() if wanted)})


def _result_of(fields: Mapping[str, Any]) -> str:
    shown = fields.get("shown")
    kind, data = shown if isinstance(shown, (list, tuple)) and len(shown) == 2 else ("", "")
    return "\n".join(one for one in (str(fields.get("result", "")), data if kind.startswith("text/") else "") if one)


def _strings(value: Any) -> Iterator[str]:
    """Yield every text in a JSON value."""
    if isinstance(value, str):
        yield from [value] if value else []
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _strings(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _strings(one)


def timed_as(parts: tuple[Part, ...], shown: tuple[Part, ...]) -> tuple[Part, ...]:
    """Return the parts with the times of reasoning that the same parts have in `shown`."""
    return tuple(
        replace(part, seconds=other.seconds, show=other.show)
        if isinstance(part, Reasoning) and isinstance(other, Reasoning)
        else part
        for part, other in zip(parts, (*shown, *parts[len(shown) :]), strict=False)
    )
