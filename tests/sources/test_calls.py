"""Calls of tools as servers send them: whichever way they come, the answer has each once, whole, in its order."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamcell import ToolCall
from streamcell.answer.events import Event, Finished, PartChanged, PartEnded, PartGrew, PartRestored
from streamcell.answer.parts import Part, growth
from streamcell.answer.parts.tool_call import ARGUMENTS, flaw_of
from streamcell.sources.openai.calls import MOST
from streamcell.sources.openai.chat import ChatDecoder
from streamcell.sources.openai.responses import ResponsesDecoder

from .chunks import Chunk, as_object, chat, ends, says, says_text

Told = tuple[str, str, str]
"""A call's name, id and arguments."""

OSLO, ROME = '{"city": "Oslo"}', '{"city": "Rome"}'
A, B = ("weather", "a", OSLO), ("weather", "b", ROME)


def parts_of(decoder: ChatDecoder | ResponsesDecoder, chunks: Sequence[Chunk]) -> tuple[tuple[Part, ...], list[Event]]:
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    events += decoder.end(marked=True)
    parts: tuple[Part, ...] = ()
    for event in events:
        if isinstance(event, (PartGrew, PartChanged, PartEnded, PartRestored)):
            parts = growth.after(parts, event)
    return parts, events


def calls_of(decoder: ChatDecoder | ResponsesDecoder, chunks: Sequence[Chunk]) -> list[Told]:
    parts, events = parts_of(decoder, chunks)
    calls = [part for part in parts if isinstance(part, ToolCall)]
    assert [event.reason for event in events if isinstance(event, Finished)] == ["tool_calls"]
    return [(call.name, call.call_id, call.arguments) for call in calls]


# -- Chat Completions --------------------------------------------------------------------------------------------------


def piece(index: object = None, id_: object = None, name: object = None, arguments: object = None) -> Chunk:
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    return {key: value for key, value in (("index", index), ("id", id_), ("function", function)) if value is not None}


def streamed(*pieces: Chunk | list[Chunk], finish: str = "tool_calls") -> list[Chunk]:
    deltas = [one if isinstance(one, list) else [one] for one in pieces]
    return [*(chat({"tool_calls": one}) for one in deltas), chat(finish=finish)]


HALF, REST = OSLO[:9], OSLO[9:]
CHAT: dict[str, tuple[list[Chunk], list[Told]]] = {
    "as OpenAI sends it": (
        streamed(piece(0, "a", "weather", ""), piece(0, None, None, HALF), piece(0, None, None, REST)),
        [A],
    ),
    "two at the same time": (
        streamed(
            piece(0, "a", "weather", ""),
            piece(1, "b", "weather", ""),
            piece(0, None, None, OSLO),
            piece(1, None, None, ROME),
        ),
        [A, B],
    ),
    "two in one chunk, whole (Ollama, Mistral)": (
        streamed([piece(0, "a", "weather", OSLO), piece(1, "b", "weather", ROME)], finish="stop"),
        [A, B],
    ),
    "every call counted as 0 (Gemini behind gateways)": (
        streamed(piece(0, "a", "weather", OSLO), piece(0, "b", "weather", ROME)),
        [A, B],
    ),
    "no index": (
        streamed(piece(None, "a", "weather", HALF), piece(None, "a", None, REST), piece(None, "b", "weather", ROME)),
        [A, B],
    ),
    "no index, and the id in the first piece only": (
        streamed(piece(None, "a", "weather", HALF), piece(None, None, None, REST)),
        [A],
    ),
    "no id at all": (
        streamed(piece(0, None, "weather", OSLO), piece(1, None, "weather", ROME)),
        [("weather", "call_1", OSLO), ("weather", "call_2", ROME)],
    ),
    "no id and no index": (
        streamed(piece(None, None, "weather", OSLO), piece(None, None, "weather", ROME)),
        [("weather", "call_1", OSLO), ("weather", "call_2", ROME)],
    ),
    "an empty id in the pieces after the first (vLLM, SGLang)": (
        streamed(piece(0, "a", "weather", ""), piece(0, "", "", HALF), piece(0, "", "", REST)),
        [A],
    ),
    "another id with each piece (older vLLM)": (
        streamed(piece(0, "a", "weather", ""), piece(0, "x", None, HALF), piece(0, "y", None, REST)),
        [A],
    ),
    "an id that comes late": (
        streamed(piece(0, None, "weather", ""), piece(0, "a", None, OSLO)),
        [A],
    ),
    "the name in each piece": (
        streamed(piece(0, "a", "weather", HALF), piece(0, "a", "weather", REST)),
        [A],
    ),
    "the name in pieces": (
        streamed(piece(0, "a", "wea", ""), piece(0, None, "ther", ""), piece(0, None, None, OSLO)),
        [A],
    ),
    "one id for two calls": (
        streamed(piece(0, "a", "weather", OSLO), piece(1, "a", "weather", ROME)),
        [A, ("weather", "a-2", ROME)],
    ),
    "the arguments as an object": (streamed(piece(0, "a", "weather", {"city": "Oslo"})), [A]),
    "the arguments whole once more at the end": (
        streamed(piece(0, "a", "weather", HALF), piece(0, None, None, REST), piece(0, None, None, OSLO)),
        [A],
    ),
    "each piece repeats what came before (DashScope)": (
        streamed(*(piece(0, "a", "weather", OSLO[:end]) for end in (8, 10, 12, len(OSLO)))),
        [A],
    ),
    "no arguments": (streamed(piece(0, "a", "now")), [("now", "a", "")]),
    "null arguments": (
        [chat({"tool_calls": [{"index": 0, "id": "a", "function": {"name": "now", "arguments": None}}]}), chat()],
        [("now", "a", "")],
    ),
    "the API before calls had ids": (
        [
            chat({"function_call": {"name": "weather", "arguments": HALF}}),
            chat({"function_call": {"arguments": REST}}),
            chat(finish="function_call"),
        ],
        [("weather", "call_1", OSLO)],
    ),
    "a tool that takes a text": (
        [
            chat(
                {"tool_calls": [{"index": 0, "id": "a", "type": "custom", "custom": {"name": "run", "input": "x ="}}]}
            ),
            chat({"tool_calls": [{"index": 0, "custom": {"input": " 1"}}]}),
            chat(finish="tool_calls"),
        ],
        [("run", "a", "x = 1")],
    ),
    "half of a character at a piece's end": (
        streamed(piece(0, "a", "say", '{"x": "\ud83d'), piece(0, None, None, '\ude00"}')),
        [("say", "a", '{"x": "\U0001f600"}')],
    ),
}


