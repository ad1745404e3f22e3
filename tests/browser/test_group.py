"""Several answers in one output: live, over a reload, in a second view, and saved without a kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator

    from .notebook import Notebook

GROUP = """\
from streamcell import stream_cell
from streamcell.notebook.group import Group
from streamcell.notebook.joined import Place

class Pair(Group):
    def ask(self, name, model):
        cell = stream_cell(name, model=model, display=False)
        places = [*self._arranged, Place(cell._key, f"**{name}**", name, about={"name": name})]
        self._arrange(places, [cell])
        return cell

    def _obey(self, command):
        said.append(command)

said = []
pair = Pair()
pair._show()
one = pair.ask("Show me a table", "rehearsal?rate=0&first_token=0")
two = pair.ask("two", "rehearsal?first_token=600")"""
AGAIN = "pair"
STOP = "two.stop(); print(one.status, two.status)"
THIRD = 'three = pair.ask("Show me another table", "rehearsal?rate=0&first_token=0"); three.result()'


def cells(notebook: Notebook, index: int = 0) -> Locator:
    """The answers that a notebook's cell shows in its group."""
    return notebook.cell(index).locator("[data-streamcell-group] [data-streamcell]")


def test_a_group_shows_its_answers_and_keeps_them(open_notebook: Callable[..., Notebook]) -> None:
    notebook = open_notebook([GROUP, AGAIN, STOP, THIRD])
    notebook.run(0)
    notebook.run(1)
    for index in (0, 1):
        cells(notebook, index).nth(0).locator("[data-streamcell-answer] table").first.wait_for()
        assert cells(notebook, index).count() == 2
    notebook.save()
    notebook.reload()
    cells(notebook).nth(1).get_by_role("button", name="Stop", exact=True).click()
    notebook.cell(1).locator('[data-streamcell-group] [data-status="stopped"]').wait_for()
    notebook.run(2)
    assert notebook.printed(2) == "done stopped\n"
    notebook.run(3)
    cells(notebook).nth(2).locator("[data-streamcell-answer] table").first.wait_for()
    notebook.save()
    output = notebook.outputs(0)[0]
    markdown = "".join(output["data"]["text/markdown"])
    assert [markdown.count(f"**{name}**") for name in ("Show me a table", "two", "Show me another table")] == [1, 1, 1]
    assert "application/vnd.jupyter.widget-view+json" not in output["data"]
    notebook.reopen_without_kernel()
    cells(notebook).nth(2).locator("[data-streamcell-answer] table").first.wait_for()
    assert cells(notebook).count() == 3
    statuses = [cells(notebook).nth(at).get_attribute("data-status") for at in range(3)]
    assert statuses == ["done", "stopped", "done"]
    assert cells(notebook).nth(0).get_by_role("button", name="Retry", exact=True).count() == 0


def test_a_deleted_group_ends_its_answers_except_those_that_stand_elsewhere(
    open_notebook: Callable[..., Notebook],
) -> None:
    more = 'other = pair.ask("three", "rehearsal?first_token=600")\nother'
    notebook = open_notebook([GROUP, more, "import asyncio\nprint(one.comm, two.comm, other.comm is None)"])
    notebook.run(0)
    notebook.run(1)
    notebook.view(1).wait_for()
    notebook.delete_cell(0)
    notebook.view(0).wait_for()
    waiting = "two.status, pair.comm, two.comm, other.comm is None, other.status"
    notebook.page.wait_for_function(
        """async (code) => {
            const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
            let text = "";
            const future = kernel.requestExecute({ code: `print(${code})`, store_history: false });
            future.onIOPub = ({ content }) => { text += content.text ?? ""; };
            await future.done;
            return text.trim() === "stopped None None False connecting";
        }""",
        arg=waiting,
        polling=1000,
    )
