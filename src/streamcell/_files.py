"""Reads a prompt's files during the call, so that a retry an hour later sends the same content."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from .request.attachments import ALL_LIMIT, FILE_LIMIT, Attachment, megabytes

__all__ = ["with_files_read"]

_MOST_READ: Final = 1 << 20  # bytes at once


def with_files_read(prompt: Any) -> Any:
    """Return `prompt` with its paths, PIL images and bytes as attachments, in a list and in the content of messages.

    Raises TypeError for a path or image without a text, ValueError for something that is not a file, is empty or too
    large, and OSError (FileNotFoundError, PermissionError, …) for a file that cannot be read.
    """
    if isinstance(prompt, os.PathLike) or _is_picture(prompt):
        raise TypeError(
            "the prompt is a file and no question: give a list with a text, "
            'such as ["What is this?", Path("chart.png")]'
        )
    reader = _Reader()
    if isinstance(prompt, Mapping):
        return reader.message(prompt)
    if not isinstance(prompt, Sequence) or isinstance(prompt, (str, bytes, bytearray, memoryview)):
        return prompt
    if not any(_is_attached(item) or isinstance(item, Mapping) for item in prompt):
        return prompt
    return [reader.message(item) if isinstance(item, Mapping) else reader.item(item) for item in prompt]


def _is_attached(item: object) -> bool:
    return isinstance(item, (os.PathLike, bytes, bytearray, memoryview)) or _is_picture(item)


def _is_picture(item: object) -> bool:
    """Whether `item` is a PIL image, or looks like one: PIL is not imported for this."""
    return (
        isinstance(getattr(item, "mode", None), str)
        and isinstance(getattr(item, "size", None), tuple)
        and callable(getattr(item, "save", None))
        and not isinstance(item, type)
    )


class _Reader:
    """Reads the files of one prompt, up to the limit for a request."""

    def __init__(self) -> None:
        self._left = ALL_LIMIT

    def message(self, message: Mapping[Any, Any]) -> Mapping[Any, Any]:
        """Return a message with its files as attachments; the same object if it has no files."""
        content = message.get("content")
        if not isinstance(content, (list, tuple)) or not any(map(_is_attached, content)):
            return message
        return {**message, "content": [self.item(one) for one in content]}

    def item(self, item: Any) -> Any:
        """Return a file, an image or bytes as an attachment, and anything else unchanged."""
        if isinstance(item, (bytes, bytearray, memoryview)):
            size = item.nbytes if isinstance(item, memoryview) else len(item)
            return self._attachment("bytes of the prompt", "", size, lambda: bytes(item))
        if isinstance(item, os.PathLike):
            return self._file(Path(os.fsdecode(item)))
        if _is_picture(item):
            encoded = _encoded(item)
            return self._attachment("an image of the prompt", "", len(encoded), lambda: encoded)
        return item

    def _attachment(self, shown: str, name: str, size: int, read: Callable[[], bytes]) -> Attachment:
        if size > FILE_LIMIT:
            raise ValueError(f"{shown} has {megabytes(size)}: a prompt takes files of up to {megabytes(FILE_LIMIT)}")
        data = read()
        self._left -= len(data)
        if len(data) > FILE_LIMIT or self._left < 0:
            limit = f"{megabytes(FILE_LIMIT)} each and {megabytes(ALL_LIMIT)} in all"
            raise ValueError(f"{shown} is too much: a prompt takes files of up to {limit}")
        if not data:
            raise ValueError(f"{shown} is empty")
        plain = "".join(one if one.isprintable() else " " for one in name)
        return Attachment(data, " ".join(plain.split()))

    def _file(self, path: Path) -> Attachment:
        shown = repr(str(path))
        try:
            # Pipes and devices are not opened at all: they may block, and opening some devices has effects.
            _check_regular(path.stat().st_mode, shown)
            # The path may name something else by now, and reading some system files blocks: hence O_NONBLOCK.
            flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
            handle = os.open(path, flags | getattr(os, "O_CLOEXEC", 0))
            try:
                status = os.fstat(handle)
                _check_regular(status.st_mode, shown)
                return self._attachment(shown, path.name, status.st_size, lambda: _read(handle))
            finally:
                os.close(handle)
        except FileNotFoundError:
            here = "" if path.is_absolute() else f" in {Path.cwd()}"
            raise FileNotFoundError(f"there is no file {shown}{here}") from None
        except IsADirectoryError:
            raise
        except OSError as error:
            raise type(error)(f"{shown} cannot be read: {error.strerror or error}") from None


def _check_regular(mode: int, shown: str) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(f"{shown} is a folder: give the files that are meant")
    if not stat.S_ISREG(mode):
        raise ValueError(f"{shown} is no file but a pipe, a socket or a device")


def _read(handle: int) -> bytes:
    """Return a file's content, up to one byte more than is allowed: a file can grow while it is read."""
    pieces: list[bytes] = []
    left = FILE_LIMIT + 1
    while left > 0 and (piece := os.read(handle, min(left, _MOST_READ))):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _encoded(picture: Any) -> bytes:
    """Return a picture as a file: a JPEG with its original quality, anything else as PNG, which is lossless."""
    if getattr(picture, "format", None) == "JPEG":
        try:
            return _saved(picture, format="JPEG", quality="keep")
        except (OSError, ValueError):
            pass  # changed since it was opened, or of a mode that JPEG does not support
    try:
        try:
            return _saved(picture, format="PNG")
        except OSError:  # a mode that PNG does not support, such as CMYK
            return _saved(picture.convert("RGB"), format="PNG")
    except (OSError, ValueError) as error:
        raise ValueError(f"an image of the prompt cannot be saved as PNG: {error}") from error


def _saved(picture: Any, **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, **options)
    return file.getvalue()
