"""OpenAI sources: sends a request with the SDK's async client, and decodes the response into events itself.

The SDK provides authentication, options and status errors. Its typed iterator is not used, because it raises on frames
that some servers send, ends without an error if the connection is cut, and takes five times as long.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

from ... import _words
from ..._errors import AuthenticationFailed, ModelNotFound, Step, StreamCellError, without_keys, without_secrets
from ...answer.context import ALONE, Context
from ...answer.events import (
    Alive,
    Chunk,
    Event,
    Failed,
    Finished,
    Head,
    Lane,
    Note,
    Origin,
    PartGrew,
    Started,
)
from ...answer.resume import Overlap, Prefix, Rest, ResumeFrom, ResumeMode
from ...request.echoes import Echo
from ...request.parameters import Either, translated
from ...request.request import Request
from ...request.shapes import LOGPROBS
from ...request.veiled import Secrets, Veiled
from ..base import Decoder, field_of, parts_of
from ..http.body import read
from ..http.requests import closing, opened, requested
from ..iterables.bridge import Handoff, close, from_loop, running_loop
from .calls import ids_of
from .chat import ChatDecoder, chat_body
from .client import address_of, client_for, digest_of, flaw_of, has_own_http_client, secrets_of, server_of
from .continuation import going_on, without_repetition
from .dialect import AnyDecoder
from .echoes import NAMES
from .failures import (
    bare,
    body_of,
    connection_error,
    is_missing_route,
    is_refused,
    listing,
    own_error,
    scrubbed,
    status_error,
    unsent_error,
)
from .responses import ResponsesDecoder, responses_body

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAI

__all__ = ["DEFAULT_MODEL", "OpenAISource"]

DEFAULT_MODEL: Final = "gpt-5.4-mini"
"""The model for OpenAI if none is given: small, fast and of the current generation."""

_SECRET_HEADER: Final = re.compile(
    r"cookie|authori[sz]ation|api-?key|secret|password|credential|auth-token", re.IGNORECASE
)
"""Response headers that are not passed on. Rate limit headers also contain "token", but are no secret."""

_chosen: dict[str, tuple[Literal["responses", "chat"], str]] = {}  # what "auto" found, per address, for this process
_refusing: set[tuple[str, str]] = set()  # addresses and APIs that refuse our options, for this process

_OURS: Final = ("stream_options", "include_usage", "include_obfuscation")
"""Options that we add to a request. If a server refuses them, the request is made without them."""

_REFUSED: Final = (400, 404, 422)
"""Status codes with which servers refuse a field or an item that they do not know."""

_OTHER: Final[dict[str, Literal["responses", "chat"]]] = {"responses": "chat", "chat": "responses"}
_PATHS: Final = {"responses": "/responses", "chat": "/chat/completions"}

_log = logging.getLogger("streamcell")


class _NoSuchRouteError(Exception):
    """The server's error means that it does not have this API at all."""

    def __init__(self, error: StreamCellError) -> None:
        super().__init__(error.detail)
        self.error = error


class _OursRefusedError(Exception):
    """The server refused a parameter that we added."""


class _EchoesRefusedError(Exception):
    """The server refused what it had itself sent with tool calls."""


@dataclass(frozen=True)
class _Answering:
    """What one attempt needs while it reads."""

    client: AsyncOpenAI
    origin: Origin
    address: str
    secrets: Secrets
    lane: Lane
    missing: str = ""  # the server's error for the other API, if it does not have that


