"""What a cell and a group of cells share: a widget that has a comm only if a page shows it, and its one output."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any, Final

import anywidget
import ipywidgets
import traitlets

from ..engine.driver import driver
from ..engine.handle import running_loop
from ..engine.observers import elsewhere
from ..wire.messages import WANTED, Command, Forget, Hello, parse_addon_request, parse_command
from . import ipython, terminal
from .delivery import carrier, takes_widgets
from .front_end import Bundle, addon, built, digest, reach
from .ipython import Unattended
from .private import let_pages_choose_the_subshell, send_without_parent, show_again

__all__ = ["Displayed"]


class Displayed(anywidget.AnyWidget):
    """A widget with one output: all its displays share a display id, which is its key."""

    _bundle = traitlets.Instance(Bundle, allow_none=True).tag(sync=True, **ipywidgets.widget_serialization)
    _key = traitlets.Unicode(help="The unique id in its notebook.").tag(sync=True)
    _digest = traitlets.Unicode().tag(sync=True)

    def __init__(self, *, unattended: Unattended, shown: bool, **traits: Any) -> None:
        """Open the comm now if `shown`."""
        self._shown_in: object = None
        self._part_in: object = None  # the execution that shows it as a part of another output
        self._kept = self._wanted = False
        self._when_unattended = unattended
        # If no user can see the widget, a comm would only save its state, with the whole front end, in the notebook.
        self._unattended = ipython.unattended()
        # ipywidgets never frees a widget that has a comm, so it gets one only when it is first shown.
        shown = shown if ipython.is_notebook() else takes_widgets()
        self._opens = not self._unattended and shown
        self._held = False
        self._bridges: dict[str, Any] = {}
        self._carry = carrier()
        bundle = Bundle.shared() if self._opens else None
        own = {"_digest": digest(), "_key": uuid.uuid4().hex}
        super().__init__(_esm=built("stub.js"), _bundle=bundle, **own, **traits)
        reach(self._key, self)
        self.on_msg(self._on_page_message)

    def open(self) -> None:
        """Open the comm, if there is a page to show the widget; ipywidgets calls this."""
        if self._opens:
            super().open()
            let_pages_choose_the_subshell(self.comm)

    @property
    def model_id(self) -> str:
        """The comm's id. Reading it opens the comm, because it is read to show the widget, in a box for example."""
        if self.comm is None:
            self._unattended = False
            self._open_again()
        return str(self.comm.comm_id)

    def _open_again(self) -> None:
        self._opens = True
        self._bundle = Bundle.shared()
        if self.layout.comm is None:
            self.layout.open()
        self.open()

    def close(self) -> None:
        """Remove all views, as deleting the output does. It can be displayed again."""
        self.layout.close()
        super().close()
        show_again(self)

    # -- the page -----------------------------------------------------------------------------------------------------

    def send(self, content: Any, buffers: Any = None) -> None:
        """Send a custom message to every page that shows it."""
        self._carry(partial(self._send_custom, content, buffers))
        for bridge in list(self._bridges.values()):
            bridge.send(data=content)

    def _send_custom(self, content: Any, buffers: Any) -> None:
        if buffers or not send_without_parent(self.comm, {"method": "custom", "content": content}):
            super().send(content, buffers)

    def _tell_page(self, content: Any) -> None:
        """Send a custom message; a subclass may have another meaning for `send`."""
        Displayed.send(self, content)

    def take_bridge(self, bridge: Any) -> None:
        """Serve a page that has opened its own comm besides the widget's. Internal."""
        self._bridges[bridge.comm_id] = bridge
        bridge.on_close(lambda _message: self._bridges.pop(bridge.comm_id, None))
        bridge.on_msg(lambda message: self._on_page_message(self, message["content"]["data"], None))

    def _on_page_message(self, _widget: object, content: object, _buffers: object) -> None:
        # This may run on the main thread or on a subshell's, so it only posts.
        name = parse_addon_request(content)
        if name is not None:
            self._tell_page({"type": "addon", "name": name, "esm": addon(name)})
            return
        command = parse_command(content)
        if isinstance(command, Forget):
            self._ask_who_shows()
            return
        if isinstance(command, Hello):
            self._kept = self._kept or command.keeps
            self._wanted = self._wanted or command.shows
        self._take(command, content)

    def _take(self, command: Command | None, content: object) -> None:
        """Take a page's message; `command` is None if it is none that every cell knows."""
        raise NotImplementedError

    def _ask_who_shows(self) -> None:
        """Close it, after one page has stopped showing it, unless another page says that it shows it."""
        self._wanted = False
        self._tell_page(WANTED)

        def close() -> None:
            if not self._wanted:
                elsewhere(self._forgotten, "streamcell-close")  # closing tells observers

        loop = driver().loop
        loop.call_soon_threadsafe(loop.call_later, _ANSWERED, close)

    def _forgotten(self) -> None:
        """Close it: no page shows it any more."""
        self.close()

    # -- display ------------------------------------------------------------------------------------------------------

    def _show(self) -> None:
        """Display it if this is a notebook. All its displays share one display id."""
        if not ipython.is_notebook():
            return
        if self.comm is None and not self._unattended:
            self._open_again()
        bundle, metadata = self._bundle_and_metadata()
        ipython.publish(bundle, metadata, self._key)
        self._shown_in = ipython.place()
        self._hold()

    def _hold(self) -> None:
        """Keep an unattended execution from ending before this has ended."""
        if self._unattended and not self._held:
            self._held = True
            ipython.hold(self)

    def _shows_again(self) -> bool:
        """Whether displaying it now adds an output.

        It does not as the result of the execution, or `interact` call, that has displayed it already.
        """
        return not self._shown_here() or not ipython.is_a_result()

    def _shown_here(self) -> bool:
        """Whether this execution has displayed it, alone or as a part of another output."""
        place = ipython.place()
        return any(shown is not None and shown == place for shown in (self._shown_in, self._part_in))

    def _headed(self) -> list[tuple[str, Any]]:
        """Return what is printed where there is no page: its cells, each with the heading that stands above it."""
        raise NotImplementedError

    def _ipython_display_(self) -> None:
        """Display it, but not again as the result of the execution, or `interact` call, that has displayed it.

        In a terminal, which cannot be updated later, print its answers, one after the other, while they stream.
        NotImplementedError tells IPython to use the MIME bundle instead.
        """
        headed = self._headed() if ipython.is_terminal() else []
        if headed and not any(cell._stream.needs(running_loop()) for _, cell in headed):
            if ipython.is_a_result():
                print()  # IPython has written "Out[1]: "
            terminal.show_all(headed)
        elif not ipython.is_notebook():
            raise NotImplementedError
        elif self._shows_again():
            self._show()

    def _repr_mimebundle_(self, **_options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the output: the live widget, and a saved form for readers without widgets."""
        return self._bundle_and_metadata()

    def _bundle_and_metadata(self) -> tuple[dict[str, Any], dict[str, Any]]:
        model_id = None if self.comm is None and self._unattended else self.model_id
        bundle, known = self._saved(model_id)
        if model_id is None:
            return bundle, known
        live, metadata = super()._repr_mimebundle_() or ({}, {})
        return {**live, **bundle}, {**metadata, **known}

    def _saved(self, model_id: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the data and the metadata of the output without the live widget."""
        raise NotImplementedError

    def _refresh(self) -> None:
        """Update the outputs with what is shown now, for front ends that do not save it by themselves."""
        bundle, metadata = self._bundle_and_metadata()
        ipython.publish(bundle, metadata, self._key, update=True)

    # -- an unattended run --------------------------------------------------------------------------------------------

    def finish(self) -> BaseException | None:
        """Block until it has ended and its output is complete; return what fails the run. Internal."""
        error = self.settle()
        self._held = False  # not before: what changes while it settles is in the output that follows
        self._refresh()
        return error

    def settle(self) -> BaseException | None:
        """Block until it has ended, unless that is not wanted; return what fails the run. Internal."""
        raise NotImplementedError

    def __reduce_ex__(self, _protocol: object = None) -> Any:
        """Raise TypeError, for `copy` and `pickle`: a copy would have no stream and no page."""
        raise TypeError(self._uncopied)

    __copy__ = __deepcopy__ = __reduce_ex__

    _uncopied = ""
    """Why it cannot be copied, and what to take instead."""


_ANSWERED: Final = 2.0
"""Seconds that pages have to answer whether they show it."""
