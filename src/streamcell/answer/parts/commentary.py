"""What the model says about its work, between its steps; not the answer."""

from __future__ import annotations

from dataclasses import dataclass

from .base import Part

__all__ = ["Commentary"]


@dataclass(frozen=True, kw_only=True)
class Commentary(Part):
    """A message that the provider marks as commentary, as Markdown. The answer's text does not include it."""

    kind = "commentary"
    grows = "text"

    text: str = ""

    def markdown(self) -> str:
        """Return the text as a quote."""
        return "\n".join(f"> {line}".rstrip() for line in self.text.splitlines())
