"""Writes recordings: each entry of an answer's log goes to a file as it comes, on a thread of its own."""

from __future__ import annotations

import atexit
import contextlib
import os
import threading
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from .. import _words as words
from .._errors import without_keys
from ..answer.status import TERMINAL
from ..request.veiled import Secrets
from ..saved.recording import header, line_of
from .log import NOT_RECORDED, Entry, cleaned, shown
from .observers import elsewhere

__all__ = ["Recorder", "Writer", "flush", "writer_for"]

WAITING: Final = 64_000_000
"""The most characters that wait for a slow disk. Beyond them the recording ends, and the cell says so."""

_AT_EXIT: Final = 10.0
"""Seconds for which the end of the process waits for what is not written yet."""

_writers: weakref.WeakValueDictionary[Path, Writer] = weakref.WeakValueDictionary()
"""The writer of each file. An answer holds its writer, so that two answers in one file share it."""

_NOTHING_SENT: Final = ("NoKey", "NotRecorded")
"""Errors of answers that were not asked for."""

_finding: Final = threading.Lock()


class Writer:
    """Appends lines to one file, in order. `write` never blocks and never raises.

    The file is opened for each batch of lines, so that no open file is left behind. After a failure nothing more is
    written, and whoever waits for the writer is told why.
    """

    def __init__(self, path: Path, recorded: str, *, anew: bool) -> None:
        self.path: Final = path
        self.failure: str | None = None
        self._recorded = recorded
        self._anew = anew
        self._ended = False
        self._lines: list[Callable[[], str]] = []
        self._size = 0
        self._lock = threading.Lock()
        self._idle = threading.Event()
        self._idle.set()
        # Weak, because the recording of a whole notebook lives longer than its answers.
        self._told: list[weakref.WeakMethod[Callable[[str], None]]] = []

    def begin(self) -> None:
        """Create the file with its header, unless it exists and is to be added to. Raises OSError."""
        self._append("")

    def _append(self, written: str) -> None:
        with self.path.open("wb+" if self._anew else "ab+") as file:
            self._anew = False
            if file.seek(0, os.SEEK_END) == 0:
                file.write(header(self._recorded).encode("ascii"))
            else:
                file.seek(-1, os.SEEK_END)
                if file.read(1) != b"\n":  # a line that was not written to its end, here or by another program
                    file.write(b"\n")
            file.write(written.encode("ascii"))

    def end(self) -> None:
        """Write nothing more: the file now belongs to another recording."""
        self._ended = True

    def on_failure(self, tell: Callable[[str], None]) -> None:
        """Call the method `tell` with the reason if the file cannot be written; immediately if it already could not."""
        with self._lock:
            self._told = [one for one in self._told if one() is not None]
            self._told.append(weakref.WeakMethod(tell))
            failure = self.failure
        if failure is not None:
            tell(failure)

    def write(self, size: int, line: Callable[[], str]) -> None:
        """Append the line that `line` returns; it is called on the writer's thread. `size`: about its characters."""
        with self._lock:
            if self.failure is not None or self._ended:
                return
            self._lines.append(line)
            self._size += size
            full = self._size > WAITING
            starts = self._idle.is_set()
            self._idle.clear()
        if full:
            self._fail(words.DISK_TOO_SLOW)
        if starts:
            elsewhere(self._drain, "streamcell-recorder")

    def flush(self, timeout: float | None = None) -> None:
        """Wait until everything is written, or has failed."""
        self._idle.wait(timeout)

    def _drain(self) -> None:
        while True:
            with self._lock:
                lines, self._lines, self._size = self._lines, [], 0
                if not lines:
                    self._idle.set()
                    return
            try:
                self._append("".join(line() for line in lines))
            except OSError as error:
                self._fail(error.strerror or type(error).__name__)
            except Exception as error:  # noqa: BLE001  # a value that JSON cannot hold: the answer goes on
                self._fail(type(error).__name__)

    def _fail(self, why: str) -> None:
        with self._lock:
            if self.failure is not None:
                return
            self.failure = words.not_written(self.path.name, why)
            self._lines, self._size, told = [], 0, tuple(self._told)
        for one in told:
            tell = one()
            if tell is not None:
                tell(self.failure)


class Recorder:
    """Writes one answer into a recording: first what was asked, then each entry of its log, all without secrets.

    An answer that was never asked for, because there is no key, is not recorded. All calls are on the driver's thread.
    """

    def __init__(self, writer: Writer, answer: int, asked: Callable[[], Mapping[str, Any]], secrets: Secrets) -> None:
        self._writer = writer
        self._answer = answer
        self.asked = asked
        self._secrets = secrets
        self._held: list[Entry] | None = []  # until it is known that something is to be recorded

    def on_failure(self, tell: Callable[[str], None]) -> None:
        """Call the method `tell` with the reason if the recording cannot be written."""
        self._writer.on_failure(tell)

    def take(self, entry: Entry) -> None:
        """Write one entry. It returns immediately."""
        held = self._held
        if held is None:
            self._write(entry)
            return
        held.append(entry)
        ended = entry.kind == "status" and entry.data["status"] in TERMINAL
        if ended and entry.data.get("error") in _NOTHING_SENT:
            held.clear()
        elif ended or entry.kind != "status":
            self._held = None
            self._writer.write(0, lambda: self._line(0.0, 0, "prompt", self.asked()))
            for one in held:
                self._write(one)

    def _write(self, entry: Entry) -> None:
        def line() -> str:
            clean = shown(entry)
            return self._line(clean.at, clean.run, clean.kind, clean.data)

        data = entry.data
        self._writer.write(len(str(data.get("data", data.get("text", data)))), line)

    def _line(self, at: float, run: int, kind: str, data: Mapping[str, Any]) -> str:
        kept = {name: one for name, one in data.items() if name not in NOT_RECORDED}
        return line_of(self._answer, at, run, kind, cleaned(kept, lambda text: without_keys(text, self._secrets)))


def writer_for(path: Path, recorded: str, *, anew: bool) -> Writer:
    """Return the writer of a file; `anew` replaces what the file has. Raises OSError if a file cannot be created."""
    path = path.absolute()
    with _finding:
        former = _writers.get(path)
        if former is not None and not anew and former.failure is None:
            return former
        if former is not None:
            former.end()
            former.flush(_AT_EXIT)
        writer = Writer(path, recorded, anew=anew)
        if anew or not path.exists():  # one that exists may be read-only, and nothing may have to be added
            writer.begin()
        _writers[path] = writer
        return writer


def flush(path: Path) -> None:
    """Wait until everything is written that answers of this process have for a file."""
    writer = _writers.get(path.absolute())
    if writer is not None:
        writer.flush(_AT_EXIT)


@atexit.register
def _flush_all() -> None:
    for writer in tuple(_writers.values()):
        with contextlib.suppress(Exception):
            writer.flush(_AT_EXIT)
