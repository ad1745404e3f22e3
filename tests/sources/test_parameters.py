"""Parameters and prompts as the servers get them: the real SDK, over HTTP, on both APIs."""

from __future__ import annotations

import re
from typing import Any

import pytest
from openai.types.chat import ChatCompletionMessage
from openai.types.responses import ResponseFunctionToolCall, ResponseOutputMessage, ResponseReasoningItem

from streamcell import stream_cell

from .deciding import deciding, end_of, whole
from .tables import TABLES, kept

TOOLS = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}]
LEFT = {"model", "stream", "stream_options", "input", "messages"}


def answer(path: str, _body: Any) -> tuple[int, str, str]:
    return 200, "text/event-stream", whole("chat" if path.startswith("chat") else "responses")


def asked(api: str, **params: Any) -> tuple[str, dict[str, Any], Any]:
    """Which route was asked, the body that came, and the cell at its end."""
    with deciding(answer) as (address, requests):
        cell = end_of(address, api, **params)
    ((path, body),) = requests
    return path, body, cell


def test_the_page_has_the_table() -> None:
    assert TABLES["parameters"]().splitlines() == kept("parameters")


@pytest.mark.parametrize(
    ("api", "sent"),
    [
        ("auto", {"max_output_tokens": 100, "reasoning": {"effort": "low"}, "text": {"verbosity": "low"}}),
        ("responses", {"max_output_tokens": 100, "reasoning": {"effort": "low"}, "text": {"verbosity": "low"}}),
        ("chat", {"max_tokens": 100, "reasoning_effort": "low", "verbosity": "low"}),
    ],
)
def test_parameters_reach_the_server_in_its_own_words(api: str, sent: dict[str, Any]) -> None:
    _, body, cell = asked(
        api, max_tokens=100, reasoning_effort="low", verbosity="low", user="ada", store=False, metadata={"a": "b"}, n=1
    )
    assert cell.status == "done"
    rest = {name: value for name, value in body.items() if name not in LEFT}
    assert rest == {**sent, "user": "ada", "store": False, "metadata": {"a": "b"}}


def test_tools_reach_the_server_in_its_own_shape() -> None:
    assert asked("chat", tools=TOOLS)[1]["tools"] == TOOLS
    function = {"type": "function", "strict": False, "name": "weather", "parameters": {"type": "object"}}
    assert asked("responses", tools=TOOLS)[1]["tools"] == [function]


@pytest.mark.parametrize(
    ("params", "path", "note"),
    [
        ({"seed": 7}, "chat/completions", "seed= is only in Chat Completions"),
        ({"stop": "."}, "chat/completions", "stop= is only in Chat Completions"),
        ({"truncation": "auto"}, "responses", "truncation= is only in Responses API"),
    ],
)
def test_a_parameter_that_one_api_has_decides_and_the_cell_says_so(params: Any, path: str, note: str) -> None:
    asked_path, body, cell = asked("auto", **params)
    assert asked_path == path
    assert note in cell.origin["note"]
    assert body.items() >= params.items()


def test_what_an_older_sdk_does_not_know_reaches_the_server_all_the_same() -> None:
    _, body, cell = asked("responses", access_programs={"a": True}, extra_body={"top_k": 4})
    assert cell.status == "done"
    assert body.items() >= {"access_programs": {"a": True}, "top_k": 4}.items()


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_any_text_is_a_prompt(api: str) -> None:
    text = "half \ud83d, two halves \ud83d\ude42, \x00 \x1b[31m \u2028 \ufeff and \U0001f642"
    _, body, cell = asked(api, prompt=text, instructions="\udc00", user="\udc00")
    assert cell.status == "done", cell.error
    said = (body.get("messages") or body["input"])[-1]["content"]
    assert said == "half \ufffd, two halves \U0001f642, \x00 \x1b[31m \u2028 \ufeff and \U0001f642"
    assert body["user"] == "\ufffd"


# -- prompts -----------------------------------------------------------------------------------------------------------

