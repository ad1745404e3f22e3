"""The table of parameters: what each API calls a wish, which API has it, and what is refused at the call."""

from __future__ import annotations

import inspect
import math
from fractions import Fraction
from typing import Any, cast

import openai
import pytest
from openai.resources.chat.completions import AsyncCompletions
from openai.resources.responses import AsyncResponses
from pydantic import BaseModel

from streamcell import stream_cell
from streamcell.request.parameters import OPTIONS, PARAMETERS, Parameters, apis_of, chosen_api, translated

CHAT_SCHEMA = {"type": "json_schema", "json_schema": {"name": "owl", "schema": {"type": "object"}, "strict": True}}
SCHEMA = {"type": "json_schema", "name": "owl", "schema": {"type": "object"}, "strict": True}
FUNCTION = {"name": "weather", "parameters": {"type": "object"}, "strict": False}
CHAT_TOOL, TOOL = {"type": "function", "function": FUNCTION}, {"type": "function", **FUNCTION}
CHAT_GRAMMAR = {"type": "grammar", "grammar": {"syntax": "lark", "definition": "start: A"}}
GRAMMAR = {"type": "grammar", "syntax": "lark", "definition": "start: A"}
CHAT_CUSTOM = {"type": "custom", "custom": {"name": "sql", "format": CHAT_GRAMMAR}}
CUSTOM = {"type": "custom", "name": "sql", "format": GRAMMAR}
CHAT_ALLOWED = {
    "type": "allowed_tools",
    "allowed_tools": {"mode": "required", "tools": [{"type": "function", "function": {"name": "weather"}}]},
}
ALLOWED = {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "weather"}]}
LOGPROBS = ["message.output_text.logprobs"]

EQUAL: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    # what is written; what Chat Completions gets; what the Responses API gets
    ({"max_tokens": 9}, {"max_completion_tokens": 9}, {"max_output_tokens": 9}),
    ({"max_completion_tokens": 9}, {"max_completion_tokens": 9}, {"max_output_tokens": 9}),
    ({"max_output_tokens": 9}, {"max_completion_tokens": 9}, {"max_output_tokens": 9}),
    ({"reasoning_effort": "low"}, {"reasoning_effort": "low"}, {"reasoning": {"effort": "low"}}),
    ({"reasoning": {"effort": "low"}}, {"reasoning_effort": "low"}, {"reasoning": {"effort": "low"}}),
    ({"verbosity": "low"}, {"verbosity": "low"}, {"text": {"verbosity": "low"}}),
    ({"response_format": CHAT_SCHEMA}, {"response_format": CHAT_SCHEMA}, {"text": {"format": SCHEMA}}),
    ({"response_format": SCHEMA}, {"response_format": CHAT_SCHEMA}, {"text": {"format": SCHEMA}}),
    (
        {"text": {"format": SCHEMA, "verbosity": "low"}},
        {"response_format": CHAT_SCHEMA, "verbosity": "low"},
        {"text": {"format": SCHEMA, "verbosity": "low"}},
    ),
    (
        {"response_format": {"type": "json_object"}, "verbosity": "high"},
        {"response_format": {"type": "json_object"}, "verbosity": "high"},
        {"text": {"format": {"type": "json_object"}, "verbosity": "high"}},
    ),
    ({"tools": [CHAT_TOOL, CUSTOM]}, {"tools": [CHAT_TOOL, CHAT_CUSTOM]}, {"tools": [TOOL, CUSTOM]}),
    ({"tools": [TOOL, CHAT_CUSTOM]}, {"tools": [CHAT_TOOL, CHAT_CUSTOM]}, {"tools": [TOOL, CUSTOM]}),
    ({"tool_choice": "required"}, {"tool_choice": "required"}, {"tool_choice": "required"}),
    (
        {"tool_choice": {"type": "function", "name": "weather"}},
        {"tool_choice": {"type": "function", "function": {"name": "weather"}}},
        {"tool_choice": {"type": "function", "name": "weather"}},
    ),
    ({"tool_choice": CHAT_ALLOWED}, {"tool_choice": CHAT_ALLOWED}, {"tool_choice": ALLOWED}),
    ({"tool_choice": ALLOWED}, {"tool_choice": CHAT_ALLOWED}, {"tool_choice": ALLOWED}),
    (
        {"logprobs": True, "top_logprobs": 3},
        {"logprobs": True, "top_logprobs": 3},
        {"include": LOGPROBS, "top_logprobs": 3},
    ),
    ({"include": LOGPROBS}, {"logprobs": True}, {"include": LOGPROBS}),
    ({"n": 1}, {}, {}),
    *(
        ({name: value}, {name: value}, {name: value})
        for name, value in {
            "user": "ada",
            "store": False,
            "metadata": {"a": "b"},
            "temperature": 0.0,
            "top_p": 1,
            "service_tier": "flex",
            "extra_body": {"top_k": 4},
            "extra_headers": {"x-a": "b"},
            "timeout": 3,
        }.items()
    ),
]


