"""A comparison of four by four answers under faults: live, narrow, by keyboard, over a reload, without a kernel."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from .accessible import checked

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator

    from streamcell.rehearsal import Exchange

    from .notebook import Notebook

FAST = "rate=400&first_token=0"
GRID = f"""\
from streamcell import RetryPolicy, stream_compare
grid = stream_compare(
    "What is entropy?",
    models={{"good": "tour?{FAST}", "limited": "rate_limit?retry_after=0,tour?{FAST}",
            "cut": "drop?after=60&{FAST}", "silent": "stall?after=40&seconds=600&{FAST}"}},
    over={{"temperature": [0, 0.5, 1, 3]}},
    retry=RetryPolicy(attempts=9, wait_initial=0.01),
)"""
# What the page was sent before this cell's end it has then.
ENDED = "import asyncio\nwhile {cell.status for cell in grid} - {'done', 'failed'}: await asyncio.sleep(0.05)"
TABLE = "print([row['status'] for row in grid.table()], [len(cell.versions) for cell in grid])"


def comparison(notebook: Notebook) -> Locator:
    return notebook.cell(0).locator(".sc-comparison")


def said(notebook: Notebook, words: str) -> None:
    """Wait until the bar says this."""
    comparison(notebook).locator(".sc-comparison-status").get_by_text(words, exact=True).wait_for()


def press(notebook: Notebook, name: str) -> None:
    comparison(notebook).locator(".sc-comparison-buttons").get_by_role("button", name=name, exact=True).click()


def asked_again(notebook: Notebook, name: str) -> None:
    """Wait until this answer has a second version: each is asked again on its own."""
    comparison(notebook).get_by_role("article", name=name, exact=True).get_by_text("2/2").wait_for()


def names(notebook: Notebook) -> list[str]:
    return comparison(notebook).locator(".sc-comparison-numbers tbody th").all_inner_texts()


def fits(notebook: Notebook) -> None:
    """Wait until nothing of the comparison is wider than its place: it scrolls within itself."""
    notebook.page.wait_for_function(
        """(node) => node.closest(".jp-OutputArea-output").scrollWidth
            <= node.closest(".jp-OutputArea-output").clientWidth + 1""",
        arg=comparison(notebook).element_handle(),
    )


def test_four_by_four_under_faults(open_notebook: Callable[..., Notebook]) -> None:
    notebook = open_notebook([GRID, TABLE])
    page = notebook.page
    page.set_viewport_size({"width": 1600, "height": 1400})
    notebook.run(0)
    # A row is refused for its temperature, a column is cut, and another one falls silent.
    said(notebook, "13 of 16 answers have ended · 7 not complete")
    assert comparison(notebook).locator(".sc-comparison-place").count() == 16
    notebook.picture("compare-1600-light")
    press(notebook, "Retry all")
    for name in [f"temperature {t} · {model}" for t in ("0", "0.5", "1") for model in ("good", "limited", "cut")]:
        asked_again(notebook, name)
    said(notebook, "13 of 16 answers have ended · 7 not complete")
    press(notebook, "Stop all")
    said(notebook, "16 answers · 10 not complete")
    notebook.run(1)
    row = ["done", "done", "interrupted", "stopped"]
    statuses = [*row * 3, *["failed"] * 4]
    # Asked again were those that had ended; a refused one leaves no version.
    assert notebook.printed(1) == f"{statuses} {[2, 2, 2, 1] * 3 + [1] * 4}\n"
    assert checked(page)["violations"] == []
    notebook.set_theme("JupyterLab Dark")
    notebook.picture("compare-1600-dark")
    assert checked(page)["violations"] == []
    page.set_viewport_size({"width": 600, "height": 1000})
    fits(notebook)
    notebook.picture("compare-600-dark")
    notebook.set_theme("JupyterLab Light")
    notebook.picture("compare-600-light")
    assert checked(page)["violations"] == []
    grid = comparison(notebook).locator(".sc-comparison-grid")
    assert grid.evaluate("(node) => node.scrollWidth > node.clientWidth && node.scrollHeight > node.clientHeight")


def test_the_numbers_and_the_differences_by_keyboard_over_a_reload_and_without_a_kernel(
    open_notebook: Callable[..., Notebook], asked: Callable[..., Exchange]
) -> None:
    prompt = "What is entropy, by keyboard?"
    source = (
        "from streamcell import stream_compare\n"
        f'grid = stream_compare({prompt!r}, models={{"short": "echo?{FAST}", "long": "tour?{FAST}",'
        f' "bad key": "unauthorized"}})'
    )
    notebook = open_notebook([source, ENDED])
    page = notebook.page
    notebook.run(0)
    said(notebook, "3 answers · 1 not complete")
    sort = comparison(notebook).get_by_role("columnheader", name="Characters").get_by_role("button")
    sort.focus()
    page.keyboard.press("Enter")
    assert names(notebook) == ["bad key", "short", "long"]
    page.keyboard.press("Enter")
    assert names(notebook) == ["long", "short", "bad key"]
    head = comparison(notebook).get_by_role("columnheader", name="Characters")
    assert head.get_attribute("aria-sort") == "descending"

    comparison(notebook).get_by_role("button", name="short").focus()
    page.keyboard.press("Enter")
    place = comparison(notebook).get_by_role("article", name="short")
    page.wait_for_function("(node) => document.activeElement === node", arg=place.element_handle())

    compare(notebook)
    notebook.save()
    notebook.reload()
    # What was saved is shown until the kernel's widget has come, and has no such button.
    comparison(notebook).get_by_role("button", name="Retry all").wait_for()
    said(notebook, "3 answers · 1 not complete")
    assert names(notebook) == ["short", "long", "bad key"]
    compare(notebook)
    press(notebook, "Retry all")
    for name in ("short", "long"):
        asked_again(notebook, name)
    asked(prompt, number=6)  # a refused one leaves no version
    notebook.run(1)
    said(notebook, "3 answers · 1 not complete")

    notebook.reopen_without_kernel(status="")
    said(notebook, "3 answers · 1 not complete")
    assert names(notebook) == ["short", "long", "bad key"]
    first = comparison(notebook).locator(".sc-comparison-numbers tbody tr").first.locator("td").all_inner_texts()
    assert first[0] == "done"
    assert len(first) == 8
    assert re.fullmatch(r"\d+\.\d\d s", first[2])
    assert first[-1] == str(len(prompt))
    stop = comparison(notebook).locator(".sc-comparison-buttons").get_by_role("button", name="Stop all")
    assert not stop.is_visible()
    notebook.picture("compare-saved")
    compare(notebook)
    assert checked(page)["violations"] == []
    output = notebook.outputs(0)[0]["data"]
    assert "application/vnd.jupyter.widget-view+json" not in output
    markdown = "".join(output["text/markdown"])
    assert "| Status | First token |" in markdown
    assert "The API key was not accepted" in markdown


def compare(notebook: Notebook) -> None:
    """Compare the first two answers, word by word."""
    press(notebook, "Compare two")
    text = comparison(notebook).locator("> section .sc-difference-text")
    text.locator("ins").first.wait_for()
    assert "entropy" in text.inner_text()


@pytest.mark.parametrize("width", [600, 1600])
def test_a_comparison_of_two_fits_its_window(open_notebook: Callable[..., Notebook], width: int) -> None:
    source = (
        "from streamcell import stream_compare\n"
        f'grid = stream_compare("Show me code", models=["tour?{FAST}", "bulk?characters=3000&{FAST}"])'
    )
    notebook = open_notebook([source])
    notebook.page.set_viewport_size({"width": width, "height": 1000})
    notebook.run(0)
    said(notebook, "2 answers")
    fits(notebook)
    notebook.picture(f"compare-two-{width}")
    heads = comparison(notebook).locator(".sc-comparison-head")
    assert heads.first.inner_text() == f"tour?{FAST}"
    if width == 1600:
        grid = comparison(notebook).locator(".sc-comparison-grid")
        assert grid.evaluate("(node) => node.scrollWidth <= node.clientWidth")
