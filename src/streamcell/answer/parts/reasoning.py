"""The model's reasoning, where the provider shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .base import Part

__all__ = ["Reasoning", "ShowReasoning"]

ShowReasoning = Literal["closed", "streaming", "open"]
"""When reasoning is shown: when the user opens it, while it streams, or always."""


@dataclass(frozen=True, kw_only=True)
class Reasoning(Part):
    """Reasoning or a summary of it, as Markdown. It is kept with the answer, and other readers do not show it.

    `seconds` is how long the model thought, None until that is known; `show` is when its fold is open.
    """

    kind = "reasoning"
    grows = "text"

    text: str = ""
    seconds: float | None = None
    show: ShowReasoning = "closed"
