"""A part that this release does not know."""

from __future__ import annotations

from dataclasses import dataclass

from .base import Part

__all__ = ["Unknown"]


@dataclass(frozen=True, kw_only=True)
class Unknown(Part):
    """Something that the provider sent and we do not know: what it calls it, and what of it is text."""

    kind = "unknown"
    grows = "text"

    name: str = ""
    text: str = ""

    def markdown(self) -> str:
        """Return its name, and the text below it."""
        return f"{self.name}:\n\n{self.text}" if self.text else self.name

    def plain(self) -> str:
        """Return its name and its text."""
        return f"{self.name}: {self.text}" if self.text else self.name
