"""The grid of a comparison: which values are tried with which, and what each place is called. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, product
from typing import TYPE_CHECKING, Any, Final

from .._errors import without_secrets
from .._terminal import inert

if TYPE_CHECKING:
    from typing import TypeAlias

__all__ = ["MOST", "Axis", "Grid", "grid_of"]

MOST: Final = 64
"""Places of a grid: beyond them a page is no comparison any more, and a mistake is expensive."""

_LONGEST: Final = 60  # characters of a label
_SECRET: Final = frozenset({"api_key", "extra_body", "extra_headers", "extra_query"})
"""Arguments whose values may be secret, so no label is made of them."""
_FOR_ALL: Final = frozenset({"controls", "display", "map", "record", "replay", "speed", "unattended"})
"""Arguments of `stream_cell` that say nothing of what is asked."""


@dataclass(frozen=True)
class Axis:
    """One argument that is varied: its name, its values, and a label for each."""

    name: str
    values: tuple[Any, ...] = field(repr=False)  # headers can be varied too
    labels: tuple[str, ...]

    def place_of(self, key: object) -> int | None:
        """Return the index of a label or a value, or None."""
        if isinstance(key, str) and key in self.labels:
            return self.labels.index(key)
        for at, value in enumerate(self.values):
            if _is_plain(value) and isinstance(value, bool) == isinstance(key, bool) and value == key:
                return at
        return None

    def said(self, at: int) -> str:
        """Return the label with the argument's name before it, unless it says enough alone."""
        return self.labels[at] if self.name in _ALONE else f"{self.name} {self.labels[at]}"


_ALONE: Final = frozenset({"model", "prompt", "instructions", "client"})


@dataclass(frozen=True)
class Grid:
    """Every combination of the axes' values.

    The last axis is that of the columns, the others together are that of the rows.
    """

    axes: tuple[Axis, ...]

    @property
    def columns(self) -> int:
        """The number of columns."""
        return len(self.axes[-1].values)

    def __len__(self) -> int:
        return math.prod(len(axis.values) for axis in self.axes)

    def points(self) -> Iterator[tuple[int, ...]]:
        """Yield each place, as an index for each axis, row by row."""
        return product(*(range(len(axis.values)) for axis in self.axes))

    def arguments(self, point: Sequence[int]) -> dict[str, Any]:
        """Return what a place is asked with, by the names of arguments."""
        return {axis.name: axis.values[at] for axis, at in zip(self.axes, point, strict=True)}

    def labels(self, point: Sequence[int]) -> dict[str, Any]:
        """Return what a place is called, by the names of arguments: plain values themselves, of others the labels."""
        return {
            axis.name: axis.values[at] if _is_plain(axis.values[at]) and axis.name not in _TEXTS else axis.labels[at]
            for axis, at in zip(self.axes, point, strict=True)
        }

    def numbered(self, name: str) -> Grid:
        """Return the grid with numbers as the labels of an argument's values."""
        return Grid(
            tuple(
                Axis(name, axis.values, tuple(str(at + 1) for at in range(len(axis.values))))
                if axis.name == name
                else axis
                for axis in self.axes
            )
        )

    def row(self, point: Sequence[int]) -> str:
        """Return the name of a place's row; empty where there is only one axis."""
        return " · ".join(axis.said(at) for axis, at in zip(self.axes[:-1], point[:-1], strict=True))

    def column(self, point: Sequence[int]) -> str:
        """Return the name of a place's column."""
        return self.axes[-1].said(point[-1])

    def name(self, point: Sequence[int]) -> str:
        """Return the whole name of a place."""
        return " · ".join(one for one in (self.row(point), self.column(point)) if one)

    def place_of(self, key: object) -> int:
        """Return the number of a place by its value or label on each axis, in their order. Raises KeyError."""
        keys = key if isinstance(key, tuple) else (key,)
        if len(keys) != len(self.axes):
            named = ", ".join(axis.name for axis in self.axes)
            raise KeyError(f"a place of this comparison has {len(self.axes)} labels ({named}), not {len(keys)}")
        number = 0
        for axis, one in zip(self.axes, keys, strict=True):
            at = axis.place_of(one)
            if at is None:
                raise KeyError(f"{axis.name} has no {one!r}: it has {', '.join(axis.labels)}")
            number = number * len(axis.values) + at
        return number


