"""The Responses API: its request, and its events as ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .._events import (
    Event,
    Failed,
    Finished,
    Reached,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    TextRestored,
    UsageReported,
)
from .._request import Message, Request
from ._base import Surrogates, field_of, parts_of
from ._chat_completions import usage_of
from ._failures import error_in_stream

__all__ = ["RESTORED", "ResponsesDecoder", "responses_body"]

RESTORED: Final = "Parts of the stream were lost on the way; the text is the provider's own, as sent at the end."

_REASONS: Final = {"max_output_tokens": "length", "max_tokens": "length", "content_filter": "content_filter"}
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


class ResponsesDecoder:
    """Responses API events to ours, see `Decoder`. It switches on `type` and passes over what it does not know.

    Several output items, or parts of one, are joined by a blank line. A `done` event that knows more text than its
    deltas gave, as from servers that send no deltas, makes up for the difference; one that knows another text is right.
    """

    def __init__(self) -> None:
        self._text = Surrogates()
        self._reasoning = Surrogates()
        self._refusal = Surrogates()
        self._parts: dict[tuple[str, int | None, int | None], list[str]] = {}
        self._restored = False
        self._spoke: set[str] = set()
        self._kept_as: str | None = None
        self._last: tuple[int, object] = (-1, None)
        self.finished = False

    @property
    def complete(self) -> bool:
        """Whether the terminal event has come; nothing follows it."""
        return self.finished

    def feed(self, chunk: object) -> list[Event]:
        """Take one event.

        A background response goes on without us: where it can be taken up is told with each of its events, and what
        comes a second time is passed over.
        """
        number = field_of(chunk, "sequence_number")
        if not isinstance(number, int):
            return self._feed(chunk)
        before, same = self._last
        if (number <= before and self._kept_as is not None) or (number == before and chunk == same):
            return []
        self._last = (number, chunk)
        response = field_of(chunk, "response")
        if field_of(response, "background") is True:
            self._kept_as = field_of(response, "id")
        events = self._feed(chunk)
        reached = None if self._kept_as is None or self.finished else Reached(self._kept_as, number)
        return [*events, reached] if reached else events

    def _feed(self, chunk: object) -> list[Event]:
        kind = field_of(chunk, "type")
        if self.finished or not isinstance(kind, str):
            error = None if self.finished else field_of(chunk, "error")
            return self._fail(error) if error else []
        if kind == "response.output_text.delta":
            return self._grow("text", chunk, field_of(chunk, "delta"))
        if kind == "response.output_text.done":
            return self._make_up("text", chunk, field_of(chunk, "text"))
        if kind in ("response.reasoning_summary_text.delta", "response.reasoning_text.delta"):
            return self._grow("reasoning", chunk, field_of(chunk, "delta"))
        if kind == "response.refusal.delta":
            return self._grow("refusal", chunk, field_of(chunk, "delta"))
        if kind == "response.refusal.done":
            return self._make_up("refusal", chunk, field_of(chunk, "refusal"))
        if kind in ("response.completed", "response.incomplete", "response.failed", "response.cancelled"):
            return self._terminal(field_of(chunk, "response"), kind.rpartition(".")[2])
        if kind == "error":
            return self._fail(field_of(chunk, "error") or chunk)
        return []

    def _grow(self, field: str, chunk: object, delta: object) -> list[Event]:
        if not isinstance(delta, str) or not delta:
            return []
        place = _place(field, chunk)
        first_of_part = place not in self._parts and field in self._spoke
        self._parts.setdefault(place, []).append(delta)
        self._spoke.add(field)
        if first_of_part:
            delta = _PARAGRAPH + delta
        if field == "refusal":
            shown = self._refusal.feed(delta)
            return [RefusalDelta(shown)] if shown else []
        if field == "reasoning":
            shown = self._reasoning.feed(delta)
            return [ReasoningDelta(shown)] if shown else []
        shown = self._text.feed(delta)
        return [TextDelta(shown)] if shown else []

    def _make_up(self, field: str, chunk: object, whole: object) -> list[Event]:
        if not isinstance(whole, str) or not whole:
            return []
        place = _place(field, chunk)
        known = "".join(self._parts.get(place, ()))
        if whole.startswith(known):
            return self._grow(field, chunk, whole[len(known) :])
        if field != "text" or known.startswith(whole):
            return []
        self._parts[place], self._restored, self._text = [whole], True, Surrogates()
        parts = ["".join(pieces) for (kind, *_), pieces in self._parts.items() if kind == "text"]
        text = _PARAGRAPH.join(parts)
        return [TextRestored(self._text.feed(text) + self._text.end())]

    def _terminal(self, response: object, kind: str) -> list[Event]:
        events: list[Event] = []
        events.extend(self._output_of(response))
        events.extend(self._held())
        usage = field_of(response, "usage")
        if usage:
            events.append(UsageReported(usage_of(usage, "input", "output")))
        self.finished = True
        if kind == "failed":
            return [*events, Failed(error_in_stream(field_of(response, "error")))]
        reason = "cancelled" if kind == "cancelled" else "stop"
        if kind == "incomplete":
            given = field_of(field_of(response, "incomplete_details"), "reason")
            reason = _REASONS.get(given, given) if isinstance(given, str) else "length"
        return [*events, Finished(reason, RESTORED if self._restored else None)]

    def _output_of(self, response: object) -> list[Event]:
        """The answer as the terminal event has it, as far as deltas have not given it already.

        Some servers give their deltas no place: what came so cannot be compared.
        """
        events: list[Event] = []
        spoke = bool(self._spoke & {"text", "refusal"})
        for index, item in enumerate(parts_of(response, "output")):
            for part_index, part in enumerate(parts_of(item, "content")):
                place = {"output_index": index, "content_index": part_index}
                if spoke and not {_place("text", place), _place("refusal", place)} & self._parts.keys():
                    continue
                if field_of(part, "type") == "output_text":
                    events.extend(self._make_up("text", place, field_of(part, "text")))
                elif field_of(part, "type") == "refusal":
                    events.extend(self._make_up("refusal", place, field_of(part, "refusal")))
        return events

    def _held(self) -> list[Event]:
        reasoning, text, refusal = self._reasoning.end(), self._text.end(), self._refusal.end()
        return [
            *([ReasoningDelta(reasoning)] if reasoning else []),
            *([TextDelta(text)] if text else []),
            *([RefusalDelta(refusal)] if refusal else []),
        ]

    def _fail(self, error: object) -> list[Event]:
        self.finished = True
        return [*self._held(), Failed(error_in_stream(error))]

    def end(self, *, marked: bool = False) -> list[Event]:  # noqa: ARG002
        """Take the end of the stream; only a terminal event is an end mark of this API, `[DONE]` is none."""
        return [] if self.finished else self._held()

    def whole(self, body: Mapping[str, Any]) -> list[Event] | None:
        """Take a `response` that came in one piece, from a server that ignores `stream`."""
        if not isinstance(body.get("output"), list):
            return None
        status = body.get("status")
        return self._terminal(body, status if status in ("incomplete", "failed", "cancelled") else "completed")


def _place(field: str, chunk: object) -> tuple[str, int | None, int | None]:
    """Return which part of the answer a chunk belongs to; its deltas and its `done` event agree on this."""

    def index(name: str) -> int | None:
        value = field_of(chunk, name)
        return value if isinstance(value, int) else None

    content = index("content_index")
    return (field, index("output_index"), index("summary_index") if content is None else content)
