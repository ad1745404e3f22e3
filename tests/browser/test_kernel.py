"""The page is loaded again, or the kernel goes: what came is there, what comes goes on, and nothing waits for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .cells import ask, sleep_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamcell.rehearsal import Exchange

    from .jupyterlab import JupyterLab
    from .notebook import Notebook

LONG = "bulk?characters=20000&chunks=5000&rate=50"  # would take 100 s
DIE = "import os; os._exit(1)"


def test_a_reload_while_a_cell_runs_goes_on_with_what_came_meanwhile(
    open_notebook: Callable[..., Notebook], lab: JupyterLab, asked: Callable[..., Exchange]
) -> None:
    gate = lab.notebooks / "reload-while-busy.gate"
    whole = "bulk?characters=6000&chunks=1500&rate=60"
    notebook = open_notebook(
        [ask("Whole, past a reload", whole), ask("Stopped after it", LONG), sleep_until(gate.name)]
    )
    notebook.start(0)
    notebook.start(1)
    notebook.start(2)
    notebook.wait_for_more_text(1, than=100)
    notebook.save()
    notebook.reload()
    notebook.button(1, "Stop").wait_for()
    before = len(notebook.copied(1))
    notebook.wait_for_more_text(1, than=before)
    notebook.button(1, "Stop").click()
    asked("Stopped after it", ended="closed_by_client")
    notebook.wait_for_status(1, "stopped")
    assert asked("Stopped after it").text_sent.startswith(notebook.copied(1))
    notebook.wait_for_status(0, "done")
    assert not gate.exists(), "the cell had ended: that was no proof"
    text = asked("Whole, past a reload", ended="finished").text_sent
    assert notebook.copied(0) == text
    gate.touch()
    # The kernel is free, the widget comes: still one answer, and the same.
    notebook.button(0, "Retry").wait_for()
    notebook.wait_until_ready()
    assert notebook.cell(0).locator("[data-streamcell]:visible").count() == 1
    assert notebook.copied(0) == text


@pytest.mark.parametrize("way", ["restart", "death"])
def test_without_its_kernel_the_answer_stays_and_says_so(
    open_notebook: Callable[..., Notebook], asked: Callable[..., Exchange], way: str
) -> None:
    prompt = f"Outlive a {way}"
    notebook = open_notebook([ask(prompt, LONG), DIE])
    notebook.start(0)
    notebook.wait_for_more_text(0, than=100)
    if way == "restart":
        notebook.restart()
    else:
        # JupyterLab says that the kernel has died, sometimes twice.
        died = notebook.page.locator(".jp-Dialog .jp-mod-accept")
        notebook.page.add_locator_handler(died, lambda button: button.first.click())
        notebook.changed = True  # another test's dialogs are not this one's to answer
        notebook.press_run(1)  # the kernel dies too soon for one to see that the cell runs
    notebook.wait_for_status(0, "gone")
    asked(prompt, ended="closed_by_client")
    shown = notebook.copied(0)
    assert len(shown) > 100
    assert asked(prompt).text_sent.startswith(shown)
    said = notebook.view(0).locator(".sc-status").inner_text()
    assert said == f"Kernel disconnected · {len(shown):,} characters kept"
    assert notebook.answer(0).get_attribute("aria-busy") == "false"
    assert not notebook.button(0, "Stop").is_visible()
    assert "Run the cell again" in (notebook.button(0, "Retry").get_attribute("title") or "")
    # Nothing is asked of a kernel that knows nothing of it.
    notebook.frames.clear()
    notebook.button(0, "Retry").click(force=True)
    notebook.save()
    # ipywidgets asks the new kernel which widgets it has, sooner or later.
    methods = [
        frame.message["content"]["data"]["method"] for frame in notebook.frames.sent() if frame.type == "comm_msg"
    ]
    assert set(methods) <= {"request_states"}
    (output,) = notebook.outputs(0)
    assert output["data"]["text/plain"] == shown
    # And the cell can be run again.
    notebook.run(0)
    notebook.wait_for_status(0, "streaming")


def test_a_deleted_output_ends_its_stream(
    open_notebook: Callable[..., Notebook], asked: Callable[..., Exchange]
) -> None:
    notebook = open_notebook([ask("Delete my cell", LONG), "print(cell.status, len(cell.text) > 100)\ncell"])
    notebook.start(0)
    notebook.wait_for_more_text(0, than=100)
    notebook.delete_cell(0)
    asked("Delete my cell", ended="closed_by_client")
    # The object lives on, and can be shown again.
    notebook.run(0)
    assert notebook.printed(0) == "stopped True\n"
    notebook.wait_for_status(0, "stopped")
    assert asked("Delete my cell").text_sent.startswith(notebook.copied(0))


def test_an_output_that_is_moved_keeps_its_stream(open_notebook: Callable[..., Notebook]) -> None:
    notebook = open_notebook([ask("Move my cell", LONG), "1"])
    notebook.start(0)
    notebook.wait_for_more_text(0, than=100)
    notebook.memory("panel.content.activeCellIndex = 0")
    notebook.execute("notebook:move-cell-down")
    notebook.button(1, "Stop").wait_for()
    # Longer than an output that has gone is waited for: the stream is seen to go on.
    notebook.wait_for_more_text(1, than=1000)
    assert notebook.status(1) == "streaming"
