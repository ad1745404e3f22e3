"""A part of the answer's text."""

from __future__ import annotations

from dataclasses import dataclass

from ..resume import ResumeMode
from .base import Part

__all__ = ["Text"]


@dataclass(frozen=True, kw_only=True)
class Text(Part):
    """A part of the answer's text.

    Attributes:
        text: the text as Markdown.
        resumed: how this part continues a text that was cut off; None if it does not continue one.
    """

    kind = "text"
    grows = "text"
    is_text = True

    text: str = ""
    resumed: ResumeMode | None = None

    def markdown(self) -> str:
        """Return the text unchanged."""
        return self.text
