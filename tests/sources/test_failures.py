"""Whose fault it is, and what the card says to do about it."""

from __future__ import annotations

import ast
import builtins
import json
import shlex
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import openai
import pytest

from streamcell import RetryPolicy, StreamCellError, stream_cell
from streamcell import _errors as errors
from streamcell._words import LOCAL_SERVERS
from streamcell.answer.events import Event, PartGrew
from streamcell.engine.faults import own_fault
from streamcell.sources.openai import source
from streamcell.sources.openai.chat import ChatDecoder
from streamcell.sources.openai.failures import listing, own_error
from streamcell.sources.openai.refusals import REFUSALS

from .deciding import deciding, end_of, whole
from .field import playing
from .wire_server import head, sends, wire_server


def test_an_error_of_ours_is_told_as_ours_with_its_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(ChatDecoder):
        def feed(self, chunk: object) -> list[Event]:
            events = super().feed(chunk)
            if PartGrew("text", "and half") in events:
                raise TypeError("a slip")
            return events

    monkeypatch.setattr(source, "ChatDecoder", Broken)
    with deciding(lambda *_: (200, "text/event-stream", whole("chat"))) as (address, asked):
        client = openai.AsyncOpenAI(api_key="-", base_url=address)
        cell = stream_cell("x", model="m", client=client, api="chat", display=False)
        with pytest.raises(StreamCellError) as raised:
            cell.result(300)
    assert (type(raised.value), raised.value.error_title) == (errors.SourceFailed, "An error in streamcell")
    assert isinstance(raised.value.__cause__, TypeError)
    assert (raised.value.text, len(asked)) == ("Half ", 1)
    assert "refused" not in str(raised.value)


@pytest.mark.parametrize("value", [7, object()])
def test_what_the_sdk_refuses_before_the_request_is_a_bad_request(value: Any) -> None:
    with deciding(lambda *_: (200, "text/event-stream", whole("chat"))) as (address, asked):
        client = openai.AsyncOpenAI(api_key="-", base_url=address, default_headers={"x": value})
        with pytest.raises(errors.BadRequest):
            stream_cell("x", model="m", client=client, api="chat", display=False, retry=1).result(300)
    assert asked == []


CLOSED: dict[str, Callable[[Any], None]] = {
    "before the head": lambda connection: None,
    "after the head": lambda connection: connection.sendall(head()),
    "in the head": lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-"),
    "in a chunk": sends(b": hello\n\n", chunked=True, close="fin"),
    "reset after the head": sends(b": hello\n\n", chunked=True, close="reset"),
}


@pytest.mark.parametrize("play", CLOSED.values(), ids=list(CLOSED))
def test_a_connection_that_was_made_and_broke_is_not_told_as_none(play: Any) -> None:
    with wire_server(play) as server:
        client = openai.AsyncOpenAI(api_key="-", base_url=server.address)
        cell = stream_cell("x", model="m", client=client, api="chat", display=False, retry=RetryPolicy(attempts=1))
        with pytest.raises(StreamCellError) as raised:
            cell.result(300)
    assert type(raised.value) is errors.ConnectionFailed
    assert raised.value.error_title == "The server closed the connection before it answered"


# -- the cards ---------------------------------------------------------------------------------------------------------

KINDS_OF_ERROR = [getattr(errors, name) for name in errors.__all__ if name[0].isupper() and name != "Step"]
STEPS = [
    *(step for kind in KINDS_OF_ERROR for step in kind.steps),
    *(step for row in REFUSALS for step in row.steps or ()),
    *own_error(TypeError("x")).next_steps,
]
CODES = [step.code for step in STEPS if step.code]
CODES += [listing("http://127.0.0.1:1/v1"), listing("https://host.example/v1")]


@pytest.mark.parametrize("code", CODES)
def test_a_line_of_code_on_a_card_needs_nothing_that_it_does_not_import(code: str) -> None:
    names = {"stream_cell", *dir(builtins)}
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {(one.asname or one.name).partition(".")[0] for one in node.names}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    assert {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} <= names
    assert "…" not in code


def test_the_line_that_lists_models_asks_the_server_that_refused_and_sends_it_no_other_key() -> None:
    models = {"object": "list", "data": [{"id": "lantern", "object": "model"}]}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(models).encode())

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        code = listing(f"http://127.0.0.1:{server.server_address[1]}/v1")
        statement, _, expression = code.partition("; ")
        names: dict[str, Any] = {}
        exec(statement, names)
        assert eval(expression, names) == ["lantern"]
        server.shutdown()
        thread.join()
    assert "getpass" in listing("https://api.other.example/v1")


def test_no_card_says_press_retry_for_what_cannot_succeed() -> None:
    # After a change, or by luck: another answer may not be flagged.
    can = {errors.NoKey, errors.AuthenticationFailed, errors.Stopped, errors.BadData}
    can |= {errors.Flagged, errors.ModerationFailed, errors.InvalidAnswer}
    for kind in set(KINDS_OF_ERROR) - can:
        if not kind.retryable:
            assert not any("press Retry" in step.text or "Press Retry" in step.text for step in kind.steps), kind


def test_a_key_that_came_with_a_client_is_corrected_there() -> None:
    refusal = {"status": "401 Unauthorized", "chunked": False, "steps": [{"send": "{}"}]}
    with playing({"chat/completions": [refusal]}) as server:
        cell = end_of(server.base_url)
    assert [step["text"] for step in cell.error["next"]] == [
        "Correct the key of the client that was given, and run the cell again."
    ]


def test_a_line_for_a_terminal_says_so_and_runs_as_it_stands() -> None:
    for text, code in LOCAL_SERVERS.values():
        assert "In a terminal, start" in text
        assert not any(word.isupper() for word in code.split())  # MODEL, for example, stands for something else
        assert shlex.split(code)[0] in ("ollama", "lms", "vllm", "llama-server")


def test_no_card_offers_a_line_with_a_name_that_only_its_author_has() -> None:
    for error in (own_error(ValueError("x")), own_fault(ValueError("x"))):
        assert [step.code for step in error.next_steps] == [None]
        assert "result()" in error.next_steps[0].text