@pytest.mark.parametrize(("written", "chat", "responses"), EQUAL)
def test_what_both_apis_have_is_said_as_each_has_it(
    written: dict[str, Any], chat: dict[str, Any], responses: dict[str, Any]
) -> None:
    assert translated(written, "chat") == chat
    assert translated(written, "responses") == responses
    assert chosen_api(written, "auto") == ("auto", "")
    assert [chosen_api(written, api) for api in ("chat", "responses")] == [("chat", ""), ("responses", "")]


def test_a_function_that_says_nothing_of_it_is_as_lax_on_both_apis() -> None:
    lax = {"type": "function", "function": {"name": "weather"}}
    assert translated({"tools": [lax]}, "responses") == {
        "tools": [{"type": "function", "strict": False, "name": "weather"}]
    }


@pytest.mark.parametrize(
    ("server", "names"),
    [
        # what becomes of max_tokens, max_output_tokens, max_completion_tokens
        ("openai", ["max_completion_tokens", "max_completion_tokens", "max_completion_tokens"]),
        ("azure", ["max_tokens", "max_completion_tokens", "max_completion_tokens"]),
        ("other", ["max_tokens", "max_tokens", "max_completion_tokens"]),
    ],
)
def test_each_server_gets_the_name_that_it_knows(server: Any, names: list[str]) -> None:
    given = ("max_tokens", "max_output_tokens", "max_completion_tokens")
    assert [translated({name: 9}, "chat", server) for name in given] == [{name: 9} for name in names]


def test_the_responses_api_counts_tokens_without_being_asked() -> None:
    options = {"include_usage": True, "include_obfuscation": False}
    assert translated({"stream_options": options}, "chat") == {"stream_options": options}
    assert translated({"stream_options": options}, "responses") == {"stream_options": {"include_obfuscation": False}}
    assert translated({"stream_options": None}, "responses") == {"stream_options": None}


CHAT_ONLY: dict[str, Any] = {
    "seed": 7,
    "stop": ["."],
    "frequency_penalty": 0.5,
    "presence_penalty": 0.5,
    "logit_bias": {"50256": -100},
    "modalities": ["text"],
    "audio": {"voice": "ash"},
    "prediction": {"type": "content"},
    "functions": [{}],
    "function_call": "auto",
    "web_search_options": {},
}
RESPONSES_ONLY: dict[str, Any] = {
    "background": True,
    "previous_response_id": "resp_1",
    "conversation": "conv_1",
    "truncation": "auto",
    "max_tool_calls": 2,
    "include": ["file_search_call.results"],
    "reasoning": {"summary": "auto"},
    "text": {"something": "new"},
    "tools": [{"type": "web_search"}],
    "tool_choice": {"type": "file_search"},
    "context_management": [],
    "background_options": {},
    "access_programs": {},
    "image": {},
}


@pytest.mark.parametrize(
    ("name", "value", "api", "other"),
    [
        *((name, value, "chat", "responses") for name, value in CHAT_ONLY.items()),
        *((name, value, "responses", "chat") for name, value in RESPONSES_ONLY.items()),
    ],
)
def test_what_one_api_has_decides_for_it_and_the_other_refuses_it(name: str, value: Any, api: str, other: str) -> None:
    assert apis_of(name, value) == (api,)
    assert chosen_api({"temperature": 1, name: value}, "auto") == (api, f"{name}=")
    assert chosen_api({name: value}, api) == (api, "")
    with pytest.raises(ValueError, match=rf"{name}= belongs to .*use api='{api}', or give .* extra_body="):
        chosen_api({name: value}, other)


def test_what_no_api_has_together_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"seed= is only in Chat Completions, and background= only in the Responses API"
    ):
        chosen_api({"seed": 7, "background": True}, "auto")


