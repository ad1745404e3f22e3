"""What a server keeps of former requests: the newest, bounded by number and by size."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

_V = TypeVar("_V")


class Kept(Generic[_V]):
    """Values by name. The oldest go where there are more than `most`, or where their sizes are more than `size` in all.

    The newest stays, whatever its size.
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
        """The value of this name, or None if there is none, or none any more."""
        found = self._values.get(name)
        return None if found is None else found[0]

    def clear(self) -> None:
        """Forget all."""
        self._values.clear()
        self._used = 0
