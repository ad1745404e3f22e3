"""A tool that the provider runs: what it was asked, and what it gave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from ... import _words as words
from .base import Part, fenced

__all__ = ["HostedState", "HostedTool"]

HostedState = Literal[
    "in_progress", "searching", "interpreting", "calling", "completed", "failed", "incomplete", "requested"
]

_SHORT: Final = 500  # characters of what was asked, in a saved notebook and in a terminal


@dataclass(frozen=True, kw_only=True)
class HostedTool(Part):
    """A call of a tool that runs at the provider, such as a web search.

    `tool` is the provider's name for its type and `title` ours. `asked` is what the tool was asked (`code`: that is
    code), `came` what it gave, `links` the sources that it found, `error` what went wrong, and `note` what the user can
    do about it.
    """

    kind = "hosted_tool"
    grows = "asked"

    asked: str = ""
    tool: str = ""
    title: str = ""
    state: HostedState = "in_progress"
    code: bool = False
    came: str = ""
    links: Sequence[Mapping[str, str]] = ()
    error: str = ""
    note: str = ""

    def markdown(self) -> str:
        """Return its title, how it ended where that was not well, and the beginning of what it was asked."""
        short = _cut(self.asked)
        if not short:
            return self._line
        if "\n" not in short and not self.code:
            return f"{self._line}: {short}"
        return f"{self._line}:\n\n{fenced(short)}"

    def plain(self) -> str:
        """Return its title and the beginning of what it was asked."""
        return f"{self._line}: {_cut(self.asked)}" if self.asked else self._line

    @property
    def _line(self) -> str:
        ending = words.HOSTED_ENDINGS.get(self.state, "")
        return f"{self.title} ({ending})" if ending else self.title


def _cut(text: str) -> str:
    text = text.strip()
    return text if len(text) <= _SHORT else f"{text[:_SHORT]}…"
