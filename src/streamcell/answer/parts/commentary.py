"""The model's comments on its work between its steps, which are not the answer."""

from __future__ import annotations

from dataclasses import dataclass

from .base import Part

__all__ = ["Commentary"]


@dataclass(frozen=True, kw_only=True)
class Commentary(Part):
    """A message that the provider marks as commentary. The answer's text does not include it.

    Attributes:
        text: the message as Markdown.
    """

    kind = "commentary"
    grows = "text"

    text: str = ""

    def markdown(self) -> str:
        """Return the text as a block quote."""
        return "\n".join(f"> {line}".rstrip() for line in self.text.splitlines())
