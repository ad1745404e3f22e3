"""OpenAI sources: a request through the SDK's async client, its body read by our own decoder, as events.

The SDK gives authentication, options and status errors; its typed iterator is not used, as it dies on frames that some
servers send, ends quietly on a cut, and costs five times as much.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

from .._errors import ConnectionFailed, ModelNotFound, NotAStream, Step, StreamCellError
from .._events import Event, Failed, Origin, Started
from .._request import Request
from ._base import Decoder, field_of, parts_of
from ._bridge import close, from_loop, running_loop
from ._chat_completions import ChatDecoder, chat_body
from ._client import address_of, client_for, flaw_of, has_own_http_client, is_openai, secrets_of
from ._failures import bad_data, connection_error, error_in_stream, is_missing_route, status_error, unsent_error
from ._responses import ResponsesDecoder, responses_body
from ._sse import SseDecoder

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAI

__all__ = ["DEFAULT_MODEL", "OpenAISource"]

DEFAULT_MODEL: Final = "gpt-5.4-mini"
"""The model at OpenAI where none is named: small, quick and of the present generation."""

_TRAILER_WAIT: Final = 2.0
"""Seconds to wait for the usage after the finish_reason: a server that lingers must not hold the cell."""

_DRAIN_WAIT: Final = 0.5
"""Seconds to read on after the end, so that the connection ends cleanly and the next request can use it again."""

_WHOLE_LIMIT: Final = 32 * 1024 * 1024
"""Bytes of a body that is no stream, kept to be read as one answer."""

_LABELS: Final = {"responses": "Responses API", "chat": "Chat Completions"}

_chosen: dict[str, tuple[Literal["responses", "chat"], str]] = {}  # per address, for this process: what "auto" learnt


class _NoSuchRouteError(Exception):
    """The server does not have this API at all."""


@dataclass(frozen=True)
class _Answering:
    """What one attempt needs to know while it reads."""

    client: AsyncOpenAI
    origin: Origin
    address: str
    secrets: tuple[str, ...]


class OpenAISource:
    """An answer from an OpenAI-compatible server, see `Source`.

    `client` is the user's own or None; `start_server` returns the base URL of a server to use instead (the rehearsal
    server's, started on first use).
    """

    retry_off = None

    def __init__(
        self,
        request: Request,
        *,
        client: AsyncOpenAI | OpenAI | None = None,
        start_server: Callable[[], str] | None = None,
    ) -> None:
        self._request = request
        self._client = client
        self._start_server = start_server
        # A user's own HTTP client (a proxy, a transport) cannot be copied, so its requests are made on the loop that it
        # was given on, where its open connections belong.
        self.home = running_loop() if client is not None and has_own_http_client(client) else None
        api = "" if request.api == "auto" else _LABELS[request.api]
        self.origin = Origin(model=request.model or "", api=api, rehearsal=start_server is not None)

    async def events(self) -> AsyncIterator[Event]:
        """Make one attempt, see `Source.events`."""
        away = self.home is not None and self.home is not running_loop()
        events = self._events() if not away or self.home is None else from_loop(self._events(), self.home)
        try:
            async for event in events:
                yield event
        finally:
            await close(events)

    async def _events(self) -> AsyncGenerator[Event, None]:
        import openai

        try:
            # Starting a server and making the first client take a while: other cells' streams go on meanwhile.
            base_url = None if self._start_server is None else await asyncio.to_thread(self._start_server)
            client = client_for(self._client, base_url)
        except (openai.OpenAIError, ValueError, RuntimeError) as error:
            yield Failed(unsent_error(error))
            return
        flaw = flaw_of(client)
        if flaw is not None:
            yield Failed(flaw)
            return
        try:
            model, model_note = await self._model(client)
        except StreamCellError as error:
            yield Failed(error)
            return
        api, note = self._api(client)
        answering = _Answering(
            client, self._labelled(model, api, model_note, note), address_of(client), secrets_of(client)
        )
        try:
            async with aclosing(self._attempt(answering, api, model)) as events:
                async for event in events:
                    yield event
        except _NoSuchRouteError as missing:
            note = f"the server has no Responses API ({missing})"
            _chosen[answering.address] = ("chat", note)
            origin = self._labelled(model, "chat", model_note, note)
            async with aclosing(self._attempt(replace(answering, origin=origin), "chat", model)) as events:
                async for event in events:
                    yield event

    def _labelled(self, model: str, api: str, *notes: str) -> Origin:
        return replace(self.origin, model=model, api=_LABELS[api], note="; ".join(note for note in notes if note))

    def _api(self, client: AsyncOpenAI) -> tuple[Literal["responses", "chat"], str]:
        api = self._request.api
        if api == "responses" or api == "chat":
            return api, "chosen with api="
        if is_openai(client):
            return "responses", "OpenAI has the Responses API"
        return _chosen.get(address_of(client), ("responses", "the server answered to the Responses API"))

    async def _model(self, client: AsyncOpenAI) -> tuple[str, str]:
        """Return the model to ask and how it was found: the one named, our default at OpenAI, or the server's first."""
        if self._request.model is not None:
            return self._request.model, ""
        if is_openai(client):
            return DEFAULT_MODEL, "streamcell's default model"
        import openai

        try:
            page = await client.models.list()
            names = [name for one in parts_of(page, "data") if isinstance(name := field_of(one, "id"), str)]
        except openai.APIConnectionError as error:
            raise connection_error(error, address=address_of(client), begun=False) from error
        except (openai.APIError, ValueError):
            names = []
        if not names:
            steps = (Step("Name a model:", 'stream_cell(prompt, model="…")'),)
            raise ModelNotFound("No model was named, and the server does not list any.", steps=steps)
        return names[0], "the server's first model, as none was named"

    async def _attempt(self, answering: _Answering, api: str, model: str) -> AsyncGenerator[Event, None]:
        """Make the request and read its answer, every failure of which is an event."""
        import openai

        client, openai_itself = answering.client, is_openai(answering.client)
        begun = False
        try:
            if api == "chat":
                decoder: Decoder = ChatDecoder()
                body = chat_body(self._request, model, openai=openai_itself)
                opening = client.chat.completions.with_streaming_response.create(**body)
            else:
                decoder = ResponsesDecoder()
                body = responses_body(self._request, model, openai=openai_itself)
                opening = client.responses.with_streaming_response.create(**body)
            async with opening as response, aclosing(_read(response, decoder, answering)) as events:
                async for event in events:
                    begun = begun or not isinstance(event, (Started, Failed))
                    yield event
        except openai.APIStatusError as error:
            if api == "responses" and self._request.api == "auto" and is_missing_route(error):
                raise _NoSuchRouteError(f"{error.status_code} for /responses") from error
            yield _failed(status_error(error, answering.secrets), error)
        except (openai.APIConnectionError, OSError) as error:
            yield _failed(connection_error(error, address=answering.address, begun=begun), error)
        except (openai.OpenAIError, TypeError) as error:  # TypeError: the SDK has no such parameter
            yield _failed(unsent_error(error), error)
        except Exception as error:
            if not _of_http_library(error):
                raise
            yield _failed(connection_error(error, address=answering.address, begun=begun), error)


