"""Calls of the tools in a request: which tools, with which arguments, and an answer from their results. Pure."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from . import _tokens
from ._steps import Argument, Called, Piece, Thought, Token
from ._thoughts import thought

if TYPE_CHECKING:
    from ._faults import Settings
    from ._request import Asked

_DEPTH: Final = 8  # levels of a schema that an example fills
_VALUES: Final = 200  # values of an example, because a schema can refer to itself many times
_MOST: Final = 1e15  # the largest bound of numbers that an example respects
_HUGE: Final = 200_000  # characters of huge arguments
_SHOWN: Final = 600  # characters of a result that the answer quotes
_RESULTS: Final = 8  # results that it quotes

_WORDS: Final = {
    "city": "Oslo",
    "place": "Oslo",
    "location": "Oslo",
    "country": "Norway",
    "language": "English",
    "name": "Ada",
    "query": "entropy",
    "question": "What is entropy?",
    "topic": "entropy",
    "text": "a text",
    "expression": "6 * 7",
    "url": "https://example.org",
    "path": "notes.txt",
    "unit": "celsius",
}
FORMATS: Final = {
    "date": "2026-06-21",
    "date-time": "2026-06-21T12:00:00Z",
    "time": "12:00:00Z",
    "duration": "P1D",
    "email": "ada@example.org",
    "uri": "https://example.org",
    "uuid": "00000000-0000-4000-8000-000000000000",
}
_NUMBERS: Final = {"days": 3, "year": 2026, "count": 3}


@dataclass(frozen=True)
class Tool:
    """A function in the request."""

    name: str
    schema: Mapping[str, Any]


def tools_of(body: Mapping[str, Any]) -> tuple[Tool, ...]:
    """The functions in a request's tools, in either API's form; empty if the model must not call any."""
    given = body.get("tools") if body.get("tool_choice") != "none" else None
    found: list[Tool] = []
    for one in given if isinstance(given, list) else []:
        inner = one.get("function", one) if isinstance(one, dict) and one.get("type") == "function" else None
        name = inner.get("name") if isinstance(inner, dict) else None
        if isinstance(inner, dict) and isinstance(name, str):
            schema = inner.get("parameters")
            found.append(Tool(name, schema if isinstance(schema, dict) else {}))
    return tuple(found)


def tokens(asked: Asked, settings: Settings) -> Iterator[Token]:
    """A sentence and the calls; or an answer that quotes their results, if the request has them."""
    if not asked.tools:
        yield from map(
            Piece, _tokens.pieces("This is a rehearsal of tools, and the request brings none: give `tools=`.")
        )
        return
    if asked.results and not settings.get("loop"):
        yield from map(Piece, _tokens.pieces(_answer(asked.results)))
        return
    thinks = bool(settings.get("thinks"))
    if thinks:
        yield from (Thought(piece, shown=True) for piece in _tokens.pieces(thought(asked.round)))
    if not settings.get("silent"):
        yield from map(Piece, _tokens.pieces("Let me look that up."))
    for at, tool in enumerate(asked.tools if settings.get("parallel") else asked.tools[:1]):
        yield Called("no_such_tool" if settings.get("unknown") else tool.name, signed=thinks and at == 0)
        yield from map(Argument, _pieces(_arguments(tool, settings)))


def _arguments(tool: Tool, settings: Settings) -> str:
    found = _Example(tool.schema).value(tool.schema)
    example = dict(found) if isinstance(found, dict) else {}
    if settings.get("huge"):
        example[next((name for name, one in example.items() if isinstance(one, str)), "text")] = "x" * _HUGE
    written = json.dumps(example, ensure_ascii=False)
    return written[:-1] if settings.get("broken") else written


def _pieces(text: str) -> Iterator[str]:
    """Cut a text into the pieces in which models stream arguments; a long text into longer pieces."""
    size = max(4, len(text) // 200)
    yield from (text[at : at + size] for at in range(0, len(text), size))


def _answer(results: Sequence[str]) -> str:
    said = "\n\n".join(map(_quoted, results[:_RESULTS]))
    more = f"\n\nAnd {len(results) - _RESULTS} more." if len(results) > _RESULTS else ""
    what = "the tool returned this" if len(results) == 1 else f"the {len(results)} tools returned this"
    return f"I have no idea of my own, but {what}:\n\n{said}{more}\n\nThat is a rehearsal: no model has read it."


def _quoted(result: str) -> str:
    """The beginning of a result as a code block, in a fence that the result cannot close."""
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", result)), default=0))
    return f"{fence}\n{result[:_SHOWN]}{'…' if len(result) > _SHOWN else ''}\n{fence}"


@dataclass
class _Example:
    """Makes a value that fits a schema as well as possible, with only the required properties of each object."""

    root: Mapping[str, Any]
    left: int = _VALUES

    def value(self, schema: Any, depth: int = 0, name: str = "") -> Any:
        self.left -= 1
        if not isinstance(schema, dict) or depth > _DEPTH:
            return None
        if isinstance(schema.get("$ref"), str):
            return self.value(found_at(self.root, schema["$ref"]), depth + 1, name)
        for key in ("const", "default"):
            if key in schema:
                return schema[key]
        for key in ("enum", "examples"):
            if isinstance(schema.get(key), list) and schema[key]:
                return schema[key][0]
        for key in ("anyOf", "oneOf", "allOf"):
            if isinstance(schema.get(key), list) and schema[key]:
                return self.value(first(schema[key], lambda one: one != {"type": "null"}), depth + 1, name)
        return self._of_type(schema, depth, name)

    def _of_type(self, schema: Mapping[str, Any], depth: int, name: str) -> Any:
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = first(kind, lambda one: one != "null") if kind else None
        if kind == "object" or "properties" in schema:
            properties, required = schema.get("properties"), schema.get("required")
            inner = properties if isinstance(properties, dict) else {}
            names = [one for one in required if isinstance(one, str)] if isinstance(required, list) else []
            return {one: self.value(inner.get(one), depth + 1, one) for one in names[: max(0, self.left)]}
        if kind == "array":
            items = schema.get("prefixItems")
            items = items if isinstance(items, list) else [schema.get("items")]
            return [self.value(one, depth + 1, name) for one in items[: max(0, self.left)]]
        if kind in ("integer", "number"):
            return number(schema, name)
        if kind in ("boolean", "null"):
            return True if kind == "boolean" else None
        known = schema.get("format")
        return FORMATS.get(known if isinstance(known, str) else "", _WORDS.get(name, name) or "text")


def found_at(root: Mapping[str, Any], reference: str) -> Any:
    """The value that a reference in a schema points to."""
    found: Any = root
    for step in reference.removeprefix("#").split("/")[1:]:
        found = found.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(found, dict) else None
    return found


def first(values: Sequence[Any], fits: Any) -> Any:
    """The first of the values that fits, or the first of all."""
    return next(filter(fits, values), values[0])


def number(schema: Mapping[str, Any], name: str) -> float:
    """A number within a schema's bounds; an integer if possible."""

    def bound(key: str) -> float | None:
        value = schema.get(key)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return None
        return value if -_MOST <= value <= _MOST else None

    least, above = bound("minimum"), bound("exclusiveMinimum")
    most, below = bound("maximum"), bound("exclusiveMaximum")
    value: float = _NUMBERS.get(name, 1)
    if least is not None and value < least:
        value = math.ceil(least)
    if above is not None and value <= above:
        value = math.floor(above) + 1
    if most is not None and value > most:
        value = math.floor(most)
    if below is not None and value >= below:
        value = math.ceil(below) - 1
    return value
