"""A part of a kind that this release does not support."""

from __future__ import annotations

from dataclasses import dataclass

from .base import Part

__all__ = ["Unknown"]


@dataclass(frozen=True, kw_only=True)
class Unknown(Part):
    """A part of the answer that this release does not support, with the text that it contains.

    Attributes:
        name: the provider's name for its kind.
        text: its text; empty if it has none.
    """

    kind = "unknown"
    grows = "text"

    name: str = ""
    text: str = ""

    def markdown(self) -> str:
        """Return the name, and the text below it."""
        return f"{self.name}:\n\n{self.text}" if self.text else self.name

    def plain(self) -> str:
        """Return the name and the text."""
        return f"{self.name}: {self.text}" if self.text else self.name
