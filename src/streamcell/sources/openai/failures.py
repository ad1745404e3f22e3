"""Turns errors of the SDK, of the HTTP library and of providers into our error classes."""

from __future__ import annotations

import math
import re
import ssl
from collections.abc import Iterable, Iterator
from email.utils import parsedate_to_datetime
from typing import Any, Final

from ... import _words
from ..._errors import (
    REPORT,
    BadData,
    BadRequest,
    ConnectionFailed,
    Interrupted,
    NoKey,
    SourceFailed,
    Step,
    StreamCellError,
    TimedOut,
    closed_early,
    without_secrets,
)
from ...request.veiled import Secrets
from .refusals import REFUSALS, meaning_of
from .words import Told, error_within, plain, told_of

__all__ = [
    "bare",
    "body_of",
    "causes_of",
    "connection_error",
    "error_in",
    "error_in_stream",
    "is_local",
    "is_missing_route",
    "is_refused",
    "listing",
    "own_error",
    "refused",
    "scrubbed",
    "status_error",
    "unsent_error",
    "words_error",
]


def error_in(chunk: object) -> StreamCellError | None:
    """Return the error in a chunk or a JSON body of any shape, or None if it has none."""
    part = error_within(chunk)
    return None if part is None else _in_stream(told_of(part))


def error_in_stream(error: object) -> StreamCellError:
    """Return the error for an error object of any shape, or for a message."""
    return _in_stream(told_of(error))


def _in_stream(told: Told) -> StreamCellError:
    named = not told.code or told.code in told.words
    words = told.words or _words.NO_MESSAGE
    return _error(told, told.status, words if named else f"{words} ({told.code})", retry_after=told.wait)


def words_error(words: str) -> StreamCellError | None:
    """Return the error for a line of plain text if the table of refusals has a row for its words, else None."""
    told = Told(plain(words))
    row = meaning_of(told, None)
    return None if row is REFUSALS[-1] else _error(told, None, told.words)


def status_error(error: Any, secrets: Secrets | tuple[()] = ()) -> StreamCellError:
    """Return the error for an `openai.APIStatusError`, with its request id and the wait that it asks for."""
    otherwise = f"{error.status_code} {error.response.reason_phrase}".strip()
    return refused(int(error.status_code), body_of(error), error.response.headers, otherwise, secrets)


def refused(
    status: int, body: object, headers: Any, otherwise: str, secrets: Secrets | tuple[()] = ()
) -> StreamCellError:
    """Return the error for a status and a body of any shape; `otherwise` is its message if the body has none."""
    told = told_of(body)
    wait = _retry_after(headers)
    return _error(
        told,
        status,
        without_secrets(told.words or otherwise, secrets),
        status_code=status,
        request_id=headers.get("x-request-id"),
        retry_after=told.wait if wait is None else wait,
    )


def body_of(error: Any) -> str:
    """Return the whole body of a status error: the SDK keeps only a part of it, and only of some shapes."""
    try:
        return str(error.response.text)
    except Exception:  # noqa: BLE001  # a body that was not read, or an unknown encoding
        return str(error.message)


def _error(told: Told, status: int | None, words: str, **more: Any) -> StreamCellError:
    row = meaning_of(told, status)
    return row.error(words, kind=row.kind, title=row.title, steps=row.steps, **more)


def is_missing_route(error: StreamCellError) -> bool:
    """Whether an error means that the server does not have this API; only then the other one is tried."""
    return error.error_kind in ("no_route", "no_resource")


def is_refused(error: StreamCellError, names: Iterable[str]) -> bool:
    """Whether a server refuses one of these parameters by name."""
    spoken = error.detail.lower().replace("streamoptions", "stream_options")
    return any(name in spoken for name in names)


