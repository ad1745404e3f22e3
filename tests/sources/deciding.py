"""A server that decides by path and body what it answers, and the end of a cell that asks it."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import openai

from streamcell import RetryPolicy, StreamCellError, stream_cell

from .wire_server import ended

Answer = Callable[[str, Any], tuple[int, str, str]]


@contextmanager
def deciding(answer: Answer) -> Iterator[tuple[str, list[tuple[str, Any]]]]:
    """A server that decides by path and body what it answers: status, content type, body."""
    asked: list[tuple[str, Any]] = []
    mine = f"/{secrets.token_hex(8)}/v1"  # a port that was given back may still be asked by another test's client

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            if not self.path.startswith(mine):
                return
            path = self.path.removeprefix(f"{mine}/")
            asked.append((path, body))
            status, kind, text = answer(path, body)
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("connection", "close")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}{mine}", asked
        finally:
            server.shutdown()
            thread.join()


def end_of(address: str, api: str = "chat", prompt: Any = "x", **params: Any) -> Any:
    """The cell for one question, at its end."""
    client = openai.AsyncOpenAI(api_key="-", base_url=address)
    retry = RetryPolicy(attempts=1)
    cell = stream_cell(prompt, model="m", client=client, api=api, display=False, retry=retry, **params)
    try:
        cell.result(300)
    except StreamCellError:
        return cell
    return cell


def whole(api: str) -> str:
    """A whole answer, as an event stream."""
    return b"".join(ended(api, ["Half ", "and half"])).decode()
