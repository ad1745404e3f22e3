"""An answer with an image, in the form of each API. The image is drawn here, without a file or the network. Pure."""

from __future__ import annotations

import base64
import math
import struct
import zlib
from functools import cache
from typing import TYPE_CHECKING, Any

from . import _tokens
from ._steps import Piece, Said, Token

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ._request import Asked

WIDTH, HEIGHT = 480, 320

_BEFORE = "Here is the river at **dusk**:\n\n"
_AFTER = "\n\nThe light lies low over the hills, and the water carries it on."
_PROMPT = "A river between hills at dusk, in flat colours; the sun stands low and is reflected in the water."
_BLOCKS = (32, 12, 4)  # pixels of a preview's coarse squares
_SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def responses(*, previews: int, fail: bool, cut: bool, hostile: bool) -> Iterator[Token]:
    """The answer as events of the Responses API."""
    yield from map(Piece, _tokens.pieces(_BEFORE))
    if hostile:
        for result in _hostile():
            item = {"type": "image_generation_call", "status": "completed", "result": result, "revised_prompt": "](x"}
            yield Said({"type": "response.output_item.added", "item": {**item, "result": None}})
            yield Said({"type": "response.output_item.done", "item": item})
    else:
        begun: dict[str, Any] = {"type": "image_generation_call", "status": "in_progress", "result": None}
        yield Said({"type": "response.output_item.added", "item": begun})
        yield Said({"type": "response.image_generation_call.generating"})
        for number in range(previews):
            data = {"partial_image_b64": base64_of(_BLOCKS[number]), "partial_image_index": number}
            yield Said({"type": "response.image_generation_call.partial_image", **data, "output_format": "png"})
        if not cut:
            done = {"status": "completed", "result": base64_of(1), "revised_prompt": _PROMPT, "output_format": "png"}
            failed = {"status": "failed", "result": None}
            yield Said({"type": "response.output_item.done", "item": {**begun, **(failed if fail else done)}})
    yield from map(Piece, _tokens.pieces(_AFTER))


def chat(*, previews: int, fail: bool, cut: bool, hostile: bool) -> Iterator[Token]:
    """The answer as deltas of Chat Completions in OpenRouter's form, which has neither previews nor failures."""
    del previews
    yield from map(Piece, _tokens.pieces(_BEFORE))
    addresses = [f"data:image/png;base64,{base64_of(1)}"]
    if hostile:
        addresses = [one if ":" in one else f"data:image/png;base64,{one}" for one in _hostile()]
    if fail:
        addresses = ["data:image/png;base64,"]
    for address in [] if cut else addresses:
        yield Said({"images": [{"type": "image_url", "image_url": {"url": address}}]})
    yield from map(Piece, _tokens.pieces(_AFTER))


def alone(asked: Asked) -> Iterator[Token]:
    """The image, without text and previews."""
    said = chat if asked.api == "chat" else responses
    tokens = said(previews=0, fail=False, cut=False, hostile=False)
    yield from (token for token in tokens if isinstance(token, Said))


def _hostile() -> list[str]:
    """Data that are sent as an image but are not one, or addresses of other servers."""
    return [
        base64.b64encode(_SVG).decode("ascii"),
        f"data:image/svg+xml;base64,{base64.b64encode(_SVG).decode('ascii')}",
        base64.b64encode(_head(60_000, 60_000) + _chunk(b"IEND", b"")).decode("ascii"),
        "https://example.org/image.png?who=you",
        "javascript:alert(1)",
        '"><img src=x onerror=alert(1)>',
    ]


@cache
def base64_of(block: int) -> str:
    """The picture in base64, with squares of `block` pixels."""
    return base64.b64encode(png(block)).decode("ascii")


def png(block: int) -> bytes:
    """The picture as PNG, see PNG (Third Edition), sections 5.3 and 11.2: unfiltered rows of RGB."""
    rows = [b"\0" + b"".join(bytes(_colour(x - x % block, y - y % block)) for x in range(WIDTH)) for y in range(HEIGHT)]
    return _head(WIDTH, HEIGHT) + _chunk(b"IDAT", zlib.compress(b"".join(rows), 9)) + _chunk(b"IEND", b"")


def _head(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _colour(x: int, y: int) -> tuple[int, int, int]:
    """The colour at a point: sky, sun, three rows of hills, and water that mirrors the sky."""
    shore = int(HEIGHT * 0.72)
    if y >= shore:
        glitter = abs(x - WIDTH * 0.62) < 14 + (y - shore) * 0.5 and (y // 5) % 2 == 0
        return (246, 190, 120) if glitter else _between((96, 88, 140), (38, 40, 82), (y - shore) / (HEIGHT - shore))
    for number, colour in ((2, (44, 40, 78)), (1, (78, 62, 108)), (0, (126, 88, 130))):
        ridge = (
            shore - 26 - 26 * (2 - number) - 16 * math.sin(x / (70 - 14 * number) + number * 2.1) - 5 * math.sin(x / 23)
        )
        if y > ridge:
            return colour
    if math.hypot(x - WIDTH * 0.62, y - HEIGHT * 0.42) < 34:
        return (255, 224, 150)
    return _between((64, 62, 124), (248, 164, 116), y / shore)


def _between(one: tuple[int, int, int], other: tuple[int, int, int], share: float) -> tuple[int, int, int]:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue
