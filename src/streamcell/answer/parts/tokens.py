"""The tokens of an answer's text with their probabilities, beside the text."""

from __future__ import annotations

import codecs
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from .base import Part, text_of

__all__ = ["Alternative", "Tokens", "row", "stamped", "tokens_of"]

Alternative = tuple[str, float]
"""A token that the model could have chosen, and its log probability."""

_LEAST: Final = -9999.0
"""The log probability that OpenAI's API gives for a token that is not among the most likely ones."""


@dataclass(frozen=True, kw_only=True)
class Tokens(Part):
    """The tokens of the answer's text, as the provider reports them, with their log probabilities.

    Attributes:
        rows: lines of JSON in the order in which they came. A list is a token: its text, its log probability, and if
            there are any, its alternatives (each a text and a log probability) and its bytes in hexadecimal, if they
            are not the text's. A list of numbers is about the tokens after it: when they came, in seconds after the
            attempt began, and how many characters the text then had.
    """

    kind = "tokens"
    grows = "rows"
    is_output = False
    judged_as = ""  # they are the text's, and released behind it
    beside = True

    rows: str = ""

    @property
    def lasting(self) -> str:
        """The tokens without their times."""
        return "".join(f"{line}\n" for line in self.rows.split("\n") if line.startswith('["'))


def row(token: str, logprob: float, alternatives: Sequence[Alternative] = (), data: bytes | None = None) -> str:
    """Return the line of a token. `data` are its bytes, if they are not those of its text: half of a character."""
    own = "" if data is None or data == token.encode() else data.hex()
    others = [[text, _short(value)] for text, value in alternatives]
    rest: list[Any] = [others, own] if own else [others] if others else []
    return json.dumps([token, _short(logprob), *rest], ensure_ascii=False, separators=(",", ":")) + "\n"


def stamped(rows: str, seconds: float, at: int) -> str:
    """Return rows with the time when they came, and with the number of characters that the text then had."""
    return f"[{seconds:.3f},{at}]\n{rows}"


def _short(logprob: float) -> float:
    return round(max(logprob, _LEAST), 5)


def tokens_of(parts: Iterable[Part]) -> list[dict[str, Any]]:
    """Return the tokens as rows, see `Answer.tokens`."""
    parts = tuple(parts)
    text, at = text_of(parts), 0
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    found = []
    for (time, end), lines in _chunks(parts):
        pieces = [decoder.decode(_data(line)) for line in lines]
        said = "".join(pieces)
        at = _placed(text, said, at, end)
        for line, piece in zip(lines, pieces, strict=True):
            token, logprob, alternatives, _ = line
            there = at >= 0 and text.startswith(piece, at)
            found.append(
                {
                    "token": token,
                    "logprob": logprob,
                    "probability": math.exp(logprob),
                    "alternatives": [(other, value) for other, value in alternatives],
                    "entropy": entropy(logprob, alternatives, token),
                    "start": at if there else None,
                    "end": at + len(piece) if there else None,
                    "time": time,
                }
            )
            at += len(piece) if there else 0
    return found


def _placed(text: str, said: str, at: int, end: int | None) -> int:
    """Return where the tokens of a chunk are in the text: where it ended then, behind the ones before, or near by."""
    if end is None:
        return at
    known = end - len(said)
    if text.startswith(said, max(known, 0)) and known >= 0:
        return known
    if text.startswith(said, at):
        return at
    return text.find(said, max(0, known - _NEAR), end + _NEAR)


_NEAR: Final = 200  # characters: a server may send probabilities before or after their text

_Line = tuple[str, float, list[list[Any]], str]
_Stamp = tuple["float | None", "int | None"]


def _data(line: _Line) -> bytes:
    return bytes.fromhex(line[3]) if line[3] else line[0].encode()


def _chunks(parts: Iterable[Part]) -> Iterator[tuple[_Stamp, list[_Line]]]:
    """Yield the tokens of each chunk with its stamp; tokens without a stamp come first."""
    stamp: _Stamp = (None, None)
    lines: list[_Line] = []
    for one in _lines(parts):
        if isinstance(one[0], str):
            token, logprob, *rest = one
            lines.append((token, logprob, *(*rest, *([], "")[len(rest) :])))
        else:
            if lines:
                yield stamp, lines
            stamp, lines = (one[0], one[1]), []
    if lines:
        yield stamp, lines


def _lines(parts: Iterable[Part]) -> Iterator[list[Any]]:
    # Not `splitlines`: a token may have other line breaks in it, such as U+2028.
    texts = (part.rows for part in parts if isinstance(part, Tokens))
    return (json.loads(line) for rows in texts for line in rows.split("\n") if line)


def entropy(logprob: float, alternatives: Sequence[Sequence[Any]], token: str) -> float | None:
    """Return the entropy of a place in bits, at least: what is not among the alternatives counts as one more.

    None without alternatives: the probability of one token says nothing about the others.
    """
    if not alternatives:
        return None
    chances = [math.exp(value) for _, value in alternatives]
    if all(other != token for other, _ in alternatives):
        chances.append(math.exp(logprob))
    rest = 1 - sum(chances)
    chances = [chance for chance in (*chances, rest) if chance > 0]
    return max(0.0, -sum(chance * math.log2(chance) for chance in chances))
