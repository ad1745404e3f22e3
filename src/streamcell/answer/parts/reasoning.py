"""The model's reasoning, if the provider sends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .base import Part

__all__ = ["Reasoning", "ShowReasoning"]

ShowReasoning = Literal["closed", "streaming", "open"]
"""When reasoning is visible: after the user opens it, while it streams, or always."""


@dataclass(frozen=True, kw_only=True)
class Reasoning(Part):
    """The model's reasoning or a summary of it. It is saved, but only the extension shows it in a saved notebook.

    Attributes:
        text: the reasoning as Markdown.
        seconds: for how many seconds the model thought; None until that is known.
        show: when it is unfolded: "closed" only by the user, "streaming" while it streams, "open" always.
    """

    kind = "reasoning"
    judged_as = "reasoning"
    grows = "text"

    text: str = ""
    seconds: float | None = None
    show: ShowReasoning = "closed"
