"""What a newcomer does first: `streamcell demo`, Run All Cells, and the answers stream."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest

from notebooks import FOLDER, notebooks
from streamcell.notebook.joined import ANSWERS
from streamcell.notebook.output import ANSWER
from tests.processes import Program

from .jupyterlab import ROOT, START_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

    from .notebook import Notebook

LIMIT = 240_000.0  # milliseconds: the answers stream at the pace of a model
ANSWER_VIEW = "[data-streamcell]:not([data-streamcell-group])"
OVER = ".jp-Dialog, .jp-toastContainer .Toastify__toast, .Toastify__toast"
"""What JupyterLab can put over a notebook: questions and notifications."""


@contextmanager
def demo(folder: Path, *command: str) -> Iterator[tuple[str, list[str]]]:
    """Run the demo as somebody who has never used JupyterLab; give the address that it prints, and what it prints."""
    keep = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "OPENAI_"))}
    output = folder / "printed"
    printed: list[str] = []
    with (
        output.open("wb") as written,
        Program(list(command), folder=ROOT, environment={**keep, "HOME": str(folder)}, output=written) as program,
    ):
        limit = time.monotonic() + START_LIMIT
        while not (found := re.search(r"http://\S+", output.read_text("utf-8"))):
            assert program.poll() is None, output.read_text("utf-8")
            assert time.monotonic() < limit
            time.sleep(0.1)  # the condition is another process's; there is nothing to be woken by
        yield found[0], printed
    assert program.stop() == (128 + signal.SIGTERM if command[0] == "make" else 0)
    printed += output.read_text("utf-8").splitlines()


def opened(browser: Browser, address: str) -> Page:
    page = browser.new_page(viewport={"width": 1100, "height": 8000})  # tall: every output is drawn
    page.set_default_timeout(LIMIT)
    page.goto(address)
    return page


def test_the_demo_opens_a_lesson_and_all_its_cells_stream(browser: Browser, tmp_path: Path) -> None:
    command = (sys.executable, "-m", "streamcell._cli", "demo", "quickstart", "--no-browser")
    before = {path: path.read_bytes() for path in FOLDER.iterdir()}
    with demo(tmp_path, *command) as (address, printed):
        answers = len(statuses(FOLDER / "01_quickstart.ipynb"))
        page = opened(browser, address)
        page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()  # JupyterLab drops what is run before
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        page.wait_for_function(
            "([views, count]) => document.querySelectorAll(views).length === count",
            arg=[f"{ANSWER_VIEW}[data-status=done]", answers],
        )
        assert page.locator(ANSWER_VIEW).count() == answers
        assert page.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
        assert page.locator(OVER).count() == 0
        page.close()
    assert [line for line in printed if not line.startswith("Your copies of the lessons are in ")] == printed[:1]
    assert printed[0].startswith("The lessons are open in JupyterLab (Ctrl-C ends it): http://127.0.0.1:")
    assert {path: path.read_bytes() for path in FOLDER.iterdir()} == before


def test_make_demo_opens_the_index_prints_its_address_and_puts_nothing_over_it(
    browser: Browser, tmp_path: Path
) -> None:
    """Beside settings of the user's own, which count and which it leaves as they are."""
    settings = tmp_path / ".jupyter" / "lab" / "user-settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    theme = settings / "themes.jupyterlab-settings"
    theme.write_text('{"theme": "JupyterLab Dark"}', "utf-8")
    with demo(tmp_path, "make", f"PYTHON={sys.executable}", "demo", "NAME=index --no-browser") as (address, printed):
        page = opened(browser, address)
        page.get_by_role("heading", name="Lessons").wait_for()
        page.wait_for_function("() => document.body.dataset.jpThemeName === 'JupyterLab Dark'")
        page.get_by_role("link", name="What streaming is").click()
        page.get_by_role("heading", name="What streaming is").wait_for()
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
        assert page.locator(OVER).count() == 0
        page.close()
    assert [line for line in printed if "http" not in line and "copies" not in line] == []
    assert theme.read_text("utf-8") == '{"theme": "JupyterLab Dark"}'
    assert sorted(path.name for path in settings.iterdir()) == ["themes.jupyterlab-settings"]


OFTEN = ("01_quickstart", "09_compare")
"""The lessons that are opened each time: single answers, a conversation, a comparison."""


@pytest.mark.parametrize("rest", [False, pytest.param(True, marks=pytest.mark.long)])
def test_a_lesson_shows_what_was_saved_without_a_kernel(open_notebook: Callable[..., Notebook], rest: bool) -> None:
    notebook = open_notebook(["0"])
    seen = 0
    for path in [path for path in notebooks() if (path.stem not in OFTEN) == rest]:
        saved = nbformat.read(path, as_version=4)
        saved.metadata = {"kernelspec": dict.fromkeys(("name", "display_name", "language"), "a-kernel-of-last-year")}
        copy = notebook.path.with_name(path.name)
        nbformat.write(saved, copy)
        notebook.reopen(path.name, kernel=False)
        expected = statuses(path)
        shown = notebook.page.locator(ANSWER_VIEW)
        notebook.page.wait_for_function(
            "([views, count]) => document.querySelectorAll(views).length === count", arg=[ANSWER_VIEW, len(expected)]
        )
        assert [one.get_attribute("data-status") for one in shown.all()] == expected, path.name
        assert all(len(text.strip()) > 3 for text in shown.all_inner_texts())
        for picture in notebook.page.locator(".jp-OutputArea img").all():
            assert picture.evaluate("(image) => image.decode().then(() => image.naturalWidth)") > 0
        assert notebook.page.locator(".jp-OutputArea [data-mime-type='application/vnd.jupyter.stderr']").count() == 0
        folds = notebook.page.locator(".jp-MarkdownOutput details, .jp-MarkdownCell details")
        assert folds.evaluate_all("(folds) => folds.filter((fold) => fold.open).length") == 0
        assert folds.count() == prose(saved).partition("## Exercises")[2].count("<details>")
        notebook.picture(f"lesson-{path.stem}")
        seen += len(expected)
    assert seen > (30 if rest else 15)


def statuses(path: Path) -> list[str]:
    """How the saved answers of a notebook ended, those of conversations and comparisons too."""
    found: list[str] = []
    for output in outputs(path):
        data = output.get("data", {})
        joined = [item["answer"] for item in data.get(ANSWERS, {}).get("items", ()) if "answer" in item]
        found += [one["document"]["status"] for one in [*joined, *([data[ANSWER]] if ANSWER in data else [])]]
    return found


def prose(notebook: nbformat.NotebookNode) -> str:
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def outputs(path: Path) -> list[nbformat.NotebookNode]:
    cells = nbformat.read(path, as_version=4).cells
    return [output for cell in cells if cell.cell_type == "code" for output in cell.outputs]
