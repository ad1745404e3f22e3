"""The contract that every source keeps. A new source is added to `SOURCES`, passes, or is not a source."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import Any

import openai
import pytest

from streamcell import StreamCell, stream_cell
from streamcell.answer.events import Failed, Finished, PartGrew, Started
from streamcell.engine.driver import driver
from streamcell.rehearsal import Exchange, RehearsalServer
from streamcell.sources import Source, resolve

from .read import outcome, read, request, started, text_of, usage_of
from .wire_server import ended

TEXT = "Grüße! 👩\u200d🚀 **שלום** | a | b |\n\n```python\nprint('é')\n```\n"


_kept: list[Any] = []  # clients that a callable of the user's makes: closing them is the user's business


def _client(server: RehearsalServer) -> openai.AsyncOpenAI:
    client = openai.AsyncOpenAI(api_key="-", base_url=server.base_url)
    _kept.append(client)
    return client


def _asked(api: str) -> Callable[[RehearsalServer], Source]:
    return lambda server: resolve(request(TEXT, api=api, model="echo"), client=_client(server))


def _sync_client(server: RehearsalServer) -> openai.OpenAI:
    client = openai.OpenAI(api_key="-", base_url=server.base_url)
    _kept.append(client)
    return client


def _opened(api: str) -> Callable[[RehearsalServer], Source]:
    """An SDK stream that is opened on the loop that reads it, by a callable."""

    def source(server: RehearsalServer) -> Source:
        async def make() -> Any:
            if api == "chat":
                return await _client(server).chat.completions.create(
                    model="echo",
                    messages=[{"role": "user", "content": TEXT}],
                    stream=True,
                    stream_options={"include_usage": True},
                )
            return await _client(server).responses.create(model="echo", input=TEXT, stream=True)

        return resolve(make)

    return source


def _opened_sync(server: RehearsalServer) -> Source:
    """A synchronous SDK stream that the user already opened."""
    client = _sync_client(server)
    return resolve(client.responses.create(model="echo", input=TEXT, stream=True))


async def _strings() -> AsyncIterator[str]:
    for piece in TEXT:
        await asyncio.sleep(0)
        yield piece


SOURCES: dict[str, Callable[[RehearsalServer], Source]] = {
    "responses": _asked("responses"),
    "chat": _asked("chat"),
    "auto": _asked("auto"),
    "sync client": lambda server: resolve(request(TEXT, model="echo"), client=_sync_client(server)),
    "own server": lambda server: resolve(request(TEXT, model="rehearsal/echo"), start_server=lambda: server.base_url),
    "opened chat stream": _opened("chat"),
    "opened responses stream": _opened("responses"),
    "opened sync stream": _opened_sync,
    "recorded chunks": lambda _: resolve([json.loads(part[6:]) for part in ended("chat", list(TEXT))[:-1]]),
    "list": lambda _: resolve(list(TEXT)),
    "generator": lambda _: resolve(piece for piece in TEXT),
    "async generator": lambda _: resolve(_strings()),
    "callable": lambda _: resolve(lambda: iter(TEXT)),
    "async callable": lambda _: resolve(_strings),
}

sources = pytest.mark.parametrize("make", SOURCES.values(), ids=SOURCES.keys())


@sources
def test_the_text_is_exactly_what_was_sent(make: Callable[[RehearsalServer], Source], server: RehearsalServer) -> None:
    events = read(make(server))
    assert text_of(events) == TEXT
    assert outcome(events) == "done:stop"


@sources
def test_it_starts_once_and_nothing_follows_the_end(
    make: Callable[[RehearsalServer], Source], server: RehearsalServer
) -> None:
    events = read(make(server))
    assert isinstance(events[0], Started)
    assert isinstance(events[-1], Finished)
    assert started(events).origin.note
    assert all(event.text for event in events if isinstance(event, PartGrew) and event.kind == "text")


def _has_ended(request_id: str, exchange: Exchange) -> bool:
    return exchange.request_id == request_id and exchange.ended != "running"


@sources
def test_closing_it_midway_leaves_no_task_and_no_connection(
    make: Callable[[RehearsalServer], Source], server: RehearsalServer
) -> None:
    async def some() -> int:
        before = asyncio.all_tasks()
        events = make(server).events()
        async for event in events:
            if isinstance(event, PartGrew) and event.kind == "text":
                break
        await events.aclose()  # type: ignore[attr-defined]  # an async generator
        left = asyncio.all_tasks() - before
        if left:  # what ends by itself, as a client that closes, may take a moment; what hangs does not end
            _, left = await asyncio.wait(left, timeout=300)
        return len(left)

    assert asyncio.run_coroutine_threadsafe(some(), driver().loop).result(300) == 0
    for begun in server.exchanges:
        server.wait_for(partial(_has_ended, begun.request_id))


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_usage_is_the_servers_own(api: str, server: RehearsalServer) -> None:
    usage = usage_of(read(_asked(api)(server)))
    assert usage is not None
    assert usage.input_tokens
    assert usage.output_tokens
    assert usage.total_tokens == usage.input_tokens + usage.output_tokens


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_a_callable_is_called_again_for_each_attempt(api: str, server: RehearsalServer) -> None:
    source = _opened(api)(server)
    assert source.retry_disabled_reason is None
    assert [text_of(read(source)), text_of(read(source))] == [TEXT, TEXT]


def test_a_bare_iterator_says_why_it_cannot_be_retried() -> None:
    assert "only once" in (resolve(iter(["a"])).retry_disabled_reason or "")
    assert resolve(["a"]).retry_disabled_reason is None


def test_an_iterators_own_error_is_told_and_what_came_is_kept() -> None:
    def broken() -> Iterator[str]:
        yield "kept"
        raise RuntimeError("the tap ran dry")

    events = read(resolve(broken()))
    assert (text_of(events), outcome(events)) == ("kept", "failed:source")
    last = events[-1]
    assert isinstance(last, Failed)
    assert "the tap ran dry" in last.error.detail
    assert isinstance(last.error.__cause__, RuntimeError)


@pytest.mark.parametrize("item", [7, None, object()])
def test_what_is_neither_text_nor_a_chunk_is_told(item: object) -> None:
    assert outcome(read(resolve([item]))) == "failed:source"


@pytest.mark.parametrize("made", [7, None, lambda: ["x"]])
def test_a_callable_that_makes_no_iterable_is_told(made: object) -> None:
    assert outcome(read(resolve(lambda: made))) == "failed:source"


def test_an_async_iterator_is_read_on_its_own_loop() -> None:
    """It is made on one loop and read from another: no step of it may run on the reader's."""
    seen: set[int] = set()

    async def spy() -> AsyncIterator[str]:
        for piece in ("a", "b", "c"):
            seen.add(threading.get_ident())
            await asyncio.sleep(0)
            yield piece

    async def main() -> tuple[str, int]:
        source = resolve(spy())
        assert source.home is asyncio.get_running_loop()
        events = await asyncio.to_thread(read, source)
        return text_of(events), threading.get_ident()

    text, home = asyncio.run(main())
    assert (text, seen) == ("abc", {home})


