"""Where there is no page: an answer is printed while it streams, in IPython, in Python's own shell, and by a script.

A script prints, when it ends, what it has displayed and has not read: `stream_cell("…")` as a line of its own is
printed, and `print(stream_cell("…").result())` prints it once. So what a script writes does not depend on how fast a
model is, and no answer is torn by the script's own lines.
"""

from __future__ import annotations

import builtins
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Final, Protocol, TextIO

from .._errors import Stopped, StreamCellError
from .._terminal import inert
from ..answer.parts import text_of
from ..engine.driver import stop_all
from ..engine.handle import Answer
from ..wire.messages import View
from . import ipython
from .delivery import takes_widgets
from .output import note_of
from .private import before_threads_end
from .terminal_markdown import finished, last_lines

__all__ = ["displayed", "forget", "show"]


class Printed(Protocol):
    """A cell that can be printed."""

    _stream: Any

    def __iter__(self) -> Any:
        """Return the pieces of its text."""


def show(cell: Printed, *, apart: bool = False) -> bool:
    """Print an answer while it streams, and wait for its end; Ctrl-C stops it. Return whether it was pressed.

    With `apart`, a blank line comes before it. The answer goes to the standard output: as Markdown where `rich` is
    installed and a terminal shows it, and as plain text anywhere else. Why it is not whole goes to the standard error.
    """
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

_unread: dict[int, Any] = {}
"""The cells that a script has displayed and not read, by their ids, in order."""

_ready: Final = threading.Lock()
_hooked = False


def displayed(cell: Any) -> None:
    """Take note of a cell that is displayed where there is no page; call it within the call that makes the cell."""
    if ipython.has_shell() or takes_widgets() or threading.current_thread() is not threading.main_thread():
        return
    if hasattr(sys, "ps1"):
        if not isinstance(sys.displayhook, _DisplayHook):
            sys.displayhook = _DisplayHook(sys.displayhook)
    elif _asks() == "__main__":
        _unread[id(cell)] = cell
        _hook()


def _asks() -> str:
    """Return the name of the module whose code has called streamcell."""
    package = __name__.partition(".")[0]
    frames = (str(frame.f_globals.get("__name__", "")) for frame in ipython.frames())
    return next((name for name in frames if name.partition(".")[0] != package), "")


def forget(cell: object) -> None:
    """Do not print a cell: code has asked for its answer."""
    _unread.pop(id(cell), None)


def _hook() -> None:
    global _hooked  # noqa: PLW0603  # once per process
    with _ready:
        if _hooked:
            return
        _hooked = True
    before_threads_end(_print_unread)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_unread.clear)  # nothing streams them there


def _print_unread() -> None:
    """Print what the script has not read, one after another. It has ended; Ctrl-C stops all that still streams.

    If an exception has ended it, nobody waits for answers.
    """
    failed = getattr(sys, "last_exc", None) or getattr(sys, "last_value", None)
    cells = [] if failed is not None else list(_unread.values())
    _unread.clear()
    printed = False
    try:
        for cell in cells:
            home = cell._stream.home
            if home is not None and not home.is_running():
                cell.stop()  # its iterator's own loop has ended: nothing more can come
            if show(cell, apart=printed):
                break
            printed = printed or bool(cell._stream.view["parts"])
    except BrokenPipeError:  # nobody reads on, as in `python script.py | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        pass  # between two answers
    finally:
        stop_all()


class _DisplayHook:
    """Python's own shell shows a value with it; a cell is printed while it streams."""

    def __init__(self, former: Callable[[Any], object]) -> None:
        self._former = former

    def __call__(self, value: Any) -> None:
        if isinstance(value, Answer):
            builtins._ = value  # type: ignore[attr-defined]
            show(value)
        else:
            self._former(value)
