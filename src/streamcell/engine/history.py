"""What this process has asked: a row of numbers for each answer that has ended, and the user's table of prices."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from ..answer.stats import Prices

__all__ = ["MOST", "History", "history", "kept"]

MOST: Final = 10_000
"""Rows that are kept; beyond them the oldest are dropped."""


class History:
    """A row for each version of an answer that has ended. The driver's thread writes, any thread reads."""

    def __init__(self) -> None:
        self.prices: Prices = MappingProxyType({})
        self._rows: dict[tuple[int, int], Mapping[str, Any]] = {}

    def write(self, cell: int, version: int, row: Mapping[str, Any]) -> None:
        """Keep the row of a version; it replaces the row from before the answer was resumed."""
        self._rows[cell, version] = {"cell": cell, "version": version, **row}
        while len(self._rows) > MOST:
            del self._rows[next(iter(self._rows))]

    def rows(self) -> list[dict[str, Any]]:
        """Return copies of the rows, in the order in which the answers ended for the first time."""
        return [dict(row) for row in list(self._rows.values())]


kept: Final = History()
"""This process's history."""


def history() -> list[dict[str, Any]]:
    """Return a row for each version of each answer of this process that has ended, in the order of their ends.

    A row is a dict of plain values, so pandas and polars take the list as it is: `pandas.DataFrame(history())`. Its
    keys are `cell` (the number of the cell, from 1), `version` (from 0), `asked_at` (when the cell was made, in
    ISO 8601 and UTC), `prompt` (the first 100 characters of the newest message, without what looks like a key),
    `model`, `api`, `status`, `finish_reason`, `error` (its type), and the fields of `Stats`. The newest 10,000 rows are
    kept. Replays of recordings are not in it.
    """
    return kept.rows()
