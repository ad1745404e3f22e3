"""Kernel ▸ Interrupt and Ctrl-C as a way to stop all answers, if the user asks for it with `configure(interrupt=)`.

A kernel gets SIGINT, also for an `interrupt_request` and on Windows, where ipykernel raises it itself. ipykernel
ignores it while no cell runs, and has its own handler while one does. So ours is put in both places: instead of the
one for idle times, and, at the beginning of each cell, before the one that is set then, which is called after it.
"""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any, Final, Literal

from ..engine.driver import stop_all_soon
from . import ipython
from .private import set_idle_interrupt

__all__ = ["Interrupt", "listen"]

Interrupt = Literal["ignore", "stop"]
"""What Kernel ▸ Interrupt does to answers: nothing, or it stops all of them."""


class _Handler:
    """Stops all answers, and then does what `former` does."""

    def __init__(self, former: Any) -> None:
        self.former: Final = former

    def __call__(self, number: int, frame: FrameType | None) -> None:
        stop_all_soon()
        if callable(self.former):
            self.former(number, frame)


_listening: list[Any] = []  # the shell whose cells we watch, while we do


def listen(interrupt: Interrupt) -> None:
    """Let an interrupt stop all answers from now on, or no longer.

    Raises RuntimeError on another thread than the main one, because only that gets signals.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("interrupt= can only be set on the main thread, which gets the signal")
    kernel, shell = ipython.kernel_and_shell()
    if interrupt == "stop":
        _install()
        if kernel is not None and not _listening:
            set_idle_interrupt(kernel, _Handler(signal.SIG_IGN))
            shell.events.register("pre_run_cell", _before_a_cell)
            _listening.append(shell)
        return
    while _listening:
        _listening.pop().events.unregister("pre_run_cell", _before_a_cell)
        set_idle_interrupt(kernel, signal.SIG_IGN)
    present = signal.getsignal(signal.SIGINT)
    if isinstance(present, _Handler):
        signal.signal(signal.SIGINT, present.former)


def _before_a_cell(_info: object) -> None:
    if threading.current_thread() is threading.main_thread():  # a subshell's cell gets no signal
        _install()


def _install() -> None:
    present = signal.getsignal(signal.SIGINT)
    if not isinstance(present, _Handler):
        signal.signal(signal.SIGINT, _Handler(present))
