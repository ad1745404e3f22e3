"""The attachments of a message: images, sound and files, described by name and size. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ._quoting import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["Attached", "attached_of", "listed"]

_LISTED = 8  # attachments that are listed

_DATA = re.compile(r"data:[a-z]{1,20}/(?:x-)?([A-Za-z0-9]{1,10})[A-Za-z0-9.+;=-]{0,100},")

# A text file, in the form in which streamcell sends it.
_TEXT_FILE = re.compile(r"(?:([^\n]{1,300}):\n\n)?(`{3,})\w*\n(.*\n)\2", re.DOTALL)


@dataclass(frozen=True)
class Attached:
    """One attachment. `size` is in bytes, if its data were sent; `text` is the part of the message with it."""

    what: str
    name: str = ""
    kind: str = ""
    size: int | None = None
    text: str = ""

    def __str__(self) -> str:
        """Return its description as Markdown."""
        named = f"{self.what} “{quoted(self.name)}”" if self.name else self.what
        told = [self.kind.upper()] if self.kind else []
        told += [] if self.size is None else [_size(self.size)]
        return f"{named} ({', '.join(told)})" if told else named


def attached_of(part: Mapping[str, object]) -> Attached | None:
    """The attachment in a part of a message, in either API's form, or None. A text file is recognised by its form."""
    kind = part.get("type")
    if kind in {"text", "input_text"}:
        text = part.get("text")
        found = _TEXT_FILE.fullmatch(text) if isinstance(text, str) else None
        if found is None:
            return None
        size = len(found[3].encode("utf-8", "replace"))
        return Attached("the text file" if found[1] else "a text file", found[1] or "", size=size, text=found[0])
    inner = part.get("file") if kind == "file" else part.get("image_url") if kind == "image_url" else part
    fields = inner if isinstance(inner, dict) else {}
    if kind in {"image_url", "input_image"}:
        address = inner if isinstance(inner, str) else fields.get("url", fields.get("image_url"))
        return _described("an image", "", address) if isinstance(address, str) else None
    if kind in {"file", "input_file"}:
        name = fields.get("filename")
        named = name if isinstance(name, str) else ""
        return _described("the file" if named else "a file", named, fields.get("file_data"))
    if kind == "input_audio":
        sound = part.get("input_audio")
        sound = sound if isinstance(sound, dict) else {}
        form = sound.get("format")
        return _described("sound", "", sound.get("data"), form if form in {"wav", "mp3"} else "")
    return None


def _described(what: str, name: str, data: object, kind: str = "") -> Attached:
    """An attachment, with the type and size from its data: base64, alone or in a `data:` address."""
    if not isinstance(data, str) or data.startswith(("http:", "https:")):
        return Attached(what, name, kind)
    head = _DATA.match(data)
    size = (len(data) - (head.end() if head else 0)) * 3 // 4 - data[-2:].count("=")
    # The media types of office documents are hard to read, but the file's name shows its type.
    return Attached(what, name, kind or (head[1] if head and head[1] != "vnd" else ""), max(0, size))


def _size(size: int) -> str:
    return f"{size} bytes" if size < 1_000 else f"{size / 1e3:.3g} kB" if size < 1e6 else f"{size / 1e6:.3g} MB"


def listed(attached: Sequence[Attached]) -> str:
    """All attachments as a list in prose."""
    return joined([str(one) for one in attached[:_LISTED]] + _more(len(attached) - _LISTED))


def _more(count: int) -> list[str]:
    return [f"{count} more"] if count > 0 else []


def joined(words: Iterable[str]) -> str:
    """Words as a list in prose: a, b and c."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
