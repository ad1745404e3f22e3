"""Take the README's pictures from the real thing: JupyterLab, a kernel, a stream, Chromium."""

from __future__ import annotations

import base64
import os
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from chromium import ready  # noqa: E402

from tests.browser.jupyterlab import JupyterLab  # noqa: E402  # the tests' JupyterLab is the one to show
from tests.browser.notebook import Notebook  # noqa: E402

PICTURE = ROOT / "docs" / "streamcell.png"
FILMSTRIP = ROOT / "docs" / "filmstrip.png"
SHOWN = "(least) => document.querySelector('[data-streamcell-answer]')?.innerText.length > least"
MOMENTS = (110, 420, None)  # characters that are shown; None for the end
FRAME = (560, 660)  # pixels, of which JupyterLab takes some for itself
STRIP = """<style>main { display: flex; gap: 12px; width: max-content }
img { zoom: calc(1 / 1.5) }
img { border: 1px solid #b0b0b0; border-radius: 6px }</style>"""
CELL = """from streamcell import stream_cell

stream_cell("Derive the quadratic formula", model="rehearsal?rate=60")"""


def main() -> None:
    """Stream an answer twice, and take pictures while it streams."""
    with (
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as playwright,
        JupyterLab(Path(folder) / "server", {}) as lab,
    ):
        browser = playwright.chromium.launch(executable_path=ready(), chromium_sandbox=os.geteuid() != 0)
        lab.write_notebook("formula.ipynb", [CELL])
        take_picture(browser, lab)
        lab.write_notebook("filmstrip.ipynb", [CELL.replace("rate=60", "rate=20")])  # time for a picture
        take_filmstrip(browser, lab)
        browser.close()
    print(f"{PICTURE.relative_to(ROOT)} and {FILMSTRIP.relative_to(ROOT)} are new")


def take_picture(browser: Browser, lab: JupyterLab) -> None:
    """Take the whole page in the middle of a stream."""
    page = browser.new_page(viewport={"width": 1000, "height": 720}, device_scale_factor=2)
    notebook = Notebook(lab, page)
    notebook.open("formula.ipynb")
    notebook.start(0)
    notebook.wait_for_status(0, "streaming")
    page.wait_for_function(SHOWN, arg=620)
    page.screenshot(path=PICTURE)
    page.close()


def take_filmstrip(browser: Browser, lab: JupyterLab) -> None:
    """Take the cell at several moments of one stream, and put these side by side."""
    page = browser.new_page(viewport={"width": FRAME[0], "height": FRAME[1]}, device_scale_factor=1.5)
    notebook = Notebook(lab, page)
    notebook.open("filmstrip.ipynb")
    scroller = page.locator(".jp-WindowedPanel-outer")
    notebook.press_run(0)
    frames = []
    for moment in MOMENTS:
        if moment is None:
            notebook.wait_for_status(0, "done")
            notebook.button(0, "Stop").wait_for(state="hidden")
        else:
            page.wait_for_function(SHOWN, arg=moment)
        frames.append(scroller.screenshot())
    page.goto("about:blank")
    images = (f'<img src="data:image/png;base64,{base64.b64encode(frame).decode("ascii")}">' for frame in frames)
    page.set_content(f"{STRIP}<main>{''.join(images)}</main>")
    page.wait_for_function("() => [...document.images].every((one) => one.complete)")
    page.locator("main").screenshot(path=FILMSTRIP, omit_background=True)
    page.close()


if __name__ == "__main__":
    main()
