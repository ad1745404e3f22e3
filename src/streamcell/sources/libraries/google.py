"""Google's Gemini API: chunks of the SDK `google-genai`, or raw server-sent events. Pure."""

from __future__ import annotations

import base64
from collections.abc import Iterable

from ..base import field_of, parts_of
from . import shapes
from .shapes import Item, either

__all__ = ["GoogleDialect", "is_chunk"]


def is_chunk(chunk: object) -> bool:
    """Whether this is a `GenerateContentResponse`."""
    if isinstance(field_of(chunk, "candidates"), (list, tuple)):
        return True
    return either(chunk, "usage_metadata", "usageMetadata", "prompt_feedback", "promptFeedback") is not None


class GoogleDialect:
    """See `Dialect`. The protocol: the Gemini API's reference, "GenerateContentResponse"."""

    def __init__(self) -> None:
        self._calls = self._runs = 0

    def feed(self, chunk: object) -> Iterable[Item]:
        """See `Dialect.feed`."""
        error = field_of(chunk, "error")
        if error:
            return [{"error": error}]
        items = [item for one in parts_of(chunk, "candidates")[:1] for item in self._candidate(one)]
        counts = either(chunk, "usage_metadata", "usageMetadata")
        made = either(counts, "candidates_token_count", "candidatesTokenCount") or 0
        thought = either(counts, "thoughts_token_count", "thoughtsTokenCount")
        items += shapes.usage(
            either(counts, "prompt_token_count", "promptTokenCount"),
            made + (thought or 0) if isinstance(made, int) and isinstance(thought, (int, type(None))) else None,
            cached=either(counts, "cached_content_token_count", "cachedContentTokenCount"),
            reasoned=thought,
        )
        blocked = either(either(chunk, "prompt_feedback", "promptFeedback"), "block_reason", "blockReason")
        return [*items, *shapes.finish(blocked and "content_filter")]

    def end(self) -> Iterable[Item]:
        """See `Dialect.end`. There is nothing to add: the protocol has its own end mark."""
        return []

    def _candidate(self, candidate: object) -> list[Item]:
        parts = parts_of(field_of(candidate, "content"), "parts")
        items = [item for part in parts for item in self._part(part)]
        grounding = either(candidate, "grounding_metadata", "groundingMetadata")
        found = either(grounding, "grounding_chunks", "groundingChunks") or ()
        items += shapes.cited(either(one, "web", "retrieved_context", "retrievedContext") for one in found)
        cited = either(candidate, "citation_metadata", "citationMetadata")
        items += shapes.cited(either(cited, "citations", "citationSources") or ())
        return [*items, *shapes.finish(either(candidate, "finish_reason", "finishReason"))]

    def _part(self, part: object) -> list[Item]:
        said = field_of(part, "text")
        if said:
            return shapes.reasoning(said) if field_of(part, "thought") is True else shapes.text(said)
        asked = either(part, "function_call", "functionCall")
        if asked is not None:
            self._calls += 1
            arguments = shapes.written(field_of(asked, "args") or {})
            return shapes.call(self._calls - 1, field_of(asked, "id"), field_of(asked, "name"), arguments)
        blob = either(part, "inline_data", "inlineData")
        if blob is not None:
            data = field_of(blob, "data")
            coded = base64.b64encode(data).decode() if isinstance(data, bytes) else data
            return shapes.image(coded, either(blob, "mime_type", "mimeType"))
        code = either(part, "executable_code", "executableCode")
        if code is not None:
            self._runs += 1
            return shapes.hosted(self._runs, "code_execution", field_of(code, "code"))
        ran = either(part, "code_execution_result", "codeExecutionResult")
        return [] if ran is None else shapes.hosted(self._runs, None, None, field_of(ran, "output") or "(no output)")
