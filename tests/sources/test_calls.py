"""Calls of tools as servers send them: whichever way they come, the answer has each once, whole, in its order."""

from __future__ import annotations

import json
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import openai
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from streamcell import ToolCall, stream_cell
from streamcell.answer.events import Event, Finished, PartChanged, PartEnded, PartGrew, PartRestored
from streamcell.answer.parts import Part, growth
from streamcell.answer.parts.tool_call import ARGUMENTS, flaw_of
from streamcell.sources.openai.calls import MOST, ids_of
from streamcell.sources.openai.chat import ChatDecoder
from streamcell.sources.openai.responses import ResponsesDecoder

from .chunks import Chunk, chat, ends, says, says_text, wrong_values
from .wire_server import TIMEOUT, ended, event, sends, wire_server

Told = tuple[str, str, str]
"""A call's name, id and arguments."""

OSLO, ROME = '{"city": "Oslo"}', '{"city": "Rome"}'
A, B = ("weather", "a", OSLO), ("weather", "b", ROME)


def parts_of(decoder: ChatDecoder | ResponsesDecoder, chunks: Sequence[Chunk]) -> tuple[tuple[Part, ...], list[Event]]:
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    events += decoder.end(marked=True)
    parts: tuple[Part, ...] = ()
    for one in events:
        if isinstance(one, (PartGrew, PartChanged, PartEnded, PartRestored)):
            parts = growth.after(parts, one)
    return parts, events


def calls_of(decoder: ChatDecoder | ResponsesDecoder, chunks: Sequence[Chunk]) -> list[Told]:
    parts, events = parts_of(decoder, chunks)
    calls = [part for part in parts if isinstance(part, ToolCall)]
    assert [event.reason for event in events if isinstance(event, Finished)] == ["tool_calls"]
    assert sorted(event.id for event in events if isinstance(event, PartEnded)) == sorted(call.id for call in calls)
    return [(call.name, call.call_id, call.arguments) for call in calls]


