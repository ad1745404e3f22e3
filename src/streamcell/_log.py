"""What happened, in order: every attempt, head and chunk with its time. Pure: times come in as arguments."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from ._errors import without_keys, without_secrets

__all__ = ["LIMIT", "Entry", "Log", "shown"]

LIMIT: Final = 1_000_000
"""Characters of chunks that a log keeps; then the oldest entries go."""

_OVERHEAD: Final = 600  # what an entry takes beside its data, in characters: an empty chunk is no free one

Kind = Literal["request", "response", "chunk", "text", "status"]


@dataclass(frozen=True)
class Entry:
    """One thing that happened, `at` seconds after the cell was made; `run` tells attempts apart, and only grows.

    `kind` and what `data` then holds:

    - `request`: `endpoint`, `model`, `api`, `resume` (the way in which an answer goes on, or None)
    - `response`: `status`, `headers` (without secrets), `request_id`
    - `chunk`: `data`, what the provider sent, word for word; of a refusal its body
    - `text`: `text`, from an iterator, which has no chunks
    - `status`: `status`, and what is known then of `attempt`, `finish_reason`, `usage`, `error`, `message`,
      `retry_in` (seconds), `place`, `wait`
    """

    at: float
    run: int
    kind: Kind
    data: Mapping[str, Any]


class Log:
    """A cell's log: a sequence of entries, the oldest first; bounded, `dropped` says how many have gone.

    Secrets are left out: headers that carry them, what stands behind a name that keys have in headers and errors, and
    whatever has the look of a key, in chunks too. Safe to read from any thread.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._entries: deque[tuple[Entry, int]] = deque()
        self._limit = limit
        self._size = 0
        self.dropped = 0

    def add(self, entry: Entry) -> None:
        """Take one more entry. Not for callers: the driver's thread does this."""
        size = _OVERHEAD + len(str(entry.data.get("data", entry.data.get("text", ""))))
        self._entries.append((entry, size))
        self._size += size
        while self._size > self._limit and len(self._entries) > 1:
            self._size -= self._entries.popleft()[1]
            self.dropped += 1

    def __len__(self) -> int:
        """Return how many entries there are."""
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        """Give the entries as they stand now, the oldest first."""
        return (shown(entry) for entry, _ in self._entries.copy())

    def __getitem__(self, index: int) -> Entry:
        """Return one entry, negative from the end."""
        return shown(self._entries[index][0])

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
