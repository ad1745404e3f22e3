"""A source that the answer cites."""

from __future__ import annotations

from dataclasses import dataclass

from ... import _words as words
from .base import Part, literal, target

__all__ = ["Citation"]


@dataclass(frozen=True, kw_only=True)
class Citation(Part):
    """A source that the answer cites: a web page or a file, as the provider describes it.

    Attributes:
        number: its number in the list of sources, from 1.
        url: the page's address; empty for a file.
        title: the page's title or the file's name; empty if the provider gives none.
        file: the provider's id of the file; empty for a page.
    """

    kind = "citation"
    is_output = False
    apart = False
    heading = words.SOURCES

    number: int = 1
    url: str = ""
    title: str = ""
    file: str = ""

    def markdown(self) -> str:
        """Return a line with the number, the title, and the visible address or file id."""
        where = target(self.url) if self.url else f"`{self.file.replace('`', '')}`" if self.file else ""
        return f"{self.number}. {', '.join(one for one in (literal(self.title), where) if one)}"

    def plain(self) -> str:
        """Return a line with the number, the title, and the address or file id."""
        return f"[{self.number}] {', '.join(one for one in (self.title, self.url or self.file) if one)}"
