"""The notebooks that teach: they run without a network, their exercises' answers too, and are saved as they run."""

from __future__ import annotations

import filecmp
import re
import shutil
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_core.utils import ensure_event_loop
from nbconvert import HTMLExporter

import notebooks
from streamcell import _cli, _lessons
from streamcell.notebook.joined import ANSWERS
from streamcell.notebook.output import ANSWER, WIDGET

PATHS = notebooks.notebooks()
TAUGHT = [path for path in PATHS if path.stem != "00_index"]

# No address but this machine's own is looked up or reached, by whatever library.
OFFLINE = """
import sys
def _offline(event, arguments):
    if event == "socket.connect":
        address = arguments[1]
        assert isinstance(address, (str, bytes)) or address[0] in ("127.0.0.1", "::1"), f"connects to {address}"
    elif event == "socket.getaddrinfo":
        assert arguments[0] in (None, "localhost", "127.0.0.1", "::1", ""), f"looks up {arguments[0]}"
sys.addaudithook(_offline)
"""
ANSWERED = re.compile(r"<details><summary>Answer</summary>\n\n(.*?)\n\n</details>", re.DOTALL)
LINK = re.compile(r"\]\(([^)#]+)\)")


def prose(path: Path) -> str:
    cells: Any = nbformat.read(path, as_version=4).cells
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def solutions(path: Path) -> list[str]:
    """The code of the exercises' answers."""
    return re.findall(r"```python\n(.*?)```", "\n".join(ANSWERED.findall(prose(path))), re.DOTALL)


AT_ONCE = 3
"""Lessons that run side by side: they wait for a model's pace most of their time."""


def run(path: Path, folder: Path) -> Any:
    """Run a lesson and its solutions in a copy of the folder; return it as it would be saved."""
    copies = Path(shutil.copytree(notebooks.FOLDER, folder / path.stem))
    answers = solutions(path)
    after = ["import streamcell\nstreamcell.configure(unattended='wait')", *answers] if answers else []
    with closing(ensure_event_loop()):  # nbclient takes this thread's, and leaves it open
        notebook = notebooks.executed(copies / path.name, before=OFFLINE, after=after)
    for recording in notebooks.FOLDER.glob("*.jsonl"):  # they have all that is asked for
        assert filecmp.cmp(recording, copies / recording.name, shallow=False)
    return notebook


@pytest.fixture(scope="module")
def ran(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Future[Any]]:
    """The lessons that were asked for, all of them run, each with what became of it."""
    folder = tmp_path_factory.mktemp("lessons")
    items = [one for one in request.session.items if isinstance(one, pytest.Function) and "ran" in one.fixturenames]
    asked = [Path(str(one.callspec.params["path"])) for one in items]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return {path: pool.submit(run, path, folder) for path in asked}


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_lesson_and_its_solutions_run_offline_and_it_is_saved_as_it_runs(
    path: Path, ran: dict[Path, Future[Any]]
) -> None:
    assert notebooks.written(ran[path].result()) == path.read_text("utf-8"), "`make notebooks` saves it anew"


@pytest.mark.parametrize("path", TAUGHT, ids=lambda path: path.stem)
def test_a_lesson_has_a_goal_and_exercises_with_hidden_answers(path: Path) -> None:
    text = prose(path)
    assert text.startswith("# ")
    for mark in ("**Goal.** ", "**Time.** ", "**You need** "):
        assert text.count(mark) == 1
    exercises = text.partition("## Exercises")[2]
    numbers = [int(number) for number in re.findall(r"^\*\*(\d)\.\*\* ", exercises, re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(ANSWERED.findall(exercises)) == len(numbers) >= 3


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_lesson_links_only_to_what_goes_with_it(path: Path) -> None:
    for target in LINK.findall(prose(path)):
        assert (path.parent / target).is_file(), target
    assert prose(path).count("(00_index.ipynb)") <= 1


def test_the_index_has_every_lesson_in_order() -> None:
    index = prose(notebooks.FOLDER / "00_index.ipynb")
    assert LINK.findall(index) == [path.name for path in TAUGHT]


@pytest.mark.parametrize("path", TAUGHT, ids=lambda path: path.stem)
def test_a_saved_lesson_shows_its_answers_to_every_reader(path: Path) -> None:
    notebook: Any = nbformat.read(path, as_version=4)
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert all(output.output_type != "error" and output.get("name") != "stderr" for output in outputs)
    bundles = [output.data for output in outputs if "data" in output]
    assert not any(WIDGET in bundle for bundle in bundles)  # none of them has a kernel
    shown = [bundle for bundle in bundles if ANSWER in bundle]
    joined = [bundle for bundle in bundles if ANSWERS in bundle]
    assert shown
    assert all("text/markdown" in bundle for bundle in [*shown, *joined])
    assert all(bundle[ANSWER]["document"]["status"] not in ("connecting", "streaming") for bundle in shown)
    ids = [output.metadata[ANSWER]["id"] for output in outputs if ANSWER in output.get("metadata", {})]
    assert len(set(ids)) == len(ids) == len(shown)
    html, _ = HTMLExporter(template_name="basic").from_notebook_node(notebook)
    assert html.count("<details>") == prose(path).count("<details>") - prose(path).count("```\n<details>")
    assert "<script" not in html


def test_a_lesson_is_found_by_its_name_its_number_and_its_file() -> None:
    for name in ("tools", "Tools", "07", "7", "07_tools", "07_tools.ipynb"):
        lesson = _lessons.find(name)
        assert lesson is not None
        assert (lesson.name, lesson.title) == ("tools", "Tools with approval")
    assert _lessons.find("nothing") is None


def test_the_command_lists_the_lessons(capsys: pytest.CaptureFixture[str]) -> None:
    assert _cli.main(["demo", "--list"]) == 0
    listed = capsys.readouterr().out
    assert [line.split()[0] for line in listed.splitlines()] == [path.stem.partition("_")[2] for path in PATHS]
    assert _cli.main(["demo", "nothing"]) == 2
    refused = capsys.readouterr().err
    assert "there is no lesson 'nothing'" in refused
    assert listed.strip() in refused


def test_copies_are_removed_unless_something_was_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with _lessons._copies(None) as copies:
        assert all(filecmp.cmp(path, copies / path.name, shallow=False) for path in notebooks.FOLDER.iterdir())
    assert not copies.exists()
    assert capsys.readouterr().out == ""
    with _lessons._copies(None) as copies:
        (copies / PATHS[0].name).write_text("changed", "utf-8")
    assert capsys.readouterr().out == f"Your copies of the lessons are in {copies}\n"
    assert (copies / PATHS[0].name).read_text("utf-8") == "changed"
    with _lessons._copies(copies) as again:  # another day
        assert again == copies
        assert (copies / PATHS[0].name).read_text("utf-8") == "changed"


def test_without_jupyterlab_the_command_says_what_to_install(tmp_path: Path) -> None:
    code = "import sys; sys.modules['jupyterlab'] = None\nfrom streamcell import _cli; sys.exit(_cli.main(['demo']))"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "pip install" in done.stderr
    assert "Traceback" not in done.stderr
