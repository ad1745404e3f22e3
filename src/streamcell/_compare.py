"""`stream_compare`: one prompt and many ways to ask it, or many prompts, in one grid of live cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, cast

from ._api import cells_that_wait, stream_cell, unattended_of
from .notebook.compare import StreamCompare
from .request.grid import grid_of
from .request.veiled import Veiled

if TYPE_CHECKING:
    from .notebook.ipython import Unattended

__all__ = ["stream_compare"]


def stream_compare(
    prompt: Any = None,
    *,
    models: Sequence[str] | Mapping[str, str] | None = None,
    over: Mapping[str, Sequence[Any] | Mapping[str, Any]] | None = None,
    display: bool = True,
    unattended: Unattended | None = None,
    **options: Any,
) -> StreamCompare:
    """Show a grid of cells that stream the answers to compare, and return it immediately; the kernel stays free.

    Each place of the grid is a cell as `stream_cell` makes it: it can be stopped, retried and read. All requests go
    through the queue of their server, first come, first served, as those of other cells do.

    Args:
        prompt: as for `stream_cell`. Leave it out if `over` has the prompts. An iterator can be read only once, so it
            cannot be given for all.
        models: the models to ask: the columns of the grid.
        over: arguments of `stream_cell` and the values to try, such as `{"temperature": [0, 1], "model": ["a", "b"]}`:
            every combination is asked for, 64 at most. The last argument is that of the columns. None is the default.
            A dict in place of a list gives the values labels: `{"instructions": {"brief": "Be brief.", "none": None}}`.
        display: whether to show the grid now. It can be displayed again at any time.
        unattended: see `stream_cell`.
        **options: the other arguments of `stream_cell`, the same for all.

    Raises:
        TypeError, ValueError: for invalid arguments, before anything is sent. Later errors are shown in the cells;
            `await` and `result()` raise the first of them when all answers have ended.
        OSError: for a file that cannot be read.
    """
    # A traceback that shows locals must not show a key in extra_headers.
    given, options = Veiled(options), {}
    refused = next((name for name in _NOT_FOR_ALL if given.get(name) not in (None, False)), None)
    if refused is not None:
        raise ValueError(f"{refused}= is for a single cell: {_NOT_FOR_ALL[refused]}")
    over = cast("Any", Veiled(over)) if isinstance(over, Mapping) else over
    grid = grid_of(models, over)
    varied = {axis.name for axis in grid.axes}
    twice = next((name for name in ("prompt", *given) if name in varied and (name != "prompt" or prompt)), None)
    if twice is not None:
        raise ValueError(f"{twice}= is varied, so it cannot be given for all as well")
    if prompt is None and "prompt" not in varied:
        raise TypeError("stream_compare needs a prompt, or several in over={'prompt': […]}")
    if isinstance(prompt, Iterator) or hasattr(prompt, "__anext__"):
        raise TypeError("an iterator can be read only once: give stream_compare a prompt, or a callable")
    with cells_that_wait() as cells:
        for point in grid.points():
            asked = Veiled({"prompt": prompt, **given, **grid.arguments(point)})
            stream_cell(**Veiled({**asked, "display": False, "unattended": unattended}))
        if isinstance((over or {}).get("prompt"), (list, tuple)) and any(cell._stream.withheld for cell in cells):
            grid = grid.numbered("prompt")  # a moderator may flag one of them, and labels would show it
        compare = StreamCompare(grid, cells, prompt, unattended=unattended_of(unattended), shown=display)
        if display:
            compare._show()
    for cell in cells:
        cell._start()
    return compare


_NOT_FOR_ALL: Final[Mapping[str, str]] = {
    "controls": "use .cells[0].controls()",
    "record": "use recording(…) around the call",
    "replay": "use recording(…) around the call, which replays each answer that it has",
}
