"""What a server gives beside its calls goes back to it, with them, by its name; no other server and no page gets it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import openai
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamcell import ToolCall, stream_cell
from streamcell.answer.document import Document, Version
from streamcell.answer.events import Event, Finished, PartChanged, PartEnded, PartGrew, PartRestored
from streamcell.answer.parts import CallState, Part, conversation, growth
from streamcell.request.echoes import ECHOES, Echo, held_of, within
from streamcell.sources.base import Decoder
from streamcell.sources.openai import source as sources
from streamcell.sources.openai.chat import ChatDecoder
from streamcell.sources.openai.conversation import chat_messages, responses_items
from streamcell.sources.openai.responses import ResponsesDecoder
from streamcell.wire.messages import document_of, view_of

from .chunks import Chunk, as_object, chat, ends, says, says_text, wrong_values
from .wire_server import TIMEOUT, Play, answers, ended, event, sends, wire_server

OSLO, ROME = '{"city": "Oslo"}', '{"city": "Rome"}'


def played(decoder: Decoder, chunks: Sequence[object]) -> tuple[tuple[Part, ...], tuple[Echo, ...]]:
    """Return the parts of one round, whose calls have returned, and its echoes."""
    events: list[Event] = [event for chunk in chunks for event in decoder.feed(chunk)]
    events += decoder.end(marked=True)
    parts: tuple[Part, ...] = ()
    for one in events:
        if isinstance(one, (PartGrew, PartChanged, PartEnded, PartRestored)):
            parts = growth.after(parts, one)
    [end] = [one for one in events if isinstance(one, Finished)]
    return tuple(map(_returned, parts)), end.echoes


def _returned(part: Part) -> Part:
    return replace(part, state=CallState.DONE, result="Sunny", round=1) if isinstance(part, ToolCall) else part


def chat_back(*chunks: object, decoder: Decoder | None = None) -> list[dict[str, Any]]:
    """Return what the round says in the next request, without its results."""
    parts, echoes = played(decoder or ChatDecoder(), chunks)
    return [one for one in chat_messages(conversation(parts), echoes) if one["role"] != "tool"]


def items_back(*chunks: object) -> list[dict[str, Any]]:
    parts, echoes = played(ResponsesDecoder(), chunks)
    return [one for one in responses_items(conversation(parts), echoes) if one.get("type") != "function_call_output"]


# -- Chat Completions --------------------------------------------------------------------------------------------------


def called(index: int, id_: str, arguments: str = OSLO, **beside: Any) -> Chunk:
    return {
        "index": index,
        "id": id_,
        "type": "function",
        "function": {"name": "weather", "arguments": arguments},
        **beside,
    }


def calls(*pieces: Chunk) -> Chunk:
    return chat({"tool_calls": list(pieces)})


END = chat(finish="tool_calls")
SIGNED = {"extra_content": {"google": {"thought_signature": "CiQB+/="}}}


def test_deepseek_gets_its_reasoning_back_with_the_calls() -> None:
    [message] = chat_back(
        chat({"role": "assistant", "content": None, "reasoning_content": ""}),
        chat({"content": None, "reasoning_content": "I must "}),
        chat({"content": None, "reasoning_content": "look. \ud83d"}),
        chat({"content": None, "reasoning_content": "\ude00\n"}),
        chat({"content": "Let me look.", "reasoning_content": None}),
        calls(called(0, "a")),
        calls(called(1, "b", ROME)),
        END,
    )
    assert message["reasoning_content"] == "I must look. \U0001f600\n"
    assert message["content"] == "Let me look."
    assert [call["id"] for call in message["tool_calls"]] == ["a", "b"]


def test_reasoning_that_is_empty_goes_back_empty() -> None:
    # DeepSeek refuses a call without the field, also where nothing was thought.
    [message] = chat_back(chat({"content": None, "reasoning_content": ""}), calls(called(0, "a")), END)
    assert message["reasoning_content"] == ""
    # Groq refuses an empty `reasoning`.
    [message] = chat_back(chat({"content": None, "reasoning": ""}), calls(called(0, "a")), END)
    assert "reasoning" not in message


def test_reasoning_goes_back_under_the_name_that_it_came_by() -> None:
    [message] = chat_back(chat({"reasoning": "Hm"}), chat({"reasoning": "."}), calls(called(0, "a")), END)
    assert message["reasoning"] == "Hm."
    assert "reasoning_content" not in message


def test_gemini_gets_its_signature_back_beside_the_call_that_had_it() -> None:
    parts, echoes = played(ChatDecoder(), [calls(called(0, "a", **SIGNED)), calls(called(1, "b", ROME)), END])
    call = parts[0]
    assert isinstance(call, ToolCall)
    edited = (replace(call, edited='{"city": "Bergen"}'), *parts[1:])
    [message, *_] = chat_messages(conversation(edited), echoes)
    first, second = message["tool_calls"]
    assert first["extra_content"] == SIGNED["extra_content"]
    assert first["function"]["arguments"] == '{"city": "Bergen"}'
    assert "extra_content" not in second


@pytest.mark.parametrize(
    "last",
    [{"index": 0, **SIGNED}, {"index": 0, "id": "a", "function": {"arguments": ""}, **SIGNED}, SIGNED],
    ids=["index", "id", "alone"],
)
def test_a_signature_that_comes_late_belongs_to_its_call(last: Chunk) -> None:
    [message] = chat_back(calls(called(0, "a")), calls(last), END)
    assert message["tool_calls"][0]["extra_content"] == SIGNED["extra_content"]


def text(words: str | None = None, index: int | None = 0, **more: Any) -> Chunk:
    said = {} if words is None else {"text": words}
    return {"type": "reasoning.text", **said, **({} if index is None else {"index": index}), **more}


SEALED = {"type": "reasoning.encrypted", "data": "gAAAAB==", "id": "rs_1", "format": "openai-responses-v1", "index": 0}


@pytest.mark.parametrize(
    ("deltas", "told"),
    [
        (
            [[text("I ", format="f")], [text("look.")], [text(None, signature="Eq==")]],
            [text("I look.", format="f", signature="Eq==")],
        ),
        ([[text("I look.", signature="E"), SEALED]], [text("I look.", signature="E"), SEALED]),
        (
            [[{"type": "reasoning.summary", "summary": "**Lo", "index": 0}], [{**SEALED, "summary": None}]],
            [{"type": "reasoning.summary", "summary": "**Lo", "index": 0}, {**SEALED, "summary": None}],
        ),
        (
            [[text("One.")], [text(None, signature="A")], [text("Two.")], [text(None, signature="B")]],
            [text("One.", signature="A"), text("Two.", signature="B")],
        ),
        ([[text("One.", 0)], [text("Two.", 1)]], [text("One.", 0), text("Two.", 1)]),
        ([[text("One.", None)], [text(" Two.", None)]], [text("One. Two.", None)]),
        ([[text("One.", None), text("Two.", None)]], [text("One.", None), text("Two.", None)]),
        ([[SEALED], [{**SEALED, "data": "other"}]], [SEALED, {**SEALED, "data": "other"}]),
        ([[text("One.", id="1")], [text("Two.", id="2")]], [text("One.", id="1"), text("Two.", id="2")]),
        (
            [[text("I must ")], [text("I must look")], [text("I must look it up.")]],  # MiniMax says it all each time
            [text("I must look it up.")],
        ),
    ],
    ids=["pieces", "whole", "summary", "two", "indices", "no index", "at once", "sealed", "ids", "repeated"],
)
def test_openrouter_gets_its_details_back_in_their_order(deltas: list[list[Chunk]], told: list[Chunk]) -> None:
    chunks = [chat({"reasoning_details": one}) for one in deltas]
    [message] = chat_back(*chunks, calls(called(0, "a")), END)
    assert message["reasoning_details"] == told


def test_litellm_gets_the_blocks_of_anthropic_back() -> None:
    blocks = [
        [{"type": "thinking", "thinking": "I ", "signature": None}],
        [{"type": "thinking", "thinking": "look.", "signature": None}],
        [{"type": "thinking", "thinking": "", "signature": "Eq=="}],
        [{"type": "redacted_thinking", "data": "Em=="}],
    ]
    chunks = [chat({"thinking_blocks": one}) for one in blocks]
    [message] = chat_back(*chunks, calls(called(0, "a")), END)
    assert message["thinking_blocks"] == [
        {"type": "thinking", "thinking": "I look.", "signature": "Eq=="},
        {"type": "redacted_thinking", "data": "Em=="},
    ]


def test_a_message_that_came_whole_goes_back_as_it_came() -> None:
    beside = {"reasoning_content": "Hm.", "reasoning_details": [text("Hm.", signature="E"), SEALED]}
    message = {"role": "assistant", "content": None, "tool_calls": [called(0, "a", **SIGNED)], **beside}
    decoder = ChatDecoder()
    events = decoder.whole({"choices": [{"message": message, "finish_reason": "tool_calls"}]})
    assert events is not None
    end = events[-1]
    assert isinstance(end, Finished)
    history = [{"type": "function_call", "call_id": "a", "name": "weather", "arguments": OSLO}]
    [back] = chat_messages(history, end.echoes)
    assert {name: back[name] for name in beside} == beside
    assert back["tool_calls"][0]["extra_content"] == SIGNED["extra_content"]


def test_a_server_that_gave_nothing_gets_nothing() -> None:
    chunks = [says("Let me look."), calls(called(0, "a")), END]
    _, echoes = played(ChatDecoder(), chunks)
    assert echoes == ()
    [message] = chat_back(*chunks)
    assert message.keys() == {"role", "content", "tool_calls"}


def test_thoughts_without_a_call_go_nowhere() -> None:
    _, echoes = played(ChatDecoder(), [chat({"reasoning_content": "Hm."}), says("42"), chat(finish="stop")])
    assert echoes == ()


def test_each_round_has_its_own() -> None:
    one, its = played(ChatDecoder(), [chat({"reasoning_content": "One."}), calls(called(0, "a", **SIGNED)), END])
    two, others = played(ChatDecoder(), [chat({"reasoning_content": "Two."}), calls(called(0, "b", ROME)), END])
    second = tuple(replace(part, round=2) if isinstance(part, ToolCall) else part for part in two)
    messages = chat_messages(conversation((*one, *second)), (*its, *others))
    assert [message.get("reasoning_content") for message in messages] == ["One.", None, "Two.", None]
    assert [bool(call.get("extra_content")) for m in messages for call in m.get("tool_calls", [])] == [True, False]


def test_an_id_that_was_given_twice_keeps_what_is_beside_each() -> None:
    [message] = chat_back(calls(called(0, "a", **SIGNED)), END, decoder=ChatDecoder(["a"]))
    [call] = message["tool_calls"]
    assert (call["id"], call["extra_content"]) == ("a-2", SIGNED["extra_content"])


def test_an_id_with_a_signature_behind_it_goes_back_whole() -> None:
    long = "call_1__thought__" + "CiQB" * 1_000
    parts, echoes = played(ChatDecoder(), [calls(called(0, long)), calls(called(1, "b", ROME, **SIGNED)), END])
    assert [part.call_id for part in parts if isinstance(part, ToolCall)] == [long[:200], "b"]
    message, *results = chat_messages(conversation(parts), echoes)
    assert [one["id"] for one in message["tool_calls"]] == [long, "b"]
    assert [one["tool_call_id"] for one in results] == [long, "b"]
    # Another server gets the short one, in both places.
    message, *results = chat_messages(conversation(parts))
    assert message["tool_calls"][0]["id"] == results[0]["tool_call_id"] == long[:200]


def test_an_id_that_is_not_its_own_stays_ours() -> None:
    long = "x" * 300
    parts, echoes = played(ChatDecoder([long[:200]]), [calls(called(0, long)), END])
    message, result = chat_messages(conversation(parts), echoes)
    assert message["tool_calls"][0]["id"] == result["tool_call_id"] == long[:200] + "-2"


# -- the Responses API -------------------------------------------------------------------------------------------------


def item(kind: str, id_: str, **fields: Any) -> Chunk:
    return {"type": kind, "id": id_, **fields}


def thought(id_: str = "rs_1", sealed: str | None = "gAAA", **more: Any) -> Chunk:
    return item("reasoning", id_, summary=[], **({} if sealed is None else {"encrypted_content": sealed}), **more)


def call(id_: str = "fc_1", call_id: str = "a", arguments: str = OSLO) -> Chunk:
    return item("function_call", id_, call_id=call_id, name="weather", arguments=arguments, status="completed")


def message(id_: str, words: str, **more: Any) -> Chunk:
    content = [{"type": "output_text", "text": words, "annotations": [], "logprobs": []}]
    return item("message", id_, role="assistant", status="completed", content=content, **more)


def done(*items: Chunk, told: bool = True) -> list[Chunk]:
    """Return the events of items that come whole, one after the other; `told`: the terminal event has them too."""
    kind = "response.output_item.done"
    each = [{"type": kind, "output_index": at, "item": one} for at, one in enumerate(items)]
    return [*each, ends(output=list(items) if told else [])]


def as_ours(one: Chunk) -> Chunk:
    return {name: value for name, value in one.items() if name != "status" or one["type"] == "message"}


SAID = message("msg_1", "Let me look.")


@pytest.mark.parametrize("told", [True, False], ids=["terminal", "done"])
@pytest.mark.parametrize(
    "items",
    [
        [thought(), call()],
        [thought(), call(), call("fc_2", "b", ROME)],
        [thought(), call(), thought("rs_2"), call("fc_2", "b", ROME)],
        [thought(), SAID, call()],
        [SAID, thought(), call()],
        [thought(), message("msg_1", "I look.", phase="commentary"), call()],
        [thought(), message("msg_1", "I look.", phase="commentary"), thought("rs_2"), SAID, call()],
    ],
    ids=["one", "two calls", "two thoughts", "text", "text before", "commentary", "all"],
)
def test_the_items_of_a_response_go_back_as_they_stood(items: list[Chunk], told: bool) -> None:
    assert items_back(*done(*items, told=told)) == list(map(as_ours, items))


def test_an_item_goes_back_as_a_request_takes_it() -> None:
    full = thought(status="completed", content=[], note=None)
    _, echoes = played(ResponsesDecoder(), done(full, call()))
    assert json.loads(echoes[0].held) == {"before": [thought()], "id": "fc_1"}
    assert not echoes[0].by_id


def test_an_item_is_known_by_its_calls_id_wherever_it_stands() -> None:
    one, two = call(), call("fc_2", "b", ROME)
    kind = "response.output_item.done"
    came = [{"type": kind, "output_index": at, "item": each} for at, each in enumerate((one, two))]
    _, echoes = played(ResponsesDecoder(), [*came, ends(output=[thought(), two, thought("rs_2"), one])])
    told = {echo.calls: json.loads(echo.held) for echo in echoes}
    assert told == {("b",): {"before": [thought()], "id": "fc_2"}, ("a",): {"before": [thought("rs_2")], "id": "fc_1"}}


def test_an_edited_call_keeps_its_thought() -> None:
    parts, echoes = played(ResponsesDecoder(), done(thought(), call()))
    [one] = parts
    assert isinstance(one, ToolCall)
    back = responses_items(conversation([replace(one, edited=ROME)]), echoes)
    assert back[:2] == [thought(), as_ours(call(arguments=ROME))]


def test_what_only_a_server_that_stores_can_know_is_marked() -> None:
    items = [thought(), call(), thought("rs_2", None), call("fc_2", "b")]
    _, echoes = played(ResponsesDecoder(), done(*items))
    assert [one.by_id for one in echoes] == [True, True]


@pytest.mark.parametrize(
    "items",
    [
        [call()],
        [SAID, call()],
        [thought(), item("web_search_call", "ws_1", status="completed"), thought("rs_2"), call()],
        [thought(), item("invented_tomorrow", "x"), call()],
        [thought(), thought("rs_2", 7.5e400), call()],
    ],
    ids=["no thought", "text alone", "the provider's tool", "unknown", "no JSON"],
)
def test_what_cannot_go_back_as_it_stood_does_not(items: list[Chunk]) -> None:
    parts, echoes = played(ResponsesDecoder(), done(*items))
    assert echoes == ()
    assert not [one for one in responses_items(conversation(parts), echoes) if one.get("type") == "reasoning"]


def test_what_follows_the_last_call_is_no_part_of_it() -> None:
    items = [thought(), call(), thought("rs_2"), message("msg_2", "And then?")]
    parts, echoes = played(ResponsesDecoder(), done(*items))
    kinds = [one.get("type", one.get("role")) for one in responses_items(conversation(parts), echoes)]
    assert kinds == ["reasoning", "function_call", "function_call_output", "assistant"]


def test_a_text_that_is_not_the_one_that_was_told_stays_ours() -> None:
    _, echoes = played(ResponsesDecoder(), done(thought(), SAID, call()))
    history = [
        {"role": "assistant", "content": "Something else."},
        {"type": "function_call", "call_id": "a", "name": "weather", "arguments": OSLO},
    ]
    assert [one.get("id") for one in responses_items(history, echoes)] == [None, "rs_1", "fc_1"]


# -- hostile -----------------------------------------------------------------------------------------------------------

DEEP: Any = "x"
for _ in range(500):
    DEEP = [DEEP]
LONG = "y" * (ECHOES + 1)


@pytest.mark.parametrize("value", [float("nan"), DEEP, LONG, object(), 10**400, {"x": {1, 2}}])
def test_what_is_no_json_or_too_long_is_left_out_whole(value: Any) -> None:
    assert held_of(value) is None
    [message] = chat_back(
        chat({"reasoning_content": "Hm.", "reasoning_details": [text("Hm."), {"type": "x", "data": value}]}),
        calls(called(0, "a", extra_content={"google": value})),
        END,
    )
    assert message["reasoning_content"] == "Hm."
    assert "reasoning_details" not in message
    assert "extra_content" not in message["tool_calls"][0]


def test_a_thought_that_never_ends_is_left_out_whole() -> None:
    pieces = [chat({"reasoning_content": "y" * 100_000, "reasoning_details": [text("z" * 100_000)]})] * 20
    [message] = chat_back(*pieces, calls(called(0, "a", **SIGNED)), END)
    assert message.keys() == {"role", "content", "tool_calls"}
    assert message["tool_calls"][0]["extra_content"] == SIGNED["extra_content"]


def test_signatures_without_end_are_left_out_whole() -> None:
    half = {"extra_content": {"google": "s" * (ECHOES // 2)}}
    [message] = chat_back(*(calls(called(at, f"c{at}", **half)) for at in range(3)), END)
    assert [bool(one.get("extra_content")) for one in message["tool_calls"]] == [True, False, False]


def test_details_without_number_are_left_out_whole() -> None:
    pieces = [chat({"reasoning_details": [text("One.", at)]}) for at in range(2_000)]
    [message] = chat_back(*pieces, calls(called(0, "a")), END)
    assert "reasoning_details" not in message


def test_half_of_a_character_can_be_sent() -> None:
    [message] = chat_back(
        chat({"reasoning_content": "\ud83d", "reasoning_details": [text("\ud83d")]}),
        calls(called(0, "a", extra_content={"google": "\ud83d"})),
        END,
    )
    json.dumps(message, ensure_ascii=False).encode()
    assert message["reasoning_content"] == "\ufffd"


def test_an_answer_keeps_a_megabyte_over_all_its_rounds() -> None:
    def echo(size: int) -> Echo:
        return Echo("message", ("a",), "x" * size)

    half = echo(ECHOES // 2)
    assert within((half,), [half]) == (half, half)
    assert within((half, half), [echo(1)]) == (half, half)
    # What follows may refer to what has no room.
    assert within((half,), [echo(ECHOES), echo(1)]) == (half,)


WRONG = wrong_values("type", "index", "id", "text", "signature", "data", "summary", "call_id", "content")


@settings(deadline=None)
@given(values=st.lists(WRONG, max_size=5))
def test_no_shape_makes_a_decoder_raise_and_all_that_is_kept_is_json(values: list[Any]) -> None:
    deltas = [
        chat({name: value, "tool_calls": [{"index": 0, "id": "a", "extra_content": value}]})
        for value in (*values, values)
        for name in ("reasoning_content", "reasoning", "reasoning_details", "thinking_blocks")
    ]
    back = chat_back(*deltas, calls(called(0, "a")), END)
    json.dumps(back, allow_nan=False, ensure_ascii=False).encode()
    items: list[Any] = [
        {**(value if isinstance(value, dict) else {"summary": value}), "type": kind}
        for value in values
        for kind in ("reasoning", "message", "function_call")
    ]
    for told in (True, False):
        parts, echoes = played(ResponsesDecoder(), done(*items, thought(), call(), told=told))
        json.dumps(responses_items(conversation(parts), echoes), allow_nan=False, ensure_ascii=False).encode()


@pytest.mark.parametrize("decoder", [ChatDecoder, ResponsesDecoder])
def test_the_sdks_objects_are_no_harder(decoder: Any) -> None:
    chunks = [chat({"reasoning_content": "Hm."}), calls(called(0, "a", **SIGNED)), END]
    if decoder is ResponsesDecoder:
        chunks = [says_text("Let me look."), *done(thought(), call())]
    played(decoder(), list(map(as_object, chunks)))


# -- where it is not ---------------------------------------------------------------------------------------------------


def test_no_page_gets_it() -> None:
    parts, echoes = played(ChatDecoder(), [calls(called(0, "a", **SIGNED)), END])
    version = Version(parts=parts, echoes=echoes)
    assert "CiQB" not in json.dumps(document_of(view_of(Document(current=version))))
    assert "CiQB" not in repr(version)
    assert "CiQB" not in repr(conversation(parts))
    assert not [part for part in parts if "CiQB" in part.markdown() + part.plain()]


# -- over HTTP ---------------------------------------------------------------------------------------------------------


def streams(*chunks: Chunk) -> Play:
    return sends(b"".join(map(event, chunks)) + b"data: [DONE]\n\n")


ASKS = streams(chat({"reasoning_content": "Hm."}), calls(called(0, "a", **SIGNED)), END)
RESPONDS = streams(*done(thought(), call()))
BY_ID = streams(*done(thought(sealed=None), call()))


def weather(city: str) -> str:
    """Say how the weather is in a city."""
    return f"Sunny in {city}"


def ask(address: str, prompt: str = "Hm?", **options: Any) -> Any:
    options = {"tools": [weather], "api": "chat", "approve": True, "display": False, "model": "m", **options}
    return stream_cell(prompt, client=openai.OpenAI(api_key="key", base_url=address), **options)


@pytest.mark.parametrize(("api", "asks", "mark"), [("chat", ASKS, "CiQB"), ("responses", RESPONDS, "gAAA")])
def test_an_answer_that_is_gone_on_with_gives_it_to_its_server_and_to_no_other(api: Any, asks: Play, mark: str) -> None:
    yes = sends(*ended(api, ["Take a hat."]))
    with wire_server(asks, yes, yes, yes) as server, wire_server(yes, yes) as other:
        cell = ask(server.address, api=api)
        cell.result(TIMEOUT)
        further = ask(server.address, "And tomorrow?", api=api, previous=cell)
        further.result(TIMEOUT)
        ask(server.address, "And then?", api=api, previous=further).result(TIMEOUT)
        ask(other.address, "And tomorrow?", api=api, previous=cell).result(TIMEOUT)
        ask(other.address, "And then?", api=api, previous=further).result(TIMEOUT)
        assert [mark in json.dumps(body) for _, body in server.requests] == [False, True, True, True]
        assert [mark in json.dumps(body) for _, body in other.requests] == [False, False]


def test_the_other_api_does_not_get_it() -> None:
    yes = sends(*ended("responses", ["Take a hat."]))
    with wire_server(ASKS, sends(*ended("chat", ["Take a hat."])), yes) as server:
        cell = ask(server.address)
        cell.result(TIMEOUT)
        ask(server.address, "And tomorrow?", api="responses", previous=cell).result(TIMEOUT)
        assert "CiQB" not in json.dumps(server.requests[-1][1])


@pytest.mark.parametrize(
    ("whose", "options", "sent"),
    [
        ("openai", {}, True),
        ("openai", {"store": True}, True),
        ("openai", {"store": False}, False),
        ("openai", {"extra_body": {"store": False}}, False),
        ("openai", {"conversation": "conv_1"}, False),
        ("azure", {}, False),
        ("other", {}, False),
    ],
)
def test_what_is_known_by_its_id_goes_only_where_it_was_stored(
    monkeypatch: pytest.MonkeyPatch, whose: str, options: dict[str, Any], sent: bool
) -> None:
    monkeypatch.setattr(sources, "server_of", lambda _: whose)
    with wire_server(BY_ID, sends(*ended("responses", ["Take a hat."]))) as server:
        ask(server.address, api="responses", **options).result(TIMEOUT)
        items = server.requests[-1][1]["input"]
        kinds = [one.get("type", "message") for one in items]
        assert kinds == ["message", *(["reasoning"] if sent else []), "function_call", "function_call_output"]
        assert items[-2].get("id") == ("fc_1" if sent else None)


REFUSALS = {
    "property 'reasoning_content' is unsupported": "400 Bad Request",
    "Extra inputs are not permitted: messages.1.tool_calls.0.extra_content": "422 Unprocessable Entity",
}


@pytest.mark.parametrize(("said", "status"), REFUSALS.items())
def test_a_server_that_refuses_what_it_gave_is_asked_without(said: str, status: str) -> None:
    refuses = answers({"error": {"message": said}}, status=status)
    yes = sends(*ended("chat", ["Take a hat."]))
    with wire_server(ASKS, refuses, ASKS, yes) as server:
        cell = ask(server.address)
        assert cell.result(TIMEOUT) == "Take a hat."
        told = ["CiQB" in json.dumps(body) for _, body in server.requests]
        assert told == [False, True, False, False], "one refusal is enough for all rounds of the answer"


def test_a_refusal_of_something_else_is_told() -> None:
    refuses = answers({"error": {"message": "Unsupported parameter: 'temprature'."}}, status="400 Bad Request")
    with wire_server(ASKS, refuses) as server:
        with pytest.raises(Exception, match="temprature"):
            ask(server.address).result(TIMEOUT)
        assert len(server.requests) == 2


def test_an_item_that_is_not_found_is_no_missing_route() -> None:
    words = "Item with id 'rs_1' not found. Items are not persisted when `store` is set to false."
    refuses = answers({"error": {"message": words}}, status="404 Not Found")
    yes = sends(*ended("responses", ["Take a hat."]))
    with wire_server(RESPONDS, refuses, yes) as server:
        cell = ask(server.address, api="auto")
        assert cell.result(TIMEOUT) == "Take a hat."
        assert [head.split()[1] for head, _ in server.requests] == ["/v1/responses"] * 3
