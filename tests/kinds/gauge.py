"""A gauge: a level that changes while a log grows, and that a user can set back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from streamcell import Part


@dataclass(frozen=True, kw_only=True)
class Gauge(Part):
    """A level from 0 to 100, and what was measured on the way there."""

    kind = "gauge"
    grows = "log"

    log: str = ""
    level: int = 0

    def markdown(self) -> str:
        return f"**Level {self.level}**\n\n{self.log}"

    def plain(self) -> str:
        return f"Level {self.level}"

    def act(self, action: str, value: Any) -> Mapping[str, Any] | None:
        return {"level": value} if action == "set" and isinstance(value, int) else None
