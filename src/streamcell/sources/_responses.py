"""The Responses API: its request, and its events as ours."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from .._events import Alive, Event, Failed, Reached, TextRestored, UsageReported
from .._request import Message, Request
from ._assembly import Assembly, words_of
from ._base import field_of, parts_of
from ._chat_completions import usage_of
from ._failures import error_in, error_in_stream
from ._thinking import without_thinking

__all__ = ["RESTORED", "ResponsesDecoder", "responses_body"]

RESTORED: Final = "Parts of the stream were lost on the way; the text is the provider's own, as sent at the end."

_ENDS: Final = ("completed", "incomplete", "failed", "cancelled")
_PARAGRAPH: Final = "\n\n"


def responses_body(request: Request, model: str, *, openai: bool) -> dict[str, Any]:
    """Return the arguments of `responses.create`; `openai` says that the server is OpenAI's own."""
    body: dict[str, Any] = {
        "input": [_item(message) for message in request.messages],
        "model": model,
        "stream": True,
        **({"stream_options": {"include_obfuscation": False}} if openai else {}),
        **request.params,
    }
    if request.instructions is not None:
        body["instructions"] = request.instructions
    if body.get("stream_options", {}) is None:
        del body["stream_options"]
    return body


def _item(message: Message) -> dict[str, Any]:
    content = message.get("content")
    if content is None or isinstance(content, str):
        return dict(message)
    text = "output_text" if message.get("role") == "assistant" else "input_text"
    return {**message, "content": [_part(part, text) for part in content]}


def _part(part: Mapping[str, Any], text: str) -> dict[str, Any]:
    if part["type"] == "text":
        return {"type": text, "text": part.get("text", "")}
    if part["type"] == "image_url":
        image = part.get("image_url")
        url, detail = (image.get("url"), image.get("detail")) if isinstance(image, Mapping) else (image, None)
        return {"type": "input_image", "image_url": url, "detail": detail or "auto"}
    return dict(part)


_GROWS: Final = {
    "response.output_text.delta": "text",
    "response.reasoning_summary_text.delta": "reasoning",
    "response.reasoning_text.delta": "reasoning",
    "response.refusal.delta": "refusal",
}
_IS_WHOLE: Final = {
    "response.output_text.done": ("text", "text"),
    "response.reasoning_summary_text.done": ("reasoning", "text"),
    "response.reasoning_text.done": ("reasoning", "text"),
    "response.refusal.done": ("refusal", "refusal"),
}
_CALLS: Final = frozenset({"function_call", "custom_tool_call", "mcp_call", "local_shell_call", "computer_call"})
_UNSHOWN: Final = {
    "image_generation_call": "an image",
    "mcp_approval_request": "a request to approve a tool",
    "audio": "speech",
}
"""Output items that a cell does not show, besides calls of tools; searches and the like are steps to the text."""


@dataclass
class _Part:
    """A stretch of one field that stands by itself: a content part of an output item."""

    field: str
    index: object
    pieces: list[str]
    closed: bool = False

    @property
    def text(self) -> str:
        return "".join(self.pieces)


@dataclass
class _Item:
    """An output item, known by its id where its events have one."""

    id: str | None = None
    index: int | None = None
    parts: list[_Part] = dataclasses.field(default_factory=list)


