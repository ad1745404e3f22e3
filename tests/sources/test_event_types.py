"""Each type of event, of output item and of delta that the installed SDK knows is shown, or has a reason here."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal, get_args, get_origin

import pytest
from openai.types.chat import ChatCompletionChunk
from openai.types.chat.chat_completion_chunk import Choice, ChoiceDelta
from openai.types.responses import ResponseOutputItem, ResponseStreamEvent
from pydantic import BaseModel

from streamcell.answer.events import Alive, Cursor, Event, Finished
from streamcell.sources.base import Decoder
from streamcell.sources.openai.chat import ChatDecoder
from streamcell.sources.openai.responses import ResponsesDecoder

_HEAD = "it says that the response has begun, which the head of the response has said"
_PLACE = "it announces a place; what stands there comes as its own events"
_AGAIN = "it repeats what its deltas have said"
_AUDIO = "a cell plays no speech, and a notice says that there is some"
_GIF = "R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="
_STREAMS = "it is a piece of a call of the user's tool, whose item says what is called"

EVENTS = {
    "response.audio.delta": _AUDIO,
    "response.audio.done": _AUDIO,
    "response.audio.transcript.delta": _AUDIO,
    "response.audio.transcript.done": _AUDIO,
    "response.compaction.compacting": "the conversation is made shorter for the model, which the user cannot read",
    "response.content_part.added": _PLACE,
    "response.content_part.done": _AGAIN,
    "response.created": _HEAD,
    "response.in_progress": _HEAD,
    "response.queued": _HEAD,
    "response.reasoning_summary_part.added": _PLACE,
    "response.reasoning_summary_part.done": _AGAIN,
}
"""The types of event that show nothing, and why."""

ITEMS = {
    "compaction": "it is encrypted, and for the model only",
}
"""The types of output item that show nothing, and why."""

_ABOUT = "it is about the response, not in the answer"

FIELDS = {
    "delta.role": "it is the assistant's, always",
    "choice.index": "one choice is asked for",
    "chunk.id": _ABOUT,
    "chunk.created": _ABOUT,
    "chunk.model": _ABOUT,
    "chunk.moderation": _ABOUT,
    "chunk.object": _ABOUT,
    "chunk.obfuscation": "it is noise, against who listens in",
    "chunk.service_tier": _ABOUT,
    "chunk.system_fingerprint": _ABOUT,
}
"""The fields of Chat Completions that show nothing, and why."""


def members(union: Any) -> Iterator[type[BaseModel]]:
    """Give the models of a union, which may hold others."""
    for one in get_args(union):
        if inspect.isclass(one) and issubclass(one, BaseModel):
            yield one
        else:
            yield from members(one)


def type_of(model: type[BaseModel]) -> str:
    return str(get_args(model.model_fields["type"].annotation)[0])


def filled(annotation: Any, depth: int = 0) -> Any:
    """Give a value of a type, with something in each of its fields."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return args[0]
    if origin is Annotated:
        return filled(args[0], depth)
    if origin in (list, dict):
        return [filled(args[0], depth + 1)] if origin is list and depth < 6 else origin()
    if args:  # a union
        return filled(next(one for one in args if one is not type(None)), depth)
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        fields = annotation.model_fields.items()
        return {name: filled(one.annotation, depth + 1) for name, one in fields} if depth < 6 else {}
    return {str: "x", int: 1, float: 1.0, bool: True}.get(annotation, "x")


def shows(decoder: Decoder, *chunks: object) -> bool:
    """Whether something of these chunks is shown: a part, an end, or a notice at the end."""
    events: list[Event] = [event for chunk in chunks for event in decoder.feed(chunk)]
    return any(not isinstance(event, (Alive, Cursor)) for event in events)


def notice(decoder: Decoder) -> str:
    ends = decoder.feed({"type": "response.completed", "response": {"status": "completed", "output": []}})
    ends += decoder.end(marked=True)
    return next((event.notice or "" for event in ends if isinstance(event, Finished)), "")


SEEN = {
    type_of(one): one for one in members(ResponseStreamEvent) if not type_of(one).startswith("response.output_item.")
}
OUTPUT = {type_of(one): one for one in members(ResponseOutputItem)}
NOTHING = notice(ResponsesDecoder())


@pytest.mark.parametrize("name", SEEN)
def test_each_type_of_event_is_shown_or_has_a_reason(name: str) -> None:
    event = filled(SEEN[name])
    decoder = ResponsesDecoder()
    if name == "response.output_text.annotation.added":
        event["annotation"] = {"type": "url_citation", "url": "https://example.org", "title": "x"}
        decoder.feed(event)
        ends = decoder.feed({"type": "response.completed", "response": {"status": "completed"}})
        assert any(getattr(one, "kind", "") == "citation" for one in ends)
        return
    if name == "response.image_generation_call.partial_image":
        event["partial_image_b64"] = _GIF
    assert shows(decoder, event) == (name not in EVENTS)


@pytest.mark.parametrize("name", OUTPUT)
@pytest.mark.parametrize("moment", ["added", "done"])
def test_each_type_of_output_item_is_shown_or_has_a_reason(name: str, moment: str) -> None:
    item = {**filled(OUTPUT[name]), "type": name}
    if name == "message":
        item["content"] = [{"type": "output_text", "text": "x"}]
    decoder = ResponsesDecoder()
    event = {"type": f"response.output_item.{moment}", "output_index": 0, "item": item}
    shown = shows(decoder, event) or notice(decoder) != NOTHING
    assert shown == (name not in ITEMS) or (moment == "added" and name in ("message", "reasoning"))


def test_each_field_of_a_chunk_is_shown_or_has_a_reason() -> None:
    given: dict[str, tuple[type[BaseModel], Callable[[Any], object]]] = {
        "delta": (ChoiceDelta, lambda one: {"choices": [{"index": 0, "delta": one}]}),
        "choice": (Choice, lambda one: {"choices": [{"delta": {}, **one}]}),
        "chunk": (ChatCompletionChunk, lambda one: one),
    }
    said = notice(ChatDecoder())
    for where, (model, chunk) in given.items():
        for name, field in model.model_fields.items():
            decoder = ChatDecoder()
            value = {"content": "x", "choices": [{"delta": {"content": "x"}}]}.get(name) or filled(field.annotation)
            value = {"content": "x"} if (where, name) == ("choice", "delta") else value
            shown = shows(decoder, chunk({name: value})) or notice(decoder) != said
            assert shown == (f"{where}.{name}" not in FIELDS), f"{where}.{name}"


def test_the_tables_hold_reasons_and_the_types_were_found() -> None:
    assert all({**EVENTS, **ITEMS, **FIELDS}.values())
    assert len(SEEN) > 40
    assert len(OUTPUT) > 10
