"""Several live answers in one output. What is around them, a conversation or a grid, is a subclass's and a layout's."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import traitlets

from .. import _words as words
from ..answer.status import TERMINAL
from ..engine.observers import InOrder
from ..wire.messages import Command
from . import ipython, terminal
from .displayed import Displayed
from .ipython import Unattended
from .joined import Place, joined
from .widget import StreamCell

__all__ = ["Group"]


class Group(Displayed):
    """A widget whose places hold cells. Its layout is an addon of the page, which draws the cells as they are.

    A subclass says what there is with `_arrange`, and obeys its layout's commands in `_obey`. Cells are made with
    `display=False`: the group shows them.
    """

    _addon = traitlets.Unicode(help="The name of the layout; empty: the answers one below the other.").tag(sync=True)
    _state = traitlets.Dict(help="What the layout knows, as JSON values.").tag(sync=True)
    _places: traitlets.List[Any] = traitlets.List(help="What it shows, in order.").tag(sync=True)

    def __init__(self, addon: str = "", *, unattended: Unattended = "raise", shown: bool = True) -> None:
        """Open the comm now if `shown`. `addon` is the name of the page's layout."""
        self._group_lock = threading.RLock()
        self._cells: dict[str, StreamCell] = {}
        self._arranged: tuple[Place, ...] = ()
        self._prints = False
        self._commands = InOrder("streamcell-commands", _MOST_COMMANDS)
        super().__init__(unattended=unattended, shown=shown, _addon=addon)

    def _arrange(
        self, places: Iterable[Place], cells: Iterable[StreamCell] = (), state: Mapping[str, Any] | None = None
    ) -> None:
        """Show these places from now on. `cells` are new ones that places name; others are known. Any thread may call.

        None for `state` leaves it as it is.
        """
        new = list(cells)
        with self._group_lock:
            for cell in new:
                self._cells[cell._key] = cell
                cell.observe(self._on_status, "status")
            self._arranged = tuple(places)
            if self.comm is not None:
                self._open_cells()
            self._carry(partial(self._tell, state))
        if self._prints and new:
            self._print_later(new)
        if new and self._shown_in is not None:
            self._hold()
        self._write()

    def _tell(self, state: Mapping[str, Any] | None) -> None:
        with self._group_lock:
            if state is not None:
                self._state = dict(state)
            self._places = [place.to_wire() for place in self._arranged]

    def open(self) -> None:
        """Open the comm, and those of its cells, if there is a page to show the widget; ipywidgets calls this."""
        if self._opens:
            self._open_cells()
        super().open()

    def _open_cells(self) -> None:
        for cell in list(self._cells.values()):
            _ = cell.model_id  # reading it opens the comm

    @property
    def _shown_cells(self) -> list[StreamCell]:
        """The cells in its places, in order."""
        with self._group_lock:
            return [self._cells[place.key] for place in self._arranged if place.key in self._cells]

    # -- the page -----------------------------------------------------------------------------------------------------

    def _take(self, command: Command | None, content: object) -> None:
        if command is None and isinstance(content, Mapping):
            waits = self._commands.add(partial(self._obey, dict(content)))
            if not waits:
                nonce = str(content.get("nonce", ""))
                self._tell_page({"type": "refused", "nonce": nonce, "why": words.TOO_MANY_COMMANDS})

    def _obey(self, command: Mapping[str, Any]) -> None:
        """Do what the layout's page asks for; on a thread for this, one after the other. Pages are not trusted."""

    def _on_status(self, change: traitlets.Bunch) -> None:
        """An answer's status has changed: on the thread of its cell's observers."""
        if change.new in TERMINAL:
            self._write()

    def _write(self) -> None:
        """Write what is shown into the output, unless a page does that or the end of an unattended execution will."""
        if self._shown_in is not None and not self._kept and not self._held:
            self._carry(self._refresh)

    def _forgotten(self) -> None:
        # Each cell is asked for by its own key: it may be shown elsewhere.
        super().close()

    def close(self) -> None:
        """Stop all answers and remove all views, as deleting the output does. It can be displayed again."""
        for cell in list(self._cells.values()):
            cell.close()
        super().close()

    # -- display ------------------------------------------------------------------------------------------------------

    def _show(self) -> None:
        """Display it, in a notebook. A script prints its answers when it ends, also those that come later."""
        if ipython.is_notebook():
            super()._show()
        else:
            self._prints = True
            self._print_later([cell for cell in self._shown_cells if cell.status not in TERMINAL])

    def _print_later(self, cells: Sequence[StreamCell]) -> None:
        for heading, cell in self._headed():
            if any(cell is one for one in cells):
                terminal.displayed(cell, heading)

    def _headed(self) -> list[tuple[str, StreamCell]]:
        """The answers that are shown, each with the first line of what stands above it, to be printed."""
        with self._group_lock:
            places = [place for place in self._arranged if place.key in self._cells and not place.hidden]
            return [(place.plain.strip().partition("\n")[0], self._cells[place.key]) for place in places]

    def _saved(self, model_id: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
        with self._group_lock:
            places: Sequence[Place] = self._arranged
            outputs = {place.key: self._cells[place.key]._saved(None) for place in places if place.key in self._cells}
            return joined(self._addon, self._state, places, outputs, self._key, model_id)

    # -- an unattended run --------------------------------------------------------------------------------------------

    def settle(self) -> BaseException | None:
        """Block until all answers have ended, unless that is not wanted; return what fails the run. Internal."""
        errors = [cell.settle() for cell in list(self._cells.values())]
        return next((error for error in errors if error is not None), None)

    def stop(self) -> None:
        """Stop all answers that are streaming; their text so far is kept."""
        for cell in list(self._cells.values()):
            if cell.status not in TERMINAL:
                cell.stop()

    _uncopied = "this is live: it cannot be copied, pickled or sent to another process. Take the text of its cells"


_MOST_COMMANDS: Final = 200
"""Commands of pages that wait; more are refused. A question with as many files as it takes needs 105."""
