"""Probabilities for the tokens of a rehearsed answer: made up, but the same for the same token and place. Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Iterator

_OTHERS = (" the", " a", ",", " and", " of", ".", " in", " it", "\n", " is", " to", "<|endoftext|>")
_HALVES = 4  # bytes of a character that a model writes with two tokens


def weighed(text: str, number: int, top: int) -> list[dict[str, Any]]:
    """The tokens of one piece of an answer, the `number`-th, with `top` alternatives each.

    A character of four bytes is two tokens, as real vocabularies have it.
    """
    return [_entry(data, number + at, top) for at, data in enumerate(_split(text))]


def _split(text: str) -> Iterator[bytes]:
    data = text.encode("utf-8", "replace")
    long = next((one for one in text if len(one.encode("utf-8", "replace")) == _HALVES), None)
    if long is None:
        yield data
    else:
        half = data.index(long.encode()) + _HALVES // 2
        yield data[:half]
        yield data[half:]


def _entry(data: bytes, number: int, top: int) -> dict[str, Any]:
    chance = 1 - ((crc32(data + bytes([number % 251])) % 10_000) / 10_000) ** 3 * 0.98
    token, rest = _name(data), 1 - chance
    chances = {token: chance}
    for other in _OTHERS[number % 5 :]:
        if other != token:
            rest /= 2
            chances[other] = rest
    likely = sorted(chances.items(), key=lambda one: -one[1])[:top]
    return {
        "token": token,
        "logprob": math.log(chance),
        "bytes": list(data),
        "top_logprobs": [
            {"token": other, "logprob": math.log(value), "bytes": list(other.encode())} for other, value in likely
        ],
    }


def _name(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return "bytes:" + "".join(f"\\x{one:02x}" for one in data)
