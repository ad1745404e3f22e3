"""Threads for the user's code (observers and callbacks), so that it never runs on the stream's loop."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import traitlets

__all__ = ["InOrder", "Observers", "elsewhere"]

_log = logging.getLogger("streamcell")

_GROWING: Final = frozenset({"text", "reasoning", "refusal", "parts"})

_MOST: Final = 32
"""Changes of one trait that wait for a slow observer; beyond them, newer values replace the last one."""


def elsewhere(act: Callable[[], None], name: str) -> threading.Thread | None:
    """Call `act` on a daemon thread; if threads cannot start (Pyodide), in the next iteration of the running loop."""
    thread = threading.Thread(target=act, name=name, daemon=True)
    try:
        thread.start()
    except RuntimeError:
        try:
            asyncio.get_running_loop().call_soon(act)
        except RuntimeError:
            act()
        return None
    return thread


class _Queue:
    """What waits is taken in order, on a thread that lives while something waits."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.RLock()  # without threads `_take` is called while something is added
        self._waiting: deque[Any] = deque()
        self._thread: threading.Thread | None = None

    def _begin(self) -> None:
        """Start the thread unless it runs; call it with the lock."""
        # A forked child has the thread's object, but not the thread.
        if self._thread is None or not self._thread.is_alive():
            self._thread = elsewhere(self._take_all, self._name)

    def _take_all(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._thread = None
                    return
                one = self._waiting.popleft()
            self._take(one)

    def _take(self, one: Any) -> None:
        raise NotImplementedError


class Observers(_Queue):
    """The observers of one widget, called one after the other on a thread of their own.

    A slow observer delays only the other observers of its widget, and the changes that wait for it are bounded: of a
    growing text, only the newest value waits. `in_place`: observers are called on the thread that makes the change, for
    a host that uses one thread for everything.
    """

    def __init__(self, widget: traitlets.HasTraits, *, in_place: bool) -> None:
        super().__init__("streamcell-observers")
        self._widget = widget
        self._in_place = in_place
        self._setting: int | None = None
        self._changes: list[traitlets.Bunch] = []

    def set(self, state: Mapping[str, Any]) -> Sequence[traitlets.Bunch]:
        """Set traits, and return the changes. Observers are not called before `tell`."""
        changes = self._changes = []
        self._setting = threading.get_ident()
        try:
            for name, value in state.items():
                try:
                    setattr(self._widget, name, value)
                except traitlets.TraitError:
                    _log.exception("a trait of %r was not set", self._widget)
        finally:
            self._setting = None
        return changes

    def holds(self, change: traitlets.Bunch) -> bool:
        """Keep a change that `set` is making now; return False for any other, which observers get immediately."""
        mine = self._setting == threading.get_ident()
        if mine:
            self._changes.append(change)
        return mine

    def tell(self, changes: Iterable[traitlets.Bunch]) -> None:
        """Deliver changes to the observers, in order. Only one thread calls this."""
        with self._lock:
            for change in changes:
                if self._listeners(change):
                    self._add(change)
            if self._waiting and not self._in_place:
                self._begin()
        if self._in_place:
            self._take_all()

    def _take(self, one: traitlets.Bunch) -> None:
        for listener in self._listeners(one):
            self._call(listener, one)

    def _add(self, change: traitlets.Bunch) -> None:
        same = [one for one in self._waiting if one.name == change.name]
        if len(same) < (1 if change.name in _GROWING else _MOST):
            self._waiting.append(traitlets.Bunch(change))
        else:
            same[-1].new = change.new

    def _listeners(self, change: traitlets.Bunch) -> list[Callable[[traitlets.Bunch], object]]:
        """Return the observers of this trait: traitlets itself would stop at the first one that raises."""
        known: dict[Any, dict[Any, list[Any]]] = self._widget._trait_notifiers
        names, types = (change.name, traitlets.All), (change.type, traitlets.All)
        found = [listener for name in names for kind in types for listener in known.get(name, {}).get(kind, ())]
        return [
            getattr(self._widget, one.name) if isinstance(one, traitlets.EventHandler) and one.name else one
            for one in found
        ]

    def _call(self, listener: Callable[[traitlets.Bunch], object], change: traitlets.Bunch) -> None:
        try:
            listener(change)
        except BaseException as error:  # noqa: BLE001  # users' code may raise anything, SystemExit too
            # traitlets.link raises if the value has changed again meanwhile; the next change will set it.
            overtaken = isinstance(error, traitlets.TraitError) and getattr(self._widget, change.name) != change.new
            if not overtaken:
                _log.exception("an observer of %r raised", self._widget)


class InOrder(_Queue):
    """Calls functions one after the other, on a thread of their own; at most `most` wait."""

    def __init__(self, name: str, most: int) -> None:
        super().__init__(name)
        self._most = most

    def add(self, act: Callable[[], None]) -> bool:
        """Call `act` later; return False if too many wait already."""
        with self._lock:
            if len(self._waiting) >= self._most:
                return False
            self._waiting.append(act)
            self._begin()
        return True

    def _take(self, one: Callable[[], None]) -> None:
        try:
            one()
        except BaseException:  # noqa: BLE001  # users' code may raise anything, SystemExit too
            _log.exception("a command of a page failed")
