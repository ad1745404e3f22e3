"""Finds formulas in a model's prose, and writes them in the form that all notebook readers support.

The rules for what is a formula are the same as in `js/src/markdown/math.ts`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

__all__ = ["Ahead", "Formulas"]

LONGEST: Final = 2000
"""The longest formula in a line of text, in characters; if it is longer, the dollar sign is text."""

LONGEST_PROSE: Final = 100
"""Characters that are searched for signs of prose, and for the prefix of a line."""

L: Final = "A-Za-z\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u1fff\\u2c00-\\u2dff\\u3040-\\ud7ff\\uf900-\\ufdff"

W: Final = (
    "A-Za-z\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u10ff\\u1200-\\u1fff\\u2c00-\\u2dff"
    "\\ua000-\\ua95f\\ua980-\\uabff\\ufb00-\\ufdff"
)
"""Letters of scripts that separate words with spaces."""

AMOUNT: Final = r"[0-9][0-9.,]*(?:[-\u2013][0-9][0-9.,]*)?(?:[KMBTkmbt]|bn|mn)?\+?"
PRICE: Final = re.compile(
    rf"{AMOUNT}(?:\*\*|\*[^{L}0-9\\({{*$]|/[{L}]{{2,}}|[,;:.)]+[ \t\n]+[*(\[]|[ \t\n]+(?:\*\*|\([+-]?\$)"
    rf"|[,;:.)]*[ \t\n]+(?:an?[ \t\n]+)?[{L}]{{2,}}[^{L}$\\^_={{}}])"
)
WORDS: Final = re.compile(rf"[^$\\^_={{}}+<>|]*?(?:[{L}]{{2,}}[^{L}$\\^_={{}}+<>|]+){{3}}")
BARE_WORDS: Final = re.compile(rf"(?:[{L}]{{2,}}|[0-9]+)(?:[ \t\n,.;:-]+(?:[{L}]{{2,}}|[0-9]+))*[.?!]?")
WORD: Final = re.compile(rf"[{L}]{{2,}}")
WORDLY: Final = re.compile(rf"[{W}0-9]")
SIGN: Final = re.compile(rf"[{L}]|[^ \t\n$]*[\\^_=][^ \t\n$]*")
DOLLARS: Final = re.compile(r"(?:[^\\`$]|\\[^`]){1,2000}")
OPERATOR: Final = re.compile(r"[\\^_{}=+<>|]")
NEXT_LINE: Final = re.compile(rf"[ \t]*[{L}\\({{]")
"""How a further line of a formula begins: with nothing that begins a Markdown block."""
DIGIT: Final = re.compile(r"[0-9]")

UNSAFE: Final = (
    r"`|~~~|\\(?:href|url|html|data|class|cssId|id|style|require|include|input|unicode)"
    r"|\n[ \t]*[\x0b-\x1f\x85\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]"
)
"""Not allowed in formulas: what hides a mark from JupyterLab, commands that load, link or style, and a line that some
readers treat as blank."""

PREFIX: Final = re.compile(r"(?:[ \t]*(?:>|[-+*]|[0-9]{1,9}[.)]))*[ \t]*")
BEGUN: Final = re.compile(r"[\\^_{}=+<>&]")
BLANKS: Final = re.compile(r"\n(?:[ \t>]*\n)+")
BREAK: Final = re.compile(r"\n[ \t>]*")
END: Final = re.compile(r"\\end\{([a-z]*\*?)\}")
PART: Final = re.compile(
    r"<|\"|!\[|\][(:]|\\\\\[[ ]*-?[0-9.]{1,9}[ ]*[a-z]{2}[ ]*\]|\\\\(?=[\[(])|\\begin\{([a-z]*\*?)\}"
)
BRACE: Final = re.compile(r"\\[{}$]|[{}]")
DOLLAR: Final = re.compile(r"\\[\s\S]|\$")


class Ahead:
    """Finds the next match of a pattern. Positions must ascend, so that all searches together take one pass."""

    def __init__(self, pattern: str, text: str) -> None:
        self._pattern = re.compile(pattern)
        self._text = text
        self._next = -1

    def next(self, at: int) -> int:
        """Return the start of the first match at or after `at`, or the text's length if there is none."""
        if self._next < at:
            found = self._pattern.search(self._text, at)
            self._next = len(self._text) if found is None else found.start()
        return self._next


@dataclass(frozen=True)
class Formula:
    """A formula as Markdown, and its end in the prose."""

    markdown: str
    end: int


