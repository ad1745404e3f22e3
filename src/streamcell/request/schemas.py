"""JSON schemas for structured answers: a request's `response_format` from a schema, and OpenAI's strict form. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from .jsonable import is_left_out

__all__ = ["ITEMS", "VALUE", "as_object", "format_in", "format_of", "is_api_format", "is_schema", "strict"]

ITEMS: Final = "items"
VALUE: Final = "value"
"""The names of the field that holds a list, or another value, if the value itself is no object."""

_TYPES: Final = frozenset({"object", "array", "string", "number", "integer", "boolean", "null"})
_KEYWORDS: Final = ("$ref", "properties", "anyOf", "oneOf", "allOf", "enum", "const")
_OF_APIS: Final = ("json_schema", "json_object", "text")
_ROOTS: Final = ("$defs", "definitions", "$schema")
_NOT_IN_NAMES: Final = re.compile(r"[^a-zA-Z0-9_-]+")


def format_in(params: Mapping[str, Any]) -> Any:
    """Return the format that a structured answer is asked for in, under either API's name, or None."""
    text = params.get("text")
    inner = text.get("format") if isinstance(text, Mapping) else None
    given = params.get("response_format", inner)
    return None if is_left_out(given) else given


def is_api_format(given: Mapping[str, Any]) -> bool:
    """Whether this is a `response_format` in the shape of either API."""
    return given.get("type") in _OF_APIS


def is_schema(given: Mapping[str, Any]) -> bool:
    """Whether this is a JSON schema."""
    kind = given.get("type")
    typed = kind in _TYPES if isinstance(kind, str) else isinstance(kind, list) and set(kind) <= _TYPES
    return typed or (kind is None and any(name in given for name in _KEYWORDS))


def as_object(schema: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    """Return a schema whose root is an object, and the name of the field with the value if it had to be wrapped."""
    root = schema
    definitions = schema.get("$defs")
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference.startswith("#/$defs/") and isinstance(definitions, Mapping):
        found = definitions.get(reference.removeprefix("#/$defs/"))
        if isinstance(found, Mapping):  # a type that refers to itself
            root = {**found, "$defs": definitions}
    if root.get("type") == "object" and "anyOf" not in root:
        return root, ""
    name = ITEMS if schema.get("type") == "array" else VALUE
    above = {key: schema[key] for key in _ROOTS if key in schema}
    inner = {key: value for key, value in schema.items() if key not in above}
    wrapped = {"type": "object", "properties": {name: inner}, "required": [name], "additionalProperties": False}
    return {**wrapped, **above}, name


def format_of(name: object, schema: Mapping[str, Any], *, strictly: bool) -> dict[str, Any]:
    """Return the `text.format` of the Responses API for a schema. `strictly`: only if the server can enforce all of it.

    Chat Completions has the same fields in `response_format.json_schema`.
    """
    words = _NOT_IN_NAMES.sub("_", name).strip("_")[:64] if isinstance(name, str) else ""
    return {"type": "json_schema", "name": words or "answer", "schema": dict(schema), "strict": strictly}


_KEPT: Final = frozenset(
    {
        *("$ref", "$defs", "anyOf", "const", "description", "enum", "items", "pattern", "properties", "title", "type"),
        *("exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum", "multipleOf", "maxItems", "minItems"),
    }
)
"""The keywords that OpenAI's strict mode has. What others say is checked here, when the answer is complete."""

_FORMATS: Final = ("date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid")
_CHECKED_LATER: Final = frozenset(
    {
        *("default", "deprecated", "discriminator", "examples", "format", "maxLength", "minLength", "readOnly"),
        *(
            "uniqueItems",
            "writeOnly",
            "required",
            "additionalProperties",
            "oneOf",
            "allOf",
            "$schema",
            "contentEncoding",
        ),
        *("contentMediaType", "minProperties", "maxProperties"),
    }
)


class _FreeError(Exception):
    """A part of a schema has no strict form: an object with any keys, or a value of any type."""


def strict(schema: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the schema in OpenAI's strict form, or None if it has none.

    Strict means that the model cannot leave the schema: every field is required, and no other is allowed. A field with
    a default is then always given.
    """
    try:
        return _strict(schema)
    except _FreeError:
        return None


def _strict(schema: Any) -> dict[str, Any]:
    if not isinstance(schema, Mapping) or not schema.keys() <= _KEPT | _CHECKED_LATER:
        raise _FreeError
    found = {key: value for key, value in schema.items() if key in _KEPT}
    if schema.get("format") in _FORMATS:
        found["format"] = schema["format"]
    if "oneOf" in schema:
        found["anyOf"] = schema["oneOf"]
    if "allOf" in schema:
        if len(schema["allOf"]) != 1:
            raise _FreeError
        found = {**schema["allOf"][0], **found}
        return _strict(found)
    if "$ref" in found and len(found) > 1 and "$defs" not in found:  # nothing may stand beside a reference
        reference = {"$ref": found.pop("$ref")}
        return {"anyOf": [reference], **{key: found[key] for key in ("title", "description") if key in found}}
    if "anyOf" in found:
        found["anyOf"] = [_strict(one) for one in found["anyOf"]]
    if "$defs" in found:
        found["$defs"] = {name: _strict(one) for name, one in found["$defs"].items()}
    if "items" in found:
        found["items"] = _strict(found["items"])
    if found.get("type") == "object" or "properties" in found:
        if schema.get("additionalProperties") not in (None, False):
            raise _FreeError
        if schema.get("additionalProperties") is None and not schema.get("properties"):
            raise _FreeError  # any object
        properties = {name: _strict(one) for name, one in schema.get("properties", {}).items()}
        found |= {"properties": properties, "required": list(properties), "additionalProperties": False}
    elif found.get("type") == "array" and "items" not in found:
        raise _FreeError
    if not found.keys() & {"type", "anyOf", "enum", "const", "$ref"}:
        raise _FreeError
    return found