def as_sdk(value: Any) -> Any:
    """Give a chunk as the SDK gives it: attributes, but what stands in place of the arguments' text as it is."""
    if isinstance(value, dict):
        given = {key: one if key == "arguments" else as_sdk(one) for key, one in value.items()}
        return SimpleNamespace(**given)
    return [as_sdk(one) for one in value] if isinstance(value, list) else value


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
    "an empty object as arguments": (streamed(piece(0, "a", "now", {})), [("now", "a", "{}")]),
    "an empty object before the arguments (Bedrock behind gateways)": (
        streamed(piece(0, "a", "weather", "{}"), piece(0, None, None, HALF), piece(0, None, None, REST)),
        [A],
    ),
    "an empty object before the arguments, and the name with each": (
        streamed(piece(None, None, "weather", "{}"), piece(None, None, "weather", OSLO)),
        [("weather", "call_1", OSLO)],
    ),
    "two without arguments, both counted as 0": (
        streamed(piece(0, "a", "now", ""), piece(0, "b", "now", "")),
        [("now", "a", ""), ("now", "b", "")],
    ),
    "two without arguments, ids and indices, in one chunk (GLM behind gateways)": (
        streamed([piece(None, None, "now", ""), piece(None, None, "now", "")]),
        [("now", "call_1", ""), ("now", "call_2", "")],
    ),
    "a name that comes after arguments": (
        streamed(piece(0, "a", None, HALF), piece(0, None, "weather", REST)),
        [A],
    ),
    "an index that comes late": (streamed(piece(None, "a", "weather", HALF), piece(1, "a", None, REST)), [A]),
    "an index that comes late, with the name": (
        streamed(piece(None, "a", "weather", HALF), piece(1, "a", "weather", REST)),
        [A],
    ),
    "an escaped mark, and the name in each piece": (
        streamed(piece(None, None, "say", '{"x": "\\"}'), piece(None, None, "say", ' y"}')),
        [("say", "call_1", '{"x": "\\"} y"}')],
    ),
    "an index that drifts (Nebius, Cerebras)": (
        streamed(piece(0, "a", "weather", HALF), piece(1, None, None, REST[:3]), piece(2, None, None, REST[3:])),
        [A],
    ),
    "indices that are no numbers": (
        streamed(piece("0", "a", "weather", OSLO), piece("1", "b", "weather", ROME)),
        [A, B],
    ),
    "no index, and pieces by turns": (
        streamed(
            piece(None, "a", "weather", HALF),
            piece(None, "b", "weather", ROME[:9]),
            piece(None, "a", None, REST),
            piece(None, "b", None, ROME[9:]),
        ),
        [A, B],
    ),
    "one id for two calls, both counted as 0": (
        streamed(piece(0, "a", "weather", OSLO), piece(0, "a", "weather", ROME)),
        [A, ("weather", "a-2", ROME)],
    ),
    "an id like the one that was made": (
        streamed(piece(0, None, "weather", OSLO), piece(1, "call_1", "weather", ROME)),
        [("weather", "call_1", OSLO), ("weather", "call_1-2", ROME)],
    ),
    "an id that comes late and is another's": (
        streamed(piece(0, "a", "weather", OSLO), piece(1, None, "weather", ""), piece(1, "a", None, ROME)),
        [A, ("weather", "a-2", ROME)],
    ),
    "an id that is a number": (
        streamed({"index": 0, "id": 7, "function": {"name": "weather", "arguments": OSLO}}),
        [("weather", "call_1", OSLO)],
    ),
    "calls in the older field too": (
        [
            chat(
                {
                    "tool_calls": [piece(0, "a", "weather", OSLO)],
                    "function_call": {"name": "weather", "arguments": OSLO},
                }
            ),
            chat(finish="stop"),
        ],
        [A],
    ),
    "nothing beside a call": (
        streamed([{}, piece(0, "a", "weather", OSLO), {"function": None}, {"index": 3}]),
        [A],
    ),
    "a choice for each call": (
        [
            {
                "choices": [
                    {"index": 0, "delta": {"tool_calls": [piece(0, "a", "weather", OSLO)]}},
                    {"index": 1, "delta": {"tool_calls": [piece(0, "b", "weather", ROME)]}},
                ]
            },
            chat(finish="tool_calls"),
        ],
        [A, B],
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


@pytest.mark.parametrize("shape", [lambda chunk: chunk, as_sdk], ids=["mapping", "object"])
@pytest.mark.parametrize("name", CHAT)
def test_a_chat_servers_calls(name: str, shape: Any) -> None:
    chunks, told = CHAT[name]
    assert calls_of(ChatDecoder(), [shape(chunk) for chunk in chunks]) == told


def test_a_whole_chat_answer_has_its_calls() -> None:
    message = {"role": "assistant", "content": "So.", "tool_calls": [piece(None, "a", "weather", OSLO)]}
    body = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    events = ChatDecoder().whole(body) or []
    assert PartGrew("tool_call", OSLO, "call-1") in events
    assert events[-1] == Finished("tool_calls")


SAID = json.dumps({"text": 'a "b" {c} \\ ä 😀', "list": [1, [2, {}], None]}, ensure_ascii=False)
CUTS = st.lists(st.integers(1, 12), min_size=1)


def cut(text: str, cuts: Sequence[int]) -> list[str]:
    pieces, at = list[str](), 0
    while at < len(text):
        size = cuts[len(pieces) % len(cuts)]
        pieces.append(text[at : at + size])
        at += size
    return pieces


@given(
    cuts=CUTS,
    ids=st.booleans(),
    names=st.booleans(),
    counted=st.booleans(),
    again=st.booleans(),
    repeats=st.booleans(),
    apart=st.booleans(),
)
def test_the_same_calls_come_however_they_are_cut(
    cuts: list[int], ids: bool, names: bool, counted: bool, again: bool, repeats: bool, apart: bool
) -> None:
    assume(apart or ids or counted or not names)  # else nobody can tell a name's repetition from another call
    chunks: list[Chunk | list[Chunk]] = []
    for at, id_ in enumerate(("a", "b")):
        place = at if counted else None
        chunks.append(piece(place, id_, "weather", ""))
        news = cut(SAID, cuts)
        texts = ["".join(news[: end + 1]) for end in range(len(news))] if repeats and len(news[0]) > 6 else news
        texts += [SAID] if again else []
        chunks += [piece(place, id_ if ids else None, "weather" if names else None, text) for text in texts]
    if not apart:  # all in one chunk, as of a server that sends what it has
        begins = [at for at, one in enumerate(chunks) if one == piece(1 if counted else None, "b", "weather", "")]
        chunks = [*chunks[: begins[0]], [one for one in chunks[begins[0] :] if isinstance(one, dict)]]
    assert calls_of(ChatDecoder(), streamed(*chunks)) == [("weather", "a", SAID), ("weather", "b", SAID)]


@given(cuts=CUTS, places=st.booleans(), by=st.sampled_from(["done", "item", "both", "neither"]), told=st.booleans())
def test_the_same_calls_of_a_response_come_however_they_are_cut(
    cuts: list[int], places: bool, by: str, told: bool
) -> None:
    chunks: list[Chunk] = []
    items = [item("fc", "a", SAID), item("fd", "b", SAID)]
    for at, one in enumerate(items):
        chunks.append(added({**one, "arguments": ""}, at))
        chunks += [delta(new, one["id"] if places else None, at if places else None) for new in cut(SAID, cuts)]
        chunks += [whole(SAID, one["id"], at)] if by in ("done", "both") else []
        chunks += [done(one, at)] if by in ("item", "both") else []
    chunks.append(ends(output=items if told else []))
    assert calls_of(ResponsesDecoder(), chunks) == [("weather", "a", SAID), ("weather", "b", SAID)]


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
    "two of one call_id": (
        [done(FULL), done({**OTHER, "call_id": "a"}, 1), ends(output=[FULL, {**OTHER, "call_id": "a"}])],
        [A, ("weather", "a-2", ROME)],
    ),
    "two of one call_id, only at the end": (
        [ends(output=[FULL, {**OTHER, "call_id": "a"}])],
        [A, ("weather", "a-2", ROME)],
    ),
    "a call_id like the one that was made": (
        [added({**item(), "call_id": None}), delta(OSLO), added(item("fd", "call_1"), 1), delta(ROME, "fd", 1), ends()],
        [("weather", "call_1", OSLO), ("weather", "call_1-2", ROME)],
    ),
    "a name that comes at the end": ([added({**item(), "name": None}), delta(OSLO), done(FULL), ends()], [A]),
    "arguments as an object": ([added(item()), done({**FULL, "arguments": {"city": "Oslo"}}), ends()], [A]),
    "arguments as an object in their own event": (
        [
            added(item()),
            {"type": "response.function_call_arguments.done", "item_id": "fc", "arguments": {"city": "Oslo"}},
            ends(),
        ],
        [A],
    ),
    "all with the announcement": ([added(FULL), ends()], [A]),
    "all with the announcement, and again": ([added(FULL), delta(HALF), delta(REST), done(FULL), ends()], [A]),
    "an empty object before the arguments": ([added(item()), delta("{}"), delta(OSLO), done(FULL), ends()], [A]),
    "the same arguments with other spaces": (
        [added(item()), delta(OSLO), whole(OSLO), done({**FULL, "arguments": '{"city":"Oslo"}'}), ends()],
        [A],
    ),
    "deltas after the end": ([added(item()), delta(OSLO), done(FULL), delta("more"), ends()], [A]),
    "no ids, and other places at the end": (
        [
            added({**item(), "id": None}),
            delta(OSLO, None, 0),
            added({**item("x", "b"), "id": None}, 1),
            delta(ROME, None, 1),
            ends(output=[{"type": "reasoning", "summary": []}, {**FULL, "id": None}, {**OTHER, "id": None}]),
        ],
        [A, B],
    ),
    "half of a character of one, and the other's piece": (
        [
            added(item()),
            added(item("fd", "b"), 1),
            delta('{"x": "\ud83d'),
            delta(ROME, "fd", 1),
            delta('\ude00"}'),
            ends(),
        ],
        [("weather", "a", '{"x": "\U0001f600"}'), B],
    ),
    "half of a character, and then all": (
        [added(item()), delta('{"x": "\ud83d'), whole('{"x": "\U0001f600"}'), ends()],
        [("weather", "a", '{"x": "\U0001f600"}')],
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


@pytest.mark.parametrize("shape", [lambda chunk: chunk, as_sdk], ids=["mapping", "object"])
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


BY_CHAT = streamed(piece(0, "a", "weather", '{"x": "'), *(piece(0, None, None, "y" * 100_000) for _ in range(20)))
SPACES = streamed(piece(0, "a", "weather", OSLO), *(piece(0, None, None, " " * 100_000) for _ in range(20)))
TOO_LONG = '{"x": "' + "y" * 2_000_000 + '"}'


@pytest.mark.parametrize(
    ("decoder", "chunks"),
    [
        (ChatDecoder, BY_CHAT),
        (ChatDecoder, SPACES),
        (ResponsesDecoder, [added(item()), *(delta("y" * 100_000) for _ in range(20)), ends()]),
        (ResponsesDecoder, [added(item()), whole(TOO_LONG), ends()]),
        (ResponsesDecoder, [added(item()), delta("z"), whole(TOO_LONG), ends()]),
        (ResponsesDecoder, [ends(output=[item(arguments=TOO_LONG)])]),
    ],
    ids=["pieces", "spaces", "deltas", "done", "other", "end"],
)
def test_arguments_that_are_too_long_stop_growing_and_are_no_json(decoder: Any, chunks: list[Chunk]) -> None:
    [(_, _, arguments)] = calls_of(decoder(), chunks)
    assert len(arguments) == ARGUMENTS + 1
    assert flaw_of(arguments)
    with pytest.raises(ValueError, match=r"."):
        json.loads(arguments)


def test_arguments_of_just_the_size_are_whole() -> None:
    just = '{"x": "' + "y" * (ARGUMENTS - 9) + '"}'
    assert calls_of(ChatDecoder(), streamed(piece(0, "a", "weather", just))) == [("weather", "a", just)]
    assert flaw_of(just) is None


MANY = range(MOST + 50)


@pytest.mark.parametrize(
    ("decoder", "chunks"),
    [
        (ChatDecoder, streamed(*(piece(at, f"c{at}", "w", "{}") for at in MANY))),
        (ChatDecoder, streamed([piece(None, None, "w", "{}") for _ in MANY])),
        (ResponsesDecoder, [*(done(item(f"f{at}", f"c{at}", "{}"), at) for at in MANY), ends()]),
        (ResponsesDecoder, [*(delta("{}", f"f{at}", at) for at in MANY), ends()]),
        (ResponsesDecoder, [ends(output=[item(f"f{at}", f"c{at}", "{}") for at in MANY])]),
    ],
    ids=["chunks", "one chunk", "items", "unannounced", "end"],
)
def test_calls_after_the_hundredth_are_left_out_and_the_answer_says_so(decoder: Any, chunks: list[Chunk]) -> None:
    parts, events = parts_of(decoder(), chunks)
    assert len(parts) == MOST
    assert len({part.call_id for part in parts if isinstance(part, ToolCall)}) == MOST
    assert events[-1] == Finished("tool_calls", "Not shown here: calls of tools after the first 100.")


def test_pieces_of_a_call_that_is_left_out_go_to_no_other() -> None:
    calls = [piece(None, f"c{at}", "w", "{}") for at in range(MOST + 1)]
    told = calls_of(ChatDecoder(), streamed(*calls, piece(None, None, None, "more")))
    assert {arguments for _, _, arguments in told} == {"{}"}


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (["x" * 1_000], "x" * 200),
        ([f"n{at}x" for at in range(1_000)], "".join(f"n{at}x" for at in range(1_000))[:200]),
        (["we\x1b[31ma\u202ether\n<b>"], "we\ufffd[31ma\ufffdther\ufffd<b>"),
        ([" weather\n"], "weather"),
        (["\ud83d"], "\ufffd"),
    ],
    ids=["long", "ever longer", "controls", "spaces", "half a character"],
)
def test_a_name_is_short_and_shows_as_what_it_is(names: list[str], shown: str) -> None:
    [(name, _, _)] = calls_of(ChatDecoder(), streamed(*(piece(0, "a", one, "") for one in names)))
    assert name == shown
    [(name, _, _)] = calls_of(ResponsesDecoder(), [done(item(name=names[0])), ends()])
    assert name == shown[: len(name)]


