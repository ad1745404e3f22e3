"""Pydantic AI: the events of `run_stream_events` and of event handlers. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from ..base import field_of
from . import shapes
from .shapes import Item

__all__ = ["PydanticAIDialect", "count", "is_chunk"]

_EVENTS: Final = (
    "part_start",
    "part_delta",
    "part_end",
    "final_result",
    "function_tool_call",
    "function_tool_result",
    "output_tool_call",
    "output_tool_result",
    "builtin_tool_call",
    "builtin_tool_result",
    "agent_run_result",
)


def is_chunk(chunk: object) -> bool:
    """Whether this is an event of an agent's run."""
    return field_of(chunk, "event_kind") in _EVENTS


class PydanticAIDialect:
    """See `Dialect`. The run's own result is the end mark."""

    def __init__(self) -> None:
        self._calls = shapes.Calls()
        self._places: dict[object, int] = {}
        self._said = False

    def feed(self, chunk: object) -> Iterable[Item]:
        """See `Dialect.feed`."""
        kind = field_of(chunk, "event_kind")
        if kind == "part_start":
            return self._begun(field_of(chunk, "index"), field_of(chunk, "part"))
        if kind == "part_delta":
            return self._grown(field_of(chunk, "index"), field_of(chunk, "delta"))
        if kind in ("function_tool_result", "output_tool_result"):
            return self._returned(field_of(chunk, "part") or field_of(chunk, "result"))
        return self._ended(field_of(chunk, "result")) if kind == "agent_run_result" else []

    def end(self) -> Iterable[Item]:
        """See `Dialect.end`. There is nothing to add."""
        return []

    def _begun(self, index: object, part: object) -> list[Item]:
        kind = field_of(part, "part_kind")
        if kind == "text":
            return self._text(field_of(part, "content"))
        if kind == "thinking":
            return shapes.reasoning(field_of(part, "content"))
        id_, name = field_of(part, "tool_call_id"), field_of(part, "tool_name")
        if kind == "tool-call":
            number = self._places[index] = self._calls.index(id_)
            return shapes.call(number, id_, name, field_of(part, "args") or "")
        if kind == "builtin-tool-call":
            return shapes.hosted(self._calls.index(id_), name, field_of(part, "args"))
        if kind == "builtin-tool-return":
            return shapes.hosted(self._calls.index(id_), name, None, field_of(part, "content") or "(no result)")
        return []

    def _grown(self, index: object, delta: object) -> list[Item]:
        kind = field_of(delta, "part_delta_kind")
        if kind == "text":
            return self._text(field_of(delta, "content_delta"))
        if kind == "thinking":
            return shapes.reasoning(field_of(delta, "content_delta"))
        if kind == "tool_call" and index in self._places:
            return shapes.call(
                self._places[index],
                field_of(delta, "tool_call_id"),
                field_of(delta, "tool_name_delta"),
                field_of(delta, "args_delta") or "",
            )
        return []

    def _text(self, delta: object) -> list[Item]:
        self._said = self._said or bool(delta)
        return shapes.text(delta)

    @staticmethod
    def _returned(part: object) -> list[Item]:
        failed = field_of(part, "part_kind") == "retry-prompt" or field_of(part, "outcome") in ("failed", "denied")
        return shapes.result(field_of(part, "tool_call_id"), field_of(part, "content"), failed=failed)

    def _ended(self, result: object) -> list[Item]:
        """Return the end. An output that is no text came as a call of a tool; without one it is shown as JSON."""
        output = field_of(result, "output")
        items = [] if self._said or output is None else shapes.text(_shown(output))
        usage = count(field_of(result, "usage"))
        reason = field_of(field_of(result, "response"), "finish_reason")
        return [*items, *usage, *shapes.finish("stop" if reason in (None, "tool_call") else reason)]


def count(usage: Any) -> list[Item]:
    """Return the chunk with a run's token counts; `usage` is a method in some versions."""
    usage = usage() if callable(usage) else usage
    return shapes.usage(
        field_of(usage, "input_tokens"),
        field_of(usage, "output_tokens"),
        cached=field_of(usage, "cache_read_tokens"),
        reasoned=field_of(field_of(usage, "details"), "reasoning_tokens"),
    )


def _shown(output: Any) -> str:
    if isinstance(output, str):
        return output
    dump = getattr(output, "model_dump", None)
    value = dump(mode="json") if callable(dump) else output
    return f"```json\n{json.dumps(value, indent=2, ensure_ascii=False, default=str)}\n```\n"
