"""Collects the sources that an answer cites, in any form in which servers send them. Pure."""

from __future__ import annotations

import re
from typing import Any, Final

from ...answer.events import Event, PartChanged
from ..base import field_of, parts_of, showable

__all__ = ["Sources", "cited_beside"]

_MOST: Final = 100  # sources in one answer
_TITLE: Final = 200  # characters of a source's title
_ADDRESS: Final = 2000  # characters of its address: not all browsers and servers support longer ones
_FILE: Final = 100  # characters of a file's id

_ANNOTATIONS: Final = ("url_citation", "file_citation", "container_file_citation", "file_path")


def cited_beside(chunk: object) -> list[object]:
    """Return the sources in a chunk of Chat Completions, both in its deltas and outside them."""
    found = [*parts_of(chunk, "citations"), *parts_of(chunk, "search_results")]  # Perplexity, xAI
    for choice in parts_of(chunk, "choices"):
        delta = field_of(choice, "delta") or field_of(choice, "message")
        found += [*parts_of(delta, "annotations"), *parts_of(field_of(delta, "context"), "citations")]  # Azure
    return found


class Sources:
    """Collects the sources that an answer cites: pages by address and files by id, without repetitions."""

    def __init__(self) -> None:
        self._found: dict[str, dict[str, Any]] = {}
        self._told: dict[str, dict[str, Any]] = {}

    def note(self, source: object) -> None:
        """Add a source: an address, an annotation of either API, or an object with `url` and `title`."""
        if isinstance(source, str):
            source = {"url": source}
        kind = field_of(source, "type")
        # In Chat Completions an annotation's data are in a field that has the name of its type.
        said = (field_of(source, kind) if kind in _ANNOTATIONS else None) or source
        url, file = _line(said, "url", _ADDRESS), _line(said, "file_id", _FILE)
        title = _line(said, "title", _TITLE)
        name = _line(said, "filename", _TITLE) or _line(said, "filepath", _TITLE)
        if url:
            self._keep(f"citation:{url}", {"url": url, "title": title or name})
        elif file or name:
            self._keep(f"citation:file:{file or name}", {"title": name or title, "file": file})

    def _keep(self, name: str, fields: dict[str, Any]) -> None:
        known = self._found.get(name)
        if known is not None:
            known["title"] = fields["title"] or known["title"]
        elif len(self._found) < _MOST:
            self._found[name] = {"number": len(self._found) + 1, **fields}

    def events(self) -> list[Event]:
        """Return events for the new sources. They follow their text, because a server may send them before it."""
        new = {name: dict(fields) for name, fields in self._found.items() if self._told.get(name) != fields}
        self._told.update(new)
        return [PartChanged("citation", fields, id=name) for name, fields in new.items()]


def _line(source: object, name: str, most: int) -> str:
    """Return a field in one line, or an empty string if it is not text."""
    value = field_of(source, name)
    return showable(re.sub(r"\s+", " ", value[: 2 * most]).strip()[:most]) if isinstance(value, str) else ""
