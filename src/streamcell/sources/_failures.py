"""What an SDK, an HTTP library or a provider's error object means, in our tree of errors."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any, Final

from .._errors import (
    AuthenticationFailed,
    BadData,
    BadRequest,
    ConnectionFailed,
    ContentFiltered,
    ContextTooLong,
    Interrupted,
    ModelNotFound,
    NoKey,
    NotAStream,
    PermissionDenied,
    ProviderFailed,
    QuotaExhausted,
    RateLimited,
    Step,
    StreamCellError,
    TimedOut,
    without_secrets,
)
from ._base import field_of

__all__ = ["connection_error", "error_in_stream", "is_missing_route", "scrubbed", "status_error", "unsent_error"]

_CONTEXT: Final = re.compile(
    r"context.{0,12}(length|window)|maximum context|too many tokens|prompt is too long", re.IGNORECASE
)
_MODEL: Final = re.compile(r"\bmodel\b", re.IGNORECASE)
_BY_STATUS: Final[dict[int, type[StreamCellError]]] = {
    401: AuthenticationFailed,
    403: PermissionDenied,
    404: ModelNotFound,
    408: TimedOut,
    429: RateLimited,
}


_LOCAL: Final = {
    11434: Step("This is the usual address of Ollama; it starts with:", "ollama serve"),
    1234: Step("This is the usual address of LM Studio; its server starts with:", "lms server start"),
    8000: Step("This is the usual address of vLLM; it starts with:", "vllm serve MODEL"),
    8080: Step("This is the usual address of llama.cpp; it starts with:", "llama-server -m MODEL.gguf"),
}
"""What to do where nothing listens at a port that a local server is known by."""


def _by_code(code: str, message: str) -> type[StreamCellError] | None:
    if code in ("insufficient_quota", "billing_hard_limit_reached"):
        return QuotaExhausted
    if code == "context_length_exceeded" or _CONTEXT.search(message):
        return ContextTooLong
    if code == "model_not_found":
        return ModelNotFound
    if code in ("invalid_api_key", "authentication_error"):
        return AuthenticationFailed
    if code in ("rate_limit_exceeded", "rate_limit_error"):
        return RateLimited
    if code in ("content_filter", "content_policy_violation"):
        return ContentFiltered
    return None


def error_in_stream(error: object) -> StreamCellError:
    """Return the error for an error object that came inside a stream or a JSON body."""
    if isinstance(error, str):
        message, code = error, ""
    else:
        message = str(field_of(error, "message") or field_of(error, "detail") or "The provider gave no message.")
        code = str(field_of(error, "code") or field_of(error, "type") or "")
    kind = _by_code(code, message)
    if kind is None and code.isdecimal():  # several gateways give the HTTP status here
        kind = _by_status(int(code))
    if kind is None and field_of(error, "type") == "invalid_request_error":
        kind = BadRequest
    named = code in ("", "error") or code in message
    return (kind or ProviderFailed)(message if named else f"{message} ({code})")


def _by_status(status: int) -> type[StreamCellError]:
    return _BY_STATUS.get(status) or (BadRequest if 400 <= status < 500 else ProviderFailed)


def status_error(error: Any, secrets: tuple[str, ...] = ()) -> StreamCellError:
    """Return the error for an SDK status error (`openai.APIStatusError`), with its request id and its wait."""
    status = int(error.status_code)
    body = error.body
    message = str(field_of(body, "message") or field_of(body, "detail") or "") or _plain(str(error.message))
    code = str(field_of(body, "code") or field_of(body, "type") or "")
    told: dict[str, Any] = {
        "status_code": status,
        "request_id": error.response.headers.get("x-request-id"),
        "retry_after": _retry_after(error.response.headers),
    }
    if is_missing_route(error):
        return NotAStream(
            without_secrets(message, secrets), kind="no_route", title="The server has no such address", **told
        )
    kind = _by_code(code, message) or _by_status(status)
    return kind(without_secrets(message, secrets), **told)


def is_missing_route(error: Any) -> bool:
    """Whether a status error says that the server has no such API, rather than no such model.

    404 with OpenAI's `model_not_found`, or with words about a model, is about the model; 405 and 501 never are.
    """
    status = int(error.status_code)
    if status in (405, 501):
        return True
    if status != 404:
        return False
    body = error.body
    code = str(field_of(body, "code") or "")
    message = str(field_of(body, "message") or body or "")
    return code != "model_not_found" and not _MODEL.search(message)


def connection_error(error: BaseException, *, address: str, begun: bool) -> StreamCellError:
    """Return the error for a request that broke: before the head, or (`begun`) in the midst of the answer.

    The SDK's "Connection error." hides its cause, so the chain of causes is read.
    """
    chain = list(_chain(error))
    names = " ".join(type(one).__name__ for one in chain).lower()
    words = " ".join(str(one) for one in chain)
    told = next((str(one) for one in reversed(chain) if str(one) and str(one) != "Connection error."), "")
    detail = f"{address}: {told or type(error).__name__}"
    if begun:
        return Interrupted(f"The connection broke in mid-answer ({told or type(error).__name__}).")
    if any(isinstance(one, ssl.SSLError) for one in chain) or "ssl" in words.lower() or "certificate" in words.lower():
        hint = "Check the certificate, and whether the server speaks https at all: local ones often speak http only."
        return ConnectionFailed(
            detail, kind="tls", title="No secure connection to the server", steps=(Step(hint), *ConnectionFailed.steps)
        )
    if "timeout" in names or "timed out" in words:
        return TimedOut(detail)
    if (
        any(isinstance(one, ConnectionRefusedError) for one in chain)
        or "refused" in words
        or "all connection attempts" in words.lower()
    ):
        usual = next((step for port, step in _LOCAL.items() if re.search(rf":{port}\b", address)), None)
        start = Step("Start the server at this address, or correct OPENAI_BASE_URL, then press Retry.")
        steps = (start,) if usual is None else (start, usual)
        return ConnectionFailed(detail, kind="refused", title="The server refused the connection", steps=steps)
    if "gaierror" in names or "name or service" in words.lower() or "name resolution" in words.lower():
        return ConnectionFailed(detail, kind="dns", title="The server's name was not found")
    return ConnectionFailed(detail)


def unsent_error(error: Exception) -> StreamCellError:
    """Return the error for what the SDK refused before it sent anything: most often, no key."""
    message = str(error)
    if re.search(r"api_key|OPENAI_API_KEY|credential", message):
        return NoKey("Neither OPENAI_API_KEY nor a client was given.")
    return BadRequest(message)


def scrubbed(error: StreamCellError, secrets: tuple[str, ...]) -> StreamCellError:
    """Return the error without the secrets, should a server have said them back."""
    if not any(secret in error.detail for secret in secrets):
        return error
    clean = error.with_text(error.text)
    clean.detail = without_secrets(error.detail, secrets)
    clean.args = (f"{clean.error_title}: {clean.detail}",)
    return clean


def bad_data(error: Exception, begun_at: str) -> StreamCellError:
    """Return the error for a chunk that could not be read."""
    return BadData(f"{begun_at}: {type(error).__name__}: {error}")


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one
        one = one.__cause__ or one.__context__


def _plain(message: str) -> str:
    """Return a message without the HTML that a proxy's error page wraps it in."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", message)).strip()


def _retry_after(headers: Any) -> float | None:
    """Return the provider's wait in seconds: `retry-after-ms`, or a number or a date in `retry-after` (RFC 9110).

    A date is taken against the provider's own clock, in `date`: a wrong clock here must not shorten the wait.
    """
    for name, scale in (("retry-after-ms", 1_000), ("retry-after", 1)):
        value = headers.get(name)
        if value is not None:
            try:
                return max(0.0, float(value) / scale)
            except ValueError:
                continue
    return _until(headers.get("retry-after"), headers.get("date"))


def _until(moment: str | None, now: str | None) -> float | None:
    try:
        return max(0.0, (parsedate_to_datetime(moment or "") - parsedate_to_datetime(now or "")).total_seconds())
    except (TypeError, ValueError):  # no date, or one with a zone and one without
        return None


def error_in(chunk: object) -> StreamCellError | None:
    """Return the error that a chunk holds, or None."""
    error = field_of(chunk, "error")
    if error:
        return error_in_stream(error)
    return error_in_stream(chunk) if field_of(chunk, "type") == "error" else None
