"""The model's refusal to answer."""

from __future__ import annotations

from dataclasses import dataclass

from .base import Part

__all__ = ["Refusal"]


@dataclass(frozen=True, kw_only=True)
class Refusal(Part):
    """The model's own words for why it does not answer. Nothing can go on after one."""

    kind = "refusal"
    grows = "text"

    text: str = ""

    @property
    def can_resume(self) -> bool:
        """Never."""
        return False
