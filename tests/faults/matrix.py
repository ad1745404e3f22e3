"""What becomes of each scenario on each API, as a table: run by the tests, kept in `docs/faults.md`.

`python -m tests.faults.matrix` writes the table into the documentation anew.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal

import pytest

from streamcell import RetryPolicy, StreamCell, StreamCellError, Timeouts, stream_cell
from streamcell.rehearsal import SCENARIOS, RehearsalServer, _server
from streamcell.rehearsal._scenarios import ANSWERS

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "faults.md"
TABLE: Final = re.compile(r"(?<=<!-- table -->\n\n).*?(?=\n<!-- /table -->)", re.DOTALL)
WAIT: Final = 300.0  # seconds: a time-out is for what hangs, and machines are shared
ATTEMPTS: Final = 3
PROMPT: Final = "Explain entropy in one sentence"

API = Literal["chat", "responses"]
APIS: Final[tuple[API, ...]] = ("chat", "responses")

_SETTINGS: Final = {"keep_alive": "&every=0.05", "surrogate": "&after=6"}
# Patience is short only where a scenario takes its time, and there only for what does not come: elsewhere a machine
# that is slow is no fault.
_PATIENCE: Final = {
    "stall": Timeouts(first_token=60, between_chunks=1, notify_after=0.1),
    "keep_alive": Timeouts(keepalive=5, notify_after=0.1),
    "slow_head": Timeouts(first_token=0.5, notify_after=0.1),
}
_WITHOUT_END: Final = frozenset(
    {"cut", "drop", "drop_reset", "torn", "torn_character", "no_end", "closed", "reset", "refused", "empty", "html"}
)


@contextmanager
def server() -> Iterator[RehearsalServer]:
    """The server that every `rehearsal/…` model of this process is asked of."""
    with RehearsalServer(rate=0, first_token=0, seed=1) as running, pytest.MonkeyPatch.context() as patch:
        patch.setattr(_server, "_shared", running)
        yield running


def ask(name: str, api: API, **options: Any) -> StreamCell:
    """Ask for a scenario, with little patience and no backoff."""
    settings = _SETTINGS.get(name, "")
    if "after" in SCENARIOS[name].settings and "after" not in settings:
        settings += "&after=6"
    return stream_cell(
        PROMPT,
        model=f"rehearsal/{name}?{settings.lstrip('&')}",
        api=api,
        display=False,
        retry=RetryPolicy(attempts=ATTEMPTS, wait_initial=0.0),
        timeouts=_PATIENCE.get(name, Timeouts()),
        **options,
    )


def outcome(cell: StreamCell, whole: str) -> str:
    """How a cell ended: status, error, text kept, attempts made, and what is offered."""
    try:
        cell.result(WAIT)
        error = None
    except StreamCellError as raised:
        error = raised
    reason = f" ({cell.finish_reason})" if cell.finish_reason not in (None, "stop") else ""
    said = f"{cell.status}{reason}" if error is None else f"{cell.status}: {type(error).__name__}"
    if error is not None and error.error_kind != type(error).kind:
        said += f" ({error.error_kind})"
    kept = (
        "nothing kept"
        if not cell.text
        else "all of the text"
        if cell.text == whole
        else "the text so far"
        if whole.startswith(cell.text)
        else "other text"
    )
    attempts = f", {cell.attempt} attempts" if cell.attempt > 1 else ""
    offered = "" if cell.resumable is None else ", Continue"
    offered += "" if cell.retry_disabled_reason is None else ", no Retry"
    notice = ", with a notice" if cell.notice else ""
    return f"{said}, {kept}{attempts}{offered}{notice}"


def rows() -> Iterator[tuple[str, str, str, str]]:
    """Each scenario with its summary, and its outcome on both APIs."""
    with server():
        whole = stream_cell(PROMPT, model="rehearsal", display=False).result(WAIT)
        names = [name for name in SCENARIOS if name not in ANSWERS]
        for name in names:
            chat, responses = (outcome(ask(name, api), whole) for api in APIS)
            yield name, SCENARIOS[name].summary, chat, responses


def table(found: list[tuple[str, str, str, str]]) -> str:
    """The rows as a Markdown table."""
    lines = ["| `rehearsal/…` | What happens | Chat Completions | Responses |", "|---|---|---|---|"]
    for name, summary, chat, responses in found:
        lines.append(f"| `{name}` | {summary} | {chat} | {'the same' if responses == chat else responses} |")
    return "\n".join(lines) + "\n"


def ends_without_end_mark(name: str, api: API) -> bool:
    """Whether the provider's end mark never comes in this scenario, so that nothing may call the answer done."""
    return name in _WITHOUT_END or (name == "done_alone" and api == "responses")


if __name__ == "__main__":
    text = PAGE.read_text("utf-8")
    PAGE.write_text(TABLE.sub(lambda _: table(list(rows())), text), "utf-8")
    sys.stdout.write(f"wrote {PAGE.name}\n")
