"""Turns a model's prose into Markdown in which no reader finds HTML, an image or a link that runs code.

Readers of a saved notebook disagree about what is code and where a formula ends. For this reason, everything that could
be harmful is defused wherever it occurs. Patterns list their characters, because a class such as `\\s` matches more
than the readers do.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from .formulas import Ahead, Formulas

__all__ = ["TAG", "entities", "has_marks", "is_dangerous", "prose", "sealed"]

SPECIAL: Final = re.compile(r"[\\$<!\]]|`+|~~~+|\[\^|https?://[^\x00-\x20<>\[\]()\"'`\\!]+")
"""What is examined; everything else is copied."""

AUTOLINK: Final = re.compile(r"<https?://[A-Za-z0-9._~:/?#@&*+,;=%-]+>")
TAG: Final = re.compile(r"<[^ \t\n0-9=<-]")
"""A less-than sign that a reader may take for a tag: all except those before white space, a digit, or one of `=<-`."""

IMAGE: Final = re.compile(r"!\[((?:[^\[\]\\]|\\[^\n]){0,500})\](?=[(\[])")
NOTE: Final = re.compile(r"\[\^[A-Za-z0-9_.-]{1,100}\]:[ \t]*")
DEFINITION: Final = re.compile(r"\]([(:])")
TARGET: Final = re.compile(r"[ \t]*(?:\n[ \t>]*)?")
HARMLESS: Final = re.compile(
    r"(?:https?|mailto):|[^\x00-\x20:&\\<>()/?#]*(?:[ \n()/?#>]|(?![\s\S]))|<https?://[A-Za-z0-9._~:/?#@&*+,;=%-]+>",
    re.IGNORECASE | re.ASCII,
)
"""The beginning of a link target that cannot be another scheme than these three, however it is decoded."""

BROKEN: Final = re.compile(r"[^\x00-\x20:&\\<>()/?#]*\n")
"""The beginning of a link target that continues on the next line: a browser would remove the line break."""

TITLE: Final = re.compile(r"(?:[ \t]+(?:\n[ \t>]*)?|\n[ \t>]*)([\"'(])")
IN_CODE: Final = re.compile(r"<[^ \t\n0-9=<-]|!\[|\][(:]|\$|\\begin\{|\\\\[\[(]")
"""Not allowed in a code span, because some readers take it for text or for the mark of a formula.

JupyterLab extracts formulas before it parses code, and puts them back unchanged, even into an attribute.
"""

BRACKET: Final = re.compile(r"\\?[\[\]]")
MARKED: Final = re.compile(r"\$|\\begin\{|\\\\[\[(]")
MARKS: Final = ("[", "]", "(", "\\", "begin{")
"""nbconvert and JupyterLab take these for the mark of a formula after a backslash, even after an escaped one."""

CLOSERS: Final = {'"': r'(?<!\\)"', "'": r"(?<!\\)'", "(": r"\)"}
PUNCTUATION: Final = re.compile(r"[!-+./:<-@\[-`{-~\n\t]")
NAMED: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def prose(text: str) -> str:
    """Return `text`, which has no fence, as Markdown that reads the same and is harmless in every reader's page."""
    return _Prose(text).read()


def is_dangerous(text: str) -> bool:
    """Whether a reader that took this code for text would show HTML, an image or a link that runs code."""
    if TAG.search(text) or "![" in text:
        return True
    return any(not _leads_well(text, found[1], found.end()) for found in DEFINITION.finditer(text))


def has_marks(code: str) -> bool:
    """Whether JupyterLab may find a formula in this code if it does not take it for code."""
    return MARKED.search(code) is not None


def entities(code: str) -> str:
    """Return `code` as one line of HTML that reads the same in Markdown, in a formula and as text."""
    return PUNCTUATION.sub(lambda found: NAMED.get(found[0], f"&#{ord(found[0])};"), code)


def sealed(text: str) -> str:
    """Return prose without an open link label or title: in JupyterLab it could continue through a following fence."""
    space, line_end = Ahead(r"[ \t\n]", text), Ahead(r"\n", text)
    closers = {mark: Ahead(pattern, text) for mark, pattern in CLOSERS.items()}

    def seal(found: re.Match[str]) -> str:
        title = TITLE.match(text, space.next(_skipped(text, found.end())))
        if title is None or closers[title[1]].next(title.end()) < line_end.next(title.end()):
            return found[0]
        return "]\\:"

    text = re.sub(r"\]:", seal, text)
    end = 0
    for bracket in BRACKET.finditer(text):
        if bracket[0] == "]":
            end = bracket.end()
    return text[:end] + BRACKET.sub(lambda found: "&#91;" if found[0] == "[" else found[0], text[end:])


def _skipped(text: str, at: int) -> int:
    found = TARGET.match(text, at)
    return at if found is None else found.end()


def _leads_well(text: str, mark: str, at: int) -> bool:
    start = _skipped(text, at)
    return HARMLESS.match(text, start) is not None and (mark == ":" or BROKEN.match(text, start) is None)


