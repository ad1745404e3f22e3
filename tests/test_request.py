"""What may be asked: every bad input is refused in words that name it, before anything is sent."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamcell.request.messages import messages_of
from streamcell.request.request import Request, is_rehearsal, make_request

USER = {"role": "user", "content": "Why?"}


def asked(**given_: Any) -> Request:
    defaults: dict[str, Any] = {"model": None, "api": "auto", "instructions": None, "previous": (), "params": {}}
    return make_request((USER,), **{**defaults, **given_})


# -- the prompt --------------------------------------------------------------------------------------------------------


def test_a_string_is_the_users_message() -> None:
    assert messages_of("  Why?\n") == ({"role": "user", "content": "  Why?\n"},)


@pytest.mark.parametrize(
    "messages",
    [
        [USER],
        (USER,),
        [{"role": "system", "content": ""}, USER],
        [{"role": "developer", "content": "Be brief."}, USER, {"role": "assistant", "content": "Because."}],
        [{"role": "user", "content": [{"type": "text", "text": "What is this?"}, {"type": "image_url"}]}],
        [
            {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]},
            {"role": "tool", "tool_call_id": "1", "content": "42"},
        ],
        [MappingProxyType(USER)],
        [{**USER, "name": "Ada"}],
    ],
)
def test_messages_are_taken_as_they_are(messages: list[dict[str, Any]]) -> None:
    assert messages_of(messages) == tuple(dict(message) for message in messages)


def test_messages_are_copied_so_that_a_later_change_is_not_asked() -> None:
    message = dict(USER)
    taken = messages_of([message])
    message["content"] = "Something else"
    assert taken == (USER,)


@pytest.mark.parametrize("answer", [["a", "b"], ("a",), iter(["a"]), {"a"}, None, 7, object(), lambda: iter("")])
def test_what_is_no_prompt_is_left_to_the_sources(answer: object) -> None:
    assert messages_of(answer) is None


@pytest.mark.parametrize(
    ("prompt", "kind", "words"),
    [
        ("", ValueError, "prompt is empty"),
        (" \n\t", ValueError, "prompt is empty"),
        (b"Why?", TypeError, "not bytes: decode it"),
        (bytearray(b"Why?"), TypeError, "not bytearray: decode it"),
        ({"content": "Why?"}, TypeError, "that is no message: a message has a 'role' and 'content'"),
        ([], ValueError, "empty list"),
        ((), ValueError, "empty list"),
        ([USER, "and?"], TypeError, "message 1 must be a mapping .* not str"),
        (["and?", USER], TypeError, "message 0 must be a mapping .* not str"),
        ([USER, None], TypeError, "message 1 must be a mapping .* not NoneType"),
        ([1, 2], TypeError, "message 0 must be a mapping .* not int"),
        ([{"role": "robot", "content": "x"}], ValueError, "message 0 has role 'robot'; it must be one of .*user"),
        ([{"content": "x"}], ValueError, "message 0 has role None"),
        ([{"role": ["user"], "content": "x"}], ValueError, r"message 0 has role \['user'\]"),
        ([{"role": "user"}], TypeError, "message 0: content must be a string or a list of parts, not NoneType"),
        ([{"role": "user", "content": 7}], TypeError, "message 0: content .* not int"),
        ([{"role": "user", "content": b"x"}], TypeError, "message 0.content is a bytes, which JSON cannot hold"),
        ([{"role": "user", "content": {"type": "text"}}], TypeError, "message 0: content .* not dict"),
        ([{"role": "user", "content": []}], TypeError, "message 0: content .* a mapping with a 'type'"),
        ([{"role": "user", "content": ["x", 7]}], TypeError, "message 0: content .* a mapping with a 'type'"),
        ([{"role": "user", "content": [" "]}], ValueError, "message 0 is empty"),
        ([{"role": "user", "content": [{"text": "x"}]}], TypeError, "message 0: content .* a mapping with a 'type'"),
        ([{"role": "user", "content": [{"type": 1}]}], TypeError, "message 0: content .* a mapping with a 'type'"),
        ([USER, {"role": "user", "content": " "}], ValueError, "message 1 is empty"),
        ([{"role": "assistant", "content": None}], TypeError, "message 0: content .* not NoneType"),
        ([USER, {"role": "tool", "content": "42"}], ValueError, "message 1 is a tool's and has no 'tool_call_id'"),
        (
            [{"role": "assistant", "tool_calls": {"id": "1"}}],
            TypeError,
            "message 0: tool_calls must be a list of calls",
        ),
        ([{"role": "assistant", "tool_calls": [{}]}], TypeError, "message 0: tool_calls must be a list of calls"),
        (
            [USER, {"type": "function_call", "name": "x"}],
            ValueError,
            "message 1 .* has no 'call_id' and no 'arguments'",
        ),
        ([{"type": "function_call_output", "call_id": "1"}], ValueError, "message 0 .*has no 'output'"),
        (
            [{"role": "user", "content": [{"type": "text", "text": {1}}]}],
            TypeError,
            r"message 0.content\[0\].text is a set",
        ),
        ([{"role": "user", 1: "x"}], TypeError, "message 0 has the key 1"),
    ],
)
def test_a_bad_prompt_is_refused_by_name(prompt: object, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        messages_of(prompt)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["role", "content", "type"]) | st.text(), inner),
    max_leaves=12,
)


@given(JUNK)
def test_junk_gives_messages_or_nothing_or_a_plain_refusal(prompt: object) -> None:
    refusal = None
    messages = None
    try:
        messages = messages_of(prompt)
    except (TypeError, ValueError) as error:
        refusal = str(error)
    assert refusal is None or "message" in refusal or "prompt" in refusal
    assert messages is None or all(message.get("role") or message["type"] for message in messages)


# -- the request -------------------------------------------------------------------------------------------------------


def test_a_request_holds_the_conversation_newest_last() -> None:
    former = ({"role": "user", "content": "1"}, {"role": "assistant", "content": "2"})
    request = asked(model="m", api="chat", instructions="Be brief.", previous=former, params={"temperature": 0})
    assert request == Request((*former, USER), "m", "chat", "Be brief.", {"temperature": 0})


DATA = "data:image/png;base64," + "A" * 2_000_000


@pytest.mark.parametrize(
    ("content", "tokens"),
    [
        ("x" * 400, 100),
        ([{"type": "text", "text": "x" * 400}], 100),
        ([{"type": "input_text", "text": "x" * 400}, {"type": "refusal", "refusal": "y" * 40}], 110),
        ([{"type": "image_url", "image_url": {"url": DATA}}], 765),
        ([{"type": "image_url", "image_url": {"url": DATA, "detail": "low"}}], 85),
        ([{"type": "input_image", "image_url": DATA}, {"type": "text", "text": "x" * 40}], 775),
        ([{"type": "input_image", "image_url": DATA, "detail": "low"}], 85),
        ([{"type": "input_audio", "input_audio": {"data": "A" * 100_000, "format": "wav"}}], 600),
        ([{"type": "file", "file": {"file_data": DATA}}, {"type": "input_file", "file_id": "f"}], 6_000),
        ([{"type": "something", "else": "x" * 400}], 0),
    ],
)
def test_what_it_may_cost_is_counted_by_its_parts_and_not_by_their_bytes(content: Any, tokens: int) -> None:
    messages = messages_of([{"role": "user", "content": content}])
    assert messages is not None
    assert Request(messages).tokens == tokens
    whole = Request(messages, instructions="i" * 80, params={"max_completion_tokens": 50})
    assert whole.tokens == tokens + 20 + 50


def test_a_message_without_content_costs_nothing() -> None:
    assert Request(({"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]},)).tokens == 0


def test_params_are_copied_and_the_request_is_frozen() -> None:
    params = {"temperature": 0}
    request = asked(params=params)
    params["temperature"] = 1
    assert request.params == {"temperature": 0}
    with pytest.raises(FrozenInstanceError):
        request.model = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("given_", "kind", "words"),
    [
        ({"api": "assistants"}, ValueError, "api must be one of 'auto', 'responses', 'chat', not 'assistants'"),
        ({"api": None}, ValueError, "api must be one of .* not None"),
        ({"api": ["chat"]}, ValueError, "api must be one of"),
        ({"model": ""}, TypeError, "model must be a name"),
        ({"model": "  "}, TypeError, "model must be a name"),
        ({"model": 4}, TypeError, "model must be a name .* not 4"),
        ({"instructions": ["x"]}, TypeError, "instructions must be a string, not list"),
        ({"params": {"stream": False}}, ValueError, "stream= cannot be given: streamcell always streams"),
        ({"params": {"stream": True}}, ValueError, "stream= cannot be given"),
        ({"params": {"messages": []}}, ValueError, "messages= cannot be given: .*first argument"),
        ({"params": {"input": "x"}}, ValueError, "input= cannot be given: .*first argument"),
        ({"params": {"n": 2}}, ValueError, "n= must be 1"),
        ({"params": {"n": 0}}, ValueError, "n= must be 1"),
        (
            {"params": {"previous_response_id": "r"}, "previous": (USER,)},
            ValueError,
            "previous= or previous_response_id=, not both",
        ),
        (
            {"params": {"previous_response_id": "r"}, "api": "chat"},
            ValueError,
            "previous_response_id= belongs to the Responses API",
        ),
    ],
    ids=str,
)
def test_a_bad_request_is_refused_by_name(given_: dict[str, Any], kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        asked(**given_)


@pytest.mark.parametrize(
    "given_",
    [
        {"params": {"n": 1}},
        {"params": {"previous_response_id": "r"}},
        {"params": {"previous_response_id": "r"}, "api": "responses"},
        {"previous": (USER,), "api": "chat"},
        {"instructions": ""},
    ],
    ids=str,
)
def test_what_looks_alike_but_is_legal_passes(given_: dict[str, Any]) -> None:
    assert asked(**given_).messages[-1] == USER


@pytest.mark.parametrize("model", ["rehearsal", "rehearsal/echo", "rehearsal/stall?after=3", "rehearsal?rate=9"])
def test_the_rehearsal_is_chosen_by_name(model: str) -> None:
    assert is_rehearsal(model)


@pytest.mark.parametrize("model", [None, "", "rehearsals", "gpt-rehearsal", "Rehearsal", "x/rehearsal"])
def test_and_by_no_other_name(model: str | None) -> None:
    assert not is_rehearsal(model)
