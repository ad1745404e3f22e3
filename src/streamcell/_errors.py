"""What can go wrong, as a tree of exceptions that carry their own card for the cell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from ._terminal import inert_words

__all__ = [
    "AuthenticationFailed",
    "BadData",
    "BadRequest",
    "ConnectionFailed",
    "ContentFiltered",
    "ContextTooLong",
    "Interrupted",
    "ModelNotFound",
    "NoKey",
    "NotAStream",
    "PermissionDenied",
    "ProviderFailed",
    "QuotaExhausted",
    "RateLimited",
    "SourceFailed",
    "Stalled",
    "Step",
    "Stopped",
    "StreamCellError",
    "TimedOut",
    "closed_early",
    "without_keys",
    "without_secrets",
]

_KEYS = (
    # As issued, or half hidden with stars: with a digit, as words with hyphens have the same beginning (sk-toggleable).
    re.compile(r"\bsk-(?=[A-Za-z_\-]*[0-9*])[A-Za-z0-9_\-*]{16,}"),
    re.compile(r"\b(?:AIza|gsk_|hf_|xai-|pplx-)[A-Za-z0-9_\-*]{16,}"),
    re.compile(r"\beyJ[A-Za-z0-9_\-]{8,}\.eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}"),  # a JSON Web Token
)
"""What has the look of a key wherever it stands."""

_NAMES = (
    r"api[-_ ]?key|secret[-_]?key|authorization|password|passwd"
    r"|(?:access|auth|bearer|refresh|session|id|client|security)[-_]?(?:token|secret)"
)
_TOLD = (
    *_KEYS,
    re.compile(r"\bsk-[A-Za-z0-9_\-*]{6,}"),
    # "basic authentication" and the like are words of a message, not a header.
    re.compile(r"(?i)\b(bearer|basic)\s+(?!(?:auth|token|credential)[a-z]*\b)[A-Za-z0-9._~+/\-]{8,}=*"),
    re.compile(rf"(?i)((?:{_NAMES})[\"']?\s*[:=]\s*[\"']?)[^\s\"'&,;]{{6,}}"),
    # A token may be a word of the answer or of a grammar; one that is a secret is long, and letters and digits.
    re.compile(r"(?i)(\btoken[\"']?\s*[:=]\s*[\"']?)(?=[a-z._\-]*[0-9])(?=[0-9._\-]*[a-z])[A-Za-z0-9._~+/\-]{16,}=*"),
    re.compile(r"(?i)([?&]key=)[^\s\"'&]+"),
    re.compile(r"(?<=://)[^/@\s]+(?=@)"),
)
_BASE64 = re.compile(r"([A-Za-z0-9+/]{40})[A-Za-z0-9+/]{200,}={0,2}")
_DETAIL_LIMIT = 2_000  # characters of a provider's words that a card shows: an HTML error page is not a message


def without_secrets(text: str, secrets: Iterable[str] = ()) -> str:
    """Return a message or a header with the given secrets, and whatever is named as one, replaced by `…`.

    Secret is what has the look of a key, and what stands behind a name that keys have. Base64 of a file is shortened:
    some servers say the whole request back.
    """
    return _BASE64.sub(lambda found: f"{found[1]}…", _masked(without_keys(text, secrets), _TOLD))


def without_keys(text: str, secrets: Iterable[str] = ()) -> str:
    """Return words of an answer with the given secrets, and whatever has the look of a key, replaced by `…`.

    What a name says is no reason here: an answer may speak of tokens and passwords, and chunks have fields named so.
    """
    for secret in secrets:
        if len(secret) >= _WHOLE:
            text = text.replace(secret, "…")
        elif len(secret) >= _LEAST:  # so short a key may be a part of any word
            text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", "…", text)
    return _masked(text, _KEYS)


_LEAST, _WHOLE = 4, 8  # characters


def _masked(text: str, patterns: Iterable[re.Pattern[str]]) -> str:
    for pattern in patterns:
        text = pattern.sub(lambda found: f"{found.group(1)}…" if found.re.groups and found.group(1) else "…", text)
    return text


def _span(seconds: float) -> str:
    """Return a wait as people say it."""
    for unit, size, most in (("s", 1, 120), ("min", 60, 120), ("h", 3_600, 100), ("days", 86_400, 730)):
        if seconds / size < most:
            return f"{seconds / size:,.0f} {unit}"
    return "more than two years"


@dataclass(frozen=True)
class Step:
    """One thing to do next: a sentence, and maybe a line of code."""

    text: str
    code: str | None = None


class StreamCellError(Exception):
    """Why an answer is not whole: what the cell's card says, as an exception.

    `text` is what was received before it happened; nothing of it is lost. `retryable` says whether the same request
    may succeed later, `retry_after` how many seconds the provider asked to wait, `request_id` what to tell its support.
    """

    kind: ClassVar[str] = "provider"
    title: ClassVar[str] = "The provider reported an error"
    retryable: ClassVar[bool] = False
    steps: ClassVar[tuple[Step, ...]] = ()

    def __init__(
        self,
        detail: str = "",
        *,
        text: str = "",
        request_id: str | None = None,
        status_code: int | None = None,
        retry_after: float | None = None,
        steps: tuple[Step, ...] | None = None,
        kind: str | None = None,
        title: str | None = None,
    ) -> None:
        detail = inert_words(without_secrets(detail))
        self.detail = detail if len(detail) <= _DETAIL_LIMIT else detail[:_DETAIL_LIMIT] + "…"
        self.text = text
        self.request_id = None if request_id is None else inert_words(request_id)
        self.status_code = status_code
        self.retry_after = retry_after
        self.next_steps = self.steps if steps is None else steps
        if retry_after is not None and retry_after >= 1 and self.retryable:
            wait = Step(f"The provider asks to wait {_span(retry_after)}. Press Retry after that.")
            others = () if steps is None else tuple(step for step in steps if step != wait)
            self.next_steps = (wait, *others)
        self.error_kind = kind or self.kind
        self.error_title = title or self.title
        super().__init__(self.error_title if not self.detail else f"{self.error_title}: {self.detail}")

    def __str__(self) -> str:
        """Return what happened, what was kept and what to do next, as one paragraph."""
        parts = [super().__str__().rstrip(".") + "."]
        if self.text:
            parts.append(f"Kept {len(self.text):,} characters of the answer in `.text`.")
        if self.request_id:
            parts.append(f"Request id: {self.request_id}.")
        parts.extend(step.text if step.code is None else f"{step.text} {step.code}" for step in self.next_steps[:3])
        return " ".join(parts)

    def with_text(self, text: str) -> StreamCellError:
        """Return the same error, told how much of the answer had come."""
        return self._with(self.detail, text)

    def with_detail(self, detail: str) -> StreamCellError:
        """Return the same error in other words."""
        return self._with(detail, self.text)

    def fresh(self) -> StreamCellError:
        """Return the same error as one that nobody has raised: who raises one again and again adds to its traceback."""
        told = self._with(self.detail, self.text)
        return told.with_traceback(None)

    def _with(self, detail: str, text: str) -> StreamCellError:
        told = _made(type(self), {**self._fields(), "detail": detail, "text": text}).with_traceback(self.__traceback__)
        told.__cause__ = self.__cause__
        return told

    def _fields(self) -> dict[str, Any]:
        return {
            "detail": self.detail,
            "text": self.text,
            "request_id": self.request_id,
            "status_code": self.status_code,
            "retry_after": self.retry_after,
            "steps": self.next_steps,
            "kind": self.error_kind,
            "title": self.error_title,
        }

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle what it was made of: made of its message, as exceptions are, it would say its title twice."""
        return _made, (type(self), self._fields())

    def card(self) -> Mapping[str, Any]:
        """Return what the page shows: plain JSON values, no secret."""
        return {
            "kind": self.error_kind,
            "title": self.error_title,
            "detail": self.detail,
            "kept": len(self.text),
            "next": [{"text": step.text, "code": step.code} for step in self.next_steps],
            "request_id": self.request_id,
            "status_code": self.status_code,
        }


