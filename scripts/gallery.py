"""Take a picture of each card and of each kind of part, from the real thing: JupyterLab, a kernel, Chromium.

Beside the pictures it writes where everything in them is, which the gallery's tests compare, and one page with all.
"""

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

from tests.browser import boxes  # noqa: E402  # the tests' cells are the ones to show
from tests.browser.cards import CARDS  # noqa: E402
from tests.browser.cards import Shown as Card  # noqa: E402
from tests.browser.gallery import SHOWN, Shown  # noqa: E402
from tests.browser.jupyterlab import JupyterLab  # noqa: E402
from tests.browser.notebook import Notebook  # noqa: E402

DOCS = ROOT / "docs"
THEMES = ("Light", "Dark")


def main() -> None:
    """Run each cell, take its output in each theme, and note where everything in it is."""
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
            for theme in reversed(THEMES):  # the light one is measured
                notebook.set_theme(f"JupyterLab {theme}")
                for index, (name, cell) in enumerate(cells.items()):
                    if isinstance(cell, Shown):
                        cell.point(notebook, index)
                    notebook.view(index).screenshot(path=DOCS / kind / f"{name}-{theme.lower()}.png")
            places: dict[str, dict[str, boxes.Box]] = {}
            for index, (name, cell) in enumerate(cells.items()):
                if isinstance(cell, Shown):
                    cell.point(notebook, index)
                places[name] = boxes.boxes(notebook, index)
            boxes.write(DOCS / kind, places)
        browser.close()
    (DOCS / "gallery.md").write_text(page_of_all(), "utf-8")
    print(f"the pictures in {DOCS.relative_to(ROOT)} are new")


def page_of_all() -> str:
    """Return `docs/gallery.md`."""
    lines = ["# What a cell may show", "", "Written by `make gallery`, with pictures from JupyterLab, light and dark."]
    states: dict[str, list[str]] = {}
    for name, shown in SHOWN.items():
        states.setdefault(shown.status, []).append(f"[{spoken(name)}](#{name})")
    for name, card in CARDS.items():
        states.setdefault(card.status, []).append(f"[{card.title}](#{name})")
    lines += ["", "## By state", "", "| state | cells |", "|---|---|"]
    lines += [f"| {status} | {', '.join(states[status])} |" for status in sorted(states)]
    lines += ["", "## Answers"]
    for name, shown in SHOWN.items():
        lines += ["", f'### <a id="{name}"></a>{spoken(name)}', "", shown.says, "", *pictures("parts", name)]
    lines += [
        "",
        "## Cards",
        "",
        "What a cell says when something went wrong. [What happens with each fault](faults.md).",
    ]
    for name, card in CARDS.items():
        lines += ["", f'### <a id="{name}"></a>{card.title}', "", *pictures("cards", name)]
    return "\n".join(lines) + "\n"


def spoken(name: str) -> str:
    """Return the name as a heading."""
    return name.replace("-", " ").capitalize()


def pictures(kind: str, name: str) -> list[str]:
    """Return the lines that show a cell in each theme."""
    return [f"![{name}, {theme.lower()}]({kind}/{name}-{theme.lower()}.png)" for theme in THEMES]


if __name__ == "__main__":
    main()
