"""Measures what many cells that stream at once do to their page and their kernel: frames a second, and CPU.

A notebook shows 1, 10, 50, 100 and 300 answers, each of some tokens a second, from one rehearsal server beside
the kernel. The page's animation frames are counted while all of them stream, beside those of a page that does nothing.

All answers together have at most 5,000 tokens a second: two cores, which also run the server, cannot do more.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from chromium import ready  # noqa: E402

from streamcell.rehearsal import RehearsalServer  # noqa: E402
from tests.browser.jupyterlab import JupyterLab  # noqa: E402  # the tests' JupyterLab is the bench's
from tests.browser.notebook import Notebook  # noqa: E402

BEGIN = """
from streamcell import configure, stream_cell
configure(max_concurrency=1000)
cells = []
"""
MOST = 5000  # tokens a second of all answers together
SHOWN = 50  # outputs that JupyterLab shows of one notebook cell
CELL = """
cells += [stream_cell(f"cell {{number}}", model={model!r}, api="responses") for number in range({count})]
"""
ALL = """
import asyncio
while sum(cell.status == "streaming" for cell in cells) < 0.9 * len(cells):
    await asyncio.sleep(0.1)
"""

FRAMES = """(seconds) => new Promise((resolve) => {
  let count = 0, longest = 0, last = performance.now();
  const end = last + seconds * 1000;
  const frame = (now) => {
    count += 1;
    longest = Math.max(longest, now - last);
    last = now;
    if (now < end) requestAnimationFrame(frame);
    else resolve([count / seconds, longest]);
  };
  requestAnimationFrame(frame);
})"""


@dataclass(frozen=True)
class Row:
    """What so many cells did at `rate` tokens a second each: frames a second, the longest time between two, and CPU."""

    cells: int
    rate: float
    frames: float
    longest: float
    kernel: float
    page: float


def _cpu(sign: str) -> float:
    """Return the seconds of CPU that our processes with this in their command line have taken."""
    processes = [one for one in psutil.Process().children(recursive=True) if sign in " ".join(one.cmdline())]
    return sum(sum(one.cpu_times()[:2]) for one in processes)


def measure(lab: JupyterLab, page: Page, count: int, rate: int, seconds: float) -> Row:
    """Stream `count` answers and return what that did."""
    rate = min(rate, MOST // count)
    tokens = int(rate * (seconds + 5 + count / 5))  # the first ones still stream when the last have begun
    model = f"bulk?characters={tokens * 5}&chunks={tokens}&rate={rate}"
    name = f"cells-{count}.ipynb"
    groups = [min(SHOWN, count - begin) for begin in range(0, count, SHOWN)]
    lab.write_notebook(name, [BEGIN, *(CELL.format(model=model, count=group) for group in groups), ALL])
    notebook = Notebook(lab, page)
    notebook.open(name)
    for index in range(len(groups) + 1):
        notebook.run(index)
    notebook.run(len(groups) + 1)
    signs = ("ipykernel_launcher", "--type=renderer")
    before = [_cpu(sign) for sign in signs]
    frames, longest = page.evaluate(FRAMES, seconds)
    kernel, renderer = (_cpu(sign) - used for sign, used in zip(signs, before, strict=True))
    lab.end_sessions({name})
    return Row(count, rate, frames, longest, kernel / (rate * count * seconds) * 50_000, renderer / seconds)


def main() -> None:
    """Measure each count, and print the curve."""
    options: Any = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cells", type=int, nargs="*", default=[1, 10, 50, 100, 300])
    options.add_argument("--rate", type=int, default=50, help="tokens a second of each")
    options.add_argument("--seconds", type=float, default=8.0)
    given = options.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        RehearsalServer() as server,
        sync_playwright() as playwright,
        JupyterLab(Path(folder) / "server", {"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": "none"}) as lab,
    ):
        browser = playwright.chromium.launch(executable_path=ready(), chromium_sandbox=os.geteuid() != 0)
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        page.goto("about:blank")
        idle, _ = page.evaluate(FRAMES, 3)
        print(
            f"{'cells':>6}{'tokens a second':>18}"
            f"{'frames a second':>18}{'longest, ms':>14}{'kernel CPU, s for 50,000 deltas':>34}"
            f"{'page CPU':>11}"
        )
        print(f"{'none':>6}{0:>18}{idle:>18.1f}")
        rows = []
        for count in given.cells:
            row = measure(lab, page, count, given.rate, given.seconds)
            rows.append(row)
            figures = f"{row.rate:>18}{row.frames:>18.1f}{row.longest:>14.0f}{row.kernel:>34.1f}{row.page:>11.0%}"
            print(f"{row.cells:>6}{figures}", flush=True)
        browser.close()
    (ROOT / "bench-results").mkdir(exist_ok=True)
    result = {"idle": idle, "rows": [vars(row) for row in rows]}
    (ROOT / "bench-results" / "cells.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