def test_an_id_is_short() -> None:
    [(_, id_, _)] = calls_of(ChatDecoder(), streamed(piece(0, "i" * 1_000, "weather", OSLO)))
    assert id_ == "i" * 200


@pytest.mark.parametrize("word", ["stop", "function_call", "tool_use", "end_turn", "completed"])
def test_an_answer_with_calls_ends_for_them_whichever_good_word_the_server_has(word: str) -> None:
    assert calls_of(ChatDecoder(), streamed(piece(0, "a", "weather", OSLO), finish=word)) == [A]


@pytest.mark.parametrize("word", ["length", "content_filter"])
def test_another_end_counts_for_more_than_calls(word: str) -> None:
    _, events = parts_of(ChatDecoder(), streamed(piece(0, "a", "weather", HALF), finish=word))
    assert [event.reason for event in events if isinstance(event, Finished)] == [word]


def test_a_call_that_was_cut_off_is_not_ended() -> None:
    for decoder, chunks in (
        (ChatDecoder(), streamed(piece(0, "a", "weather", f"{HALF}\ud83d"))[:-1]),
        (ResponsesDecoder(), [added(item()), delta(f"{HALF}\ud83d")]),
    ):
        events = [*(event for chunk in chunks for event in decoder.feed(chunk)), *decoder.end()]
        assert not [event for event in events if isinstance(event, (PartEnded, Finished))]
        assert "".join(event.text for event in events if isinstance(event, PartGrew)) == f"{HALF}\ufffd"


