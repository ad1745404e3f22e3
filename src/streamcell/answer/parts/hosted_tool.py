"""A call of a tool that the provider runs: its input and its output."""

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

_SHORT: Final = 500  # characters of the input, in a saved notebook and in a terminal


@dataclass(frozen=True, kw_only=True)
class HostedTool(Part):
    """A call of a tool that the provider runs, such as a web search, with its input and its output.

    Attributes:
        asked: the input, such as a search query or a program.
        tool: the provider's name for the type of tool, such as `web_search_call`.
        title: the readable name of the tool.
        state: "in_progress", "searching", "interpreting" or "calling" while it runs; "completed", "failed" or
            "incomplete" after it has ended; "requested" if the provider expects the client to run it.
        code: `asked` is code.
        came: the output as text.
        links: the sources that it found, each with `url` and `title`.
        error: the error message; empty if there is none.
        note: advice to the user; empty if there is none.
    """

    kind = "hosted_tool"
    judged_as = "tools"
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
        """Return the title, how the call ended if it did not complete, and the beginning of the input."""
        short = _cut(self.asked)
        if not short:
            return self._line
        if "\n" not in short and not self.code:
            return f"{self._line}: {short}"
        return f"{self._line}:\n\n{fenced(short)}"

    def plain(self) -> str:
        """Return the title and the beginning of the input."""
        return f"{self._line}: {_cut(self.asked)}" if self.asked else self._line

    @property
    def _line(self) -> str:
        ending = words.HOSTED_ENDINGS.get(self.state, "")
        return f"{self.title} ({ending})" if ending else self.title


def _cut(text: str) -> str:
    text = text.strip()
    return text if len(text) <= _SHORT else f"{text[:_SHORT]}…"
