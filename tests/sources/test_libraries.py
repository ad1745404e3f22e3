"""Chunks of other libraries as values: what a library can send and the contract's server does not."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from streamcell import SourceFailed, StreamCellError, configure, register_source, stream_cell
from streamcell.answer.events import (
    Event,
    Failed,
    Finished,
    PartChanged,
    PartEnded,
    PartGrew,
    PartRestored,
    Usage,
    UsageReported,
)
from streamcell.answer.parts.tool_call import CallState
from streamcell.engine.driver import driver
from streamcell.engine.recorder import flush
from streamcell.rehearsal._pictures import base64_of
from streamcell.sources import events_json, resolve
from streamcell.sources.libraries import registry
from streamcell.sources.libraries.body import DONE, Body
from streamcell.sources.libraries.failures import failure_of
from streamcell.sources.libraries.registry import decoder_of

from .read import outcome, read, text_of, usage_of


def objects(value: Any) -> Any:
    """Return a value with objects in the place of its dicts, as libraries give them."""
    if isinstance(value, dict):
        return SimpleNamespace(**{name: objects(one) for name, one in value.items()})
    return [objects(one) for one in value] if isinstance(value, list) else value


def decoded(chunks: Iterable[object]) -> list[Event]:
    """Return the events of a whole stream."""
    given = list(chunks)
    decoder = decoder_of(given[0])
    assert decoder is not None
    return [*(event for chunk in given for event in decoder.feed(chunk)), *decoder.end()]


def shown(events: Iterable[Event]) -> list[tuple[str, Any]]:
    """Return what the events show: kinds with their text, their fields, or the end; ids are left out."""
    found: list[tuple[str, Any]] = []
    for event in events:
        if isinstance(event, PartGrew):
            if found and found[-1][0] == event.kind and isinstance(found[-1][1], str):
                found[-1] = (event.kind, found[-1][1] + event.text)
            else:
                found.append((event.kind, event.text))
        elif isinstance(event, PartChanged):
            found.append((event.kind, dict(event.fields)))
        elif isinstance(event, Finished):
            found.append(("end", event.reason))
        elif isinstance(event, Failed):
            found.append(("failed", event.error.detail))
    return found


def fields(events: Iterable[Event], kind: str) -> dict[str, Any]:
    """Return all fields that the events set on parts of a kind."""
    return {name: value for found, told in shown(events) if found == kind for name, value in told.items()}


# -- Anthropic ---------------------------------------------------------------------------------------------------------


def block(index: int, begun: dict[str, Any], *deltas: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the events of one content block."""
    grown = [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
    return [
        {"type": "content_block_start", "index": index, "content_block": begun},
        *grown,
        {"type": "content_block_stop", "index": index},
    ]


def claude(*blocks: list[dict[str, Any]], reason: str = "end_turn") -> list[dict[str, Any]]:
    """Return the events of one message."""
    usage = {"input_tokens": 5, "cache_read_input_tokens": 3, "cache_creation_input_tokens": 2, "output_tokens": 1}
    return [
        {"type": "message_start", "message": {"usage": usage}},
        *(event for one in blocks for event in one),
        {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 7}},
        {"type": "message_stop"},
    ]


SEARCH = {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {}}
FOUND = {
    "type": "web_search_tool_result",
    "tool_use_id": "s1",
    "content": [{"type": "web_search_result", "url": "https://a.example", "title": "A"}],
}
CITED = {"type": "web_search_result_location", "url": "https://a.example", "title": "A", "cited_text": "…"}
CLAUDE = claude(
    block(0, {"type": "thinking", "thinking": ""}, {"type": "thinking_delta", "thinking": "Hm."}),
    block(1, SEARCH, {"type": "input_json_delta", "partial_json": '{"query": "a"}'}),
    block(2, FOUND),
    block(
        3,
        {"type": "text", "text": ""},
        {"type": "text_delta", "text": "It "},
        {"type": "text_delta", "text": "is so."},
        {"type": "citations_delta", "citation": CITED},
    ),
)


