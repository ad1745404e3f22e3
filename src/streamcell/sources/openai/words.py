"""Finds a server's message and codes in whatever it sent: an error of any shape, a page, a line of text. Pure."""

from __future__ import annotations

import html
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ...ratelimit.headers import seconds_of
from ..base import field_of

__all__ = ["Told", "error_within", "json_of", "plain", "told_of"]

_DEEP: Final = 8  # levels of an error that are read: Azure and gateways nest three
_MANY: Final = 200  # values of an error that are read
_FEW: Final = 20  # items of a list that are read
_LONG: Final = 4_000  # characters of an error's message that are kept
_PAGE: Final = 65_536  # characters of a page that are searched for its heading
_HEADING: Final = 300  # characters of a page's text that are kept

_WORDS: Final = (
    *("error", "message", "msg", "error_message", "errorMessage", "error_msg", "errorMsg", "status_msg"),
    *("detail", "title", "error_description", "errors", "innererror", "inner_error"),
)
_CODES: Final = (
    *("code", "type", "status", "error_type", "errorType", "error_code", "errorCode", "reason"),
    *("status_code", "statusCode", "http_code"),
)
_WAITS: Final = ("retry_after", "retryDelay", "estimated_time")

_PAGE_MARK: Final = re.compile(
    r"\s*(?:<!doctype|<!--|<\?xml|<html|<head|<body)|</(?:html|body|title|h1|p|div)\s*>", re.IGNORECASE
)
_UNSEEN: Final = re.compile(
    r"<!--.*?(?:-->|\Z)|<!\[.*?>|<(script|style|svg|noscript|template)\b.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL
)
_HEADINGS: Final = re.compile(r"<(title|h1|h2)\b[^>]{0,200}>(.{0,300}?)</\1\s*>", re.IGNORECASE | re.DOTALL)
_TAG: Final = re.compile(r"<[^<>]*>")
_SPACE: Final = re.compile(r"\s+")


@dataclass(frozen=True)
class Told:
    """What a server said about an error.

    Attributes:
        words: its message.
        codes: all its codes, in lower case.
        code: the first code, as it was written.
        status: an HTTP status among the codes, or None.
        wait: how many seconds it asks to wait, or None.
    """

    words: str = ""
    codes: frozenset[str] = frozenset()
    code: str = ""
    status: int | None = None
    wait: float | None = None