@pytest.mark.parametrize(
    "twice",
    [
        {"max_tokens": 1, "max_output_tokens": 2},
        {"reasoning_effort": "low", "reasoning": {"effort": "high"}},
        {"verbosity": "low", "text": {"verbosity": "low"}},
        {"response_format": {"type": "text"}, "text": {"format": {"type": "text"}}},
    ],
)
@pytest.mark.parametrize("api", ["auto", "chat", "responses"])
def test_two_that_say_the_same_thing_are_refused(twice: dict[str, Any], api: str) -> None:
    first = next(iter(twice))
    with pytest.raises(ValueError, match=f"{first}= and .*= say the same thing: give one of them"):
        chosen_api(twice, api)


def test_logprobs_and_what_else_to_include_go_together() -> None:
    both = {"logprobs": True, "include": ["file_search_call.results"]}
    assert translated(both, "responses") == {"include": [*LOGPROBS, "file_search_call.results"]}


# -- at the call -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("modell", "model"),
        ("system", "instructions"),
        ("system_prompt", "instructions"),
        ("temprature", "temperature"),
        ("max_tokes", "max_tokens"),
        ("temp", "temperature"),
        ("api_key", r"client=AsyncOpenAI\(api_key"),
        ("base_url", r"client=AsyncOpenAI\(base_url"),
        ("max_new_tokens", "max_output_tokens"),
        ("stop_sequences", "stop"),
        ("timeoutes", "timeouts"),
    ],
)
def test_a_name_that_neither_api_has_raises_at_the_call_and_names_what_is_near(name: str, near: str) -> None:
    given: dict[str, Any] = {name: "x"}
    with pytest.raises(
        TypeError, match=rf"no parameter '{name}': did you mean {near}=….* extra_body=\{{'{name}': …\}}"
    ):
        stream_cell("Why?", model="rehearsal", display=False, **given)


@pytest.mark.parametrize("name", ["top_k", "min_p", "chat_template_kwargs", "zzz"])
def test_a_name_that_only_some_servers_have_is_led_to_extra_body(name: str) -> None:
    given: dict[str, Any] = {name: 1}
    with pytest.raises(TypeError, match=rf"no parameter '{name}': What only your server knows goes into extra_body="):
        stream_cell("Why?", model="rehearsal", display=False, **given)


class Odd:
    pass


LOOP: list[Any] = []
LOOP.append(LOOP)


@pytest.mark.parametrize(
    ("value", "kind", "words"),
    [
        (math.nan, ValueError, "metadata= is nan, which is no number in JSON"),
        (-math.inf, ValueError, "metadata= is -inf"),
        ({"a": [1, math.inf]}, ValueError, r"metadata\.a\[1\] is inf"),
        ({1, 2}, TypeError, "metadata= is a set, which JSON cannot hold"),
        ({"a": print}, TypeError, r"metadata\.a is a builtin_function_or_method"),
        ({"a": Odd()}, TypeError, r"metadata\.a is an Odd"),
        ({"a": b"x"}, TypeError, r"metadata\.a is a bytes"),
        ({"a": Odd}, TypeError, r"metadata\.a is the class Odd, which JSON cannot hold$"),
        ({1: "a"}, TypeError, "metadata= has the key 1: in JSON a key is a string"),
        (LOOP, ValueError, r"^metadata(\[0\]){10}\[0… is nested in itself, or more than 100 levels deep$"),
        ({"a": Fraction(10**400)}, ValueError, r"metadata\.a is larger than any number that JSON's readers know"),
        ({"a": 10**5000}, ValueError, r"metadata\.a is larger than any number that JSON's readers know"),
        ((part for part in "ab"), TypeError, "metadata= is a generator"),
    ],
)
def test_what_json_cannot_hold_raises_at_the_call_and_says_where_it_is(
    value: Any, kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words):
        stream_cell("Why?", model="rehearsal", display=False, metadata=value)


