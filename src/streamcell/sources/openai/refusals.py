"""What refusals mean: a table from servers' statuses, codes and words to our errors. Pure.

`docs/servers.md` shows this table; `python -m tests.sources.tables` writes it there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from ... import _words
from ..._errors import (
    AuthenticationFailed,
    BadRequest,
    ContentFiltered,
    ContextTooLong,
    ModelNotFound,
    NotAStream,
    PermissionDenied,
    ProviderFailed,
    QuotaExhausted,
    RateLimited,
    Step,
    StreamCellError,
    TimedOut,
)
from .words import Told

__all__ = ["REFUSALS", "Refusal", "meaning_of"]


@dataclass(frozen=True)
class Refusal:
    """One row. It applies to a refusal if the status matches, and one of the codes or words does.

    Attributes:
        meaning: what the refusal means; shown in `docs/servers.md` only.
        error: the error class.
        status: HTTP statuses, separated by spaces: `404`, `5xx`, or `-` for an error without a status, as inside a
            stream. Empty: any status.
        codes: error codes, in lower case. A row without codes and words matches by its status alone.
        words: phrases in the server's message; case does not matter. `…` stands for up to 80 characters, and `=` at the
            beginning means that the phrase is the whole message.
        kind: the error's kind, or None for that of `error`.
        title: the card's title, or None for that of `error`.
        steps: the card's next steps, or None for those of `error`.
    """

    meaning: str
    error: type[StreamCellError]
    status: str = ""
    codes: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    kind: str | None = None
    title: str | None = None
    steps: tuple[Step, ...] | None = None

    @cached_property
    def _said(self) -> re.Pattern[str] | None:
        return re.compile("|".join(map(_pattern, self.words)), re.IGNORECASE) if self.words else None

    def fits(self, told: Told, status: int | None) -> bool:
        """Whether this row applies to a refusal."""
        if self.status and not any(_is_status(one, status) for one in self.status.split()):
            return False
        if not self.codes and not self.words:
            return True
        return bool(told.codes.intersection(self.codes)) or bool(self._said and self._said.search(told.words))


def _is_status(named: str, status: int | None) -> bool:
    if status is None or named == "-":
        return status is None and named == "-"
    return str(status // 100) == named[0] if named.endswith("xx") else str(status) == named


def _pattern(phrase: str) -> str:
    if phrase.startswith("="):
        return rf"\A\W*{re.escape(phrase[1:])}\W*\Z"
    pattern = r".{0,80}?".join(re.escape(part) for part in phrase.split("…"))
    before = r"\b" if phrase[0].isalnum() and phrase[0].isascii() else ""
    return before + pattern


def meaning_of(told: Told, status: int | None) -> Refusal:
    """Return the first row that applies. The last one applies to everything: an unknown error is the provider's."""
    return next(row for row in REFUSALS if row.fits(told, status))


