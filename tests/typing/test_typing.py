"""The types of the public surface, by the checker that users run."""

from __future__ import annotations

from pathlib import Path

import pytest
from mypy import api

import streamcell

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


@pytest.fixture(autouse=True)
def _in_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the checkout's own options mypy's cache is the one that linting has filled."""
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("MYPYPATH", raising=False)


WRONG = {
    "number: int = stream_cell('Why?').result()": 'expression has type "str", variable has type "int"',
    "stream_cell('Why?', max_tokes=100)": (
        'Unexpected keyword argument "max_tokes" for "stream_cell"; did you mean "max_tokens"'
    ),
}


def test_what_users_write_has_the_types_that_they_expect_and_what_is_wrong_is_told(tmp_path: Path) -> None:
    """In one run of the checker: most of its time is for what both import."""
    wrong = tmp_path / "wrong.py"
    wrong.write_text("\n".join(["from streamcell import stream_cell", *WRONG]) + "\n")
    said, complained, status = api.run([str(HERE / "usage.py"), str(wrong)])
    errors = [line for line in said.splitlines() if ": error: " in line]
    assert (status, len(errors)) == (1, len(WRONG)), said + complained
    for place, (error, words) in enumerate(zip(errors, WRONG.values(), strict=True), start=2):
        assert f"{wrong.name}:{place}: error: " in error  # its cache may know the file by the place of another run
        assert words in error


def test_the_package_says_that_it_is_typed() -> None:
    assert (Path(streamcell.__file__).parent / "py.typed").is_file()
