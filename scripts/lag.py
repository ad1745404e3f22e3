"""Measures how far the text that a cell shows lags behind what the server has written, at several paces.

Each token has a number of its own. The server notes when it wrote each, an observer in the page when it was first
in the DOM. Beside the milliseconds, which are the machine's, stands how many tokens that was.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import tornado.httpserver
import tornado.netutil
import tornado.web
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from chromium import ready  # noqa: E402

from tests.browser.jupyterlab import JupyterLab  # noqa: E402  # the tests' JupyterLab is the bench's
from tests.browser.notebook import Notebook  # noqa: E402

RATES = (20, 100, 500)
SECONDS = 8
WARM = 1.0  # seconds that do not count: addons come with the first text
PARAGRAPH = 40  # tokens

CELL = """
import openai, streamcell
client = openai.AsyncOpenAI(base_url={base!r}, api_key="none")
cell = streamcell.stream_cell("x", model="{rate}", client=client, api="chat")
"""

# A token counts once its dot is there: by then it is whole.
WATCH = """(index) => {
    const cell = document.querySelectorAll(".jp-Notebook .jp-CodeCell")[index];
    const seen = [];
    window.seen = seen;
    new MutationObserver(() => {
        const now = performance.timeOrigin + performance.now();
        const text = cell.querySelector("[data-streamcell-answer]")?.textContent.slice(-400) ?? "";
        const last = text.match(/.*w(\\d+)\\./s)?.[1];
        if (last !== undefined) for (let number = seen.length; number <= Number(last); number++) seen.push(now);
    }).observe(cell, { subtree: true, childList: true, characterData: true });
}"""


class Server:
    """Streams numbered words at the pace that a model's name says, and notes when, by the machine's clock."""

    def __init__(self) -> None:
        self.written: list[float] = []
        self.port = 0
        self._ready = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True).start()
        self._ready.wait()

    async def _serve(self) -> None:
        server = self

        class Completions(tornado.web.RequestHandler):
            async def post(self) -> None:
                rate = int(json.loads(self.request.body)["model"])
                self.set_header("Content-Type", "text/event-stream")
                server.written = []
                begin = time.monotonic()
                for number in range(rate * SECONDS):
                    await asyncio.sleep(begin + number / rate - time.monotonic())
                    server.written.append(time.time() * 1000)
                    await self._chunk({"content": f"w{number}." + (" ", "\n\n")[number % PARAGRAPH == PARAGRAPH - 1]})
                await self._chunk({}, "stop")
                self.write("data: [DONE]\n\n")

            async def _chunk(self, delta: dict[str, str], finish: str | None = None) -> None:
                chunk = {"object": "chat.completion.chunk", "choices": [{"delta": delta, "finish_reason": finish}]}
                self.write(f"data: {json.dumps(chunk)}\n\n")
                await self.flush()

        application = tornado.web.Application([("/v1/chat/completions", Completions)])
        sockets = tornado.netutil.bind_sockets(0, "127.0.0.1")
        tornado.httpserver.HTTPServer(application).add_sockets(sockets)
        self.port = sockets[0].getsockname()[1]
        self._ready.set()
        await asyncio.Event().wait()


def measure(server: Server, lab: JupyterLab, page: Page) -> dict[int, list[float]]:
    """Stream at each pace, and return by how many milliseconds each token came later than it was written."""
    base = f"http://127.0.0.1:{server.port}/v1"
    lab.write_notebook("lag.ipynb", [CELL.format(base=base, rate=rate) for rate in (RATES[0], *RATES)])
    notebook = Notebook(lab, page)
    notebook.open("lag.ipynb")
    lags: dict[int, list[float]] = {}
    for index, rate in enumerate((RATES[0], *RATES)):  # the first is for warmth
        page.evaluate(WATCH, index)
        notebook.start(index)
        notebook.wait_for_status(index, "done")
        seen: list[float] = page.evaluate("window.seen")
        skip = int(WARM * rate)
        lags[rate] = [at - wrote for at, wrote in zip(seen[skip:], server.written[skip:], strict=True)]
    return lags


def main() -> None:
    """Measure, and print what was found."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    server = Server()
    with (
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as playwright,
        JupyterLab(Path(folder) / "server", {}) as lab,
    ):
        browser = playwright.chromium.launch(executable_path=ready(), chromium_sandbox=os.geteuid() != 0)
        lags: dict[int, Any] = measure(server, lab, browser.new_page(viewport={"width": 1100, "height": 900}))
        browser.close()
    print(f"{'tokens a second':>15}{'median, ms':>12}{'90 %':>8}{'99 %':>8}{'median, tokens':>16}")
    for rate, found in lags.items():
        middle, parts = statistics.median(found), statistics.quantiles(found, n=100)
        print(f"{rate:>15}{middle:>12.0f}{parts[89]:>8.0f}{parts[98]:>8.0f}{middle * rate / 1000:>16.1f}")


if __name__ == "__main__":
    main()
