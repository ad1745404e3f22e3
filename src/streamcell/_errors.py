"""The exceptions: each carries the error card that the cell shows for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, ClassVar, Final

from . import _words as words
from ._terminal import inert_words

__all__ = [
    "AuthenticationFailed",
    "BadData",
    "BadRequest",
    "ConnectionFailed",
    "ContentFiltered",
    "ContextTooLong",
    "Flagged",
    "Interrupted",
    "InvalidAnswer",
    "ModelNotFound",
    "ModerationFailed",
    "NoKey",
    "NotAStream",
    "NotRecorded",
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
    "recorded_error",
    "without_keys",
    "without_secrets",
]

_KEYS = (
    # Whole, or masked with stars. It must have a digit: hyphenated words can begin alike (sk-toggleable).
    re.compile(r"\bsk-(?=[A-Za-z_\-]*[0-9*])[A-Za-z0-9_\-*]{16,}"),
    re.compile(r"\b(?:AIza|gsk_|hf_|xai-|pplx-)[A-Za-z0-9_\-*]{16,}"),
    re.compile(r"\beyJ[A-Za-z0-9_\-]{8,}\.eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}"),  # a JSON Web Token
)
"""Keys that are recognised by their shape, whatever the text around them."""

_NAMES = (
    r"api[-_ ]?key|secret[-_]?key|authorization|password|passwd"
    r"|(?:access|auth|bearer|refresh|session|id|client|security)[-_]?(?:token|secret)"
)
_TOLD = (
    *_KEYS,
    re.compile(r"\bsk-[A-Za-z0-9_\-*]{6,}"),
    # "basic authentication" and the like are prose, not a header.
    re.compile(r"(?i)\b(bearer|basic)\s+(?!(?:auth|token|credential)[a-z]*\b)[A-Za-z0-9._~+/\-]{8,}=*"),
    re.compile(rf"(?i)((?:{_NAMES})[\"']?\s*[:=]\s*[\"']?)[^\s\"'&,;]{{6,}}"),
    # "token: …" may be prose or part of a grammar; a secret token is long and has both letters and digits.
    re.compile(r"(?i)(\btoken[\"']?\s*[:=]\s*[\"']?)(?=[a-z._\-]*[0-9])(?=[0-9._\-]*[a-z])[A-Za-z0-9._~+/\-]{16,}=*"),
    re.compile(r"(?i)([?&]key=)[^\s\"'&]+"),
    re.compile(r"(?<=://)[^/@\s]+(?=@)"),
)
_BASE64 = re.compile(r"([A-Za-z0-9+/]{40})[A-Za-z0-9+/]{200,}={0,2}")
_DETAIL_LIMIT = 2_000  # characters of a provider's message on a card: it may be a whole HTML page


def without_secrets(text: str, secrets: Iterable[str] = ()) -> str:
    """Return a message or a header with secrets replaced by `…`.

    Replaced are the given `secrets`, everything shaped like a key, and values whose name says that they are secret
    (`api_key=…`). The base64 of a file is shortened, because some servers echo the whole request.
    """
    return _BASE64.sub(lambda found: f"{found[1]}…", _masked(without_keys(text, secrets), _TOLD))


def without_keys(text: str, secrets: Iterable[str] = ()) -> str:
    """Return text of an answer with the given `secrets`, and everything shaped like a key, replaced by `…`.

    Unlike `without_secrets`, names do not count: an answer may be about tokens and passwords, and chunks have fields
    with such names.
    """
    for secret in secrets:
        if len(secret) >= _WHOLE:
            text = text.replace(secret, "…")
        elif len(secret) >= _LEAST:  # a key this short may occur inside a word
            text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", "…", text)
    return _masked(text, _KEYS)


_LEAST, _WHOLE = 4, 8  # characters


def _masked(text: str, patterns: Iterable[re.Pattern[str]]) -> str:
    for pattern in patterns:
        text = pattern.sub(lambda found: f"{found.group(1)}…" if found.re.groups and found.group(1) else "…", text)
    return text


@dataclass(frozen=True)
class Step:
    """One thing that the user can do next: a sentence, and optionally a line of code."""

    text: str
    code: str | None = None


class StreamCellError(Exception):
    """The base class: why an answer is incomplete, with what the cell's error card shows.

    Attributes:
        detail: the provider's own message, without secrets, at most 2,000 characters.
        text: what was received before the error.
        retryable: whether the same request may succeed later.
        retry_after: how many seconds the provider asked to wait, or None.
        wait_limit: the longest wait, in seconds, that the retry policy obeys, if the provider asked for a longer one.
        request_id: the provider's id of the request, for its support, or None.
        status_code: the HTTP status, or None.
        next_steps: what the user can do next, as the card lists it.
    """

    kind: ClassVar[str] = "provider"
    title: ClassVar[str] = words.PROVIDER_FAILED
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
        wait_limit: float | None = None,
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
        self.wait_limit = wait_limit
        self.next_steps = self.steps if steps is None else steps
        if retry_after is not None and retry_after >= 1 and self.retryable:
            plain = wait = Step(words.wait_first(words.span(retry_after)))
            if wait_limit is not None:
                wait = Step(words.wait_longer(words.span(retry_after), words.span(wait_limit)))
            others = () if steps is None else tuple(step for step in steps if step not in (plain, wait))
            self.next_steps = (wait, *others)
        self.error_kind = kind or self.kind
        self.error_title = title or self.title
        super().__init__(self.error_title if not self.detail else f"{self.error_title}: {self.detail}")

    def __str__(self) -> str:
        """Return what happened, how much text was kept, and up to three next steps, as one paragraph."""
        parts = [super().__str__().rstrip(".") + "."]
        if self.text:
            parts.append(words.kept(len(self.text)))
        if self.request_id:
            parts.append(words.request_id(self.request_id))
        parts.extend(step.text if step.code is None else f"{step.text} {step.code}" for step in self.next_steps[:3])
        return " ".join(parts)

    def with_text(self, text: str) -> StreamCellError:
        """Return a copy with `text`: what was received before the error."""
        return self._with(text=text)

    def with_detail(self, detail: str) -> StreamCellError:
        """Return a copy with another `detail`."""
        return self._with(detail=detail)

    def with_wait_limit(self, seconds: float) -> StreamCellError:
        """Return a copy that says how long a cell waits at most, because the provider asked for a longer wait."""
        return self._with(wait_limit=seconds)

    def fresh(self) -> StreamCellError:
        """Return a copy without a traceback: raising the same object again would make its traceback longer."""
        return self._with().with_traceback(None)

    def _with(self, **changed: Any) -> StreamCellError:
        told = _made(type(self), {**self._fields(), **changed}).with_traceback(self.__traceback__)
        told.__cause__ = self.__cause__
        return told

    def _fields(self) -> dict[str, Any]:
        return {
            "detail": self.detail,
            "text": self.text,
            "request_id": self.request_id,
            "status_code": self.status_code,
            "retry_after": self.retry_after,
            "wait_limit": self.wait_limit,
            "steps": self.next_steps,
            "kind": self.error_kind,
            "title": self.error_title,
        }

    def particulars(self) -> dict[str, Any]:
        """Return the fields of the card that are not those of every error of this type, as plain JSON values."""
        usual = _made(type(self), {"detail": self.detail, "retry_after": self.retry_after})._fields()
        found = {name: value for name, value in self._fields().items() if value != usual[name]}
        found.pop("text", None)
        if "steps" in found:
            found["steps"] = [[step.text, step.code] for step in self.next_steps]
        if self.retry_after is not None:
            found["retry_after"] = self.retry_after
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the fields: by default an exception is rebuilt from its message, which would repeat the title."""
        return _made, (type(self), self._fields())

    def card(self) -> Mapping[str, Any]:
        """Return what the page shows, as plain JSON values without secrets."""
        return {
            "kind": self.error_kind,
            "title": self.error_title,
            "detail": self.detail,
            "kept": len(self.text),
            "next": [{"text": step.text, "code": step.code} for step in self.next_steps],
            "request_id": self.request_id,
            "status_code": self.status_code,
            "categories": [],
        }


