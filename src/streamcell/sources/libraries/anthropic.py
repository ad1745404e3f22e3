"""Anthropic's Messages API: events of the SDK, of its `.stream()` helper, or of a raw stream. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from ..base import field_of, parts_of
from . import shapes
from .shapes import Item

__all__ = ["AnthropicDialect", "is_chunk"]

_EVENTS: Final = (
    "message_start",
    "content_block_start",
    "content_block_delta",
    "content_block_stop",
    "message_delta",
    "message_stop",
)

_REPEATED: Final = ("text", "thinking", "signature", "input_json", "citation", "ping")
"""What the `.stream()` helper adds: each repeats the delta before it."""


def is_chunk(chunk: object) -> bool:
    """Whether this is an event of Anthropic's streaming protocol."""
    return field_of(chunk, "type") in _EVENTS


class AnthropicDialect:
    """See `Dialect`. The protocol: https://docs.anthropic.com, "Streaming messages"."""

    def __init__(self) -> None:
        self._calls = shapes.Calls()
        self._blocks: dict[object, tuple[str, int, Any]] = {}
        self._asked: dict[int, str] = {}
        self._given = self._cached = 0
        self._message = 0

    def feed(self, chunk: object) -> Iterable[Item]:
        """See `Dialect.feed`."""
        kind = field_of(chunk, "type")
        if kind == "message_start":
            self._message += 1
            return self._counted(field_of(field_of(chunk, "message"), "usage"))
        if kind == "content_block_start":
            return self._begun(field_of(chunk, "index"), field_of(chunk, "content_block"))
        if kind == "content_block_delta":
            return self._grown(field_of(chunk, "index"), field_of(chunk, "delta"))
        if kind == "content_block_stop":
            return self._stopped(field_of(chunk, "index"))
        if kind == "message_delta":
            word = field_of(field_of(chunk, "delta"), "stop_reason")
            return [*self._counted(field_of(chunk, "usage")), *shapes.finish(word)]
        if kind == "error":
            return [{"error": field_of(chunk, "error") or str(chunk)}]
        return []

    def end(self) -> Iterable[Item]:
        """See `Dialect.end`. There is nothing to add: the protocol has its own end mark."""
        return []

    def _begun(self, index: object, block: object) -> list[Item]:
        kind = field_of(block, "type")
        if kind == "text":
            return [*shapes.text(field_of(block, "text")), *shapes.cited(parts_of(block, "citations"))]
        if kind == "thinking":
            return shapes.reasoning(field_of(block, "thinking"))
        if kind in ("tool_use", "server_tool_use", "mcp_tool_use"):
            number = self._calls.index(self._message, field_of(block, "id") or index)
            self._blocks[index] = (str(kind), number, block)
            if kind == "tool_use":
                return shapes.call(number, field_of(block, "id"), field_of(block, "name"), "")
            return shapes.hosted(number, field_of(block, "name"), "")
        if isinstance(kind, str) and kind.endswith("_tool_result"):
            return self._returned(block)
        return []

    def _grown(self, index: object, delta: object) -> list[Item]:
        kind = field_of(delta, "type")
        if kind == "text_delta":
            return shapes.text(field_of(delta, "text"))
        if kind == "thinking_delta":
            return shapes.reasoning(field_of(delta, "thinking"))
        if kind == "citations_delta":
            return shapes.cited([field_of(delta, "citation")])
        if kind == "input_json_delta" and index in self._blocks:
            name, number, _ = self._blocks[index]
            piece = field_of(delta, "partial_json")
            if name == "tool_use":
                return shapes.call(number, None, None, piece if isinstance(piece, str) else "")
            self._asked[number] = self._asked.get(number, "") + (piece if isinstance(piece, str) else "")
        return []

    def _stopped(self, index: object) -> list[Item]:
        """Return what is left of a call: some servers send its input only with the block, and not as deltas."""
        kind, number, block = self._blocks.pop(index, ("", 0, None))
        given = field_of(block, "input")
        if kind == "tool_use":
            # An empty object is what the server sends before the deltas; the decoder puts them in its place.
            return shapes.call(number, None, None, shapes.written(given)) if given else []
        return shapes.hosted(number, field_of(block, "name"), self._asked.get(number) or given) if kind else []

    def _returned(self, block: object) -> list[Item]:
        number = self._calls.index(self._message, field_of(block, "tool_use_id"))
        content = field_of(block, "content")
        found = content if isinstance(content, (list, tuple)) else [content]
        pages = [one for one in found if isinstance(field_of(one, "url"), str)]
        if pages:
            shown: object = "\n".join(f"{field_of(one, 'title') or ''} {field_of(one, 'url')}".strip() for one in pages)
        else:
            shown = "\n".join(_words_of(one) for one in found)
        return shapes.hosted(number, None, self._asked.get(number), shown or "(no result)")

    def _counted(self, usage: object) -> list[Item]:
        """Return the counts so far. The API counts what it read from its cache and wrote to it apart from the rest."""
        cached = _number(usage, "cache_read_input_tokens")
        given = _number(usage, "input_tokens") + cached + _number(usage, "cache_creation_input_tokens")
        self._given, self._cached = given or self._given, cached or self._cached
        made = field_of(usage, "output_tokens")
        return shapes.usage(self._given, made, cached=self._cached or None)


def _number(value: object, name: str) -> int:
    found = field_of(value, name)
    return found if isinstance(found, int) else 0


def _words_of(block: object) -> str:
    for name in ("text", "stdout", "content", "error_code"):
        found = field_of(block, name)
        if isinstance(found, str) and found:
            return found
    return ""
