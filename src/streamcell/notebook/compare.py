"""A comparison: a grid of live answers in one output, with their numbers."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import json
import os
from collections import Counter
from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Any, Final, Literal, overload

from .. import _words as words
from .._errors import StreamCellError, without_keys, without_secrets
from ..answer.status import TERMINAL, Status
from ..engine.handle import running_loop
from ..engine.writing import save_as
from ..request.grid import Grid
from ..saved.numbers import heading, in_order, lines_of, table_of
from . import ipython
from .group import Group
from .ipython import Unattended
from .joined import Place
from .output import markdown_of
from .shown_text import ShownTexts
from .widget import StreamCell

__all__ = ["StreamCompare"]


class StreamCompare(Group):
    """A grid of answers that stream. `stream_compare` makes and returns it.

    It is iterable: its cells, row by row. `compare["gpt-5.4-mini"]`, or with several axes `compare[0, "gpt-5.4-mini"]`,
    is the cell with these values or labels, in the order of the axes.
    """

    def __init__(
        self,
        grid: Grid,
        cells: Sequence[StreamCell],
        prompt: object,
        *,
        unattended: Unattended = "raise",
        shown: bool = True,
    ) -> None:
        """Connect a grid with its cells, in its order. `stream_compare` calls this."""
        super().__init__("compare", unattended=unattended, shown=shown)
        self._grid = grid
        self._points = tuple(grid.points())
        self._cells_in_order = tuple(cells)
        secrets = [key for cell in cells for key in cell._secrets]
        asked = without_secrets(prompt, secrets) if isinstance(prompt, str) else ""
        self._asked = " ".join(asked.split())[:_LONGEST]
        self._note(cells)

    @property
    def cells(self) -> tuple[StreamCell, ...]:
        """The cells, row by row."""
        return self._cells_in_order

    @property
    def labels(self) -> list[dict[str, Any]]:
        """What each cell is asked with, by the names of the arguments: values, or labels of what is no plain value."""
        return [self._grid.labels(point) for point in self._points]

    def __iter__(self) -> Iterator[StreamCell]:
        """Iterate over the cells, row by row."""
        return iter(self._cells_in_order)

    def __len__(self) -> int:
        """Return the number of cells."""
        return len(self._cells_in_order)

    def __getitem__(self, key: object) -> StreamCell:
        """Return the cell with this value or label, or with these of several axes. Raises KeyError."""
        return self._cells_in_order[self._grid.place_of(key)]

    # -- waiting ------------------------------------------------------------------------------------------------------

    @overload
    def result(self, timeout: float | None = None, *, return_exceptions: Literal[False] = False) -> list[str]: ...

    @overload
    def result(self, timeout: float | None = None, *, return_exceptions: bool) -> list[Any]: ...

    def result(self, timeout: float | None = None, *, return_exceptions: bool = False) -> list[Any]:
        """Block until all answers have ended, and return their texts, row by row.

        If answers failed, the error of the first is raised when all have ended; the other answers are in `cells`. With
        `return_exceptions=True` nothing is raised, and the errors stand in the places of their texts. Ctrl-C stops all.

        Raises:
            StreamCellError: the first error, as the cell's own `result()` raises it.
            TimeoutError: after `timeout` seconds. The streams continue.
            RuntimeError: as the cells' `result()`.
        """
        for cell in self:
            cell._check_blocking("result()")
            cell._read()
        settled = [cell._stream.settled for cell in self]
        try:
            _, unfinished = concurrent.futures.wait(settled, timeout)
        except KeyboardInterrupt:
            self.stop()
            raise
        if unfinished:
            raise TimeoutError(f"{len(unfinished)} answers did not finish within {timeout} s and continue to stream")
        ended = [_outcome(cell, future) for cell, future in zip(self, settled, strict=True)]
        return self._together(ended, return_exceptions)

    def __await__(self) -> Generator[Any, None, list[str]]:
        """Wait until all answers have ended, and return their texts; see `wait`."""
        return self.wait().__await__()

    async def wait(self, *, return_exceptions: bool = False) -> list[Any]:
        """Wait until all answers have ended, and return their texts, row by row; see `result`.

        This is `await compare` as a coroutine. Cancelling it stops the answers that no other code waits for.
        """
        if running_loop() is None:
            raise RuntimeError("a comparison is awaited on an asyncio event loop, and none runs here: use result()")
        try:
            ended = await asyncio.gather(*(cell.wait() for cell in self), return_exceptions=True)
        except asyncio.CancelledError:
            for cell in self:  # a wait that was cancelled before it began has stopped nothing
                if not cell._waiters and not cell._stream.settled.done():
                    cell.stop()
            raise
        return self._together(ended, return_exceptions)

    def _together(self, ended: Sequence[Any], return_exceptions: bool) -> list[Any]:
        error = next((one for one in ended if isinstance(one, BaseException)), None)
        if error is not None and not return_exceptions:
            raise error
        return ShownTexts(ended, ipython.place()) if self._shown_here() else list(ended)

    # -- commands -----------------------------------------------------------------------------------------------------

    def retry(self, *, failed: bool = False) -> None:
        """Ask again for every answer that has ended and can be asked for again; those that still stream are left.

        With `failed=True`, only for those that are not complete: failed, interrupted or stopped.
        """
        for cell in self:
            document = cell._stream.document
            status = document.current.status
            if status not in TERMINAL or document.retry_disabled_reason is not None:
                continue
            if not failed or status is not Status.DONE:
                with contextlib.suppress(RuntimeError):  # somebody else has just asked again
                    cell.retry()

    def _obey(self, command: Mapping[str, Any]) -> None:
        if command.get("type") == "stop_all":
            self.stop()
        elif command.get("type") == "retry_all":
            self.retry(failed=command.get("failed") is True)

    # -- the numbers --------------------------------------------------------------------------------------------------

    def table(self) -> list[dict[str, Any]]:
        """Return a row of plain values for each answer: `pandas.DataFrame(compare.table())` takes it as it is.

        Its keys are the arguments that are varied, `answered_by` (the model, as the server calls it), `status`,
        `finish_reason`, `error` (its type), `characters`, and of `cell.stats` the times in seconds, the tokens, the
        rate, the price and the attempts. What is not known is None.
        """
        return [{**self._grid.labels(point), **_numbers(cell)} for point, cell in zip(self._points, self, strict=True)]

    def to_markdown(self, *, sort: str | None = None, descending: bool = False) -> str:
        """Return the table of the numbers and the answers as Markdown, which no reader gets HTML or scripts from.

        `sort` is a key of `table()` that the table's rows are sorted by. Raises ValueError for another name.
        """
        names, rows = self._names, self.table()
        if sort is not None and sort not in rows[0]:
            raise ValueError(f"sort must be one of {', '.join(rows[0])}, not {sort!r}")
        named = [{**row, "": name} for name, row in zip(names, rows, strict=True)]
        ordered = named if sort is None else in_order(named, sort, descending=descending)
        title = [heading(self._prompt, 1)] if self._prompt else []
        answers = [
            f"{heading(name, 2)}\n\n{markdown_of(cell._stream.view)}" for name, cell in zip(names, self, strict=True)
        ]
        return "\n\n".join([*title, table_of([row[""] for row in ordered], ordered), *answers]) + "\n"

    def save(self, path: str | os.PathLike[str]) -> None:
        """Save the numbers and the answers into a file: Markdown for `.md`, plain values for `.json`.

        What looks like a key is left out. Raises ValueError for another ending, and OSError if the file cannot be
        written.
        """
        save_as(path, {".md": lambda: without_keys(self.to_markdown()), ".json": self._json}, "a comparison")

    def _json(self) -> str:
        rows = [{**row, "text": without_keys(cell.text)} for row, cell in zip(self.table(), self, strict=True)]
        return json.dumps({"prompt": self._prompt, "answers": rows}, ensure_ascii=False, indent=2) + "\n"

    @property
    def _prompt(self) -> str:
        if not self._asked or not any(cell._stream.withheld for cell in self):
            return self._asked
        over = all(cell._stream.document.current.status in TERMINAL for cell in self)
        return words.QUESTION_WITHHELD if over else words.QUESTION_JUDGED

    @property
    def _names(self) -> list[str]:
        return [self._grid.name(point) for point in self._points]

    def _note(self, cells: Sequence[StreamCell] = ()) -> None:
        """Show the answers' numbers as they are now; `cells` are new ones."""
        ended = [cell._stream.document.current.status in TERMINAL for cell in self]
        rows = [_numbers(cell) if over else None for cell, over in zip(self, ended, strict=True)]
        places = [self._place(point, cell) for point, cell in zip(self._points, self, strict=True)]
        known = [(name, row) for name, row in zip(self._names, rows, strict=True) if row is not None]
        if known:
            names, numbers = zip(*known, strict=True)
            places.append(Place(markdown=table_of(names, numbers), plain=lines_of(names, numbers)))
        heads = [list(head) for head in words.NUMBERS.items()]  # pairs, because Jupyter sorts the keys that it saves
        state = {"columns": self._grid.columns, "prompt": self._prompt, "heads": heads, "rows": rows}
        self._arrange(places, cells, state)

    def _place(self, point: Sequence[int], cell: StreamCell) -> Place:
        name = self._grid.name(point)
        about = {"name": name, "row": self._grid.row(point), "column": self._grid.column(point)}
        return Place(cell._key, markdown=heading(name, 3), plain=f"{name}:", about=about)

    def _on_status(self, change: Any) -> None:
        if change.new in TERMINAL or self._state.get("prompt") != self._prompt:
            self._note()

    def settle(self) -> BaseException | None:
        """Block until all answers have ended and their numbers are noted; return what fails the run. Internal."""
        error = super().settle()
        self._note()
        return error

    def __repr__(self) -> str:
        """Return one line with the number of answers and their statuses."""
        counts = Counter(cell.status for cell in self)
        return (
            f"<StreamCompare {len(self)} answers: {', '.join(f'{count} {status}' for status, count in counts.items())}>"
        )


_LONGEST: Final = 200  # characters of the prompt, as a title


def _numbers(cell: StreamCell) -> dict[str, Any]:
    """Return the numbers of the version that a cell shows, as plain values."""
    version, stats = cell._stream.document.version, cell.stats
    return {
        "answered_by": version.origin.model,
        "status": version.status.value,
        "finish_reason": version.finish_reason,
        "error": None if version.error is None else type(version.error).__name__,
        "characters": len(version.text),
        **{name: getattr(stats, name) for name in _OF_STATS},
    }


_OF_STATS: Final = (
    *("queue_seconds", "first_token_seconds", "total_seconds", "input_tokens", "output_tokens", "reasoning_tokens"),
    *("tokens_per_second", "tokens_estimated", "price", "attempts"),
)


def _outcome(cell: StreamCell, settled: concurrent.futures.Future[str]) -> str | StreamCellError:
    try:
        return cell._outcome(settled)
    except StreamCellError as error:
        return error