def recorded_error(name: object, detail: object, card: object) -> StreamCellError:
    """Return the error of a recording: by its type's name, its detail, and its `particulars`, whatever these hold."""
    kinds = {kind.__name__: kind for kind in _kinds(StreamCellError)}
    kind = kinds.get(name, StreamCellError) if isinstance(name, str) else StreamCellError
    given: Mapping[str, Any] = card if isinstance(card, Mapping) else {}
    fields: dict[str, Any] = {"detail": detail if isinstance(detail, str) else ""}
    fields.update({one: given[one] for one in ("kind", "title", "request_id") if isinstance(given.get(one), str)})
    status, after, steps = given.get("status_code"), given.get("retry_after"), given.get("steps")
    if isinstance(status, int):
        fields["status_code"] = status
    if isinstance(after, (int, float)) and 0 <= after < _LONGEST_WAIT:
        fields["retry_after"] = float(after)
    if isinstance(limit := given.get("wait_limit"), (int, float)) and 0 <= limit < _LONGEST_WAIT:
        fields["wait_limit"] = float(limit)
    errors = given.get("errors")
    if kind is InvalidAnswer and isinstance(errors, list):
        fields["errors"] = tuple(
            (one[0], one[1])
            for one in errors[:_ERRORS]
            if isinstance(one, list) and len(one) == 2 and all(isinstance(word, str) for word in one)
        )
    if isinstance(steps, list):
        pairs = [one for one in steps[:_STEPS] if isinstance(one, list) and len(one) == 2]
        fields["steps"] = tuple(
            Step(text, code if isinstance(code, str) else None) for text, code in pairs if isinstance(text, str)
        )
    if kind is Flagged:
        fields["categories"] = _recorded_categories(given.get("categories"))
    return _made(kind, fields)


