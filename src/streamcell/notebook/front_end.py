"""What the kernel serves to pages besides widgets: the front end's code, and comms to cells while it is busy."""

from __future__ import annotations

import functools
import hashlib
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Protocol

import ipywidgets
import traitlets
from comm import get_comm_manager

from ..wire.messages import parse_addon_request
from . import ipython
from .private import is_registered, let_pages_choose_the_subshell

__all__ = ["Bundle", "Reachable", "addon", "built", "digest", "reach"]

_STATIC: Final = Path(__file__).parent.parent / "static"


def built(name: str) -> str:
    """Return the text of a built file. Raises RuntimeError if the front end was not built."""
    path = _STATIC / name
    if not path.exists():
        raise RuntimeError(
            f"streamcell's front end is not built ({name} is missing). Install the wheel, or run `make build` in the "
            "checkout."
        )
    return path.read_text(encoding="utf-8")


@functools.cache  # needed for every cell
def digest() -> str:
    """Return a hash that identifies this release's front end."""
    return hashlib.sha256(built("streamcell.js").encode()).hexdigest()[:16]


def addon(name: str) -> str | None:
    """Return the code of one of the front end's addons, or None. `name` is looked up, and never used as a path."""
    known = {path.stem: path for path in (_STATIC / "addons").glob("*.js")}
    known["streamcell"] = _STATIC / "streamcell.js"
    path = known.get(name)
    return None if path is None else path.read_text(encoding="utf-8")


class Bundle(ipywidgets.Widget):
    """The front end's one copy in a kernel. The stub of every cell takes it from this model, so it is sent only once.

    What few pages need (languages of the highlighter, math) is not included; a page requests such an addon by name.
    """

    esm = traitlets.Unicode().tag(sync=True)
    digest = traitlets.Unicode().tag(sync=True)

    _shared: Bundle | None = None

    def __init__(self, **traits: Any) -> None:
        """Open the comm, and answer requests for addons."""
        super().__init__(**traits)
        self.on_msg(self._on_page_message)
        let_pages_choose_the_subshell(self.comm)

    @classmethod
    def shared(cls) -> Bundle | None:
        """Return this kernel's bundle, and open its comm on first use; None if there is no kernel.

        An app server (marimo, Panel, Shiny, Solara) has many pages, each of which sees only its own widgets; there each
        page asks the cell itself.
        """
        if not ipython.is_notebook():
            return None
        bundle = cls._shared
        if bundle is None or bundle.comm is None or not is_registered(bundle):
            get_comm_manager().register_target(_TARGET, _opened)
            bundle = cls._shared = cls(esm=built("streamcell.js"), digest=digest())
        return bundle

    def _on_page_message(self, _widget: object, content: object, _buffers: object) -> None:
        # This may run on the main thread or on a subshell's, so it changes nothing.
        name = parse_addon_request(content)
        if name is not None:
            self.send({"type": "addon", "name": name, "esm": addon(name)})


_TARGET: Final = "streamcell"  # the target name of comms that pages open besides the widgets'


class Reachable(Protocol):
    """A cell that a page can find by its key."""

    def take_bridge(self, bridge: Any) -> None:
        """Serve a page over this comm as well."""


_cells: Final[weakref.WeakValueDictionary[str, Reachable]] = weakref.WeakValueDictionary()


def reach(key: str, cell: Reachable) -> None:
    """Let pages open a comm to `cell` by its key.

    After a reload the widget manager asks the main shell for its widgets, and that request waits while a cell runs. Our
    own comm can be opened on a subshell.
    """
    _cells[key] = cell


def _opened(bridge: Any, message: Mapping[str, Any]) -> None:
    # This may run on a subshell's thread.
    cell = _cells.get(str(message["content"]["data"].get("key")))
    if cell is None:
        bridge.close()
        return
    let_pages_choose_the_subshell(bridge)
    cell.take_bridge(bridge)