class _Prose:
    def __init__(self, text: str) -> None:
        self._text = text
        self._out: list[str] = []
        self._ticks = _Ticks(text)
        self._formulas = Formulas(text)
        self._line_end = Ahead(r"\n", text)
        self._steps: dict[str, Callable[[int, int], int]] = {
            "\\": self._backslash,
            "$": self._dollar,
            "<": self._angle,
            "!": self._bang,
            "]": lambda _, end: self._bracket(end),
            "`": self._code,
            "~": self._tildes,
            "[": self._note,
            "h": self._address,
        }

    def read(self) -> str:
        text, at = self._text, 0
        while found := SPECIAL.search(text, at):
            self._put(text[at : found.start()])
            at = self._steps[found[0][0]](found.start(), found.end())
        self._put(text[at:])
        return "".join(self._out)

    def _put(self, piece: str) -> None:
        if piece:
            self._out.append(piece)

    def _backslash(self, at: int, end: int) -> int:
        text = self._text
        following = text[end : end + 1]
        if following in ("", "\n"):
            self._put("\\")
            return end
        if following in "([" and (past := self._formula(at)):
            return past
        if following == "]":
            self._put("\\")
            return self._bracket(end + 1)
        if text.startswith("\\begin{", at):
            # In nbconvert and JupyterLab an environment extends to its \end, wherever that is.
            self._put("\\begin\\{")
            return at + len("\\begin{")
        if following == "\\" and text.startswith(MARKS, end + 1):
            self._put("&#92;")
        else:
            self._put(self._escaped(following, text[end + 1 : end + 2]))
        return end + 1

    @staticmethod
    def _escaped(char: str, following: str) -> str:
        if char == "!" and following == "[":
            return "&#33;"
        if char == "<" and following and TAG.match(char + following):
            return "&lt;"
        return "\\" + char

    def _formula(self, at: int) -> int | None:
        found = self._formulas.at(at)
        if found is None:
            return None
        # Two adjacent marks would form another one, and a mark after a backslash would be escaped.
        if self._out and self._out[-1][-1] in "$\\":
            self._put(" ")
        self._put(found.markdown)
        return found.end

    def _dollar(self, at: int, end: int) -> int:
        if past := self._formula(at):
            return past
        if self._text.startswith("$$", at):
            self._put("\\$\\$")
            return at + 2
        self._put("\\$")
        return end

    def _angle(self, at: int, end: int) -> int:
        if found := AUTOLINK.match(self._text, at):
            self._put(found[0])
            return found.end()
        self._put("&lt;" if TAG.match(self._text, at) else "<")
        return end

    def _bang(self, at: int, end: int) -> int:
        text = self._text
        if not text.startswith("[", end):
            self._put("!")
            return end
        found = IMAGE.match(text, at)
        if found is None or text.startswith("^", end + 1) or text[max(0, at - 1) : at] == "!":
            self._put("&#33;")
            return end
        if found[1].strip(" \t\n"):
            return end
        # A link without text could not be clicked.
        self._put("[image")
        return found.end() - 1

    def _bracket(self, end: int) -> int:
        following = self._text[end : end + 1]
        if following not in ("(", ":") or _leads_well(self._text, following, end + 1):
            self._put("]")
            return end
        self._put("]\\" + following)
        return end + 1

    def _note(self, at: int, end: int) -> int:
        found = NOTE.match(self._text, at)
        if found is None:
            self._put("[^")
            return end
        colon = self._text.index(":", at)
        if _leads_well(self._text, ":", colon + 1):
            self._put(self._text[at : colon + 1])
            return colon + 1
        if self._text[found.end() : found.end() + 1] in ("", "\n"):
            self._put(self._text[at:colon] + "\\:")
            return colon + 1
        # For a reader without footnotes this is a link definition: its target becomes an invisible character.
        self._put(self._text[at : colon + 1] + " &#8203; ")
        return found.end()

    def _code(self, at: int, end: int) -> int:
        text, length = self._text, end - at
        close = self._ticks.next(length, end)
        if close is None or close > self._line_end.next(end):
            # Three or more may be a fence to another reader.
            self._put("\\`" * length if length > 2 else text[at:end])
            return end
        code = text[end:close]
        if length < 3 and not IN_CODE.search(code):
            self._put(text[at : close + length])
        else:
            if code.startswith(" ") and code.endswith(" ") and code.strip(" "):
                code = code[1:-1]
            self._put(f"<code>{entities(code)}</code>")
        return close + length

    def _tildes(self, at: int, end: int) -> int:
        self._put("\\~" * (end - at))
        return end

    def _address(self, at: int, end: int) -> int:
        self._put(self._text[at:end].replace("$", "%24"))
        return end


class _Ticks:
    """Finds the next run of a given number of backticks; positions must ascend."""

    def __init__(self, text: str) -> None:
        self._runs: dict[int, list[int]] = {}
        for run in re.finditer("`+", text):
            self._runs.setdefault(len(run[0]), []).append(run.start())
        for runs in self._runs.values():
            runs.reverse()

    def next(self, length: int, at: int) -> int | None:
        runs = self._runs.get(length, [])
        while runs and runs[-1] < at:
            runs.pop()
        return runs[-1] if runs else None
