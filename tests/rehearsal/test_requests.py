from __future__ import annotations

from typing import Any

import pytest

from streamcell.rehearsal._request import RefusedError, Turn, decode, read_chat, read_responses

USER = {"role": "user", "content": "Hi"}


def chat(**body: Any) -> dict[str, Any]:
    return {"model": "rehearsal", "messages": [USER], **body}


def responses(**body: Any) -> dict[str, Any]:
    return {"model": "rehearsal", "input": "Hi", **body}


@pytest.mark.parametrize(
    "payload",
    [b"", b"{", b'{"model": "rehearsal"', b"[1]", b'"text"', b"\xff\xfe{}", b'{"input": "\\ud83d"}', b"[" * 200_000],
)
def test_what_is_no_json_object_is_a_bad_request(payload: bytes) -> None:
    with pytest.raises(RefusedError) as refused:
        decode(payload)
    assert refused.value.status == 400


def test_nulls_are_as_good_as_absent() -> None:
    assert decode(b'{"model": "rehearsal", "instructions": null}') == {"model": "rehearsal"}
    assert decode('{"input": "\\ud83d\\ude00 😀"}'.encode()) == {"input": "😀 😀"}


@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        ({"messages": [USER]}, "model", "missing_required_parameter"),
        (chat(model=""), "model", "missing_required_parameter"),
        (chat(model=3), "model", "invalid_type"),
        ({"model": "rehearsal"}, "messages", "missing_required_parameter"),
        (chat(messages=[]), "messages", "empty_array"),
        (chat(messages="Hi"), "messages", "invalid_type"),
        (chat(messages=["Hi"]), "messages[0]", "invalid_type"),
        (chat(messages=[{"content": "Hi"}]), "messages[0].role", "missing_required_parameter"),
        (chat(messages=[USER, {"role": "robot", "content": ""}]), "messages[1].role", "invalid_value"),
        (chat(messages=[{"role": "user"}]), "messages[0].content", "missing_required_parameter"),
        (chat(messages=[{"role": "user", "content": 3}]), "messages[0].content", "invalid_type"),
        (chat(messages=[{"role": "user", "content": ["Hi"]}]), "messages[0].content[0]", "invalid_type"),
        (chat(messages=[{"role": "user", "content": [{"text": 1}]}]), "messages[0].content[0].text", "invalid_type"),
        (chat(stream="yes"), "stream", "invalid_type"),
        (chat(max_tokens=0), "max_tokens", "integer_below_min_value"),
        (chat(max_tokens=1.5), "max_tokens", "invalid_type"),
        (chat(max_tokens=True), "max_tokens", "invalid_type"),
        (chat(max_tokens=5, max_completion_tokens=5), None, "invalid_parameter_combination"),
        (chat(n=2), "n", "unsupported_value"),
        (chat(stream_options={"include_usage": True}), "stream_options", None),
        (chat(stream=True, stream_options={"include_usage": 1}), "stream_options.include_usage", "invalid_type"),
    ],
)
def test_a_bad_chat_request_is_refused(body: dict[str, Any], param: str | None, code: str | None) -> None:
    with pytest.raises(RefusedError) as refused:
        read_chat(body)
    assert (refused.value.status, refused.value.param, refused.value.code) == (400, param, code)


@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        ({"input": "Hi"}, "model", "missing_required_parameter"),
        ({"model": "rehearsal"}, "input", "missing_required_parameter"),
        (responses(input=[]), "input", "empty_array"),
        (responses(input=3), "input", "invalid_type"),
        (responses(input=[3]), "input[0]", "invalid_type"),
        (responses(input=[{"role": "user"}]), "input[0].content", "missing_required_parameter"),
        (responses(instructions=["x"]), "instructions", "invalid_type"),
        (responses(max_output_tokens=15), "max_output_tokens", "integer_below_min_value"),
        (responses(reasoning="high"), "reasoning", "invalid_type"),
    ],
)
def test_a_bad_responses_request_is_refused(body: dict[str, Any], param: str, code: str) -> None:
    with pytest.raises(RefusedError) as refused:
        read_responses(body)
    assert (refused.value.status, refused.value.param, refused.value.code) == (400, param, code)


def test_chat_messages_become_turns_and_instructions() -> None:
    asked = read_chat(
        chat(
            messages=[
                {"role": "system", "content": "Be brief."},
                {"role": "developer", "content": [{"type": "text", "text": "Be kind."}]},
                {"role": "user", "content": [{"type": "text", "text": "Hi "}, {"type": "image_url", "image_url": {}}]},
                {"role": "assistant", "content": None, "tool_calls": []},
                {"role": "tool", "content": "42", "tool_call_id": "call_1"},
                {"role": "user", "content": "there"},
            ]
        )
    )
    assert asked.instructions == "Be brief.\nBe kind."
    assert asked.turns == (Turn("user", "Hi "), Turn("assistant", ""), Turn("tool", "42"), Turn("user", "there"))
    assert asked.prompt == "there"
    assert asked.questions == ["Hi ", "there"]


def test_responses_input_may_be_items() -> None:
    asked = read_responses(
        responses(
            instructions="Be brief.",
            input=[
                {"role": "developer", "content": "Be kind."},
                {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]},
                {"type": "reasoning", "id": "rs_1", "summary": []},
                {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Ho"}]},
                {"type": "function_call_output", "call_id": "c", "output": "42"},
            ],
        )
    )
    assert asked.instructions == "Be brief.\nBe kind."
    assert asked.turns == (Turn("user", "Hi"), Turn("assistant", "Ho"), Turn("tool", "42"))
    assert asked.results == ["42"]
    assert asked.prompt == "Hi"


@pytest.mark.parametrize(
    ("reasoning", "thinks", "summarizes"),
    [
        ({}, False, False),
        ({"effort": None, "summary": None}, False, False),
        ({"effort": "none"}, False, False),
        ({"effort": "low"}, True, False),
        ({"summary": "auto"}, True, True),
    ],
)
def test_reasoning_is_done_when_asked_for(reasoning: dict[str, Any], thinks: bool, summarizes: bool) -> None:
    asked = read_responses(responses(reasoning=reasoning))
    assert (asked.thinks, asked.summarizes) == (thinks, summarizes)


def test_input_tokens_count_instructions_and_every_turn() -> None:
    messages = [{"role": "system", "content": "Be brief."}, USER, {"role": "assistant", "content": "Hi there"}, USER]
    assert read_chat(chat(messages=messages)).input_tokens == 3 + 1 + 2 + 1
