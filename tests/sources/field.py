"""What servers really send, as bytes, and what a user should find in the cell: `field.json`, played over HTTP.

`name → {what, want, apis → path → [reply, …]}`. The n-th request to a path gets its n-th reply, later ones the last. A
reply has `steps` (`send`, `wait` in seconds) and, where it is not an ordinary event stream, `status`, `content_type`
(None: no such header), `headers`, `chunked`, `http`. `want` is a row's fields as they must be; besides: `not_status`
("done/Done": not done, or not without a notice), `error` (the class), `error_says` and `says` (words of the error, and
of the notice, or of a part), `attempts` (no more requests than that).
"""

from __future__ import annotations

import json
import secrets
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import openai

from streamcell import Citation, RetryPolicy, StreamCellError, ToolCall, stream_cell
from streamcell.answer.parts import Image

from .wire_server import TIMEOUT, _request

CASES: Final[dict[str, Any]] = json.loads(Path(__file__).with_name("field.json").read_text("utf-8"))
PAIRS: Final = [(name, api) for name, case in CASES.items() for api in case["apis"]]

WAIT: Final = 300.0
_NO_SUCH: Final = {
    "status": "404 Not Found",
    "content_type": "application/json",
    "chunked": False,
    "steps": [{"send": '{"detail": "Not Found"}'}],
}


class FieldServer:
    """Plays a case's replies by path; `requests` are the paths and bodies that came."""

    def __init__(self, replies: Mapping[str, list[dict[str, Any]]]) -> None:
        self._replies = replies
        self._listener = socket.create_server(("127.0.0.1", 0))
        # Another test's client may still ask a port that was given back: it does not know this path.
        self._mine = f"/{secrets.token_hex(8)}/v1/"
        self.base_url = f"http://127.0.0.1:{self._listener.getsockname()[1]}{self._mine}"
        self.requests: list[tuple[str, Any]] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)  # a close alone would leave it open for the thread in accept()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(TIMEOUT)
            try:
                head, body = _request(connection)
                mine, _, path = head.split()[1].partition("?")[0].partition(self._mine)
                if mine or not path:
                    return
                before = sum(one == path for one, _ in self.requests)
                self.requests.append((path, body))
                replies = self._replies.get(path)
                _play(connection, replies[min(before, len(replies) - 1)] if replies else _NO_SUCH)
                connection.shutdown(socket.SHUT_WR)
            except (OSError, EOFError):
                pass  # the client has what it needs


def _play(connection: socket.socket, reply: Mapping[str, Any]) -> None:
    chunked = reply.get("chunked", True)
    kind = reply.get("content_type", "text/event-stream")
    lines = [f"{reply.get('http', 'HTTP/1.1')} {reply.get('status', '200 OK')}", "connection: close"]
    lines += [f"content-type: {kind}"] if kind else []
    lines += [f"{name}: {value}" for name, value in reply.get("headers", {}).items()]
    lines += ["transfer-encoding: chunked"] if chunked else []
    connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
    for step in reply["steps"]:
        if "wait" in step:
            time.sleep(step["wait"])
            continue
        data = step["send"].encode()
        connection.sendall(b"%x\r\n%s\r\n" % (len(data), data) if chunked else data)
    if chunked:
        connection.sendall(b"0\r\n\r\n")


@contextmanager
def playing(replies: Mapping[str, list[dict[str, Any]]]) -> Iterator[FieldServer]:
    """Serve replies by path on a free port of the loopback interface."""
    server = FieldServer(replies)
    try:
        yield server
    finally:
        server.close()


def ask(server: FieldServer, api: str, **options: Any) -> dict[str, Any]:
    """Ask the server through a cell, and return what a user finds in it when it has ended."""
    client = openai.AsyncOpenAI(api_key="-", base_url=server.base_url)
    options = {"retry": RetryPolicy(wait_initial=0.0), "display": False, **options}
    cell = stream_cell("How do rivers work?", model="m", client=client, api=api, **options)
    error: StreamCellError | None = None
    try:
        cell.result(WAIT)
    except StreamCellError as raised:
        error = raised
    usage = {name: count for name, count in (cell.usage or {}).items() if count is not None}
    return {
        "status": cell.status,
        "text": cell.text,
        "reasoning": cell.reasoning,
        "finish": cell.finish_reason,
        "usage": usage,
        "resumable": cell.resumable,
        "notice": cell.notice or "",
        "sources": " · ".join(part.plain() for part in cell.parts if isinstance(part, Citation)),
        "calls": " · ".join(part.plain() for part in cell.parts if isinstance(part, ToolCall)),
        "images": " · ".join(part.plain() for part in cell.parts if isinstance(part, Image)),
        "error": "" if error is None else type(error).__name__,
        "message": "" if error is None else error.detail,
        "attempts": len(server.requests),
        "log": cell.log.to_jsonl(),
        "origin": cell.origin,
    }


def row(name: str, api: str) -> dict[str, Any]:
    """Return what a user finds after one case."""
    with playing(CASES[name]["apis"][api]) as server:
        return ask(server, api)


def rows() -> dict[tuple[str, str], dict[str, Any]]:
    """Return what a user finds after each case on each API; side by side, as some servers take their time."""
    with ThreadPoolExecutor(8) as pool:
        return dict(zip(PAIRS, pool.map(row, *zip(*PAIRS, strict=True)), strict=True))


def told(found: Mapping[str, Any]) -> str:
    """Return what a cell shows at the end, in a line."""
    reason = f" ({found['finish']})" if found["finish"] not in (None, "stop") else ""
    shown = [f"{found['status']}{reason}{found['error'] and ': ' + found['error']}"]
    shown += [f"“{' '.join(found['text'].split())}”"] if found["text"] else []
    shown += ["with the reasoning apart"] if found["reasoning"] else []
    shown += [f"notice: {found['notice']}"] if found["notice"] else []
    shown += [f"sources: {found['sources']}"] if found["sources"] else []
    shown += [found[kind] for kind in ("calls", "images") if found[kind]]
    shown += [f"{found['attempts']} requests"] if found["attempts"] > 1 else []
    shown += ["Continue"] if found["resumable"] else []
    return " · ".join(shown)


def flaws(want: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    """Return what a case wants and did not get, in words."""
    missing: list[str] = []
    for key, value in want.items():
        if key == "usage":
            held = all(found["usage"].get(name) == count for name, count in value.items())
        elif key == "not_status":
            status, _, label = value.partition("/")
            held = found["status"] != status or (bool(label) and bool(found["notice"]))
        elif key == "error_says":
            held = value in found["message"]
        elif key == "says":
            held = value in found["notice"] + found["sources"] + found["calls"] + found["images"]
        elif key == "attempts":
            held = found["attempts"] <= value
        else:
            held = found[key] == value
        if not held:
            missing.append(f"{key}: wanted {value!r}")
    return missing
