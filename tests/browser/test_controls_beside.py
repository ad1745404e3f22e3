"""The controls beside a cell, in a real notebook: asked again with them, refused, narrow, and saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .accessible import checked

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamcell.rehearsal import Exchange

    from .notebook import Notebook

ASK = """\
from streamcell import stream_cell
cell = stream_cell({prompt!r}, model="echo", api="chat", temperature=1, controls=True)"""


def test_a_class_plays_with_the_controls(
    open_notebook: Callable[..., Notebook], asked: Callable[..., Exchange]
) -> None:
    prompt = "Play with me"
    notebook = open_notebook([ASK.format(prompt=prompt), "print([dict(one.changed) for one in cell.versions])"])
    page, cell = notebook.page, notebook.cell(0)
    page.set_viewport_size({"width": 1600, "height": 900})
    notebook.run(0)
    notebook.wait_for_status(0, "done")
    temperature = cell.get_by_label("temperature")
    cell.get_by_role("button", name="Ask again").wait_for()
    page.wait_for_function("(node) => !node.disabled", arg=temperature.element_handle())
    assert temperature.input_value() == "1"
    notebook.picture("controls-light")

    temperature.fill("3")
    page.keyboard.press("Tab")
    cell.get_by_role("button", name="Ask again").press("Enter")
    notebook.wait_for_status(0, "failed")
    cell.get_by_role("alert").get_by_text("Expected a value <= 2").wait_for()
    notebook.picture("controls-refused-light")
    violations = checked(page, ".jp-OutputArea .widget-vbox")["violations"]
    assert violations == []

    temperature.fill("0")
    cell.get_by_role("button", name="Ask again").click()
    notebook.wait_for_status(0, "done")
    assert asked(prompt, number=3).body["temperature"] == 0
    assert cell.get_by_role("alert").count() == 0
    notebook.run(1)
    assert notebook.printed(1) == "[{}, {'temperature': 0}]\n", "a refused request leaves no version"

    notebook.set_theme("JupyterLab Dark")
    notebook.picture("controls-dark")
    for width in (600, 240):
        page.set_viewport_size({"width": width, "height": 900})
        notebook.picture(f"controls-{width}")
        box = cell.locator(".widget-vbox").first
        page.wait_for_function("(node) => node.scrollWidth <= node.clientWidth + 1", arg=box.element_handle())
    notebook.set_theme("JupyterLab Light")
