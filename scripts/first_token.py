"""Measures how long an answer's first token takes from the server's write to the page's DOM: stream_cell in JupyterLab,
beside a page that fetches the same stream itself, and beside a loop over `update_display(Markdown(...))`.

All three take the same bytes from one server on loopback and are watched by the same observer in the same Chromium, in
turns, in one run. A page of its own has no kernel, no Jupyter server and no widget: what it takes is the floor.
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
from collections.abc import Awaitable, Callable
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

QUIET = 0.7  # seconds before the token: the page has done all else

BARE = """<!doctype html><main></main><script>
window.ask = async (model) => {
  const out = document.querySelector("main").appendChild(document.createElement("p"));
  const response = await fetch("/v1/chat/completions", { method: "POST", body: JSON.stringify({ model }) });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
    const frames = (held + value).split("\\n\\n");
    held = frames.pop();
    for (const frame of frames) {
      if (frame.includes("[DONE]")) return;
      out.append(JSON.parse(frame.slice(6)).choices[0].delta.content ?? "");
    }
  }
};
</script>"""

WATCH = """() => {
  window.seen = {};
  new MutationObserver((records) => {
    const now = performance.timeOrigin + performance.now();
    for (const { target, addedNodes } of records)
      for (const node of [target, ...addedNodes])
        for (const [mark] of (node.textContent ?? "").matchAll(/\\w+-\\d+(?=\\.)/g)) window.seen[mark] ??= now;
  }).observe(document, { subtree: true, childList: true, characterData: true });
}"""

STREAM_CELL = """
import openai, streamcell
client = openai.AsyncOpenAI(base_url={base!r}, api_key="none")
for n in range({begin}, {end}):
    await streamcell.stream_cell("x", model=f"cell-{{n}}", client=client, api="chat")
"""

LOOP = """
from IPython.display import Markdown, display
from openai import AsyncOpenAI
client = AsyncOpenAI(base_url={base!r}, api_key="none")
for n in range({begin}, {end}):
    text, handle = "", display(Markdown(""), display_id=True)
    messages = [dict(role="user", content="x")]
    stream = await client.chat.completions.create(model=f"loop-{{n}}", messages=messages, stream=True)
    async for chunk in stream:
        if chunk.choices and chunk.choices[0].delta.content:
            text += chunk.choices[0].delta.content
            handle.update(Markdown(text))
"""


Write = Callable[[str], Awaitable[None]]


class Server:
    """Streams what `answer` writes for a model, and notes when, by the machine's clock.

    `written` has the milliseconds by each text up to its dot. `page` is served at the root.
    """

    def __init__(self, answer: Callable[[str, Write], Awaitable[None]], page: str = "") -> None:
        self.written: dict[str, float] = {}
        self.port = 0
        self._answer = answer
        self._page = page
        self._ready = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True).start()
        self._ready.wait()

    async def _serve(self) -> None:
        server = self

        class Completions(tornado.web.RequestHandler):
            async def post(self) -> None:
                model = json.loads(self.request.body)["model"]
                self.set_header("Content-Type", "text/event-stream")
                await self._chunk({"role": "assistant"})
                await server._answer(model, self._token)
                await self._chunk({}, "stop")
                self.write("data: [DONE]\n\n")

            async def _token(self, text: str) -> None:
                server.written[text.partition(".")[0]] = time.time() * 1000
                await self._chunk({"content": text})

            async def _chunk(self, delta: dict[str, str], finish: str | None = None) -> None:
                chunk = {"object": "chat.completion.chunk", "choices": [{"delta": delta, "finish_reason": finish}]}
                self.write(f"data: {json.dumps(chunk)}\n\n")
                await self.flush()

        class Bare(tornado.web.RequestHandler):
            def get(self) -> None:
                self.write(server._page)

        application = tornado.web.Application([("/v1/chat/completions", Completions), ("/", Bare)])
        sockets = tornado.netutil.bind_sockets(0, "127.0.0.1")
        tornado.httpserver.HTTPServer(application).add_sockets(sockets)
        self.port = sockets[0].getsockname()[1]
        self._ready.set()
        await asyncio.Event().wait()


async def after_a_silence(model: str, write: Write) -> None:
    """Write a single token, the model's name."""
    await asyncio.sleep(QUIET)
    await write(f"{model}.")


def _times(server: Server, seen: dict[str, float], way: str) -> list[float]:
    return [at - server.written[mark] for mark, at in seen.items() if mark.startswith(f"{way}-")]


def _run(notebook: Notebook, index: int) -> None:
    notebook.start(index)
    notebook.wait_for_cell(index)


def measure(server: Server, lab: JupyterLab, page: Page, bare: Page, answers: int) -> dict[str, list[float]]:
    """Stream answers in each way, in turns, and return how many milliseconds each first token took."""
    base, turns = f"http://127.0.0.1:{server.port}/v1", 3
    each = max(1, answers // turns)
    cells = [
        code.format(base=base, begin=turn * each, end=(turn + 1) * each)
        for turn in range(turns)
        for code in (STREAM_CELL, LOOP)
    ]
    lab.write_notebook("first-token.ipynb", cells)
    notebook = Notebook(lab, page)
    notebook.open("first-token.ipynb")
    page.evaluate(WATCH)
    bare.goto(f"http://127.0.0.1:{server.port}/")
    bare.evaluate(WATCH)
    for turn in range(turns):
        for place in range(2):
            page.bring_to_front()
            _run(notebook, 2 * turn + place)
        bare.bring_to_front()
        for number in range(turn * each, (turn + 1) * each):
            bare.evaluate("(model) => window.ask(model)", f"bare-{number}")
    seen: dict[str, dict[str, float]] = {"jupyter": page.evaluate("window.seen"), "bare": bare.evaluate("window.seen")}
    return {
        "a bare page": _times(server, seen["bare"], "bare"),
        "stream_cell": _times(server, seen["jupyter"], "cell"),
        "update_display": _times(server, seen["jupyter"], "loop"),
    }


def report(times: dict[str, list[float]]) -> None:
    """Print the middle of each and its worst tenth, and how it compares to the bare page."""
    floor = statistics.median(times["a bare page"])
    print(f"{'first token, ms from write to DOM':<36}{'median':>8}{'90 %':>8}{'beside a bare page':>22}")
    for way, found in times.items():
        middle, worst = statistics.median(found), statistics.quantiles(found, n=10)[-1]
        print(f"{way:<36}{middle:>8.1f}{worst:>8.1f}{f'+{middle - floor:.0f} ms, {middle / floor:.1f}x':>22}")


def main() -> None:
    """Measure, and print what was found."""
    options: Any = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--answers", type=int, default=30, help="answers in each way")
    answers = options.parse_args().answers
    server = Server(after_a_silence, BARE)
    with (
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as playwright,
        JupyterLab(Path(folder) / "server", {}) as lab,
    ):
        browser = playwright.chromium.launch(executable_path=ready(), chromium_sandbox=os.geteuid() != 0)
        page, bare = browser.new_page(), browser.new_page()
        report(measure(server, lab, page, bare, answers))
        browser.close()


if __name__ == "__main__":
    main()
