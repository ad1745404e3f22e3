"""The archives: what is inside, that a wheel needs no Node, and how the build finds one where it does."""

from __future__ import annotations

import email
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import streamcell
from hatch_build import BUILT, LAB_EXTENSION, NODE_WHEEL, FrontEnd, FrontEndError

from .test_repository import committed

ROOT = Path(__file__).resolve().parent.parent
STATIC = Path("src/streamcell/static")


def python(code: str, *arguments: str, cwd: Path, path: str) -> subprocess.CompletedProcess[str]:
    """Run the interpreter of this environment with another PATH."""
    environment = {**os.environ, "PATH": path, "PYTHONPATH": ""}
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def build(kind: str, tree: Path, into: Path, *, path: str = os.environ["PATH"]) -> Path:
    """Call the build backend as pip does; `kind` is "sdist" or "wheel"."""
    into.mkdir(exist_ok=True)
    code = f"import sys, hatchling.build as backend; print(backend.build_{kind}(sys.argv[1]))"
    done = python(code, str(into), cwd=tree, path=path)
    assert done.returncode == 0, done.stderr
    return into / done.stdout.strip().splitlines()[-1]


def requirements(tree: Path, *, path: str) -> list[str]:
    """What the backend asks for before it builds a wheel."""
    code = "import hatchling.build as backend; print(*backend.get_requires_for_build_wheel(), sep='\\n')"
    done = python(code, cwd=tree, path=path)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh checkout without the built front end; what npm installs is borrowed from this one."""
    tree = tmp_path_factory.mktemp("checkout")
    for source in committed():
        target = tree / source.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)
    assert not (tree / STATIC).exists()
    (tree / "js" / "node_modules").symlink_to(ROOT / "js" / "node_modules", target_is_directory=True)
    return tree


@pytest.fixture(scope="module")
def no_node(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PATH with a shell and nothing of Node's."""
    folder = tmp_path_factory.mktemp("bin")
    for name in ("sh", "env"):
        program = shutil.which(name)
        assert program is not None
        (folder / name).symlink_to(program)
    return str(folder)


@pytest.fixture(scope="module")
def sdist(checkout: Path) -> Path:
    return build("sdist", checkout, checkout.parent / "sdist")


@pytest.fixture(scope="module")
def unpacked(sdist: Path) -> Path:
    with tarfile.open(sdist) as archive:
        archive.extractall(sdist.parent, filter="data")
    return sdist.parent / sdist.name.removesuffix(".tar.gz")


@pytest.fixture(scope="module")
def wheel(unpacked: Path, no_node: str) -> Path:
    """Made from the sdist, where there is no Node."""
    return build("wheel", unpacked, unpacked.parent.parent / "wheel", path=no_node)


def test_the_sdist_holds_the_sources_and_the_built_front_end(unpacked: Path) -> None:
    for name in (
        "js/package.json",
        "js/package-lock.json",
        "js/src/jupyter/index.ts",
        "hatch_build.py",
        "LICENSE",
        "README.md",
    ):
        assert (unpacked / name).is_file(), name
    for name in BUILT:
        assert (unpacked / STATIC / name).stat().st_size > 0
    assert not (unpacked / "js" / "node_modules").exists()


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    package = [name for name in names if not name.startswith(f"streamcell-{streamcell.__version__}.dist-info/")]
    extension = f"streamcell-{streamcell.__version__}.data/data/{LAB_EXTENSION}/"
    lab = {name.removeprefix(extension) for name in package if name.startswith(extension)}
    package = [name for name in package if not name.startswith(extension)]
    assert all(name.startswith("streamcell/") for name in package)
    built = [name for name in BUILT if not name.startswith("lab/")]
    assert {"streamcell/py.typed", *(f"streamcell/static/{name}" for name in built)} <= set(package)
    static = {name.removeprefix("streamcell/static/") for name in package if "/static/" in name}
    addons = {name for name in static if name.startswith("addons/")}
    assert static == addons | set(built)
    with zipfile.ZipFile(wheel) as archive:
        manifest = json.loads(archive.read(f"{extension}package.json"))
    assert manifest["version"] == streamcell.__version__
    assert manifest["jupyterlab"]["_build"]["load"] in lab
    assert {f"static/{name}" for name in addons} <= lab
    assert {"addons/LICENSES.txt", "addons/math.js", "addons/python.js"} <= addons
    lessons = {f"streamcell/{path.relative_to(ROOT)}" for path in committed() if path.parent == ROOT / "notebooks"}
    assert len(lessons) > 10
    assert lessons <= set(package)
    sources = {
        path.relative_to(ROOT / "src").as_posix()
        for path in committed()
        if path.is_relative_to(ROOT / "src") and path.name != ".gitignore"
    }
    assert sources <= set(package)


