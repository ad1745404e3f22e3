"""Turns the bytes of a file, an image or a recording into a part of a message; the first bytes decide which. Pure."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

__all__ = [
    "ALL_LIMIT",
    "FILE_LIMIT",
    "OFFICE",
    "Attachment",
    "Data",
    "attached_in",
    "check_sizes",
    "folded",
    "media_of",
    "megabytes",
    "part_of",
]

FILE_LIMIT: Final = 20_000_000
"""The largest size of one file, in bytes."""

ALL_LIMIT: Final = 50_000_000
"""The largest size of all files of a conversation, in bytes: OpenAI's limit for one request."""

_FOLDED: Final = 200
"""From this length on, in characters, data is printed in short."""

_HOLDS_DATA: Final = ("data", "file_data", "image_url", "url")
"""Fields of parts that hold data or an address."""


@dataclass(frozen=True)
class Attachment:
    """The bytes of one file, and its name without its folder, or an empty name."""

    data: bytes = field(repr=False)
    name: str = ""


class Data(str):
    """Base64 that is sent complete but printed in short, because requests are shown in notebooks and errors."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Return its beginning and its length."""
        return repr(str(self)) if len(self) < _FOLDED else repr(f"{self[:40]}… ({len(self):,} characters)")


_IMAGES: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
_RIFF: Final = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}
_ID3: Final = (b"ID3\2", b"ID3\3", b"ID3\4")
_LAYER_3: Final = tuple(bytes([0xFF, second]) for second in (0xFB, 0xFA, 0xF3, 0xF2, 0xE3, 0xE2))
_ZIP, _OLE = b"PK\3\4", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OPEN_XML: Final = "application/vnd.openxmlformats-officedocument."
_DOCUMENTS: Final = {
    "docx": (_ZIP, f"{_OPEN_XML}wordprocessingml.document"),
    "pptx": (_ZIP, f"{_OPEN_XML}presentationml.presentation"),
    "xlsx": (_ZIP, f"{_OPEN_XML}spreadsheetml.sheet"),
    "doc": (_OLE, "application/msword"),
    "ppt": (_OLE, "application/vnd.ms-powerpoint"),
    "xls": (_OLE, "application/vnd.ms-excel"),
}
"""Documents that only their suffix distinguishes: how their bytes begin, and their media type."""

OFFICE: Final = tuple(f"data:{media};" for _, media in _DOCUMENTS.values())
"""The beginnings of data URLs of documents that only the Responses API accepts: Chat Completions accepts only PDF."""

_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")

_NAMED: Final[dict[str, tuple[str, ...]]] = {
    "an image": ("png", "jpg", "jpeg", "gif", "webp", "bmp", "tif", "tiff", "heic", "heif", "avif", "ico"),
    "sound": ("wav", "mp3", "ogg", "flac", "m4a", "aac", "opus", "aiff"),
    "a video": ("mp4", "mov", "avi", "mkv", "webm", "mpg", "mpeg"),
    "a document": ("pdf", *_DOCUMENTS),
    "text": ("txt", "md", "csv", "tsv", "json", "py", "html", "xml", "tex", "log"),
}
"""What kind of file each suffix promises."""

_TAKEN: Final = {
    "an image": "APIs take PNG, JPEG, GIF and WebP: save it as one of these",
    "sound": "APIs take WAV and MP3: save it as one of these",
    "a video": "no API takes video: give images of it",
    "a document": "APIs take PDF, and documents of Word, PowerPoint and Excel that are what their names say",
    "text": "APIs take UTF-8: save it with this encoding",
    "": "APIs take text in UTF-8, images (PNG, JPEG, GIF, WebP), sound (WAV, MP3), PDF and, with a file's name, "
    "documents of Word, PowerPoint and Excel",
}


def part_of(attachment: Attachment, where: str) -> dict[str, Any]:
    """Return the part of a message that holds `attachment`: an image, sound, a document, or text.

    `where` is its name in errors if it has none of its own. Raises ValueError for a file that is empty, larger than
    `FILE_LIMIT`, or of a kind that no API accepts.
    """
    data, name = attachment.data, attachment.name
    shown = repr(name) if name else where
    if len(data) > FILE_LIMIT:
        raise ValueError(f"{shown} has {megabytes(len(data))}: a prompt takes files of up to {megabytes(FILE_LIMIT)}")
    if not data:
        raise ValueError(f"{shown} is empty")
    suffix = name.rpartition(".")[2].lower() if "." in name else ""
    media = media_of(data, suffix)
    if media.startswith("image/"):
        return {"type": "image_url", "image_url": {"url": _address(media, data)}}
    if media.startswith("audio/"):
        return {"type": "input_audio", "input_audio": {"data": _base64(data), "format": media.removeprefix("audio/")}}
    if media:
        fitting = name if suffix in (*_DOCUMENTS, "pdf") else f"{name or 'file'}.pdf"
        return {"type": "input_file", "filename": fitting, "file_data": _address(media, data)}
    return {"type": "text", "text": _fenced(_text_of(data, suffix, shown), name, suffix)}


