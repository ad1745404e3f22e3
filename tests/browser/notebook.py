"""A notebook that is open in JupyterLab, driven as a person would where that matters and by its commands elsewhere."""

from __future__ import annotations

import itertools
import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .websocket import Recorder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from playwright.sync_api import BrowserContext, Locator, Page, ViewportSize

    from .jupyterlab import JupyterLab

LIMIT = 60_000.0

NOT_COPIED = "nothing has been copied yet"

FAILURES = Path(__file__).parent / "failures"

WINDOW: ViewportSize = {"width": 1100, "height": 1400}

PANEL = "window.jupyterapp.shell.currentWidget"

# Code cells carry their state in their model; "*" is the prompt of one that runs or waits for its turn.
CELL = f"{PANEL}.content.widgets[index]"


class Notebook:
    """Cells are numbered from 0. `address` is where the browser finds JupyterLab, if not at the server itself."""

    def __init__(self, lab: JupyterLab, page: Page, *, address: str | None = None, script: str = "") -> None:
        """`script` runs in the page before any other."""
        self.lab = lab
        self.page = page
        self.name = ""
        self.changed = False  # its page is not as JupyterLab alone has made it
        self.address = address or lab.url
        if script:
            page.add_init_script(script)
        self.frames = Recorder(page)
        page.set_default_timeout(LIMIT)

    @property
    def path(self) -> Path:
        """Its file."""
        return self.lab.notebooks / self.name

    def open(self, name: str, *, workspace: str = "test") -> None:
        """Open it in JupyterLab's single-document mode, and wait until its kernel is idle."""
        self.name = name
        self.page.goto(f"{self.address}doc/workspaces/{workspace}/tree/{name}?token={self.lab.token}")
        self.wait_until_ready()

    def open_here(self, name: str) -> None:
        """Open it in the JupyterLab that its page shows already, in the place of what is open there."""
        self.name = name
        self.page.evaluate("() => { for (const one of [...window.jupyterapp.shell.widgets('main')]) one.dispose(); }")
        self.execute("docmanager:open", {"path": name})
        self.page.wait_for_function(f"(name) => {PANEL}?.context?.path === name", arg=name)
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        self.page.wait_for_function(
            """() => {
                const panel = window.jupyterapp?.shell?.currentWidget;
                return panel?.context?.isReady && panel.sessionContext?.isReady && panel.content?.widgets?.length > 0
                    && panel.sessionContext.session?.kernel?.status === "idle";
            }"""
        )

    def show(self) -> None:
        """Bring its page to the front: one that lies behind another is not drawn, and cannot be clicked into."""
        self.page.bring_to_front()

    def wait_for_connection(self) -> None:
        """Wait until JupyterLab says that it is connected to the kernel."""
        self.page.wait_for_function(f"() => {PANEL}.sessionContext.session?.kernel?.connectionStatus === 'connected'")

    def reload(self) -> None:
        """Reload the page; the kernel goes on."""
        self.page.reload()
        self.wait_until_shown()

    def wait_until_shown(self) -> None:
        """Wait until the cells are there; the kernel may be busy, or none."""
        self.page.wait_for_function(
            "() => { const panel = window.jupyterapp?.shell?.currentWidget;"
            " return panel?.context?.isReady && panel.content?.widgets?.length > 0; }"
        )

    def reopen(self, name: str, *, app: str = "lab", kernel: bool = True) -> None:
        """Open a saved notebook in another page load, in JupyterLab or Notebook 7; `kernel=False` declines one."""
        self.changed = True
        path = {"lab": "doc/workspaces/reopened/tree/", "notebook": "notebooks/"}[app]
        self.page.goto(f"{self.address}{path}{name}?token={self.lab.token}")
        if not kernel:
            self.page.get_by_role("dialog").get_by_label("Kernel").or_(
                self.page.locator(".jp-Dialog select")
            ).first.select_option(label="No Kernel")
            self.page.locator(".jp-Dialog .jp-mod-accept").click()
        self.wait_until_shown()

    def reopen_without_kernel(
        self, status: str = "done", change: Callable[[dict[str, Any]], None] = lambda _output: None
    ) -> None:
        """Save the notebook, and open it again where there is no kernel for it; `change` edits the first output."""
        self.save()
        content = json.loads(self.path.read_text("utf-8"))
        content["metadata"]["kernelspec"]["name"] = "a-kernel-of-last-year"
        change(content["cells"][0]["outputs"][0])
        self.path.write_text(json.dumps(content), "utf-8")
        self.lab.end_sessions({self.name})
        self.reopen(self.name, kernel=False)
        if status:
            self.wait_for_status(0, status)

    def picture(self, name: str) -> None:
        """Take a picture of the page, if `STREAMCELL_PICTURES` names a folder."""
        if folder := os.environ.get("STREAMCELL_PICTURES"):
            self.page.screenshot(path=f"{folder}/{name}.png")

    # -- running ------------------------------------------------------------------------------------------------------

    def start(self, index: int) -> None:
        """Run one cell as a person does, and wait until it runs. Does not wait for its end."""
        self.press_run(index)
        self.page.wait_for_function(
            f"(index) => {CELL}.model.executionState !== 'idle' || {CELL}.model.executionCount", arg=index
        )

    def press_run(self, index: int) -> None:
        """Click into a cell and press Shift+Enter."""
        self.cell(index).locator(".cm-content").click()
        self.page.keyboard.press("Shift+Enter")

    def run(self, index: int) -> None:
        """Run one cell and wait until it has ended."""
        self.start(index)
        self.wait_for_cell(index)

    def run_all(self) -> None:
        """Run > Run All Cells. Does not wait for their end."""
        self.execute("notebook:run-all-cells")

    def wait_for_cell(self, index: int, *, timeout: float = LIMIT) -> None:
        """Wait until the cell has run to its end."""
        self.page.wait_for_function(
            f"(index) => Number.isInteger({CELL}.model.executionCount) && {CELL}.model.executionState === 'idle'",
            arg=index,
            timeout=timeout,
        )

    def execute(self, command: str, arguments: dict[str, Any] | None = None) -> None:
        """Execute one of JupyterLab's commands, without waiting for what it promises."""
        self.page.evaluate(
            "([command, args]) => { void window.jupyterapp.commands.execute(command, args); }",
            [command, arguments or {}],
        )

    def interrupt(self) -> None:
        """Kernel > Interrupt."""
        self.execute("notebook:interrupt-kernel")

    def restart(self) -> None:
        """Restart the kernel and wait until it is idle again."""
        self.page.evaluate(f"() => {PANEL}.sessionContext.session.kernel.restart()")
        self.wait_until_ready()

    def save(self) -> None:
        """File > Save; comes back when the file is written."""
        self.page.evaluate(f"() => {PANEL}.context.save()")

    def delete_cell(self, index: int) -> None:
        """Edit > Delete Cell."""
        self.page.evaluate(f"(index) => {{ {PANEL}.content.activeCellIndex = index; }}", index)
        self.execute("notebook:delete-cell")

    # -- looking ------------------------------------------------------------------------------------------------------

    def running(self, index: int) -> bool:
        return bool(self.page.evaluate(f"(index) => {CELL}.model.executionState === 'running'", index))

    def outputs(self, index: int) -> list[dict[str, Any]]:
        """The cell's outputs as the document has them, which is what is saved."""
        outputs: list[dict[str, Any]] = self.page.evaluate(f"(index) => {CELL}.model.sharedModel.getOutputs()", index)
        return outputs

    def printed(self, index: int) -> str:
        """What the cell wrote to its standard output."""
        return "".join("".join(output["text"]) for output in self.outputs(index) if output.get("name") == "stdout")

    def raised(self, index: int) -> str | None:
        """The name of the exception that ended the cell, or None."""
        names = [output["ename"] for output in self.outputs(index) if output["output_type"] == "error"]
        return names[0] if names else None

    def cell(self, index: int) -> Locator:
        return self.page.locator(".jp-Notebook .jp-CodeCell").nth(index)

    def view(self, index: int) -> Locator:
        """The first answer that the cell shows."""
        return self.cell(index).locator("[data-streamcell]").first

    def answer(self, index: int) -> Locator:
        return self.view(index).locator("[data-streamcell-answer]")

    def wait_for_status(self, index: int, *statuses: str, timeout: float = LIMIT) -> str:
        """Wait until the answer's status is one of these, and say which."""
        selector = ",".join(f'[data-streamcell][data-status="{status}"]' for status in statuses)
        found = self.cell(index).locator(selector).first
        found.wait_for(state="attached", timeout=timeout)
        return self.status(index)

    def status(self, index: int) -> str:
        return self.view(index).get_attribute("data-status") or ""

    def wait_for_more_text(self, index: int, *, than: int) -> int:
        """Wait until the answer shows more characters than that, or has ended; say how many there are then.

        They are the characters of `shown`, which are not those of `inner_text`. A reopened page shows what was saved as
        gone until the kernel has answered: that is no end.
        """
        handle = self.page.wait_for_function(
            """([index, than]) => {
                const cell = document.querySelectorAll(".jp-Notebook .jp-CodeCell")[index];
                const view = cell.querySelector("[data-streamcell]");
                const length = view?.querySelector("[data-streamcell-answer]")?.textContent.length ?? 0;
                const over = ["done", "stopped", "failed", "interrupted"].includes(view?.dataset.status);
                return length > than || over ? {length} : null;
            }""",
            arg=[index, than],
        )
        return int(handle.json_value()["length"])

    def button(self, index: int, name: str) -> Locator:
        """The button in the cell's head, or the first one; an error card may have another of the same name."""
        return self.view(index).get_by_role("button", name=name, exact=True).first

    def copied(self, index: int) -> str:
        """What Copy puts into the clipboard."""
        return copied(self.page, self.button(index, "Copy"))

    def set_theme(self, name: str) -> None:
        """Switch to "JupyterLab Light" or "JupyterLab Dark", and wait until its variables are in force."""
        self.execute("apputils:change-theme", {"theme": name})
        self.page.wait_for_function("(name) => document.body.dataset.jpThemeName === name", arg=name)
        # While a theme loads on a slow machine, JupyterLab covers the page.
        self.page.locator("#jupyterlab-splash").wait_for(state="detached")

    def memory(self, expression: str) -> Any:
        """What an expression over `panel`, the open notebook, gives in the page."""
        return self.page.evaluate(f"() => {{ const panel = {PANEL}; return ({expression}); }}")


