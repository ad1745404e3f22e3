"""The model's refusal to answer."""

from __future__ import annotations

from dataclasses import dataclass

from .base import Part

__all__ = ["Refusal"]


@dataclass(frozen=True, kw_only=True)
class Refusal(Part):
    """The model's own explanation why it does not answer. An answer with a refusal cannot be resumed.

    Attributes:
        text: the explanation, as plain text.
    """

    kind = "refusal"
    grows = "text"

    text: str = ""

    @property
    def can_resume(self) -> bool:
        """Always False."""
        return False
