"""Where there is no page: an answer is printed while it streams, in IPython, in Python's own shell, and by a script.

A script prints, when it ends, what it has displayed and has not read: `stream_cell("…")` as a line of its own is
printed, and `print(stream_cell("…").result())` prints it once. So what a script writes does not depend on how fast a
model is, and no answer is torn by the script's own lines. IPython runs scripts too: `ipython script.py` prints at its
end, and `%run script.py` when the script has ended.
"""

from __future__ import annotations

import builtins
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import FrameType
from typing import Any, Final, Protocol, TextIO

from .._errors import Stopped, StreamCellError
from .._terminal import inert
from ..answer.parts import text_of
from ..engine.driver import stop_all
from ..wire.messages import View
from . import ipython
from .delivery import takes_widgets
from .output import note_of
from .private import before_threads_end
from .terminal_markdown import finished, last_lines

__all__ = ["call_follows", "displayed", "forget", "show", "show_all"]


class Printed(Protocol):
    """A cell that can be printed."""

    _stream: Any

    def __iter__(self) -> Any:
        """Return the pieces of its text."""


def show(cell: Printed, *, heading: str = "", apart: bool = False) -> bool:
    """Print an answer while it streams, and wait for its end; Ctrl-C stops it. Return whether it was pressed.

    `heading` stands above it. With `apart`, a blank line comes before it. The answer goes to the standard output: as
    Markdown where `rich` is installed and a terminal shows it, and as plain text anywhere else. Why it is not whole
    goes to the standard error.
    """
    if heading:
        blank, apart = "\n" if apart else "", False
        _write(sys.stdout, f"{blank}{inert(heading)}\n\n")
    printer: _Plain | _Rich = _Rich.here() or _Plain()
    pressed, said = False, ""
    try:
        for number, piece in enumerate(cell):
            if apart and not number:
                _write(sys.stdout, "\n")
            printer.add(inert(piece))
    except KeyboardInterrupt:
        pressed = True  # the iterator has already stopped the stream
    except StreamCellError as error:
        said = "" if isinstance(error, Stopped) else str(error)
    view: View = cell._stream.view
    others = "\n".join(plain for part in view["parts"] if not part.is_text and (plain := part.plain()))
    printer.end(inert(others), bool(text_of(view["parts"])))
    note = inert(said or note_of(view))
    if note:
        _write(sys.stderr, f"{note}\n")
    return pressed


def show_all(cells: Iterable[tuple[str, Printed]]) -> bool:
    """Print answers, each below its heading, one after another; Ctrl-C stops the one that streams, and ends this.

    Return whether anything was printed.
    """
    printed = False
    for heading, cell in cells:
        pressed = show(cell, heading=heading, apart=printed)
        printed = True
        if pressed:
            break
    return printed


def _write(stream: TextIO | None, text: str) -> None:
    """Write text, with a question mark for what the stream's encoding does not have; flush it."""
    if stream is None:
        return
    encoding = getattr(stream, "encoding", None) or "utf-8"
    stream.write(text.encode(encoding, "replace").decode(encoding))
    stream.flush()


class _Plain:
    """Prints the text as it is."""

    def __init__(self) -> None:
        self._last = "\n"

    def add(self, piece: str) -> None:
        """Print a piece of the answer."""
        _write(sys.stdout, piece)
        self._last = piece[-1:] or self._last

    def end(self, others: str, spoken: bool) -> None:
        """End the last line, and print what the answer has besides its text."""
        _write(sys.stdout, "" if self._last == "\n" else "\n")
        if others:
            _write(sys.stdout, f"\n{others}\n" if spoken else f"{others}\n")


class _Rich:
    """Prints the text as Markdown, with `rich`: each block once it is finished, the one that grows again and again."""

    def __init__(self, console: Any) -> None:
        from rich.live import Live

        self._console = console
        self._live = Live(console=console, auto_refresh=False, transient=True, vertical_overflow="crop")
        self._text = ""
        self._drawn = 0.0
        self._live.start()

    @classmethod
    def here(cls) -> _Rich | None:
        """Return one, or None where `rich` is not installed or no terminal shows what is printed."""
        try:
            if not sys.stdout.isatty():
                return None
            from rich.console import Console
        except (AttributeError, ImportError, ValueError):
            return None
        console = Console()
        return cls(console) if console.is_terminal and not console.is_dumb_terminal else None

    def add(self, piece: str) -> None:
        """Print the blocks that are finished now, and draw the last one anew."""
        self._text += piece
        at = finished(self._text)
        if at:
            self._live.console.print(_markdown(self._text[:at]), "")
            self._text = self._text[at:]
        elif time.monotonic() - self._drawn < _FRAME:
            return
        self._live.update(_markdown(last_lines(self._text, self._console.height - 2)), refresh=True)
        self._drawn = time.monotonic()

    def end(self, others: str, spoken: bool) -> None:
        """Print the last block, and what the answer has besides its text."""
        self._live.update("", refresh=True)
        self._live.stop()
        if self._text.strip():
            self._console.print(_markdown(self._text))
        if others:
            self._console.print(f"\n{others}" if spoken else others, markup=False, highlight=False)


