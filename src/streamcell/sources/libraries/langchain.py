"""LangChain and LangGraph: message chunks, the events of `astream_events`, and the steps of graphs. Pure but for `ask`.

A stream is one of: messages and their chunks; `(message, metadata)` of a graph's mode "messages"; `(mode, value)` or
`(namespace, mode, value)` of several modes; the updates of a graph's nodes; or the events of `astream_events`, version
2. A message that has been streamed in chunks often comes again whole; it is shown once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from ..base import field_of, parts_of
from . import shapes
from .shapes import Item, either

__all__ = ["LangChainDialect", "is_chunk"]

_MESSAGES: Final = ("AIMessageChunk", "ai", "tool", "ToolMessageChunk", "human", "HumanMessageChunk", "system", "chat")
_NODES: Final = 100  # entries of an update that are looked at
_REASONS: Final = ("finish_reason", "stop_reason", "stopReason", "done_reason")


def is_chunk(chunk: object) -> bool:
    """Whether this comes from a stream of LangChain or LangGraph."""
    if isinstance(chunk, tuple):
        return len(chunk) in (2, 3) and any(is_chunk(one) for one in chunk)
    if _is_message(chunk):
        return True
    if not isinstance(chunk, Mapping):
        return _generated(chunk)
    name = chunk.get("event")
    if isinstance(name, str) and name.startswith("on_") and "run_id" in chunk:
        return True
    return any(_messages_in(value) for value in (chunk, *list(chunk.values())[:_NODES]))


def _is_message(value: object) -> bool:
    if isinstance(value, Mapping) or field_of(value, "response_metadata") is None:
        return False
    return field_of(value, "type") in _MESSAGES


def _generated(value: object) -> bool:
    """Whether this is the chunk of a model that is no chat model."""
    return isinstance(field_of(value, "text"), str) and hasattr(value, "generation_info")


def _messages_in(value: object) -> list[Any]:
    found = parts_of(value, "messages") if isinstance(value, Mapping) else []
    return [one for one in found if _is_message(one)]


class LangChainDialect:
    """See `Dialect`."""

    def __init__(self) -> None:
        self._calls = shapes.Calls()
        self._tally = shapes.Tally()
        self._streamed: set[str] = set()  # ids of messages that came in chunks, or whole
        self._runs: set[object] = set()  # of models whose events were streamed
        self._last: object = None
        self._word: object = None
        self._says_why = False  # the model's provider gives finish reasons
        self._said = False
        self._output: object = None

    def feed(self, chunk: object) -> Iterable[Item]:
        """See `Dialect.feed`."""
        items = self._take(chunk)
        self._said = self._said or bool(items)
        return items

    def end(self) -> Iterable[Item]:
        """See `Dialect.end`. A model that gives no reasons has ended when its iterator ends."""
        items: list[Item] = [] if self._said else self._take(self._output)
        if self._word is None and not self._says_why:
            self._word = "stop"
        return [*items, *shapes.finish(self._word)]

    def _take(self, chunk: object) -> list[Item]:
        if isinstance(chunk, str):
            return shapes.text(chunk)
        if isinstance(chunk, tuple):
            return self._take_all(one for one in chunk if not isinstance(one, str) and is_chunk(one))
        if _is_message(chunk):
            return self._message(chunk)
        if isinstance(chunk, Mapping):
            if isinstance(chunk.get("event"), str):
                return self._event(chunk)
            return self._take_all(one for value in (chunk, *chunk.values()) for one in _messages_in(value))
        return shapes.text(field_of(chunk, "text")) if _generated(chunk) else []

    def _take_all(self, found: Iterable[object]) -> list[Item]:
        return [item for one in found for item in self._take(one)]

    def _event(self, event: Mapping[str, Any]) -> list[Item]:
        """Process an event of `astream_events`. Chains and parsers repeat what their models say."""
        name, data = event.get("event"), event.get("data")
        if name in ("on_chat_model_stream", "on_llm_stream"):
            self._runs.add(event.get("run_id"))
            return self._take(field_of(data, "chunk"))
        if name == "on_tool_end" or (name == "on_chat_model_end" and event.get("run_id") not in self._runs):
            output = field_of(data, "output")
            return self._take(output) if _is_message(output) else self._take_all(_messages_in(output))
        if name == "on_tool_error":
            error = field_of(data, "error")
            return shapes.result(field_of(data, "tool_call_id"), str(error), failed=True)
        if name == "on_chain_end" and not event.get("parent_ids"):
            self._output = field_of(data, "output")
        return []

    def _message(self, message: object) -> list[Item]:
        kind, id_ = field_of(message, "type"), field_of(message, "id")
        if kind in ("tool", "ToolMessageChunk"):
            return self._returned(message, id_)
        if kind not in ("ai", "AIMessageChunk"):
            return []  # what the user or the developer wrote
        whole = kind == "ai"
        if isinstance(id_, str) and id_:
            if whole and id_ in self._streamed:
                return []
            self._streamed.add(id_)
        if id_ != self._last:
            self._last, self._word = id_, None
        items = self._content(message)
        items += self._called(message, id_, whole=whole)
        self._ended(message)
        counted = field_of(message, "usage_metadata")
        if counted:
            items += self._tally.add(
                field_of(counted, "input_tokens"),
                field_of(counted, "output_tokens"),
                cached=field_of(field_of(counted, "input_token_details"), "cache_read"),
                reasoned=field_of(field_of(counted, "output_token_details"), "reasoning"),
            )
        return items

    def _content(self, message: object) -> list[Item]:
        more = field_of(message, "additional_kwargs")
        items = shapes.reasoning(field_of(more, "reasoning_content"))
        for one in parts_of(field_of(more, "reasoning"), "summary"):  # of version 0.3
            items += shapes.reasoning(field_of(one, "text"))
        content = field_of(message, "content")
        for block in [content] if isinstance(content, str) else parts_of(message, "content"):
            items += self._block(block)
        refusal = field_of(more, "refusal")
        return [*items, *shapes.refusal(refusal)]

    def _block(self, block: object) -> list[Item]:
        if isinstance(block, str):
            return shapes.text(block)
        kind = field_of(block, "type")
        if kind in ("text", "output_text", "text_delta"):
            notes = [*parts_of(block, "annotations"), *parts_of(block, "citations")]
            return [*shapes.text(field_of(block, "text")), *shapes.cited(notes)]
        if kind in ("reasoning", "thinking", "reasoning_content"):
            said = either(block, "reasoning", "thinking", "text")
            if not isinstance(said, str):
                said = "".join(str(field_of(one, "text") or "") for one in parts_of(block, "summary"))
            return shapes.reasoning(said)
        if kind == "refusal":
            return shapes.refusal(field_of(block, "refusal"))
        if kind == "image":
            return shapes.image(either(block, "base64", "data"), either(block, "mime_type", "mimeType"))
        return []

    def _called(self, message: object, id_: object, *, whole: bool) -> list[Item]:
        items: list[Item] = []
        for at, one in enumerate(parts_of(message, "tool_calls" if whole else "tool_call_chunks")):
            index = field_of(one, "index")
            number = self._calls.index(id_, at if index is None else index)
            items += shapes.call(number, field_of(one, "id"), field_of(one, "name"), field_of(one, "args"))
        return items

    def _returned(self, message: object, id_: object) -> list[Item]:
        if isinstance(id_, str) and id_:
            if id_ in self._streamed:
                return []
            self._streamed.add(id_)
        content = field_of(message, "content")
        if isinstance(content, (list, tuple)):
            content = "".join(str(field_of(one, "text") or "") for one in content) or content
        return shapes.result(field_of(message, "tool_call_id"), content, failed=field_of(message, "status") == "error")

    def _ended(self, message: object) -> None:
        known = field_of(message, "response_metadata")
        if field_of(known, "model_provider"):
            self._says_why = True
        word = either(known, *_REASONS)
        status = field_of(known, "status")
        if word is None and status == "incomplete":
            word = field_of(field_of(known, "incomplete_details"), "reason") or status
        elif word is None and status in ("completed", "failed", "cancelled"):
            word = status
        if word is not None:
            self._word = word