def _recorded_categories(found: object) -> dict[str, float | None]:
    """Return the categories of a recorded card, whatever it holds."""
    if not isinstance(found, Mapping):
        return {}
    return {
        name: float(score) if isinstance(score, (int, float)) and abs(score) < _LONGEST_WAIT else None
        for name, score in found.items()
        if isinstance(name, str)
    }


_STEPS: Final = 10  # steps of a recorded card: far more than any error has
_LONGEST_WAIT: Final = 1e9  # seconds


def _kinds(kind: type[StreamCellError]) -> Iterable[type[StreamCellError]]:
    return (kind, *(one for below in kind.__subclasses__() for one in _kinds(below)))


def _made(kind: type[StreamCellError], fields: Mapping[str, Any]) -> StreamCellError:
    return kind(**fields)


_RETRY_STEP = Step(words.RETRY)
REPORT: Final = Step(words.REPORT)


class NoKey(StreamCellError):
    """No API key and no client was given; nothing was sent."""

    kind = "no_key"
    title = words.NO_KEY
    steps = (Step(*words.GIVE_KEY), Step(*words.USE_ANOTHER_SERVER), Step(*words.REHEARSE))


class AuthenticationFailed(StreamCellError):
    """The provider did not accept the API key (HTTP 401)."""

    kind = "authentication"
    title = words.KEY_NOT_ACCEPTED
    steps = (Step(words.CHECK_KEY),)


class PermissionDenied(StreamCellError):
    """The API key is valid but is not allowed to do this (HTTP 403)."""

    kind = "permission"
    title = words.NOT_ALLOWED
    steps = (Step(words.OTHER_MODEL),)


