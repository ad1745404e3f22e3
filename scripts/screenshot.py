"""Take the README's picture from the real thing: JupyterLab, a kernel, a stream, Chromium."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from chromium import ready  # noqa: E402

from tests.browser.jupyterlab import JupyterLab  # noqa: E402  # the tests' JupyterLab is the one to show
from tests.browser.notebook import Notebook  # noqa: E402

PICTURE = ROOT / "docs" / "streamcell.png"
CELL = """from streamcell import stream_cell

stream_cell("Derive the quadratic formula", model="rehearsal?rate=60")"""


def main() -> None:
    """Stream an answer, and take the picture while it streams."""
    with (
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as playwright,
        JupyterLab(Path(folder) / "server", {}) as lab,
    ):
        browser = playwright.chromium.launch(executable_path=ready(), chromium_sandbox=os.geteuid() != 0)
        page = browser.new_page(viewport={"width": 1000, "height": 720}, device_scale_factor=2)
        lab.write_notebook("formula.ipynb", [CELL])
        notebook = Notebook(lab, page)
        notebook.open("formula.ipynb")
        notebook.start(0)
        notebook.wait_for_status(0, "streaming")
        page.wait_for_function("() => document.querySelector('[data-streamcell-answer]')?.innerText.length > 620")
        PICTURE.parent.mkdir(exist_ok=True)
        page.screenshot(path=PICTURE)
        browser.close()
    print(f"{PICTURE.relative_to(ROOT)} is new")


if __name__ == "__main__":
    main()
