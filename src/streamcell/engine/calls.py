"""Runs the user's tools: each call on its own thread, with a timeout. Turns results into text and displays."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import inspect
import json
import logging
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from typing import Any, Final

from .. import _words as words
from ..answer.parts import CallState
from .faults import words_of
from .observers import elsewhere
from .toolbox import Approve, Toolbox

__all__ = ["ToolRun", "ask_approval", "late"]

_log = logging.getLogger("streamcell")

RESULT: Final = 100_000
"""The most characters of a result that are sent to the model and to the page."""

SHOWN: Final = 2_000_000
"""The most characters of data, such as an image in base64, that are shown instead of the result's text."""

_RICH: Final = ("image/png", "image/jpeg", "text/html", "text/markdown")
"""The MIME types that are shown instead of a result's text, the preferred ones first."""

Fields = Mapping[str, Any]


class ToolRun:
    """One running call. `ended` is called once, on its thread, with the part's fields and the data for the log."""

    def __init__(
        self, box: Toolbox, name: str, arguments: str, ended: Callable[[Fields, Mapping[str, Any]], None]
    ) -> None:
        self._box = box
        self._name = name
        self._arguments = arguments
        self._ended = ended
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Any] | None = None
        self._lock = threading.Lock()
        self._cancelled = False

    def start(self) -> None:
        """Start the call on a thread, and return immediately."""
        elsewhere(self._run, f"streamcell-tool-{self._name}")

    def cancel(self) -> None:
        """Cancel the call if it is a coroutine. A function runs to its end, because it cannot be stopped."""
        with self._lock:
            self._cancelled = True
            if self._loop is not None and self._task is not None:
                with contextlib.suppress(RuntimeError):  # its loop has just closed
                    self._loop.call_soon_threadsafe(self._task.cancel)

    def _run(self) -> None:
        begun = time.monotonic()
        noted: dict[str, Any] = {}
        try:
            value = self._box.tools[self._name].call(self._arguments)
            if inspect.isawaitable(value):
                value = asyncio.run(self._awaited(value))
            fields: dict[str, Any] = {"state": CallState.DONE, "result": text_of(value)}
            fields["shown"] = shown_of(value, self._box.bundle)
        except BaseException as error:  # noqa: BLE001  # users' code may raise anything, even SystemExit
            fields = {"state": CallState.FAILED, "result": words_of(error)}
            noted["traceback"] = "".join(traceback.format_exception(error))
            _log.info("the tool %s raised", self._name, exc_info=True)
        fields["seconds"] = round(time.monotonic() - begun, 3)
        self._ended(fields, noted)

    async def _awaited(self, value: Any) -> Any:
        with self._lock:
            self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
            if self._cancelled:
                value.close() if inspect.iscoroutine(value) else None
                raise asyncio.CancelledError
        return await value


def late(seconds: float) -> Fields:
    """Return the fields of a call that did not return in time."""
    return {"state": CallState.FAILED, "result": words.too_slow(seconds), "seconds": seconds}


def ask_approval(approve: Approve, name: str, arguments: str) -> bool | None:
    """Return the decision of the user's function on a call. An error or an invalid decision counts as False."""
    try:
        answer = approve(name, json.loads(arguments or "{}"))
        if inspect.isawaitable(answer):
            answer = asyncio.run(_value(answer))
    except BaseException:  # noqa: BLE001
        _log.warning("approve= raised, so the call of %s was denied", name, exc_info=True)
        return False
    if answer is None or isinstance(answer, bool):
        return answer
    _log.warning("approve= returned %s, so the call of %s was denied", type(answer).__name__, name)
    return False


async def _value(answer: Any) -> Any:
    return await answer


def text_of(value: Any) -> str:
    """Return a tool's result as text for the model: strings unchanged, all else as JSON if possible."""
    if value is None:
        return words.NO_RESULT
    text = value if isinstance(value, str) else _json(value)
    text = text.encode("utf-8", "replace").decode()
    return text if len(text) <= RESULT else f"{text[:RESULT]}{words.left_out(len(text) - RESULT)}"


def _json(value: Any) -> str:
    dump = getattr(value, "model_dump_json", None)
    try:
        return str(dump()) if callable(dump) else json.dumps(value, ensure_ascii=False, default=_plain)
    except (TypeError, ValueError, RecursionError):
        return str(value)


def _plain(value: Any) -> Any:
    """Convert a value that JSON does not support, such as a NumPy number or a pydantic model."""
    for name in ("model_dump", "item"):
        held = getattr(value, name, None)
        if callable(held):
            return held()
    raise TypeError


def shown_of(value: Any, bundle: Callable[[object], Mapping[str, Any]]) -> tuple[str, str] | None:
    """Return the MIME type and data that are shown instead of the value's text, or None."""
    if isinstance(value, (str, int, float, list, tuple, dict, type(None))):
        return None
    try:
        found = bundle(value)
    except Exception:  # noqa: BLE001  # users' code may raise anything
        _log.info("what a tool returned cannot be displayed", exc_info=True)
        return None
    for kind in _RICH:
        data = found.get(kind)
        if isinstance(data, bytes):
            data = base64.b64encode(data).decode()
        if isinstance(data, str) and 0 < len(data) <= SHOWN:
            return kind, "".join(data.split()) if kind.startswith("image/") else data
    return None
