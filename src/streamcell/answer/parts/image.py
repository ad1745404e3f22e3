"""An image in the answer, with its data."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, Literal

from ... import _words as words
from .base import DATA, Part, literal, target

__all__ = ["Image", "ImageState"]

ImageState = Literal["creating", "preview", "done", "failed"]

_MARKS: Final = re.compile(r"[&<>\\`*_\[\]!$~|()\"'#^{}]")


@dataclass(frozen=True, kw_only=True)
class Image(Part):
    """An image that the model made. Its bytes are in `content`.

    Attributes:
        data: the image or its latest preview in base64; empty until there is one.
        mime: its media type: image/png, image/jpeg, image/gif or image/webp.
        width: its width in pixels.
        height: its height in pixels.
        alt: the provider's description of what it shows.
        state: "creating" before there is any data, "preview" while `data` is a preview, then "done" or "failed".
        url: the address of an image that came without data. It is shown as a link and never loaded.
        error: why there is no image; empty if there is one.
        item: the provider's id for it, with which a later request can refer to it.
    """

    kind = "image"
    judged_as = ""

    data: str = field(default="", repr=False)
    mime: str = ""
    width: int = 0
    height: int = 0
    alt: str = ""
    state: ImageState = "creating"
    url: str = ""
    error: str = ""
    item: str = ""

    @property
    def content(self) -> bytes:
        """The image's bytes; empty if there is no data."""
        return base64.b64decode(self.data)

    @property
    def weight(self) -> int:
        """The number of characters of its data."""
        return len(self.data)

    @cached_property
    def address(self) -> str:
        """The image as a `data:` address; empty if there is no valid data."""
        found = f"data:{self.mime};base64,{self.data}"
        return found if DATA.fullmatch(found) else ""

    def picture(self) -> str:
        """Return the image with its alternative text, and below it why it is incomplete; empty if there is no data."""
        if not self.address:
            return ""
        flaw = "" if self.state == "done" else self.error or f"{words.IMAGE} ({words.NOT_FINISHED})"
        return f"![{_escaped(self.alt or words.IMAGE)}]({self.address})" + (f"\n\n*{_escaped(flaw)}*" if flaw else "")

    def markdown(self) -> str:
        """Return the text that replaces an image without data: its address, or why there is none."""
        if self.url:
            return ": ".join(one for one in (words.IMAGE, literal(self.alt), target(self.url)) if one)
        return f"{words.IMAGE}: {literal(self.error)}" if self.error else f"{words.IMAGE} ({words.NOT_FINISHED})"

    def plain(self) -> str:
        """Return a line with what the image shows, and its size, its address, or why there is none."""
        if self.error or self.url or not self.data:
            return ": ".join(
                one for one in (words.IMAGE, self.alt, self.error or self.url or words.NOT_FINISHED) if one
            )
        size = words.image_size(self.width, self.height, self.mime)
        return f"{words.IMAGE}: {self.alt} ({size})" if self.alt else f"{words.IMAGE} ({size})"

    def message(self) -> Mapping[str, Any] | None:
        """Return the image as an item of the Responses API, so that a later request can ask to change it."""
        if not self.item or self.state != "done" or not self.data:
            return None
        return {"type": "image_generation_call", "id": self.item, "status": "completed", "result": self.data}


def _escaped(text: str) -> str:
    """Return text in one line, in which no reader finds Markdown or HTML."""
    return _MARKS.sub(lambda found: f"&#{ord(found[0])};", " ".join(text.split()))
