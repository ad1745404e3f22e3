"""The other front ends' servers, each on a free loopback port, with nothing of the developer's own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from playwright.sync_api import Page

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
    """A front end's process. `start` waits until it answers; `stop` ends it and what it started."""

    def __init__(self, front_end: FrontEnd, folder: Path, environment: Mapping[str, str]) -> None:
        self.front_end = front_end
        self.folder = folder
        self.log = folder / "server.log"
        self.url = ""
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        home = self.folder / "home"
        home.mkdir(parents=True)
        work = self.folder / "work"
        work.mkdir()
        app = Path(shutil.copy(APPS / self.front_end.app, work))
        port = free_port()
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
            self._process = subprocess.Popen(
                [sys.executable, "-m", program, *arguments],
                cwd=work,
                env={**environment, **self._environment, "ASKED": ASKED},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.url = f"http://127.0.0.1:{port}/{self.front_end.path.format(name=app.name)}"
        self._wait(self._process, f"http://127.0.0.1:{port}/")

    def _wait(self, process: subprocess.Popen[bytes], address: str) -> None:
        limit = time.monotonic() + START_LIMIT
        while time.monotonic() < limit:
            if process.poll() is not None:
                raise RuntimeError(f"{self.front_end.name} ended with exit code {process.returncode}:\n{self.tail()}")
            with socket.socket() as probe:
                probe.settimeout(1)
                if probe.connect_ex(("127.0.0.1", int(address.rsplit(":", 1)[1].strip("/")))) == 0:
                    return
            time.sleep(0.1)  # the condition is another process's; there is nothing to be woken by
        self.stop()
        raise RuntimeError(f"{self.front_end.name} did not answer within {START_LIMIT:.0f} s:\n{self.tail()}")

    def tail(self, lines: int = 60) -> str:
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-lines:])

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(30)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