@pytest.mark.parametrize(
    ("decoder", "chunks"),
    [
        (ChatDecoder, streamed(piece(0, "a", "weather", OSLO), piece(1, None, "weather", ROME))),
        (ResponsesDecoder, [done(FULL), done({**OTHER, "call_id": None}, 1), ends()]),
    ],
)
def test_an_id_of_an_earlier_call_is_not_taken_twice(decoder: Any, chunks: list[Chunk]) -> None:
    earlier = ids_of(
        [
            {"type": "function_call", "call_id": "a", "name": "weather", "arguments": OSLO},
            {"type": "function_call_output", "call_id": "a", "output": "Sunny"},
            {"role": "assistant", "tool_calls": [{"id": "call_2", "type": "function"}]},
            {"role": "user", "content": "Why?", "call_id": 7, "tool_calls": "none"},
        ]
    )
    assert earlier == {"a", "call_2"}
    assert [id_ for _, id_, _ in calls_of(decoder(earlier), chunks)] == ["a-2", "call_2-2"]


WRONG = wrong_values("index", "id", "function", "custom", "name", "arguments", "input", "type", "call_id")


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


# -- over HTTP ---------------------------------------------------------------------------------------------------------

BY_API = {
    "chat": b"".join(map(event, streamed(piece(0, None, "weather", OSLO), finish="stop"))) + b"data: [DONE]\n\n",
    "responses": b"".join(map(event, [done({**FULL, "call_id": None}), ends()])),
}


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_calls_without_ids_have_one_each_over_the_rounds_of_an_answer(api: str) -> None:
    def weather(city: str) -> str:
        """Say how the weather is in a city."""
        return f"Sunny in {city}"

    asks = sends(BY_API[api])
    with wire_server(asks, asks, sends(*ended(api, ["Take a hat."]))) as server:
        client = openai.OpenAI(api_key="key", base_url=server.address)
        cell = stream_cell("Hm?", client=client, api=api, model="m", tools=[weather], approve=True, display=False)
        assert cell.result(TIMEOUT) == "Take a hat."
        ids = [part.call_id for part in cell.parts if isinstance(part, ToolCall)]
        assert ids == ["call_1", "call_1-2"]
        told = json.dumps(server.requests[-1][1])
        assert all(told.count(f'"{id_}"') == 2 for id_ in ids)  # the call, and what it returned
