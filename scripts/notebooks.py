"""Runs the notebooks that teach and saves them with their outputs, so that they can be read without Jupyter.

    make notebooks                                 all of them
    .venv/bin/python scripts/notebooks.py NAME …   some, by a part of their file names
    .venv/bin/python scripts/notebooks.py --anew   with the outputs that differ with each run, too

Each runs in its own kernel, against a rehearsal server that does not wait and always chooses the same texts. What
differs with each run is left out of the file: times, the ids of answers and of requests. So a run that changes nothing
changes no file.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

from streamcell.notebook.joined import ANSWERS
from streamcell.notebook.output import ANSWER, WIDGET

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"

# The server of `model="rehearsal"`, before the notebook's first cell. A pace in a model's name still counts.
PREPARE = """\
from streamcell.rehearsal import RehearsalServer, _server
_server._shared = RehearsalServer(rate=0, first_token=0, seed=1)"""

VARIES = "varies"
"""The tag of a cell whose output is another with each run, because it shows times: the saved output is kept."""


def notebooks(*names: str) -> list[Path]:
    """Return the notebooks, or those with one of `names` in their file name."""
    return [path for path in sorted(FOLDER.glob("*.ipynb")) if not names or any(name in path.name for name in names)]


def executed(path: Path, *, anew: bool = False, before: str = "", after: Sequence[str] = ()) -> Any:
    """Return the notebook at `path` with the outputs of a new run. Raises what ended the run.

    A cell that is tagged `VARIES` keeps the output that it has, unless it is wanted `anew`. The kernel also runs
    `before` and `after`, which are no part of the notebook.
    """
    saved: Any = nbformat.read(path, as_version=4)
    notebook = deepcopy(saved)
    more = map(nbformat.v4.new_code_cell, after)
    notebook.cells = [nbformat.v4.new_code_cell(f"{PREPARE}\n{before}"), *notebook.cells, *more]
    there = {"metadata": {"path": str(path.parent)}}
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources=there, record_timing=False).execute()
    notebook.cells = notebook.cells[1 : len(saved.cells) + 1]
    notebook.metadata = {"kernelspec": notebook.metadata.kernelspec, "language_info": {"name": "python"}}
    steady(notebook, path.stem)
    for cell, former in zip(notebook.cells, saved.cells, strict=True):
        if not anew and VARIES in cell.metadata.get("tags", ()) and kinds(former) == kinds(cell):
            cell.outputs = former.outputs
    return notebook


def kinds(cell: Any) -> list[list[str]]:
    """Return the media types of each output of a cell, or what else it is."""
    return [sorted(output.get("data", {output.output_type: ""})) for output in cell.get("outputs", [])]


def steady(notebook: Any, name: str) -> None:
    """Leave out what differs with each run (counts, times, ids), and widgets, which are shown by a kernel only."""
    ids: dict[str, str] = {}
    for count, cell in enumerate((cell for cell in notebook.cells if cell.cell_type == "code"), 1):
        cell.execution_count = count
        for at, output in enumerate(cell.outputs):
            if "execution_count" in output:
                output["execution_count"] = count
            data = output.get("data", {})
            kind = next((kind for kind in (ANSWER, ANSWERS) if kind in data), None)
            if data.pop(WIDGET, None) and kind is None:
                data.clear()
            if kind is not None:
                runs = range(len(output["metadata"][kind].get("runs", ())))
                known = {"runs": [{"id": key(name, cell.id, at, run)} for run in runs]} if runs else {}
                output["metadata"] = {kind: {"id": key(name, cell.id, at), **known}}
                rename(data[kind], ids)
        cell.outputs = [output for output in cell.outputs if output.get("data", True)]


def key(*place: object) -> str:
    """Return an id for what is at this place: the same with each run."""
    return hashlib.sha256(" ".join(map(str, place)).encode()).hexdigest()[:32]


def rename(value: Any, ids: dict[str, str]) -> None:
    """Put ids that are counted into an answer, in place of the server's random ones."""
    if isinstance(value, list):
        for one in value:
            rename(one, ids)
    elif isinstance(value, dict):
        for name, one in value.items():
            if name in ("call_id", "item") and isinstance(one, str):
                value[name] = ids.setdefault(one, f"{name}_{len(ids) + 1}")
            else:
                rename(one, ids)


def save(path: Path, *, anew: bool = False) -> bool:
    """Run a notebook and write it with its outputs; say whether that changed the file."""
    text = written(executed(path, anew=anew))
    changed = text != path.read_text("utf-8")
    path.write_text(text, "utf-8")
    return changed


def written(notebook: Any) -> str:
    """Return the notebook as its file has it."""
    return f"{nbformat.writes(notebook)}\n"


def main() -> None:
    anew = "--anew" in sys.argv
    paths = notebooks(*(name for name in sys.argv[1:] if name != "--anew"))
    with ThreadPoolExecutor(2) as pool:  # two kernels at a time
        for path, changed in zip(paths, pool.map(lambda path: save(path, anew=anew), paths), strict=True):
            print(f"{path.name}: {'changed' if changed else 'the same'}", flush=True)


if __name__ == "__main__":
    main()
