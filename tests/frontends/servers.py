"""The other front ends' servers, each on a free loopback port, with nothing of the developer's own."""

from __future__ import annotations

import os
import shutil
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.processes import Program

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from playwright.sync_api import Page
    from typing_extensions import Self

APPS = Path(__file__).parent / "apps"
# What the apps ask for, and get back word by word: it has math and code, whose parts of the page come when needed.
ASKED = """\
$$x = \\frac{-b \\pm \\sqrt{b^2 - 4ac}}{2a}$$

```python
def answer(question: str) -> int:
    return 42
```

""" + "\n".join(f"{number}. And *this*, for the **{number}th** time." for number in range(1, 41))
START_LIMIT = 120.0  # seconds; a cold start on a slow machine takes twenty


def run_notebook(page: Page) -> None:
    page.wait_for_function(
        """() => {
            const panel = window.jupyterapp?.shell?.currentWidget;
            return panel?.context?.isReady && panel.sessionContext?.session?.kernel?.status === "idle";
        }"""
    )
    page.evaluate("() => { void window.jupyterapp.commands.execute('notebook:run-all-cells'); }")
    page.locator("[data-streamcell]").wait_for()
    page.evaluate("() => window.jupyterapp.shell.currentWidget.context.save()")  # a reload shows what is in the file


def run_marimo(page: Page) -> None:
    not_run = page.locator("[data-testid=run-button][class*=yellow]").last  # that one runs all cells
    not_run.or_(page.locator("[data-streamcell]")).first.wait_for()
    if not_run.is_visible():
        not_run.click()


@dataclass(frozen=True)
class FrontEnd:
    """How a front end is started. `{app}` stands for the app's path, `{name}` for its file's name."""

    name: str
    app: str
    command: tuple[str, ...]
    path: str = ""
    run: Callable[[Page], None] | None = None
    """How a person runs the app's cell, where opening the page does not."""
    ends: bool = False
    """Whether who leaves the page ends what it asked for."""
    keeps: bool = False
    """Whether the answer goes on over a reload of the page; else a reload is another session, which asks again."""


JUPYTER = (
    "--no-browser",
    "--ServerApp.ip=127.0.0.1",
    "--ServerApp.port={port}",
    "--IdentityProvider.token=",
    "--allow-root",
)

FRONT_ENDS = (
    FrontEnd("voila", "notebook.ipynb", ("voila", "{app}", "--no-browser", "--port={port}", "--Voila.ip=127.0.0.1")),
    FrontEnd(
        "marimo-run",
        "marimo_app.py",
        ("marimo", "run", "{app}", "--headless", "--host=127.0.0.1", "--port={port}"),
    ),
    FrontEnd(
        "marimo-edit",
        "marimo_app.py",
        ("marimo", "--yes", "edit", "{app}", "--headless", "--no-token", "--host=127.0.0.1", "--port={port}"),
        run=run_marimo,
        keeps=True,
    ),
    FrontEnd(
        "notebook",
        "notebook.ipynb",
        ("notebook", *JUPYTER, "--JupyterNotebookApp.expose_app_in_browser=True"),
        path="notebooks/{name}",
        run=run_notebook,
        keeps=True,
    ),
    FrontEnd(
        "solara",
        "solara_app.py",
        ("solara", "run", "{app}", "--host=127.0.0.1", "--port={port}", "--no-open", "--production"),
        ends=True,
    ),
    FrontEnd(
        "panel",
        "panel_app.py",
        (
            "panel",
            "serve",
            "{app}",
            "--address=127.0.0.1",
            "--port={port}",
        ),
        path="panel_app",
    ),
    FrontEnd("shiny", "shiny_app.py", ("shiny", "run", "{app}", "--host=127.0.0.1", "--port={port}"), ends=True),
)


class Server:
    """A front end's process, for as long as the block: it answers when that begins; what it started ends with it."""

    def __init__(self, front_end: FrontEnd, folder: Path, environment: Mapping[str, str]) -> None:
        self.front_end = front_end
        self.folder = folder
        self.log = folder / "server.log"
        self.url = ""
        self._environment = environment
        self._program: Program | None = None
        self._port = socket.socket()

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def _start(self) -> None:
        home = self.folder / "home"
        home.mkdir(parents=True)
        work = self.folder / "work"
        work.mkdir()
        app = Path(shutil.copy(APPS / self.front_end.app, work))
        port = reserve(self._port)
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("JUPYTER", "OPENAI_", "MARIMO", "BOKEH", "SOLARA", "VOILA"))
        }
        environment = {
            **inherited,
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home),
            "IPYTHONDIR": str(home / "ipython"),
        }
        program, *arguments = (part.format(app=app, port=port) for part in self.front_end.command)
        with self.log.open("wb") as log:
            self._program = Program(
                [sys.executable, "-m", program, *arguments],
                folder=work,
                environment={**environment, **self._environment, "ASKED": ASKED},
                output=log,
            )
        self.url = f"http://127.0.0.1:{port}/{self.front_end.path.format(name=app.name)}"
        self._wait(self._program, port)

    def _wait(self, program: Program, port: int) -> None:
        limit = time.monotonic() + START_LIMIT
        while time.monotonic() < limit:
            if program.poll() is not None:
                raise RuntimeError(f"{self.front_end.name} ended with exit code {program.poll()}:\n{self.tail()}")
            with socket.socket() as probe:
                probe.settimeout(1)
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.1)  # the condition is another process's; there is nothing to be woken by
        raise RuntimeError(f"{self.front_end.name} did not answer within {START_LIMIT:.0f} s:\n{self.tail()}")

    def tail(self, lines: int = 60) -> str:
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-lines:])

    def _stop(self) -> None:
        if self._program is not None:
            self._program.stop()
        self._port.close()


def reserve(holder: socket.socket) -> int:
    """A free port of 127.0.0.1 which nobody gets but who asks for this very one, while `holder` is open.

    Linux lets a server listen there beside a socket that is only bound, if both allow it, as servers do.
    """
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    port = int(holder.getsockname()[1])
    if sys.platform != "linux":
        holder.close()
    return port
