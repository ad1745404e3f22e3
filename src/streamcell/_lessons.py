"""The notebooks that teach: which there are, and JupyterLab on copies of them."""

from __future__ import annotations

import contextlib
import filecmp
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["INDEX", "Lesson", "find", "lessons", "open_in_jupyterlab"]

INDEX: Final = "index"

# In JupyterLab's words: no question about news over the notebook, no pop-ups. As defaults: the user's own settings
# come before them.
_DEFAULTS: Final[Mapping[str, Any]] = {
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    }
}


@dataclass(frozen=True)
class Lesson:
    """A notebook that teaches: `name` is how it is called on the command line, `title` its heading."""

    name: str
    title: str
    path: Path


def lessons() -> list[Lesson]:
    """Return the lessons in their order; the first is the index of the others."""
    return [_lesson(path) for path in sorted(_folder().glob("*.ipynb"))]


def find(name: str) -> Lesson | None:
    """Return the lesson with this name, number or file name; None if there is none."""
    wanted = name.removesuffix(".ipynb").casefold()
    for lesson in lessons():
        number = lesson.path.stem.partition("_")[0]
        if wanted in (lesson.name, lesson.path.stem.casefold(), number, number.lstrip("0")):
            return lesson
    return None


def _folder() -> Path:
    here = Path(__file__).resolve()
    # In the wheel they are in the package, in a checkout they are beside src/.
    return next(place for place in (here.parent / "notebooks", here.parents[2] / "notebooks") if place.is_dir())


def _lesson(path: Path) -> Lesson:
    cells = json.loads(path.read_text("utf-8"))["cells"]
    heading = "".join(cells[0]["source"]).splitlines()[0]
    return Lesson(path.stem.partition("_")[2].casefold(), heading.lstrip("# "), path)


def open_in_jupyterlab(lesson: Lesson, *, folder: Path | None = None, port: int = 0, browser: bool = True) -> int:
    """Run JupyterLab on copies of the lessons, with `lesson` open, until it ends; return its exit code.

    The installed files are never written. `folder` gets the copies: what is there already is left as it is, so that one
    can continue another day. None: a temporary folder, which is removed at the end unless something in it was changed.
    """
    if util.find_spec("jupyterlab") is None:
        print(
            "streamcell demo: JupyterLab is not installed; `pip install jupyterlab matplotlib` brings what the lessons "
            "need.",
            file=sys.stderr,
        )
        return 1
    with _copies(folder) as copies, tempfile.TemporaryDirectory(prefix="streamcell-lab-") as own:
        return _run(copies, lesson.path.name, Path(own), port=port, browser=browser)


@contextlib.contextmanager
def _copies(folder: Path | None) -> Iterator[Path]:
    """Give a folder with copies of the lessons and of the recordings beside them."""
    copies = Path(tempfile.mkdtemp(prefix="streamcell-lessons-") if folder is None else folder).resolve()
    copies.mkdir(parents=True, exist_ok=True)
    originals = [path for path in sorted(_folder().iterdir()) if path.is_file()]
    for path in originals:
        if not (copies / path.name).exists():
            shutil.copy(path, copies)
    try:
        yield copies
    finally:
        names = {path.name for path in originals}
        added = {path.name for path in copies.iterdir() if path.name != ".ipynb_checkpoints"} - names
        changed = [path.name for path in originals if not _is_same(path, copies / path.name)]
        if folder is None and not added and not changed:
            shutil.rmtree(copies, ignore_errors=True)
        else:
            print(f"Your copies of the lessons are in {copies}", flush=True)


def _is_same(original: Path, copy: Path) -> bool:
    return copy.is_file() and filecmp.cmp(original, copy, shallow=False)


def _run(folder: Path, name: str, own: Path, *, port: int, browser: bool) -> int:
    """Run JupyterLab; `own` is a folder for what is not the user's: its log, its defaults and its open tabs."""
    defaults = own / "config" / "labconfig" / "default_setting_overrides.json"
    defaults.parent.mkdir(parents=True)
    defaults.write_text(json.dumps(_DEFAULTS), "utf-8")
    options = [
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        f"--ServerApp.root_dir={folder}",
        "--ServerApp.answer_yes=True",  # Ctrl-C ends it: its question would go to the log
        f"--LabApp.default_url=/lab/tree/{name}",
        f"--LabApp.workspaces_dir={own / 'workspaces'}",  # the tabs of the user's own JupyterLab are not opened here
        "--LabApp.news_url=None",  # so that JupyterLab fetches nothing
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    if not browser:
        options.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--allow-root")
    configs = [str(own / "config"), os.environ.get("JUPYTER_CONFIG_PATH", "")]
    environment = {
        **os.environ,
        "JUPYTER_CONFIG_PATH": os.pathsep.join(path for path in configs if path),
        "JUPYTER_PREFER_ENV_PATH": "1",  # another kernel called python3 on this machine may not have streamcell
    }
    log, earlier = own / "jupyterlab.log", set(_servers())
    with log.open("wb") as output:
        jupyterlab = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "jupyterlab", *options],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    former = signal.signal(signal.SIGTERM, lambda *_: jupyterlab.terminate())
    try:
        address = _address(jupyterlab, folder, earlier)
        if address is not None:
            page = f"{address['url']}lab/tree/{name}?token={address['token']}"
            print(f"The lessons are open in JupyterLab (Ctrl-C ends it): {page}", flush=True)
        elif jupyterlab.poll() is None:
            jupyterlab.terminate()
        code = _wait(jupyterlab)
    finally:
        signal.signal(signal.SIGTERM, former)
    if code > 0:
        print(f"streamcell demo: JupyterLab ended with exit code {code}:\n{_tail(log)}", file=sys.stderr)
    return code


def _servers() -> list[Path]:
    """Return the files in which Jupyter's servers say where they listen; some are of servers that have ended."""
    from jupyter_core.paths import jupyter_runtime_dir

    return list(Path(jupyter_runtime_dir()).glob("jpserver-*.json"))


def _address(jupyterlab: subprocess.Popen[bytes], folder: Path, earlier: set[Path]) -> dict[str, Any] | None:
    """Wait until JupyterLab listens, and return what it says about itself; None if it ended, or Ctrl-C was pressed."""
    with contextlib.suppress(KeyboardInterrupt):
        while jupyterlab.poll() is None:
            for path in set(_servers()) - earlier:
                with contextlib.suppress(OSError, ValueError):  # it is being written
                    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
                    if Path(found["root_dir"]) == folder:
                        return found
            time.sleep(0.1)
    return None


def _wait(process: subprocess.Popen[bytes]) -> int:
    while True:
        with contextlib.suppress(KeyboardInterrupt):  # JupyterLab gets Ctrl-C too, and ends in order
            return process.wait()


def _tail(log: Path, lines: int = 30) -> str:
    return "\n".join(log.read_text("utf-8", "replace").splitlines()[-lines:])