class OpenAISource:
    """An answer from an OpenAI-compatible server, see `Source`.

    `client` is the user's own client or None. `start_server` returns the base URL of a server to use instead: of the
    rehearsal server, which starts on first use.
    """

    retry_disabled_reason = None

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
        self.way = ResumeMode.CONTINUED if prefix is None else ResumeMode.PREFIX
        self._start_server = start_server
        # A user's own HTTP client (a proxy, a transport) cannot be copied. So its requests are made on the loop that it
        # came from, where its open connections belong.
        self.home = running_loop() if client is not None and has_own_http_client(client) else None
        api = "" if request.api == "auto" else _words.APIS[request.api]
        self.origin = Origin(model=request.model or "", api=api, rehearsal=start_server is not None)
        # A resumed response needs the decoder of the attempt before, which knows the text so far.
        self._decoder: Decoder | None = None
        self._overlap: Overlap | Rest | None = None
        # If a server refuses its own echoes, the request is made without them: the model then lacks its reasoning.
        self._echoes_refused = False

    def claim(self) -> None:
        """Do nothing: the request can be made again."""

    def release(self) -> None:
        """Do nothing: there is nothing to release."""

    async def events(self, context: Context = ALONE) -> AsyncIterator[Event | Note]:
        """Make one attempt, see `Source.events`."""
        events: AsyncIterator[Event | Note]
        if self.home is None or self.home is running_loop():
            events = self._events(context)
        else:
            handoff = Handoff()
            there = replace(context, turn=handoff.across(context.turn))
            events = from_loop(self._events(there), self.home, handoff)
        try:
            async for event in events:
                yield event
        finally:
            await close(events)

    async def _events(self, context: Context) -> AsyncGenerator[Event | Note, None]:
        import openai

        try:
            # Starting a server and creating the first client are slow, so other cells' streams must continue meanwhile.
            base_url = None if self._start_server is None else await asyncio.to_thread(self._start_server)
            client = await client_for(self._client, base_url)
        except StreamCellError as error:
            yield Failed(error)
            return
        except (openai.OpenAIError, ValueError, RuntimeError) as error:
            yield _failed(unsent_error(error), error, Secrets())
            return
        flaw = flaw_of(client)
        if flaw is not None:
            yield Failed(flaw)
            return
        secrets = secrets_of(client, self._request.params)
        try:
            model, model_note = await self._model(client)
        except StreamCellError as error:
            yield _failed(error, error.__cause__, secrets)
            return
        api, note = self._api(client)
        lane = Lane(address_of(client), model, digest_of(client))
        answering = _Answering(client, self.origin, lane.endpoint, secrets, lane)
        missing, lean = "", False
        while True:
            lean = lean or (lane.endpoint, api) in _refusing
            origin = self._labelled(model, api, model_note, note, _words.OPTIONS_LEFT_OUT if lean else "")
            attempt = self._attempt(replace(answering, origin=origin, missing=missing), api, model, context, lean=lean)
            try:
                async with aclosing(attempt) as events:
                    async for event in events:
                        if lean and isinstance(event, Started):
                            _refusing.add((lane.endpoint, api))
                        if isinstance(event, Finished):
                            self._decoder = self._overlap = None  # they hold the text so far; nothing follows
                        yield event
            except _OursRefusedError:
                lean = True
            except _EchoesRefusedError:
                self._echoes_refused = True
            except _NoSuchRouteError as found:
                missing = _words.other_api(_PATHS[api], _short(found.error))
                note = _words.no_api(api, _short(found.error), _PATHS[api])
                _chosen.pop(lane.endpoint, None)
                api, lean = _OTHER[api], False
                if api == "chat" and found.error.error_kind == "no_route":
                    _chosen[lane.endpoint] = (api, note)
            else:
                return

    def _labelled(self, model: str, api: str, *notes: str) -> Origin:
        note = "; ".join(note for note in (*notes, self._request.remark) if note)
        return replace(self.origin, model=model, api=_words.APIS[api], note=note)

    def _api(self, client: AsyncOpenAI) -> tuple[Literal["responses", "chat"], str]:
        api = self._request.api
        if api == "responses" or api == "chat":
            decided = self._request.decided
            return api, _words.only_in(decided, api) if decided else _words.API_CHOSEN
        if server_of(client) == "openai":
            return "responses", _words.API_OF_OPENAI
        return _chosen.get(address_of(client), ("responses", _words.API_ANSWERED))

    async def _model(self, client: AsyncOpenAI) -> tuple[str, str]:
        """Return the model and a note on its origin: the given one, our default at OpenAI, or the server's first."""
        if self._request.model is not None:
            return self._request.model, ""
        if server_of(client) == "openai":
            return DEFAULT_MODEL, _words.DEFAULT_MODEL
        import openai

        try:
            page = await requested(client.models.list())
            names = [name for one in parts_of(page, "data") if isinstance(name := field_of(one, "id"), str)]
        except openai.APIConnectionError as error:
            raise connection_error(error, address=address_of(client), begun=False) from error
        except (openai.APIError, ValueError):
            names = []
        if not names:
            raise ModelNotFound(_words.NO_MODEL_LISTED, steps=(Step(_words.NAME_A_MODEL),))
        return names[0], _words.FIRST_MODEL

    def _decoder_for(self, api: str, context: Context) -> Decoder:
        resume = context.resume
        if resume is None or resume.way is not ResumeMode.EXACT or self._decoder is None:
            taken = ids_of((*self._request.messages, *context.history))
            self._decoder = AnyDecoder(ChatDecoder(taken) if api == "chat" else ResponsesDecoder(taken), taken)
        return self._decoder

    def _overlap_for(self, resume: ResumeFrom | None) -> Overlap | Rest | None:
        if resume is None:
            self._overlap = None
        elif resume.way is not ResumeMode.EXACT:
            self._overlap = Rest(resume.text) if resume.way is ResumeMode.PREFIX else Overlap(resume.text)
        return self._overlap

    def _opening(
        self, answering: _Answering, api: str, model: str, context: Context, *, lean: bool
    ) -> tuple[Any, bool]:
        """Begin the request for an answer or its rest; return it, and whether it has options that we added."""
        resume = context.resume
        client = answering.client
        if resume is not None and resume.cursor is not None and resume.way is ResumeMode.EXACT:
            cursor = resume.cursor
            opening = client.responses.with_streaming_response.retrieve(
                cursor.response_id, stream=True, starting_after=cursor.sequence_number
            )
            return opening, False
        request = replace(self._request, messages=(*self._request.messages, *context.history))
        request = request if resume is None else going_on(request, resume, self._prefix)
        make = chat_body if api == "chat" else responses_body
        body = make(request, model, server_of(client), self._echoes_for(answering.address, context))
        one: Either = "chat" if api == "chat" else "responses"
        given = translated(request.params, one).get("stream_options") or None
        ours = body.get("stream_options") != given
        if ours and lean:
            ours = False
            body.pop("stream_options", None)
            if given is not None:
                body["stream_options"] = given
        asked = client.chat.completions if api == "chat" else client.responses
        return asked.with_streaming_response.create(**_known(body, asked.create)), ours

    def _echoes_for(self, address: str, context: Context) -> tuple[Echo, ...]:
        """Return the echoes of this server, from this answer and earlier ones; empty if it has refused them."""
        given = () if self._echoes_refused else (*self._request.echoes, *context.echoes)
        return tuple(one for one in given if one.server == address)

    def _with_server(self, event: Finished, answering: _Answering) -> Finished:
        """Return `event` with the server's address in its echoes, without those that need a stored response."""
        own = {**self._request.params, **(self._request.params.get("extra_body") or {})}
        stored = server_of(answering.client) == "openai" and own.get("store") is not False
        known = (one for one in event.echoes if stored or not one.by_id)
        return replace(event, echoes=tuple(replace(one, server=answering.address) for one in known))

    async def _attempt(
        self, answering: _Answering, api: str, model: str, context: Context, *, lean: bool
    ) -> AsyncGenerator[Event | Note, None]:
        """Make the request and read the answer. Every failure becomes an event.

        Raises _NoSuchRouteError, _OursRefusedError or _EchoesRefusedError if the request should be repeated in another
        form.
        """
        import openai

        resume = context.resume
        await context.turn(answering.lane, _words.APIS[api], self._request.tokens)
        answered = begun = ours = False
        grown: set[str] = set()
        overlap = self._overlap_for(resume)
        exact = resume is not None and resume.way is ResumeMode.EXACT
        echoed = not exact and bool(self._echoes_for(answering.address, context))

        def told(error: StreamCellError, cause: BaseException | None) -> Failed:
            """Return the event for an error, or raise one of the above if another form of the request may succeed."""
            if not begun and ours and is_refused(error, _OURS):
                raise _OursRefusedError from cause
            if not begun and echoed and error.status_code in _REFUSED and is_refused(error, NAMES):
                raise _EchoesRefusedError from cause
            if not begun and not exact and self._request.api == "auto" and is_missing_route(error):
                if not answering.missing:
                    raise _NoSuchRouteError(error) from cause
                # The server has neither API: the address is wrong, or was for a while.
                _chosen.pop(answering.address, None)
            return _failed(self._advised(error, answering), cause, answering.secrets)

        try:
            decoder = self._decoder_for(api, context)
            try:
                opening, ours = self._opening(answering, api, model, context, lean=lean)
                response = await opened(opening)
            except TypeError as error:  # the SDK has no such parameter, or cannot convert it to JSON
                yield _failed(unsent_error(error), error, answering.secrets)
                return
            async with closing(opening), aclosing(read(response, decoder, answering.origin)) as events:
                answered = True
                yield _head_of(response, answering)
                async for one in events:
                    event = _scrubbed(one, answering.secrets)
                    if isinstance(event, Failed):
                        event = told(event.error, event.error.__cause__)
                    elif isinstance(event, Finished):
                        event = self._with_server(event, answering)
                        if "text" in grown and "tokens" not in grown and _wants_probabilities(self._request.params):
                            notes = (event.notice, _words.NO_PROBABILITIES)
                            event = replace(event, notice=" ".join(one for one in notes if one))
                    if isinstance(event, PartGrew):
                        grown.add(event.kind)
                    begun = begun or not isinstance(event, (Started, Failed, Alive, Chunk))
                    for shown in (event,) if overlap is None else without_repetition(overlap, event):
                        yield shown
        except openai.APIStatusError as error:
            yield _head_of(error.response, answering)
            yield Chunk(without_secrets(body_of(error)[:_BODY_SHOWN], answering.secrets))
            yield told(status_error(error, answering.secrets), error)
        except (openai.APIConnectionError, OSError) as error:
            broken = connection_error(error, address=answering.address, begun=begun, answered=answered)
            yield told(broken, error)
        except openai.OpenAIError as error:
            yield _failed(unsent_error(error), error, answering.secrets)
        except (_NoSuchRouteError, _OursRefusedError, _EchoesRefusedError):
            raise
        except Exception as error:  # noqa: BLE001  # becomes our own error, with this one as its cause
            if not _of_http_library(error):
                _log.exception("an error while reading an answer")
                yield _failed(own_error(error), error, answering.secrets)
                return
            broken = connection_error(error, address=answering.address, begun=begun, answered=answered)
            yield told(broken, error)

    def _advised(self, error: StreamCellError, answering: _Answering) -> StreamCellError:
        """Return the error with the steps that apply to this client, and with the other API's error."""
        if error.next_steps == ModelNotFound.steps and self._client is not None:
            error.next_steps = (Step(_words.LIST_MODELS, listing(answering.address)),)
        elif error.next_steps == AuthenticationFailed.steps and self._client is not None:
            error.next_steps = (Step(_words.CORRECT_CLIENTS_KEY),)
        return error.with_detail(f"{error.detail} ({answering.missing})") if answering.missing else error


