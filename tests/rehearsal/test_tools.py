"""The scenario that calls tools, and what the others do where a request brings some: with the SDK, over real HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import openai
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamcell.rehearsal import RehearsalServer
from streamcell.rehearsal._request import Asked, Turn, read_chat, read_responses
from streamcell.rehearsal._thoughts import lacking_in_chat, lacking_in_responses
from streamcell.rehearsal._tools import Tool, tokens, tools_of

APIS = pytest.mark.parametrize("api", ["chat", "responses"])
ASKS = [{"role": "user", "content": "Do I need an umbrella?"}]


def function(name: str, **properties: Any) -> dict[str, Any]:
    """A function of the Responses API with these parameters, all of them required."""
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    return {"type": "function", "name": name, "parameters": schema}


WEATHER = function("weather", city={"type": "string"})
TIME = function("time", days={"type": "integer"})


@dataclass
class Told:
    """What came: the text, each call's name and arguments with their pieces, and the word for the end."""

    text: str
    calls: list[tuple[str, str]]
    pieces: int
    end: str | None


@pytest.fixture
def client(server: RehearsalServer) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=server.base_url, api_key="any key", max_retries=0) as client:
        yield client


def ask(
    client: openai.OpenAI, api: str, model: str, messages: Any = None, tools: Any = (WEATHER,), **more: Any
) -> Told:
    messages = ASKS if messages is None else messages
    return (_chat if api == "chat" else _responses)(client, model, messages, list(tools), more)


def _chat(client: openai.OpenAI, model: str, messages: Any, tools: list[Any], more: dict[str, Any]) -> Told:
    wrapped: Any = [{"type": "function", "function": {k: v for k, v in one.items() if k != "type"}} for one in tools]
    told, names, arguments = Told("", [], 0, None), dict[int, str](), dict[int, str]()
    with client.chat.completions.create(model=model, messages=messages, tools=wrapped, stream=True, **more) as stream:
        for choice in (choice for chunk in stream for choice in chunk.choices):
            told.text += choice.delta.content or ""
            told.end = choice.finish_reason or told.end
            for call in choice.delta.tool_calls or []:
                assert call.function is not None
                names.setdefault(call.index, call.function.name or "")
                arguments[call.index] = arguments.get(call.index, "") + (call.function.arguments or "")
                told.pieces += bool(call.function.arguments)
    told.calls = [(names[at], arguments[at]) for at in sorted(names)]
    return told


def _responses(client: openai.OpenAI, model: str, messages: Any, tools: list[Any], more: dict[str, Any]) -> Told:
    told, grown = Told("", [], 0, None), dict[str, str]()
    with client.responses.create(model=model, input=messages, tools=tools, stream=True, **more) as stream:
        for event in stream:
            if event.type == "response.output_text.delta":
                told.text += event.delta
            elif event.type == "response.function_call_arguments.delta":
                told.pieces += 1
                grown[event.item_id] = grown.get(event.item_id, "") + event.delta
            elif event.type == "response.function_call_arguments.done":
                assert event.arguments == grown[event.item_id]
            elif event.type == "response.completed":
                items = [one for one in event.response.output if one.type == "function_call"]
                told.calls = [(one.name, one.arguments) for one in items]
                assert [one.arguments for one in items] == list(grown.values())
                told.end = "tool_calls" if event.response.output[-1].type == "function_call" else "stop"
    return told


