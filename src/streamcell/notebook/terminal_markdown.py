"""Where Markdown that grows can be cut, so that a terminal prints each block once. Pure."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["finished", "last_lines"]

_FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})")
_ITEM: Final = re.compile(r" {0,3}(?:[-+*]|[0-9]{1,9}[.)])(?: |$)")

_PERHAPS: Final = re.compile(r" {0,3}(?:[-+*]|[0-9]{1,9}[.)]?)")
"""The beginning of a line that may still become an item's."""


def finished(text: str) -> int:
    """Return how much of the text, from its beginning, is blocks that will not change; the rest may still grow.

    A block ends with a blank line, outside of fences, before a line that does not go on with a list.
    """
    end = at = 0
    fence, blank, in_list = "", False, False
    for line in text.splitlines(keepends=True):
        mark = _FENCE.match(line)
        if fence:
            if mark and mark[1].startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
        elif not line.strip():
            blank = True
        else:
            item = _ITEM.match(line) or (not line.endswith("\n") and _PERHAPS.fullmatch(line))
            if blank and not (line[0] in " \t" or (in_list and item)):
                end, in_list = at, False
            in_list = in_list or bool(item)
            fence, blank = mark[1] if mark else "", False
        at += len(line)
    return end


def last_lines(text: str, count: int) -> str:
    """Return the last lines of a block; of a fence its first line too, so that it stays one."""
    lines = text.splitlines()
    if len(lines) <= count:
        return text
    first = [lines[0]] if _FENCE.match(lines[0]) else []
    return "\n".join([*first, *lines[max(1, len(lines) - max(1, count - len(first))) :]])
