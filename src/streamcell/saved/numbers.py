"""The numbers of several answers as rows, and as a table in Markdown. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from .. import _words as words
from .._terminal import inert

__all__ = ["Row", "heading", "in_order", "lines_of", "table_of"]

Row = Mapping[str, Any]

COLUMNS: Final = tuple(words.NUMBERS)
"""What a table shows of a row, in order."""

_MARKS: Final = re.compile(r"[!-+./:<-@\[-`{-~]")


def in_order(rows: Iterable[Row], key: str, *, descending: bool = False) -> list[Row]:
    """Return rows sorted by what is under `key`, those without it last. Numbers come before texts."""
    known = [row for row in rows if row.get(key) is not None]
    missing = [row for row in rows if row.get(key) is None]
    return [*sorted(known, key=lambda row: _rank(row[key]), reverse=descending), *missing]


def _rank(value: object) -> tuple[int, float, str]:
    if isinstance(value, (int, float)) and math.isfinite(value):
        return 0, float(value), ""
    return 1, 0.0, str(value).lower()


def table_of(names: Sequence[str], rows: Sequence[Row]) -> str:
    """Return rows as a table in Markdown, the answers called by `names`. What a server named is escaped."""
    heads = ["", *(words.NUMBERS[name] for name in COLUMNS)]
    lines = [heads, ["---", *("---:" if _is_number(name, rows) else "---" for name in COLUMNS)]]
    lines += [
        [_cell(name), *(_cell(said(column, row)) for column in COLUMNS)] for name, row in zip(names, rows, strict=True)
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def lines_of(names: Sequence[str], rows: Sequence[Row]) -> str:
    """Return rows as plain text, a line for each answer."""
    lines = []
    for name, row in zip(names, rows, strict=True):
        known = [(column, said(column, row)) for column in COLUMNS if row.get(column) not in (None, "")]
        lines.append(f"{name}: {', '.join(f'{words.NUMBERS[column].lower()} {value}' for column, value in known)}")
    return "\n".join(lines)


def heading(name: str, level: int) -> str:
    """Return an answer's name as a heading in Markdown."""
    return f"{'#' * level} {_cell(name)}"


def _is_number(column: str, rows: Sequence[Row]) -> bool:
    return any(isinstance(row.get(column), (int, float)) for row in rows)


def _cell(text: str) -> str:
    return _MARKS.sub(lambda found: f"&#{ord(found[0])};", inert(" ".join(text.split())))


def said(column: str, row: Row) -> str:
    """Return a number as people say it; of one that is not known, a dash."""
    value = row.get(column)
    if value is None or value == "":
        return "–"
    if isinstance(value, str):
        return value
    if column.endswith("_seconds"):
        return f"{value:,.2f} s" if value < _TEN else f"{value:,.1f} s"
    if column == "tokens_per_second":
        return f"{'~' if row.get('tokens_estimated') else ''}{value:,.0f}"
    return f"{value:.4g}" if column == "price" else f"{value:,}"


_TEN: Final = 10  # seconds: below, hundredths matter