def copied(page: Page, button: Locator) -> str:
    """What a click puts into the clipboard, be it nothing.

    An answer that grows above may move the button away between the press and the release: then one clicks again.
    """
    page.evaluate("(mark) => navigator.clipboard.writeText(mark)", NOT_COPIED)
    limit = time.monotonic() + LIMIT / 1000
    for polls in itertools.count():
        if polls % 50 == 0:
            button.click()
        text = page.evaluate("() => navigator.clipboard.readText()")
        if text != NOT_COPIED:
            assert isinstance(text, str)
            return text
        assert time.monotonic() < limit, "nothing was copied"
        page.wait_for_timeout(20)
    raise AssertionError


class Growth:
    """How long the answer in a cell was each time it changed, as the page itself sees it: no step is missed by looking
    late. It may begin before there is an answer."""

    def __init__(self, around: Locator) -> None:
        """`around` is what the answer is in, or will be."""
        self._around = around
        around.evaluate(
            """(node) => {
                const lengths = new Set();
                const look = () => {
                    const answer = node.querySelector("[data-streamcell-answer]");
                    if (answer) lengths.add(answer.textContent.length);
                };
                new MutationObserver(look).observe(node, {subtree: true, childList: true, characterData: true});
                node.lengthsSeen = lengths;
            }"""
        )

    def lengths(self) -> list[int]:
        """The different lengths, in their order."""
        lengths: list[int] = self._around.evaluate("(node) => [...node.lengthsSeen]")
        return lengths


