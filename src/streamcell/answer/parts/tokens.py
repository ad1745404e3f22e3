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
            are not the text's. A number is the time of the tokens after it, in seconds after the attempt began.
    """

    kind = "tokens"
    grows = "rows"
    is_output = False
    judged_as = ""  # they are the text's, and released behind it
    beside = True

    rows: str = ""


def row(token: str, logprob: float, alternatives: Sequence[Alternative] = (), data: bytes | None = None) -> str:
    """Return the line of a token. `data` are its bytes, if they are not those of its text: half of a character."""
    own = "" if data is None or data == token.encode() else data.hex()
    rest: list[Any] = [[[text, _short(value)] for text, value in alternatives], own] if own else []
    if alternatives and not own:
        rest = [[[text, _short(value)] for text, value in alternatives]]
    return json.dumps([token, _short(logprob), *rest], ensure_ascii=False, separators=(",", ":")) + "\n"


def stamped(rows: str, seconds: float) -> str:
    """Return rows with their time."""
    return f"{seconds:.3f}\n{rows}"


def _short(logprob: float) -> float:
    return round(max(logprob, _LEAST), 5)


def tokens_of(parts: Iterable[Part]) -> list[dict[str, Any]]:
    """Return the tokens as rows, see `Answer.tokens`."""
    parts = tuple(parts)
    text, at, time = text_of(parts), 0, None
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    found = []
    for line in _lines(parts):
        if not isinstance(line, list):
            time = line
            continue
        token, logprob, alternatives, own = (*line, [], "")[:4] if len(line) < 4 else line
        piece = decoder.decode(bytes.fromhex(own) if own else token.encode())
        # A text that was corrected or shortened later has no place for a token that is no longer in it.
        there = text.startswith(piece, at)
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


def _lines(parts: Iterable[Part]) -> Iterator[Any]:
    for part in parts:
        if isinstance(part, Tokens):
            for line in part.rows.splitlines():
                yield json.loads(line)


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
