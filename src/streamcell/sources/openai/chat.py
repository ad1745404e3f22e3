"""Chat Completions: builds its request, and turns its chunks into events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from ... import _words as words
from ..._errors import StreamCellError
from ...answer.events import Alive, Event, Failed, PartGrew, Usage, UsageReported
from ...request.echoes import Echo
from ...request.parameters import Server, translated
from ...request.request import Request
from ..base import field_of, parts_of
from .assembly import Assembly, words_of
from .calls import BEYOND, ChatCalls
from .citations import cited_beside
from .conversation import chat_messages
from .echoes import ChatEchoes
from .failures import error_in
from .hosted import HostedTools

__all__ = ["ChatDecoder", "chat_body"]

_IMAGES: Final = ("image_url", "image", "output_image")
"""The types of content parts that are images."""

_TRAILER_WAIT: Final = 5.0
"""After so many seconds of silence the finish_reason ends the answer: usage can come three seconds later."""

_DOUBTFUL_WAIT: Final = 30.0
"""The same if the finish_reason came with text: some gateways send one in every chunk, so more text may follow."""

_AFTER_USAGE: Final = 2.0
"""The same after the usage, because servers send nothing after it except `[DONE]`."""


def chat_body(request: Request, model: str, server: Server, echoes: Sequence[Echo] = ()) -> dict[str, Any]:
    """Return the arguments of `chat.completions.create` for `server`; `echoes` are what it sent with earlier calls.

    Only OpenAI's own server accepts `include_obfuscation`. It is turned off there to save bytes.
    """
    messages = chat_messages(request.messages, echoes)
    if request.instructions is not None:
        messages.insert(0, {"role": "system", "content": request.instructions})
    options: dict[str, Any] = {"include_usage": True}
    if server == "openai":
        options["include_obfuscation"] = False
    params = translated(request.params, "chat", server)
    body: dict[str, Any] = {"messages": messages, "model": model, "stream": True, **params}
    given = request.params.get("stream_options", {})
    if given is None:  # some servers refuse a request with this field
        del body["stream_options"]
    else:
        body["stream_options"] = {**options, **given}
    return body


def usage_of(usage: object, given: str, made: str) -> Usage:
    """Return a provider's usage; `given` and `made` are the API's names for input and output tokens."""

    def count(value: object) -> int | None:
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    return Usage(
        input_tokens=count(field_of(usage, f"{given}_tokens")),
        output_tokens=count(field_of(usage, f"{made}_tokens")),
        total_tokens=count(field_of(usage, "total_tokens")),
        reasoning_tokens=count(field_of(field_of(usage, f"{made}_tokens_details"), "reasoning_tokens")),
        cached_tokens=count(field_of(field_of(usage, f"{given}_tokens_details"), "cached_tokens")),
    )


class _Growth:
    """The deltas of one field, which some servers send cumulatively (DashScope, Gemini behind gateways).

    If the second delta begins with the complete first one, it may be cumulative. Then it is held back until the third
    one decides.
    """

    _LEAST: Final = 6  # characters: a shorter first delta may be repeated by chance

    def __init__(self) -> None:
        self._count = 0
        self._whole = ""
        self._held: str | None = None
        self._repeats: bool | None = None

    def feed(self, delta: str) -> str:
        """Return the new text in a delta."""
        if self._repeats is False or not delta:
            return delta
        self._count += 1
        if self._count == 1:
            self._whole = delta
            return delta
        if self._count == 2 and not self._may_repeat(delta):
            self._repeats, self._whole = False, ""
            return delta
        if self._count == 2:
            self._held = delta
            return ""
        known, held, self._held = self._whole, self._held, None
        if delta.startswith(known if held is None else held):
            self._repeats, self._whole = True, delta
            return delta[len(known) :]
        if held is None:
            self._whole += delta
            return delta
        self._repeats, self._whole = False, ""
        return held + delta

    def _may_repeat(self, second: str) -> bool:
        first = self._whole
        return len(first) >= self._LEAST and len(second) > len(first) and second.startswith(first)

    def end(self) -> str:
        """Return the text that was held back, as if it were cumulative."""
        held, self._held = self._held, None
        return "" if held is None else held[len(self._whole) :]


class ChatDecoder:
    """Turns chunks of `chat.completion.chunk` into events, see `Decoder`.

    The end mark is a `finish_reason`. Chunks after it still belong to the answer, until the server sends `[DONE]`,
    closes the connection, or falls silent. `[DONE]` alone also ends an answer, because some local servers never send a
    reason; the answer then has a notice about it. Each request asks for one choice, but some servers use the index of
    choices for other things. So a new index continues the answer; an earlier index that comes again is another choice
    and is left out. `taken` are the ids of earlier calls, see `Calls`.
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._answer = Assembly()
        self._hosted = HostedTools()
        self._growth = {"text": _Growth(), "reasoning": _Growth()}
        self._calls = ChatCalls(_Growth, taken)
        self._echoes = ChatEchoes(_Growth)
        self._word: str | None = None
        self._wait: float | None = None
        self._index: object = None
        self._seen: set[object] = set()
        self._usage = False
        self.finished = False

    @property
    def trailer_wait(self) -> float | None:
        """After so many seconds of silence the answer ends; None before the finish_reason."""
        return self._wait

    def feed(self, chunk: object) -> list[Event]:
        """Process one chunk."""
        if self.finished:
            return []
        events: list[Event] = []
        choices = parts_of(chunk, "choices")
        for choice in choices:
            self._choice(choice, events)
        for source in cited_beside(chunk):
            self._answer.sources.note(source)
        usage = field_of(chunk, "usage")
        if usage:
            counted = usage_of(usage, "prompt", "completion")
            # Some servers send usage in every chunk, and some send zeros before they know it.
            if counted.output_tokens or counted.total_tokens or (counted.input_tokens and not self._usage):
                self._usage = True
                events.append(UsageReported(counted))
            if self._wait is not None and not choices:
                self._wait = _AFTER_USAGE
        error = error_in(chunk)
        return events if error is None else [*events, *self._fail(error)]

    def _choice(self, choice: object, events: list[Event]) -> None:
        delta = field_of(choice, "delta") or field_of(choice, "message") or choice
        begun = len(events)
        self._echoes.feed(delta)
        self._reason(delta, events)
        index = field_of(choice, "index")
        self._say(self._text_of(delta, index, events), index, events)
        self._seen.add(_known(index))
        refusal = field_of(delta, "refusal")
        if isinstance(refusal, str):
            events.extend(self._answer.grow("refusal", refusal))
        logprobs = field_of(choice, "logprobs")
        if logprobs and self._is_ours(index):
            grown = {event.kind for event in events[begun:] if isinstance(event, PartGrew)}
            if grown != {"reasoning"}:  # the tokens of a text, not of the reasoning
                events.extend(self._answer.weigh(logprobs))
        self._left_out(delta, events)
        word = field_of(choice, "finish_reason") or field_of(choice, "finishReason")
        if isinstance(word, str) and word.strip():
            self._word = word
            self._wait = _DOUBTFUL_WAIT if len(events) > begun else _TRAILER_WAIT
        elif len(events) > begun and self._wait is not None:
            self._wait = _DOUBTFUL_WAIT  # more text came after it, so it was not the end

    def _say(self, text: str, index: object, events: list[Event]) -> None:
        if text and self._is_ours(index):
            events.extend(self._answer.grow("text", self._growth["text"].feed(text)))

    def _is_ours(self, index: object) -> bool:
        index = _known(index)
        if self._index is None or index == self._index or index not in self._seen:
            self._index = index
        return index == self._index

    def _reason(self, delta: object, events: list[Event]) -> None:
        said = words_of(field_of(delta, "reasoning_content")) or words_of(field_of(delta, "reasoning"))
        if not said:
            details = parts_of(delta, "reasoning_details")  # OpenRouter
            said = "".join(words_of(one) or words_of(field_of(one, "summary")) for one in details)
        if said:
            events.extend(self._answer.grow("reasoning", self._growth["reasoning"].feed(said)))

    def _text_of(self, delta: object, index: object, events: list[Event]) -> str:
        if field_of(delta, "role") == "tool":
            return ""  # what a tool returned
        content = field_of(delta, "content")
        if content is None:
            content = field_of(delta, "text")  # the older Completions API
        if not isinstance(content, (list, tuple)):
            return words_of(content)
        texts: list[str] = []
        for part in content:
            kind = field_of(part, "type")
            if kind in ("thinking", "reasoning"):  # Mistral
                said = words_of(field_of(part, "thinking")) or words_of(part)
                events.extend(self._answer.grow("reasoning", said))
            elif kind in _IMAGES:
                self._say("".join(texts), index, events)
                texts.clear()
                events.extend(self._answer.pictured(self._answer.images.given(part)))
            elif kind == "reference":
                continue
            else:
                said = words_of(part)
                texts.append(said)
                if not said and isinstance(kind, str) and kind not in ("", "text", "output_text"):
                    events.extend(self._answer.unknown(kind, "", ""))
        return "".join(texts)

    def _left_out(self, delta: object, events: list[Event]) -> None:
        if parts_of(delta, "tool_calls") or field_of(delta, "function_call"):
            events.extend(self._calls.feed(delta) or [Alive(working=True)])
            if self._calls.all:
                self._answer.said.add("tool_call")
            if self._calls.full:
                self._answer.leave_out(BEYOND)
        if field_of(delta, "role") == "tool":
            events.extend(self._calls.returned(field_of(delta, "tool_call_id"), delta))
        events.extend(self._hosted.executed(parts_of(delta, "executed_tools")))
        for image in parts_of(delta, "images"):
            events.extend(self._answer.pictured(self._answer.images.given(image)))
        if field_of(delta, "audio"):
            events.extend(self._answer.leave_out(words.SPEECH_NOT_SHOWN))

    def _fail(self, error: StreamCellError) -> list[Event]:
        self.finished = True
        return [*self._held(), Failed(error)]

    def _held(self) -> list[Event]:
        events: list[Event] = []
        for field, growth in self._growth.items():
            events.extend(self._answer.grow(field, growth.end()))
        return [*events, *self._answer.held(), *self._calls.held()]

    def end(self, *, marked: bool = False) -> list[Event]:
        """Process the end of the stream. Without an end mark, return only the text that was held back."""
        if self.finished:
            return []
        events = self._held()
        if self._word is not None or (marked and self._answer.spoke):
            self.finished = True
            events.extend(self._calls.end())
            if self._calls.all and all(call.returned for call in self._calls.all):
                # A server or a library that runs the calls itself has told their results, so they ask for nothing.
                self._answer.said.discard("tool_call")
                self._answer.said.add("tool_result")
            echoes = self._echoes.end(self._calls.all, self._calls.beside)
            notice = None if self._word is not None else words.NO_REASON
            events.extend(self._answer.end(self._word, notice, echoes=echoes))
        return events

    def whole(self, body: Mapping[str, Any]) -> list[Event] | None:
        """Process a complete `chat.completion`, from a server that ignores `stream`."""
        choices = parts_of(body, "choices")
        if not choices:
            return None
        events = self.feed({**body, "choices": choices[:1]})
        return [*events, *self.end(marked=True)]


def _known(index: object) -> object:
    return index if isinstance(index, int) and not isinstance(index, bool) else 0