def test_a_fast_iterator_does_not_run_far_ahead() -> None:
    pulled = 0

    def endless() -> Iterator[str]:
        nonlocal pulled
        while True:
            pulled += 1
            yield "x"

    async def main() -> int:
        events = resolve(endless()).events()
        taken = 0
        async for event in events:
            taken += isinstance(event, PartGrew) and event.kind == "text"
            if taken == 10:
                break
        await asyncio.to_thread(threading.Event().wait, 0.05)  # the thread could run on for as long as it likes
        await events.aclose()  # type: ignore[attr-defined]  # an async generator
        return pulled

    assert asyncio.run(main()) < 2_000


def _consumed() -> Iterator[str]:
    yield "x"


def test_a_used_up_iterator_is_refused_before_anything_happens() -> None:
    generator = _consumed()
    list(generator)
    with pytest.raises(ValueError, match="used up"):
        resolve(generator)
    spent = iter(["x"])
    list(spent)
    with pytest.raises(ValueError, match="used up"):
        resolve(spent)


ONCE: dict[str, Callable[[], Any]] = {
    "generator": _consumed,
    "list iterator": lambda: iter(["x"]),
    "map": lambda: map(str, ["x"]),
    "async generator": _strings,
}


@pytest.mark.parametrize("make", ONCE.values(), ids=ONCE.keys())
def test_an_iterator_streams_into_one_cell_only(make: Callable[[], Any]) -> None:
    iterator = make()
    first = resolve(iterator)
    first.claim()
    other = resolve(iterator)
    with pytest.raises(ValueError, match="already streams"):
        other.claim()
    other.release()  # of what is not its own: nothing
    with pytest.raises(ValueError, match="already streams"):
        other.claim()
    first.release()
    other.claim()


