"""Tools in a real notebook: the cell asks, the user decides by mouse or keyboard, and nothing runs without that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .accessible import checked

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator

    from .notebook import Notebook, Opener

TOOL = """\
from streamcell import stream_cell
ran = []

class Table:
    def _repr_html_(self):
        return "<table><tr><th>day</th></tr><tr><td>Monday<script>parent.ran = 1</script></td></tr></table>"
    def __repr__(self):
        return "day: Monday"

def weather(city: str):
    \"\"\"Say how the weather is in a city.\"\"\"
    ran.append(city)
    return Table()

cell = stream_cell("Do I need an umbrella?", model="rehearsal/tools?rate=0&first_token=0", tools=[weather])"""
RAN = "print(ran, cell.status, [part.state.value for part in cell.parts if part.kind == 'tool_call'])"


def asking(notebook: Notebook) -> Locator:
    """The call that waits in the first cell."""
    notebook.wait_for_status(0, "calling")
    call = notebook.view(0).locator(".sc-call")
    call.get_by_role("button", name="Run", exact=True).wait_for()
    return call


def test_a_call_waits_runs_when_allowed_and_shows_what_it_returned(open_notebook: Callable[..., Notebook]) -> None:
    notebook = open_notebook([TOOL, RAN])
    notebook.run(0)
    call = asking(notebook)
    notebook.picture("call-asks")
    notebook.run(1)
    assert notebook.printed(1) == "[] calling ['asked']\n"
    assert checked(notebook.page)["violations"] == []
    call.get_by_role("button", name="Run", exact=True).click()
    notebook.wait_for_status(0, "done")
    frame = call.locator("iframe")
    assert frame.content_frame.locator("td").inner_text() == "Monday"
    assert notebook.page.evaluate("window.ran") is None
    notebook.picture("call-done")
    assert checked(notebook.page)["violations"] == []
    notebook.run(1)
    assert notebook.printed(1).endswith("done ['done']\n")
    notebook.reopen_without_kernel()
    saved = notebook.view(0).locator(".sc-call")
    assert saved.locator("iframe").content_frame.locator("td").inner_text() == "Monday"
    assert saved.get_by_role("button", name="Run", exact=True).count() == 0


@pytest.mark.long
def test_two_pages_decide_once_and_a_reload_in_between_changes_nothing(open_notebook: Opener) -> None:
    notebook = open_notebook([TOOL, RAN])
    notebook.run(0)
    asking(notebook)
    notebook.save()
    notebook.reload()
    call = asking(notebook)
    other = open_notebook.again(notebook)
    there = other.view(0).locator(".sc-call").get_by_role("button", name="Run", exact=True)
    there.wait_for()
    # Held as elements, as a page takes its button away as soon as it hears of the other's decision.
    buttons = [call.get_by_role("button", name="Run", exact=True).element_handle(), there.element_handle()]
    for button in buttons:
        assert button is not None
        button.evaluate("button => button.click()")
    notebook.wait_for_status(0, "done")
    notebook.run(1)
    assert notebook.printed(1).count(",") == 0, "one city: it ran once"
    assert notebook.printed(1).endswith("done ['done']\n")


def test_the_keyboard_edits_and_runs(open_notebook: Callable[..., Notebook]) -> None:
    notebook = open_notebook([TOOL, RAN])
    notebook.run(0)
    call = asking(notebook)
    call.get_by_role("button", name="Edit", exact=True).focus()
    notebook.page.keyboard.press("Enter")
    field = call.get_by_role("textbox")
    field.wait_for()
    field.fill("nonsense")
    call.get_by_role("button", name="Run with changes").focus()
    notebook.page.keyboard.press("Enter")
    assert field.get_attribute("aria-invalid") == "true"
    notebook.picture("call-edit")
    field.fill('{"city": "Bergen"}')
    call.get_by_role("button", name="Run with changes").focus()
    notebook.page.keyboard.press("Enter")
    notebook.wait_for_status(0, "done")
    notebook.run(1)
    assert notebook.printed(1) == "['Bergen'] done ['done']\n"


def test_a_notebook_saved_while_a_call_waits_runs_nothing_without_its_kernel(
    open_notebook: Callable[..., Notebook],
) -> None:
    notebook = open_notebook([TOOL])
    notebook.run(0)
    asking(notebook)
    notebook.reopen_without_kernel("gone")
    call = notebook.view(0).locator(".sc-call")
    assert call.get_by_role("button").count() == 0
    assert "nothing can be run from here" in call.inner_text()
    notebook.picture("call-saved")


def test_stop_ends_what_waits(open_notebook: Callable[..., Notebook]) -> None:
    notebook = open_notebook([TOOL, RAN])
    notebook.run(0)
    call = asking(notebook)
    notebook.button(0, "Stop").click()
    notebook.wait_for_status(0, "stopped")
    assert call.get_by_role("button", name="Run", exact=True).count() == 0
    notebook.run(1)
    assert notebook.printed(1) == "[] stopped ['stopped']\n"