async def _read(response: Any, decoder: Decoder, answering: _Answering) -> AsyncGenerator[Event, None]:
    """Read a response's body to its end mark."""
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    request_id = response.headers.get("x-request-id")
    chunks = response.iter_bytes()
    if "json" in kind or "html" in kind:
        async with aclosing(_read_whole(chunks, decoder, answering, request_id, kind)) as events:
            async for event in events:
                yield event
        return
    yield Started(answering.origin, request_id)
    sse = SseDecoder()
    raw: list[bytes] | None = []  # until the first event: a page with a wrong content type is told by its body
    try:
        async with aclosing(_until_end(chunks, decoder)) as pieces:
            async for data in pieces:
                if raw is not None and sum(map(len, raw)) < _WHOLE_LIMIT:
                    raw.append(data)
                for sent in sse.feed(data):
                    raw = None
                    for event in _decode(sent.data, decoder):
                        yield event
                    if decoder.finished:
                        break
                if decoder.finished:
                    break
        if not decoder.finished:
            sse.feed(b"")  # raises the flaw that it held back
            with contextlib.suppress(ValueError):  # what was cut inside its last event is cut, not bad
                for sent in sse.feed(b"", final=True):
                    raw = None
                    for event in _decode(sent.data, decoder):
                        yield event
        for event in decoder.end():
            yield event
    except ValueError as error:  # UnicodeDecodeError and JSONDecodeError among them
        if decoder.complete:
            for event in decoder.end():
                yield event
        else:
            yield _failed(bad_data(error, "A chunk of the stream"), error)
        return
    if raw is not None and not decoder.finished:
        for event in _whole(b"".join(raw), decoder, kind, request_id, commented=sse.fields > 0):
            yield event
    elif decoder.finished:
        await _drain(chunks)


