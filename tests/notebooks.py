"""Notebooks that nobody attends: made, run by the programs that do so, and read."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import nbformat

CLIENT = "import sys, nbformat, nbclient; nb = nbformat.read(sys.argv[1], 4)\ntry: nbclient.execute(nb, timeout=300)\n"
CLIENT += "finally: nbformat.write(nb, sys.argv[2])"

RUNNERS = {
    "nbclient": lambda source, target: [sys.executable, "-c", CLIENT, source, target],
    "jupyter execute": lambda source, target: [
        *(sys.executable, "-m", "jupyter", "execute", "--output", target.removesuffix(".ipynb"), source),
    ],
    "papermill": lambda source, target: [sys.executable, "-m", "papermill", "--no-progress-bar", source, target],
}


def write(folder: Path, cells: Sequence[str], name: str = "source.ipynb", fails: Collection[int] = ()) -> Path:
    """Put a notebook with these code cells into `folder`; those that `fails` has may fail, and the others run on."""
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell(source, metadata={"tags": ["raises-exception"]} if index in fails else {})
            for index, source in enumerate(cells)
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "python3", "language": "python"}},
    )
    path = folder / name
    nbformat.write(notebook, path)
    return path


def run(
    folder: Path, cells: Sequence[str], by: str = "nbclient", fails: Collection[int] = ()
) -> tuple[subprocess.CompletedProcess[str], Any]:
    """Run these cells; give what the program did, and the notebook that it left (None where it left none)."""
    source, target = write(folder, cells, fails=fails), folder / "target.ipynb"
    command = RUNNERS[by](source.name, target.name)
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=600)
    return done, nbformat.read(target, 4) if target.exists() else None


def displayed(notebook: Any, index: int) -> list[dict[str, Any]]:
    """The bundles that a cell's outputs show."""
    return [output["data"] for output in notebook.cells[index].outputs if "data" in output]


def errors(notebook: Any, index: int) -> list[str]:
    """The names of the errors that a cell's outputs show."""
    return [output["ename"] for output in notebook.cells[index].outputs if output.output_type == "error"]
