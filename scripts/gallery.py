"""Take a picture of each card, from the real thing: JupyterLab, a kernel, a fault, Chromium."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from chromium import ready  # noqa: E402

from tests.browser.cards import CARDS  # noqa: E402  # the tests' cards are the ones to show
from tests.browser.jupyterlab import JupyterLab  # noqa: E402
from tests.browser.notebook import Notebook  # noqa: E402

PICTURES = ROOT / "docs" / "cards"


def main() -> None:
    """Run each cell and take its output."""
    PICTURES.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as playwright,
        JupyterLab(Path(folder) / "server", {}) as lab,
    ):
        browser = playwright.chromium.launch(executable_path=ready(), chromium_sandbox=os.geteuid() != 0)
        page = browser.new_page(viewport={"width": 900, "height": 900})
        lab.write_notebook("cards.ipynb", [card.source for card in CARDS.values()])
        notebook = Notebook(lab, page)
        notebook.open("cards.ipynb")
        for index, (name, card) in enumerate(CARDS.items()):
            notebook.start(index)
            notebook.wait_for_status(index, card.status)
            notebook.view(index).screenshot(path=PICTURES / f"{name}.png")
        browser.close()
    print(f"{len(CARDS)} pictures in {PICTURES.relative_to(ROOT)} are new")


if __name__ == "__main__":
    main()
