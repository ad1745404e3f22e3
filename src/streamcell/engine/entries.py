"""What the log says of a document and of its calls of tools, as the data of an `Entry`. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ..answer.document import Document, Version
from ..answer.parts import CallState, Part, ToolCall

__all__ = ["call_at", "ended_calls", "status_of"]


def status_of(document: Document) -> dict[str, Any]:
    """Return the data of a `status` entry: what is known of the present version."""
    version = document.current
    error = version.error
    known = {
        "status": version.status.value,
        "attempt": version.attempt,
        "finish_reason": version.finish_reason,
        "notice": version.notice,
        "usage": None if version.usage is None else asdict(version.usage),
        "error": None if error is None else type(error).__name__,
        "message": None if error is None else error.detail,
        "card": _card_of(version) or None,
        "retry_in": document.retry_at,
        "queue_position": document.queue_position,
        "wait": None if document.wait is None else asdict(document.wait),
    }
    return {name: value for name, value in known.items() if value is not None}


def _card_of(version: Version) -> dict[str, Any]:
    """Return what the card of an error shows besides its type and its message."""
    found = {} if version.error is None else version.error.particulars()
    return {name: value for name, value in found.items() if (name, value) != ("request_id", version.request_id)}


def call_at(parts: Sequence[Part], at: int) -> dict[str, Any]:
    """Return the data of a `tool` entry that says which call it is about: the one with index `at`."""
    call = parts[at] if at < len(parts) else None
    if not isinstance(call, ToolCall):
        return {"part": at}
    edited = {} if call.edited is None else {"edited": call.edited}
    return {"part": at, "name": call.label, **edited}


def ended_calls(before: Sequence[Part], parts: Sequence[Part]) -> Iterator[Mapping[str, Any]]:
    """Yield the data of a `tool` entry for each call that has ended since `before`, unless the user stopped it."""
    for at, part in enumerate(parts):
        known = at < len(before) and part is before[at]
        if not known and isinstance(part, ToolCall) and part.settled and part.state is not CallState.STOPPED:
            yield {**call_at(parts, at), "state": part.state, "result": part.result}
