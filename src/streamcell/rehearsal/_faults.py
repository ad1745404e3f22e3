"""The scenarios in which a network, a proxy or a provider causes an error. Pure.

Each one takes the tokens of a complete answer, and returns the steps that are played instead.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from ._request import RefusedError
from ._shapes import Shape
from ._steps import Broken, Called, Cited, Cut, End, Open, Page, Raw, Said, Stall, Step, Thought, Token, Torn

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._request import Asked

Settings: TypeAlias = Mapping[str, float]


@dataclass(frozen=True)
class Setting:
    """A number that can follow a scenario's name: `rehearsal/stall?after=20`."""

    default: float
    least: float
    most: float
    whole: bool = True


@dataclass(frozen=True)
class Fault:
    """A scenario with an error, and its settings. `shape` is how the events are written as bytes."""

    summary: str
    steps: Callable[[Sequence[Token], Settings, Asked], Iterator[Step]]
    settings: Mapping[str, Setting] = field(default_factory=dict)
    shape: Shape = Shape()  # noqa: RUF009  # frozen


AFTER = Setting(20, 0, 1_000_000)
_SECONDS = Setting(60, 0, 86_400, whole=False)
_WAIT = Setting(-1, -1, 86_400, whole=False)


def whole(tokens: Sequence[Token], _settings: Settings, _asked: Asked) -> Iterator[Step]:
    """The complete answer, without an error."""
    yield Open()
    yield from tokens
    yield _end(tokens)


def _end(tokens: Sequence[Token]) -> End:
    """The end of a complete answer, which names tool calls if it has any."""
    return End("tool_calls" if any(isinstance(token, Called) for token in tokens) else "stop")


def _split(tokens: Sequence[Token], settings: Settings) -> tuple[Sequence[Token], Sequence[Token]]:
    """The tokens before the piece with the number `after`, and the rest."""
    thoughts = sum(isinstance(token, Thought) for token in tokens)
    at = thoughts + int(settings["after"])
    return tokens[:at], tokens[at:]


def _then(*last: Step) -> Callable[[Sequence[Token], Settings, Asked], Iterator[Step]]:
    """Make a scenario: the first tokens, then these steps, and no end."""

    def steps(tokens: Sequence[Token], settings: Settings, _asked: Asked) -> Iterator[Step]:
        yield Open()
        yield from _split(tokens, settings)[0]
        yield from last

    return steps


def _amid(*noise: Step) -> Callable[[Sequence[Token], Settings, Asked], Iterator[Step]]:
    """Make a scenario: the complete answer, with these steps in the middle."""

    def steps(tokens: Sequence[Token], settings: Settings, _asked: Asked) -> Iterator[Step]:
        before, rest = _split(tokens, settings)
        yield Open()
        yield from before
        yield from noise
        yield from rest
        yield _end(tokens)

    return steps


def _only(*only: Step) -> Callable[[Sequence[Token], Settings, Asked], Iterator[Step]]:
    """Make a scenario: these steps only."""

    def steps(_tokens: Sequence[Token], _settings: Settings, _asked: Asked) -> Iterator[Step]:
        yield from only

    return steps


def _torn(*, in_character: bool) -> Callable[[Sequence[Token], Settings, Asked], Iterator[Step]]:
    def steps(tokens: Sequence[Token], settings: Settings, _asked: Asked) -> Iterator[Step]:
        before, rest = _split(tokens, settings)
        yield Open()
        yield from before
        following = "".join(token.text for token in rest[:1] if not isinstance(token, (Called, Cited, Said)))
        yield Torn("Zoë" if in_character else following or "more", in_character)
        yield Cut("fin")

    return steps


def _stall(tokens: Sequence[Token], settings: Settings, _asked: Asked) -> Iterator[Step]:
    before, rest = _split(tokens, settings)
    yield Open()
    yield from before
    yield Stall(settings["seconds"])
    yield from rest
    yield _end(tokens)


def _keep_alive(tokens: Sequence[Token], settings: Settings, _asked: Asked) -> Iterator[Step]:
    before, rest = _split(tokens, settings)
    yield Open()
    yield from before
    every = max(0.01, settings["every"])
    for _ in range(int(settings["seconds"] / every)):
        yield Raw(b": keep-alive\n\n")
        yield Stall(every)
    yield from rest
    yield _end(tokens)


def _slow_head(tokens: Sequence[Token], settings: Settings, asked: Asked) -> Iterator[Step]:
    yield Stall(settings["seconds"])
    yield from whole(tokens, settings, asked)


