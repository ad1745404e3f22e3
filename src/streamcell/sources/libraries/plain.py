"""JSON objects that hold text and little else, as small servers stream them, and Vercel's UI message stream. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from ..base import field_of
from . import shapes
from .shapes import Item

__all__ = ["PlainDialect", "is_chunk"]

_TEXTS: Final = ("text", "content", "delta", "token", "response", "completion", "generated_text", "message", "answer")
_REASONS: Final = ("finish_reason", "stop_reason", "done_reason", "finishReason")
_UI: Final = (
    "start",
    "start-step",
    "text-start",
    "text-delta",
    "text-end",
    "reasoning-start",
    "reasoning-delta",
    "reasoning-end",
    "finish-step",
    "finish",
    "abort",
)


def is_chunk(chunk: object) -> bool:
    """Whether this is a mapping with text in a usual place, or an event of the AI SDK's UI message stream."""
    if not isinstance(chunk, Mapping):
        return False
    return chunk.get("type") in _UI or _text_of(chunk) is not None or _reason_of(chunk) is not None or "error" in chunk


class PlainDialect:
    """See `Dialect`. Such a stream has no end mark that all servers agree on, so it ends with its iterator."""

    def __init__(self) -> None:
        self._word: object = "stop"

    def feed(self, chunk: object) -> Iterable[Item]:
        """See `Dialect.feed`."""
        if not isinstance(chunk, Mapping):
            return []
        if chunk.get("error"):
            return [{"error": chunk["error"]}]
        kind = chunk.get("type")
        if kind == "error":
            return [{"error": chunk.get("errorText") or chunk}]
        if kind == "abort":
            self._word = "abort"
            return []
        if kind in _UI and kind not in ("text-delta", "reasoning-delta", "finish"):
            return []
        self._word = _reason_of(chunk) or self._word
        said = _text_of(chunk)
        return shapes.reasoning(said) if kind == "reasoning-delta" else shapes.text(said)

    def end(self) -> Iterable[Item]:
        """See `Dialect.end`."""
        return shapes.finish(self._word)


def _text_of(chunk: Mapping[str, Any]) -> str | None:
    for name in _TEXTS:
        found = chunk.get(name)
        if isinstance(found, Mapping):  # {"token": {"text": …}}, {"delta": {"content": …}}
            found = field_of(found, "text") or field_of(found, "content")
        if isinstance(found, str):
            return found
    return None


def _reason_of(chunk: Mapping[str, Any]) -> str | None:
    found = (chunk.get(name) for name in _REASONS)
    return next((one for one in found if isinstance(one, str) and one), None)
