"""Copies of frozen values for the steps that happen at each delta."""

from __future__ import annotations

from typing import Any, TypeVar

__all__ = ["copied"]

_Value = TypeVar("_Value")


def copied(value: _Value, **fields: Any) -> _Value:
    """Return a copy of a frozen dataclass with other values for some of its fields, as `dataclasses.replace` does.

    It skips `__init__`, and so takes a quarter of the time. With 100 streams a kernel makes 25,000 of these copies a
    second. Use it only there: a wrong name is not noticed.
    """
    copy = object.__new__(type(value))
    # Only the fields: a cached property of the old value may be wrong for the new one.
    known, given = vars(value), vars(value.__class__)["__dataclass_fields__"]
    copy.__dict__.update({name: known[name] for name in given if name in known})
    copy.__dict__.update(fields)
    return copy
