"""Containers for values that may be secret: they are neither printed nor pickled, so no traceback shows them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

__all__ = ["Secrets", "Veiled"]


class Secrets:
    """Keys that must be removed from texts."""

    def __init__(self, keys: Iterable[str] = ()) -> None:
        self._keys = tuple(keys)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the keys."""
        return iter(self._keys)

    def __repr__(self) -> str:
        """Return only the number of keys."""
        return f"<{len(self._keys)} secrets>"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle an empty object."""
        return Secrets, ()


class Veiled(Mapping[str, Any]):
    """A mapping, such as headers or query parameters, whose values are not shown."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._fields = dict(fields)

    def __getitem__(self, name: str) -> Any:
        """Return the value."""
        return self._fields[name]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names."""
        return iter(self._fields)

    def __len__(self) -> int:
        """Return the number of fields."""
        return len(self._fields)

    def __repr__(self) -> str:
        """Return only the names."""
        return f"<{', '.join(map(str, self._fields)) or 'nothing'}>"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the names, each with an empty string."""
        return Veiled, (dict.fromkeys(self._fields, ""),)
