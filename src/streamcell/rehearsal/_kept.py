"""What a server keeps from earlier requests: the newest values, limited in number and size."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

_V = TypeVar("_V")


class Kept(Generic[_V]):
    """Values by name. The oldest are dropped if there are more than `most`, or if their total size is above `size`.

    The newest one stays, whatever its size.
    """

    def __init__(self, most: int, size: int) -> None:
        self._most, self._size = most, size
        self._values: OrderedDict[str, tuple[_V, int]] = OrderedDict()
        self._used = 0

    def put(self, name: str, value: _V, size: int) -> None:
        """Keep a value of this size under its name."""
        self._used -= self._values.pop(name, (None, 0))[1]
        self._values[name] = (value, size)
        self._used += size
        while len(self._values) > 1 and (len(self._values) > self._most or self._used > self._size):
            self._used -= self._values.popitem(last=False)[1][1]

    def get(self, name: str) -> _V | None:
        """The value with this name, or None if it does not exist or was dropped."""
        found = self._values.get(name)
        return None if found is None else found[0]

    def clear(self) -> None:
        """Drop all values."""
        self._values.clear()
        self._used = 0
