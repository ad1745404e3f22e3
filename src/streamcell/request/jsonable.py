"""Copies values for a request as plain JSON whose strings UTF-8 can encode. Pure."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping
from typing import Any, Final

__all__ = ["is_left_out", "jsonable", "whole_characters"]

_DEEPEST: Final = 100
"""Levels of lists and objects: far more than any request has, and far below Python's recursion limit."""

_SHOWN: Final = 40
"""Characters of the path in the error for a value that is too deep; the rest of the path repeats them."""


def jsonable(value: Any, where: str, depth: int = 0) -> Any:
    """Return a copy of `value` in plain JSON values: dict, list, str, int, float, bool, None.

    Pydantic models, such as the SDK's objects, become dicts without their None fields; numbers of other libraries
    become Python's. `where` names the value in errors.

    Raises TypeError for a type that JSON does not have, and ValueError for a number that it does not have, such as NaN
    (RFC 8259, section 6), and for more than 100 levels of nesting.
    """
    if depth > _DEEPEST:
        path = where if len(where) <= _SHOWN else f"{where[:_SHOWN]}…"
        raise ValueError(f"{path} is nested in itself, or more than {_DEEPEST} levels deep")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return whole_characters(value)
    if isinstance(value, numbers.Real) or type(value).__name__ == "Decimal":
        return _number(value, where)
    dumped = _dumped(value)
    if isinstance(dumped, Mapping):
        return _object(dumped, where, depth)
    if isinstance(value, (list, tuple)):
        path = where.removesuffix("=")
        return [jsonable(one, f"{path}[{place}]", depth + 1) for place, one in enumerate(value)]
    raise TypeError(f"{where} is {_kind(value)}, which JSON cannot hold{_instead(value, where)}")


def _number(value: Any, where: str) -> int | float:
    try:
        number = float(value)
    except OverflowError:
        raise ValueError(f"{where} is larger than any number that JSON's readers know") from None
    if not math.isfinite(number):
        raise ValueError(f"{where} is {number}, which is no number in JSON")
    return int(value) if isinstance(value, numbers.Integral) else number


def _object(value: Mapping[Any, Any], where: str, depth: int) -> dict[str, Any]:
    found = {}
    for name, one in value.items():
        if not isinstance(name, str):
            raise TypeError(f"{where} has the key {name!r}: in JSON a key is a string")
        if not is_left_out(one):
            found[whole_characters(name)] = jsonable(one, f"{where.removesuffix('=')}.{name}", depth + 1)
    return found


def whole_characters(text: str) -> str:
    """Return `text` as a plain string that UTF-8 can encode.

    A surrogate pair (from JavaScript or Windows, for example) becomes its character; a lone surrogate becomes U+FFFD,
    as the Unicode Standard recommends (section 3.9).
    """
    if text.isascii():
        return str(text)
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def is_left_out(value: object) -> bool:
    """Whether `value` is one of the SDK's marks for an argument that is not given (`openai.NOT_GIVEN`, `omit`)."""
    kind = type(value)
    return kind.__name__ in ("NotGiven", "Omit") and kind.__module__.partition(".")[0] == "openai"


def _dumped(value: Any) -> Any:
    """Return a pydantic model as a dict, and anything else unchanged."""
    if isinstance(value, (Mapping, type)):
        return value
    dump = getattr(value, "model_dump", None)
    return dump(mode="json", exclude_none=True, warnings=False) if callable(dump) else value


def _kind(value: object) -> str:
    if isinstance(value, type):
        return f"the class {value.__name__}"
    name = type(value).__name__
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def _instead(value: object, where: str) -> str:
    if not (isinstance(value, type) and hasattr(value, "model_json_schema")):
        return ""
    name = value.__name__
    schema = f"{name}.model_json_schema()"
    if where == "response_format=":
        return f': give {{"type": "json_schema", "json_schema": {{"name": "{name}", "schema": {schema}}}}}'
    return f": give {schema}"
