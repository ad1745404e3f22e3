"""A TCP proxy before a server, which sees when a client goes away in the middle of an answer."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Upstream:
    """`url` is the proxy's address; `left` is set when a client closes a connection that the server still uses."""

    url: str
    left: threading.Event = field(default_factory=threading.Event)


@contextmanager
def upstream(target: str) -> Iterator[Upstream]:
    """Pass the bytes of each connection to `target` (`http://127.0.0.1:port`) and back."""
    port = int(target.rpartition(":")[2])
    listener = socket.create_server(("127.0.0.1", 0))
    seen = Upstream(f"http://127.0.0.1:{listener.getsockname()[1]}")

    def copy(one: socket.socket, other: socket.socket, ended: threading.Event, ours: threading.Event | None) -> None:
        with suppress(OSError):
            while data := one.recv(65_536):
                other.sendall(data)
        if ours is not None and not ended.is_set():
            ours.set()
        ended.set()
        for either in (one, other):
            with suppress(OSError):
                either.shutdown(socket.SHUT_RDWR)

    def accept() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            server, ended = socket.create_connection(("127.0.0.1", port)), threading.Event()
            for arguments in ((client, server, ended, seen.left), (server, client, ended, None)):
                threading.Thread(target=copy, args=arguments, daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield seen
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
