"""Turns a model's answer into the Markdown that a notebook file saves, for readers that do not sanitise it.

Code that would be harmful as text is only written as a fence at the left margin, which all readers parse alike, or as
entities.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, Union

from .prose import TAG, entities, has_marks, is_dangerous, prose, sealed

__all__ = ["quoted", "saved_markdown"]

OPENER: Final = re.compile(
    r"((?:[ \t]*(?:>|[-+*](?=[ \t])|[0-9]{1,9}[.)](?=[ \t])))*[ \t]*)(`{3,}|~{3,})([^\n]*)",
)
CLOSER: Final = re.compile(r" {0,3}(`{3,}|~{3,})[ \t]*")
ITEM: Final = re.compile(r"([ \t]{0,3}(?:[-+*]|[0-9]{1,9}[.)]))([ \t]+|(?![\s\S]))")
LANGUAGE: Final = re.compile(r"[ \t]*([A-Za-z0-9_+#.-]*)")
INDENT: Final = re.compile(r"[ \t]*")
IN_NOTE: Final = re.compile(r"[&<>\\`*_\[\]!$~|]")
IN_QUOTE: Final = re.compile(r"[&<>\\`*_\[\]!$~|#{}^@]|^[-+=:]|(?<=^\d)[.)]|(?<=^\d\d)[.)]|^\d{3,9}(?=[.)])")


@dataclass
class _Text:
    """Lines without a fence."""

    lines: list[str] = field(default_factory=list)


@dataclass
class _Fence:
    """A fence at the left margin."""

    language: str
    lines: list[str] = field(default_factory=list)


@dataclass
class _Nested:
    """A fence in a list or a quote: its original lines (`raw`), and its code (`lines`)."""

    prefix: str
    marks: str
    raw: list[str]
    lines: list[str] = field(default_factory=list)
    closed: bool = False


_Block = Union[_Text, _Fence, _Nested]


def saved_markdown(text: str, note: str = "") -> str:
    """Return the Markdown to save for a model's answer, followed by `note` in italics unless that is empty.

    The answer may end anywhere and is not trusted: no reader gets HTML, an image, or a link with another scheme than
    http, https or mailto from it. The time is linear in its length.
    """
    blocks = _Blocks(_clean(text).replace("\r\n", "\n").replace("\r", "\n").split("\n")).read()
    # Readers disagree about where a nested fence ends. That only matters if a fence holds something harmful.
    risky = any(isinstance(block, _Fence) and is_dangerous("\n".join(block.lines)) for block in blocks)
    body = _joined(blocks, risky)
    words = re.sub(r"[ \t\r\n]+", " ", _clean(note)).strip(" ")
    if not words:
        return body
    said = IN_NOTE.sub(lambda found: f"&#{ord(found[0])};", words)
    body = body.rstrip(" \t\n")
    return f"{body}\n\n*{said}*" if body else f"*{said}*"


def quoted(heading: str, text: str) -> str:
    """Return the Markdown of a quotation that shows `text` literally under a heading: no reader finds markup in it."""
    lines = [re.sub(r"[ \t\v\f]+", " ", line).strip(" ") for line in _clean(text).splitlines()]
    said = [IN_QUOTE.sub(lambda found: "".join(f"&#{ord(one)};" for one in found[0]), line) for line in lines]
    # A backslash at the end is a line break in every reader; in front of an empty line it would be a character.
    breaks = [line and f"{line}\\" if after else line for line, after in zip(said, [*said[1:], ""], strict=True)]
    return "\n".join(f"> {line}".rstrip(" ") for line in [f"**{heading}**", "", *breaks])


def _clean(text: str) -> str:
    """Return `text` without lone surrogates, which UTF-8 cannot encode."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _joined(blocks: list[_Block], risky: bool) -> str:
    zones: list[str] = []
    zone: list[str] = []
    for index, block in enumerate(blocks):
        if isinstance(block, _Text):
            zone.append(prose("\n".join(block.lines)))
        elif isinstance(block, _Nested):
            zone.append(_nested(block, risky))
        else:
            if zone or zones:
                before = "\n".join(zone)
                zones.append(sealed(before) if risky else before)
                if not _ends_blank(before):
                    zones.append("")
            zones.append(_fence(block))
            zone = []
            if index + 1 < len(blocks) and not _begins_blank(blocks[index + 1]):
                zone.append("")
    return "\n".join([*zones, *zone])


def _ends_blank(text: str) -> bool:
    return not text[text.rfind("\n") + 1 :].strip(" \t")


