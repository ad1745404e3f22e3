"""Waiting for what comes about on another thread, of which nothing tells."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

LIMIT: Final = 300.0


def until(condition: Callable[[], bool]) -> None:
    """Wait until `condition` holds. A wait that fails takes LIMIT seconds, so that a busy machine is no failure."""
    looks = threading.Event()
    for _ in range(int(LIMIT * 100)):
        if condition():
            return
        looks.wait(0.01)
    raise AssertionError("it has not come about")
