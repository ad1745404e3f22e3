"""One answer in many places: a deletion ends it only where nothing shows it any more, and undo brings it back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from .cells import ask
from .test_cleanup import wait_for_cells

if TYPE_CHECKING:
    from collections.abc import Callable

    from .notebook import Notebook, Opener

SLOW = "echo?rate=20"
PROMPT = "Shown in more than one place. " * 300  # two and a half minutes, of which no test waits for the end
CAPTURED = f"""\
import ipywidgets
from streamcell import stream_cell
out = ipywidgets.Output()
display(out)
with out:
    cell = stream_cell({PROMPT!r}, model={SLOW!r})"""
# How often an answer that was deleted is looked for: it is found deleted after three seconds, so five are enough.
LOOKED = """() => new Promise((resolve) => {
    const page = globalThis[Symbol.for('streamcell.page')];
    let left = 50;
    const look = () => (page.cells.size === 0 || --left === 0 ? resolve(page.cells.size) : setTimeout(look, 100));
    look();
})"""


def test_an_answer_in_an_output_goes_on_when_more_is_written_there(open_notebook: Callable[..., Notebook]) -> None:
    notebook = open_notebook([CAPTURED, "out.append_stdout('x')", "print(cell.status)"], own_page=True)
    notebook.run(0)
    notebook.wait_for_status(0, "streaming")
    notebook.run(1)
    assert notebook.page.evaluate(LOOKED) == 1
    notebook.wait_for_status(0, "streaming")
    notebook.run(2)
    assert notebook.printed(2) == "streaming\n"


@pytest.mark.long
def test_a_deletion_in_another_notebook_ends_nothing_and_the_last_one_can_be_undone(
    open_notebook: Callable[..., Notebook],
) -> None:
    notebook = open_notebook([ask(PROMPT, SLOW), "1"], own_page=True)
    page = notebook.page
    notebook.run(0)
    notebook.wait_for_status(0, "streaming")
    notebook.save()
    # The same cell, pasted into a second notebook that is open beside it, and deleted there.
    page.evaluate(
        """async () => {
            const app = window.jupyterapp;
            const first = app.shell.currentWidget;
            const cell = first.context.model.sharedModel.getCell(0).toJSON();
            const path = first.context.path.replace(".ipynb", "-beside.ipynb");
            await app.serviceManager.contents.copy(first.context.path, "").then((copy) =>
                app.serviceManager.contents.rename(copy.path, path));
            const second = await app.commands.execute("docmanager:open", {
                path, options: { mode: "split-right" }, kernel: { id: first.sessionContext.session.kernel.id } });
            await second.context.ready;
            window.second = second;
            second.context.model.sharedModel.deleteCell(0);
        }"""
    )
    assert page.evaluate(LOOKED) == 1
    page.evaluate("() => window.second.context.save().then(() => window.second.close())")
    notebook.wait_for_status(0, "streaming")
    than = notebook.answer(0).evaluate("(node) => node.textContent.length")
    notebook.wait_for_more_text(0, than=than)
    notebook.delete_cell(0)
    wait_for_cells(page, 0)
    notebook.execute("notebook:undo-cell-action")
    notebook.wait_for_status(0, "stopped")
    assert notebook.answer(0).evaluate("(node) => node.textContent.length") >= than
    notebook.save()
    saved = json.loads(notebook.path.read_text("utf-8"))["cells"][0]["outputs"][0]["data"]
    assert len("".join(saved["text/plain"])) >= than


INTERACT = """\
import ipywidgets
from streamcell import stream_cell

def answer(words):
    return stream_cell(words, model="rehearsal/echo?rate=0")

control = ipywidgets.interactive(answer, words="first")
control"""
AGAIN = "control.children[0].value = 'second'"
SHOWN_BY_HAND = """\
def shown(words):
    cell = stream_cell(words, model="rehearsal/echo?rate=0")
    display(cell)
    return cell

ipywidgets.interactive(shown, words="twice")"""
LINKED = """\
area = ipywidgets.Textarea()
cell = stream_cell("linked in the page", model="rehearsal/echo?rate=0")
ipywidgets.jslink((cell, "text"), (area, "value"))
area"""
LOW = """\
cell = stream_cell("a paragraph\\n\\n" * 60, model="rehearsal/echo?rate=0")
cell.layout.height = "150px\""""


def test_interact_links_and_heights_do_what_they_do_with_other_widgets(open_notebook: Callable[..., Notebook]) -> None:
    notebook = open_notebook([INTERACT, AGAIN, SHOWN_BY_HAND, LINKED, LOW])
    notebook.run_all()
    # It was shown when its function asked, and is not shown again for being what the function returned.
    notebook.cell(0).get_by_text("second", exact=True).wait_for()
    assert notebook.cell(0).locator("[data-streamcell]").count() == 1
    # Whoever displays it by hand gets a second view.
    notebook.cell(2).locator("[data-streamcell]").nth(1).wait_for()
    assert notebook.cell(2).locator("[data-streamcell]").count() == 2
    notebook.page.wait_for_function(
        "() => document.querySelector('.jp-Notebook textarea')?.value === 'linked in the page'"
    )
    notebook.wait_for_status(4, "done")
    reached = notebook.view(4).evaluate(
        """(view) => {
            const host = view.closest('.sc-host');
            host.scrollTop = 1e6;
            return [host.clientHeight, host.scrollHeight > 1000, host.scrollTop > 800];
        }"""
    )
    assert reached == [150, True, True]


@pytest.mark.long
def test_a_deletion_in_one_page_ends_nothing_while_another_page_shows_the_answer(open_notebook: Opener) -> None:
    first = open_notebook([ask(PROMPT, SLOW), "1"], own_page=True)
    first.run(0)
    first.wait_for_status(0, "streaming")
    first.save()
    second = open_notebook.again(first)
    second.wait_for_status(0, "streaming")
    second.delete_cell(0)
    first.show()
    # The page waits three seconds, the kernel two: in five, 400 characters come at the most.
    than = first.answer(0).evaluate("(node) => node.textContent.length")
    first.wait_for_more_text(0, than=than + 700)
    assert first.status(0) == "streaming"
    first.delete_cell(0)
    wait_for_cells(first.page, 0)
