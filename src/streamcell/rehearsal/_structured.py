"""Structured answers: JSON that fits the schema in a request, or breaks it in a known way. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from . import _tokens
from ._steps import Piece, Said, Token
from ._tools import FORMATS, first, found_at, number

if TYPE_CHECKING:
    from ._faults import Settings
    from ._request import Asked

_TOLD: Final = "does not fit the schema"
"""What a request says that asks for a better answer."""

_PROSE: Final = "Here is the JSON that you asked for:\n\n"
_REFUSAL: Final = "I'm sorry, but I can't help with that request."
_LONG: Final = 50_000  # characters: a longer answer is cut into larger pieces
_PIECES: Final = 4_000
_DEPTH: Final = 12  # levels of a schema that are filled
_REFERENCES: Final = 20  # one behind the other
_INNER: Final = 2  # items of an array inside another one

_RIVERS: Final = (
    ("Nile", "Egypt", 6650),
    ("Amazon", "Brazil", 6400),
    ("Yangtze", "China", 6300),
    ("Mississippi", "United States", 6275),
    ("Yenisei", "Russia", 5539),
    ("Yellow River", "China", 5464),
    ("Danube", "Austria", 2850),
)
_TEXTS: Final = {
    "name": tuple(river for river, _, _ in _RIVERS),
    "river": tuple(river for river, _, _ in _RIVERS),
    "title": tuple(f"The {river}" for river, _, _ in _RIVERS),
    "country": tuple(country for _, country, _ in _RIVERS),
    "city": ("Cairo", "Manaus", "Shanghai", "Memphis", "Kyzyl", "Lanzhou", "Vienna"),
    "place": ("Cairo", "Manaus", "Shanghai", "Memphis", "Kyzyl", "Lanzhou", "Vienna"),
    "countries": ("Egypt", "Sudan", "Uganda", "Ethiopia"),
    "tags": ("long", "old", "wide"),
}
_NUMBERS: Final = {"km": tuple(length for _, _, length in _RIVERS), "year": (2026, 2025, 2024)}
_WORDS: Final = ("a text", "another text", "“quotes” and \\ signs", "one\ntext in two lines", "ein Fluß, река, 河")

_ANY: Final = {
    "type": "object",
    "properties": {
        "title": {"type": "string"},
        "rivers": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "km": {"type": "integer"},
                    "countries": {"type": "array", "items": {"type": "string"}},
                },
            },
        },
    },
}
"""The schema if the request has none."""


def schema_in(format_: object) -> Mapping[str, Any] | None:
    """The schema in a request's format, in either API's form; an empty one if any JSON will do; None without one."""
    if not isinstance(format_, dict) or format_.get("type") not in ("json_schema", "json_object"):
        return None
    inner = format_.get("json_schema", format_)
    schema = inner.get("schema") if isinstance(inner, dict) else None
    return schema if isinstance(schema, dict) else {}


def flaw_of(format_: object) -> str:
    """Why OpenAI's servers refuse a request's format; empty if they take it."""
    if not isinstance(format_, dict) or format_.get("type") != "json_schema":
        return ""
    inner = format_.get("json_schema", format_)
    name = inner.get("name") if isinstance(inner, dict) else None
    if not isinstance(name, str) or not name:
        return "Missing required parameter: 'response_format.json_schema.name'."
    schema = schema_in(format_) or {}
    if schema.get("type") != "object":
        return f"Invalid schema for response_format '{name}': schema must be a JSON Schema of 'type: \"object\"'."
    why = _lacks(schema) if inner.get("strict") is True else ""
    return f"Invalid schema for response_format '{name}': {why}" if why else ""


def _lacks(schema: object, where: tuple[str, ...] = ()) -> str:
    """What strict mode demands and a schema does not have."""
    if not isinstance(schema, dict):
        return ""
    context = f"In context={where!r}, "
    if "$ref" in schema and schema.keys() - {"$ref", "$defs"} and where:
        return f"{context}$ref cannot have keywords {sorted(schema.keys() - {'$ref'})}."
    for key in ("default", "oneOf", "allOf", "minLength", "maxLength", "patternProperties", "prefixItems"):
        if key in schema:
            return f"{context}'{key}' is not permitted."
    properties = schema.get("properties")
    if schema.get("type") == "object" or properties is not None:
        names = list(properties) if isinstance(properties, dict) else []
        if schema.get("additionalProperties") is not False:
            return f"{context}'additionalProperties' is required to be supplied and to be false."
        if sorted(schema.get("required", [])) != sorted(names):
            return f"{context}'required' is required to be supplied and to be an array including every key."
    inner = [(name, one) for key in ("properties", "$defs") for name, one in (schema.get(key) or {}).items()]
    inner += [("items", schema.get("items")), *(("anyOf", one) for one in schema.get("anyOf", []))]
    return next((why for name, one in inner if (why := _lacks(one, (*where, name)))), "")


def tokens(asked: Asked, settings: Settings) -> Iterator[Token]:
    """The answer to a request with a schema; without one, some rivers."""
    if settings.get("refuse"):
        yield from _refusal(asked)
        return
    text = _text(asked, settings)
    told = _TOLD in asked.prompt and not settings.get("stubborn")
    if settings.get("prose") and not told:
        text = _PROSE + text
    if settings.get("fence") and not told:
        text = f"```json\n{text}\n```"
    yield from map(Piece, _pieces(text, int(settings.get("size", 0))))


def _text(asked: Asked, settings: Settings) -> str:
    schema = asked.schema or _ANY
    records, depth = int(settings.get("records", 3)), int(settings.get("depth", 0))
    value = _Maker(schema, records, depth).value(schema)
    characters = int(settings.get("characters", 0))
    if characters:
        few, more = (len(json.dumps(_Maker(schema, count, depth).value(schema))) for count in (1, 21))
        value = _Maker(schema, max(1, round(characters / max(1, (more - few) / 20))), depth).value(schema)
    level = int(settings.get("wrong", 0))
    if level and (_TOLD not in asked.prompt or settings.get("stubborn")):
        value = _broken(value, level)
    return json.dumps(value, ensure_ascii=False)


def _pieces(text: str, size: int) -> Iterator[str]:
    if not size and len(text) <= _LONG:
        yield from _tokens.pieces(text)
        return
    size = size or -(-len(text) // _PIECES)
    yield from (text[at : at + size] for at in range(0, len(text), size))


def _broken(value: Any, level: int) -> Any:
    """The value with a wrong one at this level of nesting, or at the deepest one."""
    entries = list(value.items() if isinstance(value, dict) else enumerate(value))
    inner = next(((key, one) for key, one in entries if isinstance(one, (dict, list)) and one), None)
    if not entries:
        return "wrong"
    key, one = entries[0] if level <= 1 or inner is None else inner
    wrong = _broken(one, level - 1) if level > 1 and inner is not None else 12345 if isinstance(one, str) else "wrong"
    changed = dict(value) if isinstance(value, dict) else list(value)
    changed[key] = wrong
    return changed


def _refusal(asked: Asked) -> Iterator[Token]:
    pieces = _tokens.pieces(_REFUSAL)
    if asked.api == "chat":
        yield from (Said({"refusal": piece}) for piece in pieces)
        return
    message = {"type": "message", "role": "assistant"}
    part = {"type": "refusal", "refusal": _REFUSAL}
    place = {"content_index": 0}
    yield Said({"type": "response.output_item.added", "item": {**message, "status": "in_progress", "content": []}})
    yield Said({"type": "response.content_part.added", **place, "part": {**part, "refusal": ""}})
    yield from (Said({"type": "response.refusal.delta", **place, "delta": piece}) for piece in pieces)
    yield Said({"type": "response.refusal.done", **place, "refusal": _REFUSAL})
    yield Said({"type": "response.content_part.done", **place, "part": part})
    yield Said({"type": "response.output_item.done", "item": {**message, "status": "completed", "content": [part]}})


@dataclass
class _Maker:
    """Makes a value that fits a schema. `deep`: how many levels of a schema that refers to itself are filled."""

    root: Mapping[str, Any]
    records: int
    deep: int = 0

    def value(self, schema: Any, depth: int = 0, name: str = "", at: int = 0, inside: bool = False) -> Any:
        schema = self._resolved(schema, depth)
        if not isinstance(schema, dict):
            return None
        if "const" in schema:
            return schema["const"]
        if isinstance(schema.get("enum"), list) and schema["enum"]:
            return schema["enum"][at % len(schema["enum"])]
        return self._of_type(schema, depth, name, at, inside)

    def _resolved(self, schema: Any, depth: int) -> Any:
        """What a reference, or the first of several schemas, stands for. A loop, as an answer may be nested deep."""
        for _ in range(_REFERENCES):
            key = next(
                (one for one in ("$ref", "anyOf", "oneOf", "allOf") if isinstance(schema, dict) and schema.get(one)), ""
            )
            if key == "$ref":
                schema = found_at(self.root, str(schema[key]))
            elif key and isinstance(schema[key], list):
                ends = depth >= self._deepest and {"type": "null"} in schema[key]
                schema = {"type": "null"} if ends else first(schema[key], lambda one: one != {"type": "null"})
            else:
                break
        return schema

    @property
    def _deepest(self) -> int:
        return self.deep or _DEPTH

    def _of_type(self, schema: Mapping[str, Any], depth: int, name: str, at: int, inside: bool) -> Any:
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = first(kind, lambda one: one != "null") if kind else None
        if kind == "object" or "properties" in schema:
            inner = schema.get("properties")
            fields = inner.items() if isinstance(inner, dict) else ()
            return {one: self.value(about, depth + 1, one, at, inside) for one, about in fields}
        if kind == "array":
            return [
                self.value(schema.get("items"), depth + 1, name, one, True)
                for one in self._items(schema, depth, at, inside)
            ]
        if kind in ("integer", "number"):
            known = _NUMBERS.get(name)
            return number(schema, name) if known is None else known[at % len(known)]
        if kind in ("boolean", "null"):
            return at % 2 == 0 if kind == "boolean" else None
        if schema.get("format") in FORMATS:
            return FORMATS[schema["format"]]
        texts = _TEXTS.get(name, _WORDS)
        return texts[at % len(texts)]

    def _items(self, schema: Mapping[str, Any], depth: int, at: int, inside: bool) -> range:
        least, most = (schema.get(key, default) for key, default in (("minItems", 0), ("maxItems", 10**9)))
        count = 0 if depth >= self._deepest else 1 if self.deep else _INNER if inside else self.records
        return (
            range(at, at + min(max(count, int(least)), int(most)))
            if inside
            else range(min(max(count, int(least)), int(most)))
        )