def _no_end(tokens: Sequence[Token], _settings: Settings, _asked: Asked) -> Iterator[Step]:
    yield Open()
    yield from tokens
    yield Cut()


def _done_alone(tokens: Sequence[Token], _settings: Settings, _asked: Asked) -> Iterator[Step]:
    yield Open()
    yield from tokens
    yield Raw(b"data: [DONE]\n\n")
    yield Cut()


def _linger(tokens: Sequence[Token], settings: Settings, asked: Asked) -> Iterator[Step]:
    yield from whole(tokens, settings, asked)
    yield Stall(settings["seconds"])


def _refuse(_tokens: Sequence[Token], settings: Settings, _asked: Asked) -> Iterator[Step]:
    status = int(settings["status"])
    message, code = _REFUSALS.get(status, ("The server had an error while processing your request.", None))
    raise RefusedError(message, status=status, code=code, headers=_wait_headers(settings))


def _refused_with(status: int, message: str = "", code: str | None = None, page: bytes | None = None) -> Fault:
    """Make a scenario: a refusal with this status."""
    known, known_code = _REFUSALS.get(status, ("The server had an error while processing your request.", None))

    def steps(_tokens: Sequence[Token], settings: Settings, _asked: Asked) -> Iterator[Step]:
        raise RefusedError(
            message or known, status=status, code=code or known_code, page=page, headers=_wait_headers(settings)
        )

    words = "an HTML page, as proxies send" if page else code or known_code or message or known
    settings = _WAITS if status in (429, 503) else {}
    return Fault(f"Refused with {status}: {words.rstrip('.')}.", steps, settings)


_WAITS = {"retry_after": _WAIT, "retry_after_ms": _WAIT, "date": Setting(0, 0, 1)}


def _wait_headers(settings: Settings) -> dict[str, str]:
    """The headers that ask the client to wait: in seconds, in milliseconds, or until a date (`date=1`)."""
    headers = {}
    if settings.get("retry_after", -1) >= 0:
        headers["retry-after"] = f"{settings['retry_after']:g}"
        if settings.get("date"):
            headers["retry-after"] = f"date+{settings['retry_after']:g}"
    if settings.get("retry_after_ms", -1) >= 0:
        headers["retry-after-ms"] = f"{settings['retry_after_ms']:g}"
    return headers


_QUOTA = "You exceeded your current quota, please check your plan and billing details."
_REFUSALS: Mapping[int, tuple[str, str | None]] = {
    400: (
        "This model's maximum context length is 8192 tokens. Please shorten your messages.",
        "context_length_exceeded",
    ),
    401: ("Incorrect API key provided.", "invalid_api_key"),
    402: (_QUOTA, "insufficient_quota"),
    403: ("Your key may not use this model.", None),
    404: ("The model does not exist or you do not have access to it.", "model_not_found"),
    408: ("The server timed out waiting for the request.", None),
    429: ("Rate limit reached for requests.", "rate_limit_exceeded"),
    503: ("The engine is currently overloaded, please try again later.", None),
}
_HTML = b"<!doctype html><html><head><title>Welcome</title></head><body><h1>Please log in</h1></body></html>"
_GATEWAY = b"<html><head><title>502 Bad Gateway</title></head><body><center>nginx</center></body></html>"
_ERROR = json.dumps({"error": {"message": "The model is busy.", "type": "server_error", "code": "overloaded"}}).encode()
# What gateways and servers insert into a stream, and what clients must ignore.
_NOISE = (
    Raw(b": keep-alive\n\n"),
    Raw(b"event: keepalive\n\n"),
    Raw(b"id: 7\n\n"),
    Raw(b"retry: 10\n\n"),
    Raw(b"event: ping\ndata: {}\n\n"),
    Raw(b'data: {"choices": null}\n\n'),
    Raw(b'data: {"choices": [{"index": 0}]}\n\n'),
    Raw(b'data: {"type": "response.invented_tomorrow", "delta": 7}\n\n'),
)
_A = {"after": AFTER}

