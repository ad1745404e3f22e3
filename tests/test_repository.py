"""What must not stand in the repository, and what its parts must agree on."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

import streamcell

ROOT = Path(__file__).resolve().parent.parent
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
NPM_LOCKS = [ROOT / folder / "package-lock.json" for folder in ("js", "tests/element", "tests/peers")]

# Put together from parts, so that this file does not hold what it forbids.
REGISTRIES = [
    "pypi" + ".org",
    "python" + "hosted.org",
    "npm" + "js.org",
    "npm" + "js.com",
    "yarn" + "pkg.com",
    "debian" + ".org",
]
FORBIDDEN = {
    "a package registry's host name": re.compile("|".join(map(re.escape, REGISTRIES)), re.IGNORECASE),
    "a path of one machine": re.compile(r"(?<![\w.~-])/(?:wo" + r"rk|ro" + r"ot|ho" + r"me/\w+|Us" + r"ers/\w+)/"),
    "an issue's number": re.compile(r"\bissues?\s+#?\d+\b|\bissue\s+#", re.IGNORECASE),
    "a secret": re.compile(
        r"\bsk-(?:proj-|ant-)?[A-Za-z0-9]{24,}|\bgh[pousr]_[A-Za-z0-9]{30,}|\bAKIA[0-9A-Z]{16}\b"
        r"|-----BEGIN [A-Z ]*PRIVATE KEY"
    ),
}


def committed() -> list[Path]:
    """What is in the repository, or would be after `git add`."""
    command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout.decode().split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what: str) -> None:
    found = []
    for path in committed():
        content = path.read_bytes()
        if b"\0" in content:
            continue
        for number, line in enumerate(content.decode("utf-8").splitlines(), 1):
            if match := FORBIDDEN[what].search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {match[0]}")
    assert found == []


def test_built_files_are_not_committed() -> None:
    built = [path for path in committed() if "static" in path.relative_to(ROOT).parts or "node_modules" in path.parts]
    assert built == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_python_lock_pins_every_package_with_hashes(lock: Path) -> None:
    text = lock.read_text("utf-8")
    assert "://" not in text
    lines = [line for line in text.replace("\\\n", " ").splitlines() if line and not line.startswith("#")]
    assert lines
    for line in lines:
        assert re.match(r"[a-z0-9._-]+(\[[a-z0-9,._-]+\])?==\S+", line), line
        assert "--hash=sha256:" in line, line


def test_every_requirements_file_has_its_lock() -> None:
    assert {path.stem for path in (ROOT / "requirements").glob("*.in")} == {path.stem for path in LOCKS}


@pytest.mark.parametrize("lock", NPM_LOCKS, ids=lambda path: path.parent.name)
def test_an_npm_lock_pins_every_package_with_hashes(lock: Path) -> None:
    packages = json.loads(lock.read_text("utf-8"))["packages"]
    for name, package in packages.items():
        assert "resolved" not in package, name
        if name:
            assert package["integrity"].startswith("sha512-"), name


@pytest.mark.parametrize("lock", NPM_LOCKS, ids=lambda path: path.parent.name)
def test_an_npm_lock_is_whole(lock: Path) -> None:
    """An optional package left out of the lock makes `npm ci` fail on every platform."""
    packages = json.loads(lock.read_text("utf-8"))["packages"]
    for package in packages.values():
        for wanted in (*package.get("dependencies", {}), *package.get("optionalDependencies", {})):
            assert any(name.endswith(f"node_modules/{wanted}") for name in packages), wanted


def test_the_version_stands_in_one_place() -> None:
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    assert 'dynamic = ["version"]' in project
    assert '[tool.hatch.version]\npath = "src/streamcell/_version.py"' in project
    assert re.fullmatch(r"\d+\.\d+\.\d+(?:\.dev\d+|a\d+|b\d+|rc\d+)?", streamcell.__version__)
    for manifest in ("js/package.json", "tests/element/package.json", "tests/peers/package.json"):
        package = json.loads((ROOT / manifest).read_text("utf-8"))
        assert package["private"] is True
        assert package.get("version", "0.0.0") == "0.0.0"


def test_documented_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for document in ROOT.glob("*.md"):
        mentioned = set(re.findall(r"`make ([a-z0-9-]+)", document.read_text("utf-8")))
        assert mentioned <= targets, f"{document.name} names targets that are not there: {mentioned - targets}"
