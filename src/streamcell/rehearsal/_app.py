"""The routes of one server, and the limits for its requests."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from tornado.httpserver import HTTPServer
from tornado.web import Application

from ._demo import Demo
from ._handler import Handler, Stage
from ._moderation import Moderations
from ._play import Answer, TakenUp
from ._request import RefusedError, read_chat, read_responses
from ._scenarios import choose, model_names

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tornado.iostream import IOStream

_HEADER_BYTES = 64 * 1024
_BODY_BYTES = 72 * 1024 * 1024  # 50 MB of files, in base64
_CONNECTIONS = 1_024

# A request's headers, and then its body, must arrive within so many seconds.
_PATIENCE = 300.0

_FULL = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

_MODELS_CREATED = 1_767_225_600  # January 1, 2026


def make_app(stage: Stage, pages: Mapping[str, Path] = MappingProxyType({})) -> Application:
    """Make the application of one server. `pages` are files of the demo page, by address."""
    given = {"stage": stage}
    demo = [(r"/(?:element\.js|addons/.+)?", Demo, {**given, "pages": pages})] if pages else []
    return Application(
        [
            *demo,
            (r"/v1/models", _Models, given),
            (r"/v1/models/(.+)", _Model, given),
            (r"/v1/chat/completions", Answer, {**given, "reader": read_chat}),
            (r"/v1/responses", Answer, {**given, "reader": read_responses}),
            (r"/v1/responses/([^/]+)", TakenUp, given),
            (r"/v1/moderations", Moderations, given),
        ],
        default_handler_class=_NoSuchRoute,
        default_handler_args=given,
        # Otherwise, in a notebook, tornado's access log prints each refused request into a cell.
        log_function=lambda _: None,
    )


class Bounded(HTTPServer):
    """Tornado's server, with limits for the size of requests and the number of connections."""

    def initialize(self, application: Application, connections: int = _CONNECTIONS) -> None:  # type: ignore[override]
        self._most, self._open = connections, 0
        super().initialize(
            application,
            max_header_size=_HEADER_BYTES,
            max_body_size=_BODY_BYTES,
            max_buffer_size=2 * _BODY_BYTES,
            idle_connection_timeout=_PATIENCE,
            body_timeout=_PATIENCE,
        )

    def handle_stream(self, stream: IOStream, address: tuple[Any, ...]) -> None:
        if self._open >= self._most:
            stream.write(_FULL)
            stream.close()
            return
        self._open += 1
        super().handle_stream(stream, address)

    def on_close(self, server_conn: object) -> None:
        self._open -= 1
        super().on_close(server_conn)


class _NoSuchRoute(Handler):
    def prepare(self) -> None:
        super().prepare()
        raise RefusedError(f"Invalid URL ({self.request.method} {self.request.path})", status=404)


class _Models(Handler):
    def get(self) -> None:
        self.finish_json({"object": "list", "data": [_model(name) for name in model_names()]})


class _Model(Handler):
    def get(self, name: str) -> None:
        choose(name)
        self.finish_json(_model(name))


def _model(name: str) -> dict[str, object]:
    return {"id": name, "object": "model", "created": _MODELS_CREATED, "owned_by": "streamcell"}
