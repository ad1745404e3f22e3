"""In boxes, a cell takes the width that it is given and no more, whatever is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from .notebook import Notebook

# What could make a box wider: a long word, a line of code, a table, a formula, a list.
WIDE = """\
# A heading-that-is-one-word-and-goes-on-and-on-and-on-and-on

{word}

```python
{code}
```

| {head} |
| {rule} |
| {row} |

$$
{formula}
$$

- an item with `{word}`
""".format(
    word="w" * 200,
    code="x = " + " + ".join(["value"] * 60),
    head=" | ".join(["a column"] * 12),
    rule=" | ".join(["---"] * 12),
    row=" | ".join(["some words"] * 12),
    formula=" + ".join(["x^2"] * 80),
)

CELLS = f"""\
import ipywidgets
from streamcell import stream_cell

def cell(number):
    return stream_cell({WIDE!r} + f"Number {{number}}.", model="echo?rate=0", display=False)
"""

# The widths, in pixels: of what the box is in, of each view, and of what is in each view; and where each view begins.
WIDTHS = """(cell) => {
    const output = cell.querySelector(".jp-OutputArea-output");
    const views = [...cell.querySelectorAll("[data-streamcell]")].filter((view) => view.offsetWidth > 0);
    return {
        room: output.clientWidth,
        needed: output.scrollWidth,
        views: views.map((view) => view.getBoundingClientRect().width),
        contents: views.map((view) => view.scrollWidth),
        lefts: views.map((view) => view.getBoundingClientRect().left),
        tops: views.map((view) => view.getBoundingClientRect().top),
    };
}"""


def widths(open_notebook: Callable[..., Notebook], source: str, shown: int) -> tuple[Notebook, dict[str, Any]]:
    """Run a cell that ends with boxes, and measure when so many answers in it have been drawn."""
    notebook = open_notebook([CELLS + source])
    notebook.run(0)
    for number in range(shown):
        notebook.cell(0).locator('[data-status="done"]').nth(number).wait_for(state="attached")
    found: dict[str, Any] = notebook.cell(0).evaluate(WIDTHS)
    assert found["needed"] <= found["room"] + 1
    for width, content in zip(found["views"], found["contents"], strict=True):
        assert content <= width + 1
    return notebook, found


COLUMNS = [
    "ipywidgets.HBox([cell(1), cell(2)])",
    pytest.param(
        "ipywidgets.GridBox([cell(1), cell(2)], layout=ipywidgets.Layout(grid_template_columns='1fr 1fr'))",
        marks=pytest.mark.long,
    ),
    "ipywidgets.GridBox([cell(1), cell(2)], layout=ipywidgets.Layout(grid_template_columns='repeat(2, auto)'))",
    pytest.param("ipywidgets.TwoByTwoLayout(top_left=cell(1), top_right=cell(2))", marks=pytest.mark.long),
]


@pytest.mark.parametrize("source", COLUMNS, ids=["HBox", "GridBox", "GridBox-auto", "TwoByTwo"])
def test_two_columns_share_the_width(open_notebook: Callable[..., Notebook], source: str) -> None:
    _, found = widths(open_notebook, source, 2)
    one, other = found["views"]
    assert one == pytest.approx(other, abs=2)
    assert found["room"] / 2 - 20 <= one <= found["room"] / 2
    assert found["tops"][0] == found["tops"][1]
    assert found["lefts"][0] + one <= found["lefts"][1] + 1


def test_a_box_of_240_pixels_is_all_that_a_cell_takes(open_notebook: Callable[..., Notebook]) -> None:
    source = "ipywidgets.VBox([cell(1)], layout=ipywidgets.Layout(width='240px'))"
    _, found = widths(open_notebook, source, 1)
    assert found["views"] == [pytest.approx(240, abs=6)]


def test_a_row_keeps_what_stands_beside_a_cell(open_notebook: Callable[..., Notebook]) -> None:
    source = (
        "ipywidgets.HBox([ipywidgets.Button(description='Beside', layout=ipywidgets.Layout(flex='none')), cell(1)])"
    )
    notebook, found = widths(open_notebook, source, 1)
    assert notebook.cell(0).get_by_role("button", name="Beside").evaluate("(button) => button.offsetWidth") > 100
    assert found["views"][0] > found["room"] / 2


def test_an_output_gives_a_cell_its_width(open_notebook: Callable[..., Notebook]) -> None:
    source = "out = ipywidgets.Output()\ndisplay(out)\nwith out:\n    display(cell(1))"
    _, found = widths(open_notebook, source, 1)
    assert found["views"][0] == pytest.approx(found["room"], abs=12)


@pytest.mark.parametrize(
    ("kind", "tab"),
    [
        ("Tab", ".jupyter-widget-TabPanel-tabBar .lm-TabBar-tab"),
        ("Accordion", ".jupyter-widget-Collapse-header"),
    ],
)
def test_a_cell_that_was_hidden_has_its_width_when_it_is_shown(
    open_notebook: Callable[..., Notebook], kind: str, tab: str
) -> None:
    source = f"ipywidgets.{kind}([cell(1), cell(2)], titles=['One', 'Two'], selected_index=0)"
    notebook, found = widths(open_notebook, source, 1)
    (first,) = found["views"]
    assert first > found["room"] - 60
    notebook.cell(0).locator(tab).nth(1).click()
    second = notebook.cell(0).locator("[data-streamcell]:visible").filter(has_text="Number 2.")
    second.wait_for()
    found = notebook.cell(0).evaluate(WIDTHS)
    assert found["views"] == [pytest.approx(first, abs=2)]
    assert found["needed"] <= found["room"] + 1


def test_a_cell_stays_in_a_narrow_window(open_notebook: Callable[..., Notebook]) -> None:
    notebook = open_notebook([f"{CELLS}cell(1)"], own_page=True)
    notebook.changed = True
    notebook.page.set_viewport_size({"width": 560, "height": 800})  # JupyterLab has a layout for phones
    notebook.run(0)
    notebook.wait_for_status(0, "done")
    room = notebook.page.locator(".jp-WindowedPanel-outer").evaluate("(one) => one.clientWidth")
    assert notebook.view(0).evaluate("(one) => one.getBoundingClientRect().width") < room
    assert notebook.view(0).evaluate("(one) => one.scrollWidth - one.clientWidth") <= 1
