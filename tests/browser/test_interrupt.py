"""Kernel ▸ Interrupt as a user presses it, and `await cell` as the last line, in JupyterLab."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .cells import ask

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamcell.rehearsal import Exchange

    from .notebook import Notebook

LONG = "bulk?characters=20000&chunks=5000&rate=50"  # would take 100 s
STOP = "from streamcell import configure\nconfigure(interrupt='stop')"


@pytest.mark.parametrize("kernel", ["python3", "ipykernel6"])
def test_the_menus_interrupt_stops_what_streams_while_no_cell_runs(
    open_notebook: Callable[..., Notebook], asked: Callable[..., Exchange], kernel: str
) -> None:
    prompt = f"Interrupt me from the menu on {kernel}"
    notebook = open_notebook([STOP, ask(prompt, LONG), f"{ask('shown once', 'echo')}\nawait cell"], kernel=kernel)
    notebook.run(0)
    notebook.run(1)
    notebook.wait_for_more_text(1, than=50)
    notebook.page.get_by_role("menuitem", name="Kernel", exact=True).click()
    notebook.page.get_by_role("menuitem", name="Interrupt Kernel").click()
    notebook.wait_for_status(1, "stopped")
    asked(prompt, ended="closed_by_client")
    notebook.run(2)
    notebook.wait_for_status(2, "done")
    assert [output["output_type"] for output in notebook.outputs(2)] == ["display_data"]
    assert notebook.cell(2).get_by_text("shown once", exact=True).count() == 1
