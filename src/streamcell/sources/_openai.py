"""OpenAI sources: a request through the SDK's async client, its body read by our own decoder, as events.

The SDK gives authentication, options and status errors; its typed iterator is not used, as it dies on frames that some
servers send, ends quietly on a cut, and costs five times as much.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

from .._errors import ModelNotFound, Step, StreamCellError, without_secrets
from .._events import (
    Alive,
    Chunk,
    Event,
    Failed,
    Head,
    Lane,
    Note,
    Origin,
    Started,
    TextDelta,
    TextRestored,
    Turn,
)
from .._request import Request
from .._resume import Overlap, Prefix, Rest, Resume, Way
from ._base import Decoder, field_of, parts_of
from ._body import opened, read
from ._bridge import close, from_loop, running_loop
from ._chat_completions import ChatDecoder, chat_body
from ._client import address_of, client_for, digest_of, flaw_of, has_own_http_client, is_openai, secrets_of
from ._dialect import AnyDecoder
from ._failures import (
    connection_error,
    is_missing_route,
    scrubbed,
    status_error,
    unsent_error,
)
from ._responses import ResponsesDecoder, responses_body

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAI

__all__ = ["DEFAULT_MODEL", "OpenAISource"]

DEFAULT_MODEL: Final = "gpt-5.4-mini"
"""The model at OpenAI where none is named: small, quick and of the present generation."""

_SECRET_HEADER: Final = re.compile(
    r"cookie|authori[sz]ation|api-?key|secret|password|credential|auth-token", re.IGNORECASE
)
"""Response headers that are told to nobody; those of rate limits speak of tokens and are no secret."""

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
    lane: Lane


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
        prefix: Prefix | None = None,
    ) -> None:
        self._request = request
        self._client = client
        self._prefix = prefix
        self.way = Way.CONTINUED if prefix is None else Way.PREFIX
        self._start_server = start_server
        # A user's own HTTP client (a proxy, a transport) cannot be copied, so its requests are made on the loop that it
        # was given on, where its open connections belong.
        self.home = running_loop() if client is not None and has_own_http_client(client) else None
        api = "" if request.api == "auto" else _LABELS[request.api]
        self.origin = Origin(model=request.model or "", api=api, rehearsal=start_server is not None)
        # A response that is taken up goes on with the decoder that knows what came before.
        self._decoder: Decoder | None = None

    async def events(self, resume: Resume | None = None) -> AsyncIterator[Event | Note]:
        """Make one attempt, see `Source.events`."""
        away = self.home is not None and self.home is not running_loop()
        events = self._events(resume) if not away or self.home is None else from_loop(self._events(resume), self.home)
        try:
            async for event in events:
                yield event
        finally:
            await close(events)

    async def _events(self, resume: Resume | None) -> AsyncGenerator[Event | Note, None]:
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
        lane = Lane(address_of(client), model, digest_of(client))
        origin = self._labelled(model, api, model_note, note)
        answering = _Answering(client, origin, lane.endpoint, secrets_of(client), lane)
        try:
            async with aclosing(self._attempt(answering, api, model, resume)) as events:
                async for event in events:
                    yield event
        except _NoSuchRouteError as missing:
            note = f"the server has no Responses API ({missing})"
            _chosen[answering.address] = ("chat", note)
            origin = self._labelled(model, "chat", model_note, note)
            async with aclosing(self._attempt(replace(answering, origin=origin), "chat", model, resume)) as events:
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

    def _decoder_for(self, api: str, resume: Resume | None) -> Decoder:
        if resume is None or resume.way is not Way.EXACT or self._decoder is None:
            self._decoder = AnyDecoder(ChatDecoder() if api == "chat" else ResponsesDecoder())
        return self._decoder

    def _opening(self, answering: _Answering, api: str, model: str, resume: Resume | None) -> Any:
        """Begin the request for an answer, or for the rest of one."""
        client, openai_itself = answering.client, is_openai(answering.client)
        if resume is not None and resume.reached is not None and resume.way is Way.EXACT:
            reached = resume.reached
            return client.responses.with_streaming_response.retrieve(
                reached.response_id, stream=True, starting_after=reached.sequence_number
            )
        request = self._request if resume is None else _going_on(self._request, resume, self._prefix)
        if api == "chat":
            body = chat_body(request, model, openai=openai_itself)
            return client.chat.completions.with_streaming_response.create(**body)
        body = responses_body(request, model, openai=openai_itself)
        return client.responses.with_streaming_response.create(**body)

    async def _attempt(
        self, answering: _Answering, api: str, model: str, resume: Resume | None
    ) -> AsyncGenerator[Event | Note, None]:
        """Make the request and read its answer, every failure of which is an event."""
        import openai

        yield Turn(answering.lane, _LABELS[api], self._request.tokens)
        begun = False
        overlap: Overlap | Rest | None = None
        if resume is not None and resume.way is not Way.EXACT:
            overlap = Rest(resume.text) if resume.way is Way.PREFIX else Overlap(resume.text)
        try:
            decoder = self._decoder_for(api, resume)
            opening = self._opening(answering, api, model, resume)
            async with opened(opening) as response, aclosing(read(response, decoder, answering.origin)) as events:
                yield _head_of(response, answering)
                async for told in events:
                    event = _scrubbed(told, answering.secrets)
                    begun = begun or not isinstance(event, (Started, Failed, Alive, Chunk))
                    for shown in (event,) if overlap is None else _without(overlap, event):
                        yield shown
        except openai.APIStatusError as error:
            yield _head_of(error.response, answering)
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


_GO_ON: Final = (
    "Your last answer was cut off. Go on exactly where it stops, in the middle of a word if need be. "
    "Do not repeat anything, and do not comment."
)


def _going_on(request: Request, resume: Resume, prefix: Prefix | None) -> Request:
    """The same conversation, with the answer so far, and the wish for its rest where the server must be asked."""
    if resume.way is not Way.PREFIX:
        so_far = ({"role": "assistant", "content": resume.text}, {"role": "user", "content": _GO_ON})
        return replace(request, messages=(*request.messages, *so_far))
    begun = {"role": "assistant", "content": resume.text.rstrip(), **({"prefix": True} if prefix == "prefix" else {})}
    params = dict(request.params)
    if prefix == "continue_final_message":
        params["extra_body"] = {**params.get("extra_body", {}), **_CONTINUE_FINAL_MESSAGE}
    return replace(request, messages=(*request.messages, begun), params=params)


_CONTINUE_FINAL_MESSAGE: Final = {"continue_final_message": True, "add_generation_prompt": False}


def _head_of(response: Any, answering: _Answering) -> Head:
    headers = {
        name.lower(): without_secrets(value, answering.secrets)
        for name, value in response.headers.items()
        if not _SECRET_HEADER.search(name)
    }
    return Head(int(response.status_code), headers, headers.get("x-request-id"))


def _scrubbed(event: Event | Note, secrets: tuple[str, ...]) -> Event | Note:
    """What concerns the log and the card, without what a server should not have said back; an answer is the user's."""
    if isinstance(event, Chunk) and any(secret in event.data for secret in secrets):
        return Chunk(without_secrets(event.data, secrets))
    return Failed(scrubbed(event.error, secrets)) if isinstance(event, Failed) else event


def _without(overlap: Overlap | Rest, event: Event | Note) -> list[Event | Note]:
    """An event of a continuation without what it repeats; before anything but text, what was held back is given out."""
    if isinstance(event, (Started, Alive, Chunk)):
        return [event]
    if isinstance(event, TextDelta):
        text = overlap.feed(event.text)
        return [TextDelta(text)] if text else []
    if isinstance(event, TextRestored):
        return [TextRestored(overlap.whole(event.text))]
    held = overlap.end()
    return [*([TextDelta(held)] if held else []), event]


def _failed(error: StreamCellError, cause: BaseException) -> Failed:
    error.__cause__ = cause
    return Failed(error)


def _of_http_library(error: BaseException) -> bool:
    """Whether `error` comes from the SDK's HTTP library: httpx for openai 2, httpx2 for openai 3, or what they use."""
    names = {one.__module__.partition(".")[0] for one in type(error).__mro__}
    return bool(names & {"httpx", "httpx2", "httpcore", "httpcore2", "aiohttp", "anyio", "h11"})
