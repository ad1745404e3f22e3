"""Reads the log probabilities of tokens, in the shapes in which servers send them. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Final

from ...answer.parts.tokens import Alternative, row
from ..base import field_of, parts_of, showable

__all__ = ["rows_of"]

_LENGTH: Final = 200  # characters of a token: longer ones are cut
_ALTERNATIVES: Final = 20  # as many as OpenAI's API gives at most
_AT_ONCE: Final = 100_000  # tokens of one chunk, which may be a whole answer


def rows_of(logprobs: object) -> str:
    """Return the rows (see `Tokens`) for what a chunk says of its tokens; empty if it says nothing.

    `logprobs` is a list of tokens (Responses), an object with such a list in `content` or `refusal` (Chat
    Completions), or one with the lists `tokens`, `token_logprobs` and `top_logprobs` (the older Completions API).
    """
    if isinstance(logprobs, (list, tuple)):
        entries = list(logprobs)
    else:
        entries = [*parts_of(logprobs, "content"), *parts_of(logprobs, "refusal")] or list(_of_lists(logprobs))
    return "".join(_row(entry) for entry in entries[:_AT_ONCE])


def _of_lists(logprobs: object) -> Iterator[dict[str, Any]]:
    tops = parts_of(logprobs, "top_logprobs")
    for at, (token, value) in enumerate(
        zip(parts_of(logprobs, "tokens"), parts_of(logprobs, "token_logprobs"), strict=False)
    ):
        top = tops[at] if at < len(tops) and isinstance(tops[at], dict) else {}
        yield {
            "token": token,
            "logprob": value,
            "top_logprobs": [{"token": other, "logprob": chance} for other, chance in top.items()],
        }


def _row(entry: object) -> str:
    known = _token(entry)
    if known is None:
        return ""
    tops = (_token(one) for one in parts_of(entry, "top_logprobs")[:_ALTERNATIVES])
    return row(*known, [one for one in tops if one is not None], _bytes_of(entry))


def _token(entry: object) -> Alternative | None:
    token, logprob = field_of(entry, "token"), field_of(entry, "logprob")
    if not isinstance(token, str) or not isinstance(logprob, (int, float)) or isinstance(logprob, bool):
        return None
    try:
        value = float(logprob)
    except OverflowError:
        return None
    return None if math.isnan(value) else (showable(token[:_LENGTH]), min(value, 0.0))


def _bytes_of(entry: object) -> bytes | None:
    given = field_of(entry, "bytes")
    if not isinstance(given, (list, tuple)) or len(given) > 4 * _LENGTH:
        return None
    if not all(isinstance(one, int) and not isinstance(one, bool) and 0 <= one < 256 for one in given):
        return None
    return bytes(given)
