"""The log: every attempt, response and chunk with its time, in order. Times are arguments."""

from __future__ import annotations

import json
import os
import threading
import weakref
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from .._errors import without_keys, without_secrets
from ..saved.recording import header, line_of
from .writing import replacing

__all__ = ["LIMIT", "SHELF", "Entry", "Log", "Shelf", "cleaned", "shown"]

LIMIT: Final = 1_000_000
"""Characters of chunks that one log keeps; beyond them the oldest entries are dropped."""

SHELF: Final = 64_000_000
"""Bytes that all logs of a process may take together, unless `configure(log_limit=…)` sets another number."""

_TOGETHER: Final = 128  # entries that are compressed together
_PAGE: Final = 100_000  # characters after which fewer are

_OVERHEAD: Final = 600  # characters that are counted for an entry besides its data: an empty chunk takes memory too

NOT_RECORDED: Final = frozenset({"traceback"})
"""Fields that no recording has: a traceback shows the paths and the code of one machine."""

Kind = Literal["request", "response", "chunk", "text", "tool", "status", "withheld"]


@dataclass(frozen=True)
class Entry:
    """One entry of the log, `at` seconds after the cell was made; `run` is the number of the run, which only grows.

    `kind`, and the keys of `data` for each:

    - `request`: `endpoint`, `model`, `api`, `resume` (how an interrupted answer is resumed, or None); `replayed` if it
      was only played from a recording
    - `response`: `status`, `headers` (without secrets), `request_id`
    - `chunk`: `data`, exactly as the provider sent it; for a refused request, the response body; `format`, the name of
      its decoder, if it is not of OpenAI's APIs
    - `text`: `text`, from an iterator, which has no chunks
    - `tool`: `part` (the index of the call in the answer), `name`, `arguments`; after the call `state`, `result`,
      `seconds`, `shown`, `edited`, and `traceback` if it raised
    - `status`: `status`, and as far as they are known `attempt`, `finish_reason`, `notice`, `usage`, `error`,
      `message`, `card` (what else the error's card shows), `retry_in` (seconds), `queue_position`, `wait`
    - `withheld`: `entries`, how many entries with text that was flagged, or not judged, were left out
    """

    at: float
    run: int
    kind: Kind
    data: Mapping[str, Any]


class Shelf:
    """All logs of a process, together at most `limit` compressed bytes.

    Beyond it the oldest blocks are dropped, first those of the log that was least recently written to.
    """

    def __init__(self, limit: int = SHELF) -> None:
        self.limit = limit
        self._logs: weakref.WeakKeyDictionary[Log, None] = weakref.WeakKeyDictionary()

    def written(self, log: Log) -> None:
        """Drop the oldest blocks if `log` has made the logs too large by packing one more."""
        self._logs.pop(log, None)
        self._logs[log] = None  # the last is the one that was written to last
        logs = list(self._logs)
        taken = sum(one.packed for one in logs)
        for one in logs:
            while taken > self.limit and (freed := one.drop()):
                taken -= freed


class _Block:
    """Entries that are compressed together: chunks are similar to each other, and most are never read."""

    __slots__ = ("bytes", "count", "size")

    def __init__(self, entries: Sequence[Entry], size: int) -> None:
        written = json.dumps([[round(one.at, 6), one.run, one.kind, one.data] for one in entries], ensure_ascii=False)
        # A server may send lone surrogates, which strict UTF-8 cannot encode.
        self.bytes: Final = zlib.compress(written.encode("utf-8", "surrogatepass"), 6)
        self.count: Final = len(entries)
        self.size: Final = size

    def entries(self) -> Iterator[Entry]:
        """Return the entries."""
        return (Entry(*one) for one in json.loads(zlib.decompress(self.bytes).decode("utf-8", "surrogatepass")))