class ModelNotFound(StreamCellError):
    """The server does not have this model (HTTP 404)."""

    kind = "model_not_found"
    title = words.NO_SUCH_MODEL
    steps = (Step(words.LIST_MODELS, words.LIST_MODELS_OF_OPENAI),)


class ContextTooLong(StreamCellError):
    """The prompt is longer than the model's context window, or the request is too large (HTTP 413)."""

    kind = "context_length"
    title = words.PROMPT_TOO_LONG
    steps = (Step(words.SHORTEN),)


class BadRequest(StreamCellError):
    """The provider rejected the request (another HTTP 4xx)."""

    kind = "bad_request"
    title = words.REQUEST_REFUSED
    steps = (Step(words.CHANGE_REQUEST),)


class RateLimited(StreamCellError):
    """The provider's limit of requests or tokens per time was reached (HTTP 429)."""

    kind = "rate_limit"
    title = words.RATE_LIMITED
    retryable = True
    steps = (Step(words.RETRY_IN_A_MOMENT),)


class QuotaExhausted(StreamCellError):
    """The account has no credit left (HTTP 402, or 429 with `insufficient_quota`); a retry does not help."""

    kind = "quota"
    title = words.QUOTA_USED_UP
    steps = (Step(words.CHECK_BILLING),)


class ConnectionFailed(StreamCellError):
    """The server could not be reached, or closed the connection before it answered; no text was received."""

    kind = "connection"
    title = words.NO_CONNECTION
    retryable = True
    steps = (Step(words.CHECK_NETWORK),)


def closed_early(detail: str, *, request_id: str | None = None) -> ConnectionFailed:
    """Return the error for a connection that ended before any part of an answer was received."""
    return ConnectionFailed(
        detail,
        request_id=request_id,
        kind="closed",
        title=words.CLOSED_EARLY,
        steps=(Step(words.RETRY_OR_LOOK),),
    )


class TimedOut(StreamCellError):
    """The server took too long: see `Timeouts`, or HTTP 408, 504 or 524."""

    kind = "timeout"
    title = words.NOT_IN_TIME
    retryable = True
    steps = (_RETRY_STEP,)


class Interrupted(StreamCellError):
    """The stream ended without the provider's end mark; the text so far is kept."""

    kind = "interrupted"
    title = words.CUT_OFF
    retryable = True
    steps = (_RETRY_STEP,)


class Stalled(Interrupted):
    """The server sent nothing for too long in the middle of an answer (see `Timeouts`); the text so far is kept."""

    kind = "stalled"
    title = words.FELL_SILENT


class ProviderFailed(StreamCellError):
    """The provider failed (HTTP 5xx, or an error inside the stream)."""

    kind = "provider"
    title = words.PROVIDER_FAILED
    retryable = True
    steps = (_RETRY_STEP,)


class ContentFiltered(StreamCellError):
    """The provider's content filter withheld the answer or refused the prompt."""

    kind = "content_filter"
    title = words.FILTERED
    steps = (Step(words.REPHRASE),)


class Flagged(StreamCellError):
    """The moderator flagged the prompt or the answer; the text before that is kept.

    Attributes:
        categories: what was flagged, by name, each with its score, or None if the moderator gave none.
    """

    kind = "flagged"
    title = words.FLAGGED
    steps = (Step(words.REPHRASE_OR_RETRY),)

    def __init__(
        self, detail: str = "", *, categories: Mapping[str, float | None] | None = None, **fields: Any
    ) -> None:
        super().__init__(detail, **fields)
        known = list((categories or {}).items())[:_CATEGORIES]
        self.categories: dict[str, float | None] = {
            inert_words(without_secrets(name))[:_CATEGORY]: score for name, score in known
        }

    def _fields(self) -> dict[str, Any]:
        return {**super()._fields(), "categories": self.categories}

    def card(self) -> Mapping[str, Any]:
        """Return what the page shows, with the categories."""
        found = [{"name": name, "score": score} for name, score in self.categories.items()]
        return {**super().card(), "categories": found}


