"""Quotes a user's words in an answer: short, in one line, and as Markdown that shows them literally. Pure."""

from __future__ import annotations

import re
import unicodedata
from itertools import accumulate

from . import _tokens

__all__ = ["quoted"]

# Characters that reverse the line or are invisible: bidirectional and other control characters.
_DIRECTIONS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~$&!])")
# GitHub turns bare addresses into links.
_ADDRESSES = re.compile(r"(?<=[A-Za-z]):(?=//)|(?<=www)\.|(?<=mailto):|(?<=xmpp):|@", re.IGNORECASE)

_LOOKED_AT = 2_000


def quoted(text: str, longest: int = 60) -> str:
    """The beginning of `text`, in one line, as Markdown that shows it literally."""
    line = "".join(" " if unicodedata.category(one) == "Cc" else one for one in text[:_LOOKED_AT])
    line = " ".join(_DIRECTIONS.sub("", line).split())
    if len(line) > longest or len(text) > _LOOKED_AT:
        # Complete pieces only, so that no word and no emoji is cut.
        ends = accumulate(map(len, parts := _tokens.pieces(line[: 2 * longest])))
        line = "".join(part for part, end in zip(parts, ends, strict=False) if end <= longest) + " …"
    return _ADDRESSES.sub(lambda found: f"\\{found[0]}", _MARKS.sub(r"\\\1", line))
