"""The notebook around us: whether there is one, whether anybody is there to see it, and the end of its executions.

Everything that is asked of IPython and its kernel is asked here. IPython is the notebook's, no dependency of ours.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import Any, Final, Literal, Protocol

from .private import code_of_interact

__all__ = [
    "Held",
    "Unattended",
    "bundle_of",
    "can_ask",
    "hold",
    "is_a_result",
    "is_notebook",
    "is_terminal",
    "place",
    "publish",
    "unattended",
]

Unattended = Literal["raise", "wait", "return"]
"""What a notebook that runs without a user does at the end of a cell: wait for its answers and fail with them, only
wait, or neither."""

_VOILA: Final = "VOILA_"  # Voila runs notebooks as nbclient does, and has a page all the same: it comes afterwards


def _shell() -> Any:
    interactive = sys.modules.get("IPython")
    return None if interactive is None else interactive.get_ipython()


def is_notebook() -> bool:
    """Whether this process is a Jupyter kernel, which sends outputs somewhere; Solara has what looks like its shell."""
    shell = _shell()
    return getattr(shell, "kernel", None) is not None and hasattr(shell, "execution_count")


def is_terminal() -> bool:
    """Whether this process is IPython in a terminal."""
    return any(kind.__name__ == "TerminalInteractiveShell" for kind in type(_shell()).__mro__)


def place() -> object:
    """Say where in the notebook something is shown now: two that are equal are one execution's, or one `interact`'s.

    A page's message, such as a slider's, is an execution without a number; `interact` calls its function anew for each.
    """
    shell = _shell()
    try:
        message = shell.get_parent()["header"]["msg_id"]
    except (AttributeError, KeyError, LookupError, TypeError):
        message = None
    update = code_of_interact()
    calls = [id(frame) for frame in _frames() if frame.f_code is update]
    return getattr(shell, "execution_count", None), message, calls


def unattended() -> bool:
    """Whether nobody can answer this execution: nbclient, papermill or `jupyter execute` runs it, not a front end.

    A front end says with each execution that it can be asked for input (`allow_stdin` in the messaging specification's
    `execute_request`); what runs notebooks by itself says that it cannot.
    """
    if not is_notebook() or any(name.startswith(_VOILA) for name in os.environ):
        return False
    try:
        content = _shell().get_parent()["content"]
    except (AttributeError, KeyError, LookupError, TypeError):
        return False  # no execution, or a kernel that tells of none
    return isinstance(content, Mapping) and content.get("allow_stdin") is False


def bundle_of(value: object) -> Mapping[str, Any]:
    """Return a value as the notebook would display it, by MIME type; empty outside a notebook."""
    formatter = getattr(_shell(), "display_formatter", None)
    return {} if formatter is None else dict(formatter.format(value)[0])


def can_ask() -> bool:
    """Whether a user may be asked in a page: not in a terminal or a script, nor in a notebook that runs unattended."""
    return is_notebook() and not unattended()


def publish(bundle: Mapping[str, Any], metadata: Mapping[str, Any], display_id: str, *, update: bool = False) -> None:
    """Send an output, or with `update` what the outputs of this id are to show from now on; safe on any thread."""
    publisher = _shell().display_pub
    publisher.publish(dict(bundle), dict(metadata), transient={"display_id": display_id}, update=update)


def is_a_result() -> bool:
    """Whether it is shown for being a result, and not by a call of display() that somebody wrote.

    IPython's display hook shows a cell's last expression, `interact` what its function has returned.
    """
    hook = _code_of(_shell().displayhook.__call__)
    display, update = _code_of(getattr(sys.modules.get("IPython.display"), "display", None)), code_of_interact()
    return any(
        frame.f_code is hook or (frame.f_code is display and getattr(frame.f_back, "f_code", None) is update)
        for frame in _frames()
    )


def _code_of(function: object) -> object:
    return getattr(getattr(function, "__func__", function), "__code__", _NO_CODE)


_NO_CODE: Final = object()


def _frames() -> Iterator[FrameType]:
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        yield frame
        frame = frame.f_back


class Held(Protocol):
    """What an execution waits for before it ends."""

    def finish(self) -> BaseException | None:
        """Block until it has ended and its output is whole; give what is to fail the run, if anything."""

    def stop(self) -> None:
        """End it now."""


_held: list[Held] = []
_watched: list[Any] = []  # the shells whose executions' ends we hear of


def hold(held: Held) -> None:
    """Let the present execution end only when `held` has, and fail where it failed."""
    shell = _shell()
    if not any(known is shell for known in _watched):
        shell.events.register("post_run_cell", _end_of_execution)
        _watched.append(shell)
    _held.append(held)


def _end_of_execution(result: Any) -> None:
    waiting = _held[:]
    _held.clear()
    failures: list[BaseException] = []
    try:
        failures = [error for held in waiting if (error := held.finish()) is not None]
    except KeyboardInterrupt as interrupt:
        for held in waiting:
            held.stop()
        failures = [interrupt, *(error for held in waiting if (error := held.finish()) is not None)]
    for error in failures:
        _shell().showtraceback((type(error), error, error.__traceback__))
    # The kernel's reply is made of this very result: so a run that asks for no more than that fails here.
    if failures and result.success:
        result.error_in_exec = failures[0]
