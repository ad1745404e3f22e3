"""Measures what a streamed answer costs: stream_cell beside a loop over `update_display(Markdown(...))`.

Both stream the same answer from the same rehearsal server, in turns, in one run, each in a kernel of its own behind a
real JupyterLab; a raw websocket client counts what the page would be sent. Ratios hold on any machine, absolute figures
only on this one.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import uuid
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
from tornado.websocket import websocket_connect

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # the tests' JupyterLab is the bench's

from streamcell.rehearsal import RehearsalServer
from tests.browser.jupyterlab import JupyterLab
from tests.browser.websocket import decode

if TYPE_CHECKING:
    from tornado.websocket import WebSocketClientConnection

WAYS = {
    "stream_cell": """
from streamcell import stream_cell
cell = stream_cell({prompt!r}, model={model!r}, api="responses")
assert len(await cell) == {characters}, cell
""",
    "update_display": """
from IPython.display import Markdown, display
from openai import AsyncOpenAI
text, handle = "", display(Markdown(""), display_id=True)
stream = await AsyncOpenAI().responses.create(model={model!r}, input={prompt!r}, stream=True)
async for event in stream:
    if event.type == "response.output_text.delta":
        text += event.delta
        handle.update(Markdown(text))
assert len(text) == {characters}, len(text)
""",
}
COUNTED = {"display_data", "update_display_data", "comm_open", "comm_msg"}
SUBPROTOCOL = "v1.kernel.websocket.jupyter.org"
PARTS = ("header", "parent_header", "metadata", "content")
SETTLED = 0.5  # seconds without a frame, after the cell's end: what comes behind it belongs to it


@dataclass(frozen=True)
class Cost:
    """What one answer took."""

    bytes: int
    messages: int
    cpu: float  # seconds of the kernel's process, user and system


class Kernel:
    """A kernel behind the server, reached as a page reaches it."""

    def __init__(self, lab: JupyterLab) -> None:
        self._lab = lab
        self._id: str = lab.request("POST", "kernels")["id"]
        self._socket: WebSocketClientConnection | None = None
        self._process: psutil.Process | None = None

    async def open(self) -> None:
        address = f"{self._lab.url.replace('http', 'ws', 1)}api/kernels/{self._id}/channels?token={self._lab.token}"
        self._socket = await websocket_connect(address, max_message_size=1 << 30, subprotocols=[SUBPROTOCOL])
        printed = await self._execute("import os; print(os.getpid())")
        texts = (message["content"]["text"] for _, message in printed if message["msg_type"] == "stream")
        self._process = psutil.Process(int("".join(texts)))

    async def measure(self, code: str) -> Cost:
        assert self._process is not None
        before = self._process.cpu_times()
        frames = await self._execute(code)
        after = self._process.cpu_times()
        sizes = [size for size, message in frames if message["msg_type"] in COUNTED]
        return Cost(sum(sizes), len(sizes), after.user + after.system - before.user - before.system)

    async def _execute(self, code: str) -> list[tuple[int, dict[str, Any]]]:
        assert self._socket is not None
        request = uuid.uuid4().hex
        header = {
            "msg_id": request,
            "msg_type": "execute_request",
            "session": "bench",
            "username": "",
            "version": "5.3",
        }
        content = {"code": code, "silent": False, "store_history": False, "allow_stdin": True, "stop_on_error": True}
        await self._send({"header": header, "content": content})
        frames: list[tuple[int, dict[str, Any]]] = []
        ended = False
        while True:
            try:
                raw = await asyncio.wait_for(self._socket.read_message(), SETTLED if ended else 600)
            except (asyncio.TimeoutError, TimeoutError):
                if ended:
                    return frames
                raise
            if raw is None:
                raise RuntimeError("the server closed the websocket")
            assert isinstance(raw, bytes), "the server does not speak the subprotocol"
            size, received = len(raw), decode(raw)
            received["msg_type"] = received["header"]["msg_type"]
            if received["msg_type"] == "comm_open" and "_key" in received["content"]["data"].get("state", {}):
                hello = {"method": "custom", "content": {"type": "hello", "keeps": True}}
                said = {"comm_id": received["content"]["comm_id"], "data": hello}
                await self._send(
                    {"header": {**header, "msg_id": uuid.uuid4().hex, "msg_type": "comm_msg"}, "content": said}
                )
            frames.append((size, received))
            if received["msg_type"] == "error":
                raise RuntimeError("\n".join(received["content"]["traceback"]))
            if received["parent_header"].get("msg_id") == request and received["msg_type"] == "execute_reply":
                ended = True

    async def _send(self, message: dict[str, Any]) -> None:
        """Send it as JupyterLab does: the number of offsets, the offsets, the channel and the four parts."""
        assert self._socket is not None
        parts = [b"shell", *(json.dumps(message.get(part, {})).encode() for part in PARTS)]
        ends = accumulate(map(len, parts), initial=8 * (len(parts) + 2))
        await self._socket.write_message(
            b"".join(number.to_bytes(8, "little") for number in (len(parts) + 1, *ends)) + b"".join(parts), binary=True
        )

    async def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
        await asyncio.to_thread(self._lab.request, "DELETE", f"kernels/{self._id}")


async def measure(lab: JupyterLab, way: str, model: str, characters: int) -> Cost:
    kernel = Kernel(lab)
    await kernel.open()
    try:
        # The first answer pays for imports, connections and the bundle, once in a kernel's life.
        small = "bulk?characters=100&chunks=10&rate=0"
        await kernel.measure(WAYS[way].format(prompt="Warm up", model=small, characters=100))
        return await kernel.measure(WAYS[way].format(prompt="Measure", model=model, characters=characters))
    finally:
        await kernel.close()


def report(costs: dict[str, list[Cost]], text: int) -> None:
    def middle(way: str, name: str) -> float:
        return float(statistics.median(getattr(cost, name) for cost in costs[way]))

    print(f"\n{'':<18}{'bytes':>14}{'of the text':>14}{'messages':>12}{'kernel CPU':>14}")
    for way in costs:
        size = middle(way, "bytes")
        messages, cpu = middle(way, "messages"), middle(way, "cpu")
        print(f"{way:<18}{size:>14,.0f}{size / text:>13.1f}x{messages:>12,.0f}{cpu:>12.2f} s")
    first, second = costs
    ratios = [middle(second, name) / max(middle(first, name), 1e-9) for name in ("bytes", "messages", "cpu")]
    print(f"{second} / {first}: {ratios[0]:.0f}x bytes, {ratios[1]:.1f}x messages, {ratios[2]:.1f}x kernel CPU")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--characters", type=int, default=20_000)
    parser.add_argument("--chunks", type=int, default=5_000)
    parser.add_argument("--rate", type=float, default=500.0, help="chunks a second")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    model = f"bulk?characters={options.characters}&chunks={options.chunks}&rate={options.rate}&jitter=0&seed=1"
    costs: dict[str, list[Cost]] = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory() as folder, RehearsalServer(seed=1) as server:
        environment = {"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": "rehearsal"}
        with JupyterLab(Path(folder) / "server", environment) as lab:
            for number in range(options.rounds):
                for way in WAYS:
                    cost = asyncio.run(measure(lab, way, model, options.characters))
                    costs[way].append(cost)
                    figures = f"{cost.bytes:,} bytes, {cost.messages:,} messages, {cost.cpu:.2f} s of CPU"
                    print(f"round {number + 1}, {way}: {figures}", flush=True)
        text = len(server.exchanges[-1].text_sent.encode())
    report(costs, text)


if __name__ == "__main__":
    main()
