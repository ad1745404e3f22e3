"""Tables of `docs/servers.md`, `docs/parameters.md` and `ARCHITECTURE.md` that are made from the code.

`python -m tests.sources.tables` writes them into the documentation anew.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from streamcell.answer.finish import FINISH_REASONS, Meaning
from streamcell.request.parameters import OPTIONS, PARAMETERS
from streamcell.sources.openai.refusals import REFUSALS, Refusal

from ..libraries.streams import COLUMNS, ROWS
from ..test_imports import drawn
from .field import CASES, rows, told

DOCS: Final = Path(__file__).resolve().parents[2] / "docs"
PAGES: Final = (DOCS / "sources.md", DOCS / "servers.md", DOCS / "parameters.md", DOCS.parent / "ARCHITECTURE.md")


def libraries() -> str:
    """The table of libraries: what each way to stream gives, and in notes why a place is empty."""
    reasons = list(dict.fromkeys(reason for row in ROWS for reason in row.lacks.values()))
    lines = [f"| Library | Handed over | {' | '.join(COLUMNS.values())} |", "|---" * (len(COLUMNS) + 2) + "|"]
    for row in ROWS:
        cells = [f"– [{reasons.index(row.lacks[one]) + 1}]" if one in row.lacks else "yes" for one in COLUMNS]
        lines.append(f"| {row.library} | {row.what} | {' | '.join(cells)} |")
    notes = [f"{number}. {reason[0].upper()}{reason[1:]}." for number, reason in enumerate(reasons, 1)]
    before = [
        f"- {row.library}, {row.what}: {COLUMNS[one].lower()}: {why}."
        for row in ROWS
        for one, why in row.before.items()
    ]
    return "\n".join([*lines, "", *notes, "", "The releases before lack besides:", "", *before])


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


def finish_reasons() -> str:
    """The table of finish reasons."""
    heads = ("The provider says", "Ours", "It means", "In the cell", "Offered")
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for meaning in Meaning:
        known = [finish for finish in FINISH_REASONS.values() if finish.meaning is meaning]
        ours = f"`{known[0].reason}`" if known else "the provider's own word"
        words = ", ".join(f"`{finish.word}`" for finish in known) or "anything else"
        lines.append(f"| {words} | {ours} | {meaning.value} | {' | '.join(SHOWN[meaning])} |")
    return "\n".join(lines)


SHOWN: Final = {
    Meaning.WHOLE: ("Done", "Retry"),
    Meaning.LIMIT: ("Cut at the length limit", "Continue, Retry"),
    Meaning.FILTERED: ("Ended by the content filter", "Retry"),
    Meaning.TOOL: ("Done, and the answer shows the call", "Retry"),
    Meaning.CANCELLED: ("Stopped", "Continue, Retry"),
    Meaning.TROUBLE: ("Interrupted: The server broke off this answer", "Continue, Retry"),
    Meaning.UNKNOWN: ("Done, with a notice that has the word", "Retry"),
}
"""What the cell says and offers; `test_field.py` compares it with what cells do."""


def parameters() -> str:
    """The table of parameters."""
    lines = ["| You may write | Chat Completions gets | The Responses API gets | |", "|---|---|---|---|"]
    rows = [row for row in PARAMETERS if not (row.remark == "" and row.chat == row.responses)]
    for row in rows:
        names = ", ".join(f"`{name}`" for name in row.names)
        lines.append(f"| {names} | {_place(row.chat)} | {_place(row.responses)} | {row.remark} |")
    same = [f"`{row.chat}`" for row in PARAMETERS if row not in rows]
    lines.append(f"| {', '.join(same)} | the same | the same | |")
    lines.append(f"| {', '.join(f'`{name}`' for name in OPTIONS)} | the same | the same | Options of the SDK's call |")
    return "\n".join(lines)


def _place(path: str | None) -> str:
    return "" if path is None else f"`{path}`"


def field(found: Mapping[tuple[str, str], Mapping[str, Any]]) -> str:
    """The table of what servers were reported to send, and what a cell makes of it."""
    lines = ["| What comes | API | In the cell |", "|---|---|---|"]
    for (name, api), row in found.items():
        lines.append(f"| {_cell(CASES[name]['what'])} | {api} | {_cell(told(row))} |")
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


TABLES: Final[dict[str, Callable[[], str]]] = {
    "finish-reasons": finish_reasons,
    "libraries": libraries,
    "refusals": refusals,
    "parameters": parameters,
    "field": lambda: field(rows()),
    "rooms": drawn,
}
"""Name of the marks in a page, and what stands between them."""


def place_of(name: str) -> re.Pattern[str]:
    """Return where a table stands in the page."""
    return re.compile(rf"(?<=<!-- {name} -->\n\n).*?(?=<!-- /{name} -->)", re.DOTALL)


def kept(name: str) -> list[str]:
    """Return the lines of a table as the page has it."""
    (found,) = [match for page in PAGES if (match := place_of(name).search(page.read_text("utf-8")))]
    return found[0].strip().splitlines()


if __name__ == "__main__":
    for page in PAGES:
        text = page.read_text("utf-8")
        for name, table in TABLES.items():
            if place_of(name).search(text):
                text = place_of(name).sub(lambda _, table=table: table() + "\n\n", text)  # type: ignore[misc]
        page.write_text(text, "utf-8")
        sys.stdout.write(f"wrote {page.name}\n")