@pytest.mark.parametrize("form", [list, lambda events: [objects(one) for one in events]], ids=["mappings", "objects"])
def test_anthropic_gives_all_it_has(form: Any) -> None:
    events = decoded(form(CLAUDE))
    found = shown(events)
    assert [kind for kind, _ in found if kind != "hosted_tool"] == ["reasoning", "text", "citation", "end"]
    assert dict(found)["text"] == "It is so."
    assert fields(events, "citation") == {"number": 1, "url": "https://a.example", "title": "A"}
    tool = fields(events, "hosted_tool")
    assert (tool["state"], '"query": "a"' in str(tool), "https://a.example" in str(tool)) == ("completed", True, True)
    assert usage_of(events) == Usage(10, 7, 17, cached_tokens=3)


def test_a_call_of_anthropic_may_come_whole() -> None:
    asked = {"type": "tool_use", "id": "t1", "name": "look", "input": {"city": "Bonn"}}
    found = shown(decoded(claude(block(0, asked), reason="tool_use")))
    assert [one for one in found if one[0] == "tool_call" and isinstance(one[1], str)] == [
        ("tool_call", '{"city": "Bonn"}')
    ]
    assert found[-1] == ("end", "tool_calls")


@pytest.mark.parametrize(
    ("reason", "end"),
    [("max_tokens", "length"), ("model_context_window_exceeded", "length"), ("refusal", "content_filter")],
)
def test_reasons_of_anthropic_are_told_apart(reason: str, end: str) -> None:
    assert shown(decoded(claude(block(0, {"type": "text", "text": "It"}), reason=reason)))[-1] == ("end", end)


def test_an_error_in_the_stream_of_anthropic_is_told() -> None:
    broken = [*CLAUDE[:3], {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}]
    assert shown(decoded(broken))[-1] == ("failed", "Overloaded (overloaded_error)")


def test_a_stream_of_anthropic_without_its_end_mark_has_no_end() -> None:
    assert outcome(decoded(CLAUDE[:-2])) == "cut"


# -- Google ------------------------------------------------------------------------------------------------------------


