"""Whose client asks: its key, its address, its HTTP client, at each attempt as they are then. Both SDK generations."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Callable, Iterator
from typing import Any

import openai
import pytest

import streamcell
from streamcell import AuthenticationFailed, RetryPolicy, StreamCell, stream_cell
from streamcell.engine.driver import driver
from streamcell.sources import resolve
from streamcell.sources.iterables.bridge import Handoff
from streamcell.sources.openai import client as clients

from .read import read, request
from .wire_server import WireServer, answers, ended, sends, wire_server

TIMEOUT = 300.0
YES = sends(*ended("chat", ["yes"]))
SLOW_DOWN = answers(
    {"error": {"message": "Slow down.", "code": "rate_limit_exceeded"}}, status="429 Too Many Requests", retry_after="0"
)


def ask(client: Any, **options: Any) -> StreamCell:
    options = {"model": "m", "api": "chat", "display": False, "retry": 1, **options}
    return stream_cell("Why?", client=client, **options)


def heads(server: WireServer) -> list[dict[str, str]]:
    lines = (head.split("\r\n") for head, _ in server.requests)
    return [dict(one.lower().split(": ", 1) for one in rest if ": " in one) for _, *rest in lines]


def keys(server: WireServer) -> list[str]:
    return [one["authorization"].removeprefix("bearer ") for one in heads(server)]


def paths(server: WireServer) -> list[str]:
    return [head.split()[1] for head, _ in server.requests]


def plain(server: WireServer, key: Any, **options: Any) -> Any:
    return openai.AsyncOpenAI(api_key=key, base_url=server.address, **options)


def with_own_http_client(server: WireServer, key: Any) -> Any:
    return plain(server, key, http_client=openai.DefaultAsyncHttpxClient())


def blocking(server: WireServer, key: Any) -> Any:
    return openai.OpenAI(api_key=key, base_url=server.address)


KINDS = pytest.mark.parametrize("make", [plain, with_own_http_client, blocking])


# -- on a loop of their own --------------------------------------------------------------------------------------------


def test_a_turn_is_asked_for_behind_all_that_was_said_before() -> None:
    """The source is on another loop than the line that it waits in."""

    async def main() -> list[int]:
        handoff, taken = Handoff(), list[int]()

        async def turn() -> list[int]:
            return list(taken)

        async def there() -> list[int]:
            for number in range(3):
                handoff.put(number)
            seen: list[int] = await handoff.across(turn)()
            handoff.finish()
            return seen

        seen = asyncio.run_coroutine_threadsafe(there(), driver().loop)
        async for number in handoff:
            taken.append(number)
            await asyncio.sleep(0)
        return await asyncio.wrap_future(seen)

    assert asyncio.run(main()) == [0, 1, 2]


def test_the_log_has_a_second_request_behind_the_first_ones_refusal() -> None:
    missing = answers({"detail": "Not Found"}, status="404 Not Found")

    async def main() -> list[str]:
        with wire_server(missing, YES) as server:
            cell = ask(with_own_http_client(server, "k"), api="auto")
            assert await cell == "yes"
            return [one.kind for one in cell.log if one.kind in ("request", "response")]

    assert asyncio.run(main()) == ["request", "response", "request", "response"]


# -- whose it is -------------------------------------------------------------------------------------------------------


@KINDS
def test_a_client_that_is_gone_never_answers_for_another(make: Callable[[WireServer, str], Any]) -> None:
    """The next one is made at the same address in memory again and again."""
    count = 12
    with wire_server(*[YES] * count) as server:
        for n in range(count):
            # Without a cell, which would keep its client.
            read(resolve(request(api="chat"), client=make(server, f"key-{n}")))
            gc.collect()
        assert keys(server) == [f"key-{n}" for n in range(count)]


def test_what_is_kept_for_a_client_goes_with_it() -> None:
    with wire_server(YES) as server:
        client = plain(server, "key-1")
        read(resolve(request(api="chat"), client=client))
        known, key = clients._pools[driver().loop].of_clients, id(client)
        (pool,) = [pool for owner, pool in known.values() if owner() is client]
        del client
        until(lambda: pool.is_closed)
        assert key not in known or known[key][1] is not pool


def until(held: Callable[[], bool]) -> None:
    for _ in range(3_000):
        gc.collect()
        if held():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it did not come to be so")


def test_clients_that_say_they_are_equal_are_still_two() -> None:
    class Same(openai.AsyncOpenAI):
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = None  # type: ignore[assignment]  # as it is for whoever defines __eq__ alone

    with wire_server(YES, YES) as server:
        for client in [Same(api_key=f"key-{n}", base_url=server.address) for n in range(2)]:
            ask(client).result(TIMEOUT)
        assert keys(server) == ["key-0", "key-1"]


@KINDS
def test_a_key_and_an_address_that_are_changed_count_from_the_next_attempt(make: Callable[..., Any]) -> None:
    with wire_server(YES, YES) as first, wire_server(YES) as second:
        client = make(first, "key-old")
        ask(client).result(TIMEOUT)
        client.api_key = "key-new"
        ask(client).result(TIMEOUT)
        client.base_url = second.address
        ask(client).result(TIMEOUT)
        assert (keys(first), keys(second)) == (["key-old", "key-new"], ["key-new"])


# -- key providers -----------------------------------------------------------------------------------------------------


def numbered(asynchronous: bool) -> tuple[Callable[[], Any], list[str]]:
    """A provider of a new key at each call, and the threads that it was called on."""
    threads: list[str] = []

    def give() -> str:
        threads.append(threading.current_thread().name)
        return f"secret-number-{len(threads)}"

    async def give_async() -> str:
        await asyncio.sleep(0)
        return give()

    return (give_async if asynchronous else give), threads


@pytest.mark.parametrize(
    ("make", "asynchronous"), [(plain, True), (with_own_http_client, True), (blocking, False), (plain, False)]
)
def test_a_key_provider_is_asked_for_each_attempt(make: Callable[..., Any], asynchronous: bool) -> None:
    give, threads = numbered(asynchronous)
    with wire_server(SLOW_DOWN, YES, YES) as server:
        client = make(server, give)
        assert ask(client, retry=RetryPolicy(attempts=2)).result(TIMEOUT) == "yes"
        assert ask(client).result(TIMEOUT) == "yes"
        assert keys(server) == ["secret-number-1", "secret-number-2", "secret-number-3"]
    assert len(threads) == 3
    if not asynchronous:
        assert "streamcell" not in threads


@pytest.mark.parametrize("asynchronous", [True, False])
def test_a_key_provider_can_be_configured_for_all_cells(asynchronous: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    give, _ = numbered(asynchronous)
    with wire_server(SLOW_DOWN, YES, YES) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.address)
        streamcell.configure(api_key=give)
        try:
            assert ask(None, retry=RetryPolicy(attempts=2)).result(TIMEOUT) == "yes"
            streamcell.configure(api_key="the-key")
            assert ask(None).result(TIMEOUT) == "yes"
        finally:
            streamcell.configure(api_key=None)
        assert keys(server) == ["secret-number-1", "secret-number-2", "the-key"]


@pytest.mark.parametrize("key", [7, "", b"key"])
def test_what_is_no_key_is_refused_and_not_told(key: Any) -> None:
    with pytest.raises(TypeError, match="api_key must be a function"):
        streamcell.configure(api_key=key)
    with pytest.raises(ValueError, match="either"):
        streamcell.configure(api_key="key", client=None)


def test_a_key_provider_that_blocks_holds_no_other_cell() -> None:
    other_has_ended = threading.Event()

    def give() -> str:
        assert other_has_ended.wait(TIMEOUT)
        return "late-key"

    with wire_server(YES) as slow, wire_server(YES) as quick:
        waiting = ask(blocking(slow, give))
        assert ask(plain(quick, "key")).result(TIMEOUT) == "yes"
        other_has_ended.set()
        assert waiting.result(TIMEOUT) == "yes"
        assert keys(slow) == ["late-key"]


def test_a_key_that_a_provider_gave_is_in_no_message_and_no_log() -> None:
    said_back = answers({"error": {"message": "no such key: secret-number-1"}}, status="401 Unauthorized")
    give, _ = numbered(asynchronous=True)
    with wire_server(said_back) as server:
        cell = ask(plain(server, give))
        with pytest.raises(AuthenticationFailed) as failed:
            cell.result(TIMEOUT)
        assert keys(server) == ["secret-number-1"]
    for told in (str(failed.value), repr(failed.value), str(cell.error), cell.log.to_jsonl()):
        assert "secret-number" not in told


def test_each_key_has_a_lane_of_its_own() -> None:
    give, _ = numbered(asynchronous=True)
    with wire_server(YES, YES) as server:
        client = plain(server, give)
        for _ in range(2):
            ask(client).result(TIMEOUT)
        assert len([one for one in streamcell.limits() if one.endpoint == server.address]) == 2


@pytest.mark.parametrize("given", [None, "", 7])
@pytest.mark.parametrize("asynchronous", [True, False])
def test_a_provider_that_gives_no_key_is_told_before_anything_is_sent(given: Any, asynchronous: bool) -> None:
    async def later() -> Any:
        return given

    with wire_server() as server:
        client = plain(server, later) if asynchronous else blocking(server, lambda: given)
        with pytest.raises(AuthenticationFailed, match="key provider"):
            ask(client).result(TIMEOUT)
        assert server.requests == []


def test_a_provider_that_raises_is_told_in_its_own_words() -> None:
    def give() -> str:
        raise OSError("the vault is closed")

    with wire_server() as server:
        with pytest.raises(AuthenticationFailed, match="OSError: the vault is closed") as failed:
            ask(blocking(server, give)).result(TIMEOUT)
        assert (server.requests, type(failed.value.__cause__)) == ([], OSError)


@pytest.mark.parametrize("key", ["sk-line\nbreak", "sk-ключ"])
def test_a_key_from_a_provider_is_looked_at_like_any_other(key: str) -> None:
    with wire_server() as server:
        with pytest.raises(AuthenticationFailed, match="not sent") as failed:
            ask(blocking(server, lambda: key)).result(TIMEOUT)
        assert server.requests == []
    assert key not in str(failed.value)


# -- what cannot work is refused at the call ---------------------------------------------------------------------------


def refused(client: Any, words: str) -> None:
    with pytest.raises(TypeError, match=words):
        ask(client)
    with pytest.raises(TypeError, match=words):
        streamcell.configure(client=client)


def test_a_blocking_clients_own_http_client_is_refused_with_what_to_do() -> None:
    with wire_server() as server:
        own = openai.DefaultHttpxClient()
        refused(openai.OpenAI(api_key="k", base_url=server.address, http_client=own), "http_client.*AsyncOpenAI")
        assert server.requests == []


def test_a_class_that_cannot_be_copied_is_refused() -> None:
    class Ours(openai.AsyncOpenAI):
        def __init__(self, team: str) -> None:
            super().__init__(api_key=team)

    class Theirs(openai.OpenAI):
        pass

    refused(Ours("red"), "Ours.*with_options")
    refused(Theirs(api_key="k"), "derive it from AsyncOpenAI")


def test_a_blocking_azure_client_is_refused_with_its_other_half() -> None:
    client = openai.AzureOpenAI(api_key="k", azure_endpoint="http://127.0.0.1:9", api_version="2024-10-21")
    refused(client, "use AsyncAzureOpenAI")
    refused(object(), "openai.AsyncOpenAI")


# -- Azure -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def azure() -> Iterator[WireServer]:
    with wire_server(YES, YES) as server:
        yield server


def azure_client(server: WireServer, **options: Any) -> Any:
    endpoint = server.address.removesuffix("/v1")
    return openai.AsyncAzureOpenAI(azure_endpoint=endpoint, api_version="2024-10-21", **options)


@pytest.mark.parametrize("asynchronous", [True, False])
def test_azure_with_a_provider_of_tokens_streams(azure: WireServer, asynchronous: bool) -> None:
    give, threads = numbered(asynchronous)
    client = azure_client(azure, azure_ad_token_provider=give)
    assert [ask(client).result(TIMEOUT), ask(client).result(TIMEOUT)] == ["yes", "yes"]
    assert keys(azure) == ["secret-number-1", "secret-number-2"]
    assert paths(azure) == ["/openai/deployments/m/chat/completions?api-version=2024-10-21"] * 2
    assert all("api-key" not in one for one in heads(azure))
    assert asynchronous or "streamcell" not in threads


@pytest.mark.parametrize(
    ("options", "header"),
    [
        ({"azure_ad_token": "secret-token"}, {"authorization": "bearer secret-token"}),
        ({"api_key": "secret-key"}, {"api-key": "secret-key"}),
    ],
)
def test_azure_with_a_token_or_a_key_streams(azure: WireServer, options: Any, header: dict[str, str]) -> None:
    assert ask(azure_client(azure, **options)).result(TIMEOUT) == "yes"
    assert header.items() <= heads(azure)[0].items()


def test_azure_gets_the_newer_name_of_the_limit_where_it_was_not_given_the_older(azure: WireServer) -> None:
    for limit in ({"max_output_tokens": 7}, {"max_tokens": 7}):
        assert ask(azure_client(azure, api_key="k"), **limit).result(TIMEOUT) == "yes"
    bodies = [body for _, body in azure.requests]
    sent = [{name: value for name, value in body.items() if name.startswith("max_")} for body in bodies]
    assert sent == [{"max_completion_tokens": 7}, {"max_tokens": 7}]


def test_azure_knows_what_belongs_to_its_deployment() -> None:
    with wire_server(sends(*ended("responses", ["yes"]))) as server:
        client = azure_client(server, api_key="k", azure_deployment="d")
        assert ask(client, api="responses").result(TIMEOUT) == "yes"
        assert paths(server) == ["/openai/responses?api-version=2024-10-21"]