class Formulas:
    """The formulas in a piece of prose; positions must ascend."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._closes = {
            "\\(": Ahead(r"\\\)", text),
            "\\[": Ahead(r"\\\]", text),
            "$$": Ahead(r"\$\$", text),
        }
        self._alnum = Ahead(rf"[{L}0-9]", text)
        self._blank = Ahead(r"\n[ \t>]*\n", text)
        self._unsafe = Ahead(UNSAFE, text)

    def at(self, at: int) -> Formula | None:
        """Return the formula that begins at `at` with a dollar sign or a backslash, or None."""
        opening = self._text[at : at + 2]
        return self._marked(at, opening) if opening in self._closes else self._dollars(at)

    def _marked(self, at: int, opening: str) -> Formula | None:
        text, start = self._text, at + 2
        close = self._closes[opening].next(start)
        if close == len(text) or self._alnum.next(start) >= close or self._unsafe.next(start) < close:
            return None
        is_line = close - start <= LONGEST and self._blank.next(start) >= close
        if not is_line and (opening == "\\(" or not self._begins_block(at)):
            return None
        inner = text[start:close]
        if is_line and not _is_formula(opening, inner.strip(" \t\n")):
            return None
        return Formula(_display(inner) if opening != "\\(" else _inline(inner), close + 2)

    def _begins_block(self, at: int) -> bool:
        text = self._text
        before = text[max(0, at - LONGEST_PROSE) : at]
        line = before[before.rfind("\n") + 1 :]
        if (line == before and len(before) == LONGEST_PROSE) or not PREFIX.fullmatch(line):
            return False
        end = text.find("\n", at)
        first = text[at + 2 : len(text) if end < 0 else end]
        return not first.strip(" \t") or (BEGUN.search(first) is not None and "](" not in first)

    def _dollars(self, at: int) -> Formula | None:
        text = self._text
        before = text[max(0, at - 1) : at]
        behind_word = WORDLY.match(before) is not None
        if (
            before == "$"
            or (behind_word and not DIGIT.match(before))
            or text[at + 1 : at + 2] in ("", " ", "\t", "\n", "`")
        ):
            return None
        begun = text[at + 1 : at + 1 + LONGEST_PROSE]
        if PRICE.match(begun) or WORDS.match(begun):
            return None
        found = DOLLARS.match(text, at + 1)
        if found is None or text[found.end() : found.end() + 1] != "$" or found[0][-1] in " \t\n":
            return None
        inner, end = found[0], found.end() + 1
        after = text[end : end + 1]
        if self._unsafe.next(at + 1) < end or not _is_one(inner):
            return None
        # Two shell variables, or part of a word.
        if after in ("(", "{") and inner[0] in "({":
            return None
        if (behind_word or WORDLY.match(after)) and (DIGIT.match(after) or not SIGN.fullmatch(inner)):
            return None
        return Formula(_inline(inner), end)


def _is_one(inner: str) -> bool:
    """Return whether these lines are one formula: the first has an operator, and no other line begins a block."""
    first, *lines = inner.split("\n")
    return not lines or (OPERATOR.search(first) is not None and all(map(NEXT_LINE.match, lines)))


def _is_formula(opening: str, inner: str) -> bool:
    if not BARE_WORDS.fullmatch(inner):
        return True
    if opening != "\\(":
        return opening != "\\["
    words = list(WORD.finditer(inner))
    return len(words) < 2 or not re.search(r"[ \t\n]", inner[words[0].end() : words[-1].start()])


def _inline(inner: str) -> str:
    body = _escape_dollars(_defused(BREAK.sub(" ", inner.strip(" \t\n"))))
    return f"${_closable(body)}$"


def _display(inner: str) -> str:
    lines = BLANKS.sub("\n", inner)
    # The markers of a block quote would be read as part of the formula.
    if "\n" in lines and all(line.lstrip(" \t").startswith(">") for line in lines.split("\n")[1:]):
        lines = BREAK.sub(" ", lines).strip(" ")
    body = _defused(lines)
    if "$$" in body or body.startswith("$") or body.endswith("$"):
        body = _escape_dollars(body)
    return f"$${_closable(body)}$$"


def _closable(body: str) -> str:
    return body + " " if body.endswith(("\\", "$")) else body


def _escape_dollars(body: str) -> str:
    return DOLLAR.sub(lambda found: "\\$" if found[0] == "$" else found[0], body)


def _defused(body: str) -> str:
    """Return `body` without HTML, links and math marks that a reader without formulas would act on."""
    ends = {found[1]: found.start() for found in END.finditer(body)}

    def defuse(found: re.Match[str]) -> str:
        part = found[0]
        if part == "<":
            return "\\lt "
        if part == '"':
            # JupyterLab inserts a formula unchanged, even into an attribute.
            return "''"
        if part.startswith("\\begin"):
            return part if ends.get(found[1], -1) > found.start() else part.replace("{", " {", 1)
        if part.startswith("\\\\"):
            return "\\\\ "
        return f"{part[0]} {part[1]}"

    return _balanced(PART.sub(defuse, body))


def _balanced(body: str) -> str:
    """Return `body` with unmatched braces escaped: JupyterLab looks for a formula's end after its closing braces."""
    opened: list[int] = []
    odd: list[int] = []
    for brace in BRACE.finditer(body):
        if brace[0] == "{":
            opened.append(brace.start())
        elif brace[0] == "}":
            if opened:
                opened.pop()
            else:
                odd.append(brace.start())
    pieces, at = [], 0
    for place in sorted(odd + opened):
        pieces.append(body[at:place] + "\\")
        at = place
    return "".join([*pieces, body[at:]])
