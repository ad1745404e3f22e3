"""Separates reasoning that a model writes into its text, between tags at the start, while the text streams. Pure."""

from __future__ import annotations

from typing import Final, Literal

__all__ = ["ThinkTags", "without_thinking"]

_TAGS: Final = {
    "<think>": "</think>",  # DeepSeek R1, Qwen 3, and many more
    "<thinking>": "</thinking>",
    "<thought>": "</thought>",  # Gemma, Gemini
    "<seed:think>": "</seed:think>",
    "◁think▷": "◁/think▷",  # Kimi
}

Piece = tuple[Literal["text", "reasoning"], str]


class ThinkTags:
    """Splits a text that begins with `<think>…</think>` into reasoning and text. Takes the text in pieces of any size.

    Tags elsewhere are part of the text. White space around the reasoning and before the text is left out. Text that may
    still become a tag is held back: at most the length of a tag, and the white space before it.
    """

    def __init__(self) -> None:
        self._held = ""
        self._blank: list[str] = []  # white space after it; joined once, when other text follows
        self._end = ""  # the tag that ends the reasoning
        self._state: Literal["start", "reasoning", "after", "text"] = "start"
        self._reasoned = False

    def feed(self, text: str) -> list[Piece]:
        """Return the pieces that are now known to be reasoning or text."""
        if self._state == "text":
            return [("text", text)] if text else []
        if text.isspace():
            self._blank.append(text)
            return []
        self._held += "".join(self._blank) + text
        self._blank.clear()
        if self._state == "start" and not self._begin():
            return []
        pieces: list[Piece] = []
        if self._state == "reasoning":
            self._think(pieces)
        if self._state == "after":
            self._held = self._held.lstrip()
            self._state = "text" if self._held else "after"
        if self._state == "text" and self._held:
            pieces.append(("text", self._held))
            self._held = ""
        return pieces

    @property
    def holds(self) -> bool:
        """Whether text is held back."""
        return bool(self._held or self._blank)

    def end(self) -> list[Piece]:
        """Return the pieces that were held back, at the end of the text."""
        held, self._held = self._held + "".join(self._blank), ""
        self._blank.clear()
        if self._state == "reasoning":
            held = held.rstrip()
            return [("reasoning", held)] if held else []
        return [("text", held)] if held and self._state == "start" else []

    def _begin(self) -> bool:
        """Decide whether the text begins with reasoning; return False while that is not known."""
        begun = self._held.lstrip()
        for tag, end in _TAGS.items():
            if begun.startswith(tag):
                self._state, self._end, self._held = "reasoning", end, begun[len(tag) :]
                return True
        if any(tag.startswith(begun) for tag in _TAGS):
            return False
        self._state = "text"
        return True

    def _think(self, pieces: list[Piece]) -> None:
        thought, tag, rest = self._held.partition(self._end)
        if tag:
            self._state, self._held = "after", rest
            thought = thought.rstrip()
        else:
            known = len(thought.rstrip())
            known -= next((n for n in range(len(self._end) - 1, 0, -1) if thought[:known].endswith(self._end[:n])), 0)
            known = len(thought[:known].rstrip())
            thought, self._held = thought[:known], thought[known:]
        if not self._reasoned:
            thought = thought.lstrip()
        if thought:
            self._reasoned = True
            pieces.append(("reasoning", thought))


def without_thinking(text: str) -> str:
    """Return a complete text without the reasoning at its start."""
    tags = ThinkTags()
    return "".join(piece for kind, piece in (*tags.feed(text), *tags.end()) if kind == "text")
