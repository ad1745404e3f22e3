"""What a terminal would obey in a text that is not ours, made visible. Pure."""

from __future__ import annotations

from typing import Final

__all__ = ["inert", "inert_words"]

_CONTROLS: Final = {
    **{code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in "\t\n\r"},
    0x7F: "\u2421",
    **dict.fromkeys(range(0x80, 0xA0), "\ufffd"),
}
"""C0 controls as the pictures that Unicode has for them, C1 controls (ECMA-48) as characters that cannot be shown."""

_DIRECTIONS: Final = {code: f"\\u{code:04x}" for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}
"""Embeddings, overrides and isolates (Unicode Standard Annex 9), which can make words read as others."""


def inert(text: str) -> str:
    """Return an answer so that no terminal obeys it: as many characters, with a picture for each control."""
    return text.translate(_CONTROLS)


def inert_words(text: str) -> str:
    """Return a server's words for an error's message: like `inert`, and they read in the order in which they stand."""
    return text.replace("\r\n", "\n").translate({**_CONTROLS, 0x0D: "\u240d", **_DIRECTIONS})
