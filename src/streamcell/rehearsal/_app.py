"""The application of one server: its routes."""

from __future__ import annotations

from tornado.web import Application

from ._handler import Handler, Stage
from ._play import Answer, TakenUp
from ._request import RefusedError, read_chat, read_responses
from ._scenarios import choose, model_names

_MODELS_CREATED = 1_767_225_600  # the first of January 2026


def make_app(stage: Stage) -> Application:
    """The application of one server."""
    given = {"stage": stage}
    return Application(
        [
            (r"/v1/models", _Models, given),
            (r"/v1/models/(.+)", _Model, given),
            (r"/v1/chat/completions", Answer, {**given, "reader": read_chat}),
            (r"/v1/responses", Answer, {**given, "reader": read_responses}),
            (r"/v1/responses/([^/]+)", TakenUp, given),
        ],
        default_handler_class=_NoSuchRoute,
        default_handler_args=given,
        # In a notebook, tornado's access log would print each refused request into a cell.
        log_function=lambda _: None,
    )


class _NoSuchRoute(Handler):
    def prepare(self) -> None:
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