def _known(body: dict[str, Any], create: Callable[..., object]) -> dict[str, Any]:
    """Return the arguments for the SDK, with those that this release does not know in `extra_body`."""
    body = {name: dict(value) if isinstance(value, Veiled) else value for name, value in body.items()}
    new = body.keys() - inspect.signature(create).parameters.keys()
    if not new:
        return body
    known = {name: value for name, value in body.items() if name not in new}
    return {**known, "extra_body": {**{name: body[name] for name in sorted(new)}, **(body.get("extra_body") or {})}}


def _wants_probabilities(params: Mapping[str, Any]) -> bool:
    return bool(params.get("logprobs")) or LOGPROBS in (params.get("include") or ())


_BODY_SHOWN: Final = 100_000  # characters of a refused request's response body in the log


def _short(error: StreamCellError) -> str:
    words = error.detail if len(error.detail) <= 120 else error.detail[:120] + "…"
    return words if error.status_code is None or str(error.status_code) in words else f"{error.status_code} {words}"


def _head_of(response: Any, answering: _Answering) -> Head:
    headers = {
        name.lower(): without_secrets(value, answering.secrets)
        for name, value in response.headers.items()
        if not _SECRET_HEADER.search(name)
    }
    return Head(int(response.status_code), headers, headers.get("x-request-id"))


def _scrubbed(event: Event | Note, secrets: Secrets) -> Event | Note:
    """Return the event without secrets, if it is for the log or the card. The answer itself is unchanged."""
    if isinstance(event, Chunk) and any(secret in event.data for secret in secrets):
        return Chunk(without_keys(event.data, secrets))
    return Failed(scrubbed(event.error, secrets)) if isinstance(event, Failed) else event


def _failed(error: StreamCellError, cause: BaseException | None, secrets: Secrets) -> Failed:
    error.__cause__ = None if cause is None else bare(cause, secrets)
    return Failed(error)


def _of_http_library(error: BaseException) -> bool:
    """Whether `error` comes from the SDK's HTTP library: httpx in openai 2, httpx2 in openai 3, or what they use."""
    names = {one.__module__.partition(".")[0] for one in type(error).__mro__}
    return bool(names & {"httpx", "httpx2", "httpcore", "httpcore2", "aiohttp", "anyio", "h11"})
