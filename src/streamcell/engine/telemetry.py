"""The log's entries as standard `logging` records and, if OpenTelemetry is installed, as its spans.

The attributes of both are named as in OpenTelemetry's semantic conventions for generative AI (`gen_ai.…`).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from typing import Any, Final
from urllib.parse import urlsplit

from .._errors import without_secrets
from .log import Entry, shown

__all__ = ["Telemetry", "provider_of"]

_log: Final = logging.getLogger("streamcell")
_log.addHandler(logging.NullHandler())  # a library prints nothing unless the user configures logging


def _take_secrets_out(record: logging.LogRecord) -> bool:
    """Remove secrets from a warning or error and its traceback: exceptions of other libraries may contain a key."""
    if record.levelno >= logging.WARNING:
        record.msg, record.args = without_secrets(record.getMessage()), None
        if record.exc_info:
            record.exc_text = without_secrets(logging.Formatter().formatException(record.exc_info))
            record.exc_info = None  # formatters then use `exc_text`
    return True


_log.addFilter(_take_secrets_out)

_ENDS: Final = ("done", "stopped", "failed", "interrupted", "waiting", "calling")

_REFUSED: Final = 400  # HTTP statuses from here on are errors

_PROVIDERS: Final = (
    (re.compile(r"(^|\.)api\.openai\.com$"), "openai"),
    (re.compile(r"\.(openai|cognitiveservices)\.azure\.(com|us|cn)$"), "azure.ai.openai"),
    (re.compile(r"\.ai\.azure\.com$"), "azure.ai.inference"),
    (re.compile(r"^api\.anthropic\.com$"), "anthropic"),
    (re.compile(r"^api\.cohere\.(com|ai)$"), "cohere"),
    (re.compile(r"^api\.deepseek\.com$"), "deepseek"),
    (re.compile(r"^api\.groq\.com$"), "groq"),
    (re.compile(r"(^|\.)api\.mistral\.ai$"), "mistral_ai"),
    (re.compile(r"^api\.perplexity\.ai$"), "perplexity"),
    (re.compile(r"(^|\.)api\.x\.ai$"), "x_ai"),
    (re.compile(r"^generativelanguage\.googleapis\.com$"), "gcp.gemini"),
    (re.compile(r"(^|[.-])aiplatform\.googleapis\.com$"), "gcp.vertex_ai"),
    (re.compile(r"^bedrock[a-z-]*\.[a-z0-9.-]+\.(amazonaws\.com(\.cn)?|api\.aws)$"), "aws.bedrock"),
    (re.compile(r"\.ml\.cloud\.ibm\.com$"), "ibm.watsonx.ai"),
)
"""Hosts of the providers that the conventions name (`gen_ai.provider.name`)."""


def provider_of(endpoint: str) -> str:
    """Return the provider's name in the semantic conventions, or the host's name if they have none for it."""
    host = (urlsplit(endpoint).hostname or "").rstrip(".")
    return next((name for pattern, name in _PROVIDERS if pattern.search(host)), host or "unknown")


@cache
def _tracer() -> Any:
    """Return our OpenTelemetry tracer, or None if OpenTelemetry is not installed."""
    if find_spec("opentelemetry") is None or find_spec("opentelemetry.trace") is None:
        return None
    from opentelemetry import trace

    return trace.get_tracer("streamcell")


class Telemetry:
    """Reports one stream: a record for each entry, a span for each request. Used on the driver's thread only."""

    def __init__(self) -> None:
        self._attributes: dict[str, Any] = {}
        self._span: Any = None
        self._error: str | None = None

    def take(self, entry: Entry) -> None:
        """Report one entry: at level DEBUG if it holds text of the answer or data of a tool, else at INFO."""
        ends = entry.kind == "status" and entry.data["status"] in _ENDS
        try:
            if entry.kind == "request":
                self._begin(entry.data)
            elif entry.kind in ("response", "status"):
                self._add(entry)
            self._record(entry)
        finally:  # a handler or an exporter of the user's may raise anything
            if ends:
                self._end(entry.data)

    def _record(self, entry: Entry) -> None:
        level = logging.DEBUG if entry.kind in ("chunk", "text", "tool") else logging.INFO
        if _log.isEnabledFor(level):
            words = " ".join(f"{name}={value!r}" for name, value in shown(entry).data.items())
            _log.log(
                level, "%s (attempt %d, at %.3f s): %s", entry.kind, entry.run, entry.at, words, extra=self._attributes
            )

    def _add(self, entry: Entry) -> None:
        known = _attributes_of(entry)
        self._attributes.update(known)
        if entry.kind == "response":
            status = int(entry.data["status"])
            self._error = str(status) if status >= _REFUSED else None
        if self._span is not None:
            self._span.set_attributes(known)

    def _begin(self, data: Mapping[str, Any]) -> None:
        self._end_unanswered()
        address = urlsplit(str(data["endpoint"]))
        self._attributes = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": provider_of(str(data["endpoint"])),
            "gen_ai.request.model": data["model"],
            "server.address": address.hostname or "",
            **({"server.port": address.port} if address.port else {}),
        }
        tracer = _tracer()
        if tracer is not None and not data.get("replayed"):
            from opentelemetry.trace import SpanKind

            self._span = tracer.start_span(f"chat {data['model']}", kind=SpanKind.CLIENT, attributes=self._attributes)

    def _end_unanswered(self) -> None:
        """End the span of the last request, which got no answer: another API is tried, or the user pressed Retry."""
        if self._span is not None and self._error is not None:
            self._span.set_attribute("error.type", self._error)
        self._end({} if self._error is None else {"error": self._error, "message": f"HTTP status {self._error}"})
        self._error = None

    def _end(self, data: Mapping[str, Any]) -> None:
        span, self._span = self._span, None
        if span is None:
            return
        try:
            if data.get("error") and data.get("status") != "stopped":  # a stop by the user is not an error
                from opentelemetry.trace import Status, StatusCode

                span.set_status(Status(StatusCode.ERROR, without_secrets(str(data.get("message", "")))))
        finally:
            span.end()


def _attributes_of(entry: Entry) -> dict[str, Any]:
    data = entry.data
    if entry.kind == "response":
        told = {"http.response.status_code": data["status"], "streamcell.request_id": data["request_id"]}
        return {name: value for name, value in told.items() if value is not None}
    usage = data.get("usage") or {}
    told = {
        "streamcell.status": data["status"],
        "streamcell.attempt": data.get("attempt"),
        "gen_ai.response.finish_reasons": (data["finish_reason"],) if data.get("finish_reason") else None,
        "gen_ai.usage.input_tokens": usage.get("input_tokens"),
        "gen_ai.usage.output_tokens": usage.get("output_tokens"),
        "error.type": None if data["status"] == "stopped" else data.get("error"),
    }
    return {name: value for name, value in told.items() if value is not None}