def _made(kind: type[StreamCellError], fields: Mapping[str, Any]) -> StreamCellError:
    return kind(**fields)


_RETRY_STEP = Step("Press Retry to ask again.")
REPORT: Final = Step(
    "This is a fault of streamcell, or of an HTTP client that it was given: please report it, with what the cell's "
    "result() raises and what its log.to_jsonl() returns."
)


class NoKey(StreamCellError):
    """There is no API key and no client; nothing was sent."""

    kind = "no_key"
    title = "No API key"
    steps = (
        Step(
            "Give OpenAI's key to this kernel, then press Retry:",
            'import os, getpass; os.environ["OPENAI_API_KEY"] = getpass.getpass("OpenAI key: ")',
        ),
        Step(
            "Or use any OpenAI-compatible server, local ones too:",
            "from openai import AsyncOpenAI; from streamcell import stream_cell; "
            'stream_cell("Hello", client=AsyncOpenAI(base_url="http://127.0.0.1:11434/v1", api_key="-"))',
        ),
        Step(
            "Or rehearse without a key or a network:",
            'from streamcell import stream_cell; stream_cell("Hello", model="rehearsal")',
        ),
    )


class AuthenticationFailed(StreamCellError):
    """The provider did not accept this key (HTTP 401)."""

    kind = "authentication"
    title = "The API key was not accepted"
    steps = (Step("Check OPENAI_API_KEY, and that it belongs to this server, then press Retry."),)