def media_of(data: bytes, suffix: str = "") -> str:
    """Return the media type of a file that is sent as data; empty for text, and for files that no API accepts."""
    for magic, media in _IMAGES:
        if data.startswith(magic):
            return media
    if data.startswith(b"RIFF"):
        return _RIFF.get(data[8:12], "")
    if data.startswith((*_ID3, *_LAYER_3)):
        return "audio/mp3"
    if data.startswith(b"%PDF-"):
        return "application/pdf"
    magic, media = _DOCUMENTS.get(suffix, (b"", ""))
    return media if magic and data.startswith(magic) else ""


def _text_of(data: bytes, suffix: str, shown: str) -> str:
    named = next((kind for kind, suffixes in _NAMED.items() if suffix in suffixes), "")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        kind = "text" if data.startswith(_UTF_16) else named
        flaw = f"is no {kind.removeprefix('an ').removeprefix('a ')} that APIs take" if kind else "cannot be sent"
        raise ValueError(f"{shown} {flaw}: {_TAKEN[kind]}")
    if named not in ("", "text"):
        raise ValueError(f"{shown} is {named} by its name, but it holds text")
    if not text.strip():
        raise ValueError(f"{shown} is empty")
    return text


def _fenced(text: str, name: str, suffix: str) -> str:
    """Return a text file for a model to read: its name, and its text in a fence longer than any in the text."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    language = suffix if suffix.isalnum() and suffix != "txt" else ""
    end = "" if text.endswith("\n") else "\n"
    return f"{name}:\n\n{fence}{language}\n{text}{end}{fence}".removeprefix(":\n\n")


def attached_in(
    messages: Iterable[Mapping[str, Any]], names: Sequence[str]
) -> tuple[list[Attachment], list[Mapping[str, Any]]]:
    """Return the files that `part_of` has put into messages, and the other parts that are no text.

    `names` are the files' names, in order; they are used if there are as many as files.
    """
    contents = [message.get("content") for message in messages]
    parts = [part for content in contents if isinstance(content, list) for part in content if isinstance(part, dict)]
    found: list[tuple[Mapping[str, Any], Attachment | None]] = [(part, _attached(part, names)) for part in parts]
    files = [file for _, file in found if file is not None]
    others = [part for part, file in found if file is None and not isinstance(part.get("text"), str)]
    if len(files) == len(names):
        files = [replace(file, name=name) for file, name in zip(files, names, strict=True)]
    return files, others


def _attached(part: Mapping[str, Any], names: Sequence[str]) -> Attachment | None:
    """Return the file that a part was made of, or None."""
    text = part.get("text")
    if isinstance(text, str):
        fenced = _FENCED.fullmatch(text)
        name = (fenced and fenced["name"]) or ""
        return Attachment(fenced["text"].encode(), name) if fenced and name in names else None
    image, sound = part.get("image_url"), part.get("input_audio")
    address = image.get("url") if isinstance(image, dict) else image or part.get("file_data")
    if isinstance(sound, dict):
        address = f"data:audio;base64,{sound.get('data')}"
    head, _, data = str(address).partition(";base64,")
    if not head.startswith("data:"):
        return None
    try:
        return Attachment(base64.b64decode(data, validate=True), str(part.get("filename") or ""))
    except binascii.Error:
        return None


_FENCED: Final = re.compile(r"(?:(?P<name>[^\n]+):\n\n)?(?P<fence>`{3,})\w*\n(?P<text>(?s:.*\n))(?P=fence)")
"""A text file as `_fenced` writes it."""


def _base64(data: bytes) -> Data:
    return Data(base64.b64encode(data).decode("ascii"))


def _address(media: str, data: bytes) -> Data:
    return Data(f"data:{media};base64,{_base64(data)}")


def folded(part: dict[str, Any]) -> dict[str, Any]:
    """Return a message's part with its data as `Data`, so that the caller's own parts are printed in short too."""
    return {
        name: folded(value)
        if isinstance(value, dict)
        else Data(value)
        if isinstance(value, str) and _is_data(name, value)
        else value
        for name, value in part.items()
    }


def _is_data(name: str, value: str) -> bool:
    return len(value) >= _FOLDED and name in _HOLDS_DATA and not value.startswith("http")


def check_sizes(messages: Iterable[Mapping[str, Any]]) -> None:
    """Raise ValueError if the files of a conversation together exceed `ALL_LIMIT`."""
    size = sum(_size(message.get("content", message.get("output"))) for message in messages)
    if size > ALL_LIMIT:
        raise ValueError(
            f"the files of this conversation, with those of previous=, have {megabytes(size)} in all: "
            f"a request takes up to {megabytes(ALL_LIMIT)}"
        )


def _size(value: object) -> int:
    if isinstance(value, Data):
        return (len(value) - value.find(",") - 1) * 3 // 4
    if isinstance(value, Mapping):
        return sum(map(_size, value.values()))
    return sum(map(_size, value)) if isinstance(value, list) else 0


def megabytes(size: int) -> str:
    """Return a size in megabytes, for people to read."""
    return f"{size / 1e6:.4g} MB"
