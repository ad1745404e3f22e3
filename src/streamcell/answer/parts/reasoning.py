"""The model's reasoning, where the provider shows it."""

from __future__ import annotations

from dataclasses import dataclass

from .base import Part

__all__ = ["Reasoning"]


@dataclass(frozen=True, kw_only=True)
class Reasoning(Part):
    """Reasoning or a summary of it, as Markdown. It is kept with the answer, and other readers do not show it."""

    kind = "reasoning"
    grows = "text"

    text: str = ""
