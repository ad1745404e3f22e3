"""What is asked, as a cell shows it above its answer: the user's own words, and files by their names. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from .. import _words as words
from .._errors import without_secrets
from .attachments import Attachment
from .messages import Message

__all__ = ["asked_in"]

_LONGEST: Final = 10_000  # characters


def asked_in(prompt: object, messages: Sequence[Message], secrets: Iterable[str] = ()) -> str:
    """Return the user's last message in `prompt`, whose files have been read; `messages` is what was made of it.

    At most 10,000 characters are returned, without secrets. It is empty if the user says nothing, as where only a
    result of a tool is sent.
    """
    items = [prompt] if isinstance(prompt, (str, Mapping)) else prompt
    given: list[object] = list(items) if isinstance(items, (list, tuple)) else []
    if isinstance(prompt, str) or any(isinstance(one, Attachment) for one in given):
        content: object = given
    else:
        said: list[object] = [*reversed(given), *reversed(messages)]
        users = (one for one in said if isinstance(one, Mapping) and one.get("role") == "user")
        content = next((one.get("content") for one in users), None)
    pieces = [piece for piece in _pieces(content) if piece.strip()]
    asked = without_secrets("\n\n".join(pieces), secrets).strip()
    left = len(asked) - _LONGEST
    return asked if left <= 0 else f"{asked[:_LONGEST]} {words.left_out(left)}"


def _pieces(content: object) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, Attachment):
        yield words.attached(content.name or "")
    elif isinstance(content, Mapping):
        text = content.get("text")
        if isinstance(text, str):
            yield text
        else:
            file = content.get("file")
            name = file.get("filename") if isinstance(file, Mapping) else content.get("filename")
            yield words.attached(name if isinstance(name, str) else "")
    elif isinstance(content, Sequence) and not isinstance(content, (bytes, bytearray)):
        for one in content:
            yield from _pieces(one)
