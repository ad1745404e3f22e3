"""The documentation is true where a machine can tell: every snippet runs."""

from __future__ import annotations

import re
from pathlib import Path

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
        for snippet in snippets:
            exec(compile(snippet, "README.md", "exec"), {})
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("done 2 ")
    assert len(printed) > 1


@pytest.mark.parametrize("name", ["compare.md"])
def test_a_pages_lines_run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str) -> None:
    snippets = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / name).read_text("utf-8"), re.DOTALL)
    assert snippets
    with RehearsalServer(rate=0, first_token=0) as server:
        monkeypatch.setattr(_server, "_shared", server)
        for snippet in snippets:
            exec(compile(snippet, name, "exec"), {})
    assert capsys.readouterr().out
