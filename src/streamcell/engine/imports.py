"""Imports on a thread of ours: another thread may change `sys.path` while Python reads it."""

from __future__ import annotations

import sys
import threading
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["look_twice"]


class _LooksAgain:
    """Finds a top-level module that Python has just missed.

    Python goes through `sys.path` itself. If the main thread removes a folder meanwhile, the next one is left out, and
    what is installed there raises ModuleNotFoundError. IPython's `%run` removes the script's folder at its end, while
    the first answer that the script has asked for still imports the SDK.
    """

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Return where the module is, by a copy of the path. Imports of the main thread stay as they are."""
        if path is not None or threading.current_thread() is threading.main_thread():
            return None
        return PathFinder.find_spec(fullname, sys.path.copy(), target)


_looks_again: Final = _LooksAgain()


def look_twice() -> None:
    """Let imports on other threads than the main one look twice for a module. Called again, it does nothing."""
    if _looks_again not in sys.meta_path:
        sys.meta_path.append(_looks_again)
