"""The user's tools: how they are described to the model, and which function runs when the model calls one."""

from __future__ import annotations

import functools
import inspect
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

__all__ = ["Approve", "Tool", "Toolbox", "toolbox_of"]

_NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}")
"""Function names that both APIs accept."""

_MOST: Final = 128
"""The most tools that OpenAI accepts in one request."""


@dataclass(frozen=True)
class Tool:
    """A tool that can run here.

    Attributes:
        name: its name.
        description: what it does, for the model; may be empty.
        schema: the JSON schema of its arguments.
        call: takes the arguments as JSON text, checks them, runs the tool, and returns its result, which may be
            awaitable.
    """

    name: str
    description: str
    schema: Mapping[str, Any]
    call: Callable[[str], Any] = field(repr=False)

    @property
    def declaration(self) -> dict[str, Any]:
        """The tool as an entry of a request's `tools`, in the form of the Responses API."""
        about = {"description": self.description} if self.description else {}
        # Not strict: strict schemas do not allow defaults, which parameters of Python functions can have.
        return {"type": "function", "name": self.name, **about, "parameters": dict(self.schema), "strict": False}


Approve = Callable[[str, Mapping[str, Any]], Any]
"""Decides whether a call runs, from the tool's name and arguments: True, False, or None to ask the user."""


def _nothing(_value: object) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True)
class Toolbox:
    """The user's tools in one answer.

    Attributes:
        tools: the tools that can run here, by name.
        declarations: the entries of the request's `tools`.
        declared: the names of the tools that cannot run here.
        timeout: how many seconds each call may take.
        approve: how calls are approved: True: all, False: none, None: the user decides; or a function that decides.
        bundle: returns a value as the notebook would display it, by MIME type.
        recorded: the results come from a recording, so that nothing runs.
    """

    tools: Mapping[str, Tool] = field(default_factory=dict)
    declarations: tuple[Mapping[str, Any], ...] = ()
    declared: frozenset[str] = frozenset()
    timeout: float = 60.0
    approve: bool | Approve | None = None
    bundle: Callable[[object], Mapping[str, Any]] = _nothing
    recorded: bool = False


def toolbox_of(given: Sequence[Any]) -> Toolbox:
    """Return the toolbox for functions, pydantic models, JSON schemas, and tools in the form of either API.

    Raises TypeError for anything else and for a tool without a schema, and ValueError for an invalid or repeated name.
    """
    if isinstance(given, (str, bytes, Mapping)) or not isinstance(given, Sequence):
        raise TypeError(f"tools= must be a list of functions, pydantic models or JSON schemas, not {_kind(given)}")
    if len(given) > _MOST:
        raise ValueError(f"tools= has {len(given)} tools; at most {_MOST} can be sent")
    declarations: list[Mapping[str, Any]] = []
    runnable: dict[str, Tool] = {}
    declared: set[str] = set()
    for one in given:
        tool = None if isinstance(one, Mapping) else _tool(one)
        declarations.append(_as_function(one) if tool is None else tool.declaration)
        name = _name_of(declarations[-1])
        if name in declared or name in runnable:
            raise ValueError(f"tools= has two tools named {name!r}: the model could not tell them apart")
        if tool is not None:
            runnable[tool.name] = tool
        elif name is not None:
            declared.add(name)
    return Toolbox(runnable, tuple(declarations), frozenset(declared))


def _name_of(declaration: Mapping[str, Any]) -> str | None:
    inner = declaration.get("function", declaration.get("custom", declaration))
    name = inner.get("name") if isinstance(inner, Mapping) else None
    return name if isinstance(name, str) and declaration.get("type") in ("function", "custom") else None