def json_of(text: str | bytes) -> Any:
    """Return `text` parsed as JSON. Raises ValueError, also if it is nested too deeply to be read."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def plain(text: str) -> str:
    """Return the plain text in a message: of an HTML page its title and headings, or else all its text."""
    if not _PAGE_MARK.search(text[:_PAGE]):
        return _SPACE.sub(" ", text[:_LONG]).strip()
    seen = _UNSEEN.sub(" ", text[:_PAGE])
    found: list[str] = []
    for heading in _HEADINGS.finditer(seen):
        words = _shown(heading[2])
        if words and not any(words in one for one in found):
            found.append(words)
    return ("; ".join(found) or _shown(seen))[:_HEADING].strip()


def _shown(markup: str) -> str:
    return _SPACE.sub(" ", html.unescape(_TAG.sub(" ", markup))).strip()


def error_within(chunk: object) -> object | None:
    """Return the part of a chunk or a JSON body that reports an error, or None.

    An answer's own chunks may have a `detail` or a `message`, and events of the Responses API an item's `error`; these
    are not errors of the answer.
    """
    if isinstance(chunk, (list, tuple)):
        return next((one for one in chunk[:_FEW] if not isinstance(one, list) and error_within(one) is not None), None)
    if chunk is None or isinstance(chunk, (str, bytes, int, float)):
        return None
    kind = field_of(chunk, "type")
    if isinstance(kind, str) and (kind == "error" or kind.startswith("response.")):
        return chunk if kind in ("error", "response.error") else None
    if _tells(field_of(chunk, "error"), chunk) or _is_bad(field_of(field_of(chunk, "base_resp"), "status_code")):
        return chunk
    choices = field_of(chunk, "choices")
    if isinstance(choices, (list, tuple)) and choices:
        return next((one for one in choices[:_FEW] if _tells(field_of(one, "error"), one)), None)
    thing = field_of(chunk, "object")
    if isinstance(thing, str) and thing.startswith(("chat.", "response", "text_completion")):
        return None
    flat = thing == "error" or any(
        _tells(field_of(chunk, name), chunk)
        for name in ("detail", "errors", "error_message", "errorMessage", "error_msg")
    )
    said = field_of(chunk, "message") or field_of(chunk, "msg")
    coded = field_of(chunk, "success") is False or any(
        _is_bad(field_of(chunk, name)) for name in _CODES if name != "type"
    )
    return chunk if flat or (isinstance(said, str) and coded) else None


def _tells(error: object, beside: object) -> bool:
    """Whether an error field holds an error: many servers send it empty."""
    if isinstance(error, (bool, int, float)):
        return bool(error) and any(isinstance(field_of(beside, name), str) for name in ("message", "msg", "detail"))
    if isinstance(error, str):
        return bool(error.strip())
    if isinstance(error, Mapping):
        # Gateways written in Go also send an object of empty values with good answers.
        return any(error.values()) or (bool(error) and not field_of(beside, "choices"))
    return any(error) if isinstance(error, (list, tuple)) else error is not None


def _is_bad(code: object) -> bool:
    """Whether a code means an error: 0, 200, `ok` and `success` do not."""
    if isinstance(code, bool) or not isinstance(code, (str, int)):
        return False
    return bool(code) and str(code).lower() not in ("0", "200", "ok", "success")


def told_of(value: object) -> Told:
    """Return the message and codes of an error of any shape: a string, an object, a list, or JSON in a string."""
    reading = _Reading()
    reading.take(value)
    words = ""
    for one in reading.words:
        words += one if not words else f" {one}" if words[-1] in ".!?:;" else f"; {one}"
    codes = frozenset(code.lower() for code in reading.codes)
    return Told(words[:_LONG], codes, next(iter(reading.codes), ""), reading.status, reading.wait)


class _Reading:
    """Walks through an error's values, outer ones first."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.codes: list[str] = []
        self.status: int | None = None
        self.wait: float | None = None
        self._left = _MANY

    def take(self, value: object, depth: int = 0) -> None:
        self._left -= 1
        if depth > _DEEP or self._left < 0 or value is None or isinstance(value, (bool, int, float, bytes)):
            return
        if isinstance(value, str):
            self._text(value, depth)
        elif isinstance(value, (list, tuple)):
            for one in value[:_FEW]:
                self.take(one, depth + 1)
        else:
            self._object(value, depth)

    def _text(self, text: str, depth: int) -> None:
        stripped = text.strip()
        if stripped[:1] in ("{", "[") and len(stripped) <= _PAGE:
            try:
                parsed = json_of(stripped)
            except ValueError:
                pass
            else:
                self.take(parsed, depth + 1)
                return
        self._say(plain(stripped))

    def _say(self, words: str) -> None:
        if words and not any(words in one for one in self.words):
            self.words.append(words)

    def _object(self, value: object, depth: int) -> None:
        place, said = field_of(value, "loc"), field_of(value, "msg")
        if isinstance(place, (list, tuple)) and isinstance(said, str):  # one of FastAPI's list
            self._say(f"{'.'.join(str(one) for one in place[:_FEW])}: {plain(said)}")
            return
        for name in _CODES:
            self._code(field_of(value, name))
        for name in _WAITS:
            self._wait(field_of(value, name))
        for name in _WORDS:
            self.take(field_of(value, name), depth + 1)
        base = field_of(value, "base_resp")
        if base is not None:
            self.codes.append(f"base_resp.{field_of(base, 'status_code')}")
            self.take(field_of(base, "status_msg"), depth + 1)
        # The message of the server behind a gateway.
        self.take(field_of(field_of(value, "metadata"), "raw"), depth + 1)
        details = field_of(value, "details")
        if isinstance(details, str):
            self._text(details, depth)
        elif isinstance(details, (list, tuple)):
            for one in details[:_FEW]:
                self._code(field_of(one, "reason"))
                self._wait(field_of(one, "retryDelay"))

    def _code(self, code: object) -> None:
        if isinstance(code, bool) or not isinstance(code, (str, int)) or not code or len(str(code)) > 100:
            return
        text = str(code).strip()
        if text.isascii() and text.isdecimal() and 100 <= int(text) <= 599:
            self.status = self.status or int(text)
        if text != "error" and text not in self.codes:
            self.codes.append(text)

    def _wait(self, wait: object) -> None:
        seconds = seconds_of(wait) if isinstance(wait, str) else wait
        if self.wait is None and isinstance(seconds, (int, float)) and not isinstance(seconds, bool):
            self.wait = float(seconds) if 0 <= seconds <= 1e12 and math.isfinite(seconds) else None