@pytest.mark.parametrize("shape", [lambda chunk: chunk, as_object], ids=["mapping", "object"])
@pytest.mark.parametrize("name", CHAT)
def test_a_chat_servers_calls(name: str, shape: Any) -> None:
    chunks, told = CHAT[name]
    if shape is as_object and "object" in name:
        return  # the SDK gives what is in place of a string as it is
    assert calls_of(ChatDecoder(), [shape(chunk) for chunk in chunks]) == told


def test_a_whole_chat_answer_has_its_calls() -> None:
    message = {"role": "assistant", "content": "So.", "tool_calls": [piece(None, "a", "weather", OSLO)]}
    body = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    events = ChatDecoder().whole(body) or []
    assert PartGrew("tool_call", OSLO, "call-1") in events
    assert events[-1] == Finished("tool_calls")


@given(cuts=st.lists(st.integers(1, 12), min_size=1), ids=st.booleans(), names=st.booleans())
def test_arguments_come_whole_however_they_are_cut(cuts: list[int], ids: bool, names: bool) -> None:
    said = json.dumps({"text": 'a "b" {c} \\ ä 😀', "list": [1, [2, {}], None]}, ensure_ascii=False)
    pieces, at = [piece(0, "a", "weather", "")], 0
    while at < len(said):
        size = cuts[len(pieces) % len(cuts)]
        pieces.append(piece(0, "a" if ids else None, "weather" if names else None, said[at : at + size]))
        at += size
    assert calls_of(ChatDecoder(), streamed(*pieces)) == [("weather", "a", said)]


# -- the Responses API -------------------------------------------------------------------------------------------------


def item(id_: str = "fc", call_id: str = "a", arguments: str = "", **fields: Any) -> Chunk:
    return {"type": "function_call", "id": id_, "call_id": call_id, "name": "weather", "arguments": arguments, **fields}


def added(one: Chunk, at: int = 0) -> Chunk:
    return {"type": "response.output_item.added", "output_index": at, "item": one}


def done(one: Chunk, at: int = 0) -> Chunk:
    return {"type": "response.output_item.done", "output_index": at, "item": one}


def delta(text: str, id_: str | None = "fc", at: int | None = 0) -> Chunk:
    place = {key: value for key, value in (("item_id", id_), ("output_index", at)) if value is not None}
    return {"type": "response.function_call_arguments.delta", "delta": text, **place}


def whole(text: str, id_: str = "fc", at: int = 0) -> Chunk:
    return {"type": "response.function_call_arguments.done", "arguments": text, "item_id": id_, "output_index": at}


