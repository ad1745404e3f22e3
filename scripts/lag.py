"""Measures how far the text that a cell shows lags behind what the server has written, at several paces.

Each token has a number of its own. The server notes when it wrote each, an observer in the page when it was first
in the DOM. Beside the milliseconds, which are the machine's, stands how many tokens that was.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from chromium import ready  # noqa: E402
from first_token import Server, Write  # noqa: E402

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


async def numbered(model: str, write: Write) -> None:
    """Write numbered words at the pace that the model's name says."""
    rate, begin = int(model), time.monotonic()
    for number in range(rate * SECONDS):
        await asyncio.sleep(begin + number / rate - time.monotonic())
        await write(f"w{number}." + (" ", "\n\n")[number % PARAGRAPH == PARAGRAPH - 1])


def measure(server: Server, lab: JupyterLab, page: Page) -> dict[int, list[float]]:
    """Stream at each pace, and return by how many milliseconds each token came later than it was written."""
    base = f"http://127.0.0.1:{server.port}/v1"
    lab.write_notebook("lag.ipynb", [CELL.format(base=base, rate=rate) for rate in (RATES[0], *RATES)])
    notebook = Notebook(lab, page)
    notebook.open("lag.ipynb")
    lags: dict[int, list[float]] = {}
    for index, rate in enumerate((RATES[0], *RATES)):  # the first is for warmth
        page.evaluate(WATCH, index)
        server.written.clear()
        notebook.start(index)
        notebook.wait_for_status(index, "done")
        seen: list[float] = page.evaluate("window.seen")
        written = list(server.written.values())
        skip = int(WARM * rate)
        lags[rate] = [at - wrote for at, wrote in zip(seen[skip:], written[skip:], strict=True)]
    return lags


def main() -> None:
    """Measure, and print what was found."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    server = Server(numbered)
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