_FRAME: Final = 1 / 12  # seconds between two drawings


def _markdown(text: str) -> Any:
    from rich.markdown import Markdown

    return Markdown(text, hyperlinks=False)  # a link's target must be seen


# -- scripts and Python's own shell ------------------------------------------------------------------------------------

_unread: dict[int, tuple[str, Any]] = {}
"""The cells that a script has displayed and not read, with their headings, by their ids, in order."""

_calls: list[tuple[Any, threading.Event]] = []
"""Cells that a script has displayed, and of each an event that is set when its `on_end` callback has returned."""

_error: object = None
"""The last exception that had ended something before the script displayed its first cell."""

_ready: Final = threading.Lock()
_hooked = False


def displayed(cell: Any, heading: str = "") -> None:
    """Take note of a cell that is displayed where there is no page; call it within the call that makes the cell.

    `heading` is printed above its answer.
    """
    global _error  # noqa: PLW0603  # of this run
    if ipython.is_notebook() or takes_widgets() or threading.current_thread() is not threading.main_thread():
        return
    if hasattr(sys, "ps1") and not ipython.has_shell():
        if not isinstance(sys.displayhook, _DisplayHook):
            sys.displayhook = _DisplayHook(sys.displayhook)
    elif _is_of_a_script(_asks()):
        if not _unread and not _calls:
            _error = _last_error()
        _unread[id(cell)] = (heading, cell)
        if ipython.is_terminal():
            ipython.hold(_Run())
        _hook()


def _asks() -> FrameType | None:
    """Return the frame whose code has called streamcell."""
    package = __name__.partition(".")[0]
    names = ((frame, str(frame.f_globals.get("__name__", ""))) for frame in ipython.frames())
    return next((frame for frame, name in names if name.partition(".")[0] != package), None)


def _is_of_a_script(frame: FrameType | None) -> bool:
    """Whether a frame's code is a script's own. What is typed in IPython is of the same module, but is in no file."""
    if frame is None or frame.f_globals.get("__name__") != "__main__":
        return False
    return not ipython.has_shell() or (ipython.is_terminal() and Path(frame.f_code.co_filename).is_file())


def forget(cell: object) -> None:
    """Do not print a cell: code has asked for its answer."""
    _unread.pop(id(cell), None)


def call_follows(cell: Any, called: threading.Event) -> None:
    """Do not print a cell, but wait for it: code has asked for a call at its end, after which `called` is set."""
    if id(cell) in _unread:
        _calls.append((cell, called))
    forget(cell)


def _forget_all() -> None:
    _unread.clear()
    _calls.clear()


def _hook() -> None:
    global _hooked  # noqa: PLW0603  # once per process
    with _ready:
        if _hooked:
            return
        _hooked = True
    before_threads_end(_end)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_forget_all)  # nothing streams them there


def _last_error() -> object:
    return getattr(sys, "last_exc", None) or getattr(sys, "last_value", None)


def _end() -> None:
    """End the process: print what is not read, and stop the rest."""
    try:
        _print_unread()
    finally:
        stop_all()


def _print_unread() -> None:
    """Print what the script has not read, one after another. It has ended; Ctrl-C stops all that still streams.

    If an exception has ended it, nobody waits for answers.
    """
    cells, calls = list(_unread.values()), list(_calls)
    _forget_all()
    if _last_error() is not _error:
        for cell in (*(cell for _, cell in cells), *(cell for cell, _ in calls)):
            cell.stop()
        return
    printed = False
    try:
        for heading, cell in cells:
            _stop_without_loop(cell)
            if show(cell, heading=heading, apart=printed):
                stop_all()
                return
            printed = printed or bool(heading or cell._stream.view["parts"])
        for cell, called in calls:
            _stop_without_loop(cell)
            while not called.wait(_LOOK):
                cell._stream.check_alive()
    except BrokenPipeError:  # nobody reads on, as in `python script.py | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        stop_all()


_LOOK: Final = 0.5  # seconds; a wait without end takes no Ctrl-C on Windows


def _stop_without_loop(cell: Any) -> None:
    """Stop a cell whose iterator's own loop has ended: nothing more can come."""
    home = cell._stream.home
    if home is not None and not home.is_running():
        cell.stop()


class _Run:
    """A script within IPython: `%run` ends when what the script has displayed is printed."""

    def finish(self) -> None:
        """Print it."""
        _print_unread()

    def stop(self) -> None:
        """Stop all answers."""
        stop_all()


class _DisplayHook:
    """Python's own shell shows a value with it; cells are printed while they stream."""

    def __init__(self, former: Callable[[Any], object]) -> None:
        self._former = former

    def __call__(self, value: Any) -> None:
        # Of its type: a class in place of a cell, or an object that has any attribute, is a value like others.
        headed = value._headed() if hasattr(type(value), "_headed") else []
        if headed:
            builtins._ = value  # type: ignore[attr-defined]
            show_all(headed)
        else:
            self._former(value)
