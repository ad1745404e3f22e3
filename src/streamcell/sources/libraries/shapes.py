"""Chunks of Chat Completions, which the streams of other libraries are translated into, and their decoder. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Protocol

from ...answer.events import Event
from ..base import field_of
from ..openai.chat import ChatDecoder

__all__ = [
    "RESULT",
    "Calls",
    "Dialect",
    "Item",
    "Tally",
    "Translated",
    "call",
    "cited",
    "either",
    "finish",
    "hosted",
    "image",
    "reasoning",
    "refusal",
    "result",
    "text",
    "usage",
    "written",
]

Item = Mapping[str, Any]
"""A chunk of Chat Completions."""

RESULT: Final = 100_000
"""The most characters that are kept of what a library's own tool returned."""


class Dialect(Protocol):
    """Translates the chunks of one library into chunks of Chat Completions, whose decoder then reads them."""

    def feed(self, chunk: object) -> Iterable[Item]:
        """Return the chunks of Chat Completions for one chunk; none if there is nothing to show."""

    def end(self) -> Iterable[Item]:
        """Return the last ones, when the library's iterator has ended without an error."""


class Translated:
    """The decoder of a library's chunks, see `Decoder`."""

    trailer_wait = None

    def __init__(self, dialect: Callable[[], Dialect]) -> None:
        self._dialect = dialect()
        self._decoder = ChatDecoder()

    @property
    def finished(self) -> bool:
        """See `Decoder.finished`."""
        return self._decoder.finished

    def feed(self, chunk: object) -> list[Event]:
        """See `Decoder.feed`."""
        # What opens a library's stream adds chunks of Chat Completions, such as the usage at the end.
        ours = isinstance(chunk, Mapping) and "choices" in chunk
        items = [chunk] if ours else self._dialect.feed(chunk)
        return [event for item in items for event in self._decoder.feed(item)]

    def end(self, *, marked: bool = False) -> list[Event]:
        """See `Decoder.end`."""
        events = [event for item in self._dialect.end() for event in self._decoder.feed(item)]
        return [*events, *self._decoder.end(marked=marked)]

    def whole(self, body: Mapping[str, Any]) -> list[Event] | None:  # noqa: ARG002
        """Return None: libraries have no answers that are not streamed."""
        return None


def _delta(**fields: Any) -> Item:
    return {"choices": [{"index": 0, "delta": fields}]}


def text(delta: object) -> list[Item]:
    """Return the chunk for more of the text; none if there is no text."""
    return [_delta(content=delta)] if isinstance(delta, str) and delta else []


def reasoning(delta: object) -> list[Item]:
    """Return the chunk for more of the reasoning."""
    return [_delta(reasoning_content=delta)] if isinstance(delta, str) and delta else []


def refusal(delta: object) -> list[Item]:
    """Return the chunk for more of a refusal."""
    return [_delta(refusal=delta)] if isinstance(delta, str) and delta else []


def image(data: object, mime: object) -> list[Item]:
    """Return the chunk for an image; `data` is base64 text."""
    if not isinstance(data, str) or not data:
        return []
    kind = mime if isinstance(mime, str) else "image/png"
    return [_delta(images=[{"type": "image_url", "image_url": {"url": f"data:{kind};base64,{data}"}}])]


def cited(sources: Iterable[object]) -> list[Item]:
    """Return the chunks for sources, in any library's words: pages, or documents that have only a title."""
    return [item for one in sources for item in _source(either(one, "url", "uri"), either(one, *_TITLES))]


_TITLES: Final = ("title", "document_title", "filename")


def _source(url: object, title: object) -> list[Item]:
    address, name = url if isinstance(url, str) else "", title if isinstance(title, str) else ""
    if address:
        return [_delta(annotations=[{"type": "url_citation", "url_citation": {"url": address, "title": name}}])]
    return [_delta(annotations=[{"type": "file_citation", "filename": name}])] if name else []


def hosted(index: int, name: object, asked: object, output: object = None) -> list[Item]:
    """Return the chunk for a tool that the provider runs itself, in the form that Groq's server uses."""
    tool = {"index": index, "type": name, "arguments": written(asked), "output": written(output) or None}
    return [_delta(executed_tools=[tool])]


def finish(word: object) -> list[Item]:
    """Return the chunk with a finish reason; none if there is no reason."""
    word = getattr(word, "value", word)
    return [{"choices": [{"index": 0, "delta": {}, "finish_reason": word}]}] if isinstance(word, str) and word else []


def usage(given: object, made: object, *, cached: object = None, reasoned: object = None) -> list[Item]:
    """Return the chunk with the token counts of the prompt and of the answer."""
    prompt, completion = _count(given), _count(made)
    if not prompt and not completion:
        return []
    counted = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": cached},
        "completion_tokens_details": {"reasoning_tokens": reasoned},
    }
    return [{"choices": [], "usage": counted}]


def call(index: int, id_: object, name: object, arguments: object) -> list[Item]:
    """Return the chunk for a call of a tool, or for more of its arguments: a piece of JSON, or an object."""
    function = {"name": name, "arguments": arguments if isinstance(arguments, str) else written(arguments)}
    return [_delta(tool_calls=[{"index": index, "id": id_, "function": function}])]


def result(id_: object, output: object, *, failed: bool = False) -> list[Item]:
    """Return the chunk for the result of a call that the library itself has run."""
    return [_delta(role="tool", tool_call_id=id_, content=written(output)[:RESULT], failed=failed)]


def written(value: object) -> str:
    """Return a value as text: a string as it is, everything else as JSON, or as Python shows it."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except (TypeError, ValueError, RecursionError):
        return str(value)


def either(value: object, *names: str) -> Any:
    """Return the first of these fields that is there: the same field has one name in Python and another in JSON."""
    return next((found for name in names if (found := field_of(value, name)) is not None), None)


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


class Calls:
    """Gives each call of an answer its own index, although each message of an agent counts its calls from 0."""

    def __init__(self) -> None:
        self._known: dict[object, int] = {}

    def index(self, *key: object) -> int:
        """Return the index of the call that `key` names; it is a new one for a key that is not known."""
        return self._known.setdefault(key, len(self._known))


class Tally:
    """Adds up the token counts of several requests."""

    def __init__(self) -> None:
        self._given = self._made = self._cached = self._reasoned = 0

    def add(self, given: object, made: object, *, cached: object = None, reasoned: object = None) -> list[Item]:
        """Add the counts of one request, and return the chunk with the sums."""
        self._given += _count(given)
        self._made += _count(made)
        self._cached += _count(cached)
        self._reasoned += _count(reasoned)
        return usage(self._given, self._made, cached=self._cached or None, reasoned=self._reasoned or None)
