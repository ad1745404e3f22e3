"""What a page's websockets carry, recorded through the DevTools protocol: kernel messages with their sizes."""

from __future__ import annotations

import base64
import itertools
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from playwright.sync_api import CDPSession, Page

BINARY = 2  # the opcode; DevTools gives such a payload in base64


@dataclass(frozen=True)
class Frame:
    """One websocket frame with a kernel message in it."""

    sent: bool  # by the page
    at: float  # seconds, the browser's monotonic clock
    size: int  # bytes, before the connection's own compression
    message: dict[str, Any]

    @property
    def type(self) -> str:
        return str(self.message.get("header", {}).get("msg_type", ""))

    @property
    def content(self) -> dict[str, Any]:
        content = self.message.get("content")
        return content if isinstance(content, dict) else {}

    @property
    def data(self) -> dict[str, Any]:
        """What the widget protocol put into a comm message."""
        data = self.content.get("data")
        return data if isinstance(data, dict) else {}

    @property
    def custom(self) -> dict[str, Any] | None:
        """The content of a widget's custom message, or None."""
        if self.type != "comm_msg" or self.data.get("method") != "custom":
            return None
        custom = self.data.get("content")
        return custom if isinstance(custom, dict) else None

    @property
    def update(self) -> dict[str, Any] | None:
        """The state that a widget's update carries, or None."""
        if self.type != "comm_msg" or self.data.get("method") not in ("update", "echo_update"):
            return None
        state = self.data.get("state")
        return state if isinstance(state, dict) else None


@dataclass
class Recorder:
    """Listens from its making on. Ask it for its frames through `received()` and `sent()`, which first catch up."""

    page: Page
    _frames: list[Frame] = field(default_factory=list)
    _kernels: set[str] = field(default_factory=set)  # the connections to kernels: others speak otherwise

    def __post_init__(self) -> None:
        self._session: CDPSession = self.page.context.new_cdp_session(self.page)
        self._session.on("Network.webSocketCreated", self._created)
        self._session.on("Network.webSocketFrameReceived", lambda event: self._record(event, sent=False))
        self._session.on("Network.webSocketFrameSent", lambda event: self._record(event, sent=True))
        self._session.send("Network.enable")

    def _created(self, event: dict[str, Any]) -> None:
        if urlsplit(event["url"]).path.endswith("/channels"):
            self._kernels.add(event["requestId"])

    def _record(self, event: dict[str, Any], *, sent: bool) -> None:
        if event["requestId"] not in self._kernels:
            return
        response = event["response"]
        payload: str = response["payloadData"]
        raw = base64.b64decode(payload) if response["opcode"] == BINARY else payload.encode("utf-8", "surrogatepass")
        message = decode(raw) if response["opcode"] == BINARY else json.loads(payload)
        self._frames.append(Frame(sent=sent, at=event["timestamp"], size=len(raw), message=message))

    def clear(self) -> None:
        self._catch_up()
        self._frames.clear()

    def received(self) -> list[Frame]:
        self._catch_up()
        return [frame for frame in self._frames if not frame.sent]

    def sent(self) -> list[Frame]:
        self._catch_up()
        return [frame for frame in self._frames if frame.sent]

    def _catch_up(self) -> None:
        # Events come in order: what was sent before this answer has been recorded when it is here.
        self._session.send("Runtime.evaluate", {"expression": "0"})


def decode(raw: bytes) -> dict[str, Any]:
    """A message of `v1.kernel.websocket.jupyter.org`: a count, that many offsets, the parts (little-endian)."""
    count = int.from_bytes(raw[:8], "little")
    offsets = [int.from_bytes(raw[8 * (i + 1) : 8 * (i + 2)], "little") for i in range(count)]
    parts = [raw[start:end] for start, end in itertools.pairwise(offsets)]
    channel, header, parent, metadata, content, *buffers = parts
    return {
        "channel": channel.decode(),
        "header": json.loads(header),
        "parent_header": json.loads(parent),
        "metadata": json.loads(metadata),
        "content": json.loads(content),
        "buffers": buffers,
    }
