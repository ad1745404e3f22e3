"""Notebook 7 by pointer and keyboard: code goes below, shortcuts are off in a cell, Escape stops, the head stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.accessible import checked
from tests.browser.cells import ask
from tests.browser.notebook import Notebook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from playwright.sync_api import BrowserContext

    from streamcell.rehearsal import Exchange
    from tests.browser.jupyterlab import JupyterLab

CODE = f"```python\nprint('from' + ' the answer', {', '.join(['6 * 7'] * 60)})\n```\n"
LONG = "bulk?characters=40000&chunks=4000&rate=400"
NARROW = """\
import ipywidgets
from streamcell import stream_cell
answer = stream_cell("# Narrow\\n\\n" + "word " * 60 + "`" + "w" * 200 + "`", model="echo?rate=0", display=False)
ipywidgets.VBox([answer], layout=ipywidgets.Layout(width="240px"))"""

FOCUSED = """() => {
    let one = document.activeElement;
    while (one?.shadowRoot?.activeElement) one = one.shadowRoot.activeElement;
    return one.getAttribute("aria-label") || one.textContent || one.tagName;
}"""
# From the top of what scrolls to the head of an answer whose own top has gone above that, in pixels.
HEAD = """view => {
    let scroller = view.parentElement;
    while (!(scroller.scrollHeight > scroller.clientHeight + 200 && getComputedStyle(scroller).overflowY !== "visible"
        && getComputedStyle(scroller).overflowY !== "clip")) scroller = scroller.parentElement;
    const top = scroller.getBoundingClientRect().top;
    if (view.getBoundingClientRect().top > top - 200) return null;
    return view.querySelector(".sc-head").getBoundingClientRect().top - top;
}"""


@pytest.fixture
def open_notebook7(
    lab: JupyterLab, context: BrowserContext, request: pytest.FixtureRequest
) -> Iterator[Callable[[Sequence[str]], Notebook]]:
    """`open_notebook7(cells)`: a notebook in Notebook 7, its kernel idle."""
    opened: list[Notebook] = []

    def open_(cells: Sequence[str]) -> Notebook:
        name = f"{request.node.name}.ipynb"
        lab.write_notebook(name, cells)
        notebook = Notebook(lab, context.new_page())
        opened.append(notebook)
        notebook.reopen(name, app="notebook")
        notebook.name = name
        notebook.wait_until_ready()
        return notebook

    yield open_
    for notebook in opened:
        notebook.page.close()
        lab.end_sessions({notebook.name})


def test_code_scrolls_by_keyboard_and_goes_into_a_cell_below(
    open_notebook7: Callable[[Sequence[str]], Notebook],
) -> None:
    notebook = open_notebook7([ask(CODE, "echo?rate=0"), "'the last'"])
    page, view = notebook.page, notebook.view(0)
    notebook.start(0)
    notebook.wait_for_status(0, "done")
    code = view.locator(".sc-code pre")
    code.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.querySelector('.sc-code pre').scrollLeft > 0")
    bar = view.get_by_role("toolbar")
    bar.wait_for()
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED) == "Copy code"
    cells = page.locator(".jp-Notebook .jp-CodeCell")
    for key in ("b", "a", "x"):
        page.keyboard.press(key)
    notebook.button(0, "Copy").focus()
    for key in ("b", "a", "x"):
        page.keyboard.press(key)
    assert cells.count() == 2
    assert page.evaluate(FOCUSED) == "Copy"
    assert checked(page)["violations"] == []
    view.locator(".sc-code").hover()
    bar.get_by_role("button", name="Insert as cell below").click()
    cells.nth(2).wait_for()
    assert notebook.cell(1).locator(".cm-content").inner_text().startswith("print('from' + ' the answer', 6 * 7")
    assert notebook.cell(1).locator(".jp-OutputArea-output").count() == 0
    view.locator(".sc-code").hover()
    bar.get_by_role("button", name="Insert and run").click()
    notebook.cell(1).locator(".jp-OutputArea-output").get_by_text("from the answer 42").wait_for()


def test_the_head_stays_escape_stops_and_a_narrow_box_is_enough(
    open_notebook7: Callable[[Sequence[str]], Notebook], asked: Callable[..., Exchange]
) -> None:
    prompt = "Escape from Notebook"
    notebook = open_notebook7([NARROW, ask(prompt, LONG), "'the last'"])
    notebook.start(0)
    notebook.wait_for_status(0, "done")
    narrow = notebook.view(0)
    assert narrow.evaluate("(one) => one.getBoundingClientRect().width") == pytest.approx(240, abs=6)
    assert narrow.evaluate("(one) => one.scrollWidth - one.clientWidth") <= 1
    notebook.start(1)
    notebook.wait_for_more_text(1, than=8000)
    view = notebook.view(1)
    view.locator("[data-streamcell-answer]").evaluate("(one) => one.lastElementChild.scrollIntoView({block: 'end'})")
    handle = page_has_head_at(notebook)
    assert abs(handle) <= 2
    notebook.button(1, "Copy").focus()
    notebook.page.keyboard.press("Escape")
    asked(prompt, ended="closed_by_client")
    notebook.wait_for_status(1, "stopped")
    assert notebook.page.evaluate(FOCUSED) == "Copy"


def page_has_head_at(notebook: Notebook) -> float:
    """Where the long answer's head is in what scrolls, once the answer's own top is above that."""
    found = notebook.page.wait_for_function(
        f"() => {{ const at = ({HEAD})([...document.querySelectorAll('[data-streamcell]')].at(-1));"
        " return at === null ? null : {at}; }"
    )
    return float(found.json_value()["at"])