def _begins_blank(block: _Block) -> bool:
    return isinstance(block, _Text) and not block.lines[0].strip(" \t")


def _fence(block: _Fence) -> str:
    code = "\n".join(block.lines)
    longest = max((len(run) for run in re.findall("`+", code)), default=0)
    marks = "`" * max(3, longest + 1)
    # nbconvert inserts a diagram's text into the page unchanged.
    diagram = block.language.lower().startswith("mermaid") and TAG.search(code) is not None
    return "\n".join([marks + ("" if diagram else block.language), *block.lines, marks])


def _nested(block: _Nested, risky: bool) -> str:
    raw = "\n".join(block.raw)
    if risky or is_dangerous(raw) or has_marks(raw):
        return f"{block.prefix}<pre><code>{entities(chr(10).join(block.lines))}</code></pre>"
    return raw if block.closed else raw.rstrip(" \t\n") + "\n" + re.sub(r"[^ \t>]", " ", block.prefix) + block.marks


class _Blocks:
    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._at = 0
        self._blocks: list[_Block] = []
        # The indentation of the content of the outermost list item; 0 outside lists.
        self._item = 0

    def read(self) -> list[_Block]:
        while self._at < len(self._lines):
            line = self._lines[self._at]
            self._at += 1
            self._follow(line)
            opener = OPENER.match(line) if "```" in line or "~~~" in line else None
            if opener is None or (opener[2][0] == "`" and "`" in opener[3]):
                self._text(line)
            elif self._is_at_margin(opener[1]):
                self._blocks.append(self._read_fence(opener))
            else:
                self._blocks.append(self._read_nested(line, opener))
        return self._blocks

    def _text(self, line: str) -> None:
        last = self._blocks[-1] if self._blocks else None
        if isinstance(last, _Text):
            last.lines.append(line)
        else:
            self._blocks.append(_Text([line]))

    def _follow(self, line: str) -> None:
        indent = _width(_indent(line))
        if not line.strip(" \t") or (self._item and indent >= self._item):
            return
        item = ITEM.match(line)
        if item is None:
            self._item = 0
            return
        spaces = _width(item[2])
        self._item = _width(item[1]) + (spaces if 1 <= spaces <= 4 else 1)

    def _is_at_margin(self, prefix: str) -> bool:
        return not prefix.strip(" \t") and _width(prefix) <= 3 and not self._item

    def _read_fence(self, opener: re.Match[str]) -> _Fence:
        language = LANGUAGE.match(opener[3])
        block = _Fence(language[1] if language else "")
        while self._at < len(self._lines):
            line = self._lines[self._at]
            self._at += 1
            if _closes(line, opener[2]):
                return block
            block.lines.append(_outdented(line, _width(opener[1])))
        if block.lines and not block.lines[-1].strip(" \t"):
            block.lines.pop()
        return block

    def _read_nested(self, opening: str, opener: re.Match[str]) -> _Nested:
        prefix, marks = opener[1], opener[2]
        quotes = prefix.count(">")
        within = _width(prefix[prefix.rfind(">") + 1 :])
        least = min(_width(prefix), self._item or 4)
        block = _Nested(prefix, marks, [opening])
        while self._at < len(self._lines) and not block.closed:
            line = self._lines[self._at]
            code = _unquoted(line, quotes) if quotes else _listed(line, least)
            if code is None:
                # The list or the quote has ended, and the fence with it.
                block.closed = True
                break
            self._at += 1
            block.raw.append(line)
            code = _outdented(code, within)
            block.closed = _closes(code, marks)
            if not block.closed:
                block.lines.append(code)
        return block


def _closes(line: str, marks: str) -> bool:
    found = CLOSER.fullmatch(line)
    return found is not None and found[1].startswith(marks)


def _unquoted(line: str, quotes: int) -> str | None:
    at = 0
    for _ in range(quotes):
        at += len(_indent(line, at))
        if line[at : at + 1] != ">":
            return None
        at += 1
    return line[at:]


def _listed(line: str, least: int) -> str | None:
    return line if not line.strip(" \t") or _width(_indent(line)) >= least else None


def _indent(line: str, at: int = 0) -> str:
    found = INDENT.match(line, at)
    return found[0] if found else ""


def _width(prefix: str) -> int:
    width = 0
    for char in prefix:
        width += 4 - width % 4 if char == "\t" else 1
    return width


def _outdented(line: str, columns: int) -> str:
    indent = _indent(line)
    width = _width(indent)
    return " " * (width - min(width, columns)) + line[len(indent) :] if columns and indent else line
