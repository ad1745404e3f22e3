"""Makes the environments that the Makefile's targets run in, each from a lock with hashes, and keeps them up to date.

    python3 scripts/environment.py main                    -> .venv
    .venv/bin/python scripts/environment.py NAME [PYTHON]  -> .venvs/NAME

Standard library only: it is the first thing that runs on a fresh clone. uv installs; where uv cannot reach the package
index but pip can (uv does not read pip's configuration), pip does. A stamp in each environment says what it was made
from, so that a second run costs nothing, and a file lock lets two makes run side by side.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MAIN = ROOT / ".venv"
OTHERS = ROOT / ".venvs"
FLOOR = (3, 10)
STAMP = ".made-from"

# environment -> (its lock, whether streamcell itself is installed there); "test-3.10" and the like are "test"
KINDS = {
    "main": ("dev", True),
    "test": ("test", True),
    "openai2": ("openai2", True),
    "ipykernel6": ("ipykernel6", True),
    "frontends": ("frontends", True),
    "collaboration": ("collaboration", True),
    "litellm": ("litellm", False),
    "libraries": ("libraries", True),
    "librariesbefore": ("libraries-previous", True),
}
# A wheel that only points at src/: made once, and the same for every environment.
EDITABLE = ROOT / "build" / "editable"


class Environment:
    def __init__(self, name: str, python: str) -> None:
        lock, self.with_streamcell = KINDS[name.split("-", 1)[0]]
        self.name = name
        self.base = python
        self.folder = MAIN if name == "main" else OTHERS / name
        self.python = self.folder / "bin" / "python"
        self.lock = ROOT / "requirements" / f"{lock}.txt"

    def stamp(self) -> str:
        digest = hashlib.sha256()
        inputs = [self.lock, Path(__file__)]
        if self.with_streamcell:
            inputs += [ROOT / "pyproject.toml"]
        if self.name == "main":
            inputs += [ROOT / "requirements" / "bootstrap.txt"]
        for path in inputs:
            digest.update(path.read_bytes())
        return f"{digest.hexdigest()} {self.base}\n"

    def is_current(self) -> bool:
        stamp = self.folder / STAMP
        return stamp.is_file() and stamp.read_text("utf-8") == self.stamp() and self.runs()

    def runs(self) -> bool:
        """False for an environment whose interpreter was removed or is to be another now, or that was moved here."""
        try:
            command = [str(self.python), "-c", "import sys; print(sys.prefix)"]
            answer = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
        except (OSError, subprocess.SubprocessError):
            return False
        same_base = os.path.realpath(self.python) == os.path.realpath(self.base)
        return same_base and Path(answer.strip()).resolve() == self.folder.resolve()

    def make(self) -> None:
        (self.folder / STAMP).unlink(missing_ok=True)
        if not self.runs():
            shutil.rmtree(self.folder, ignore_errors=True)
            self.create()
        print(f"installing requirements/{self.lock.name} into {self.folder.relative_to(ROOT)}", flush=True)
        sync(self.python, self.lock)
        if self.with_streamcell:
            install_streamcell(self.python)
        (self.folder / STAMP).write_text(self.stamp(), "utf-8")

    def create(self) -> None:
        print(f"making {self.folder.relative_to(ROOT)} with {self.base}", flush=True)
        if self.name != "main":
            run([*UV, "venv", "--quiet", "--no-python-downloads", "--python", self.base, str(self.folder)])
            return
        try:
            run([self.base, "-m", "venv", str(self.folder)])
        except subprocess.CalledProcessError:
            shutil.rmtree(self.folder, ignore_errors=True)
            sys.exit("python3 cannot make a virtual environment here (on Debian and Ubuntu: install python3-venv).")
        run([*pip(), "install", "--quiet", "--require-hashes", "-r", str(ROOT / "requirements" / "bootstrap.txt")])


UV = [str(MAIN / "bin" / "python"), "-m", "uv"]


def pip() -> list[str]:
    return [str(MAIN / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]


def run(command: list[str]) -> None:
    subprocess.run(command, cwd=ROOT, check=True)


def sync(python: Path, lock: Path) -> None:
    """Make the environment hold what the lock says, and nothing else."""
    try:
        run([*UV, "pip", "sync", "--quiet", "--require-hashes", "--python", str(python), str(lock)])
    except subprocess.CalledProcessError:
        print("uv could not install these; trying pip, with its own configuration", flush=True)
        run([*pip(), "--python", str(python), "install", "--require-hashes", "-r", str(lock)])


def editable_wheel(*, anew: bool) -> Path:
    made = sorted(EDITABLE.glob("streamcell-*.whl"))
    if made and not anew:
        return made[0]
    main = str(MAIN / "bin" / "python")
    # `make` puts .venv/bin first on PATH: with these links the Node of the lock is the Node of every script.
    run([main, "hatch_build.py", "--link-node", str(MAIN / "bin")])
    shutil.rmtree(EDITABLE, ignore_errors=True)
    EDITABLE.mkdir(parents=True)
    code = "import sys, hatchling.build as build; build.build_editable(sys.argv[1])"
    environment = {**os.environ, "PATH": f"{MAIN / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}
    subprocess.run([main, "-c", code, str(EDITABLE)], cwd=ROOT, env=environment, check=True)
    return next(EDITABLE.glob("streamcell-*.whl"))


def install_streamcell(python: Path) -> None:
    wheel = editable_wheel(anew=python == MAIN / "bin" / "python")
    install = [*UV, "pip", "install", "--quiet", "--offline", "--no-deps", "--reinstall"]
    run([*install, "--python", str(python), str(wheel)])
    # JupyterLab's extension, as `jupyter labextension develop` would do it: what is built is what is served.
    link = python.parent.parent / "share" / "jupyter" / "labextensions" / "streamcell"
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(ROOT / "src" / "streamcell" / "static" / "lab", target_is_directory=True)


def main() -> None:
    if sys.version_info[:2] < FLOOR:
        running, needed = ".".join(map(str, sys.version_info[:3])), ".".join(map(str, FLOOR))
        sys.exit(f"streamcell needs Python {needed} or newer; {sys.executable} is {running}. Try: make PYTHON=…")
    if len(sys.argv) < 2 or sys.argv[1].split("-", 1)[0] not in KINDS:
        sys.exit(__doc__)
    name, base = sys.argv[1], os.path.realpath(sys.argv[2] if len(sys.argv) > 2 else sys.executable)
    environment = Environment(name, base)
    OTHERS.mkdir(exist_ok=True)
    with (OTHERS / f"{name}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if not environment.is_current():
            try:
                environment.make()
            except subprocess.CalledProcessError as error:
                command = " ".join(map(str, error.cmd))
                sys.exit(f"could not make {environment.folder.relative_to(ROOT)}: `{command}` failed.")


if __name__ == "__main__":
    main()
