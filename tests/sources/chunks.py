"""Chunks as the two APIs send them, for the decoders' tests."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import strategies as st

from streamcell._errors import (
    StreamCellError,
)
from streamcell.answer.events import (
    Event,
    Failed,
    Finished,
    PartChanged,
    PartGrew,
    Usage,
    UsageReported,
)
from streamcell.sources.base import Decoder
from tests.answers import without_ids

Chunk = dict[str, Any]
STOP = Finished("stop")


def as_object(value: Any) -> Any:
    """Give a chunk as the SDK gives it: attributes all the way down."""
    if isinstance(value, dict):
        return SimpleNamespace(**{key: as_object(one) for key, one in value.items()})
    return [as_object(one) for one in value] if isinstance(value, list) else value


both = pytest.mark.parametrize("shape", [lambda chunk: chunk, as_object], ids=["mapping", "object"])


def run(decoder: Decoder, chunks: Sequence[object], *, marked: bool = False) -> list[Event]:
    """Feed a whole stream and give its events without ids; `marked` says that `[DONE]` ended it."""
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    return without_ids([*events, *decoder.end(marked=marked)])


def text_of(events: Sequence[Event], kind: str = "text") -> str:
    return "".join(event.text for event in events if isinstance(event, PartGrew) and event.kind == kind)


def error_of(events: Sequence[Event]) -> StreamCellError:
    (failed,) = [event for event in events if isinstance(event, Failed)]
    assert events[-1] is failed
    return failed.error


def shown(events: Sequence[Event]) -> list[object]:
    """Give events for comparison; errors have no equality, so they are compared by what they say elsewhere."""
    return ["Failed" if isinstance(event, Failed) else event for event in events]


def chat(delta: object = None, finish: object = None, **fields: object) -> Chunk:
    choice = {"index": 0, "delta": {} if delta is None else delta, "finish_reason": finish}
    return {"id": "c", "object": "chat.completion.chunk", "choices": [choice], "usage": None, **fields}


def says(text: object) -> Chunk:
    return chat({"content": text})


USAGE: Chunk = {
    "id": "c",
    "object": "chat.completion.chunk",
    "choices": [],
    "usage": {
        "prompt_tokens": 5,
        "completion_tokens": 7,
        "total_tokens": 12,
        "prompt_tokens_details": {"cached_tokens": 3},
        "completion_tokens_details": {"reasoning_tokens": 2},
    },
}
COUNTED = UsageReported(Usage(5, 7, 12, 2, 3))


def says_text(text: object, output: object = 0, content: object = 0) -> Chunk:
    return {"type": "response.output_text.delta", "output_index": output, "content_index": content, "delta": text}


def text_done(text: object, output: int = 0, content: int | None = 0) -> Chunk:
    return {"type": "response.output_text.done", "output_index": output, "content_index": content, "text": text}


def thinks(text: str, summary: int = 0) -> Chunk:
    kind = "response.reasoning_summary_text.delta"
    return {"type": kind, "output_index": 0, "summary_index": summary, "delta": text}


def ends(kind: str = "completed", **response: object) -> Chunk:
    return {"type": f"response.{kind}", "response": {"status": kind, "output": [], "usage": None, **response}}


RESPONSE_USAGE = {
    "input_tokens": 5,
    "output_tokens": 7,
    "total_tokens": 12,
    "input_tokens_details": {"cached_tokens": 3},
    "output_tokens_details": {"reasoning_tokens": 2},
}


def message(*texts: str, **part: object) -> Chunk:
    content = [{"type": "output_text", "text": text, **part} for text in texts]
    return {"type": "message", "role": "assistant", "content": content}


def cited(number: int, url: str, title: str = "") -> PartChanged:
    """Return the event for a source."""
    return PartChanged("citation", {"number": number, "url": url, "title": title}, id=f"citation:{url}")


def wrong_values(*names: str) -> st.SearchStrategy[Any]:
    """JSON as a server could send it by mistake: any values, in objects with these names."""
    return st.recursive(
        st.none() | st.booleans() | st.integers(-2, 3) | st.text(max_size=4) | st.floats(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(names), inner, max_size=5),
        max_leaves=12,
    )
