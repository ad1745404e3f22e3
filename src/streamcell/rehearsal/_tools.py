"""Calls of the tools that a request brings: which, with what arguments, and what is made of their results. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from . import _tokens
from ._steps import Argument, Called, Piece, Token

if TYPE_CHECKING:
    from ._faults import Settings
    from ._request import Asked

_DEPTH: Final = 8  # levels of a schema that an example fills
_SHOWN: Final = 600  # characters of a result that the answer quotes

_WORDS: Final = {
    "city": "Oslo",
    "place": "Oslo",
    "location": "Oslo",
    "name": "Ada",
    "query": "entropy",
    "text": "a text",
}
_NUMBERS: Final = {"days": 3, "year": 2026, "count": 3}


@dataclass(frozen=True)
class Tool:
    """A function that the request names."""

    name: str
    schema: Mapping[str, Any]


def tools_of(given: object) -> tuple[Tool, ...]:
    """The functions among a request's tools, in either API's shape."""
    found: list[Tool] = []
    for one in given if isinstance(given, list) else []:
        inner = one.get("function", one) if isinstance(one, dict) and one.get("type") == "function" else None
        name = inner.get("name") if isinstance(inner, dict) else None
        if isinstance(inner, dict) and isinstance(name, str):
            schema = inner.get("parameters")
            found.append(Tool(name, schema if isinstance(schema, dict) else {}))
    return tuple(found)


def tokens(asked: Asked, settings: Settings) -> Iterator[Token]:
    """A sentence and the calls; where their results are there, an answer that quotes them."""
    if not asked.tools:
        yield from map(
            Piece, _tokens.pieces("This is a rehearsal of tools, and the request brings none: give `tools=`.")
        )
        return
    if asked.results and not settings.get("loop"):
        yield from map(Piece, _tokens.pieces(_answer(asked.results)))
        return
    if not settings.get("silent"):
        yield from map(Piece, _tokens.pieces("Let me look that up."))
    for tool in asked.tools if settings.get("parallel") else asked.tools[:1]:
        yield Called("no_such_tool" if settings.get("unknown") else tool.name)
        yield from map(Argument, _pieces(_arguments(tool, settings)))


def _arguments(tool: Tool, settings: Settings) -> str:
    if settings.get("huge"):
        return json.dumps({"text": "x" * 200_000})
    written = json.dumps(_example(tool.schema, tool.schema, 0, ""), ensure_ascii=False)
    return written[:-1] if settings.get("broken") else written


def _pieces(text: str) -> Iterator[str]:
    """A text in pieces, as models stream arguments; a long one in longer pieces."""
    size = max(4, len(text) // 200)
    yield from (text[at : at + size] for at in range(0, len(text), size))


def _answer(results: Sequence[str]) -> str:
    said = "\n\n".join(f"{_fence(result)}\n{result[:_SHOWN]}\n{_fence(result)}" for result in results[:8])
    what = "the tool returned this" if len(results) == 1 else f"the {len(results)} tools returned this"
    return f"I have no idea of my own, but {what}:\n\n{said}\n\nThat is a rehearsal: no model has read it."


def _fence(text: str) -> str:
    return "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))


def _example(schema: Any, root: Mapping[str, Any], depth: int, name: str) -> Any:
    """A value that fits a schema, as far as one can see."""
    if not isinstance(schema, dict) or depth > _DEPTH:
        return None
    if isinstance(schema.get("$ref"), str):
        return _example(_found(schema["$ref"], root), root, depth + 1, name)
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    for key in ("enum", "examples"):
        if isinstance(schema.get(key), list) and schema[key]:
            return schema[key][0]
    for key in ("anyOf", "oneOf", "allOf"):
        if isinstance(schema.get(key), list) and schema[key]:
            return _example(schema[key][0], root, depth + 1, name)
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = kind[0] if kind else None
    if kind == "object" or "properties" in schema:
        properties, required = schema.get("properties"), schema.get("required")
        names = required if isinstance(required, list) else []
        inner = properties if isinstance(properties, dict) else {}
        return {one: _example(inner.get(one), root, depth + 1, one) for one in names if isinstance(one, str)}
    if kind == "array":
        return [_example(schema.get("items"), root, depth + 1, name)]
    if kind in ("integer", "number"):
        least = schema.get("minimum")
        return _NUMBERS.get(name, least if isinstance(least, (int, float)) else 1)
    word = _WORDS.get(name, name) or "text"
    return {"boolean": True, "null": None}.get(kind, word) if isinstance(kind, str) else word


def _found(reference: str, root: Mapping[str, Any]) -> Any:
    found: Any = root
    for step in reference.removeprefix("#/").split("/"):
        found = found.get(step) if isinstance(found, dict) else None
    return found
