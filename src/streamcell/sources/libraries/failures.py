"""What an exception of another library means: a status of the server's, a broken connection, or a fault of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ... import _words as words
from ..._errors import Interrupted, SourceFailed, StreamCellError
from ..openai.failures import causes_of, connection_error, refused

__all__ = ["failure_of"]

_HTTP: Final = ("httpx", "httpx2", "httpcore", "httpcore2", "aiohttp", "requests", "urllib3", "ssl", "h11", "h2")
"""Libraries whose exceptions are about a connection, unless they have a status."""

_SDK: Final = ("APIConnectionError", "APITimeoutError", "Timeout", "RemoteProtocolError")
"""Names of the same exceptions of SDKs."""

_CUT: Final = ("MidStreamFallbackError",)
"""Names of exceptions that say that a stream broke off, although they have a status."""


def failure_of(error: BaseException, *, begun: bool) -> StreamCellError:
    """Return the error for an exception that an iterable raised, with the library's own words; it is the cause.

    `begun`: something was received before, so a broken connection has interrupted an answer.
    """
    if isinstance(error, StreamCellError):
        return error
    chain = list(causes_of(error))
    meant = _meant(chain, begun=begun) or SourceFailed(f"{type(error).__name__}: {error}")
    meant.__cause__ = meant.__cause__ or error
    return meant


def _meant(chain: list[BaseException], *, begun: bool) -> StreamCellError | None:
    if begun and any(type(one).__name__ in _CUT for one in chain):
        return Interrupted(words.broke_midway(str(chain[0])))
    for one in chain:
        status = _status_of(one)
        if status is not None:
            return refused(status, _body_of(one), _headers_of(one), f"{type(one).__name__}: {one}")
    for one in chain:
        home = _home_of(one)
        if home in _HTTP or type(one).__name__ in _SDK or isinstance(one, (ConnectionError, TimeoutError)):
            return connection_error(chain[0], address=home, begun=begun)
    return None


def _status_of(error: BaseException) -> int | None:
    """Return the HTTP status of an error: libraries have it in `status_code`, in `code`, or in their response."""
    response = getattr(error, "response", None)
    found = [getattr(error, "status_code", None), getattr(response, "status_code", None)]
    found += [getattr(error, "status", None), getattr(response, "status", None)]
    if _home_of(error) not in _HTTP:  # aiohttp has a `code` of its own for a broken body
        found.append(getattr(error, "code", None))
    return next((one for one in found if type(one) is int and 400 <= one <= 599), None)


def _home_of(error: BaseException) -> str:
    return type(error).__module__.partition(".")[0]


def _body_of(error: BaseException) -> object:
    """Return what the server said: the body, read by the library, or else the error's own words."""
    body = getattr(error, "body", None) or getattr(error, "details", None)
    if isinstance(body, (str, Mapping, list)) and body:
        return body
    try:
        text = getattr(getattr(error, "response", None), "text", None)
    except Exception:  # noqa: BLE001  # a body that was not read
        text = None
    return text if isinstance(text, str) and text else str(getattr(error, "message", None) or error)


def _headers_of(error: BaseException) -> Any:
    headers = getattr(getattr(error, "response", None), "headers", None) or getattr(error, "headers", None)
    try:
        return {str(name).lower(): str(value) for name, value in dict(headers or {}).items()}
    except (TypeError, ValueError):
        return {}
