"""The documentation is true where a machine can tell: every snippet runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from streamcell.answer.status import TRANSITIONS, Status
from streamcell.rehearsal import RehearsalServer, _server

ROOT = Path(__file__).parent.parent


def test_the_diagram_is_the_table() -> None:
    order = list(Status)
    moves = sorted(TRANSITIONS.items(), key=lambda move: (order.index(move[0][0]), move[0][1].value))
    lines = [f"    {before.value} --> {after.value}: {trigger.value}" for (before, trigger), after in moves]
    diagram = "\n".join(["stateDiagram-v2", "    [*] --> queued", *lines])
    assert diagram in (ROOT / "ARCHITECTURE.md").read_text("utf-8"), f"replace the diagram by:\n{diagram}"


def test_the_readmes_lines_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    snippets = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert snippets
    monkeypatch.chdir(tmp_path)  # one of them writes a file
    with RehearsalServer(rate=0, first_token=0) as server:
        monkeypatch.setattr(_server, "_shared", server)
        named: list[dict[str, Any]] = [{} for _ in snippets]
        for snippet, names in zip(snippets, named, strict=True):
            exec(compile(snippet, "README.md", "exec"), names)
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("done 2 ")
    assert len(printed) > 1
    # The ten lines take less than ten seconds: five for the tokens, at the rate that they name.
    rate = re.search(r"rate=([0-9]+)", snippets[0])
    cell, short = named[0]["cell"], named[0]["short"]
    tokens = sum(version.usage.output_tokens for version in (*cell.versions, *short.versions))
    assert rate is not None
    assert tokens / int(rate[1]) < 5


@pytest.mark.parametrize("name", ["compare.md"])
def test_a_pages_lines_run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str) -> None:
    snippets = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / name).read_text("utf-8"), re.DOTALL)
    assert snippets
    with RehearsalServer(rate=0, first_token=0) as server:
        monkeypatch.setattr(_server, "_shared", server)
        for snippet in snippets:
            exec(compile(snippet, name, "exec"), {})
    assert capsys.readouterr().out
