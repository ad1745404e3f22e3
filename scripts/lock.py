"""Compile requirements/*.in into locks with hashes that hold for every supported Python and platform.

Run by `make lock`, with the uv of the main environment. The locks name no index: an installer uses the one it is set up
for. One lock agrees with another: dev.txt is compiled first and the others are held to its versions where they can be.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FLOOR = "3.10"  # requires-python's lower end; a universal lock covers what is newer

# name -> (also take streamcell's own dependencies, held to the versions of dev.txt)
LOCKS = {
    "bootstrap": (False, False),
    "dev": (True, False),
    "test": (True, True),
    "openai2": (True, False),
    "ipykernel6": (True, False),
    "frontends": (True, True),
    "collaboration": (True, True),
    "litellm": (False, False),
    "libraries": (True, False),
    "libraries-previous": (True, False),
}


def compile_lock(name: str, *, with_runtime: bool, held_to_dev: bool, upgrade: bool) -> None:
    command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal", "--python-version", FLOOR]
    command += ["--generate-hashes", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links"]
    command += ["--custom-compile-command", "make lock", "--output-file", f"requirements/{name}.txt"]
    if upgrade:
        command.append("--upgrade")
    if held_to_dev:
        command += ["--constraints", "requirements/dev.txt"]
    if with_runtime:
        command.append("pyproject.toml")
    command.append(f"requirements/{name}.in")
    print(f"requirements/{name}.txt", flush=True)
    subprocess.run(command, cwd=ROOT, check=True)


def main() -> None:
    arguments = sys.argv[1:]
    upgrade = "--upgrade" in arguments
    names = [argument for argument in arguments if not argument.startswith("--")] or list(LOCKS)
    for name in names:
        with_runtime, held_to_dev = LOCKS[name]
        compile_lock(name, with_runtime=with_runtime, held_to_dev=held_to_dev, upgrade=upgrade)


if __name__ == "__main__":
    main()
