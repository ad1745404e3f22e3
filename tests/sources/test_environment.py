"""Clients and their surroundings: what the SDK sends for a client is sent, and a proxy is asked as the SDK would."""

from __future__ import annotations

import os
import socket
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openai
import pytest

from streamcell import ConnectionFailed, StreamCell, stream_cell

from .test_clients import TIMEOUT, YES, ask, heads, paths, plain
from .wire_server import WireServer, wire_server

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")


@pytest.fixture(autouse=True)
def _no_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def blocking(server: WireServer, key: str, **options: Any) -> Any:
    return openai.OpenAI(api_key=key, base_url=server.address, **options)


# -- what a client says of itself --------------------------------------------------------------------------------------

SAYS: dict[str, tuple[dict[str, Any], dict[str, str], str]] = {
    # options of the client; headers that come; what the query holds
    "a key": ({}, {"authorization": "bearer k-1"}, ""),
    "an organisation": ({"organization": "org-1"}, {"openai-organization": "org-1"}, ""),
    "a project": ({"project": "proj-1"}, {"openai-project": "proj-1"}, ""),
    "headers": ({"default_headers": {"x-a": "b"}}, {"x-a": "b"}, ""),
    "a query": ({"default_query": {"api-version": "7"}}, {}, "api-version=7"),
}


@pytest.mark.parametrize("make", [plain, blocking])
@pytest.mark.parametrize(("options", "headers", "query"), SAYS.values(), ids=list(SAYS))
@pytest.mark.parametrize("later", [False, True], ids=["made so", "with_options"])
def test_what_a_client_says_of_itself_is_sent(
    make: Callable[..., Any], options: dict[str, Any], headers: dict[str, str], query: str, later: bool
) -> None:
    with wire_server(YES) as server:
        client = make(server, "k-1", **({} if later else options))
        assert ask(client.with_options(**options) if later and options else client).result(TIMEOUT) == "yes"
    assert heads(server)[0].items() >= headers.items()
    assert query in paths(server)[0]


def test_a_unix_socket_is_used() -> None:
    library = __import__(openai.DefaultAsyncHttpxClient.__mro__[2].__module__.partition(".")[0])
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listener:
        place = str(Path(folder) / "socket")
        listener.bind(place)
        listener.listen()
        came: list[bytes] = []

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                came.append(connection.recv(65536))
                YES(connection)

        serving = threading.Thread(target=answer, daemon=True)
        serving.start()
        http = openai.DefaultAsyncHttpxClient(transport=library.AsyncHTTPTransport(uds=place))
        client = openai.AsyncOpenAI(api_key="-", base_url="http://socket.example/v1", http_client=http)
        assert ask(client).result(TIMEOUT) == "yes"
        serving.join(TIMEOUT)
    assert came[0].startswith(b"POST /v1/chat/completions")


# -- proxies -----------------------------------------------------------------------------------------------------------


def own(address: str) -> StreamCell:
    """A cell whose client is made of the environment."""
    os.environ["OPENAI_BASE_URL"] = address
    return stream_cell("Why?", model="m", api="chat", display=False, retry=1)


def ask_there(whose: str, address: str) -> StreamCell:
    """Ask a server with a client of the environment's, or with one of the user's."""
    if whose == "ours":
        return own(address)
    kind = openai.AsyncOpenAI if whose == "plain" else openai.OpenAI
    return ask(kind(api_key="k-1", base_url=address))


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k-1")
    monkeypatch.setenv("OPENAI_BASE_URL", "")


@pytest.mark.parametrize("whose", ["ours", "plain", "blocking"])
def test_a_proxy_of_the_environment_is_asked(key: None, monkeypatch: pytest.MonkeyPatch, whose: str) -> None:
    with wire_server(YES) as proxy:
        scheme, _, rest = proxy.address.partition("://")
        monkeypatch.setenv("HTTP_PROXY", f"{scheme}://{rest.partition('/')[0]}")
        there = f"http://models.example/{rest.partition('/')[2]}"
        assert ask_there(whose, there).result(TIMEOUT) == "yes"
    assert paths(proxy)[0].startswith("http://models.example/")


PROXY = {"HTTP_PROXY": "http://127.0.0.1:9", "ALL_PROXY": "http://127.0.0.1:9"}


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("whose", ["ours", "plain", "blocking"])
def test_a_server_of_this_machine_is_asked_without_one(
    key: None, monkeypatch: pytest.MonkeyPatch, whose: str, host: str
) -> None:
    for name, value in PROXY.items():
        monkeypatch.setenv(name, value)
    with wire_server(YES) as server:
        here = server.address.replace("127.0.0.1", host)
        assert ask_there(whose, here).result(TIMEOUT) == "yes"


@pytest.mark.parametrize("proxy", ["http://127.0.0.1:9", "socks5://127.0.0.1:9", "nonsense://x"])
def test_no_proxy_is_in_the_way_of_the_rehearsal_server(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    cell = stream_cell("Why?", model=f"rehearsal/echo?rate=0&seed={len(proxy)}", display=False)
    assert cell.result(TIMEOUT) == "Why?"


def test_a_users_client_that_says_so_goes_through_its_proxy() -> None:
    with wire_server(YES) as proxy:
        rest = proxy.address.removeprefix("http://")
        http = openai.DefaultAsyncHttpxClient(proxy=f"http://{rest.partition('/')[0]}")
        client = openai.AsyncOpenAI(
            api_key="-", base_url=f"http://127.0.0.1:9/{rest.partition('/')[2]}", http_client=http
        )
        assert ask(client).result(TIMEOUT) == "yes"
    assert paths(proxy)[0].startswith("http://127.0.0.1:9/")


UNUSABLE = {
    "a SOCKS proxy": ("ALL_PROXY", "socks5://127.0.0.1:9", "a SOCKS proxy .* socksio is not installed.*pip install"),
    "no proxy at all": ("ALL_PROXY", "nonsense://x", "proxy of the environment cannot be used"),
    "a port that is none": ("HTTPS_PROXY", "http://127.0.0.1:none", "proxy of the environment cannot be used"),
    "a file that is not there": ("SSL_CERT_FILE", "/no/such/file.pem", "SSL_CERT_FILE=/no/such/file.pem"),
    "a file that is none": ("SSL_CERT_FILE", __file__, "certificates cannot be read.*SSL_CERT_FILE="),
}


@pytest.mark.parametrize(("name", "value", "words"), UNUSABLE.values(), ids=list(UNUSABLE))
def test_settings_that_cannot_be_used_say_what_they_are(
    key: None, monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv(name, value)
    cell = own(f"https://models.example/{abs(hash(words))}/v1")
    with pytest.raises(ConnectionFailed, match=words):
        cell.result(TIMEOUT)
    assert cell.error is not None
    assert cell.error["next"]