def connection_error(error: BaseException, *, address: str, begun: bool, answered: bool = False) -> StreamCellError:
    """Return the error for a broken connection: before the response, after its head (`answered`), or in the middle of
    the answer (`begun`).

    The SDK's "Connection error." hides its cause, so the chain of causes is read.
    """
    errors = list(causes_of(error))
    names = " ".join(type(one).__name__ for one in errors).lower()
    words = " ".join(str(one) for one in errors)
    told = next((str(one) for one in reversed(errors) if str(one) and str(one) != "Connection error."), "")
    detail = f"{address}: {told or type(error).__name__}"
    if begun:
        return Interrupted(_words.broke_midway(told or type(error).__name__))
    if any(isinstance(one, ssl.SSLError) for one in errors) or "ssl" in words.lower() or "certificate" in words.lower():
        steps: tuple[Step, ...] = (Step(_words.CHECK_CERTIFICATE), *ConnectionFailed.steps)
        return ConnectionFailed(detail, kind="tls", title=_words.NO_SECURE_CONNECTION, steps=steps)
    if "timeout" in names or "timed out" in words:
        return TimedOut(detail)
    if (
        any(isinstance(one, ConnectionRefusedError) for one in errors)
        or "refused" in words
        or "all connection attempts" in words.lower()
    ):
        usual = (Step(*told) for port, told in _words.LOCAL_SERVERS.items() if re.search(rf":{port}\b", address))
        steps = (Step(_words.START_SERVER), *usual)
        return ConnectionFailed(detail, kind="refused", title=_words.CONNECTION_REFUSED, steps=steps)
    if "gaierror" in names or "name or service" in words.lower() or "name resolution" in words.lower():
        return ConnectionFailed(detail, kind="dns", title=_words.NAME_NOT_FOUND)
    made = any(word in names for word in ("protocolerror", "readerror", "writeerror", "connectionreset", "brokenpipe"))
    return closed_early(detail) if answered or made else ConnectionFailed(detail)


def own_error(error: Exception) -> StreamCellError:
    """Return the error for a fault that is not the server's: it is ours, or that of the user's own HTTP client."""
    return SourceFailed(
        f"{type(error).__name__}: {error}",
        kind="bug",
        title=_words.ERROR_IN_STREAMCELL,
        steps=(REPORT,),
    )


def unsent_error(error: Exception) -> StreamCellError:
    """Return the error for a request that the SDK refused to send, usually because there is no key."""
    message = str(error)
    if re.search(r"api_key|OPENAI_API_KEY|credential", message):
        return NoKey(_words.NEITHER_KEY_NOR_CLIENT)
    return BadRequest(message)


def is_local(address: str) -> bool:
    """Whether a server's address is on this machine."""
    host = address.partition("://")[2].partition("/")[0].lower()
    return host.partition(":")[0] in ("127.0.0.1", "localhost") or host.startswith("[::1]")


def listing(address: str) -> str:
    """Return a line of code that lists the models of a server, without sending another server's key to it."""
    local = is_local(address)
    key = '"-"' if local else 'getpass.getpass("Key: ")'
    modules = "openai" if local else "getpass, openai"
    client = f'openai.OpenAI(base_url="{address}", api_key={key})'
    return f"import {modules}; [m.id for m in {client}.models.list()]"


def scrubbed(error: StreamCellError, secrets: Secrets) -> StreamCellError:
    """Return the error without secrets, in case the server has echoed them."""
    if not any(secret in error.detail for secret in secrets):
        return error
    clean = error.with_text(error.text)
    clean.detail = without_secrets(error.detail, secrets)
    clean.args = (f"{clean.error_title}: {clean.detail}",)
    return clean


def bare(error: BaseException, secrets: Secrets) -> BaseException:
    """Return the error and its causes without tracebacks, and without secrets in their messages.

    The stack frames of the SDK and its HTTP library hold headers, which some traceback printers show.
    """
    seen: list[BaseException] = []
    around: list[BaseException | None] = [error]
    while around and len(seen) < _MOST_CAUSES:
        one = around.pop()
        if one is not None and all(one is not other for other in seen):
            seen.append(one)
            around += [one.__cause__, one.__context__]
            one.__traceback__ = None
            one.args = tuple(without_secrets(arg, secrets) if isinstance(arg, str) else arg for arg in one.args)
    return error


_MOST_CAUSES: Final = 50


def bad_data(error: Exception, begun_at: str) -> StreamCellError:
    """Return the error for a chunk that could not be read."""
    return BadData(f"{begun_at}: {type(error).__name__}: {error}")


def causes_of(error: BaseException) -> Iterator[BaseException]:
    """Return the error and its causes, each once."""
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one
        one = one.__cause__ or one.__context__


def _retry_after(headers: Any) -> float | None:
    """Return the provider's wait in seconds: `retry-after-ms`, or a number or a date in `retry-after` (RFC 9110).

    A date is compared with the provider's own clock, in `date`, so that a wrong clock here cannot shorten the wait.
    """
    for name, scale in (("retry-after-ms", 1_000), ("retry-after", 1)):
        value = headers.get(name)
        if value is not None:
            try:
                seconds = float(value) / scale
            except ValueError:
                continue
            if math.isfinite(seconds):
                return max(0.0, seconds)
    return _until(headers.get("retry-after"), headers.get("date"))


def _until(moment: str | None, now: str | None) -> float | None:
    try:
        return max(0.0, (parsedate_to_datetime(moment or "") - parsedate_to_datetime(now or "")).total_seconds())
    except (TypeError, ValueError, OverflowError):  # no date, only one of the two with a time zone, or the year 10,000
        return None
