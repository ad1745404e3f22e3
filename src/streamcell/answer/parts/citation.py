"""A source that the answer names."""

from __future__ import annotations

from dataclasses import dataclass

from ... import _words as words
from .base import Part, literal, target

__all__ = ["Citation"]


@dataclass(frozen=True, kw_only=True)
class Citation(Part):
    """A source, as the provider gives it: a page with its address, or a file with its id; `number` counts from 1.

    `title` is empty where the provider gives none; for a file it is its name.
    """

    kind = "citation"
    is_output = False
    heading = words.SOURCES

    number: int = 1
    url: str = ""
    title: str = ""
    file: str = ""

    def markdown(self) -> str:
        """Return a line with the number and the title, and the address or the file's id in plain sight."""
        where = target(self.url) if self.url else f"`{self.file.replace('`', '')}`" if self.file else ""
        return f"{self.number}. {', '.join(one for one in (literal(self.title), where) if one)}"

    def plain(self) -> str:
        """Return a line with the number, the title and the address or the file's id."""
        return f"[{self.number}] {', '.join(one for one in (self.title, self.url or self.file) if one)}"