def _as_function(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a JSON schema of an object as a function with its title as the name; return other tools unchanged."""
    if given.get("type") != "object" or "properties" not in given:
        return given
    name = given.get("title")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(f"a JSON schema in tools= needs a title that can be a function's name, not {name!r}")
    about = {"description": given["description"]} if isinstance(given.get("description"), str) else {}
    schema = {key: value for key, value in given.items() if key != "description"}
    return {"type": "function", "name": name, **about, "parameters": schema, "strict": False}


def _tool(one: Any) -> Tool:
    from pydantic import BaseModel

    if isinstance(one, type) and issubclass(one, BaseModel):
        return _of_model(one)
    if callable(one) and not isinstance(one, type):
        return _of_function(one)
    raise TypeError(f"tools= takes functions, pydantic models and JSON schemas, not {_kind(one)}")


def _kind(one: object) -> str:
    return f"the class {one.__name__}" if isinstance(one, type) else type(one).__name__


def _checked(name: object) -> str:
    if isinstance(name, str) and _NAME.fullmatch(name):
        return name
    raise ValueError(f"a tool cannot be named {name!r}: give it a name of letters, digits, _ and -, at most 64 of them")


def _of_model(model: Any) -> Tool:
    """Return a tool that checks its arguments with a model. If the model's instances are callable, it calls them."""
    name = _checked(model.__name__)
    schema = dict(_schema(name, model.model_json_schema))
    description = schema.pop("description", "")

    def call(arguments: str) -> Any:
        found = model.model_validate(_object(arguments))
        return found() if callable(found) else found

    return Tool(name, str(description), schema, call)


def _of_function(function: Any) -> Tool:
    from pydantic import TypeAdapter
    from pydantic_core import ArgsKwargs

    if isinstance(function, functools.partial):
        raise TypeError("tools= has a functools.partial, which has no name: write a function around it")
    name = _checked(getattr(function, "__name__", type(function).__name__))
    description, words = _documented(function)
    function = function if inspect.isroutine(function) else function.__call__
    kinds = {one.kind for one in _parameters(name, function)}
    if kinds & {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD, inspect.Parameter.POSITIONAL_ONLY}:
        raise TypeError(f"the tool {name} must name all its parameters: no *args, no **kwargs, and none before a /")
    adapter = _schema(name, lambda: TypeAdapter(function))
    schema = dict(_schema(name, adapter.json_schema))
    # If no parameter has a type, pydantic leaves out the properties, but some servers require them.
    properties = {
        parameter: {**about, **({"description": words[parameter]} if parameter in words else {}), **_said(about)}
        for parameter, about in schema.get("properties", {}).items()
    }

    def call(arguments: str) -> Any:
        return adapter.validate_python(ArgsKwargs((), _object(arguments)))

    return Tool(name, description, {**schema, "properties": properties}, call)


def _said(about: Mapping[str, Any]) -> dict[str, Any]:
    """Return the description in a parameter's annotation, which takes precedence over the docstring."""
    return {"description": about["description"]} if "description" in about else {}


def _parameters(name: str, function: Any) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError) as error:
        raise TypeError(f"the tool {name} has no signature that Python can read: wrap it in a function") from error


def _schema(name: str, make: Callable[[], Any]) -> Any:
    try:
        return make()
    except Exception as error:
        words = f"{type(error).__name__}: {error}".splitlines()[0]
        raise TypeError(f"the tool {name} has a parameter that JSON schema cannot describe ({words})") from error


def _documented(function: Any) -> tuple[str, dict[str, str]]:
    """Return the descriptions of a function and of its parameters from its docstring, in any of the usual styles."""
    import docstring_parser

    text = inspect.getdoc(function if inspect.isroutine(function) else type(function)) or ""
    try:
        found = docstring_parser.parse(text)
    except docstring_parser.ParseError:
        return text, {}
    description = "\n\n".join(part for part in (found.short_description, found.long_description) if part)
    return description, {one.arg_name: one.description for one in found.params if one.description}


def _object(arguments: str) -> dict[str, Any]:
    found = json.loads(arguments or "{}")
    if not isinstance(found, dict):
        raise TypeError(f"the arguments must be a JSON object, not {type(found).__name__}")
    return found
