"""Tables of `docs/servers.md` that are made from the code.

`python -m tests.sources.tables` writes them into the documentation anew.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from streamcell.sources._refusals import REFUSALS, Refusal

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "servers.md"


def refusals() -> str:
    """The table of refusals."""
    heads = ("What it means", "Status", "Codes", "Words", "In the cell", "Error", "Asked again")
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    lines += [f"| {' | '.join(_cells(row))} |" for row in REFUSALS]
    return "\n".join(lines)


def _cells(row: Refusal) -> list[str]:
    return [
        row.meaning,
        ", ".join("none" if one == "-" else one for one in row.status.split()) or "any",
        ", ".join(f"`{code}`" for code in row.codes),
        ", ".join(f"only “{words[1:]}”" if words.startswith("=") else f"“{words}”" for words in row.words),
        row.title or row.error.title,
        f"`{row.error.__name__}`" + (f" (`{row.kind}`)" if row.kind else ""),
        "yes" if row.error.retryable else "no",
    ]


TABLES: Final[dict[str, Callable[[], str]]] = {"refusals": refusals}
"""Name of the marks in the page, and what stands between them."""


def place_of(name: str) -> re.Pattern[str]:
    """Return where a table stands in the page."""
    return re.compile(rf"(?<=<!-- {name} -->\n\n).*?(?=<!-- /{name} -->)", re.DOTALL)


if __name__ == "__main__":
    text = PAGE.read_text("utf-8")
    for name, table in TABLES.items():
        text = place_of(name).sub(lambda _, table=table: table() + "\n\n", text)  # type: ignore[misc]
    PAGE.write_text(text, "utf-8")
    sys.stdout.write(f"wrote {PAGE.name}\n")
