"""A source that the answer names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ... import _words as words
from .base import Part

__all__ = ["Citation"]

_MARKS: Final = re.compile(r"[\\`*_{}\[\]<>#|~$&!]")
_NOT_IN_AN_ADDRESS: Final = re.compile(r"[\x00-\x20<>\\`!]")


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
        if not self.url:
            target = f"`{self.file.replace('`', '')}`" if self.file else ""
        elif self.url.lower().startswith(("http://", "https://")):
            target = f"<{_NOT_IN_AN_ADDRESS.sub(lambda found: f'%{ord(found[0]):02X}', self.url)}>"
        else:
            target = _literal(self.url)
        return f"{self.number}. {', '.join(one for one in (_literal(self.title), target) if one)}"

    def plain(self) -> str:
        """Return a line with the number, the title and the address or the file's id."""
        return f"[{self.number}] {', '.join(one for one in (self.title, self.url or self.file) if one)}"


def _literal(text: str) -> str:
    """Return text as Markdown that shows it letter for letter."""
    return _MARKS.sub(lambda found: f"\\{found[0]}", text)
