"""Sources of notebook cells that several tests run."""

from __future__ import annotations


def ask(prompt: str, model: str, **options: str) -> str:
    """The source of a cell that streams."""
    arguments = "".join(f", {name}={value!r}" for name, value in options.items())
    return f"from streamcell import stream_cell\ncell = stream_cell({prompt!r}, model={model!r}{arguments})"


def sleep_until(gate: str) -> str:
    """The source of a cell that keeps the kernel's main thread until a file of this name is there."""
    return f"import pathlib, time\nwhile not pathlib.Path({gate!r}).exists():\n    time.sleep(0.01)"
