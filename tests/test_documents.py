"""The documentation is true where a machine can tell: every snippet runs, every notebook too."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from streamcell.answer.status import TRANSITIONS, Status
from streamcell.notebook.output import ANSWER
from streamcell.rehearsal import RehearsalServer, _server

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
FAST = """from streamcell.notebook.output import ANSWER
from streamcell.rehearsal import RehearsalServer, _server
_server._shared = RehearsalServer(rate=0, first_token=0)"""


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


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_notebooks_run_and_hold_no_outputs(path: Path) -> None:
    notebook: Any = nbformat.read(path, as_version=4)
    sources = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in sources)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(FAST))
    before = {recording: recording.read_bytes() for recording in path.parent.glob("*.jsonl")}
    there = {"metadata": {"path": str(path.parent)}}
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources=there).execute()
    assert {recording: recording.read_bytes() for recording in path.parent.glob("*.jsonl")} == before  # it has them all
    answers = [
        output
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if ANSWER in output.get("data", {})
    ]
    shown = [cell for cell in sources if "stream_cell(" in cell.source]
    assert len(answers) == len(shown)  # each cell's answer is shown once, also as the last expression
    assert len({answer.metadata[ANSWER]["id"] for answer in answers}) == len(answers)
    assert all(answer.data[ANSWER]["document"]["status"] in ("done", "stopped") for answer in answers)