class PermissionDenied(StreamCellError):
    """The key is known but may not do this (HTTP 403)."""

    kind = "permission"
    title = "This key may not use this model or region"
    steps = (Step("Choose another model, or ask the owner of the account for access."),)


class ModelNotFound(StreamCellError):
    """The server does not have this model (HTTP 404)."""

    kind = "model_not_found"
    title = "The server does not have this model"
    steps = (Step("List what it has:", "import openai; [m.id for m in openai.OpenAI().models.list()]"),)


class ContextTooLong(StreamCellError):
    """The prompt is longer than the model reads."""

    kind = "context_length"
    title = "The prompt is too long for this model"
    steps = (Step("Shorten the prompt, or choose a model with a larger context."),)


class BadRequest(StreamCellError):
    """The provider refused the request as it is (HTTP 4xx)."""

    kind = "bad_request"
    title = "The server refused this request"
    steps = (Step("Change what the message above names, and run the cell again."),)


class RateLimited(StreamCellError):
    """Too many requests or tokens in this minute (HTTP 429)."""

    kind = "rate_limit"
    title = "Rate limit reached"
    retryable = True
    steps = (Step("Wait a moment, then press Retry."),)


class QuotaExhausted(StreamCellError):
    """The account's credit is used up (HTTP 402, or 429 `insufficient_quota`); a retry cannot help."""

    kind = "quota"
    title = "The account's quota is used up"
    steps = (Step("Check the plan and the billing of this account with the provider."),)


class ConnectionFailed(StreamCellError):
    """The server could not be reached, or closed the connection before it answered; nothing was received."""

    kind = "connection"
    title = "No connection to the server"
    retryable = True
    steps = (Step("Check the network and the server's address (OPENAI_BASE_URL), then press Retry."),)


def closed_early(detail: str, *, request_id: str | None = None) -> ConnectionFailed:
    """Return the error for a connection that was made and has ended before anything of an answer came."""
    return ConnectionFailed(
        detail,
        request_id=request_id,
        kind="closed",
        title="The server closed the connection before it answered",
        steps=(Step("Press Retry to ask again. If it happens each time, look into the server's own log."),),
    )


class TimedOut(StreamCellError):
    """The server took too long."""

    kind = "timeout"
    title = "The server did not answer in time"
    retryable = True
    steps = (_RETRY_STEP,)


class Interrupted(StreamCellError):
    """The stream ended without the provider's own end mark; the text so far is kept."""

    kind = "interrupted"
    title = "The answer was cut off"
    retryable = True
    steps = (_RETRY_STEP,)


class Stalled(Interrupted):
    """The server fell silent in mid-answer and the connection was given up; the text so far is kept."""

    kind = "stalled"
    title = "The server fell silent"


class ProviderFailed(StreamCellError):
    """The provider's own fault (HTTP 5xx, or an error inside the stream)."""

    kind = "provider"
    title = "The provider reported an error"
    retryable = True
    steps = (_RETRY_STEP,)


class ContentFiltered(StreamCellError):
    """The provider withheld the answer."""

    kind = "content_filter"
    title = "The provider's content filter ended this answer"
    steps = (Step("Rephrase the prompt and run the cell again."),)


class BadData(StreamCellError):
    """The server sent something that is not what its API promises; the text so far is kept."""

    kind = "bad_data"
    title = "The server sent data that cannot be read"
    steps = (_RETRY_STEP,)


class NotAStream(StreamCellError):
    """The address answered, but not with a stream of this API."""

    kind = "not_a_stream"
    title = "The server's answer is not a stream"
    steps = (Step("Check OPENAI_BASE_URL: it usually ends in /v1. Some proxies answer with a page of their own."),)


class SourceFailed(StreamCellError):
    """The iterator or the callable that was given raised, or gave something that is no text; see `__cause__`."""

    kind = "source"
    title = "The source of this answer failed"
    steps = (Step("Correct what was given to stream_cell, and run the cell again."),)


class TooManyRounds(StreamCellError):
    """The model called tools again and again, and `max_rounds` allows no further round."""

    kind = "too_many_rounds"
    title = "The model called tools too many times"
    steps = (Step("Ask more precisely, or raise the limit, and run the cell again:", "stream_cell(…, max_rounds=20)"),)

    @classmethod
    def after(cls, rounds: int) -> TooManyRounds:
        """Return the error for a limit of so many rounds."""
        return cls(f"It made {rounds:,} rounds of calls and asked for more.")


class Stopped(StreamCellError):
    """The answer was stopped before its end; `text` holds the text so far."""

    kind = "stopped"
    title = "Stopped before the end"
    steps = (Step("Press Retry, or call .retry(), to ask again."),)
