"""What must not be left behind: tasks, sockets and threads, counted."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import threading
import time
import warnings
from pathlib import Path
from typing import Final

from streamcell.engine.driver import driver

_PATIENCE: Final = 60.0


def collect_what_others_left() -> None:
    """Collect what is garbage by now: whoever looks for what is left of its own must not be told of another test's."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def sockets() -> int:
    """Open sockets of this process, after what is garbage has gone."""
    gc.collect()
    found = 0
    for link in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):  # the folder itself was open, and is no more
            found += str(link.readlink()).startswith("socket:")
    return found


def tasks() -> int:
    """Tasks on the driver's loop, asked there."""

    async def count() -> int:
        return len(asyncio.all_tasks()) - 1

    return asyncio.run_coroutine_threadsafe(count(), driver().loop).result(_PATIENCE)


def counts() -> tuple[int, int, int]:
    """Tasks, streams that run, and threads; those of the loop's own pool, which are few and stay, aside."""
    threads = [one for one in threading.enumerate() if not one.name.startswith("asyncio_")]
    return tasks(), len(driver().running), len(threads)


def settled(before: tuple[int, int, int]) -> tuple[int, int, int]:
    """The counts now, or as soon as they are no more than `before`; what closes takes a moment."""
    until = time.monotonic() + _PATIENCE
    now = counts()
    while time.monotonic() < until and any(one > other for one, other in zip(now, before, strict=True)):
        time.sleep(0.02)
        now = counts()
    return now
