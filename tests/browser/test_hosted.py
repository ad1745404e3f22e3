"""Tools that the provider runs, reasoning and commentary, in a real page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .accessible import checked

if TYPE_CHECKING:
    from collections.abc import Callable

    from .notebook import Notebook

ASK = """\
from streamcell import stream_cell
cell = stream_cell("Rivers", model="hosted?{settings}", api="responses", reasoning={{"summary": "auto"}}{options})"""


def ask(settings: str, options: str = "") -> str:
    return ASK.format(settings=settings, options=options)


def test_tools_are_folds_that_the_keyboard_opens_and_axe_finds_nothing(
    open_notebook: Callable[..., Notebook],
) -> None:
    notebook = open_notebook([ask("rate=0"), ask("rate=0&fail=1")])
    notebook.run_all()
    notebook.wait_for_status(0, "done")
    notebook.wait_for_status(1, "done")
    view = notebook.view(0)
    assert view.locator(".sc-tool summary span span:nth-child(-n+2)").all_inner_texts() == [
        *("Web search", "done", "File search", "done", "Code interpreter", "done"),
        *("MCP tool: atlas · coordinates", "done"),
    ]
    opened = "folds => folds.map((fold) => fold.open)"
    assert view.locator("details.sc-fold").evaluate_all(opened) == [False] * 5
    for number in range(5):
        view.locator("details.sc-fold > summary").nth(number).press("Enter")
    assert view.locator("details.sc-fold").evaluate_all(opened) == [True] * 5
    assert view.get_by_role("group", name="Result").filter(has_text="Amazon").inner_text().startswith("Nile: 6,650 km")
    assert view.locator(".sc-tool a").evaluate_all("links => links.map((link) => link.href)") == [
        "https://example.org/rivers",
        "https://example.com/lengths?unit=km",
    ]
    assert checked(notebook.page)["violations"] == []
    notebook.picture("hosted-light")
    notebook.set_theme("JupyterLab Dark")
    try:
        assert checked(notebook.page)["violations"] == []
        notebook.picture("hosted-dark")
    finally:
        notebook.set_theme("JupyterLab Light")
    assert notebook.copied(0).startswith("> I look up the longest rivers, and compare them with a few lines of Python.")


def test_what_a_tool_says_is_text_and_its_links_are_safe(open_notebook: Callable[..., Notebook]) -> None:
    notebook = open_notebook([ask("rate=0&hostile=1")])
    notebook.run(0)
    notebook.wait_for_status(0, "done")
    view = notebook.view(0)
    assert view.locator(".sc-tool :is(img, script)").count() == 0
    assert "<script>alert(1)</script>" in str(view.locator(".sc-tool pre").first.text_content())
    assert view.locator(".sc-tool a").count() == 0
    assert "javascript:alert(1)" in str(view.locator(".sc-tool ul").first.text_content())


@pytest.mark.parametrize(("show", "while_it_comes", "then"), [("streaming", True, False), ("open", True, True)])
def test_reasoning_is_open_while_it_comes_where_the_user_likes_that(
    open_notebook: Callable[..., Notebook], show: str, while_it_comes: bool, then: bool
) -> None:
    notebook = open_notebook([ask("rate=20", f", show_reasoning={show!r}")])
    notebook.start(0)
    fold = notebook.view(0).locator("details.sc-reasoning")
    fold.locator("em, strong").first.wait_for()
    assert fold.evaluate("fold => fold.open") is while_it_comes
    notebook.view(0).locator(".sc-commentary").filter(has_text="look up").wait_for()
    assert fold.evaluate("fold => fold.open") is then
    assert str(fold.locator("summary").text_content()).startswith("Thought for ")
    notebook.picture(f"reasoning-{show}")


MCP = ", tools=[{'type': 'mcp', 'server_label': 'atlas', 'server_url': 'https://example.org/mcp'}]"


def test_a_tool_of_an_mcp_server_runs_when_the_user_says_so(open_notebook: Callable[..., Notebook]) -> None:
    notebook = open_notebook([ask("rate=0", MCP), ask("rate=0", MCP)])
    notebook.run_all()
    for index, (button, state, said) in enumerate(
        [("Run", "Approved", "The map is deleted."), ("Deny", "Denied", "Then the map stays.")]
    ):
        notebook.wait_for_status(index, "calling")
        view = notebook.view(index)
        call = view.get_by_role("group", name="Tool call: atlas · delete_map")
        call.get_by_role("button", name="Run").wait_for()
        assert call.get_by_role("button").locator("visible=true").all_inner_texts() == ["Run", "Deny", "Always allow"]
        if index == 0:
            assert checked(notebook.page)["violations"] == []
            notebook.picture("mcp")
        call.get_by_role("button", name=button).press("Enter")
        notebook.wait_for_status(index, "done")
        view.get_by_text(said).wait_for()
        assert call.locator(".sc-call-state").inner_text() == state