def _fails(*_: object, **__: object) -> None:
    raise RuntimeError("no comm")


REFUSED: dict[str, dict[str, Any]] = {
    "model": {"model": "x"},
    "a parameter": {"temperature": 0},
    "retry": {"retry": 3},
    "timeouts": {"timeouts": 5},
    "unattended": {"unattended": "yes"},
    "auto_resume": {"auto_resume": "yes"},
}


@pytest.mark.parametrize("options", REFUSED.values(), ids=REFUSED.keys())
def test_a_call_that_is_refused_does_not_use_the_iterator_up(options: dict[str, Any]) -> None:
    iterator = (text for text in ("still ", "here"))
    with pytest.raises((TypeError, ValueError)):
        stream_cell(iterator, display=False, **options)
    assert stream_cell(iterator, display=False).result(300) == "still here"


@pytest.mark.parametrize("step", ["__init__", "_show", "_start"])
def test_nor_does_one_that_fails_later(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    generator = _consumed()
    with monkeypatch.context() as patched:
        patched.setattr(StreamCell, step, _fails)
        with pytest.raises(RuntimeError, match="no comm"):
            stream_cell(generator)
    assert stream_cell(generator, display=False).result(300) == "x"


def test_a_callable_that_blocks_holds_no_other_cell() -> None:
    other_has_ended = threading.Event()

    def slow() -> list[str]:
        assert other_has_ended.wait(300)
        return ["slow"]

    waiting = stream_cell(slow, display=False)
    assert stream_cell(lambda: ["quick"], display=False).result(300) == "quick"
    other_has_ended.set()
    assert waiting.result(300) == "slow"


@pytest.mark.parametrize("kind", ["chat", "responses"])
def test_a_closed_sdk_stream_is_refused(kind: str, server: RehearsalServer) -> None:
    client = _sync_client(server)
    stream: Any
    if kind == "chat":
        stream = client.chat.completions.create(model="echo", messages=[{"role": "user", "content": "x"}], stream=True)
    else:
        stream = client.responses.create(model="echo", input="x", stream=True)
    stream.close()
    with pytest.raises(ValueError, match="used up or closed"):
        resolve(stream)


@pytest.mark.parametrize("thing", [7, None, object()])
def test_what_gives_no_answer_is_refused(thing: object) -> None:
    with pytest.raises(TypeError, match="stream_cell takes"):
        resolve(thing)


@pytest.mark.parametrize("given", [lambda: iter(()), lambda: ["", ""]])
def test_a_source_that_gives_no_text_says_so(given: Callable[[], Any]) -> None:
    cell = stream_cell(given, display=False)
    assert cell.result(300) == ""
    assert (cell.status, cell.notice) == ("done", "The source gave no text.")
