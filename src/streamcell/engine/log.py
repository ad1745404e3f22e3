"""What happened, in order: every attempt, head and chunk with its time. Times come in as arguments."""

from __future__ import annotations

import json
import threading
import weakref
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from .._errors import without_keys, without_secrets

__all__ = ["LIMIT", "SHELF", "Entry", "Log", "Shelf", "shown"]

LIMIT: Final = 1_000_000
"""Characters of chunks that a log keeps; then the oldest entries go."""

SHELF: Final = 64_000_000
"""Bytes that all logs of a process take together, unless `configure(log_limit=…)` says otherwise."""

_TOGETHER: Final = 128  # entries that are packed together
_PAGE: Final = 100_000  # characters after which fewer are

_OVERHEAD: Final = 600  # what an entry takes beside its data, in characters: an empty chunk is no free one

Kind = Literal["request", "response", "chunk", "text", "tool", "status"]


@dataclass(frozen=True)
class Entry:
    """One thing that happened, `at` seconds after the cell was made; `run` tells attempts apart, and only grows.

    `kind` and what `data` then holds:

    - `request`: `endpoint`, `model`, `api`, `resume` (how a cut answer is resumed, or None)
    - `response`: `status`, `headers` (without secrets), `request_id`
    - `chunk`: `data`, what the provider sent, word for word; of a refusal its body
    - `text`: `text`, from an iterator, which has no chunks
    - `tool`: `name`, `arguments`; when it has ended its `state`, `result`, `seconds`, and the `traceback` if it raised
    - `status`: `status`, and what is known then of `attempt`, `finish_reason`, `usage`, `error`, `message`,
      `retry_in` (seconds), `queue_position`, `wait`
    """

    at: float
    run: int
    kind: Kind
    data: Mapping[str, Any]


class Shelf:
    """All logs of a process: where they take more than `limit` bytes, packed, the oldest blocks of the log that was
    written to least recently go first."""

    def __init__(self, limit: int = SHELF) -> None:
        self.limit = limit
        self._logs: weakref.WeakKeyDictionary[Log, None] = weakref.WeakKeyDictionary()

    def written(self, log: Log) -> None:
        """A log has packed a block: let go what is too much."""
        self._logs.pop(log, None)
        self._logs[log] = None  # the last is the one that was written to last
        logs = list(self._logs)
        taken = sum(one.packed for one in logs)
        for one in logs:
            while taken > self.limit and (freed := one.drop()):
                taken -= freed


class _Block:
    """Entries that were packed together: chunks are much alike, and most are never read."""

    __slots__ = ("bytes", "count", "size")

    def __init__(self, entries: Sequence[Entry], size: int) -> None:
        written = json.dumps([[round(one.at, 6), one.run, one.kind, one.data] for one in entries], ensure_ascii=False)
        # Lone halves of characters are no UTF-8, and a server may send them all the same.
        self.bytes: Final = zlib.compress(written.encode("utf-8", "surrogatepass"), 6)
        self.count: Final = len(entries)
        self.size: Final = size

    def entries(self) -> Iterator[Entry]:
        """Give the entries."""
        return (Entry(*one) for one in json.loads(zlib.decompress(self.bytes).decode("utf-8", "surrogatepass")))


class Log:
    """A cell's log: a sequence of entries, the oldest first; bounded, `dropped` says how many have gone.

    Secrets are left out: headers that carry them, what stands behind a name that keys have in headers and errors, and
    whatever has the look of a key, in chunks too. Safe to read from any thread.
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

    def add(self, entry: Entry) -> None:
        """Take one more entry. Not for callers: the driver's thread does this."""
        size = _OVERHEAD + len(str(entry.data.get("data", entry.data.get("text", ""))))
        with self._lock:
            self._open.append(entry)
            self._open_size += size
            self._size += size
        if len(self._open) >= _TOGETHER or self._open_size > self._page:
            self.pack()

    def pack(self) -> None:
        """Pack what has come, and drop what is too much. Not for callers: the driver's thread does this."""
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
        """Let the oldest block go; give its bytes, or 0 where there is none. Not for callers."""
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
        """Return how many entries there are."""
        with self._lock:
            return sum(block.count for block in self._packed) + len(self._open)

    def __iter__(self) -> Iterator[Entry]:
        """Give the entries as they stand now, the oldest first."""
        with self._lock:
            packed, rest = self._packed, tuple(self._open)
        return (shown(entry) for entries in (*(block.entries() for block in packed), rest) for entry in entries)

    def __getitem__(self, index: int) -> Entry:
        """Return one entry, negative from the end."""
        return list(self)[index]

    def to_jsonl(self) -> str:
        """Return the log as JSON Lines: an object a line, with `at`, `run`, `kind` and the entry's data."""
        lines = (
            json.dumps({"at": round(one.at, 6), "run": one.run, "kind": one.kind, **one.data}, ensure_ascii=False)
            for one in self
        )
        return "".join(f"{line}\n" for line in lines)

    def __repr__(self) -> str:
        """Return a short line; `print(cell.log.to_jsonl())` shows all."""
        return f"<Log of {len(self)} entries{f', {self.dropped} dropped' if self.dropped else ''}>"


def shown(entry: Entry) -> Entry:
    """Return an entry without secrets. Done when it is read: most entries never are."""
    clean = without_keys if entry.kind in ("chunk", "text") else without_secrets
    data = {name: _cleaned(value, clean) for name, value in entry.data.items()}
    return Entry(entry.at, entry.run, entry.kind, data)


def _cleaned(value: Any, clean: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {name: _cleaned(one, clean) for name, one in value.items()}
    return value
