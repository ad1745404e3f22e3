"""The user's tools: what the model is told of them, how they are called, and what comes of it."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Annotated, Any, Literal, Optional

import pytest
from pydantic import BaseModel, Field

from streamcell.answer.parts import CallState
from streamcell.engine.calls import RESULT, SHOWN, ToolRun, ask_approval, shown_of, text_of
from streamcell.engine.toolbox import Toolbox, toolbox_of


class Unit(str, Enum):
    CELSIUS = "C"
    FAHRENHEIT = "F"


class Place(BaseModel):
    """Where it is."""

    city: str = Field(description="The city's name.")
    country: Optional[str] = None  # noqa: UP045  # as many still write it


def weather(place: Place, unit: Unit = Unit.CELSIUS, days: Annotated[int, Field(ge=1, le=7)] = 1) -> str:
    """Say how the weather is.

    It asks nobody.

    Args:
        place: Where to look.
        unit: The scale.
    """
    return f"{place.city}: {20 * days} {unit.value}"


def numpy_style(count: int, name: str = "x") -> None:
    """Do it.

    Parameters
    ----------
    count : int
        How often.
    """


def sphinx_style(count: int) -> None:
    """Do it.

    :param count: How often.
    """


def declared(*tools: Any) -> list[dict[str, Any]]:
    return [json.loads(json.dumps(one)) for one in toolbox_of(tools).declarations]


def run(tool: Any, arguments: str | dict[str, Any] = "{}", box: Toolbox | None = None) -> dict[str, Any]:
    """Run a tool as a cell does, and return what came of it."""
    box = box or toolbox_of([tool])
    ended, came = threading.Event(), dict[str, Any]()

    def end(fields: Mapping[str, Any], noted: Mapping[str, Any]) -> None:
        came.update(fields, **noted)
        ended.set()

    [name] = box.tools
    ToolRun(box, name, arguments if isinstance(arguments, str) else json.dumps(arguments), end).start()
    assert ended.wait(60)
    return came


# -- what the model is told ------------------------------------------------------------------------------------------


def test_a_function_is_described_by_its_types_and_its_docstring() -> None:
    [told] = declared(weather)
    assert (told["type"], told["name"], told["strict"]) == ("function", "weather", False)
    assert told["description"] == "Say how the weather is.\n\nIt asks nobody."
    schema = told["parameters"]
    assert (schema["type"], schema["required"], schema["additionalProperties"]) == ("object", ["place"], False)
    assert schema["properties"]["place"]["description"] == "Where to look."
    assert schema["properties"]["unit"]["description"] == "The scale."
    assert (schema["properties"]["days"]["maximum"], schema["properties"]["days"]["default"]) == (7, 1)
    assert schema["$defs"]["Unit"]["enum"] == ["C", "F"]
    assert schema["$defs"]["Place"]["required"] == ["city"]


@pytest.mark.parametrize("function", [numpy_style, sphinx_style])
def test_docstrings_of_every_usual_style_describe_parameters(function: Callable[..., None]) -> None:
    [told] = declared(function)
    assert told["description"] == "Do it."
    assert told["parameters"]["properties"]["count"]["description"] == "How often."


def test_a_model_is_described_by_its_fields() -> None:
    [told] = declared(Place)
    assert (told["name"], told["description"]) == ("Place", "Where it is.")
    assert told["parameters"]["properties"]["city"]["description"] == "The city's name."


def test_methods_async_functions_and_objects_that_can_be_called_are_tools() -> None:
    class Adder:
        """Add numbers."""

        def __call__(self, a: int) -> int:
            return a + 1

        def more(self, a: int) -> int:
            return a + 2

    async def later(a: int) -> int:
        await asyncio.sleep(0)
        return a + 3

    adder = Adder()
    assert [one["name"] for one in declared(adder, adder.more, later)] == ["Adder", "more", "later"]
    assert [run(one, {"a": 1})["result"] for one in (adder, adder.more, later)] == ["2", "3", "4"]


def test_what_has_no_types_takes_anything() -> None:
    def loose(a, b=2):  # type: ignore[no-untyped-def]
        return [a, b]

    assert declared(loose)[0]["parameters"]["required"] == ["a"]
    assert run(loose, {"a": {"x": 1}})["result"] == '[{"x": 1}, 2]'


def test_schemas_and_tools_of_an_api_are_named_and_not_run() -> None:
    bare = {"title": "look", "type": "object", "description": "Look.", "properties": {"at": {"type": "string"}}}
    nested = {"type": "function", "function": {"name": "nested", "parameters": {"type": "object"}}}
    hosted = {"type": "web_search"}
    box = toolbox_of([bare, nested, hosted, weather])
    assert box.declared == {"look", "nested"}
    assert set(box.tools) == {"weather"}
    assert box.declarations[0] == {
        "type": "function",
        "name": "look",
        "description": "Look.",
        "parameters": {"title": "look", "type": "object", "properties": {"at": {"type": "string"}}},
        "strict": False,
    }
    assert box.declarations[1:3] == (nested, hosted)


def spread(*many: int) -> None: ...
def keywords(**many: int) -> None: ...
def before(a: int, /) -> None: ...
def lock(a: threading.Lock) -> None: ...
def unknown(a: Nowhere) -> None: ...  # type: ignore[name-defined]  # noqa: F821


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        (weather, TypeError, "must be a list of functions, pydantic models or JSON schemas, not function"),
        ("weather", TypeError, "must be a list"),
        ([3], TypeError, "takes functions, pydantic models and JSON schemas, not int"),
        ([int], TypeError, "not the class int"),
        ([lambda: 1], ValueError, "cannot be named '<lambda>'"),
        ([partial(weather, days=1)], TypeError, "write a function around it"),
        ([spread], TypeError, "must name all its parameters"),
        ([keywords], TypeError, "must name all its parameters"),
        ([before], TypeError, "must name all its parameters"),
        ([lock], TypeError, "the tool lock has a parameter that JSON schema cannot describe"),
        ([unknown], TypeError, "the tool unknown has a parameter"),
        ([weather, weather], ValueError, "two tools named 'weather'"),
        ([weather, {"type": "function", "name": "weather"}], ValueError, "two tools named 'weather'"),
        ([{"type": "object", "properties": {}}], ValueError, "needs a title"),
        ([{"type": "web_search"}] * 129, ValueError, "at most 128"),
    ],
)
def test_what_cannot_be_a_tool_is_refused_at_the_call(given: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        toolbox_of(given)


# -- what comes of a call --------------------------------------------------------------------------------------------


def test_arguments_are_checked_and_converted() -> None:
    came = run(weather, {"place": {"city": "Oslo"}, "unit": "F", "days": "2"})
    assert (came["state"], came["result"], came["shown"]) == (CallState.DONE, "Oslo: 40 F", None)
    assert came["seconds"] >= 0


@pytest.mark.parametrize("arguments", [{}, {"place": 3}, {"place": {"city": "Oslo"}, "days": 8}, {"nothing": 1}])
def test_arguments_that_do_not_fit_go_back_as_words_and_nothing_runs(arguments: dict[str, Any]) -> None:
    came = run(weather, arguments)
    assert came["state"] is CallState.FAILED
    assert came["result"].startswith("ValidationError: ")


def test_a_model_checks_and_one_that_can_be_called_is_called() -> None:
    class Doubled(BaseModel):
        a: int

        def __call__(self) -> int:
            return self.a * 2

    assert run(Place, {"city": "Oslo"})["result"] == '{"city":"Oslo","country":null}'
    assert run(Doubled, {"a": 2})["result"] == "4"


def test_what_a_tool_raises_goes_back_as_its_message_and_its_traceback_to_the_log() -> None:
    def fails() -> None:
        raise LookupError(f"no key {'sk'}-proj-{'abcdefgh' * 3} here")

    came = run(fails)
    assert came["state"] is CallState.FAILED
    assert came["result"].startswith("LookupError: no key")
    assert "abcdefgh" not in came["result"]
    assert "in fails" in came["traceback"]
    assert run(_exits)["result"] == "SystemExit: 3"


def _exits() -> None:
    raise SystemExit(3)


def test_a_coroutine_is_cancelled_when_nobody_waits_any_more() -> None:
    begun, cancelled, ended = threading.Event(), threading.Event(), threading.Event()

    async def hangs() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    running = ToolRun(toolbox_of([hangs]), "hangs", "{}", lambda _fields, _noted: ended.set())
    running.start()
    assert begun.wait(60)
    running.cancel()
    assert cancelled.wait(60)
    assert ended.wait(60)


class Odd:
    def __str__(self) -> str:
        return "odd"


@dataclass
class Number:
    held: int

    def item(self) -> int:
        return self.held


LOOP: list[Any] = []
LOOP.append(LOOP)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("as it is", "as it is"),
        (None, "(no result)"),
        ({"a": [1, None, "ä"]}, '{"a": [1, null, "ä"]}'),
        ([Number(3), Place(city="Oslo")], '[3, {"city": "Oslo", "country": null}]'),
        (Odd(), "odd"),
        (LOOP, "[[...]]"),
        ("\ud800", "?"),
        (b"ab", "b'ab'"),
        ("x" * (RESULT + 5), "x" * RESULT + "… (5 more characters were left out)"),
    ],
)
def test_what_a_tool_returns_is_a_text_for_the_model(value: Any, text: str) -> None:
    assert text_of(value) == text


@pytest.mark.parametrize(
    ("bundle", "shown"),
    [
        ({}, None),
        ({"text/plain": "x"}, None),
        ({"text/html": "<table>", "text/plain": "x"}, ("text/html", "<table>")),
        ({"text/html": "<p>", "image/png": "aGk=\n"}, ("image/png", "aGk=")),
        ({"image/png": b"hi"}, ("image/png", "aGk=")),
        ({"text/html": "x" * (SHOWN + 1), "text/markdown": "*x*"}, ("text/markdown", "*x*")),
        ({"text/html": 3, "text/markdown": ""}, None),
    ],
)
def test_the_richest_of_what_the_notebook_would_display_is_shown(
    bundle: dict[str, Any], shown: tuple[str, str] | None
) -> None:
    assert shown_of(Odd(), lambda _: bundle) == shown
    assert shown_of("text", lambda _: bundle) is None


def test_what_cannot_be_displayed_is_shown_as_text() -> None:
    def raises(_: object) -> Mapping[str, Any]:
        raise RuntimeError("no")

    assert shown_of(Odd(), raises) is None


# -- who decides -----------------------------------------------------------------------------------------------------


def _raises(*_: object) -> bool:
    raise RuntimeError("no")


async def _later(name: str, arguments: Mapping[str, Any]) -> bool:
    await asyncio.sleep(0)
    return name == "add" and arguments["a"] == 1


@pytest.mark.parametrize(
    ("approve", "answer"),
    [
        (lambda name, arguments: name == "add" and arguments == {"a": 1}, True),
        (lambda *_: False, False),
        (lambda *_: None, None),
        (lambda *_: "yes", False),
        (lambda: True, False),
        (_raises, False),
        (_later, True),
    ],
)
def test_only_a_plain_yes_is_one(approve: Any, answer: Literal[True, False] | None) -> None:
    assert ask_approval(approve, "add", '{"a": 1}') is answer