_CATEGORIES: Final = 20
_CATEGORY: Final = 80  # characters of a name


class ModerationFailed(StreamCellError):
    """The moderator could not judge a text, and `on_failure` is `"closed"`; the text that was judged is kept."""

    kind = "moderation"
    title = words.NOT_JUDGED
    steps = (Step(words.RETRY_OR_OPEN),)


class BadData(StreamCellError):
    """The server sent something that does not follow its API; the text so far is kept."""

    kind = "bad_data"
    title = words.UNREADABLE
    steps = (_RETRY_STEP,)


class NotAStream(StreamCellError):
    """The server answered, but not with a stream of this API."""

    kind = "not_a_stream"
    title = words.NOT_A_STREAM
    steps = (Step(words.CHECK_ADDRESS),)


class SourceFailed(StreamCellError):
    """The iterator or callable that was given raised, or gave something other than text or chunks; see `__cause__`."""

    kind = "source"
    title = words.SOURCE_FAILED
    steps = (Step(words.CORRECT_SOURCE),)


class TooManyRounds(StreamCellError):
    """The model asked for another round of tool calls than `max_rounds` allows."""

    kind = "too_many_rounds"
    title = words.TOO_MANY_ROUNDS
    steps = (Step(words.MORE_ROUNDS),)

    @classmethod
    def after(cls, rounds: int) -> TooManyRounds:
        """Return the error for a limit of `rounds` rounds."""
        return cls(words.rounds_made(rounds))


class InvalidAnswer(StreamCellError):
    """A structured answer is complete, but not what `response_format=` asked for; the text is kept.

    Attributes:
        errors: what is wrong, as pairs of a path, such as `items[3].price` (empty for the whole answer), and a reason;
            at most 20 of them.
    """

    kind = "invalid_answer"
    title = words.INVALID_ANSWER
    steps = (_RETRY_STEP, Step(words.LET_IT_REPAIR))

    def __init__(self, detail: str = "", *, errors: Iterable[tuple[str, str]] = (), **fields: Any) -> None:
        clean = (tuple(inert_words(without_secrets(one)) for one in pair) for pair in errors)
        self.errors = tuple((path[:_PATH], reason[:_REASON]) for path, reason in islice(clean, _ERRORS))
        super().__init__(detail, **fields)

    @classmethod
    def of(cls, errors: Iterable[tuple[str, str]], count: int) -> InvalidAnswer:
        """Return the error for what is wrong with an answer, in `count` places."""
        listed = cls(errors=errors).errors
        lines = [f"{path}: {reason}" if path else reason for path, reason in listed]
        more = [words.more_errors(count - len(lines))] if count > len(lines) else []
        return cls("\n".join([*lines, *more]), errors=listed)

    @classmethod
    def unchecked(cls, why: str) -> InvalidAnswer:
        """Return the error for an answer that could not be checked."""
        return cls(why, kind="unchecked_answer", title=words.UNCHECKED_ANSWER, steps=(Step(words.CORRECT_CHECK),))

    def _fields(self) -> dict[str, Any]:
        return {**super()._fields(), "errors": self.errors}


_ERRORS: Final = 20
_PATH: Final = 200  # characters
_REASON: Final = 300  # characters: the reason may quote the value


class NotRecorded(StreamCellError):
    """A recording has no answer to this request, or nothing in it can be played; nothing was sent."""

    kind = "not_recorded"
    title = words.NOT_RECORDED
    steps = (Step(words.CHECK_RECORDING),)


class Stopped(StreamCellError):
    """The answer was stopped before its end; `text` is what was received."""

    kind = "stopped"
    title = words.STOPPED_EARLY
    steps = (Step(words.RETRY_OR_CALL),)
