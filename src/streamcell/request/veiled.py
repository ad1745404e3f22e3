"""What may hold a key: used, and neither printed nor pickled. A traceback that shows locals shows none of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

__all__ = ["Secrets", "Veiled"]


class Secrets:
    """Keys, to be looked for in texts."""

    def __init__(self, keys: Iterable[str] = ()) -> None:
        self._keys = tuple(keys)

    def __iter__(self) -> Iterator[str]:
        """Give each key."""
        return iter(self._keys)

    def __repr__(self) -> str:
        """Return how many there are."""
        return f"<{len(self._keys)} secrets>"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle none."""
        return Secrets, ()


class Veiled(Mapping[str, Any]):
    """Headers, or the fields of a query, whose values are not shown."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._fields = dict(fields)

    def __getitem__(self, name: str) -> Any:
        """Return a value."""
        return self._fields[name]

    def __iter__(self) -> Iterator[str]:
        """Give the names."""
        return iter(self._fields)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._fields)

    def __repr__(self) -> str:
        """Return the names."""
        return f"<{', '.join(map(str, self._fields)) or 'nothing'}>"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the names, each with nothing."""
        return Veiled, (dict.fromkeys(self._fields, ""),)
