"""Who may ask the server, and how much it reads and keeps."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
from contextlib import closing
from functools import partial
from typing import Any

import pytest

from streamcell.rehearsal import Exchange, RehearsalServer, _app, _exchanges
from streamcell.rehearsal._exchanges import ExchangeLog
from streamcell.rehearsal._guests import refusal_of
from streamcell.rehearsal._handler import Stage
from streamcell.rehearsal._kept import Kept
from streamcell.rehearsal._request import Turn

ELSEWHERE: list[dict[str, str]] = [
    {"Host": "attacker.example"},
    {"Host": "attacker.example:8000"},
    {"Host": "127.0.0.1.attacker.example"},
    {"Host": "localhost.attacker.example"},
    {"Host": "127.0.0.1@attacker.example"},
    {"Host": "[::1"},
    {"Origin": "https://attacker.example"},
    {"Origin": "http://127.0.0.1.attacker.example"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "http://["},
    {"Sec-Fetch-Site": "cross-site"},
]

HERE: list[dict[str, str]] = [
    {},
    {"Host": "localhost:8000"},
    {"Host": "[::1]:8000"},
    {"Host": "lab.localhost"},
    {"Origin": "http://localhost:8888"},
    {"Origin": "http://127.0.0.1:8888", "Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "none"},
]


def ask(server: RehearsalServer, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> tuple[int, Any]:
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=300)) as connection:
        connection.request(method, path, body or None, headers)
        response = connection.getresponse()
        assert response.getheader("access-control-allow-origin") is None
        return response.status, json.loads(response.read() or b"null")


@pytest.mark.parametrize("headers", ELSEWHERE)
def test_a_page_of_elsewhere_is_refused(headers: dict[str, str]) -> None:
    assert refusal_of({"Host": "127.0.0.1:8000", **headers})


@pytest.mark.parametrize("headers", HERE)
def test_programs_and_pages_of_this_machine_are_answered(headers: dict[str, str]) -> None:
    assert refusal_of({"Host": "127.0.0.1:8000", **headers}) is None


@pytest.mark.parametrize("headers", [{"Host": "attacker.example"}, {"Origin": "https://attacker.example"}])
@pytest.mark.parametrize(
    "route", [("POST", "/v1/responses"), ("POST", "/v1/chat/completions"), ("GET", "/v1/models"), ("GET", "/nothing")]
)
def test_every_route_refuses_them(server: RehearsalServer, route: tuple[str, str], headers: dict[str, str]) -> None:
    body = json.dumps({"model": "rehearsal/echo", "input": "x", "messages": [{"role": "user", "content": "x"}]})
    status, told = ask(server, *route, headers, body.encode() if route[0] == "POST" else b"")
    assert (status, told["error"]["code"]) == (403, "forbidden")
    assert not server.exchanges[-1].text_sent
    assert ask(server, "GET", "/v1/models", {"Origin": "http://localhost:8888"})[0] == 200


@pytest.mark.parametrize(
    "request_head",
    [
        b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"x" * (80 * 1024) + b"\r\n\r\n",
        b"POST /v1/responses HTTP/1.1\r\nHost: localhost\r\nContent-Length: 77000000\r\n\r\n",
        b"POST /v1/responses HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFF\r\n",
    ],
)
def test_what_is_too_large_is_not_read(server: RehearsalServer, request_head: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=300) as connection:
        connection.sendall(request_head)
        connection.settimeout(300)
        try:
            answer = connection.recv(1_000)
        except ConnectionResetError:
            answer = b""
    assert answer == b"" or answer.startswith(b"HTTP/1.1 4")
    assert ask(server, "GET", "/v1/models", {})[0] == 200


def test_one_connection_too_many_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_app, "Bounded", partial(_app.Bounded, connections=2))
    with RehearsalServer(rate=0, first_token=0) as server:
        connections = [http.client.HTTPConnection("127.0.0.1", server.port, timeout=300) for _ in range(2)]
        for connection in connections:
            connection.request("GET", "/v1/models")
            assert connection.getresponse().read()
        assert ask(server, "GET", "/v1/models", {})[0] == 503
        for connection in connections:
            connection.close()
        # The server hears of a close in a later turn of its loop.
        while ask(server, "GET", "/v1/models", {})[0] != 200:
            pass


def test_the_log_is_bounded_by_the_size_of_what_it_keeps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_exchanges, "SIZE_KEPT", 100)
    log = ExchangeLog()

    def begin(name: str, size: int) -> _exchanges.Record:
        return log.begin(Exchange("/", "m", stream=False, headers={}, request_id=name, body={}), size)

    def kept() -> list[str]:
        return [exchange.request_id for exchange in log.read()]

    begin("a", 60)
    begin("b", 30).sent("x" * 20)
    assert kept() == ["a", "b"]
    begin("c", 10)
    assert kept() == ["b", "c"]
    begin("d", 1_000)
    assert kept() == ["d"]


def test_a_request_counts_with_its_body(server: RehearsalServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_exchanges, "SIZE_KEPT", 10_000)
    body = json.dumps({"model": "rehearsal/echo", "input": "x" * 6_000, "max_output_tokens": 16}).encode()
    for _ in range(5):
        assert ask(server, "POST", "/v1/responses", {}, body)[0] == 200
    assert len(server.exchanges) == 1


def test_what_is_kept_is_the_newest() -> None:
    kept: Kept[str] = Kept(3, 10)
    for name, size in (("a", 1), ("b", 1), ("c", 1), ("d", 1)):
        kept.put(name, name, size)
    assert [kept.get(name) for name in "abcd"] == [None, "b", "c", "d"]
    kept.put("b", "again", 9)
    assert [kept.get(name) for name in "bcd"] == ["again", None, "d"]
    kept.put("e", "large", 100)
    assert [kept.get(name) for name in "bde"] == [None, None, "large"]


def test_conversations_are_bounded_by_their_size() -> None:
    async def remembered() -> int:
        log, timing = ExchangeLog(), RehearsalServer()._timing
        stage = Stage(timing, log)
        long = "x" * 10_000_000  # one text, counted for each
        for number in range(9):
            stage.remember(str(number), (Turn("user", long),))
        return sum(stage.conversations.get(str(number)) is not None for number in range(9))

    assert asyncio.run(remembered()) == 3