class Opener:
    """Opens new notebooks and closes them with their kernels; `name` is in the names of their files.

    `spare` is where pages are kept for the next: JupyterLab's own start takes longer than all else that a test does.
    """

    def __init__(self, lab: JupyterLab, context: BrowserContext, name: str, spare: list[Page] | None = None) -> None:
        self._lab = lab
        self._spare = spare
        self._context = context
        self._name = name
        self._opened: list[Notebook] = []

    def __call__(
        self, cells: Sequence[str], *, kernel: str = "python3", own_page: bool = False, **options: str | None
    ) -> Notebook:
        """Open a notebook with a kernel of its own, and wait until that is idle; for `options` see `Notebook`.

        With any of them, or `own_page`, no notebook has been open in its page before.
        """
        file = f"{self._name}-{len(self._opened)}.ipynb"
        self._lab.write_notebook(file, cells, kernel=kernel)
        return self._open(file, own_page, **options)

    def again(self, notebook: Notebook) -> Notebook:
        """Open the saved notebook in another page, without what may be between the browser and JupyterLab."""
        return self._open(notebook.name)

    def _open(self, file: str, own_page: bool = False, **options: Any) -> Notebook:
        spare = None if own_page or options or not self._spare else self._spare.pop()
        notebook = Notebook(self._lab, spare or self._context.new_page(), **options)
        self._opened.append(notebook)
        if spare:
            spare.set_viewport_size(WINDOW)  # the test before may have left another
            notebook.open_here(file)
        else:
            notebook.open(file, workspace=f"{self._name}-{len(self._opened)}")
            notebook.changed = bool(options)
        return notebook

    def keep(self) -> None:
        """Keep pictures of the pages, and what the server wrote, for who looks for the failure."""
        FAILURES.mkdir(exist_ok=True)
        for number, notebook in enumerate(self._opened):
            notebook.page.screenshot(path=FAILURES / f"{self._name}-{number}.png")
        (FAILURES / f"{self._name}.log").write_text(self._lab.tail(400), "utf-8")

    def close(self, *, failed: bool = False) -> None:
        """Close them; a page that shows nothing but JupyterLab is for the next test."""
        for notebook in self._opened:
            if failed or notebook.changed or self._spare is None or self._spare:
                notebook.page.close()
            else:
                self._spare.append(notebook.page)
        self._lab.end_sessions({notebook.name for notebook in self._opened})
