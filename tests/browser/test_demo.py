"""What a newcomer does first: `streamcell demo`, Run All Cells, and the answers stream."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat

from tests.processes import Program

from .jupyterlab import START_LIMIT, listening

if TYPE_CHECKING:
    from playwright.sync_api import Browser

QUICKSTART = Path(__file__).parents[2] / "notebooks" / "01_quickstart.ipynb"
LIMIT = 240_000.0  # milliseconds: the answers stream at the pace of a model


def test_the_demo_opens_the_quickstart_and_all_its_cells_stream(browser: Browser, tmp_path: Path) -> None:
    keep = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "OPENAI_"))}
    places = ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR")
    environment = {f"JUPYTER_{place}": str(tmp_path / place) for place in places}
    environment |= {f"JUPYTERLAB_{place}": str(tmp_path / place) for place in ("SETTINGS_DIR", "WORKSPACES_DIR")}
    command = [sys.executable, "-m", "streamcell._cli", "demo", "--no-browser"]
    with Program(command, folder=tmp_path, environment={**keep, **environment}) as demo:
        server = _server(tmp_path / "RUNTIME_DIR", demo)
        notebook = nbformat.read(QUICKSTART, as_version=4)
        answers = sum("stream_cell(" in cell.source for cell in notebook.cells if cell.cell_type == "code")
        page = browser.new_page(viewport={"width": 1100, "height": 8000})  # tall: every output is drawn
        page.set_default_timeout(LIMIT)
        page.goto(f"{server['url']}?token={server['token']}")
        page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()  # JupyterLab drops what is run before
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        shown = page.locator("[data-streamcell]")
        shown.first.wait_for()
        page.wait_for_function(
            "(answers) => document.querySelectorAll('[data-streamcell][data-status=done]').length === answers",
            arg=answers,
        )
        assert shown.count() == answers
        assert page.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
        page.close()
    assert demo.stop() == 0


def _server(folder: Path, demo: Program) -> dict[str, Any]:
    limit = time.monotonic() + START_LIMIT
    while time.monotonic() < limit and demo.poll() is None:
        if (found := listening(folder)) is not None:
            return found
        time.sleep(0.1)  # the condition is another process's; there is nothing to be woken by
    raise RuntimeError(f"JupyterLab did not start; the demo's exit code is {demo.poll()}")
