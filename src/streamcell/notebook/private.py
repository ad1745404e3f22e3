"""Every use of private API of ipywidgets, ipykernel and Python itself, each with a guard.

If a release changes one of these, only the feature named in its docstring is lost, and no answer. `make canary` finds
such a change before the release, and `tests/test_private.py` says which one it is.
"""

from __future__ import annotations

import atexit
import sys
import threading
from collections.abc import Callable, Mapping
from types import CodeType
from typing import Any

import ipywidgets

__all__ = [
    "before_threads_end",
    "code_of_interact",
    "is_registered",
    "let_pages_choose_the_subshell",
    "send_without_parent",
    "set_idle_interrupt",
    "show_again",
]


def is_registered(widget: ipywidgets.Widget) -> bool:
    """Whether ipywidgets still knows the widget, from `widgets.widget._instances`.

    Without it: a closed bundle is not replaced.
    """
    known = getattr(ipywidgets.widgets.widget, "_instances", None)
    return known is None or widget.model_id in known


def show_again(widget: ipywidgets.Widget) -> None:
    """Let a closed widget be displayed again.

    `Widget.close` sets a `_repr_mimebundle_` on the object that shows nothing. Without it: there is nothing to undo.
    """
    widget.__dict__.pop("_repr_mimebundle_", None)


def let_pages_choose_the_subshell(comm: Any) -> None:
    """Let a page's messages run on the subshell that the page chose, so that Stop works while a cell runs.

    ipykernel 7.4 sends them to the shell that last published on the comm (`_reply_subshell_for`). Our driver does not
    publish from a shell, and a widget is made on the main shell, so that would be the main shell. Without it: messages
    already run where the page chose.
    """
    if hasattr(comm, "_reply_subshell_for"):
        comm._reply_subshell_for = _as_the_page_chose


def _as_the_page_chose(_data: object, default: object) -> object:
    return default


def send_without_parent(comm: Any, data: Mapping[str, Any]) -> bool:
    """Send `data` to the pages without a parent header; return False if nothing was sent.

    A stream does not answer a request, and the parent header that ipykernel's `BaseComm.publish_msg` adds (of the last
    cell that ran) takes 213 bytes. This needs the comm's `kernel` and `topic`, and the kernel's `session` and
    `iopub_socket`. Without them: the caller sends as usual, and each message is a third larger.
    """
    kernel = getattr(comm, "kernel", None)
    session, socket = getattr(kernel, "session", None), getattr(kernel, "iopub_socket", None)
    topic, comm_id = getattr(comm, "topic", None), getattr(comm, "comm_id", None)
    if None in (session, socket, topic, comm_id) or getattr(comm, "_closed", False):
        return False
    session.send(socket, "comm_msg", {"data": dict(data), "comm_id": comm_id}, parent={}, ident=topic)  # type: ignore[union-attr]
    return True


def code_of_interact() -> CodeType | None:
    """Return the code object with which `interact` shows its function's result, `ipywidgets.interactive.update`.

    Without it: an answer that is requested inside `interact` is shown twice.
    """
    kind = getattr(sys.modules.get("ipywidgets"), "interactive", None)
    return getattr(getattr(kind, "update", None), "__code__", None)


def before_threads_end(call: Callable[[], object]) -> None:
    """Call `call` when the main thread has ended, before pools of threads are closed.

    asyncio resolves names on such a pool, so a request that begins later than that fails. `atexit` is later. Without
    `threading._register_atexit`: it is used all the same, and what is connected by then is printed to its end.
    """
    import concurrent.futures.thread  # noqa: F401  # it registers itself, which it cannot do at the end any more

    getattr(threading, "_register_atexit", atexit.register)(call)


def set_idle_interrupt(kernel: Any, handler: Any) -> None:
    """Set what handles SIGINT while no cell runs; call it while one does.

    ipykernel sets its own handler for each message (`pre_handler_hook`), and afterwards restores
    `saved_sigint_handler`. Without it: with `configure(interrupt="stop")`, Interrupt stops answers only while a cell
    runs.
    """
    if hasattr(kernel, "saved_sigint_handler"):
        kernel.saved_sigint_handler = handler
