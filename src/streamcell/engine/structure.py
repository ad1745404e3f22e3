"""What a structured answer must be: the schema that is sent, and the check of the answer, which is users' code."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from .. import _words as words
from ..answer.inputs import Checked, Validated
from ..answer.structure import json_in, unwrapped
from ..request.schemas import as_object, format_of, is_api_format, is_schema, strict
from .faults import words_of

__all__ = ["CHECKED_WITHIN", "Structure", "check", "structure_of", "too_slow"]

CHECKED_WITHIN: Final = 30.0
"""Seconds that the check of an answer may take."""

_ERRORS: Final = 20  # that are told
_BEGIN: Final = 40  # characters of a text that is no JSON


class _InvalidError(Exception):
    """The answer is invalid: some of the paths and reasons, and how many there are."""

    def __init__(self, errors: tuple[tuple[str, str], ...], count: int = 0) -> None:
        super().__init__(errors)
        self.errors = errors
        self.count = count or len(errors)


@dataclass(frozen=True)
class Structure:
    """What `response_format=` asks for.

    Attributes:
        format: the format in an API's shape, as it is sent.
        root: the name of the field of the JSON that holds the value, if the value is no object; else empty.
        validate: takes the JSON of a complete answer, and returns the value; raises if it is invalid.
    """

    format: Mapping[str, Any]
    root: str
    validate: Callable[[str], Checked] = field(repr=False)


def structure_of(given: Any) -> Structure | None:
    """Return the structure for a type, a JSON schema, or a format in an API's shape; None if it asks for plain text.

    A type is what pydantic can describe: a model, a dataclass, a TypedDict, a list of these. Raises TypeError for
    anything else, and ValueError for a schema that is none.
    """
    if not isinstance(given, Mapping):
        return _of_type(given)
    if not is_api_format(given):
        if not is_schema(given):
            raise TypeError(
                "response_format= must be a type, a JSON schema, or a mapping with a 'type' that an API knows"
            )
        schema, root = as_object(given)
        validate = _by_schema(schema, root)
        is_strict = strict(schema) == schema
        return Structure(format_of(given.get("title"), schema, strictly=is_strict), root, validate)
    if given["type"] == "text":
        return None
    inner = given.get("json_schema", given)
    asked = inner.get("schema") if isinstance(inner, Mapping) else None
    return Structure(given, "", _by_schema(asked, "") if isinstance(asked, Mapping) else _any_json)


def _any_json(text: str) -> Checked:
    value = _read(text)
    return Checked(value, lambda: value)


def _read(text: str) -> Any:
    import jiter

    begun = text.lstrip()
    if begun[:1] not in ("{", "["):
        raise _InvalidError((("", words.no_json(begun[:_BEGIN]) if begun else words.EMPTY_ANSWER),))
    try:
        return jiter.from_json(text.encode("utf-8", "replace"), allow_inf_nan=False)
    except ValueError as error:
        deep = "recursion limit" in str(error)
        raise _InvalidError((("", words.TOO_DEEP_JSON if deep else words.bad_json(str(error))),)) from None


# -- by a JSON schema --------------------------------------------------------------------------------------------------


def _by_schema(schema: Mapping[str, Any], root: str) -> Callable[[str], Checked]:
    import jsonschema
    import referencing

    kind = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
    try:
        kind.check_schema(schema)
    except jsonschema.SchemaError as error:
        raise ValueError(f"response_format= is no valid JSON schema: {error.message[:300]}") from None
    # With a registry of its own it fetches no schema from the network.
    validator = kind(schema, registry=referencing.Registry())

    def validate(text: str) -> Checked:
        value = _read(text)
        found = list(islice(validator.iter_errors(value), _ERRORS))
        if found:
            raise _InvalidError(tuple((_path(one.absolute_path), one.message) for one in found))
        inner = unwrapped(value, root)
        return Checked(inner, lambda: inner)

    return validate


def _path(steps: Iterable[Any]) -> str:
    path = ""
    for step in steps:
        if isinstance(step, int):
            path += f"[{step}]"
        elif isinstance(step, str) and step.isidentifier():
            path += f".{step}" if path else step
        else:
            path += f"[{step!r}]"
    return path


# -- by a type ---------------------------------------------------------------------------------------------------------


def _of_type(given: Any) -> Structure:
    from pydantic import ConfigDict, TypeAdapter, create_model

    if isinstance(given, (str, bytes, int, float, list, tuple)) or inspect.isroutine(given):
        raise TypeError(
            "response_format= must be a type (a pydantic model, a dataclass, a TypedDict, a list of one of these) or a "
            f"JSON schema, not {type(given).__name__}"
        )
    try:
        adapter = TypeAdapter(given)
        schema = adapter.json_schema()
    except Exception as error:
        said = f"{type(error).__name__}: {error}".splitlines()[0]
        raise TypeError(f"response_format= is a type that JSON schema cannot describe ({said})") from error
    wrapped, root = as_object(schema)
    whole = adapter
    if root:
        fields: Any = {root: (given, ...)}
        model = create_model("Answer", __config__=ConfigDict(extra="forbid"), **fields)
        whole = TypeAdapter(model)
    strictly = strict(wrapped)
    sent = format_of(
        getattr(given, "__name__", None) if not root else None,
        wrapped if strictly is None else strictly,
        strictly=strictly is not None,
    )
    return Structure(sent, root, functools.partial(_by_type, adapter, whole, root))


def _by_type(adapter: Any, whole: Any, root: str, text: str) -> Checked:
    from pydantic import ValidationError

    _read(text)
    try:
        value = whole.validate_json(text)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        errors = tuple((_path(one["loc"]), one["msg"]) for one in found[:_ERRORS])
        raise _InvalidError(errors, error.error_count()) from None
    value = getattr(value, root) if root else value
    return Checked(value, lambda: adapter.dump_python(value))


# -- the check ---------------------------------------------------------------------------------------------------------


def check(structure: Structure, run: int, text: str) -> Validated:
    """Check the answer of `run`. The user's validators run here, so call it on a thread of its own."""
    try:
        return Validated(run, structure.validate(json_in(text)))
    except _InvalidError as error:
        return Validated(run, errors=error.errors, count=error.count)
    except RecursionError:  # jsonschema calls itself some six times a level
        return Validated(run, fault=words.TOO_DEEP_TO_CHECK)
    except BaseException as error:  # noqa: BLE001  # users' code may raise anything, even SystemExit
        return Validated(run, fault=words.check_raised(words_of(error)))


def too_slow(run: int) -> Validated:
    """Return what comes of a check that does not end in time."""
    return Validated(run, fault=words.check_too_slow(CHECKED_WITHIN))
