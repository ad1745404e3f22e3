"""Runs pytest on the oldest supported Python and on the newest of the machine, each in an environment of its own.

    .venv/bin/python scripts/other_pythons.py -- PYTEST-ARGUMENTS

The main interpreter is left out (it has its own run). Where Python 3.10 is not on the machine, uv is asked to download
it; where that fails, CI fails, and elsewhere the run goes on and says loudly at its end what was not tested.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from interpreters import FLOOR, floor_and_newest

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    arguments = sys.argv[sys.argv.index("--") + 1 :]
    floor, newest = floor_and_newest()
    minor = ".".join(map(str, FLOOR))
    runs: list[tuple[str, subprocess.Popen[str]]] = []
    for interpreter in dict.fromkeys(one for one in (floor, newest) if one is not None):
        if interpreter.version[:2] == sys.version_info[:2]:
            print(f"Python {interpreter.minor} is the main interpreter: it had its run", flush=True)
            continue
        name = f"test-{interpreter.minor}"
        subprocess.run([sys.executable, "scripts/environment.py", name, interpreter.path], cwd=ROOT, check=True)
        python = str(ROOT / ".venvs" / name / "bin" / "python")
        # Side by side: the suite waits for servers more than it computes, and the machine has more than one core.
        run = subprocess.Popen(
            [python, "-m", "pytest", *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        runs.append((f"Python {interpreter.minor} ({interpreter.path})", run))
    status = 0
    for title, run in runs:
        printed, _ = run.communicate()
        print(f"{title}\n{printed}", flush=True)
        status = run.returncode or status
    if floor is None:
        print(f"!!! NOT TESTED on Python {minor}: it is not on this machine and uv could not download it.", flush=True)
        print("!!! Install it (pyenv, deadsnakes, uv python install) to test what CI tests.", flush=True)
        if os.environ.get("CI"):
            return 1
    return status


if __name__ == "__main__":
    sys.exit(main())
