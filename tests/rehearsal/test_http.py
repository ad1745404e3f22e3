"""The server as bytes on a connection: status lines, headers, events, and clients that leave."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from contextlib import closing
from typing import Any

import pytest

from streamcell.rehearsal import RehearsalServer, shared


def connect(server: RehearsalServer) -> closing[http.client.HTTPConnection]:
    return closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=300))


def post(connection: http.client.HTTPConnection, path: str, body: Any) -> http.client.HTTPResponse:
    payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    connection.request("POST", path, payload, {"content-type": "application/json"})
    return connection.getresponse()


def chat(model: str, text: str = "Explain entropy", **more: Any) -> dict[str, Any]:
    return {"model": model, "messages": [{"role": "user", "content": text}], **more}


def responses(model: str, text: str = "Explain entropy", **more: Any) -> dict[str, Any]:
    return {"model": model, "input": text, **more}


def test_a_stream_has_the_apis_headers(server: RehearsalServer) -> None:
    with connect(server) as connection:
        response = post(connection, "/v1/responses", responses("rehearsal/echo", stream=True))
        response.read()
    headers = {name.lower(): value for name, value in response.getheaders()}
    assert response.status == 200
    assert headers["content-type"] == "text/event-stream; charset=utf-8"
    assert headers["cache-control"] == "no-cache"
    assert headers["transfer-encoding"] == "chunked"
    assert headers["openai-version"] == "2020-10-01"
    assert headers["openai-processing-ms"].isdigit()
    assert headers["x-request-id"] == server.exchanges[0].request_id
    assert int(headers["x-ratelimit-remaining-requests"]) == int(headers["x-ratelimit-limit-requests"]) - 1
    assert int(headers["x-ratelimit-remaining-tokens"]) < int(headers["x-ratelimit-limit-tokens"])
    assert headers["x-ratelimit-reset-requests"].endswith("s")
    assert headers["x-ratelimit-reset-tokens"].endswith("s")


def test_responses_events_are_named_and_chat_chunks_are_not(server: RehearsalServer) -> None:
    with connect(server) as connection:
        named = post(connection, "/v1/responses", responses("rehearsal/echo", "a b", stream=True)).read().decode()
        plain = post(connection, "/v1/chat/completions", chat("rehearsal/echo", "a b", stream=True)).read().decode()
    for event in named.removesuffix("\n\n").split("\n\n"):
        name, data = event.split("\n")
        assert name.removeprefix("event: ") == json.loads(data.removeprefix("data: "))["type"]
    *chunks, mark = plain.removesuffix("\n\n").split("\n\n")
    assert mark == "data: [DONE]"
    assert all(json.loads(chunk.removeprefix("data: "))["object"] == "chat.completion.chunk" for chunk in chunks)
    assert "[DONE]" not in named


def test_padding_hides_lengths_unless_it_is_declined(server: RehearsalServer) -> None:
    def deltas(**more: Any) -> list[dict[str, Any]]:
        with connect(server) as connection:
            body = responses("rehearsal/echo", "a longer word", stream=True, **more)
            events = post(connection, "/v1/responses", body).read().decode().split("\n\n")
        parsed = [json.loads(event.partition("data: ")[2]) for event in events if event]
        return [event for event in parsed if "delta" in event]

    assert {len(event["delta"] + event["obfuscation"]) for event in deltas()} == {16}
    assert all("obfuscation" not in event for event in deltas(stream_options={"include_obfuscation": False}))


def test_every_request_has_an_id_of_its_own(server: RehearsalServer) -> None:
    with connect(server) as connection:
        response = post(connection, "/v1/responses", responses("rehearsal/echo"))
        response.read()
        ids = {response.getheader("x-request-id")}
        for path in ("/v1/models", "/v1/nothing"):
            connection.request("GET", path)
            response = connection.getresponse()
            response.read()
            ids.add(response.getheader("x-request-id"))
    assert len(ids - {None}) == 3


def test_one_connection_serves_many_requests(server: RehearsalServer) -> None:
    with connect(server) as connection:
        connection.connect()
        first = connection.sock
        for _ in range(3):
            assert post(connection, "/v1/chat/completions", chat("rehearsal/echo", stream=True)).read()
            assert post(connection, "/v1/responses", responses("rehearsal/cut?after=2", stream=True)).read()
            assert post(connection, "/v1/responses", b"{").read()
        assert first is not None
        assert connection.sock is first
    assert len(server.exchanges) == 9


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/responses"])
def test_a_refusal_is_an_error_object(server: RehearsalServer, path: str) -> None:
    with connect(server) as connection:
        response = post(connection, path, b"{")
        error = json.loads(response.read())["error"]
        assert response.status == 400
        assert set(error) == {"message", "type", "param", "code"}
        assert "could not parse the JSON" in error["message"]
        response = post(connection, path, {"model": "rehearsal"})
        error = json.loads(response.read())["error"]
        assert error["code"] == "missing_required_parameter"
        assert response.getheader("content-type") == "application/json"
    assert [exchange.status for exchange in server.exchanges] == [400, 400]


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", "/v1/chat/completions", 405, "POST"),
        ("DELETE", "/v1/responses", 405, "POST"),
        ("POST", "/v1/models", 405, "GET"),
        ("GET", "/v1/nothing", 404, None),
        ("POST", "/v1/nothing", 404, None),
        ("GET", "/", 404, None),
        ("GET", "/v1/models/gpt-9", 404, None),
    ],
)
def test_wrong_methods_and_routes(server: RehearsalServer, method: str, path: str, status: int, allow: str) -> None:
    with connect(server) as connection:
        connection.request(method, path)
        response = connection.getresponse()
        error = json.loads(response.read())["error"]
    assert (response.status, response.getheader("allow")) == (status, allow)
    assert error["type"] == "invalid_request_error"
    assert server.exchanges[0].status == status


def leave(server: RehearsalServer, path: str, body: dict[str, Any], *, after: bytes) -> None:
    """Ask, read until `after` has come, and close the connection."""
    payload = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(payload)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=300) as connection:
        connection.sendall(head.encode() + payload)
        seen = b""
        while after not in seen:
            seen += connection.recv(65536)


def test_leaving_mid_stream_is_noticed(server: RehearsalServer) -> None:
    leave(server, "/v1/responses", responses("bulk?rate=100", stream=True), after=b"output_text.delta")
    exchange = server.wait_for(lambda exchange: exchange.ended != "running")
    assert exchange.ended == "closed_by_client"
    assert 0 < len(exchange.text_sent) < 50_000


@pytest.mark.parametrize("path", ["/v1/responses", "/v1/chat/completions"])
def test_leaving_in_a_silence_is_noticed(server: RehearsalServer, path: str) -> None:
    model = "rehearsal/stall?after=3&seconds=3600"
    body = (responses if path == "/v1/responses" else chat)(model, stream=True)
    leave(server, path, body, after=b'" counts"')
    exchange = server.wait_for(lambda exchange: exchange.ended != "running")
    assert exchange.ended == "closed_by_client"
    assert exchange.text_sent == "## Entropy counts"


@pytest.mark.parametrize("stream", [True, False])
def test_leaving_before_the_head_is_noticed(server: RehearsalServer, stream: bool) -> None:
    body = chat("rehearsal?first_token=3600", stream=stream)
    leave(server, "/v1/chat/completions", body, after=b"")
    exchange = server.wait_for(lambda exchange: exchange.ended != "running")
    assert (exchange.ended, exchange.text_sent) == ("closed_by_client", "")


def test_an_exchange_can_be_watched_while_it_runs(server: RehearsalServer) -> None:
    with connect(server) as connection:
        post(connection, "/v1/responses", responses("rehearsal/stall?after=3&seconds=3600", stream=True))
        exchange = server.wait_for(lambda exchange: exchange.text_sent == "## Entropy counts")
        assert exchange.ended == "running"
        assert exchange.model == "rehearsal/stall?after=3&seconds=3600"
        assert exchange.stream
        assert exchange.body["input"] == "Explain entropy"
        assert exchange.path == "/v1/responses"


def test_a_client_that_reads_slowly_gets_everything(server: RehearsalServer) -> None:
    body = json.dumps(responses("bulk?characters=2000000&chunks=20000", stream=True)).encode()
    with socket.socket() as connection:
        # A small window, set before connecting, so that the server must wait for the reader.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", server.port))
        connection.sendall(f"POST /v1/responses HTTP/1.0\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        server.wait_for(lambda exchange: exchange.text_sent != "")
        with connect(server) as quick:
            post(quick, "/v1/responses", json.loads(body)).read()
        assert [exchange.ended for exchange in server.exchanges] == ["running", "finished"]
        with connection.makefile("rb") as stream:
            deltas = sum(line.startswith(b"event: response.output_text.delta") for line in stream)
    assert deltas == 20_000
    assert [exchange.ended for exchange in server.exchanges] == ["finished", "finished"]


def test_stopping_the_server_ends_what_runs() -> None:
    server = RehearsalServer(first_token=0).start()
    with connect(server) as connection:
        response = post(connection, "/v1/responses", responses("rehearsal/stall?after=1&seconds=3600", stream=True))
        server.wait_for(lambda exchange: exchange.text_sent != "")
        server.stop()
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            response.read()
    assert [exchange.ended for exchange in server.exchanges] == ["closed_by_server"]
    assert not server.running
    server.stop()


def test_a_server_can_be_started_again() -> None:
    server = RehearsalServer()
    with pytest.raises(RuntimeError, match="before start"):
        _ = server.base_url
    for _ in range(2):
        with server:
            assert server.start() is server
            with connect(server) as connection:
                connection.request("GET", "/v1/models")
                assert connection.getresponse().status == 200


def test_a_port_that_is_taken_is_the_callers_error(server: RehearsalServer) -> None:
    with pytest.raises(OSError, match="in use"):
        RehearsalServer(port=server.port).start()


def test_an_impossible_timing_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="rate"):
        RehearsalServer(rate=-1)


def test_only_loopback_listens(server: RehearsalServer) -> None:
    assert server.base_url == f"http://127.0.0.1:{server.port}/v1"
    with socket.socket() as other, pytest.raises(OSError, match="refused"):
        other.connect(("127.0.0.2", server.port))


def test_the_shared_server_is_one_whoever_asks_first() -> None:
    found: list[RehearsalServer] = []
    threads = [threading.Thread(target=lambda: found.append(shared())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, found))) == 1
    assert found[0].running
    found[0].stop()
    assert shared() is found[0]
    assert shared().running
    shared().stop()
