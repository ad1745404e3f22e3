"""What has been deleted leaves nothing: no stream, no model, no timer, no listener, no node, in page and kernel."""

from __future__ import annotations

import json
import statistics
import time
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from .cells import ask
from .notebook import LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from playwright.sync_api import CDPSession, Page

    from .notebook import Notebook


# Timers that our modules have set and that are still there. A module is known by its address in the stack.
WATCH = """
(() => {
  const ours = () => /blob:|labextensions\\/streamcell|\\/extensions\\/streamcell/.test(new Error().stack ?? "");
  const timers = new Map();
  const { setTimeout: set, clearTimeout: clear, setInterval: every } = window;
  window.setTimeout = (callback, ms, ...rest) => {
    const mine = ours();
    const id = set((...args) => { timers.delete(id); callback(...args); }, ms, ...rest);
    if (mine) timers.set(id, new Error().stack);
    return id;
  };
  window.clearTimeout = (id) => { timers.delete(id); clear(id); };
  window.setInterval = (...args) => { if (ours()) timers.set(-1, new Error().stack); return every(...args); };
  window.leftTimers = () => [...timers.values()];
})();
"""
PAGE = "globalThis[Symbol.for('streamcell.page')]"
LEFT_IN_KERNEL = """
import gc, json, streamcell, ipywidgets
from streamcell.engine import driver
cell = None
gc.collect()
widgets = [type(one).__name__ for one in ipywidgets.widgets.widget._instances.values()]
cells = [one for one in gc.get_objects() if isinstance(one, streamcell.StreamCell)]
print(json.dumps([sorted(widgets), len(cells), len(driver.driver().running)]))
"""


OURS = """
function () {
  return this.filter((one) => !Object.hasOwn(one, "constructor"))  // the prototypes
    .map((node) => node.closest ? node : node.parentElement)
    .filter((node) => node?.closest(".streamcell, [class^='sc-']")).map((node) => node.outerHTML.slice(0, 200));
}
"""


def our_nodes(session: CDPSession) -> list[str]:
    """The DOM nodes on the page's heap, attached or not, that our view has made, after its garbage was collected.

    A tree that something keeps has a node that a script can name: by that one the tree is found.
    """
    # The query alone takes what the stack seems to point at for used, in one of twenty runs on a busy machine.
    session.send("HeapProfiler.collectGarbage")
    evaluate = {"expression": "Node.prototype", "objectGroup": "heap"}
    prototype = session.send("Runtime.evaluate", evaluate)["result"]["objectId"]
    found = session.send("Runtime.queryObjects", {"prototypeObjectId": prototype, "objectGroup": "heap"})
    nodes = {"objectId": found["objects"]["objectId"], "functionDeclaration": OURS, "returnByValue": True}
    ours: list[str] = session.send("Runtime.callFunctionOn", nodes)["result"]["value"]
    session.send("Runtime.releaseObjectGroup", {"objectGroup": "heap"})
    return ours


def wait_for_no_nodes(notebook: Notebook, session: CDPSession) -> None:
    """Wait until none of our nodes is on the heap: what a frame or a message in flight holds is let go with it.

    CodeMirror remembers where the last selection was that it has seen, and with it the cell around, also a deleted one:
    so the next cell is clicked into first.
    """
    notebook.cell(0).locator(".cm-content").click()
    limit = time.monotonic() + LIMIT / 1000
    while left := our_nodes(session):
        assert time.monotonic() < limit, left


def counters(session: CDPSession) -> tuple[int, int]:
    """DOM nodes and event listeners of the page, after its garbage was collected."""
    session.send("HeapProfiler.collectGarbage")
    found = session.send("Memory.getDOMCounters")
    return found["nodes"], found["jsEventListeners"]


def median_step(counts: Sequence[int]) -> float:
    return statistics.median_low(after - before for before, after in pairwise(counts))


