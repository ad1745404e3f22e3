"""Chat Completions: its request, and its chunks as events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .._errors import StreamCellError
from .._events import Event, Failed, Finished, ReasoningDelta, RefusalDelta, TextDelta, Usage, UsageReported
from .._request import Message, Request
from ._base import Surrogates, field_of, parts_of
from ._failures import error_in_stream

__all__ = ["NO_REASON", "ChatDecoder", "chat_body"]

NO_REASON: Final = "Possibly incomplete: the server ended the stream without saying why (no finish_reason)."

_PART_TYPES: Final = {"input_text": "text", "output_text": "text"}


def chat_body(request: Request, model: str, *, openai: bool) -> dict[str, Any]:
    """Return the arguments of `chat.completions.create`.

    `openai` says that the server is OpenAI's own: only there is `include_obfuscation` known (it costs bytes).
    """
    messages = [_message(message) for message in request.messages]
    if request.instructions is not None:
        messages.insert(0, {"role": "system", "content": request.instructions})
    options: dict[str, Any] = {"include_usage": True}
    if openai:
        options["include_obfuscation"] = False
    body: dict[str, Any] = {"messages": messages, "model": model, "stream": True, **request.params}
    given = request.params.get("stream_options", {})
    if given is None:  # some servers refuse the field whole
        del body["stream_options"]
    else:
        body["stream_options"] = {**options, **given}
    return body


def _message(message: Message) -> dict[str, Any]:
    content = message.get("content")
    if content is None or isinstance(content, str):
        return dict(message)
    return {**message, "content": [_part(part) for part in content]}


def _part(part: Mapping[str, Any]) -> dict[str, Any]:
    kind = part["type"]
    if kind == "input_image":
        image = {"url": part.get("image_url"), **({"detail": part["detail"]} if part.get("detail") else {})}
        return {"type": "image_url", "image_url": image}
    return {**part, "type": _PART_TYPES.get(kind, kind)}


def usage_of(usage: object, given: str, made: str) -> Usage:
    """Return a provider's usage; `given` and `made` are the names its API has for tokens in and out."""

    def count(value: object) -> int | None:
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    return Usage(
        input_tokens=count(field_of(usage, f"{given}_tokens")),
        output_tokens=count(field_of(usage, f"{made}_tokens")),
        total_tokens=count(field_of(usage, "total_tokens")),
        reasoning_tokens=count(field_of(field_of(usage, f"{made}_tokens_details"), "reasoning_tokens")),
        cached_tokens=count(field_of(field_of(usage, f"{given}_tokens_details"), "cached_tokens")),
    )


class ChatDecoder:
    """Chunks of `chat.completion.chunk` to events, see `Decoder`.

    The end mark is a `finish_reason`; the usage chunk that follows it has no choices and may be missing. `[DONE]` alone
    ends an answer too, as some local servers never give a reason, but then the notice says so.
    """

    def __init__(self) -> None:
        self._text = Surrogates()
        self._reasoning = Surrogates()
        self._refusal = Surrogates()
        self._reason: str | None = None
        self._spoke = False
        self.finished = False

    @property
    def complete(self) -> bool:
        """Whether the finish_reason has come; only the usage can follow."""
        return self._reason is not None

    def feed(self, chunk: object) -> list[Event]:
        """Take one chunk."""
        if self.finished:
            return []
        error = field_of(chunk, "error")
        if error:
            return self._fail(error_in_stream(error))
        events: list[Event] = []
        for choice in parts_of(chunk, "choices"):
            if (field_of(choice, "index") or 0) == 0:
                self._choice(choice, events)
        usage = field_of(chunk, "usage")
        if usage:
            # Some servers count in every chunk; only a count that comes with the end, or after it, is the last one.
            events.append(UsageReported(usage_of(usage, "prompt", "completion")))
            if self._reason is not None:
                events.extend(self.end())
        return events

    def _choice(self, choice: object, events: list[Event]) -> None:
        delta = field_of(choice, "delta")
        reasoning = field_of(delta, "reasoning_content") or field_of(delta, "reasoning")
        if isinstance(reasoning, str):
            self._emit(ReasoningDelta, self._reasoning.feed(reasoning), events)
        content = field_of(delta, "content")
        if isinstance(content, str):
            self._emit(TextDelta, self._text.feed(content), events)
        refusal = field_of(delta, "refusal")
        if isinstance(refusal, str):
            self._emit(RefusalDelta, self._refusal.feed(refusal), events)
        reason = field_of(choice, "finish_reason")
        if isinstance(reason, str) and reason:
            self._reason = reason

    def _emit(self, kind: type[TextDelta | ReasoningDelta | RefusalDelta], text: str, events: list[Event]) -> None:
        if text:
            self._spoke = True
            events.append(kind(text))

    def _fail(self, error: StreamCellError) -> list[Event]:
        self.finished = True
        return [*self._held(), Failed(error)]

    def _held(self) -> list[Event]:
        events: list[Event] = []
        self._emit(ReasoningDelta, self._reasoning.end(), events)
        self._emit(TextDelta, self._text.end(), events)
        self._emit(RefusalDelta, self._refusal.end(), events)
        return events

    def end(self, *, marked: bool = False) -> list[Event]:
        """Take the end of the stream; without an end mark this emits what was held back, and no Finished."""
        if self.finished:
            return []
        events = self._held()
        if self._reason is not None or (marked and self._spoke):
            self.finished = True
            events.append(Finished(self._reason, None if self._reason is not None else NO_REASON))
        return events

    def whole(self, body: Mapping[str, Any]) -> list[Event] | None:
        """Take a `chat.completion` that came in one piece, from a server that ignores `stream`."""
        choices = parts_of(body, "choices")
        if not choices:
            return None
        pieces = [{**choice, "delta": choice.get("message")} for choice in choices if isinstance(choice, Mapping)]
        events = self.feed({**body, "choices": pieces})
        return [*events, *self.end(marked=True)]