async def _until_end(chunks: AsyncIterator[bytes], decoder: Decoder) -> AsyncGenerator[bytes, None]:
    """Yield the body's pieces; after the end mark wait only so long for a trailer, and forgive how the body ends."""
    while not decoder.finished:
        if not decoder.complete:
            try:
                data = await anext(chunks)
            except StopAsyncIteration:
                return
        else:
            reading = asyncio.ensure_future(anext(chunks))
            try:
                await asyncio.wait({reading}, timeout=_TRAILER_WAIT)
            finally:
                if not reading.done():
                    reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait({reading})
            if reading.cancelled() or reading.exception() is not None:
                return
            data = reading.result()
        yield data


async def _drain(chunks: AsyncIterator[bytes]) -> None:
    async def rest() -> None:
        async for _ in chunks:
            pass

    with contextlib.suppress(Exception):
        await asyncio.wait_for(rest(), _DRAIN_WAIT)


def _decode(data: str, decoder: Decoder) -> list[Event]:
    data = data.strip()
    if not data:
        return []
    if data == "[DONE]":
        return decoder.end(marked=True)
    chunk = json.loads(data)
    if not isinstance(chunk, Mapping):
        raise ValueError(  # noqa: TRY004  # bad data, as all of its kind
            f"expected a JSON object, got {type(chunk).__name__}"
        )
    return decoder.feed(chunk)


async def _read_whole(
    chunks: AsyncIterator[bytes], decoder: Decoder, answering: _Answering, request_id: str | None, kind: str
) -> AsyncGenerator[Event, None]:
    body = bytearray()
    async for data in chunks:
        body += data
        if len(body) > _WHOLE_LIMIT:
            break
    yield Started(answering.origin, request_id)
    for event in _whole(bytes(body), decoder, kind, request_id, commented=False):
        yield event


def _whole(body: bytes, decoder: Decoder, kind: str, request_id: str | None, *, commented: bool) -> list[Event]:
    """Return the events of a body that is no stream: a JSON answer is used, a JSON error is told."""
    with contextlib.suppress(ValueError):
        parsed = json.loads(body)
        if isinstance(parsed, Mapping):
            if parsed.get("error"):
                return [Failed(error_in_stream(parsed["error"]))]
            events = decoder.whole(parsed)
            if events is not None:
                return events
    if not body.strip() or commented:
        return [Failed(ConnectionFailed("The connection was closed without an answer.", request_id=request_id))]
    head = body[:160].decode("utf-8", "replace").strip()
    return [Failed(NotAStream(f"It sent {kind or 'data without a content type'}: {head}", request_id=request_id))]


def _failed(error: StreamCellError, cause: BaseException) -> Failed:
    error.__cause__ = cause
    return Failed(error)


def _of_http_library(error: BaseException) -> bool:
    """Whether `error` comes from the SDK's HTTP library: httpx for openai 2, httpx2 for openai 3, or what they use."""
    names = {one.__module__.partition(".")[0] for one in type(error).__mro__}
    return bool(names & {"httpx", "httpx2", "httpcore", "httpcore2", "aiohttp", "anyio", "h11"})