def wait_for_cells(page: Page, count: int) -> None:
    page.wait_for_function(f"(count) => {PAGE}.cells.size === count", arg=count)


@pytest.mark.long
@pytest.mark.parametrize(("cells", "rounds"), [(20, 10)])
def test_cells_that_are_run_again_and_again_leave_nothing(
    open_notebook: Callable[..., Notebook], cells: int, rounds: int
) -> None:
    notebook = open_notebook(
        [*[ask(f"Cell {number}", "echo?rate=0") for number in range(cells)], LEFT_IN_KERNEL], script=WATCH
    )
    page = notebook.page
    session = page.context.new_cdp_session(page)

    def run_all(source: str = "") -> None:
        """Run every cell but the last, anew."""
        for number in range(cells):
            cell = f"panel.content.widgets[{number}].model"
            notebook.memory(f"{cell}.outputs.clear()")
            notebook.memory(f"{cell}.sharedModel.setSource({source or ask(f'Cell {number}', 'echo?rate=0')!r})")
            notebook.memory(f"panel.content.activeCellIndex = {number}")
            notebook.execute("notebook:run-cell")
        for number in range(cells):
            notebook.wait_for_cell(number)
            if not source:
                notebook.wait_for_status(number, "done")
        wait_for_cells(page, 0 if source else cells)  # those of the round before were forgotten

    def growth(rounds: int, source: str = "") -> tuple[float, float]:
        """How many nodes and listeners a run of a cell leaves behind: the (lower) median of the rounds.

        JupyterLab loads some of itself late, which falls into one round and is left behind once.
        """
        found = []
        for _ in range(rounds + 1):
            run_all(source)
            found.append(counters(session))
        nodes, listeners = zip(*found, strict=True)
        return median_step(nodes) / cells, median_step(listeners) / cells

    # JupyterLab keeps some hundred nodes and listeners of its own for each run, whatever the cell does.
    its_own = growth(min(3, rounds), "print(1)")
    with_ours = growth(rounds)
    assert with_ours[0] - its_own[0] < 10, (its_own, with_ours)
    assert with_ours[1] - its_own[1] < 10, (its_own, with_ours)
    assert len(our_nodes(session)) > cells, "the snapshot does not show our nodes"

    for _ in range(cells):
        notebook.delete_cell(0)
    wait_for_cells(page, 0)
    page.wait_for_function("() => window.leftTimers().length === 0")
    wait_for_no_nodes(notebook, session)
    notebook.run(0)
    assert json.loads(notebook.printed(0)) == [["Bundle"], 0, 0]


def test_a_closed_notebook_leaves_nothing_and_is_live_when_it_is_opened_again(
    open_notebook: Callable[..., Notebook],
) -> None:
    notebook = open_notebook([ask("Closed in mid-stream. " * 300, "echo?rate=20")], script=WATCH)
    notebook.run(0)
    notebook.wait_for_status(0, "streaming")
    notebook.save()
    notebook.page.evaluate("() => window.jupyterapp.shell.currentWidget.dispose()")
    wait_for_cells(notebook.page, 0)
    notebook.page.wait_for_function("() => window.leftTimers().length === 0")
    notebook.open_here(notebook.name)
    wait_for_cells(notebook.page, 1)
    notebook.wait_for_status(0, "streaming")
    notebook.button(0, "Stop").click()
    notebook.wait_for_status(0, "stopped")


@pytest.mark.long
def test_a_restarted_kernels_cells_leave_nothing(open_notebook: Callable[..., Notebook]) -> None:
    notebook = open_notebook([ask("Lost with its kernel", "echo?rate=0"), "1"], script=WATCH)
    page = notebook.page
    session = page.context.new_cdp_session(page)
    notebook.run(0)
    notebook.wait_for_status(0, "done")
    notebook.restart()
    notebook.delete_cell(0)
    wait_for_cells(page, 0)
    page.wait_for_function("() => window.leftTimers().length === 0")
    wait_for_no_nodes(notebook, session)
