"""The handlers that play a script: they wait as it says, and write what the wire and the shape return."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, ClassVar, cast
from uuid import uuid4

from ._faults import whole as whole_answer
from ._handler import Going, Handler, Stage
from ._request import Asked, Body, RefusedError, Turn, decode, read_chat
from ._scenarios import Script, answer_tokens, write_script
from ._shapes import Shaping
from ._steps import LAST, Cut, Open, Page, Piece, Raw, Stall, Step, Token, Torn, schedule
from ._wire import Stamp, Wire, wire

if TYPE_CHECKING:
    from tornado.http1connection import HTTP1Connection

# Shorter sleeps cost more than they help: at thousands of tokens a second, several tokens are sent between sleeps.
_LEAST_SLEEP = 0.002

# How many events can be written before the loop handles other connections, and the close of this one.
_EVENTS_A_TURN = 16

# Seconds between the last byte and a reset, which could otherwise overtake it.
_BEFORE_RESET = 0.05


class _Plays(Handler):
    """What an answer and a resumed one have in common."""

    unyielded: int = 0

    def begin_stream(self) -> None:
        self.set_header("content-type", "text/event-stream; charset=utf-8")
        self.set_header("cache-control", "no-cache")
        # Each token is a small write, which Nagle's algorithm would delay until the last one is acknowledged.
        self.connection.stream.set_nodelay(True)

    @property
    def connection(self) -> HTTP1Connection:
        return cast("HTTP1Connection", self.request.connection)

    async def play(self, script: Script, answer: Wire, *, start: float, after: int = -1) -> bool:
        """Stream the steps of the script at their times; return whether the client stayed to the end.

        Events numbered up to `after` are not sent.
        """
        loop = asyncio.get_running_loop()
        shaping = Shaping(script.shape, Random(f"bytes {script.lot}"))
        for due, step in schedule(script.steps):
            ahead = start + due - loop.time()
            if isinstance(step, Stall):
                await self._pause(step.seconds)
                start = loop.time() - due
            elif ahead > _LEAST_SLEEP:
                await self._pause(ahead)
            if self.gone:
                return False
            if isinstance(step, (Piece, Torn)):
                self.record.sent(step.text if isinstance(step, Piece) else "")
            for piece in self._bytes_of(step, due, answer, shaping, after):
                await self._send(piece)
            if isinstance(step, Cut) and step.how != "end":
                await self._break_off(step)
                return False
            if isinstance(step, LAST):
                # No turn of the loop between end mark and end: a client that leaves after the mark has read everything.
                self.flush()
        return True

    def _bytes_of(self, step: Step, due: float, answer: Wire, shaping: Shaping, after: int) -> Sequence[bytes]:
        if isinstance(step, Raw):
            return shaping.feed(step.data)
        pieces: list[bytes] = []
        events = answer.feed(step, due)
        for event in events:
            number = event.get("sequence_number")
            data = answer.encode(event)
            if isinstance(step, Torn) and event is events[-1]:
                at = next((i for i, byte in enumerate(data) if byte >= 0xC0), 0) + 1 if step.in_character else 0
                pieces += shaping.feed(data[: at or len(data) // 2])
            elif number is None or number > after:
                is_text = "delta" in event
                pieces += shaping.feed(data, number=number, is_text=is_text)
        return [*pieces, *shaping.end()] if isinstance(step, LAST) else pieces

    async def _send(self, data: bytes) -> None:
        """Write; wait for a slow client, and let other connections run."""
        if not self._headers_written:
            self.common_headers()
        self.write(data)
        flushed = self.flush()
        self.unyielded += 1
        if not flushed.done():
            await asyncio.wait({flushed, self.closed}, return_when=asyncio.FIRST_COMPLETED)
        elif self.unyielded >= _EVENTS_A_TURN:
            await asyncio.sleep(0)
        else:
            return
        self.unyielded = 0

    async def _break_off(self, cut: Cut) -> None:
        """Close the connection without a complete HTTP body."""
        self.record.update(ended="finished", status=200 if self._headers_written else 0)
        stream = self.connection.stream
        if cut.how == "reset":
            await asyncio.sleep(_BEFORE_RESET)
            if stream.socket is not None:
                stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        stream.close()

    async def _pause(self, seconds: float) -> None:
        """Sleep, but not longer than the client stays."""
        await asyncio.wait({self.closed}, timeout=seconds)
        self.unyielded = 0


class Answer(_Plays):
    """`POST /v1/responses` and `/v1/chat/completions`."""

    allowed: ClassVar[str] = "POST"

    def initialize(self, stage: Stage, reader: Callable[[Body], Asked] = read_chat) -> None:
        super().initialize(stage)
        self.reader = reader

    async def post(self) -> None:
        self.body = decode(self.request.body)
        model = self.body.get("model")
        self.record.update(
            body=self.body, model=model if isinstance(model, str) else "", stream=self.body.get("stream") is True
        )
        asked = self._with_history(self.reader(self.body))
        limits, tokens, now = self.stage.limits, asked.input_tokens + (asked.limit or 0), time.monotonic()
        refusal = limits.refusal(tokens, now)
        self.limit_headers = limits.headers(0 if refusal else tokens, now, requests=0 if refusal else 1)
        self.common_headers()
        if refusal is not None:
            message, wait = refusal
            headers = {} if wait is None else {"retry-after-ms": f"{wait * 1000:g}"}
            raise RefusedError(message, status=429, code="rate_limit_exceeded", headers=headers)
        limits.running += 1
        try:
            await self._answer(self.stage.attempt(asked))
        finally:
            limits.running -= 1

    async def _answer(self, asked: Asked) -> None:
        seed = self.stage.lots.getrandbits(32)
        script = write_script(asked, self.stage.timing, seed=seed)
        stamp = Stamp(token=uuid4().hex + uuid4().hex[:16], created=int(time.time()))
        answer = wire(asked, self.body, stamp)
        if asked.background:
            self.stage.keep(answer.id, Going(asked, self.body, stamp, seed, asyncio.get_running_loop().time()))
        page = next((step for step in script.steps if isinstance(step, Page)), None)
        if page is not None and page.body is not None:
            self.set_header("content-type", page.kind)
            self.finish(page.body)
            return
        if asked.stream and page is None:
            self.begin_stream()
            if await self.play(script, answer, start=asyncio.get_running_loop().time()):
                self._remember(asked, answer, script)
                self.finish()
            return
        whole = script
        if page is not None:
            tokens_of_all = answer_tokens(asked, self.stage.timing, seed=seed)
            whole = replace(script, steps=list(whole_answer(tokens_of_all, {}, asked)))
        if await self._wait_through(whole, answer):
            self._remember(asked, answer, whole)
            self.record.sent(_text(whole.steps))
            self.common_headers()
            self.finish_json(answer.whole())

    async def _wait_through(self, script: Script, answer: Wire) -> bool:
        """Take as long as a stream would; return whether the client stayed."""
        due = 0.0
        for due, step in schedule(script.steps):
            answer.feed(step, due)
            if isinstance(step, Cut) and step.how != "end":
                await self._break_off(step)
                return False
        if due > 0:
            await self._pause(due)
        return not self.gone

    def _remember(self, asked: Asked, answer: Wire, script: Script) -> None:
        if self.body.get("store", True):
            self.stage.remember(answer.id, (*asked.turns, Turn("assistant", _text(script.steps))))

    def _with_history(self, asked: Asked) -> Asked:
        if asked.previous_response_id is None:
            return asked
        earlier = self.stage.conversations.get(asked.previous_response_id)
        if earlier is None:
            raise RefusedError(
                f"Previous response with id '{asked.previous_response_id}' not found.",
                param="previous_response_id",
                code="previous_response_not_found",
            )
        return replace(asked, turns=(*earlier, *asked.turns))


def _text(steps: Sequence[Step | Token]) -> str:
    return "".join(step.text for step in steps if isinstance(step, Piece))


class TakenUp(_Plays):
    """`GET /v1/responses/{id}?stream=true&starting_after=n`: a background response from its event n + 1 on.

    It counts as the next attempt at the answer, so the next scenario of a sequence is played.
    """

    async def get(self, name: str) -> None:
        going = self.stage.background.get(name)
        if going is None:
            raise RefusedError(f"Response with id '{name}' not found.", status=404, code="response_not_found")
        given = self.get_query_argument("starting_after", "-1")
        if not given.lstrip("-").isdecimal():
            raise RefusedError("'starting_after' must be a whole number.", param="starting_after")
        self.record.update(stream=True, model=going.asked.model)
        asked, after = self.stage.attempt(going.asked), int(given)
        tokens = answer_tokens(asked, self.stage.timing, seed=going.seed)
        done = _done(wire(asked, going.body, going.stamp), tokens, after)
        script = write_script(asked, self.stage.timing, seed=going.seed, done=done)
        answer = wire(asked, going.body, going.stamp)
        if after >= 0:
            for step in (Open(), *tokens[:done]):
                answer.feed(step, 0)
            script = replace(script, steps=[step for step in script.steps if not isinstance(step, Open)])
        self.begin_stream()
        # What was generated meanwhile is sent at once.
        rate = self.stage.timing.rate
        start = going.began + (done / rate if rate else 0)
        if await self.play(script, answer, start=min(start, asyncio.get_running_loop().time()), after=after):
            self.finish()


def _done(answer: Wire, tokens: Sequence[Token], after: int) -> int:
    """How many of the tokens were sent in the events numbered up to `after`."""
    if after < 0:
        return 0
    answer.feed(Open(), 0)
    for done, token in enumerate(tokens):
        events = answer.feed(token, 0)
        if events and events[-1]["sequence_number"] > after:
            return done
    return len(tokens)