_TEXTS: Final = frozenset({"prompt", "instructions"})
"""Arguments whose values are long texts, for which labels stand."""


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, (str, bool, int, float))


def grid_of(models: object, over: object) -> Grid:
    """Return the grid of the arguments `models` and `over` of `stream_compare`. Raises TypeError or ValueError."""
    given = {} if over is None else over
    if not isinstance(given, Mapping):
        raise TypeError(f"over must be a dict of arguments and their values, not {type(over).__name__}")
    if models is not None and "model" in given:
        raise ValueError("give the models in models= or in over=, not in both")
    wanted = {**given, **({} if models is None else {"model": models})}
    if not wanted:
        raise TypeError("stream_compare needs models=[…], or over={…} with the values to compare")
    for name in wanted:
        if not isinstance(name, str):
            raise TypeError(f"over has the names of arguments as its keys, not {name!r}")
        if name in _FOR_ALL:
            raise ValueError(f"over cannot vary {name}=: it says nothing of what is asked")
    found = {name: _values(name, values, models is not None) for name, values in wanted.items()}
    places = math.prod(len(values) for _, values in found.values())
    if places > MOST:
        sizes = " × ".join(f"{len(values):,} {name}" for name, (_, values) in found.items())
        raise ValueError(f"this comparison has {places:,} places ({sizes}): at most {MOST} are asked for at once")
    return Grid(tuple(_axis(name, *one) for name, one in found.items()))


_Values: TypeAlias = "tuple[tuple[str, ...] | None, Sequence[Any]]"


def _values(name: str, given: object, by_models: bool) -> _Values:
    """Return the labels that were given for the values of an argument, or None, and the values."""
    said = "models" if name == "model" and by_models else f"over[{name!r}]"
    labels: tuple[str, ...] | None = None
    values: Sequence[Any]
    if isinstance(given, Mapping):
        if not all(isinstance(label, str) and label.strip() for label in given):
            raise TypeError(f"{said} must have labels as its keys: strings that are not empty")
        labels, values = tuple(given), tuple(given.values())
    elif isinstance(given, Sequence) and not isinstance(given, (str, bytes, bytearray)):
        values = given
    elif getattr(given, "ndim", None) == 1 and callable(getattr(given, "tolist", None)):
        values = given.tolist()  # type: ignore[attr-defined]  # an array, a Series: its plain values
    else:
        raise TypeError(f"{said} must be a list of values, or a dict of labels and values, not {type(given).__name__}")
    if not values:
        raise ValueError(f"{said} is empty: there is nothing to compare")
    return labels, values


def _axis(name: str, labels: tuple[str, ...] | None, values: Sequence[Any]) -> Axis:
    named = [_label(name, value, at) for at, value in enumerate(values)] if labels is None else map(_short, labels)
    return Axis(name, tuple(values), _apart(tuple(named)))


def _label(name: str, value: object, at: int) -> str:
    if name in _SECRET:
        return str(at + 1)
    if value is None:
        return "default"
    if isinstance(value, (str, bool, int, float)):
        return _short(without_secrets(str(value))) or str(at + 1)
    own = getattr(value, "__name__", None)
    return _short(own) if isinstance(own, str) and own else str(at + 1)


def _short(label: str) -> str:
    label = inert(" ".join(label.split()))
    return label if len(label) <= _LONGEST else f"{label[: _LONGEST - 1]}…"


def _apart(labels: tuple[str, ...]) -> tuple[str, ...]:
    """Return the labels, each only once: those that come again have a number."""
    apart: list[str] = []
    for label in labels:
        others = (f"{label} ({number})" for number in count(2))
        apart.append(label if label not in apart else next(one for one in others if one not in (*apart, *labels)))
    return tuple(apart)
