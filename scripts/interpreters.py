"""Finds the Python interpreters of this machine: on PATH, under pyenv, and those that uv knows.

`python interpreters.py` lists them; `floor_and_newest()` is what the tests run on beside the main interpreter.
"""

from __future__ import annotations

import json
import os
import pwd
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

FLOOR = (3, 10)
PROBE = "import sys; print(*sys.version_info[:4], sys.implementation.name, sys.base_prefix, sep='|')"


class Interpreter(NamedTuple):
    version: tuple[int, int, int]
    path: str

    @property
    def minor(self) -> str:
        return f"{self.version[0]}.{self.version[1]}"


def probe(path: str | Path) -> Interpreter | None:
    """What really runs behind a path: a shim, a broken link, a pre-release and another implementation give None."""
    try:
        done = subprocess.run([str(path), "-c", PROBE], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.SubprocessError):
        return None
    if done.returncode:
        return None
    major, minor, patch, level, implementation, prefix = done.stdout.strip().split("|")
    if level != "final" or implementation != "cpython":
        return None
    # A shim decides anew at each start which Python it runs, so name the program behind it.
    program = Path(prefix) / "bin" / f"python{major}.{minor}"
    return Interpreter((int(major), int(minor), int(patch)), str(program if program.is_file() else path))


def candidates() -> list[Path]:
    found: list[Path] = []
    folders = [Path(entry) for entry in os.get_exec_path() if entry]
    for folder in folders:
        if folder.is_dir():
            found += sorted(folder.glob("python3.[0-9]*"))
    found = [path for path in found if path.name.removeprefix("python3.").isdigit()]
    # pyenv keeps its versions beside its shims; PATH names them even where HOME is another's.
    pyenv = [folder.parent for folder in folders if folder.name == "shims"]
    pyenv += [Path(os.environ["PYENV_ROOT"])] if os.environ.get("PYENV_ROOT") else []
    pyenv += [Path(home) / ".pyenv" for home in (Path.home(), pwd.getpwuid(os.geteuid()).pw_dir)]
    for root in dict.fromkeys(pyenv):
        try:
            found += sorted((root / "versions").glob("3.*/bin/python3"))
        except OSError:
            continue
    return found


def known_to_uv() -> list[Path]:
    try:
        command = [sys.executable, "-m", "uv", "python", "list", "--only-installed", "--output-format", "json"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        return [Path(entry["path"]) for entry in json.loads(done.stdout) if entry.get("path")]
    except (OSError, ValueError, KeyError, subprocess.SubprocessError):
        return []


def find() -> list[Interpreter]:
    """One interpreter for each minor version from the floor up, oldest first; the latest patch release of each."""
    best: dict[tuple[int, int], Interpreter] = {}
    seen: set[Path] = set()
    for path in candidates() + known_to_uv():
        try:
            real = path.resolve()
        except OSError:
            continue
        if real in seen:
            continue
        seen.add(real)
        interpreter = probe(path)
        if interpreter is None or interpreter.version[:2] < FLOOR:
            continue
        known = best.get(interpreter.version[:2])
        if known is None or known.version < interpreter.version:
            best[interpreter.version[:2]] = interpreter
    return [best[minor] for minor in sorted(best)]


def install_floor() -> Interpreter | None:
    """Have uv download the floor's Python; None where that is not to be had (it comes from no package registry)."""
    minor = ".".join(map(str, FLOOR))
    command = [sys.executable, "-m", "uv", "python", "install", minor]
    environment = {**os.environ, "UV_HTTP_TIMEOUT": "30", "UV_PYTHON_DOWNLOADS": "automatic"}
    try:
        subprocess.run(command, env=environment, timeout=180, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return next((found for found in find() if found.version[:2] == FLOOR), None)


def floor_and_newest() -> tuple[Interpreter | None, Interpreter | None]:
    """The floor's Python (downloaded if need be; None if it cannot be had) and the newest of the machine."""
    found = find()
    floor = next((one for one in found if one.version[:2] == FLOOR), None) or install_floor()
    newest = found[-1] if found else floor
    return floor, newest


if __name__ == "__main__":
    for one in find():
        print(one.minor, one.path)
