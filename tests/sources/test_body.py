"""A body is what its bytes are, and whatever goes wrong in it is told in the server's words: over HTTP."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import openai
import pytest

from streamcell import stream_cell
from streamcell.answer.events import Alive, Failed
from streamcell.sources import resolve

from .deciding import whole
from .field import ask, playing
from .read import read, request
from .test_words import LAMP, PAGE
from .wire_server import chat, ended, event, head, sends, wire_server

# -- errors, before and amid the text ----------------------------------------------------------------------------------

APIS = ("chat", "responses")
PATHS = {"chat": "chat/completions", "responses": "responses"}


def played(api: str, *steps: str, **reply: Any) -> dict[str, Any]:
    """What a user finds after a server has sent these steps, to each request."""
    with playing({PATHS[api]: [{"steps": [{"send": step} for step in steps], **reply}]}) as server:
        return ask(server, api)


def begun(api: str) -> str:
    if api == "chat":
        return chat("Half ").decode()
    return event({"type": "response.output_text.delta", "item_id": "i", "output_index": 0, "delta": "Half "}).decode()


AMID = {
    "an error field": f"error: {json.dumps({'code': 500, 'message': LAMP})}\n\n",
    "an error field of words": f"error: {LAMP}\n\n",
    "an event by name": f'event: error\ndata: {{"why": 1, "message": "{LAMP}"}}\n\n',
    "an event by name, with words": f"event: error\ndata: {LAMP}\n\n",
    "a line": f"{LAMP}\n",
    "a line and a blank one": f"{LAMP}\n\n",
    "a line as data": f"data: {LAMP}\n\n",
    "a string as data": f'data: "{LAMP}"\n\n',
    "a line of JSON": json.dumps({"error": {"message": LAMP}}) + "\n",
    "several lines of JSON": json.dumps({"error": {"message": LAMP}}, indent=2) + "\n",
    "a list": f"data: {json.dumps([{'error': {'message': LAMP}}])}\n\n",
    "a page": PAGE,
    "an object of the API": f"data: {json.dumps({'error': {'message': LAMP}})}\n\n",
    "FastAPI's": f"data: {json.dumps({'detail': LAMP})}\n\n",
}


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("done", ["", "data: [DONE]\n\n"])
@pytest.mark.parametrize("sent", AMID.values(), ids=list(AMID))
def test_an_error_amid_an_answer_is_told_in_the_servers_words(api: str, done: str, sent: str) -> None:
    found = played(api, begun(api), sent, done) if done else played(api, begun(api), sent)
    assert found["status"] == "failed"
    assert LAMP in found["message"]
    assert found["text"] == "Half "
    assert LAMP in found["log"]
    assert found["attempts"] == 1


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("sent", [f"data: {LAMP}\n\n", *AMID.values()], ids=["first", *AMID])
def test_an_error_before_any_text_is_told_in_the_servers_words(api: str, sent: str) -> None:
    found = played(api, sent)
    assert found["status"] == "failed"
    assert LAMP in found["message"]
    assert LAMP in found["log"]


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize(
    "noise", ["keep-alive\n", "data: ping\n\n", "data: null\n\n", 'data: "ping"\n\n', "{}\n", "[]\n"]
)
def test_a_line_that_is_followed_by_the_answer_is_no_error(api: str, noise: str) -> None:
    found = played(api, noise, begun(api), noise, whole(api).replace("Half ", "", 1) if api == "chat" else noise)
    if api == "chat":
        assert (found["status"], found["text"]) == ("done", "Half and half")
    else:
        assert found["text"] == "Half "


def test_the_last_words_before_a_broken_connection_are_its_reason() -> None:
    with wire_server(sends(chat("Half "), f"{LAMP}\n".encode(), chunked=True, close="fin")) as server:
        events = read(resolve(request(api="chat"), client=openai.AsyncOpenAI(api_key="-", base_url=server.address)))
    (failed,) = [one for one in events if isinstance(one, Failed)]
    assert LAMP in failed.error.detail


@pytest.mark.parametrize("api", APIS)
def test_every_piece_and_every_chunk_without_an_event_is_life(api: str) -> None:
    quiet = [b'data: {"type": "ping"}\n\n', b": c\n\n", b"event: x\n", b"data: {}\n\n"]
    with wire_server(sends(*quiet, *ended(api, ["a"]), chunked=True)) as server:
        events = read(resolve(request(api=api), client=openai.AsyncOpenAI(api_key="-", base_url=server.address)))
    assert sum(isinstance(one, Alive) for one in events) >= 3


# -- a body is what its bytes are --------------------------------------------------------------------------------------

KINDS = [
    "application/json",
    "application/x-ndjson",
    "text/html; charset=utf-8",
    "text/plain",
    "text/event-stream",
    None,
]


def lines(api: str) -> str:
    """The answer as JSON objects, one a line, without `data:`."""
    found = [line.removeprefix("data: ") for line in whole(api).splitlines() if line.startswith("data: {")]
    return "\n".join(found) + "\n[DONE]\n"


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("before", ["", "\n\n", "\ufeff", ": hello\n\n"])
def test_a_stream_is_read_under_any_content_type(api: str, kind: str | None, before: str) -> None:
    found = played(api, before + whole(api), content_type=kind)
    assert (found["status"], found["text"], found["attempts"]) == ("done", "Half and half", 1)


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("before", ["", "\n \n", "\ufeff"])
def test_json_lines_are_read_as_chunks(api: str, kind: str | None, before: str) -> None:
    found = played(api, before + lines(api), content_type=kind)
    assert (found["status"], found["text"]) == ("done", "Half and half")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("before", ["", "\r\n\r\n  ", "\ufeff"])
@pytest.mark.parametrize("indent", [None, 2])
def test_a_whole_answer_is_used_under_any_content_type(kind: str | None, before: str, indent: int | None) -> None:
    body = {
        "object": "chat.completion",
        "choices": [{"index": 0, "message": {"content": "all"}, "finish_reason": "stop"}],
    }
    found = played("chat", before + json.dumps(body, indent=indent), content_type=kind, chunked=False)
    assert (found["status"], found["text"]) == ("done", "all")
    assert "chat.completion" in found["log"]


def test_a_stream_under_another_content_type_is_shown_as_it_comes() -> None:
    shown = threading.Event()

    def play(connection: Any) -> None:
        connection.sendall(head("application/json") + chat("first"))
        assert shown.wait(300)
        connection.sendall(b"".join(ended("chat", [" last"])))

    with wire_server(play) as server:
        client = openai.AsyncOpenAI(api_key="-", base_url=server.address)
        cell = stream_cell("x", model="m", client=client, api="chat", display=False)
        deadline = time.monotonic() + 30
        while cell.text != "first" and time.monotonic() < deadline:
            time.sleep(0.01)
        assert cell.text == "first"
        shown.set()
        assert cell.result(300) == "first last"


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_is_told_by_its_heading_whatever_its_type(kind: str | None) -> None:
    found = played("chat", PAGE, content_type=kind, chunked=False)
    assert (found["status"], found["error"], found["attempts"]) == ("failed", "NotAStream", 1)
    assert LAMP in found["message"]
    assert "<" not in found["message"]
