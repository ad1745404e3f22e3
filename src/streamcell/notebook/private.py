"""What we use of ipywidgets and ipykernel that they do not promise, all of it, each with a guard.

A release that changes one of these costs the feature that is named here, and no answer. `tests/test_private.py` says
which one it was, and `make canary` finds out before the release.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import CodeType
from typing import Any

import ipywidgets

__all__ = ["code_of_interact", "is_registered", "let_pages_choose_the_subshell", "send_without_parent", "show_again"]


def is_registered(widget: ipywidgets.Widget) -> bool:
    """Whether ipywidgets still knows the widget, by `widgets.widget._instances`.

    Without it: a bundle that was closed is not replaced.
    """
    known = getattr(ipywidgets.widgets.widget, "_instances", None)
    return known is None or widget.model_id in known


def show_again(widget: ipywidgets.Widget) -> None:
    """Let a closed widget be displayed again.

    `Widget.close` puts a `_repr_mimebundle_` that shows nothing into the object. Without it: nothing is to be done.
    """
    widget.__dict__.pop("_repr_mimebundle_", None)


def let_pages_choose_the_subshell(comm: Any) -> None:
    """Let a page's messages run on the subshell that it chose, so that Stop need not wait while a cell sleeps.

    ipykernel 7.4 sends them to the shell that last published on the comm (`_reply_subshell_for`). Our driver publishes
    from no shell of its own, and a widget is made by a cell: that would be the main one. Without it: as the page asked.
    """
    if hasattr(comm, "_reply_subshell_for"):
        comm._reply_subshell_for = _as_the_page_chose


def _as_the_page_chose(_data: object, default: object) -> object:
    return default


def send_without_parent(comm: Any, data: Mapping[str, Any]) -> bool:
    """Send `data` to the pages without the header of the request that it answers; False where nothing was sent.

    A stream answers no request, and `BaseComm.publish_msg` of ipykernel adds 213 bytes that name one: the run of some
    cell. Needs the comm's `kernel` and `topic`, and the kernel's `session` and `iopub_socket`. Without them: the caller
    sends as usual, and each message is a third larger.
    """
    kernel = getattr(comm, "kernel", None)
    session, socket = getattr(kernel, "session", None), getattr(kernel, "iopub_socket", None)
    topic, comm_id = getattr(comm, "topic", None), getattr(comm, "comm_id", None)
    if None in (session, socket, topic, comm_id) or getattr(comm, "_closed", False):
        return False
    session.send(socket, "comm_msg", {"data": dict(data), "comm_id": comm_id}, parent={}, ident=topic)  # type: ignore[union-attr]
    return True


def code_of_interact() -> CodeType | None:
    """Return the code by which `interact` shows what its function returns, `ipywidgets.interactive.update`.

    Without it: an answer that `interact` asks for is shown by the call too, so twice.
    """
    kind = getattr(sys.modules.get("ipywidgets"), "interactive", None)
    return getattr(getattr(kind, "update", None), "__code__", None)
