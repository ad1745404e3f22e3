"""The ground under the other tests: JupyterLab runs cells on both generations of ipykernel, and frames are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from .notebook import Notebook


@pytest.mark.parametrize(("kernel", "generation"), [("python3", 7), ("ipykernel6", 6)])
def test_runs_cells_on_both_kernels(open_notebook: Callable[..., Notebook], kernel: str, generation: int) -> None:
    notebook = open_notebook(["import ipykernel; print(ipykernel.version_info[0])", "1 / 0"], kernel=kernel)
    notebook.run(0)
    assert notebook.printed(0) == f"{generation}\n"
    notebook.run(1)
    assert notebook.raised(1) == "ZeroDivisionError"


def test_reads_what_the_websocket_carries(open_notebook: Callable[..., Notebook]) -> None:
    notebook = open_notebook(["print('\N{OWL} ' * 1000)"])
    notebook.frames.clear()
    notebook.run(0)
    requests = [frame for frame in notebook.frames.sent() if frame.type == "execute_request"]
    assert [frame.content["code"] for frame in requests] == ["print('\N{OWL} ' * 1000)"]
    received = [frame for frame in notebook.frames.received() if frame.type == "stream"]
    # A kernel without widgets complains of the comm that JupyterLab opens, sometimes while the cell runs.
    streams = [frame for frame in received if frame.content["name"] == "stdout"]
    assert "".join(frame.content["text"] for frame in streams) == "\N{OWL} " * 1000 + "\n"
    assert sum(frame.size for frame in streams) > 5000