class ResponsesDecoder:
    """Responses API events to ours, see `Decoder`. It switches on `type`.

    An event belongs to the output item that its `item_id` names; indices are asked only where there is none, as servers
    count other things in them. Within an item a part ends with its `done` event. Several items, or parts of one, are
    joined by a blank line. A `done` event that knows more text than its deltas gave makes up for the difference; one
    that knows another text is right. What is not shown, and what is not known, is life at least.
    """

    def __init__(self) -> None:
        self._answer = Assembly()
        self._items: list[_Item] = []
        self._announced: set[tuple[object, object]] = set()
        self._restored = False
        self._kept_as: str | None = None
        self._last: tuple[int, object] = (-1, None)
        self._counts = True
        self.finished = False

    @property
    def trailer_wait(self) -> float | None:
        """None: nothing follows the terminal event, and nothing else is an end."""
        return None

    def feed(self, chunk: object) -> list[Event]:
        """Take one event.

        A background response goes on without us: where it can be taken up is told with each of its events, and what
        comes a second time is passed over.
        """
        number = field_of(chunk, "sequence_number")
        if not isinstance(number, int):
            return self._feed(chunk)
        before, same = self._last
        if self._counts and number == before and chunk != same:
            self._counts = False  # some servers send the same number with every event
        if self._counts and (number == before or (number < before and self._kept_as is not None)):
            return []
        self._last = (number, chunk)
        response = field_of(chunk, "response")
        if field_of(response, "background") is True:
            self._kept_as = field_of(response, "id")
        events = self._feed(chunk)
        if self._kept_as is None or self.finished or not self._counts:
            return events
        return [*events, Reached(self._kept_as, number)]

    def _feed(self, chunk: object) -> list[Event]:
        if self.finished:
            return []
        kind = field_of(chunk, "type")
        name = kind if isinstance(kind, str) else ""
        if name.startswith("response.") and name.removeprefix("response.") in _ENDS:
            return self._terminal(field_of(chunk, "response"), name.removeprefix("response."))
        error = error_in(chunk)
        if error is not None:
            self.finished = True
            return [*self._answer.held(), Failed(error)]
        if name in _GROWS:
            return self._grow(_GROWS[name], self._item(chunk), chunk, words_of(field_of(chunk, "delta")))
        if name in _IS_WHOLE:
            grown, key = _IS_WHOLE[name]
            return self._make_up(grown, self._item(chunk), _place(chunk), words_of(field_of(chunk, key)))
        if name == "response.content_part.added":
            self._announced.add((field_of(chunk, "item_id"), _place(chunk)))
        elif name == "response.output_item.added":
            self._left_out(field_of(chunk, "item"))
        elif name == "response.output_item.done":
            return self._item_done(chunk)
        elif name == "response.output_text.annotation.added":
            self._cite(field_of(chunk, "annotation"))
        return [Alive(working=True)] if name.endswith((".delta", ".partial_image")) else []

    # -- parts --------------------------------------------------------------------------------------------------------

    def _item(self, chunk: object) -> _Item:
        """Return the output item that an event belongs to."""
        id_, index = field_of(chunk, "item_id"), field_of(chunk, "output_index")
        id_ = id_ if isinstance(id_, str) and id_ else None
        index = index if isinstance(index, int) else None
        last = self._items[-1] if self._items else None
        found = None
        if id_ is not None:
            nameless = [one for one in reversed(self._items) if one.id is None]
            by_index = [one for one in nameless if index is not None and one.index == index]
            by_id = [one for one in self._items if one.id == id_]
            found = next(iter([*by_id, *by_index, *(one for one in nameless[:1] if None in (index, one.index))]), None)
        elif index is not None:
            found = next((one for one in reversed(self._items) if one.index == index), None)
            if found is None and last is not None and last.index is None:
                found = last
        else:
            found = last
        if found is None:
            found = _Item()
            self._items.append(found)
        found.id = found.id or id_
        found.index = index if found.index is None else found.index
        return found

    def _grow(self, grown: str, item: _Item, chunk: object, delta: str) -> list[Event]:
        if not delta:
            return []
        place = _place(chunk)
        last = next((one for one in reversed(item.parts) if one.field == grown), None)
        # Some servers count deltas in content_index: a place that was not announced is no other part.
        announced = (field_of(chunk, "item_id"), place) in self._announced or field_of(chunk, "summary_index") == place
        if last is None or last.closed or (announced and last.index != place):
            return self._new_part(grown, item, place, delta)
        last.pieces.append(delta)
        return self._answer.grow(grown, delta)

    def _new_part(self, grown: str, item: _Item, place: object, text: str) -> list[Event]:
        follows = any(part.field == grown and part.pieces for one in self._items for part in one.parts)
        item.parts.append(_Part(grown, place, [text]))
        return self._answer.grow(grown, _PARAGRAPH + text if follows else text)

    def _make_up(self, grown: str, item: _Item, place: object, whole: str) -> list[Event]:
        """Take the whole text of a part that has ended."""
        if not whole:
            return []
        parts = [one for one in item.parts if one.field == grown]
        part = next((one for one in parts if not one.closed), None)
        if part is None:
            known = any(_same(one.text, whole) for one in parts)
            return [] if known else self._closed_part(grown, item, place, whole)
        part.closed = True
        return self._correct(part, whole)

    def _closed_part(self, grown: str, item: _Item, place: object, whole: str) -> list[Event]:
        events = self._new_part(grown, item, place, whole)
        item.parts[-1].closed = True
        return events

    def _correct(self, part: _Part, whole: str) -> list[Event]:
        """Let a part hold what the provider says that it holds, and return the events for what it lacked."""
        known = part.text
        if whole.startswith(known):
            part.pieces.append(whole[len(known) :])
            return self._answer.grow(part.field, whole[len(known) :]) if len(whole) > len(known) else []
        if part.field != "text" or known.startswith(whole) or _same(without_thinking(known), whole):
            return []
        part.pieces, self._restored = [whole], True
        texts = [one.text for item in self._items for one in item.parts if one.field == "text"]
        return [TextRestored(self._answer.restart_text(without_thinking(_PARAGRAPH.join(texts))))]

    # -- whole items --------------------------------------------------------------------------------------------------

    def _item_done(self, chunk: object) -> list[Event]:
        item = field_of(chunk, "item")
        self._left_out(item)
        held = {"item_id": field_of(item, "id"), "output_index": field_of(chunk, "output_index")}
        return self._item_whole(item, held)

    def _item_whole(self, item: object, place: Mapping[str, object]) -> list[Event]:
        """Take an output item whole, as its own `done` event or the terminal event has it."""
        events: list[Event] = []
        reasons = field_of(item, "type") == "reasoning"
        found: _Item | None = None
        known: list[_Part] = []
        for index, part in enumerate((*parts_of(item, "summary"), *parts_of(item, "content"))):
            refused = field_of(part, "type") == "refusal"
            text = words_of(field_of(part, "refusal")) if refused else words_of(part)
            for annotation in parts_of(part, "annotations"):
                self._cite(annotation)
            grown = "reasoning" if reasons else "refusal" if refused else "text"
            if not text or (reasons and "reasoning" in self._answer.said):
                continue
            if found is None:
                found = self._item(place)
                known = list(found.parts)
            events.extend(self._part_whole([one for one in known if one.field == grown], grown, found, index, text))
        return events

    def _part_whole(self, known: list[_Part], grown: str, item: _Item, index: int, text: str) -> list[Event]:
        if known and text.strip() in _PARAGRAPH.join(one.text for one in known):
            return []
        if index < len(known):
            known[index].closed = True
            return self._correct(known[index], text)
        return self._closed_part(grown, item, index, text)

    def _left_out(self, item: object) -> None:
        kind = field_of(item, "type")
        if kind in _CALLS:
            self._answer.leave_out_call(field_of(item, "name"))
        elif isinstance(kind, str) and kind in _UNSHOWN:
            self._answer.leave_out(_UNSHOWN[kind])

    def _cite(self, annotation: object) -> None:
        self._answer.cite(field_of(annotation, "url_citation") or annotation)

    # -- the end ------------------------------------------------------------------------------------------------------

    def _terminal(self, response: object, kind: str) -> list[Event]:
        """Take the terminal event: what its response says of itself counts for more than the event's name."""
        events = self._output_of(response)
        events.extend(self._answer.held())
        usage = field_of(response, "usage")
        counted = usage_of(usage, "input", "output") if usage else None
        if counted is not None:
            events.append(UsageReported(counted))
        self.finished = True
        error = field_of(response, "error")
        status = field_of(response, "status")
        why = field_of(field_of(response, "incomplete_details"), "reason")
        if kind == "failed" or status == "failed" or error:
            return [*events, Failed(error_in_stream(error))]
        if kind == "cancelled" or status == "cancelled":
            word = "cancelled"
        elif kind == "incomplete" or status == "incomplete" or isinstance(why, str):
            word = why if isinstance(why, str) and why.strip() else "length"
        else:
            limit = field_of(response, "max_output_tokens")
            made = None if counted is None else counted.output_tokens
            # Some local servers call an answer completed though their limit has cut it.
            word = "length" if isinstance(limit, int) and made is not None and made >= limit > 0 else "stop"
        return [*events, *self._answer.end(word, RESTORED if self._restored else None)]

    def _output_of(self, response: object) -> list[Event]:
        """The answer as the terminal event has it, as far as it is not known already.

        An item that cannot be matched with one that came is taken only where nothing else has come: some servers give
        their deltas neither ids nor places.
        """
        events: list[Event] = []
        spoke = bool(self._answer.said & {"text", "refusal"})
        told = [one.text for item in self._items for one in item.parts]
        for index, item in enumerate(parts_of(response, "output")):
            self._left_out(item)
            id_ = field_of(item, "id")
            matched = any(one.id == id_ if id_ and one.id else one.index == index for one in self._items)
            texts = [words_of(part) for part in parts_of(item, "content")]
            if spoke and (not matched or all(any(_same(text, one) for one in told) for text in texts if text)):
                for part in parts_of(item, "content"):
                    for annotation in parts_of(part, "annotations"):
                        self._cite(annotation)
                continue
            events.extend(self._item_whole(item, {"item_id": id_, "output_index": index}))
        return events

    def end(self, *, marked: bool = False) -> list[Event]:  # noqa: ARG002
        """Take the end of the stream; only a terminal event is an end mark of this API, `[DONE]` is none."""
        return [] if self.finished else self._answer.held()

    def whole(self, body: Mapping[str, Any]) -> list[Event] | None:
        """Take a `response` that came in one piece, from a server that ignores `stream`."""
        if not isinstance(body.get("output"), list):
            return None
        status = body.get("status")
        return self._terminal(body, status if status in _ENDS else "completed")


def _place(chunk: object) -> object:
    """Return the place within its item that an event says it has."""
    content, summary = field_of(chunk, "content_index"), field_of(chunk, "summary_index")
    value = summary if content is None else content
    return value if isinstance(value, int) else None


def _same(one: str, other: str) -> bool:
    return one.strip() == other.strip()
