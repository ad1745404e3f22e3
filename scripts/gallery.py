"""Take a picture of each card and of each kind of part, from the real thing: JupyterLab, a kernel, Chromium."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from chromium import ready  # noqa: E402

from tests.browser.cards import CARDS  # noqa: E402  # the tests' cards are the ones to show
from tests.browser.cards import Shown as Card  # noqa: E402
from tests.browser.gallery import SHOWN, Shown  # noqa: E402
from tests.browser.jupyterlab import JupyterLab  # noqa: E402
from tests.browser.notebook import Notebook  # noqa: E402

DOCS = ROOT / "docs"
THEMES = ("Light", "Dark")


def main() -> None:
    """Run each cell and take its output."""
    galleries: dict[str, Mapping[str, Card | Shown]] = {"cards": CARDS, "parts": SHOWN}
    with (
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as playwright,
        JupyterLab(Path(folder) / "server", {}) as lab,
    ):
        browser = playwright.chromium.launch(executable_path=ready(), chromium_sandbox=os.geteuid() != 0)
        page = browser.new_page(viewport={"width": 900, "height": 900})
        for kind, cells in galleries.items():
            (DOCS / kind).mkdir(exist_ok=True)
            lab.write_notebook(f"{kind}.ipynb", [cell.source for cell in cells.values()])
            notebook = Notebook(lab, page)
            notebook.open(f"{kind}.ipynb")
            for index, cell in enumerate(cells.values()):
                notebook.start(index)
                notebook.wait_for_status(index, cell.status)
                if isinstance(cell, Shown):
                    cell.open(notebook, index)
            for theme in THEMES if kind == "parts" else THEMES[:1]:
                notebook.set_theme(f"JupyterLab {theme}")
                page.locator("#jupyterlab-splash").wait_for(state="detached")  # it fades over the whole page
                for index, (name, cell) in enumerate(cells.items()):
                    if isinstance(cell, Shown):
                        cell.point(notebook, index)
                    suffix = f"-{theme.lower()}" if kind == "parts" else ""
                    notebook.view(index).screenshot(path=DOCS / kind / f"{name}{suffix}.png")
            notebook.set_theme(f"JupyterLab {THEMES[0]}")
        browser.close()
    (DOCS / "parts.md").write_text(page_of_parts(), "utf-8")
    print(f"the pictures in {DOCS.relative_to(ROOT)} are new")


def page_of_parts() -> str:
    """Return `docs/parts.md`."""
    lines = ["# What an answer may show", "", "Written by `make gallery`, with pictures from JupyterLab."]
    for name, shown in SHOWN.items():
        pictures = (f"![{name}, {theme.lower()}](parts/{name}-{theme.lower()}.png)" for theme in THEMES)
        lines += ["", f"## {name.replace('-', ' ').capitalize()}", "", shown.says, "", *pictures]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