CALL = {"type": "function_call", "call_id": "call_1", "name": "weather", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": "sunny"}
CHAT_CALL = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
CHAT_OUTPUT = {"role": "tool", "tool_call_id": "call_1", "content": "sunny"}
USER = {"role": "user", "content": "Why?"}
ANSWERED = ChatCompletionMessage.model_validate(
    {"role": "assistant", "content": "So.", "refusal": None, "annotations": [], "tool_calls": None}
)
CALLING = ChatCompletionMessage.model_validate({"role": "assistant", "content": None, "tool_calls": [CHAT_CALL]})
SAID = {"type": "output_text", "text": "So.", "annotations": []}
MESSAGE = ResponseOutputMessage.model_validate(
    {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [SAID]}
)
ITEM = ResponseFunctionToolCall.model_validate({**CALL, "id": "fc_1", "status": "completed"})
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA==", "detail": "low"}}
INPUT_IMAGE = {"type": "input_image", "image_url": "data:image/png;base64,AA==", "detail": "low"}
FILE, INPUT_FILE = {"type": "file", "file": {"file_id": "file_1"}}, {"type": "input_file", "file_id": "file_1"}

CHAT_ROUND = [USER, {"role": "assistant", "content": None, "tool_calls": [CHAT_CALL]}, CHAT_OUTPUT]
ITEMS_ROUND = [USER, CALL, OUTPUT]
CHAT_TALK = [{"role": "assistant", "content": "So."}, USER]
PROMPTS = {
    # what is given; what Chat Completions gets; what the Responses API gets
    "a message": (USER, [USER], [USER]),
    "a message with None": ([{**USER, "name": None}], [USER], [USER]),
    "a round in Chat's words": (CHAT_ROUND, CHAT_ROUND, ITEMS_ROUND),
    "a round in items": (ITEMS_ROUND, CHAT_ROUND, ITEMS_ROUND),
    "the SDK's message": ([ANSWERED, USER], CHAT_TALK, CHAT_TALK),
    "its dump": ([ANSWERED.model_dump(), USER], CHAT_TALK, CHAT_TALK),
    "the SDK's calling message": ([USER, CALLING, CHAT_OUTPUT], CHAT_ROUND, ITEMS_ROUND),
    "the SDK's items": (
        [USER, MESSAGE, ITEM, OUTPUT],
        [
            USER,
            {"role": "assistant", "content": [{"type": "text", "text": "So."}], "tool_calls": [CHAT_CALL]},
            CHAT_OUTPUT,
        ],
        [USER, MESSAGE.model_dump(exclude_none=True), {**CALL, "id": "fc_1", "status": "completed"}, OUTPUT],
    ),
    "text and a call": (
        [USER, {"role": "assistant", "content": "So.", "tool_calls": [CHAT_CALL]}, CHAT_OUTPUT],
        [USER, {"role": "assistant", "content": "So.", "tool_calls": [CHAT_CALL]}, CHAT_OUTPUT],
        [USER, {"role": "assistant", "content": "So."}, CALL, OUTPUT],
    ),
    "an image and a file": (
        {"role": "user", "content": [IMAGE, FILE]},
        [{"role": "user", "content": [IMAGE, FILE]}],
        [{"role": "user", "content": [INPUT_IMAGE, INPUT_FILE]}],
    ),
    "the same as input": (
        {"role": "user", "content": [INPUT_IMAGE, INPUT_FILE]},
        [{"role": "user", "content": [IMAGE, FILE]}],
        [{"role": "user", "content": [INPUT_IMAGE, INPUT_FILE]}],
    ),
}


@pytest.mark.parametrize(("prompt", "chat", "responses"), PROMPTS.values(), ids=list(PROMPTS))
def test_messages_of_either_api_reach_the_server_in_its_own_words(prompt: Any, chat: Any, responses: Any) -> None:
    assert asked("chat", prompt=prompt)[1]["messages"] == chat
    assert asked("responses", prompt=prompt)[1]["input"] == responses


SPEECH = {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}}
OLD_CALL = {"role": "assistant", "content": None, "function_call": {"name": "weather", "arguments": "{}"}}


@pytest.mark.parametrize(
    ("prompt", "api", "what"),
    [
        ({**USER, "name": "ada"}, "chat", "message 0 (name)"),
        ([USER, OLD_CALL], "chat", "message 1 (function_call)"),
        ([USER, {"role": "function", "name": "weather", "content": "sunny"}], "chat", "message 1 (name)"),
        ([{"role": "user", "content": [SPEECH]}], "chat", "message 0 (input_audio)"),
        (
            [{"role": "user", "content": [{"type": "input_image", "file_id": "file_1"}]}],
            "responses",
            "message 0 (input_image by its file_id)",
        ),
        (
            [USER, {"role": "user", "content": [{"type": "input_file", "file_url": "https://a.example/b.pdf"}]}],
            "responses",
            "message 1 (input_file by its file_url)",
        ),
        (
            [USER, CALL, {**OUTPUT, "output": [{"type": "input_image", "file_id": "file_1"}]}],
            "responses",
            "message 2 (input_image by its file_id)",
        ),
    ],
)
def test_a_message_that_one_api_has_decides_for_it_and_the_other_refuses_it(prompt: Any, api: str, what: str) -> None:
    path, body, cell = asked("auto", prompt=prompt)
    label = {"chat": "Chat Completions", "responses": "Responses API"}[api]
    assert path == {"chat": "chat/completions", "responses": "responses"}[api]
    assert (body.get("messages") or body["input"]) == (prompt if isinstance(prompt, list) else [prompt])
    assert f"{what} is only in {label}" in cell.origin["note"]
    other = {"chat": "responses", "responses": "chat"}[api]
    with pytest.raises(ValueError, match=rf"{re.escape(what)} belongs to .*: use api='{api}'$"):
        stream_cell(prompt, model="rehearsal", api=other, display=False)


def test_what_the_sdk_parsed_for_its_users_does_not_go_back() -> None:
    call = {**CHAT_CALL, "function": {"name": "weather", "arguments": "{}", "parsed_arguments": {"a": 1}}}
    calling = {"role": "assistant", "content": None, "parsed": {"a": 1}, "tool_calls": [call]}
    said = {"type": "message", "role": "assistant", "content": [{**SAID, "parsed": {"a": 1}}]}
    assert asked("chat", prompt=[USER, calling, CHAT_OUTPUT])[1]["messages"] == CHAT_ROUND
    assert asked("responses", prompt=[said, USER])[1]["input"][0]["content"] == [SAID]


REASONING = ResponseReasoningItem.model_validate({"id": "rs_1", "type": "reasoning", "summary": []})


def test_an_item_that_one_api_has_decides_for_it_and_the_other_refuses_it() -> None:
    path, body, cell = asked("auto", prompt=[USER, REASONING, CALL, OUTPUT])
    assert path == "responses"
    assert body["input"][1] == {"id": "rs_1", "type": "reasoning", "summary": []}
    assert "message 1 (reasoning) is only in Responses API" in cell.origin["note"]
    with pytest.raises(ValueError, match=r"message 1 \(reasoning\) belongs to the Responses API: use api='responses'"):
        stream_cell([USER, REASONING], model="rehearsal", api="chat", display=False)