class Log:
    """A cell's log: a bounded sequence of entries, oldest first; `dropped` counts those that were dropped.

    Secrets are left out: headers that carry them, values whose name says that they are secret (in headers and errors),
    and everything shaped like a key (also in chunks). Safe to read from any thread.
    """

    def __init__(self, limit: int = LIMIT, shelf: Shelf | None = None) -> None:
        self._limit, self._page = limit, min(_PAGE, limit // 4)
        self._shelf = Shelf() if shelf is None else shelf
        self._lock = threading.Lock()
        self._packed: tuple[_Block, ...] = ()
        self._open: list[Entry] = []
        self._open_size = self._size = 0
        self.packed = 0  # bytes
        self.dropped = 0
        self._asked: Callable[[], Mapping[str, Any]] = dict

    def add(self, entry: Entry) -> None:
        """Append an entry. Internal: the driver's thread calls it."""
        size = _OVERHEAD + len(str(entry.data.get("data", entry.data.get("text", ""))))
        with self._lock:
            self._open.append(entry)
            self._open_size += size
            self._size += size
        if len(self._open) >= _TOGETHER or self._open_size > self._page:
            self.pack()

    def pack(self) -> None:
        """Compress the newest entries, and drop the oldest beyond the limit. Internal: the driver's thread calls it."""
        if not self._open:
            return
        with self._lock:
            block = _Block(self._open, self._open_size)
            self._packed, self._open, self._open_size = (*self._packed, block), [], 0
            self.packed += len(block.bytes)
        while self._size > self._limit and len(self._packed) > 1:
            self.drop()
        self._shelf.written(self)

    def drop(self) -> int:
        """Drop the oldest block, and return its size in bytes, or 0 if there is none. Internal."""
        with self._lock:
            if not self._packed:
                return 0
            oldest, *rest = self._packed
            self._packed = tuple(rest)
            self._size -= oldest.size
            self.packed -= len(oldest.bytes)
            self.dropped += oldest.count
            return len(oldest.bytes)

    def __len__(self) -> int:
        """Return the number of entries."""
        with self._lock:
            return sum(block.count for block in self._packed) + len(self._open)

    def __iter__(self) -> Iterator[Entry]:
        """Iterate over the entries that exist now, oldest first."""
        with self._lock:
            packed, rest = self._packed, tuple(self._open)
        return (shown(entry) for entries in (*(block.entries() for block in packed), rest) for entry in entries)

    def __getitem__(self, index: int) -> Entry:
        """Return the entry at `index`; negative numbers count from the end."""
        return list(self)[index]

    def to_jsonl(self) -> str:
        """Return the log as JSON Lines: one object per line, with `at`, `run`, `kind` and the entry's data."""
        lines = (
            json.dumps({"at": round(one.at, 6), "run": one.run, "kind": one.kind, **one.data}, ensure_ascii=False)
            for one in self
        )
        return "".join(f"{line}\n" for line in lines)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the log to a file as a recording, which `stream_cell(replay=path)` plays; replace a file that exists.

        If entries were dropped, the replay says that they are missing. Raises OSError if the file cannot be written.
        """
        asked = {**self.asked, **({"dropped": self.dropped} if self.dropped else {})}
        with replacing(path, "ascii") as file:
            file.write(header(str(asked.get("recorded", ""))))
            file.write(line_of(1, 0.0, 0, "prompt", asked))
            for one in self:
                kept = {name: value for name, value in one.data.items() if name not in NOT_RECORDED}
                file.write(line_of(1, one.at, one.run, one.kind, kept))

    @property
    def asked(self) -> Mapping[str, Any]:
        """What was asked, as a recording says it: plain JSON values without secrets."""
        return self._asked()

    def describe(self, asked: Callable[[], Mapping[str, Any]]) -> None:
        """Set what a recording says was asked. Internal."""
        self._asked = asked

    def __repr__(self) -> str:
        """Return a one-line summary; `print(cell.log.to_jsonl())` shows everything."""
        return f"<Log of {len(self)} entries{f', {self.dropped} dropped' if self.dropped else ''}>"


def shown(entry: Entry) -> Entry:
    """Return an entry without secrets. This is done on reading, because most entries are never read."""
    clean = without_keys if entry.kind in ("chunk", "text") else without_secrets
    data = {name: cleaned(value, clean) for name, value in entry.data.items()}
    return Entry(entry.at, entry.run, entry.kind, data)


def cleaned(value: Any, clean: Callable[[str], str]) -> Any:
    """Return a JSON value in which `clean` was applied to every text, but not to the names of fields."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {name: cleaned(one, clean) for name, one in value.items()}
    return [cleaned(one, clean) for one in value] if isinstance(value, (list, tuple)) else value