def gemini(*parts: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return one chunk of the Gemini API."""
    return {"candidates": [{"content": {"role": "model", "parts": list(parts)}, **more}]}


PAGE = {"uri": "https://a.example", "title": "A"}
GEMINI = [
    gemini({"text": "Hm.", "thought": True}),
    gemini({"executableCode": {"language": "PYTHON", "code": "print(2)"}}),
    gemini({"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "2\n"}}),
    gemini(
        {"text": "It is so."},
        groundingMetadata={"groundingChunks": [{"web": {"uri": "https://a.example", "title": "A"}}]},
    ),
    gemini({"inlineData": {"mimeType": "image/png", "data": base64_of(1)}}),
    {
        **gemini(finishReason="STOP"),
        "usageMetadata": {
            "promptTokenCount": 5,
            "candidatesTokenCount": 4,
            "thoughtsTokenCount": 3,
            "cachedContentTokenCount": 2,
        },
    },
]


def test_google_gives_all_it_has() -> None:
    events = decoded(GEMINI)
    kinds = dict.fromkeys(kind for kind, _ in shown(events))
    assert list(kinds) == ["reasoning", "hosted_tool", "text", "citation", "image", "end"]
    assert "print(2)" in str(fields(events, "hosted_tool"))
    assert usage_of(events) == Usage(5, 7, 12, reasoning_tokens=3, cached_tokens=2)


def test_a_call_of_google_has_an_object_as_arguments() -> None:
    found = shown(decoded([gemini({"functionCall": {"name": "look", "args": {"city": "Bonn"}}}, finishReason="STOP")]))
    assert ("tool_call", '{"city": "Bonn"}') in found
    assert found[-1] == ("end", "tool_calls")


def test_a_prompt_that_google_blocks_is_filtered() -> None:
    assert shown(decoded([{"promptFeedback": {"blockReason": "SAFETY"}}]))[-1] == ("end", "content_filter")


# -- Ollama ------------------------------------------------------------------------------------------------------------


def test_ollama_gives_all_it_has() -> None:
    call = {"function": {"name": "look", "arguments": {"city": "Bonn"}}}
    events = decoded(
        [
            {"message": {"role": "assistant", "content": "", "thinking": "Hm."}, "done": False},
            {"message": {"role": "assistant", "content": "It is so.", "tool_calls": [call, call]}, "done": False},
            {"message": {"content": ""}, "done": True, "done_reason": "stop", "prompt_eval_count": 5, "eval_count": 7},
        ]
    )
    kinds = [kind for kind, told in shown(events) if isinstance(told, str)]
    assert kinds == ["reasoning", "text", "tool_call", "tool_call", "end"]
    assert usage_of(events) == Usage(5, 7, 12)


@pytest.mark.parametrize(
    ("last", "end"),
    [
        ({"done": True, "response": ""}, ("end", "stop")),
        ({"done": True, "response": "", "done_reason": "length"}, ("end", "length")),
        ({"error": "out of memory", "done": False, "response": ""}, ("failed", "out of memory")),
    ],
)
def test_ends_of_ollama(last: dict[str, Any], end: tuple[str, str]) -> None:
    assert shown(decoded([{"response": "It", "done": False}, last]))[-1] == end


# -- LangChain ---------------------------------------------------------------------------------------------------------


def message(content: Any = "", kind: str = "AIMessageChunk", **more: Any) -> Any:
    """Return a message of LangChain, or a chunk of one."""
    base = {"type": kind, "id": "m1", "additional_kwargs": {}, "tool_call_chunks": [], "tool_calls": []}
    told = {**base, "response_metadata": {}, "usage_metadata": None, **more}
    return SimpleNamespace(content=content, **told)


KNOWN = {"model_provider": "one"}


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ("It", ("text", "It")),
        ({"type": "text", "text": "It"}, ("text", "It")),
        ({"type": "reasoning", "reasoning": "Hm."}, ("reasoning", "Hm.")),
        ({"type": "thinking", "thinking": "Hm."}, ("reasoning", "Hm.")),
        ({"type": "reasoning", "summary": [{"text": "Hm."}]}, ("reasoning", "Hm.")),
        ({"type": "refusal", "refusal": "No."}, ("refusal", "No.")),
    ],
    ids=str,
)
def test_blocks_of_langchain(block: Any, expected: tuple[str, str]) -> None:
    assert shown(decoded([message([block]), message(chunk_position="last")]))[0] == expected


def test_citations_and_images_of_langchain_are_parts() -> None:
    text = {
        "type": "text",
        "text": "It",
        "annotations": [{"type": "citation", "url": "https://a.example", "title": "A"}],
    }
    image = {"type": "image", "base64": base64_of(1), "mime_type": "image/png"}
    events = decoded([message([text, image])])
    assert list(dict.fromkeys(kind for kind, _ in shown(events))) == ["text", "citation", "image", "end"]


@pytest.mark.parametrize(
    ("metadata", "end"),
    [
        ({}, "done:stop"),  # a model that gives no reasons
        (KNOWN, "cut"),  # one that does, whose answer broke off
        ({**KNOWN, "finish_reason": "length"}, "done:length"),
        ({**KNOWN, "stop_reason": "max_tokens"}, "done:length"),
        ({**KNOWN, "status": "completed"}, "done:stop"),
        ({**KNOWN, "status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}, "done:length"),
    ],
    ids=str,
)
def test_ends_of_langchain(metadata: dict[str, Any], end: str) -> None:
    assert outcome(decoded([message("It"), message(response_metadata=metadata)])) == end


def test_usage_of_langchain_adds_up_over_chunks_and_messages() -> None:
    first = {"input_tokens": 5, "output_tokens": 0, "input_token_details": {"cache_read": 3}}
    second = {"input_tokens": 0, "output_tokens": 7, "output_token_details": {"reasoning": 2}}
    again = message("b", id="m2", usage_metadata={"input_tokens": 20, "output_tokens": 1})
    events = decoded([message("a", usage_metadata=first), message(usage_metadata=second), again])
    assert usage_of(events) == Usage(25, 8, 33, reasoning_tokens=2, cached_tokens=3)


def test_a_message_that_was_streamed_is_shown_once() -> None:
    whole = message("It is", "ai")
    events = decoded(
        [
            (message("It "), {"langgraph_node": "model"}),
            ("messages", (message("is"), {})),
            ("updates", {"model": {"messages": [whole]}}),
            {"model": {"messages": [whole]}},
        ]
    )
    assert text_of(events) == "It is"


def test_what_the_user_wrote_is_not_shown() -> None:
    state = {"messages": [message("Do it", "human", id="h"), message("Done.", "ai", id="m2")]}
    assert text_of(decoded([state, state])) == "Done."


def test_results_of_a_graphs_tools_are_told_apart() -> None:
    calls = [
        {"name": "look", "args": '{"city": "Bonn"}', "id": "c1", "index": 0},
        {"name": "look", "args": '{"city": "Rome"}', "id": "c2", "index": 1},
    ]
    events = decoded(
        [
            message(tool_call_chunks=calls),
            message("sunny", "tool", id="r1", tool_call_id="c1", status="success"),
            message("no such city", "tool", id="r2", tool_call_id="c2", status="error"),
            message("So it is.", id="m2", response_metadata={**KNOWN, "finish_reason": "stop"}),
        ]
    )
    states = [told["state"] for kind, told in shown(events) if kind == "tool_call" and "state" in told]
    assert states == [CallState.DONE, CallState.FAILED]
    assert outcome(events) == "done:stop"


# -- Pydantic AI, the Agents SDK and llm -------------------------------------------------------------------------------


def test_an_output_that_is_no_text_is_shown_as_json() -> None:
    result = {"output": {"city": "Bonn"}, "usage": {"input_tokens": 5, "output_tokens": 7}}
    events = decoded([objects({"event_kind": "final_result"}), {"event_kind": "agent_run_result", "result": result}])
    assert text_of(events) == '```json\n{\n  "city": "Bonn"\n}\n```\n'
    assert usage_of(events) == Usage(5, 7, 12)


def test_a_tool_that_the_provider_runs_is_shown_for_pydantic_ai() -> None:
    call = {"part_kind": "builtin-tool-call", "tool_name": "web_search", "tool_call_id": "b1", "args": {"query": "a"}}
    answer = {"part_kind": "builtin-tool-return", "tool_name": "web_search", "tool_call_id": "b1", "content": "found"}
    events = decoded(
        [
            {"event_kind": "part_start", "index": 0, "part": call},
            {"event_kind": "part_start", "index": 1, "part": answer},
        ]
    )
    tool = fields(events, "hosted_tool")
    assert (tool["state"], "found" in str(tool)) == ("completed", True)


def _turn(number: int, text: str) -> list[dict[str, Any]]:
    item = f"msg_{number}"
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": {"id": f"r{number}"}},
        {"type": "response.output_text.delta", "item_id": "msg", "output_index": 0, "content_index": 0, "delta": text},
        {
            "type": "response.completed",
            "response": {"id": item, "status": "completed", "usage": {"input_tokens": 5, "output_tokens": number}},
        },
    ]
    return [{"type": "raw_response_event", "data": event} for event in events]


def test_turns_of_a_run_are_one_answer() -> None:
    events = decoded([*_turn(1, "One. "), *_turn(2, "Two.")])
    assert text_of(events).split() == ["One.", "Two."]
    assert outcome(events) == "done:stop"
    usage = usage_of(events)
    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens) == (10, 3)
    assert len({event.id for event in events if isinstance(event, PartGrew)}) == 2


def test_a_run_whose_last_turn_broke_off_has_no_end() -> None:
    assert outcome(decoded([*_turn(1, "One.")[:-1]])) == "cut"


def test_llm_tells_what_it_does() -> None:
    steps = [
        ("reasoning", "Hm.", None),
        ("tool_call_name", "look", "c1"),
        ("tool_call_args", '{"city": "Bonn"}', "c1"),
        ("tool_result", "sunny", "c1"),
        ("text", "So it is.", None),
    ]
    events = decoded({"type": kind, "chunk": chunk, "tool_call_id": id_} for kind, chunk, id_ in steps)
    kinds = list(dict.fromkeys(kind for kind, _ in shown(events)))
    assert kinds == ["reasoning", "tool_call", "text", "end"]
    told = fields((event for event in events if isinstance(event, PartChanged)), "tool_call")
    assert (told["name"], told["result"]) == ("look", "sunny")


# -- bytes -------------------------------------------------------------------------------------------------------------

CHAT_SSE = (
    b': hello\n\ndata: {"choices": [{"delta": {"content": "Gr\xc3\xbc\xc3\x9fe"}}]}\r\n\r\n'
    b'data: {"choices": [{"delta": {}, "finish_reason": "stop"}]}\n\ndata: [DONE]\n\n'
)
BODIES = {
    "chat": (CHAT_SSE, "Grüße"),
    "anthropic": ("".join(f"event: {e['type']}\ndata: {json.dumps(e)}\n\n" for e in CLAUDE).encode(), "It is so."),
    "ollama": (b'{"message": {"content": "It"}, "done": false}\n{"message": {"content": "."}, "done": true}\n', "It."),
    "google": ("".join(f"data: {json.dumps(one)}\n\n" for one in GEMINI).encode(), "It is so."),
    "small server": (b'data: {"text": "It "}\n\ndata: {"text": "is."}\n\ndata: [DONE]\n\n', "It is."),
    "words": (b"data: It\n\ndata:  is\n\n", "It is"),
    "UI stream": (
        (
            b'data: {"type": "start"}\n\ndata: {"type": "text-delta", "id": "1", "delta": "It is."}\n\n'
            b'data: {"type": "finish"}\n\ndata: [DONE]\n\n'
        ),
        "It is.",
    ),
    "text": ("Grüße 🦉, שלום".encode(), "Grüße 🦉, שלום"),
    "text that begins as JSON": (b"[1] is a note\nand more", "[1] is a note\nand more"),
    "empty lines first": (b'\n\n{"response": "It", "done": true}\n', "It"),
    "byte-order mark": (b"\xef\xbb\xbfIt is", "It is"),
}


@pytest.mark.parametrize("size", [1, 2, 3, 7, 10_000])
@pytest.mark.parametrize(("body", "text"), BODIES.values(), ids=BODIES)
def test_bytes_are_read_however_they_are_cut(body: bytes, text: str, size: int) -> None:
    events = read(resolve([body[at : at + size] for at in range(0, len(body), size)]))
    assert (text_of(events), outcome(events)) == (text, "done:stop")


@pytest.mark.parametrize("keep", ["chat", "anthropic", "google"])
def test_bytes_without_an_end_mark_are_no_whole_answer(keep: str) -> None:
    body = BODIES[keep][0]
    events = read(resolve([body[: len(body) // 2]]))
    assert outcome(events) in ("cut", "failed:source", "failed:bad_data")


@pytest.mark.parametrize(
    "body", [b"data: {\n\n", b'{"a": 1}\n{"b\n', b"data: " + b"[" * 5_000 + b"\n\n", b"data: \xff\n\n"], ids=repr
)
def test_bytes_that_cannot_be_read_are_told(body: bytes) -> None:
    assert outcome(read(resolve([body]))).startswith("failed:")


def test_the_end_mark_of_a_body_is_no_item_of_the_users() -> None:
    assert list(Body().feed(b"data: [DONE]\n\n")) == [DONE]


# -- what streamcell does not know -------------------------------------------------------------------------------------


class Token:
    """A chunk of a library that nobody knows."""

    def __init__(self, said: str) -> None:
        self.said = said


TOKENS = [Token("It "), Token("is.")]


def test_an_unknown_chunk_is_named_with_the_way_to_map_it() -> None:
    cell = stream_cell(lambda: TOKENS, display=False)
    with pytest.raises(SourceFailed, match=r"gave Token.*map="):
        cell.result(60)


MEANINGS: list[tuple[Any, str]] = [
    (lambda token: token.said, "It is."),
    (lambda token: {"choices": [{"delta": {"content": token.said}}]}, "It is."),
    (lambda token: [token.said, None, token.said], "It It is.is."),
    (lambda token: None if token is TOKENS[0] else token.said, "is."),
]


@pytest.mark.parametrize(("meaning", "text"), MEANINGS, ids=["text", "chunk", "list", "none"])
def test_map_says_what_chunks_mean(meaning: Any, text: str) -> None:
    cell = stream_cell(lambda: TOKENS, map=meaning, display=False)
    assert cell.result(60) == text
    assert cell.versions[-1].finish_reason == "stop"


def test_map_runs_on_a_thread_of_its_own() -> None:
    seen: list[threading.Thread] = []

    def meaning(token: Token) -> str:
        seen.append(threading.current_thread())
        return token.said

    stream_cell(lambda: TOKENS, map=meaning, display=False).result(60)
    assert len(seen) == 2
    assert all(one.name != "streamcell" and one is not threading.main_thread() for one in seen)


def test_a_map_that_hangs_holds_no_other_cell() -> None:
    released = threading.Event()
    hanging = stream_cell(lambda: TOKENS, map=lambda _: released.wait(60) and None, display=False)
    try:
        assert stream_cell(["It ", "is."], display=False).result(60) == "It is."
        hanging.stop()
        assert hanging.status == "stopped"
    finally:
        released.set()


@pytest.mark.parametrize(("meaning", "said"), [(lambda _: 1 / 0, "ZeroDivisionError"), (lambda _: 7, "map= gave int")])
def test_a_map_that_fails_is_told(meaning: Any, said: str) -> None:
    with pytest.raises(SourceFailed, match=said):
        stream_cell(lambda: TOKENS, map=meaning, display=False).result(60)


def test_map_must_be_a_function() -> None:
    with pytest.raises(TypeError, match="map must be a function"):
        stream_cell(lambda: TOKENS, map="text", display=False)  # type: ignore[call-overload, unused-ignore]


def test_map_is_not_for_a_prompt() -> None:
    with pytest.raises(ValueError, match="goes to an OpenAI client"):
        stream_cell("Hello", model="rehearsal", map=str, display=False)


@pytest.fixture
def _registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_registered", [])


class Engine:
    """What such a library hands out: no iterable."""

    def tokens(self) -> list[Token]:
        return TOKENS


@pytest.mark.usefixtures("_registered")
def test_a_registered_library_is_read_like_any_other() -> None:
    register_source("tokens", is_chunk=lambda chunk: isinstance(chunk, Token), map=lambda token: token.said.upper())
    register_source(
        "tokens",
        is_chunk=lambda chunk: isinstance(chunk, Token),
        map=lambda token: token.said,
        takes=lambda given: isinstance(given, Engine),
        open=Engine.tokens,
    )
    assert stream_cell(lambda: TOKENS, display=False).result(60) == "It is."
    assert stream_cell(Engine(), display=False).result(60) == "It is."
    assert stream_cell(Engine, display=False).result(60) == "It is."


@pytest.mark.usefixtures("_registered")
def test_functions_of_a_registered_library_do_not_run_on_the_streams_loop() -> None:
    seen: list[str] = []

    def noted(value: Any) -> Any:
        seen.append(threading.current_thread().name)
        return value

    register_source(
        "tokens",
        is_chunk=lambda chunk: bool(noted(isinstance(chunk, Token))),
        map=lambda token: noted(token.said),
        takes=lambda given: bool(noted(isinstance(given, Engine))),
        open=lambda engine: noted(engine.tokens()),
    )
    assert stream_cell(Engine, display=False).result(60) == "It is."
    assert stream_cell(Engine(), display=False).result(60) == "It is."
    assert "streamcell" not in seen
    assert len(seen) > 6


@pytest.mark.usefixtures("_registered")
def test_a_library_is_registered_whole_or_not_at_all() -> None:
    given: Any = 7
    with pytest.raises(TypeError, match="map must be a function"):
        register_source("one", is_chunk=callable, map=given)
    with pytest.raises(ValueError, match="belong together"):
        register_source("one", is_chunk=callable, map=str, takes=callable)
    assert registry._registered == []


# -- a client that is no OpenAI client ---------------------------------------------------------------------------------


class Model:
    """What LangChain's chat models have, as far as we use it."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    async def astream(self, given: Any, **more: Any) -> AsyncIterator[Any]:
        self.asked.append((given, more))
        yield message(f"Answer {len(self.asked)}.", response_metadata={**KNOWN, "finish_reason": "stop"})

    async def ainvoke(self, given: Any) -> Any: ...

    def invoke(self, given: Any) -> Any: ...

    def with_config(self, **more: Any) -> Any: ...


class Graph(Model):
    def get_state(self) -> None: ...


def test_a_chat_model_is_asked_as_a_client() -> None:
    model: Any = Model()
    cell = stream_cell("Hello", client=model, display=False)
    assert cell.result(60) == "Answer 1."
    cell.retry()
    assert cell.result(60) == "Answer 2."
    assert model.asked == [("Hello", {}), ("Hello", {})]


def test_a_conversation_with_a_chat_model_goes_on() -> None:
    model: Any = Model()
    first = stream_cell("Hello", client=model, instructions="Be short.", display=False)
    first.result(60)
    stream_cell("And?", previous=first, display=False).result(60)
    assert [(one["role"], one["content"]) for one in model.asked[1][0]] == [
        ("system", "Be short."),
        ("user", "Hello"),
        ("assistant", "Answer 1."),
        ("user", "And?"),
    ]


def test_a_graph_is_asked_for_its_messages() -> None:
    graph: Any = Graph()
    assert stream_cell("Hello", client=graph, display=False).result(60) == "Answer 1."
    ((given, more),) = graph.asked
    assert (given["messages"][0]["content"], more) == ("Hello", {"stream_mode": "messages"})


@pytest.mark.parametrize(
    "option", [{"model": "m"}, {"api": "chat"}, {"temperature": 0}, {"prefix": "prefill"}], ids=str
)
def test_what_another_client_cannot_obey_is_refused(option: dict[str, Any]) -> None:
    model: Any = Model()
    with pytest.raises(ValueError, match="on the Model itself"):
        stream_cell("Hello", client=model, display=False, **option)
    assert model.asked == []


def test_a_chat_model_that_is_configured_is_asked_like_one_that_is_given() -> None:
    model: Any = Model()
    configure(client=model)
    try:
        first = stream_cell("Hello", display=False)
        assert first.result(60) == "Answer 1."
        with pytest.raises(ValueError, match="temperature= is for an OpenAI client"):
            stream_cell("Hello", temperature=0, display=False)
        with pytest.raises(ValueError, match="temperature= is for an OpenAI client"):
            stream_cell("And?", previous=first, temperature=0, display=False)
        assert stream_cell("Hello", map=lambda chunk: chunk.content, display=False).result(60) == "Answer 2."
    finally:
        configure(client=None)
    assert len(model.asked) == 2


def test_an_address_of_another_libraries_client_is_its_own_business() -> None:
    model: Any = Model()
    model.base_url = "http://127.0.0.1:1"
    assert stream_cell("Hello", client=model, display=False).result(60) == "Answer 1."


# -- errors ------------------------------------------------------------------------------------------------------------


class ClientPayloadError(Exception):
    __module__ = "aiohttp.client_exceptions"


class TransferEncodingError(Exception):
    __module__ = "aiohttp.http_exceptions"
    code = 400


class StatusError(Exception):
    def __init__(self, **more: Any) -> None:
        super().__init__("refused")
        vars(self).update(more)


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


FAILURES: list[tuple[Exception, bool, str, str]] = [
    (ValueError("no"), False, "source", "ValueError: no"),
    (StatusError(status_code=429, body={"error": {"message": "Slow down."}}), False, "rate_limit", "Slow down."),
    (StatusError(code=503, details={"error": {"message": "Busy."}}), True, "", "Busy."),
    (StatusError(response=SimpleNamespace(status_code=401, text="no key", headers={})), False, "", "no key"),
    (caused(RuntimeError("it broke"), StatusError(status_code=429)), False, "rate_limit", "refused"),
    (caused(ClientPayloadError("cut"), TransferEncodingError()), True, "interrupted", "cut"),
    (ConnectionResetError("reset"), True, "interrupted", "reset"),
    (StatusError(status_code="429"), False, "source", "StatusError: refused"),
    (StatusError(status_code=True), False, "source", "StatusError: refused"),
]


@pytest.mark.parametrize(("error", "begun", "kind", "words"), FAILURES, ids=lambda one: repr(one)[:40])
def test_errors_of_libraries_become_ours(error: Exception, begun: bool, kind: str, words: str) -> None:
    found = failure_of(error, begun=begun)
    assert words in found.detail
    assert kind in found.error_kind
    assert found.__cause__ is error


# -- our events as JSON ------------------------------------------------------------------------------------------------

EVENTS: list[Event] = [
    PartGrew("text", "Grüße 🦉"),
    PartGrew("reasoning", "Hm.", "r1"),
    PartChanged("tool_call", {"name": "look", "call_id": "c1"}, "call-1"),
    PartChanged("tool_call", {"state": CallState.DONE, "result": "sunny", "shown": ("text/html", "<b>")}, "call-1"),
    PartRestored("text", "Grüße", "t"),
    PartEnded("call-1"),
    UsageReported(Usage(1, 2, 3, None, 1)),
    Finished("stop", "a note"),
]


def test_events_come_back_as_they_were() -> None:
    assert events_json.from_json(events_json.to_json(EVENTS)) == EVENTS


@pytest.mark.parametrize(
    "line",
    [
        "[[]]",
        '[["grow"]]',
        '[["grow", 1, 2, 3]]',
        '[["change", "text", [], ""]]',
        '[["usage", {"input_tokens": "7"}]]',
        "[7, null]",
    ],
)
def test_what_is_no_event_is_left_out(line: str) -> None:
    assert [event for event in events_json.from_json(line) if event != UsageReported(Usage())] == []


def test_states_that_are_unknown_are_left_out() -> None:
    (event,) = events_json.from_json('[["change", "tool_call", {"state": "flying", "name": "\\ud83d"}, "c"]]')
    assert event == PartChanged("tool_call", {"name": "\N{REPLACEMENT CHARACTER}"}, "c")


@pytest.mark.parametrize("line", ["{}", "7", "nothing", "[" * 100_000])
def test_lines_that_are_no_events_are_told(line: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        events_json.from_json(line)


def test_the_log_holds_what_a_replay_needs() -> None:
    cell = stream_cell(lambda: [objects(one) for one in CLAUDE], display=False)
    cell.result(60)
    chunks = [entry.data for entry in cell.log if entry.kind == "chunk"]
    assert {chunk["format"] for chunk in chunks} == {"events"}
    replayed = [event for chunk in chunks for event in events_json.from_json(chunk["data"])]
    assert json.dumps(shown(replayed)) == json.dumps(shown(decoded(CLAUDE)))  # a list comes back as a tuple
    assert driver().alive


def test_a_recording_of_a_library_is_played_without_it(tmp_path: Path) -> None:
    path = tmp_path / "answer.jsonl"
    cell = stream_cell(lambda: [objects(one) for one in CLAUDE], record=path, display=False)
    cell.result(60)
    played = stream_cell(replay=path, speed="fast", display=False)
    assert played.result(60) == cell.text
    assert [(part.kind, part.body) for part in played.parts] == [(part.kind, part.body) for part in cell.parts]
    assert played.usage == cell.usage


def test_a_damaged_line_of_events_is_told(tmp_path: Path) -> None:
    path = tmp_path / "answer.jsonl"
    stream_cell(lambda: [objects(one) for one in CLAUDE], record=path, display=False).result(60)
    flush(path)
    text = path.read_text("utf-8")
    at = text.index('"data": ') + len('"data": ')
    path.write_text(f'{text[:at]}"{{}}", "was": {text[at:]}', "utf-8")
    played = stream_cell(replay=path, speed="fast", display=False)
    with pytest.raises(StreamCellError):
        played.result(60)