def test_the_metadata_says_what_it_must(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        folder = f"streamcell-{streamcell.__version__}.dist-info"
        metadata = email.message_from_bytes(archive.read(f"{folder}/METADATA"))
        entry_points = archive.read(f"{folder}/entry_points.txt").decode()
    assert metadata["Name"] == "streamcell"
    assert metadata["Version"] == streamcell.__version__
    assert metadata["Requires-Python"] == ">=3.10"
    assert metadata["License-Expression"] == "BSD-3-Clause"
    assert "Framework :: Jupyter" in metadata.get_all("Classifier", [])
    lines = metadata.get_all("Requires-Dist", [])
    required = {line.split(">")[0].split("<")[0].strip() for line in lines if "extra ==" not in line}
    expected = {"anywidget", "docstring-parser", "imagesize", "ipywidgets", "jiter", "jsonschema", "openai", "pydantic"}
    assert required == expected | {"markdown-it-py", "referencing", "traitlets"}
    lessons = {line.split(">")[0] for line in lines if "extra == 'lessons'" in line.replace('"', "'")}
    assert lessons == {"jupyterlab", "matplotlib", "voila"}
    assert "streamcell = streamcell._cli:main" in entry_points


def test_the_wheel_works_as_it_is(wheel: Path, tmp_path: Path, no_node: str) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    code = """
import sys
sys.path.insert(0, sys.argv[1])
import streamcell
assert streamcell.__file__.startswith(sys.argv[1]), streamcell.__file__
cell = streamcell.stream_cell(iter(["one ", "two"]), display=False)
print(cell.result(timeout=300))
from streamcell import _lessons
print(_lessons.find("tools").path.is_relative_to(sys.argv[1]))
"""
    done = python(code, str(tmp_path), cwd=tmp_path, path=no_node)
    assert done.stdout == "one two\nTrue\n", done.stderr


def test_node_is_asked_for_only_where_it_is_needed_and_not_there(checkout: Path, unpacked: Path, no_node: str) -> None:
    shutil.rmtree(checkout / STATIC, ignore_errors=True)
    assert requirements(checkout, path=no_node) == [NODE_WHEEL]
    assert requirements(checkout, path=os.environ["PATH"]) == []
    assert requirements(unpacked, path=no_node) == []


def test_the_wheel_of_node_builds_where_path_has_none(checkout: Path, no_node: str) -> None:
    shutil.rmtree(checkout / STATIC, ignore_errors=True)
    built = build("wheel", checkout, checkout.parent / "wheel-by-node-wheel", path=no_node)
    with zipfile.ZipFile(built) as archive:
        built_files = {f"streamcell/static/{name}" for name in BUILT if not name.startswith("lab/")}
        assert built_files <= set(archive.namelist())


def test_it_is_built_again_only_when_something_has_changed(tmp_path: Path) -> None:
    (tmp_path / "js" / "src").mkdir(parents=True)
    (tmp_path / STATIC / "lab").mkdir(parents=True)
    source = tmp_path / "js" / "src" / "a.js"
    source.write_text("export default 1\n", "utf-8")
    manifest = '{"name": "x", "version": "0.0.0", "scripts": {"build": "node build.js"}}'
    (tmp_path / "js" / "package.json").write_text(manifest, "utf-8")
    lock = (
        '{"name": "x", "version": "0.0.0", "lockfileVersion": 3, "packages": {"": {"name": "x", "version": "0.0.0"}}}'
    )
    (tmp_path / "js" / "package-lock.json").write_text(lock, "utf-8")
    copies = "".join(f"fs.copyFileSync('src/a.js', '../{STATIC.as_posix()}/{name}');" for name in BUILT)
    (tmp_path / "js" / "build.js").write_text(f"const fs = require('fs');{copies}\n", "utf-8")

    front_end = FrontEnd(tmp_path)
    assert front_end.build()
    assert not front_end.build()
    os.utime(source)  # a checkout sets new times
    assert not front_end.build()
    source.write_text("export default 2\n", "utf-8")
    assert front_end.build()
    (tmp_path / STATIC / BUILT[0]).write_text("by hand", "utf-8")
    assert front_end.build()
    (tmp_path / STATIC / "addons").mkdir()
    (tmp_path / STATIC / "addons" / "a.js").write_text("by hand", "utf-8")
    assert front_end.build()


def test_without_sources_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(FrontEndError, match=r"no front end to build"):
        FrontEnd(tmp_path).build()


def test_a_failing_build_says_so(tmp_path: Path) -> None:
    (tmp_path / "js").mkdir()
    (tmp_path / "js" / "package.json").write_text('{"name": "x", "version": "0.0.0"}', "utf-8")
    with pytest.raises(FrontEndError, match=r"`npm ci .*failed with exit code"):
        FrontEnd(tmp_path).build()
