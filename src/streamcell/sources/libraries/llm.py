"""The library `llm`: the events of a response. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ..base import field_of
from . import shapes
from .shapes import Item

__all__ = ["LlmDialect", "is_chunk"]

_EVENTS: Final = ("text", "reasoning", "tool_call_name", "tool_call_args", "tool_result")


def is_chunk(chunk: object) -> bool:
    """Whether this is an event of a response."""
    return field_of(chunk, "type") in _EVENTS and isinstance(field_of(chunk, "chunk"), str)


class LlmDialect:
    """See `Dialect`. A response ends with its iterator: `llm` has no finish reasons."""

    def __init__(self) -> None:
        self._calls = shapes.Calls()

    def feed(self, chunk: object) -> Iterable[Item]:
        """See `Dialect.feed`."""
        kind, said, id_ = field_of(chunk, "type"), field_of(chunk, "chunk"), field_of(chunk, "tool_call_id")
        if kind == "text":
            return shapes.text(said)
        if kind == "reasoning":
            return shapes.reasoning(said)
        if kind == "tool_result":
            return shapes.result(id_, said)
        number = self._calls.index(id_ or field_of(chunk, "part_index"))
        if kind == "tool_call_name":
            return shapes.call(number, id_, said, "")
        return shapes.call(number, id_, None, said) if kind == "tool_call_args" else []

    def end(self) -> Iterable[Item]:
        """See `Dialect.end`."""
        return shapes.finish("stop")
