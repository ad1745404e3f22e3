"""Turns the images in a response into events: each image is checked, limited in size, and a part of its own. Pure.

Only the data of an image is used. An address of another server is passed on as text, and nothing loads it.
"""

from __future__ import annotations

import base64
import binascii
import io
import re
from typing import Any, Final

from .. import _words as words
from ..answer.events import Event, PartChanged, PartEnded
from ..request.attachments import media_of, megabytes
from .base import field_of, showable

__all__ = ["ALL_LIMIT", "IMAGE_LIMIT", "MOST", "Images"]

IMAGE_LIMIT: Final = 10_000_000
"""The most bytes of one image. The largest image from OpenAI, a PNG of 4096 × 4096 pixels, has about as many."""

ALL_LIMIT: Final = 30_000_000
"""The most bytes of all images in one response, because the notebook saves them and the browser tab holds them."""

MOST: Final = 50
"""The most images in one response."""

_PIXELS: Final = 100_000_000  # a browser needs four bytes per pixel
_ALT: Final = 1000  # characters of an image's description
_ADDRESS: Final = 2000  # characters of an address: not all browsers and servers support longer ones

_DATA: Final = re.compile(r"data:[^,]{0,200},", re.IGNORECASE)
_URL_SAFE: Final = str.maketrans("-_", "+/")


class Images:
    """Turns the images in one response into events for their parts, in any form in which servers send them."""

    def __init__(self) -> None:
        self._sizes: dict[str, int] = {}
        self._closed: set[str] = set()
        self._given: set[int] = set()
        self.full = False
        """Whether an image was left out because there are too many."""

    def begin(self, id_: str) -> list[Event]:
        """Begin an image that is being made. `id_` identifies it in this response."""
        if id_ in self._sizes or not self._enter(id_):
            return []
        return [PartChanged("image", {"state": "creating"}, id_)]

    def preview(self, id_: str, data: object) -> list[Event]:
        """Process a preview in base64. An invalid one is ignored, because the next one may be valid."""
        if id_ in self._closed or not self._enter(id_):
            return []
        fields = self._checked(id_, data)
        return [] if "error" in fields else [PartChanged("image", {**fields, "state": "preview"}, id_)]

    def end(self, id_: str, data: object, alt: object = None, *, failed: bool = False, item: str = "") -> list[Event]:
        """Process a complete image: base64, a `data:` address, or another address; `item` as in the part."""
        if id_ in self._closed or not self._enter(id_):
            return []
        self._closed.add(id_)
        fields = self._checked(id_, data)
        if failed and "error" in fields:
            fields = {"error": words.IMAGE_FAILED}
        state = "failed" if "error" in fields else "done"
        shows = {"alt": _line(alt, _ALT)} if isinstance(alt, str) else {}
        return [PartChanged("image", {**fields, **shows, "state": state, "item": item}, id_), PartEnded(id_)]

    def given(self, one: object) -> list[Event]:
        """Process an image that comes in one piece, in any provider's form. Each image is shown once."""
        data, alt = _source_of(one), field_of(one, "revised_prompt") or field_of(one, "alt")
        known = hash(data)
        if known in self._given:
            return []
        self._given.add(known)
        return self.end(f"image-{len(self._given)}", data, alt)

    def _enter(self, id_: str) -> bool:
        if id_ not in self._sizes and len(self._sizes) >= MOST:
            self.full = True
            return False
        self._sizes.setdefault(id_, 0)
        return True

    def _checked(self, id_: str, given: object) -> dict[str, Any]:
        """Return the fields of an image's part; with `error` if it cannot be shown."""
        if not isinstance(given, str) or not given.strip():
            return {"error": words.NO_IMAGE_DATA}
        if given[:8].lower().startswith(("http://", "https://")):
            return {"url": _line(given, _ADDRESS)}
        if len(given) > 2 * IMAGE_LIMIT:
            return {"error": words.image_too_large(megabytes(len(given) * 3 // 4), megabytes(IMAGE_LIMIT))}
        content = _content_of(given)
        mime = media_of(content)
        if not mime.startswith("image/"):
            return {"error": words.NOT_AN_IMAGE}
        if len(content) > IMAGE_LIMIT:
            return {"error": words.image_too_large(megabytes(len(content)), megabytes(IMAGE_LIMIT))}
        # The size of a preview does not count, because this image replaces it.
        if sum(self._sizes.values()) - self._sizes[id_] + len(content) > ALL_LIMIT:
            return {"error": words.ALL_IMAGES_TOO_LARGE}
        width, height = _pixels_of(content)
        if width < 1 or height < 1:
            return {"error": words.NOT_AN_IMAGE}
        if width * height > _PIXELS:
            return {"error": words.image_too_wide(width, height)}
        self._sizes[id_] = len(content)
        return {"data": base64.b64encode(content).decode("ascii"), "mime": mime, "width": width, "height": height}


_SOURCES: Final = ("image_url", "url", "b64_json", "data", "result", "source", "inline_data")


def _source_of(one: object, depth: int = 0) -> str | None:
    """Return the image in a provider's object: its data or its address."""
    if isinstance(one, str):
        return one
    found = next((value for name in _SOURCES if (value := field_of(one, name)) is not None), None)
    return None if found is None or depth > 1 else _source_of(found, depth + 1)


def _content_of(given: str) -> bytes:
    """Return the bytes of a `data:` address or of base64, even with line breaks; empty for anything else."""
    head = _DATA.match(given)
    data = "".join(given[head.end() :].split()) if head else "".join(given.split())
    try:
        return base64.b64decode(
            data.translate(_URL_SAFE).rstrip("=") + "=" * (-len(data.rstrip("=")) % 4), validate=True
        )
    except (binascii.Error, ValueError):
        return b""


def _pixels_of(content: bytes) -> tuple[int, int]:
    import imagesize  # imported only when needed: it loads modules for downloading images

    try:
        width, height = imagesize.get(io.BytesIO(content))
    except Exception:  # noqa: BLE001  # malformed data can make it raise anything
        return 0, 0
    return int(width), int(height)


def _line(text: str, most: int) -> str:
    return showable(" ".join(text[: 2 * most].split())[:most])
