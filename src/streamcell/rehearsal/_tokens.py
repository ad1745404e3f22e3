"""Cuts text into pieces like a model's tokenizer.

A piece is a word with the space before it, a part of a long word, up to three digits, or punctuation.
"""

from __future__ import annotations

import re
import unicodedata

# In order: line ends; flags (two regional indicators); scripts without spaces; words; parts of long words; digits; runs
# of one sign; spaces except the one before a word; other blanks. Every character matches.
_TOKEN = re.compile(
    r"""
      (?: \r\n | \n | \r )+
    | [ ]? [\U0001F1E6-\U0001F1FF]{2}
    | [ ]? [\u2E80-\uFAFF\U00020000-\U0003FFFF]{1,2}
    | [ ]? [^\W\d_]{1,10} (?! [^\W\d_] )
    | [ ]? [^\W\d_]{1,5}
    | [ ]? \d{1,3}
    | [ ]? ( _ | [^\w\s] ) \1{0,7}
    | [ ]+ (?= [ ] \S )
    | [^\S\r\n]+
    """,
    re.VERBOSE,
)

_JOINER = "\u200d"  # zero-width joiner: the next character belongs to the same emoji


def pieces(text: str) -> list[str]:
    """Cut `text` into pieces like a model's tokens. Joined, they are `text` again.

    Characters that a reader sees as one stay in one piece: a letter with its combining marks, an emoji with its skin
    tone or its family, or a flag.
    """
    whole: list[str] = []
    open_piece: list[str] = []
    for match in _TOKEN.finditer(text):
        token = match[0]
        if open_piece and not _belongs(open_piece[-1][-1], token[0]):
            whole.append("".join(open_piece))
            open_piece = []
        open_piece.append(token)
    if open_piece:
        whole.append("".join(open_piece))
    return whole


def count(text: str) -> int:
    """How many tokens `text` has."""
    return len(pieces(text))


def _belongs(before: str, after: str) -> bool:
    if before < "\u0300" and after < "\u0300":
        return False
    return before == _JOINER or after == _JOINER or _extends(after)


def _extends(char: str) -> bool:
    return (
        unicodedata.category(char) in {"Mn", "Mc", "Me"}  # combining marks, variation selectors
        or "\U0001f3fb" <= char <= "\U0001f3ff"  # skin tones
        or "\U000e0020" <= char <= "\U000e007f"  # the tags that spell flags of regions
        or "\u1160" <= char <= "\u11ff"  # Korean vowels and finals that are written separately
        or char == "\u200c"
    )
