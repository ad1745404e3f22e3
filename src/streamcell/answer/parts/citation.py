"""A source that the answer names."""

from __future__ import annotations

from dataclasses import dataclass

from .base import Part

__all__ = ["Citation"]


@dataclass(frozen=True, kw_only=True)
class Citation(Part):
    """A source, as the provider gives it: its address and, where known, its title; `number` counts from 1."""

    kind = "citation"
    is_output = False

    number: int = 1
    url: str = ""
    title: str = ""

    def markdown(self) -> str:
        """Return a line with the number and the title, and the address in plain sight."""
        address = f"<{self.url}>" if self.url.startswith(("http://", "https://")) and " " not in self.url else self.url
        return f"{self.number}. {f'{self.title}, ' if self.title else ''}{address}"

    def plain(self) -> str:
        """Return a line with the number, the title and the address."""
        return f"[{self.number}] {f'{self.title}, ' if self.title else ''}{self.url}"