def after(results: list[str], text: str = "Let me look that up.") -> list[Any]:
    """The conversation once the tools have returned `results`, in the words of Chat Completions."""
    calls = [
        {"id": f"c{at}", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
        for at in range(len(results))
    ]
    said = {"role": "assistant", "content": text, "tool_calls": calls}
    return [
        *ASKS,
        said,
        *({"role": "tool", "tool_call_id": f"c{at}", "content": one} for at, one in enumerate(results)),
    ]


def items_after(results: list[str]) -> list[Any]:
    """The same in the words of the Responses API."""
    calls = [
        {"type": "function_call", "call_id": f"c{at}", "name": "w", "arguments": "{}"} for at in range(len(results))
    ]
    outputs = [{"type": "function_call_output", "call_id": f"c{at}", "output": one} for at, one in enumerate(results)]
    return [*ASKS, {"role": "assistant", "content": "Let me look that up."}, *calls, *outputs]


def back(api: str, results: list[str]) -> list[Any]:
    return after(results) if api == "chat" else items_after(results)


# -- rounds ------------------------------------------------------------------------------------------------------------


@APIS
def test_a_sentence_then_a_call_of_the_first_function_in_small_pieces(client: openai.OpenAI, api: str) -> None:
    told = ask(client, api, "rehearsal/tools", tools=[WEATHER, TIME])
    assert (told.text, told.calls, told.end) == (
        "Let me look that up.",
        [("weather", '{"city": "Oslo"}')],
        "tool_calls",
    )
    assert told.pieces == 4


@APIS
def test_the_results_are_quoted_as_code(client: openai.OpenAI, api: str) -> None:
    told = ask(client, api, "rehearsal/tools", back(api, ["Sunny\n```\n<b>\n````", "x" * 1_000]))
    assert (told.calls, told.end) == ([], "stop")
    assert "the 2 tools returned this" in told.text
    assert "\n`````\nSunny\n```\n<b>\n````\n`````\n" in told.text
    assert f"\n```\n{'x' * 600}…\n```\n" in told.text


@APIS
def test_the_answer_says_how_many_results_it_does_not_quote(client: openai.OpenAI, api: str) -> None:
    told = ask(client, api, "rehearsal/tools", back(api, [f"result {at}" for at in range(11)]))
    assert "result 7\n" in told.text
    assert "result 8" not in told.text
    assert "And 3 more." in told.text


@APIS
def test_a_further_question_is_another_round(client: openai.OpenAI, api: str) -> None:
    told = ask(client, api, "rehearsal/tools", [*back(api, ["Sunny"]), {"role": "user", "content": "And tomorrow?"}])
    assert [name for name, _ in told.calls] == ["weather"]


@APIS
def test_a_result_that_speaks_of_going_on_is_no_wish_to_continue(client: openai.OpenAI, api: str) -> None:
    told = ask(client, api, "rehearsal/tools", back(api, ["The rain will continue."]))
    assert "The rain will continue." in told.text
    assert told.calls == []


@APIS
def test_without_tools_it_says_so(client: openai.OpenAI, api: str) -> None:
    told = ask(client, api, "rehearsal/tools", tools=[])
    assert "brings none" in told.text
    assert told.calls == []


@APIS
def test_a_model_that_is_not_to_call_tools_answers(client: openai.OpenAI, api: str) -> None:
    assert ask(client, api, "rehearsal", tool_choice="none").calls == []
    assert [name for name, _ in ask(client, api, "rehearsal").calls] == ["weather"]


# -- a model that thinks -----------------------------------------------------------------------------------------------

THINKS = "rehearsal/tools?thinks=1"
SEALS = ["reasoning.encrypted_content"]


def called(client: openai.OpenAI, *, stream: bool) -> dict[str, Any]:
    """The message of Chat Completions that has the calls, put together by hand where it streams."""
    wrapped: Any = [{"type": "function", "function": {k: v for k, v in WEATHER.items() if k != "type"}}]
    asked: Any = {"model": THINKS, "messages": ASKS, "tools": wrapped}
    if not stream:
        made: Any = client.chat.completions.create(**asked).choices[0].message
        return dict(made.model_dump(exclude_none=True))
    message: dict[str, Any] = {"role": "assistant", "content": "", "reasoning_content": "", "tool_calls": []}
    with client.chat.completions.create(**asked, stream=True) as chunks:
        for delta in (choice.delta for chunk in chunks for choice in chunk.choices):
            message["content"] += delta.content or ""
            message["reasoning_content"] += (delta.model_extra or {}).get("reasoning_content", "")
            for call in delta.tool_calls or []:
                if call.id:
                    message["tool_calls"].append(call.model_dump(exclude={"index"}))
                elif call.function is not None:
                    message["tool_calls"][0]["function"]["arguments"] += call.function.arguments
    return message


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
def test_chat_completions_without_the_thoughts_are_refused(client: openai.OpenAI, stream: bool) -> None:
    message = called(client, stream=stream)
    [call] = message["tool_calls"]
    result = {"role": "tool", "tool_call_id": call["id"], "content": "Sunny"}
    assert "Sunny" in ask(client, "chat", THINKS, [*ASKS, message, result]).text
    unsigned = {**message, "tool_calls": [{k: v for k, v in call.items() if k != "extra_content"}]}
    with pytest.raises(openai.BadRequestError, match="missing a thought_signature"):
        ask(client, "chat", THINKS, [*ASKS, unsigned, result])
    for thought in (None, "", "Something else."):
        with pytest.raises(openai.BadRequestError, match="`reasoning_content` in the thinking mode must be passed"):
            ask(client, "chat", THINKS, [*ASKS, {**message, "reasoning_content": thought}, result])
    # It is the model of this name that thinks.
    assert "Sunny" in ask(client, "chat", "rehearsal/tools", [*ASKS, unsigned, result]).text


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
def test_responses_without_the_thoughts_are_refused(client: openai.OpenAI, stream: bool) -> None:
    given: Any = {"model": THINKS, "tools": [WEATHER], "include": SEALS}
    if stream:
        with client.responses.create(**given, input=ASKS, stream=True) as events:
            [response] = [event.response for event in events if event.type == "response.completed"]
    else:
        response = client.responses.create(**given, input=ASKS)
    thought, text, call = (one.model_dump(exclude_none=True) for one in response.output)
    result = {"type": "function_call_output", "call_id": call["call_id"], "output": "Sunny"}

    def told(*items: Any) -> str:
        messages: Any = [*ASKS, *items, result]
        return str(client.responses.create(**given, input=messages).output_text)

    assert "Sunny" in told(thought, text, call)
    assert "Sunny" in told(thought, call)
    unsealed = {k: v for k, v in thought.items() if k != "encrypted_content"}
    for items, words in (
        ((text, call), "of type 'function_call' was provided without its required 'reasoning' item: 'rs_"),
        ((text, call, thought), "of type 'function_call' was provided without its required 'reasoning' item: 'rs_"),
        ((thought, text, call, thought), "of type 'reasoning' was provided without its required following item."),
        ((unsealed, call), "not found. Items are not persisted when `store` is set to false."),
    ):
        with pytest.raises(openai.BadRequestError, match=words):
            told(*items)
    # Who has not asked for them cannot send them: nothing is stored here.
    del given["include"]
    assert "Sunny" in told(call)


@settings(deadline=None)
@given(
    items=st.lists(
        st.none()
        | st.integers()
        | st.dictionaries(
            st.sampled_from(["type", "role", "id", "call_id", "tool_calls", "reasoning_content"]),
            st.none()
            | st.just([])
            | st.just([7])
            | st.sampled_from(["reasoning", "assistant", "user", "function_call", "message"]),
            max_size=4,
        ),
        max_size=6,
    )
)
def test_no_shape_of_a_request_makes_it_fail(items: list[Any]) -> None:
    assert isinstance(lacking_in_chat(items), str)
    assert isinstance(lacking_in_responses(items, SEALS), str)
    assert lacking_in_responses(items, 7) == ""


# -- options -----------------------------------------------------------------------------------------------------------


@APIS
def test_options(client: openai.OpenAI, api: str) -> None:
    tools = [WEATHER, TIME]
    both = ask(client, api, "rehearsal/tools?parallel=1", tools=tools)
    assert both.calls == [("weather", '{"city": "Oslo"}'), ("time", '{"days": 3}')]
    silent = ask(client, api, "rehearsal/tools?silent=1")
    assert (silent.text, silent.calls, silent.end) == ("", [("weather", '{"city": "Oslo"}')], "tool_calls")
    assert ask(client, api, "rehearsal/tools?unknown=1").calls == [("no_such_tool", '{"city": "Oslo"}')]
    assert ask(client, api, "rehearsal/tools?broken=1").calls == [("weather", '{"city": "Oslo"')]
    [(_, huge)] = ask(client, api, "rehearsal/tools?huge=1").calls
    assert json.loads(huge) == {"city": "x" * 200_000}
    assert [name for name, _ in ask(client, api, "rehearsal/tools?loop=1", back(api, ["Sunny"])).calls] == ["weather"]


@APIS
@pytest.mark.parametrize(
    "fault",
    ["stall?seconds=0&after=8", "keep_alive?seconds=0", "crlf", "bytewise", "lump", "slow_head?seconds=0"],
)
def test_an_answer_with_a_call_ends_for_it_whatever_happens_on_the_way(
    client: openai.OpenAI, api: str, fault: str
) -> None:
    told = ask(client, api, f"rehearsal/{fault}")
    assert (told.calls, told.end) == ([("weather", '{"city": "Oslo"}')], "tool_calls")


@APIS
def test_a_cut_in_the_middle_of_the_arguments(client: openai.OpenAI, api: str) -> None:
    told = ask(client, api, "rehearsal/cut?after=9")
    assert (told.pieces, told.end) == (2, None)


def test_a_whole_answer_has_its_calls(client: openai.OpenAI) -> None:
    tools: Any = [{"type": "function", "function": {k: v for k, v in WEATHER.items() if k != "type"}}]
    for model, text in (("tools", "Let me look that up."), ("tools?silent=1", None), ("json", "Let me look that up.")):
        messages: Any = ASKS
        [choice] = client.chat.completions.create(model=f"rehearsal/{model}", messages=messages, tools=tools).choices
        assert (choice.message.content, choice.finish_reason) == (text, "tool_calls")
        [call] = choice.message.tool_calls or []
        assert call.type == "function"
        assert call.function.arguments == '{"city": "Oslo"}'


def test_a_stored_response_is_answered_by_its_id(client: openai.OpenAI) -> None:
    tools: Any = [WEATHER]
    asks: Any = ASKS
    first = client.responses.create(model="rehearsal/tools", input=asks, tools=tools)
    [call] = [one for one in first.output if one.type == "function_call"]
    output: Any = [{"type": "function_call_output", "call_id": call.call_id, "output": "Sunny"}]
    second = client.responses.create(model="rehearsal/tools", previous_response_id=first.id, input=output, tools=tools)
    assert "Sunny" in second.output_text


@APIS
def test_a_continuation_has_the_call_too(client: openai.OpenAI, api: str) -> None:
    further = [*ASKS, {"role": "assistant", "content": "Let me"}, {"role": "user", "content": "Go on."}]
    told = ask(client, api, "rehearsal/tools", further)
    assert told.text.endswith("look that up.")
    assert told.calls == [("weather", '{"city": "Oslo"}')]


# -- attempts and rounds -----------------------------------------------------------------------------------------------


@APIS
def test_a_round_begins_its_own_attempts_and_a_retry_is_the_next(client: openai.OpenAI, api: str) -> None:
    model = "rehearsal/rate_limit,tools"
    for messages, calls in ((ASKS, 1), (back(api, ["Sunny"]), 0), (back(api, ["Sunny", "Rainy"]), 0)):
        with pytest.raises(openai.RateLimitError):
            ask(client, api, model, messages)
        assert len(ask(client, api, model, messages).calls) == calls


# -- requests ----------------------------------------------------------------------------------------------------------


def test_tools_are_read_in_either_apis_shape_and_what_is_none_is_passed_over() -> None:
    inner = {key: value for key, value in WEATHER.items() if key != "type"}
    odd = [None, 3, {}, {"type": "function"}, {"type": "function", "name": 7}, {"type": "web_search"}, "weather"]
    schema = WEATHER["parameters"]
    assert tools_of({"tools": [*odd, WEATHER]}) == (Tool("weather", schema),)
    assert tools_of({"tools": [{"type": "function", "function": inner}]}) == (Tool("weather", schema),)
    assert tools_of({"tools": [{"type": "function", "name": "now", "parameters": [1]}]}) == (Tool("now", {}),)
    assert tools_of({"tools": WEATHER}) == tools_of({}) == ()


def test_results_are_those_since_the_user_spoke_last() -> None:
    asked = read_chat({"model": "m", "messages": [*after(["old"]), ASKS[0], *after(["new", "newer"])[1:]]})
    assert asked.results == ["new", "newer"]
    items = [*items_after(["old"]), ASKS[0], *items_after(["new", "newer"])[1:]]
    assert read_responses({"model": "m", "input": items}).results == ["new", "newer"]
    parts = [{"type": "input_text", "text": "in "}, {"type": "input_text", "text": "parts"}]
    output = {"type": "custom_tool_call_output", "call_id": "c", "output": parts}
    assert read_responses({"model": "m", "input": [output]}).results == ["in parts"]


# -- arguments ---------------------------------------------------------------------------------------------------------


def example(schema: dict[str, Any]) -> Any:
    """The arguments that are made for a tool of one required parameter `it`, whose schema this is."""
    defined = {"$defs": schema.pop("$defs")} if "$defs" in schema else {}
    made = arguments({"type": "object", "properties": {"it": schema}, "required": ["it"], **defined})
    return made["it"]


def arguments(schema: dict[str, Any]) -> Any:
    asked = Asked(api="chat", model="tools", turns=(Turn("user", "?"),), tools=(Tool("t", schema),))
    made = "".join(token.text for token in list(tokens(asked, {"silent": 1}))[1:])
    return json.loads(made, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


A_COLOUR = {"$defs": {"a/b~c": {"enum": ["red", "blue"]}}}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string"}, "it"),
        ({"type": "integer"}, 1),
        ({"type": "integer", "minimum": 2.5}, 3),
        ({"type": "integer", "exclusiveMinimum": 5}, 6),
        ({"type": "number", "maximum": -1}, -1),
        ({"type": "number", "exclusiveMaximum": 1}, 0),
        ({"type": "number", "minimum": "2", "maximum": False}, 1),
        ({"type": "number", "minimum": float("inf")}, 1),
        ({"type": "integer", "minimum": 10**400}, 1),
        ({"type": "boolean"}, True),
        ({"type": "null"}, None),
        ({"type": ["null", "integer"]}, 1),
        ({"type": "array", "items": {"type": "integer"}}, [1]),
        ({"type": "array", "prefixItems": [{"type": "integer"}, {"type": "boolean"}]}, [1, True]),
        ({"type": "object", "properties": {"a": {"type": "integer"}, "b": {}}, "required": ["a"]}, {"a": 1}),
        ({"enum": ["red", "blue"]}, "red"),
        ({"const": 7}, 7),
        ({"type": "string", "default": "blue"}, "blue"),
        ({"type": "string", "examples": ["green"]}, "green"),
        ({"anyOf": [{"type": "null"}, {"type": "integer"}]}, 1),
        ({"allOf": [{"type": "integer"}]}, 1),
        ({"type": "string", "format": "date"}, "2026-06-21"),
        ({"$ref": "#/$defs/a~1b~0c", **A_COLOUR}, "red"),
        ({"$ref": "#/$defs/none", **A_COLOUR}, None),
        ({"$ref": "https://example.org/schema"}, None),
        ({"type": 5}, "it"),
        ({"enum": []}, "it"),
    ],
    ids=str,
)
def test_an_example_for_each_kind_of_schema(schema: dict[str, Any], value: Any) -> None:
    assert example(dict(schema)) == value


