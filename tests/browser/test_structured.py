"""Structured answers in a real notebook: they grow as a tree, are a table on request, and say what is invalid."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from .accessible import checked
from .gallery import IMPORT, RIVERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from .notebook import Notebook

LINES = """tree => [...tree.querySelectorAll('li')].map((row) =>
    (row.querySelector(':scope > details > summary') ?? row).textContent)"""


def ask(scenario: str, options: str = "response_format=Rivers") -> str:
    model = f"rehearsal/structured?first_token=0&{scenario}"
    return f"{IMPORT}{RIVERS}cell = stream_cell('The longest rivers', model={model!r}, {options})"


def test_an_answer_grows_as_a_tree_is_a_table_on_request_and_is_there_after_a_reload(
    open_notebook: Callable[..., Notebook],
) -> None:
    code = "print(type(cell.parsed).__name__, cell.to_dicts()[0]['name'])"
    notebook = open_notebook([ask("rate=100&records=4"), code])
    notebook.start(0)
    view = notebook.view(0)
    tree = view.locator(".sc-json-tree")
    # It is shown while it streams: a fold that still grows.
    tree.locator("summary", has_text="…").first.wait_for()
    assert view.get_attribute("data-status") == "streaming"
    first = tree.locator("li").nth(1).element_handle()
    assert first is not None
    notebook.picture("structured-grows")
    notebook.wait_for_status(0, "done")
    assert first.evaluate("row => row.isConnected && row.textContent") == "title: The Nile"
    tree.get_by_text("Mississippi").wait_for()
    assert tree.evaluate(LINES)[:5] == ["2 fields", "title: The Nile", "rivers: 4 items", "0: 3 fields", "name: Nile"]
    assert checked(notebook.page)["violations"] == []
    view.get_by_role("button", name="Table").press("Enter")
    rows = view.locator(".sc-json-table tbody tr")
    assert rows.nth(3).inner_text().split("\t") == ["3", "Mississippi", "6275", "Ethiopia, Egypt"]
    assert checked(notebook.page)["violations"] == []
    notebook.picture("structured-table")
    copied = notebook.copied(0)
    assert copied.startswith("```json\n{")
    notebook.run(1)
    assert notebook.printed(1) == "Rivers Nile\n"

    notebook.save()
    notebook.lab.end_sessions({notebook.name})
    notebook.reopen(notebook.name)
    notebook.wait_for_status(0, "done")
    tree = notebook.view(0).locator(".sc-json-tree")
    tree.get_by_text("Mississippi").wait_for()
    (output,) = json.loads(notebook.path.read_text("utf-8"))["cells"][0]["outputs"]
    assert "".join(output["data"]["text/markdown"]) == copied


def test_an_invalid_answer_says_where_and_a_repaired_one_keeps_it_as_a_version(
    open_notebook: Callable[..., Notebook],
) -> None:
    options = "response_format=Rivers"
    notebook = open_notebook([ask("rate=0&wrong=3", options), ask("rate=0&wrong=3", f"{options}, repair=1")])
    notebook.run(0)
    notebook.wait_for_status(0, "failed")
    view = notebook.view(0)
    assert "rivers[0].name: Input should be a valid string" in view.locator(".sc-card").inner_text()
    view.get_by_role("button", name="Text").click()
    assert '"name": 12345' in view.locator(".sc-json pre").inner_text()
    assert checked(notebook.page)["violations"] == []
    notebook.picture("structured-invalid")
    notebook.run(1)
    notebook.wait_for_status(1, "done")
    view = notebook.view(1)
    view.locator(".sc-json-tree").get_by_text("Nile", exact=True).wait_for()
    assert view.locator(".sc-position").inner_text() == "2/2"
    view.get_by_role("button", name="Previous version").click()
    view.locator(".sc-card").get_by_text("rivers[0].name").wait_for()


@pytest.mark.long
def test_a_long_and_a_deep_answer_are_usable(open_notebook: Callable[..., Notebook]) -> None:
    node = (
        "from pydantic import BaseModel\n\nclass Node(BaseModel):\n    name: str\n    inner: 'Node | None' = None\n\n"
    )
    deep = f"{IMPORT}{node}cell = stream_cell('x', model='rehearsal/structured?rate=0&depth=190', response_format=Node)"
    notebook = open_notebook([ask("rate=0&characters=1000000"), deep])
    notebook.run(0)
    notebook.wait_for_status(0, "done")
    tree = notebook.view(0).locator(".sc-json-tree")
    more = tree.get_by_role("button", name="Show 100 more")
    more.first.wait_for()
    assert tree.locator("li").count() < 2_000
    more.first.click()
    tree.locator("summary", has_text="101: ").first.wait_for()
    assert notebook.view(0).evaluate("view => view.querySelectorAll('.sc-json *').length") < 5_000
    notebook.run(1)
    notebook.wait_for_status(1, "done")
    tree = notebook.view(1).locator(".sc-json-tree")
    for depth in range(5, 25):
        tree.locator("summary").last.press("Enter")
        tree.locator("details").nth(depth).wait_for()
    notebook.picture("structured-deep")
    width = "tree => [...tree.querySelectorAll('li')].at(-1).getBoundingClientRect().width"
    assert tree.evaluate(width) > 100
