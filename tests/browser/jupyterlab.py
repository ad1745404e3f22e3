"""A real JupyterLab on a free loopback port, with nothing of the developer's own: no settings, no kernels, no files."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat

from tests.processes import Program

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from typing_extensions import Self

ROOT = Path(__file__).resolve().parents[2]
IPYKERNEL6 = ROOT / ".venvs" / "ipykernel6" / "bin" / "python"
COLLABORATION = ROOT / ".venvs" / "collaboration" / "bin" / "python"
START_LIMIT = 120.0  # seconds; a cold start on a slow machine takes twenty

# Every output in the DOM, no pop-ups, nothing fetched, nothing saved behind a test's back.
SETTINGS: dict[str, dict[str, Any]] = {
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "@jupyterlab/docmanager-extension:plugin": {"autosave": False},
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none", "recordTiming": False},
}


class JupyterLab:
    """The server's process, for as long as the block: it answers when that begins; its kernels end with it."""

    def __init__(self, folder: Path, environment: Mapping[str, str], *, python: Path = Path(sys.executable)) -> None:
        """`python` is the interpreter of the environment whose JupyterLab it is."""
        self.folder = folder
        self.notebooks = folder / "notebooks"
        self.log = folder / "jupyterlab.log"
        self.token = secrets.token_hex(16)
        self.url = ""
        self._environment = environment
        self._python = python
        self._program: Program | None = None

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
        self.notebooks.mkdir(parents=True)
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "OPENAI_"))}
        places = {
            "IPYTHONDIR": "ipython",
            "JUPYTERLAB_SETTINGS_DIR": "settings",
            "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
            "JUPYTER_CONFIG_DIR": "config",
            "JUPYTER_DATA_DIR": "data",
            "JUPYTER_RUNTIME_DIR": "runtime",
        }
        for variable, place in places.items():
            (self.folder / place).mkdir()
            environment[variable] = str(self.folder / place)
        overrides = self.folder / "config" / "labconfig" / "default_setting_overrides.json"
        overrides.parent.mkdir()
        overrides.write_text(json.dumps(SETTINGS), "utf-8")
        if IPYKERNEL6.exists():
            self._add_kernel("ipykernel6", IPYKERNEL6)
        options = [
            "--no-browser",
            "--ServerApp.ip=127.0.0.1",
            "--ServerApp.port=0",
            f"--ServerApp.root_dir={self.notebooks}",
            f"--IdentityProvider.token={self.token}",
            "--ServerApp.terminals_enabled=False",
            # The tests drive the page's own commands through `window.jupyterapp`.
            "--LabApp.expose_app_in_browser=True",
            "--JupyterNotebookApp.expose_app_in_browser=True",
            "--LabApp.news_url=None",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        ]
        if os.geteuid() == 0:
            options.append("--allow-root")
        with self.log.open("wb") as log:
            self._program = Program(
                [str(self._python), "-m", "jupyterlab", *options],
                folder=self.notebooks,
                environment={**environment, **self._environment},
                output=log,
            )
        self.url = self._wait_for_address(self._program)

    def _add_kernel(self, name: str, python: Path) -> None:
        folder = self.folder / "data" / "kernels" / name
        folder.mkdir(parents=True)
        spec = {
            "argv": [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            "display_name": name,
            "language": "python",
        }
        (folder / "kernel.json").write_text(json.dumps(spec), "utf-8")

    def _wait_for_address(self, program: Program) -> str:
        limit = time.monotonic() + START_LIMIT
        while time.monotonic() < limit:
            if program.poll() is not None:
                raise RuntimeError(f"JupyterLab ended with exit code {program.poll()}:\n{self.tail()}")
            if (info := listening(self.folder / "runtime")) is not None:
                url: str = info["url"]
                with contextlib.suppress(OSError):
                    urllib.request.urlopen(f"{url}api", timeout=10).close()
                    return url
            time.sleep(0.1)  # the condition is another process's; there is nothing to be woken by
        raise RuntimeError(f"JupyterLab did not answer within {START_LIMIT:.0f} s:\n{self.tail()}")

    def tail(self, lines: int = 60) -> str:
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-lines:])

    def _stop(self) -> None:
        if self._program is not None:
            self._program.stop()

    def request(self, method: str, path: str) -> Any:
        """Ask the server's REST API; None for an answer without a body."""
        request = urllib.request.Request(
            f"{self.url}api/{path}", method=method, headers={"Authorization": f"token {self.token}"}
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            body = response.read()
        return json.loads(body) if body else None

    def end_sessions(self, names: Collection[str]) -> None:
        """End the kernels of these notebooks."""
        for session in self.request("GET", "sessions"):
            if session["path"] in names:
                self.request("DELETE", f"sessions/{session['id']}")

    def write_notebook(self, name: str, cells: Sequence[str], *, kernel: str = "python3") -> Path:
        """Put a notebook with these code cells into the server's folder."""
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(source) for source in cells],
            metadata={"kernelspec": {"name": kernel, "display_name": kernel, "language": "python"}},
        )
        path = self.notebooks / name
        nbformat.write(notebook, path)
        return path


def listening(runtime: Path) -> dict[str, Any] | None:
    """Where a server listens, as it writes into its runtime folder once it does; None before."""
    for path in runtime.glob("jpserver-*.json"):
        with contextlib.suppress(ValueError):  # it is being written
            found: dict[str, Any] = json.loads(path.read_text("utf-8"))
            return found
    return None
