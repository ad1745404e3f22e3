"""No secret is in a recording, searched as bytes: wherever it was given, and wherever a server says it back."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import openai
import pytest

from streamcell import StreamCell, StreamCellError, stream_cell
from streamcell.engine.recorder import flush
from streamcell.rehearsal import RehearsalServer
from tests.sources.wire_server import Play, ended, event, sends, wire_server

TIMEOUT = 300.0

SECRETS = {
    "key": "plain-key-of-the-client",
    "bearer": "token-in-a-header-1234",
    "cookie": "session-cookie-5678",
    "query": "key-in-the-address-9012",
    "base": "key-in-the-clients-query-3456",
    "body": "key-in-the-body-7890",
    "shaped": "sk-" + "shaped-as-a-key-0123456789",
    "password": "password-in-the-address",
}


def ask(address: str, path: Path, api: str, *, password: bool = False) -> StreamCell:
    """Ask with every secret; httpx sends a password in the address in place of a bearer token."""
    host = address.replace("http://", f"http://user:{SECRETS['password']}@") if password else address
    client = openai.AsyncOpenAI(api_key=SECRETS["key"], base_url=host, default_query={"api_key": SECRETS["base"]})
    return stream_cell(
        [{"role": "user", "content": f"My key is {SECRETS['shaped']}. Is it safe? Also {SECRETS['body']}?"}],
        client=client,
        model="m",
        api=api,
        instructions=f"Never say {SECRETS['body']}.",
        extra_headers={"Authorization": f"Bearer {SECRETS['bearer']}", "Cookie": SECRETS["cookie"]},
        extra_query={"key": SECRETS["query"]},
        extra_body={"auth": {"api_key": SECRETS["body"]}, "seed": 7},
        retry=1,
        display=False,
        record=path,
    )


def says(status: str, kind: str, *pieces: bytes) -> Play:
    """Return a play whose head says every secret back, before `pieces`."""
    echoes = "".join(f"X-Echo-{name}: {secret}\r\n" for name, secret in SECRETS.items())
    cookie = f"Set-Cookie: id={SECRETS['cookie']}\r\n"
    head = f"HTTP/1.1 {status}\r\n{echoes}{cookie}Content-Type: {kind}\r\nConnection: close\r\n\r\n"
    return lambda connection: connection.sendall(b"".join((head.encode(), *pieces)))


def says_back(api: str) -> Play:
    texts = [f"{name}: {secret} " for name, secret in SECRETS.items()]
    return says("200 OK", "text/event-stream", *ended(api, texts))


def refuses(_api: str) -> Play:
    told = ", ".join(f"{name}={secret}" for name, secret in SECRETS.items())
    return says("401 Unauthorized", "application/json", b'{"error": {"message": "no: ' + told.encode() + b'"}}')


def fails_in_the_stream(_api: str) -> Play:
    message = f"bad key {', '.join(SECRETS.values())}"
    return says("200 OK", "text/event-stream", event({"error": {"message": message}}))


@pytest.mark.parametrize("api", ["chat", "responses"])
@pytest.mark.parametrize("play", [says_back, refuses, fails_in_the_stream])
@pytest.mark.parametrize("password", [False, True])
def test_a_recording_has_none_of_the_secrets(
    play: Callable[[str], Play], api: str, password: bool, tmp_path: Path
) -> None:
    path = tmp_path / "answer.jsonl"
    with wire_server(play(api)) as wire:
        cell = ask(wire.address, path, api, password=password)
        cell.future.exception(TIMEOUT)
    flush(path)
    cell.log.save(tmp_path / "log.jsonl")
    for written in (path.read_bytes(), (tmp_path / "log.jsonl").read_bytes()):
        assert b'"kind": "chunk"' in written
        assert b'"kind": "prompt"' in written
        for name, secret in SECRETS.items():
            if name == "password" and not password:
                continue  # then it is a text that the server made up
            assert secret.encode() not in written, name
            assert base64.b64encode(secret.encode()) not in written, name
    again = stream_cell(replay=path, speed="fast", display=False)
    again.future.exception(TIMEOUT)
    assert again.status == cell.status


def test_the_server_was_really_given_them(tmp_path: Path) -> None:
    with wire_server(says_back("chat")) as wire:
        ask(wire.address, tmp_path / "a.jsonl", "chat").future.exception(TIMEOUT)
        ((request, body),) = wire.requests
    sent = f"{request}{body}"
    given = {name for name, secret in SECRETS.items() if secret in sent}
    assert {"bearer", "cookie", "query", "base", "body", "shaped"} <= given


def test_a_key_of_the_environment_is_not_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.jsonl"
    with wire_server(says_back("chat")) as wire:
        monkeypatch.setenv("OPENAI_API_KEY", SECRETS["key"])
        monkeypatch.setenv("OPENAI_BASE_URL", wire.address)
        cell = stream_cell(f"Is {SECRETS['key']} safe?", model="m", api="chat", retry=1, display=False, record=path)
        cell.future.exception(TIMEOUT)
    flush(path)
    assert SECRETS["key"].encode() not in path.read_bytes()


def test_what_a_tool_returns_has_no_key_and_its_traceback_is_not_recorded(tmp_path: Path) -> None:
    def spill(city: str) -> str:
        """Say a key."""
        raise ValueError(f"{city} {SECRETS['key']} {SECRETS['shaped']}")

    spill.__name__ = "weather"
    path = tmp_path / "a.jsonl"
    with RehearsalServer(rate=0, first_token=0) as server:
        client = openai.AsyncOpenAI(api_key=SECRETS["key"], base_url=server.base_url)
        cell = stream_cell("x", client=client, model="tools", tools=[spill], approve=True, display=False, record=path)
        cell.result(TIMEOUT)
    flush(path)
    written = path.read_bytes()
    assert b'"state": "failed"' in written
    assert b"Traceback" not in written
    assert __file__.encode() not in written
    assert [name for name, secret in SECRETS.items() if secret.encode() in written] == []


def test_a_secret_that_is_too_short_to_look_for_is_left_out_where_its_name_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with wire_server(sends(*ended("chat", ["Fine"]))) as wire:
        client = openai.AsyncOpenAI(api_key=SECRETS["key"], base_url=wire.address)
        body = {"auth": {"password": "4711"}, "top_k": 4712}
        stream_cell("x", client=client, model="m", api="chat", extra_body=body, display=False, record=path).result(
            TIMEOUT
        )
    flush(path)
    assert b"4711" not in path.read_bytes()
    assert b"4712" in path.read_bytes()


def test_a_file_is_recorded_by_its_digest_and_length(tmp_path: Path) -> None:
    image = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 400
    path = tmp_path / "a.jsonl"
    with wire_server(sends(*ended("chat", ["An image"]))) as wire:
        client = openai.AsyncOpenAI(api_key=SECRETS["key"], base_url=wire.address)
        cell = stream_cell(["What?", image], client=client, model="m", api="chat", display=False, record=path)
        cell.result(TIMEOUT)
    flush(path)
    assert path.stat().st_size < 10_000
    assert b"data:image/png;base64,blake2b:" in path.read_bytes()


def test_the_errors_of_a_replay_are_typed(tmp_path: Path) -> None:
    with wire_server(refuses("chat")) as wire:
        cell = ask(wire.address, tmp_path / "a.jsonl", "chat")
        error = cell.future.exception(TIMEOUT)
    again = stream_cell(replay=tmp_path / "a.jsonl", speed="fast", display=False).future.exception(TIMEOUT)
    assert isinstance(again, StreamCellError)
    assert (type(again), str(again)) == (type(error), str(error))
