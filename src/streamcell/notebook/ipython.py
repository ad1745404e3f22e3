"""The notebook: whether there is one, whether a user attends it, and the end of its executions.

All access to IPython and its kernel is here. IPython is looked up, not imported: it is not a dependency.
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
    "frames",
    "has_shell",
    "hold",
    "is_a_result",
    "is_notebook",
    "is_terminal",
    "kernel_and_shell",
    "place",
    "publish",
    "unattended",
]

Unattended = Literal["raise", "wait", "return"]
"""What a notebook that runs without a user does at the end of a cell: wait for its answers and fail with them, only
wait, or neither."""

_VOILA: Final = "VOILA_"  # Voila runs notebooks as nbclient does, but shows them in a page afterwards


def _shell() -> Any:
    interactive = sys.modules.get("IPython")
    return None if interactive is None else interactive.get_ipython()


def is_notebook() -> bool:
    """Whether this process is a Jupyter kernel. Solara's shell looks like one, but has no `execution_count`."""
    shell = _shell()
    return getattr(shell, "kernel", None) is not None and hasattr(shell, "execution_count")


def has_shell() -> bool:
    """Whether this process has an IPython shell, in a kernel or in a terminal."""
    return _shell() is not None


def kernel_and_shell() -> tuple[Any, Any]:
    """Return the Jupyter kernel of this process and its shell, or None for what there is not."""
    shell = _shell()
    return (shell.kernel, shell) if is_notebook() else (None, shell)


def is_terminal() -> bool:
    """Whether this process is IPython in a terminal."""
    return any(kind.__name__ == "TerminalInteractiveShell" for kind in type(_shell()).__mro__)


def place() -> object:
    """Identify the current execution, or `interact` call, by a value: equal values mean the same one.

    A message of a page, such as a slider's, is an execution without a number, and `interact` calls its function once
    for each.
    """
    shell = _shell()
    try:
        message = shell.get_parent()["header"]["msg_id"]
    except (AttributeError, KeyError, LookupError, TypeError):
        message = None
    update = code_of_interact()
    calls = [id(frame) for frame in frames() if frame.f_code is update]
    return getattr(shell, "execution_count", None), message, calls


def unattended() -> bool:
    """Whether this execution runs without a user: started by nbclient, papermill or `jupyter execute`.

    A front end sets `allow_stdin` in each `execute_request` (Jupyter messaging specification): it can ask the user for
    input. Tools that run notebooks unattended set it to false.
    """
    if not is_notebook() or any(name.startswith(_VOILA) for name in os.environ):
        return False
    try:
        content = _shell().get_parent()["content"]
    except (AttributeError, KeyError, LookupError, TypeError):
        return False  # no execution, or a kernel that does not provide its message
    return isinstance(content, Mapping) and content.get("allow_stdin") is False


def bundle_of(value: object) -> Mapping[str, Any]:
    """Return a value as the notebook would display it, as a mapping by MIME type; empty outside a notebook."""
    formatter = getattr(_shell(), "display_formatter", None)
    return {} if formatter is None else dict(formatter.format(value)[0])


def can_ask() -> bool:
    """Whether a user can be asked in a page: not in a terminal or a script, and not in an unattended notebook."""
    return is_notebook() and not unattended()


def publish(bundle: Mapping[str, Any], metadata: Mapping[str, Any], display_id: str, *, update: bool = False) -> None:
    """Send an output, or with `update` replace all outputs with this display id; safe on any thread."""
    publisher = _shell().display_pub
    publisher.publish(dict(bundle), dict(metadata), transient={"display_id": display_id}, update=update)


def is_a_result() -> bool:
    """Whether it is being shown as a result, and not by a `display()` call in the user's code.

    IPython's display hook shows a cell's last expression, and `interact` shows what its function returned.
    """
    hook = _code_of(_shell().displayhook.__call__)
    display, update = _code_of(getattr(sys.modules.get("IPython.display"), "display", None)), code_of_interact()
    return any(
        frame.f_code is hook or (frame.f_code is display and getattr(frame.f_back, "f_code", None) is update)
        for frame in frames()
    )


def _code_of(function: object) -> object:
    return getattr(getattr(function, "__func__", function), "__code__", _NO_CODE)


_NO_CODE: Final = object()


def frames() -> Iterator[FrameType]:
    """Yield the frames that are being executed on this thread, innermost first."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        yield frame
        frame = frame.f_back


class Held(Protocol):
    """Something that an execution waits for before it ends."""

    def finish(self) -> BaseException | None:
        """Block until it has ended and its output is complete; return the error that fails the run, or None."""

    def stop(self) -> None:
        """Stop it now."""


_held: list[Held] = []
_watched: list[Any] = []  # the shells with our `post_run_cell` callback


def hold(held: Held) -> None:
    """Keep the current execution from ending before `held` has ended, and let it fail if `held` failed."""
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
    # The kernel makes its reply from this result, so setting the error makes the run fail.
    if failures and result.success:
        result.error_in_exec = failures[0]
