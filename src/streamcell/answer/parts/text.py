"""A stretch of the answer's text."""

from __future__ import annotations

from dataclasses import dataclass

from ..resume import ResumeMode
from .base import Part

__all__ = ["Text"]


@dataclass(frozen=True, kw_only=True)
class Text(Part):
    """Text of the answer, as Markdown.

    `resumed`: this part continues a text that was cut off, and how; None for a part that does not.
    """

    kind = "text"
    grows = "text"
    is_text = True

    text: str = ""
    resumed: ResumeMode | None = None

    def markdown(self) -> str:
        """Return the text as it came."""
        return self.text