FAULTS: Mapping[str, Fault] = {
    # before the response headers
    "refuse": Fault("Refused with an HTTP status.", _refuse, {"status": Setting(429, 400, 599), **_WAITS}),
    "unauthorized": _refused_with(401),
    "forbidden": _refused_with(403),
    "no_model": _refused_with(404),
    "no_route": _refused_with(404, "Not Found", "not_found"),
    "too_long": _refused_with(400),
    "bad_request": _refused_with(400, "Unsupported parameter: 'temprature'.", "unsupported_parameter"),
    "timeout": _refused_with(408),
    "rate_limit": _refused_with(429),
    "quota": _refused_with(429, _QUOTA, "insufficient_quota"),
    "server_error": _refused_with(500),
    "bad_gateway": _refused_with(502, page=_GATEWAY),
    "overloaded": _refused_with(503),
    "loading": _refused_with(503, "Loading model", "unavailable_error"),
    "refused": Fault("Nothing listens at the address.", _only(Cut("fin"))),
    "closed": Fault("The connection is closed before the head.", _only(Cut("fin"))),
    "reset": Fault("The connection is reset before the head.", _only(Cut("reset"))),
    "slow_head": Fault("The head comes late; then the answer.", _slow_head, {"seconds": Setting(5, 0, 86_400, False)}),
    # the connection, during the answer
    "cut": Fault("The body ends after some tokens, as HTTP wants it but without the end mark.", _then(Cut()), _A),
    "drop": Fault("The connection is closed inside the body.", _then(Cut("fin")), _A),
    "drop_reset": Fault("The connection is reset inside the body.", _then(Cut("reset")), _A),
    "torn": Fault("The connection is closed inside an event.", _torn(in_character=False), _A),
    "torn_character": Fault("The connection is closed inside a character.", _torn(in_character=True), _A),
    "no_end": Fault("All of the text comes, but no end mark.", _no_end),
    "done_alone": Fault("All of the text, then [DONE] without a reason.", _done_alone),
    "stall": Fault("Silence on an open connection; then the rest.", _stall, {**_A, "seconds": _SECONDS}),
    "keep_alive": Fault(
        "Comments keep the connection alive, but no token comes for a while; then the rest.",
        _keep_alive,
        {**_A, "seconds": _SECONDS, "every": Setting(1, 0, 3_600, whole=False)},
    ),
    "linger": Fault(
        "The connection stays open after the end mark.", _linger, {"seconds": Setting(5, 0, 86_400, False)}
    ),
    # errors in the stream
    "bad_json": Fault("One event is no JSON.", _amid(Raw(b'data: {"choices": [{"delta": {"content": \n\n')), _A),
    "bad_utf8": Fault("One event is no UTF-8.", _amid(Raw(b'data: {"type": "x", "delta": "\xff\xfe"}\n\n')), _A),
    "error": Fault("An error event inside the stream.", _then(Broken("error")), _A),
    "failed": Fault("The answer's status becomes failed.", _then(Broken("failed")), _A),
    "cancelled": Fault("The answer is cancelled by the provider.", _then(Broken("cancelled"), Cut()), _A),
    "content_filter": Fault("The provider's filter ends the answer.", _then(End("content_filter")), _A),
    "length": Fault("The limit of tokens ends the answer.", _then(End("length")), _A),
    "abort": Fault("The server ends the answer itself: its reason is abort.", _then(End("abort")), _A),
    "noise": Fault("Comments, pings, lone ids and unknown events amid the answer.", _amid(*_NOISE), _A),
    "surrogate": Fault(
        "Half an emoji, alone, in one event.",
        _amid(
            Raw(
                b'data: {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, '
                b'"delta": "\\ud83d", "choices": [{"index": 0, "delta": {"content": "\\ud83d"}}]}\n\n'
            )
        ),
        _A,
    ),
    # bytes
    "crlf": Fault("Lines end in CR LF.", whole, shape=Shape(crlf=True)),
    "bytewise": Fault("The body comes byte by byte.", whole, shape=Shape(split=1)),
    "lump": Fault("The whole body comes at once, at the end.", whole, shape=Shape(lump=True)),
    "duplicated": Fault("Numbered events come twice.", whole, shape=Shape(twice=True)),
    "missing": Fault("Some numbered events of text are lost.", whole, shape=Shape(skipped=7)),
    "unterminated": Fault("The last blank line is missing.", whole, shape=Shape(unterminated=True)),
    # responses that are not a stream
    "html": Fault("A page of HTML, with 200.", _only(Page("text/html; charset=utf-8", _HTML))),
    "json": Fault("The whole answer as JSON: a server that ignores `stream`.", _only(Page("application/json"))),
    "json_error": Fault("An error as JSON, with 200.", _only(Page("application/json", _ERROR))),
    "empty": Fault("200 and no body.", _only(Page("text/event-stream; charset=utf-8", b""))),
}