REFUSALS: Final = (
    Refusal(
        "the account has no credit left",
        QuotaExhausted,
        codes=(
            *("insufficient_quota", "insufficient_user_quota", "exceeded_current_quota_error", "insufficient_balance"),
            *("billing_hard_limit_reached", "billing_not_active", "insufficient_credits", "arrearage"),
            *("billing_error", "base_resp.1008"),
        ),
    ),
    Refusal("the account has no credit left", QuotaExhausted, "402"),
    Refusal("the request is larger than the server accepts", ContextTooLong, "413", title=_words.REQUEST_TOO_LARGE),
    Refusal(
        "the request is larger than the server accepts",
        ContextTooLong,
        codes=("request_too_large",),
        words=("request too large", "request entity too large", "payload too large"),
        title=_words.REQUEST_TOO_LARGE,
    ),
    Refusal(
        "the prompt is longer than the model's context window",
        ContextTooLong,
        codes=(
            *("context_length_exceeded", "exceed_context_size_error", "string_above_max_length", "prompt_too_long"),
            *("input_too_long", "model_context_window_exceeded", "base_resp.1039"),
        ),
    ),
    Refusal(
        "a rate limit was reached",
        RateLimited,
        codes=(
            *("rate_limit_exceeded", "rate_limit_error", "rate_limit_reached_error", "too_many_requests"),
            *("throttlingexception", "throttling", "throttling.ratequota", "throttling.allocationquota"),
            *("limit_requests", "limit_burst_rate", "ratelimitreached", "base_resp.1002"),
        ),
        words=("too many requests", "rate limit", "rate-limit", "too many tokens, please wait", "throttled"),
    ),
    Refusal(
        "a rate limit was reached",
        RateLimited,
        "429",
        words=("too many tokens", "retry in", "try again in", "retry after", "try again later", "per minute"),
    ),
    Refusal(
        "the prompt is longer than the model's context window",
        ContextTooLong,
        words=(
            *("maximum context", "context length", "context window", "context size", "context limit"),
            *("exceeds context", "exceeds the context", "context shift is disabled"),
            *("prompt is too long", "prompt too long", "input is too long", "input too long", "too many tokens"),
            *("too many input tokens", "input length and", "reduce the length", "reduce your message size"),
            *(
                "exceeds the maximum number of tokens",
                "maximum allowed number of input tokens",
                "maximum prompt length",
            ),
            *("input token count … exceed", "tokens + `max_new_tokens` must be", "must have less than … tokens"),
            "range of input length should be",
        ),
    ),
    Refusal(
        "the account has no credit left",
        QuotaExhausted,
        "- 400 401 403 429",
        words=(
            *("insufficient balance", "insufficient account balance", "insufficient credit", "insufficient quota"),
            *("insufficient fund", "exceeded your current quota", "credit balance", "out of credit", "more credits"),
            *("no credit", "not enough credit", "not enough balance", "purchase credits", "billing", "spending limit"),
            *("quota exceeded", "quota has been exceeded", "quota is not enough", "quota exhausted", "used up"),
            *("payment required", "account is in good standing", "余额不足", "欠费"),
        ),
    ),
    Refusal(
        "the server is loading its model; more attempts are made",
        ProviderFailed,
        "- 409 425 5xx",
        codes=("model_loading", "loading_model", "modelnotready", "modelnotreadyexception", "warming_up"),
        words=(
            *("loading model", "loading the model", "model is loading", "model … is loading", "currently loading"),
            *("still loading", "being loaded", "still being loaded", "warming up", "cold start", "is starting up"),
        ),
        kind="loading",
        title=_words.LOADING,
        steps=(Step(_words.RETRY_WHEN_LOADED),),
    ),
    Refusal("the server is overloaded", ProviderFailed, "529", title=_words.OVERLOADED),
    Refusal(
        "the server is overloaded",
        ProviderFailed,
        "- 429 5xx",
        codes=("overloaded_error", "engine_overloaded_error", "server_overloaded", "overloaded"),
        words=("overloaded", "over capacity", "at capacity", "no available capacity"),
        title=_words.OVERLOADED,
    ),
    Refusal(
        "the provider's content filter blocked the request or the answer",
        ContentFiltered,
        codes=(
            *("content_filter", "content_policy_violation", "responsibleaipolicyviolation", "content_blocked"),
            *(
                "data_inspection_failed",
                "datainspectionfailed",
                "moderation_blocked",
                "base_resp.1026",
                "base_resp.1027",
            ),
        ),
        words=(
            *("content management policy", "content policy", "content filter", "input was flagged"),
            *("inappropriate content", "blocked by safety"),
        ),
    ),
    Refusal(
        "the API key is not accepted",
        AuthenticationFailed,
        "401",
    ),
    Refusal(
        "the API key is not accepted",
        AuthenticationFailed,
        "- 400 403 5xx",
        codes=(
            *("invalid_api_key", "authentication_error", "invalidapikey", "api_key_invalid", "unauthenticated"),
            *(
                "invalid_authentication_error",
                "incorrect_api_key_error",
                "unauthorized",
                "base_resp.1004",
                "base_resp.2049",
            ),
        ),
        words=(
            *("incorrect api key", "invalid api key", "api key not valid", "api key is invalid", "invalid api-key"),
            *(
                "missing api key",
                "no api key",
                "no auth credentials",
                "invalid authentication",
                "missing authentication",
            ),
        ),
    ),
    Refusal(
        "the model exists, but does not take this kind of request",
        BadRequest,
        "404",
        words=("no endpoints found that", "no endpoints found matching", "no allowed providers"),
    ),
    Refusal(
        "the request names something that does not exist",
        BadRequest,
        "400 404",
        codes=("previous_response_not_found", "conversation_not_found"),
        words=("previous response", "response with id", "conversation with id", "no such file", "file with id"),
        title=_words.NAMES_WHAT_IS_NOT_THERE,
    ),
    Refusal(
        "the server does not have this model",
        ModelNotFound,
        "- 400 403 404 410 422 5xx",
        codes=(
            *("model_not_found", "deploymentnotfound", "modelnotfound", "model_not_available", "model_decommissioned"),
            *("unknown_model", "model_not_exist", "invalid_model", "resource_not_found_error"),
        ),
        words=(
            *("model … not found", "models/… not found", "model … does not exist", "model not exist", "no such model"),
            *("unknown model", "invalid model", "not a valid model", "no endpoints found", "try pulling it"),
            *("deployment … does not exist", "deployment … not found", "no available channel for model"),
        ),
    ),
    Refusal(
        "the server does not have this model",
        ModelNotFound,
        "- 400 403 404 410 422",
        words=(
            *("model … is not available", "model … no longer", "model … has been decommissioned"),
            *("model … has been deprecated", "no models loaded", "no model loaded"),
        ),
    ),
    Refusal(
        "the server does not have this API",
        NotAStream,
        "- 400 404 405 500 501",
        words=(
            *("unexpected endpoint or method", "unknown endpoint", "unsupported endpoint", "no such endpoint"),
            *("endpoint not found", "endpoint … not supported", "endpoint … not implemented", "no such route"),
            *("route not found", "route … not found", "no route matched", "invalid url (", "unrecognized request url"),
            *("unknown request url", "cannot post /", "page not found", "method … not implemented"),
            *(
                "=not implemented",
                "not implemented yet",
                "not yet implemented",
                "responses api is not",
                "/responses is not",
            ),
        ),
        kind="no_route",
        title=_words.NO_ADDRESS,
    ),
    Refusal(
        "the server does not have this API",
        NotAStream,
        "500 501",
        codes=("not_implemented",),
        kind="no_route",
        title=_words.NO_ADDRESS,
    ),
    Refusal("the server does not have this model", ModelNotFound, "404", words=("model", "deployment")),
    Refusal(
        "the server refuses the model or a parameter",
        BadRequest,
        "404 405 501",
        words=("model", "deployment", "parameter"),
    ),
    Refusal(
        # It may be a missing API, which `source.py` remembers for the server, but this message is too vague for that.
        "the server does not have this address or resource",
        NotAStream,
        "404",
        words=("resource",),
        kind="no_resource",
        title=_words.NO_ADDRESS_OR_RESOURCE,
    ),
    Refusal("the server does not have this API", NotAStream, "404 405 501", kind="no_route", title=_words.NO_ADDRESS),
    Refusal(
        "the API key is not allowed to do this",
        PermissionDenied,
        "- 400",
        codes=("permission_denied", "permission_error", "unsupported_country_region_territory", "accessdenied"),
    ),
    Refusal("the API key is not allowed to do this", PermissionDenied, "403"),
    Refusal("the request timed out", TimedOut, "408 504 524"),
    Refusal(
        "the request timed out",
        TimedOut,
        "-",
        codes=("timeout", "request_timeout", "deadline_exceeded", "base_resp.1001"),
    ),
    Refusal(
        "a server between here and the provider gave up",
        ProviderFailed,
        "499",
        title=_words.GATEWAY_GAVE_UP,
    ),
    Refusal("a rate limit was reached", RateLimited, "429"),
    Refusal("a rate limit was reached", RateLimited, "-", codes=("resource_exhausted",)),
    Refusal("the server rejects the request", BadRequest, "4xx"),
    Refusal(
        "the server rejects the request",
        BadRequest,
        "-",
        codes=(
            *("invalid_request_error", "badrequesterror", "invalid_argument", "invalid_parameter", "invalidparameter"),
            *("validation", "validation_error", "unsupported_parameter", "invalid_prompt", "base_resp.2013"),
        ),
    ),
    Refusal("anything else: the provider failed", ProviderFailed),
)
"""The first row that applies is used, so specific rows come before general ones."""
