"""Ollama's own API: chunks of its client, or lines of its JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from ..base import field_of, parts_of
from . import shapes
from .shapes import Item

__all__ = ["OllamaDialect", "is_chunk"]


def is_chunk(chunk: object) -> bool:
    """Whether this is a chunk of `chat` or of `generate`."""
    if not isinstance(field_of(chunk, "done"), bool) or field_of(chunk, "choices") is not None:
        return False
    return field_of(chunk, "message") is not None or isinstance(field_of(chunk, "response"), str)


class OllamaDialect:
    """See `Dialect`. The protocol: Ollama's API reference, "Generate a chat completion"."""

    def __init__(self) -> None:
        self._calls = 0

    def feed(self, chunk: object) -> Iterable[Item]:
        """See `Dialect.feed`."""
        error = field_of(chunk, "error")
        if error:
            return [{"error": error}]
        message = field_of(chunk, "message") or chunk
        items = [*shapes.reasoning(field_of(message, "thinking"))]
        items += shapes.text(field_of(message, "content")) or shapes.text(field_of(chunk, "response"))
        for one in parts_of(message, "tool_calls"):  # complete, and most versions send no id
            function = field_of(one, "function")
            arguments = shapes.written(field_of(function, "arguments") or {})
            items += shapes.call(self._calls, field_of(one, "id"), field_of(function, "name"), arguments)
            self._calls += 1
        if field_of(chunk, "done") is True:
            items += shapes.usage(field_of(chunk, "prompt_eval_count"), field_of(chunk, "eval_count"))
            items += shapes.finish(field_of(chunk, "done_reason") or "stop")
        return items

    def end(self) -> Iterable[Item]:
        """See `Dialect.end`. There is nothing to add: the protocol has its own end mark."""
        return []