class Owl(BaseModel):
    name: str


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("tools", [3], "tools= takes functions, pydantic models and JSON schemas, not int"),
        ("tools", [{}], "tools= must be a list of mappings, each with a 'type'"),
        (
            "tools",
            {"type": "function"},
            "tools= must be a list of functions, pydantic models or JSON schemas, not dict",
        ),
        ("functions", {"name": "x"}, "functions= must be a list of mappings"),
        ("tool_choice", {"type": ["x"]}, "tool_choice= must be a string, or a mapping with a 'type'"),
        ("tool_choice", {"type": "allowed_tools", "tools": None}, "'allowed_tools' has a list of tools"),
        ("tool_choice", {"type": "allowed_tools", "allowed_tools": {"tools": [1]}}, "has a list of tools"),
        ("tool_choice", 3, "tool_choice= must be a string"),
        ("include", [["x"]], "include= must be a list of strings"),
        ("stop", [1], "stop= must be a string or a list of strings"),
        ("logprobs", 3, "logprobs= must be True or False"),
        ("response_format", "json", r"response_format= must be a type \(a pydantic model, .* JSON schema, not str"),
        ("response_format", {"type": "jason"}, "response_format= must be a type, a JSON schema, or a mapping with"),
        ("text", {"format": Owl}, r"text\.format is the class Owl, .* give Owl\.model_json_schema\(\)$"),
        ("stream_options", [1], "stream_options= must be a mapping or None"),
        ("extra_headers", {"X-A": 1}, r"extra_headers \['X-A'\] must be a string of printable ASCII"),
        ("extra_headers", {"X-A": "sk-é"}, r"extra_headers \['X-A'\] must be a string of printable ASCII"),
        ("extra_headers", {"X-A": "sk\n"}, r"extra_headers \['X-A'\] must be a string of printable ASCII"),
        ("extra_headers", {"X-A": "\ud800"}, r"extra_headers \['X-A'\] must be a string of printable ASCII"),
        ("extra_headers", {"X A": "sk"}, "extra_headers has the name 'X A', which no header can have"),
        ("extra_headers", {1: "sk"}, "extra_headers has the name 1, which no header can have"),
        ("extra_query", {"a": {1, 2}}, "extra_query a is a set, which JSON cannot hold"),
        ("timeout", "3", "timeout must be a number of seconds above 0, or an httpx.Timeout"),
        ("timeout", math.nan, "timeout must be a number of seconds"),
        ("timeout", 0, "timeout must be a number of seconds"),
    ],
)
@pytest.mark.parametrize("api", ["auto", "chat", "responses"])
def test_a_value_of_a_shape_that_no_api_takes_raises_at_the_call(name: str, value: Any, words: str, api: str) -> None:
    given: dict[str, Any] = {name: value}
    with pytest.raises(TypeError, match=words) as raised:
        stream_cell("Why?", model="rehearsal", display=False, api=api, **given)
    assert "sk" not in str(raised.value).replace("asked", "")


def test_headers_queries_and_timeouts_that_can_be_sent_are_taken() -> None:
    cell = stream_cell(
        "Why?",
        model="rehearsal?rate=0",
        display=False,
        extra_headers=cast("Any", {"X-A": "a b", "x-empty": "", "X-None": openai.omit}),
        extra_query={"a": [1, "b", None], "c": {"d": True}},
        timeout=openai.Timeout(5, read=9),
    )
    assert cell.result()


@pytest.mark.parametrize("n", [2, True, "1"])
def test_a_cell_shows_one_answer(n: Any) -> None:
    with pytest.raises(ValueError, match="n= must be 1: a cell shows one answer"):
        stream_cell("Why?", model="rehearsal", display=False, n=n)


def test_none_and_the_sdks_marks_are_the_same_as_leaving_out() -> None:
    cell = stream_cell(
        "Why?", model="rehearsal?rate=0", display=False, seed=None, temperature=openai.NOT_GIVEN, stop=openai.omit
    )
    assert cell.result()
    assert cell.request is not None
    assert dict(cell.request.params) == {}
    assert cell.request.api == "auto"


# -- the table ---------------------------------------------------------------------------------------------------------

NOT_PARAMETERS = {
    "self": "the SDK's own",
    "model": "an argument of stream_cell",
    "instructions": "an argument of stream_cell",
    "messages": "the first argument",
    "input": "the first argument",
    "stream": "always on",
    "prompt": "the first argument has this name: goes into extra_body",
}


def test_the_table_has_every_parameter_of_the_newest_sdk() -> None:
    chat = set(inspect.signature(AsyncCompletions.create).parameters) - set(NOT_PARAMETERS)
    responses = set(inspect.signature(AsyncResponses.create).parameters) - set(NOT_PARAMETERS)
    names = {name for row in PARAMETERS for name in row.names} | set(OPTIONS)
    assert names == chat | responses
    assert {row.chat for row in PARAMETERS if row.chat} | set(OPTIONS) == (chat - {"max_tokens", "n"})
    tops = {row.responses.partition(".")[0] for row in PARAMETERS if row.responses}
    assert tops | set(OPTIONS) == responses


def test_an_editor_completes_every_parameter() -> None:
    names = {name for row in PARAMETERS for name in row.names} | set(OPTIONS)
    # The call has an argument of its own for tools, as it takes functions too.
    assert set(Parameters.__annotations__) == names - {"tools"}
    assert "tools" in inspect.signature(stream_cell).parameters
