"""The text of a structured answer, which is JSON."""

from __future__ import annotations

from dataclasses import dataclass

from ..resume import ResumeMode
from .base import Part, fenced

__all__ = ["Json"]


@dataclass(frozen=True, kw_only=True)
class Json(Part):
    """A structured answer's JSON, as the model wrote it. The page shows it as a tree, or as a table.

    Attributes:
        text: the JSON, complete or not.
        resumed: how this part continues JSON that was cut off; None if it does not continue any.
    """

    kind = "json"
    grows = "text"
    is_text = True

    text: str = ""
    resumed: ResumeMode | None = None

    def markdown(self) -> str:
        """Return the JSON unchanged; `framed` makes a code block of consecutive parts."""
        return self.text

    def framed(self, text: str) -> str:
        """Return a code block."""
        text = text.strip("\r\n")
        return fenced(text, "json") if text.strip() else ""
