"""Sources of notebook cells that several tests run."""

from __future__ import annotations


def ask(prompt: str, model: str, **options: object) -> str:
    """The source of a cell that streams."""
    arguments = "".join(f", {name}={value!r}" for name, value in options.items())
    return f"from streamcell import stream_cell\ncell = stream_cell({prompt!r}, model={model!r}{arguments})"


def sleep_until(gate: str) -> str:
    """The source of a cell that keeps the kernel's main thread until a file of this name is there."""
    return f"import pathlib, time\nwhile not pathlib.Path({gate!r}).exists():\n    time.sleep(0.01)"


def grow_until(gate: str) -> str:
    """The source of a cell whose answer grows until a file of this name is there.

    Then it ends, and another file, with `.txt` at the end of its name, holds all that the answer was made of.
    """
    return f"""\
import itertools, pathlib, time
from streamcell import stream_cell

def answer():
    said = []
    for number in itertools.count():
        said.append(f"{{number}} ")
        yield said[-1]
        if pathlib.Path({gate!r}).exists():
            break
        time.sleep(0.02)
    pathlib.Path({gate + ".part"!r}).write_text("".join(said))
    pathlib.Path({gate + ".part"!r}).rename({gate + ".txt"!r})

cell = stream_cell(answer)"""