@pytest.mark.parametrize(
    ("name", "word"), [("city", "Oslo"), ("country", "Norway"), ("query", "entropy"), ("colour", "colour")]
)
def test_a_parameters_name_chooses_a_pleasant_word(name: str, word: str) -> None:
    assert arguments(function("t", **{name: {"type": "string"}})["parameters"]) == {name: word}


@pytest.mark.parametrize("schema", [{}, {"type": "string"}, {"type": "array"}, {"const": 3}, {"$ref": "#"}], ids=str)
def test_arguments_are_an_object_whatever_the_schema(schema: dict[str, Any]) -> None:
    assert arguments(schema) == {}


def test_a_schema_that_refers_to_itself_many_times_over_ends_soon() -> None:
    names = [f"p{at}" for at in range(40)]
    node = {"type": "object", "properties": {name: {"$ref": "#/$defs/node"} for name in names}, "required": names}
    made = json.dumps(arguments({"$ref": "#/$defs/node", "$defs": {"node": node}}))
    assert made.count("null") < 1_000


@given(
    schema=st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.sampled_from(["object", "array", "integer", "#", "#/properties/a"]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["type", "properties", "required", "items", "prefixItems", "enum", "anyOf", "$ref", "format", "a"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_no_schema_makes_the_server_raise(schema: Any) -> None:
    [tool] = tools_of({"tools": [{"type": "function", "name": "t", "parameters": schema}]})
    assert isinstance(arguments(dict(tool.schema)), dict)
