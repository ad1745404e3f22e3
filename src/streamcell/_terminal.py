"""Replaces control characters that a terminal would interpret in text from elsewhere. Pure."""

from __future__ import annotations

from typing import Final

__all__ = ["inert", "inert_words"]

_CONTROLS: Final = {
    **{code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in "\t\n\r"},
    0x7F: "\u2421",
    **dict.fromkeys(range(0x80, 0xA0), "\ufffd"),
}
"""C0 controls become their Unicode control pictures, C1 controls (ECMA-48) the replacement character U+FFFD."""

_DIRECTIONS: Final = {code: f"\\u{code:04x}" for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}
"""Embeddings, overrides and isolates (Unicode Standard Annex 9), which can disguise words by reordering them."""


def inert(text: str) -> str:
    """Return an answer that is safe to print: each control character is replaced by one visible character."""
    return text.translate(_CONTROLS)


def inert_words(text: str) -> str:
    """Return a server's message that is safe to print in an error: like `inert`, and without reordering characters."""
    return text.replace("\r\n", "\n").translate({**_CONTROLS, 0x0D: "\u240d", **_DIRECTIONS})