FULL = item(arguments=OSLO)
OTHER = item("fd", "b", ROME)
RESPONSES: dict[str, tuple[list[Chunk], list[Told]]] = {
    "as OpenAI sends it": (
        [added(item()), delta(HALF), delta(REST), whole(OSLO), done(FULL), ends(output=[FULL])],
        [A],
    ),
    "two, one after the other": (
        [
            added(item()),
            delta(OSLO),
            whole(OSLO),
            done(FULL),
            added(item("fd", "b"), 1),
            delta(ROME, "fd", 1),
            whole(ROME, "fd", 1),
            done(OTHER, 1),
            ends(output=[FULL, OTHER]),
        ],
        [A, B],
    ),
    "two at the same time": (
        [
            added(item()),
            added(item("fd", "b"), 1),
            delta(HALF),
            delta(ROME, "fd", 1),
            delta(REST),
            done(FULL),
            done(OTHER, 1),
            ends(),
        ],
        [A, B],
    ),
    "no deltas": ([added(item()), done(FULL), ends(output=[FULL])], [A]),
    "only at the end": ([ends(output=[FULL, OTHER])], [A, B]),
    "deltas that were lost": ([added(item()), delta(HALF), done(FULL), ends()], [A]),
    "other arguments at the end": ([added(item()), delta(ROME), whole(OSLO), done(FULL), ends()], [A]),
    "no item was announced": ([delta(OSLO), done(FULL), ends(output=[FULL])], [A]),
    "deltas without a place": ([added(item()), delta(HALF, None, None), delta(REST, None, None), ends()], [A]),
    "another id at the end": (
        [added(item()), delta(OSLO), done(FULL), ends(output=[{**FULL, "id": "other"}])],
        [A],
    ),
    "no call_id": (
        [added({**item(), "call_id": None}), delta(OSLO), ends()],
        [("weather", "call_1", OSLO)],
    ),
    "a tool that takes a text": (
        [
            added({"type": "custom_tool_call", "id": "ct", "call_id": "a", "name": "run", "input": ""}),
            {"type": "response.custom_tool_call_input.delta", "item_id": "ct", "delta": "x = 1"},
            {"type": "response.custom_tool_call_input.done", "item_id": "ct", "input": "x = 1"},
            ends(),
        ],
        [("run", "a", "x = 1")],
    ),
}


@pytest.mark.parametrize("shape", [lambda chunk: chunk, as_object], ids=["mapping", "object"])
@pytest.mark.parametrize("name", RESPONSES)
def test_the_calls_of_a_response(name: str, shape: Any) -> None:
    chunks, told = RESPONSES[name]
    assert calls_of(ResponsesDecoder(), [shape(chunk) for chunk in chunks]) == told


def test_calls_stand_where_they_came() -> None:
    chunks = [says_text("Let me look.", 0), done({"type": "message", "id": "m0"}), added(item(), 1), delta(OSLO, at=1)]
    parts, _ = parts_of(ResponsesDecoder(), [*chunks, done(FULL, 1), says_text("Then.", 2), ends()])
    assert [part.kind for part in parts] == ["text", "tool_call", "text"]
    parts, _ = parts_of(ChatDecoder(), [says("Let me look."), *streamed(piece(0, "a", "weather", OSLO))])
    assert [part.kind for part in parts] == ["text", "tool_call"]


# -- hostile -----------------------------------------------------------------------------------------------------------


def test_names_ids_arguments_and_calls_are_bounded() -> None:
    many = [piece(at, f"c{at}", "x" * 1_000, "{}") for at in range(MOST + 50)]
    told = calls_of(ChatDecoder(), streamed(*many))
    assert (len(told), len(told[0][0])) == (MOST, 200)
    long = [piece(0, "a", "weather", '{"x": "'), *(piece(0, None, None, "y" * 100_000) for _ in range(20))]
    [(_, _, arguments)] = calls_of(ChatDecoder(), streamed(*long))
    assert len(arguments) == ARGUMENTS + 1
    assert flaw_of(arguments)
    items = [item(f"f{at}", f"c{at}", "{}") for at in range(MOST + 50)]
    assert len(calls_of(ResponsesDecoder(), [*(done(one, at) for at, one in enumerate(items)), ends()])) == MOST


WRONG = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 3) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["index", "id", "function", "custom", "name", "arguments", "input", "type", "call_id"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(pieces=st.lists(WRONG, max_size=6))
def test_no_shape_of_a_call_makes_a_decoder_raise(pieces: list[Any]) -> None:
    parts_of(ChatDecoder(), [chat({"tool_calls": pieces}), chat({"function_call": pieces}), chat(finish="stop")])
    events = [
        {"type": kind, "item": one, "delta": one, "arguments": one, "item_id": "x", "output_index": at}
        for at, one in enumerate(pieces)
        for kind in (
            "response.output_item.added",
            "response.function_call_arguments.delta",
            "response.function_call_arguments.done",
            "response.output_item.done",
        )
    ]
    items = [{"type": "function_call", "id": one, "call_id": one, "name": one, "arguments": one} for one in pieces]
    parts, _ = parts_of(ResponsesDecoder(), [*events, *map(done, items), ends(output=items)])
    assert all(isinstance(part.name, str) for part in parts if isinstance(part, ToolCall))
