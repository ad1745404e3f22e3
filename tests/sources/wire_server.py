"""A server that plays bytes: for what no well-behaved server does. Real sockets on loopback, nothing else."""

from __future__ import annotations

import json
import secrets
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

Connection = socket.socket
Play = Callable[[Connection], None]

TIMEOUT: Final = 300.0


@dataclass
class WireServer:
    """Plays the next script on each connection; `requests` are the heads and bodies that came."""

    address: str
    requests: list[tuple[str, Any]] = field(default_factory=list)
    closed_by_client: threading.Event = field(default_factory=threading.Event)


@contextmanager
def wire_server(*plays: Play) -> Iterator[WireServer]:
    """Serve `plays`, one a request, on a free port of the loopback interface, one request a connection.

    A port that another test has given back may still be asked by that test's client: what does not know this server's
    own path is sent away, and takes no play.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(TIMEOUT)
    mine = f"/{secrets.token_hex(8)}"
    server = WireServer(f"http://127.0.0.1:{listener.getsockname()[1]}{mine}/v1")
    threads: list[threading.Thread] = []
    waiting = list(plays)
    lock = threading.Lock()

    def answer(connection: Connection) -> None:
        with connection:
            connection.settimeout(TIMEOUT)
            try:
                head, body = _request(connection)
                if mine not in head.partition("\r\n")[0]:
                    return
                with lock:
                    server.requests.append((head.replace(mine, "", 1), body))
                    play = waiting.pop(0)
                play(connection)
                connection.shutdown(socket.SHUT_WR)
            except (OSError, EOFError, IndexError):
                pass  # the client went away, which is what some tests are about, or nothing is left to play

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=answer, args=(connection,), daemon=True)
            thread.start()
            threads.append(thread)

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield server
    finally:
        listener.shutdown(socket.SHUT_RDWR)  # a close alone would leave it open for the thread that waits in accept()
        listener.close()
        accepting.join(TIMEOUT)
        for thread in threads:
            thread.join(TIMEOUT)


def _request(connection: Connection) -> tuple[str, Any]:
    data = b""
    while b"\r\n\r\n" not in data:
        got = connection.recv(65536)
        if not got:
            raise EOFError
        data += got
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")]
    while len(body) < int(lengths[0] if lengths else 0):
        got = connection.recv(65536)
        if not got:
            raise EOFError
        body += got
    return head.decode(), json.loads(body) if body else None


def head(kind: str = "text/event-stream", status: str = "200 OK", length: int | None = None, **headers: str) -> bytes:
    """Return a response's head; without a length the body ends with the connection."""
    lines = [f"HTTP/1.1 {status}", "connection: close", f"content-type: {kind}", "x-request-id: req_wire"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    lines += [f"content-length: {length}"] if length is not None else []
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def sends(*pieces: bytes, chunked: bool = False, close: str = "clean") -> Play:
    """Return a play that sends `pieces` after the head that it makes.

    `close` is "clean" (the body ends as HTTP says), "fin" (a chunked body without its last chunk) or "reset".
    """

    def play(connection: Connection) -> None:
        connection.sendall(head(**({"transfer_encoding": "chunked"} if chunked else {})))
        for piece in pieces:
            connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
        if chunked and close == "clean":
            connection.sendall(b"0\r\n\r\n")
        if close == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()

    return play


def answers(
    body: bytes | str | dict[str, Any], kind: str = "application/json", status: str = "200 OK", **headers: str
) -> Play:
    """Return a play that sends one whole answer."""
    data = json.dumps(body).encode() if isinstance(body, dict) else body.encode() if isinstance(body, str) else body

    def play(connection: Connection) -> None:
        connection.sendall(head(kind, status, len(data), **headers) + data)

    return play


def chat(text: str = "", reason: str | None = None, **more: Any) -> bytes:
    """Return one chunk of Chat Completions as a server-sent event."""
    choice = {"index": 0, "delta": {"content": text} if text else {}, "finish_reason": reason}
    return event({"id": "c", "object": "chat.completion.chunk", "choices": [choice], **more})


def responses(kind: str, **fields: Any) -> bytes:
    """Return one event of the Responses API."""
    return event({"type": f"response.{kind}", "output_index": 0, "content_index": 0, **fields}, f"response.{kind}")


def event(data: Any, name: str = "") -> bytes:
    """Return a server-sent event with `data` as JSON, or as it is where it is a string."""
    text = data if isinstance(data, str) else json.dumps(data)
    return (f"event: {name}\n" if name else "").encode() + f"data: {text}\n\n".encode()


def begun(api: str, *texts: str) -> tuple[bytes, ...]:
    """Return the events of an answer's `texts` in the words of `api`, without an end."""
    if api == "chat":
        return tuple(chat(text) for text in texts)
    return tuple(responses("output_text.delta", delta=text) for text in texts)


def ended(api: str, texts: Sequence[str] = (), reason: str = "stop") -> tuple[bytes, ...]:
    """Return the events of a whole answer of `texts`, in the words of `api`."""
    if api == "chat":
        usage = {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}
        last = event({"id": "c", "object": "chat.completion.chunk", "choices": [], "usage": usage})
        return (*begun(api, *texts), chat(reason=reason), last, b"data: [DONE]\n\n")
    kind = "completed" if reason == "stop" else "incomplete"
    response = {
        "status": kind,
        "usage": {"input_tokens": 3, "output_tokens": 5, "total_tokens": 8},
        "incomplete_details": None if reason == "stop" else {"reason": "max_output_tokens"},
    }
    return (*begun(api, *texts), responses(kind, response=response))


def held(gate: threading.Event, play: Play) -> Play:
    """Return a play that answers nothing before `gate` is set: until then nothing can have come."""

    def play_later(connection: Connection) -> None:
        if gate.wait(TIMEOUT):
            play(connection)

    return play_later
