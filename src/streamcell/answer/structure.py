"""Structured answers: which text is JSON, what a part of it means, and whether it is a list of records. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from .events import Event, Finished, PartGrew, PartRestored
from .parts import Part, text_of

__all__ = [
    "StructureRules",
    "answer_in",
    "as_json",
    "correction",
    "is_whole",
    "json_in",
    "partial_value",
    "rows_of",
    "unwrapped",
]


@dataclass(frozen=True)
class StructureRules:
    """The rules for the structure that one answer was asked for.

    Attributes:
        checks: whether the answer is checked here; False if a recording says how it ended.
        repairs: how many times the model is told what is wrong with its answer, and asked again.
    """

    checks: bool = True
    repairs: int = 0


def as_json(event: Event, parts: Sequence[Part]) -> Event:
    """Return the event with a text of the kind `json` if it is JSON; `parts` are those of the present request.

    Its beginning decides, and nothing that follows: only an object and an array are JSON here. A text that begins with
    prose or a fence is shown as the text that it is.
    """
    if not isinstance(event, (PartGrew, PartRestored)) or event.kind != "text":
        return event
    begun = next((part.kind for part in parts if part.is_text), None)
    if begun is None:
        begun = "json" if event.text.lstrip()[:1] in ("", "{", "[") else "text"
    return event if begun == "text" else replace(event, kind=begun)


def is_whole(event: Finished, parts: Sequence[Part]) -> bool:
    """Whether the model has ended its answer itself and without a refusal, so that the answer can be judged."""
    return event.reason in ("stop", None) and not any(part.kind == "refusal" and part.body for part in parts)


def answer_in(parts: Sequence[Part]) -> str:
    """Return the answer's last text: what comes after the calls of tools."""
    last = max((at for at, part in enumerate(parts) if part.kind == "tool_call"), default=-1)
    return text_of(parts[last + 1 :])


def correction(errors: Sequence[tuple[str, str]]) -> str:
    """Return the message that tells the model what is wrong with its answer."""
    listed = "\n".join(f"- {path}: {reason}" if path else f"- {reason}" for path, reason in errors)
    return (
        f"Your last answer does not fit the schema that it was asked for:\n{listed}\n"
        "Answer again, with JSON that fits the schema and nothing else."
    )


def json_in(text: str) -> str:
    """Return the JSON of a complete answer: the text, or what is in the fence that encloses all of it."""
    first, _, rest = text.strip().partition("\n")
    begun = first.rstrip()
    fence = begun[: len(begun) - len(begun.lstrip(begun[:1]))]
    inner, _, last = rest.rpartition("\n")
    is_fence = len(fence) >= 3 and fence[0] in "`~" and begun[len(fence) :].strip().lower() in ("", "json")
    return inner if is_fence and last.strip() == fence else text


_NUMBER: Final = "0123456789"


def partial_value(text: str) -> Any:
    """Return the value of JSON that may end anywhere; None if there is none.

    What is incomplete is left out, except for the beginning of a text. A number at the end is left out because another
    digit may follow.
    """
    import jiter

    def read(part: str, mode: Any) -> Any:
        return jiter.from_json(part.encode("utf-8", "replace"), allow_inf_nan=False, partial_mode=mode)

    try:
        if text[-1:] in _NUMBER:
            cut = text.rstrip("0123456789+-.eE")
            if read(text, "on") != read(cut, "on"):  # the digits are of a number, and not of a text
                text = cut
        return read(text, "trailing-strings")
    except ValueError:  # no JSON, or nested too deep
        return None


def unwrapped(value: Any, root: str) -> Any:
    """Return the value in the field `root` of an object, which was asked for because APIs demand an object."""
    return value.get(root) if root and isinstance(value, dict) else value


def rows_of(value: Any) -> list[dict[str, Any]] | None:
    """Return the records if `value` is a list of them, or an object with exactly one list; else None."""
    if isinstance(value, Mapping):
        lists = [one for one in value.values() if isinstance(one, list)]
        value = lists[0] if len(lists) == 1 else None
    if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
        return None
    return [dict(one) for one in value]
