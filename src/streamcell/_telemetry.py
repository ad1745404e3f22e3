"""The log's entries for others: records of the standard `logging`, and spans of OpenTelemetry where it is installed.

Attributes have the names of OpenTelemetry's semantic conventions for generative AI (`gen_ai.…`), on both.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from typing import Any, Final
from urllib.parse import urlsplit

from ._errors import without_secrets
from ._log import Entry

__all__ = ["Telemetry"]

_log: Final = logging.getLogger("streamcell")
_log.addHandler(logging.NullHandler())  # a library prints nothing of its own accord

_ENDS: Final = ("done", "stopped", "failed", "interrupted", "waiting")


@cache
def _tracer() -> Any:
    """OpenTelemetry's tracer for us, or None where it is not installed."""
    if find_spec("opentelemetry") is None or find_spec("opentelemetry.trace") is None:
        return None
    from opentelemetry import trace

    return trace.get_tracer("streamcell")


class Telemetry:
    """Tells of one stream: a record an entry, a span an attempt. Used on the driver's thread only."""

    def __init__(self) -> None:
        self._attributes: dict[str, Any] = {}
        self._span: Any = None

    def take(self, entry: Entry) -> None:
        """Tell of one entry: chunks as DEBUG, everything else as INFO."""
        if entry.kind == "request":
            self._begin(entry.data)
        elif entry.kind in ("response", "status"):
            known = _attributes_of(entry)
            self._attributes.update(known)
            if self._span is not None:
                self._span.set_attributes(known)
        level = logging.DEBUG if entry.kind in ("chunk", "text") else logging.INFO
        if _log.isEnabledFor(level):
            words = without_secrets(" ".join(f"{name}={value!r}" for name, value in entry.data.items()))
            _log.log(
                level, "%s (attempt %d, at %.3f s): %s", entry.kind, entry.run, entry.at, words, extra=self._attributes
            )
        if entry.kind == "status" and entry.data["status"] in _ENDS:
            self._end(entry.data)

    def _begin(self, data: Mapping[str, Any]) -> None:
        address = urlsplit(str(data["endpoint"]))
        self._attributes = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": data["model"],
            "server.address": address.hostname or "",
            **({"server.port": address.port} if address.port else {}),
        }
        tracer = _tracer()
        if tracer is not None:
            from opentelemetry.trace import SpanKind

            self._span = tracer.start_span(f"chat {data['model']}", kind=SpanKind.CLIENT, attributes=self._attributes)

    def _end(self, data: Mapping[str, Any]) -> None:
        span, self._span = self._span, None
        if span is None:
            return
        if data.get("error"):
            from opentelemetry.trace import Status, StatusCode

            span.set_status(Status(StatusCode.ERROR, without_secrets(str(data.get("message", "")))))
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
        "error.type": data.get("error"),
    }
    return {name: value for name, value in told.items() if value is not None}
