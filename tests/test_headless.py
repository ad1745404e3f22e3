"""Runs that nobody attends: real nbclient, papermill and `jupyter execute`, a real kernel, the rehearsal server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from streamcell.notebook.output import ANSWER

from .notebooks import RUNNERS, displayed, errors, run

ASK = "from streamcell import configure, stream_cell\n"
SLOW = f"{ASK}cell = stream_cell('Explain', model='rehearsal/tour?rate=400')"
CUT = f"{ASK}cell = stream_cell('Explain', model='rehearsal/drop?after=12', retry=1"


@pytest.mark.parametrize("by", RUNNERS)
def test_a_run_ends_with_whole_answers(tmp_path: Path, by: str) -> None:
    done, notebook = run(tmp_path, [SLOW, "print(cell.status, len(cell.text))"], by)
    assert done.returncode == 0, done.stderr
    (bundle,) = displayed(notebook, 0)
    status, length = notebook.cells[1].outputs[0]["text"].split()
    assert status == "done"
    assert len(bundle["text/plain"]) == int(length) > 1000
    assert bundle["text/plain"].startswith("## This is a rehearsal answer")
    assert bundle["text/markdown"].startswith("## This is a rehearsal answer")
    assert bundle[ANSWER]["document"]["status"] == "done"
    assert set(bundle) == {ANSWER, "text/markdown", "text/plain"}
    assert "widgets" not in notebook.metadata


def test_the_same_answers_leave_the_same_outputs_but_for_their_metadata(tmp_path: Path) -> None:
    """So does nbdime, which compares what is not text for equality, and no metadata, find each output again."""
    cells = [
        SLOW,
        f"{CUT}, unattended='wait')",
        f"{ASK}stream_cell('x', model='rehearsal/unauthorized', retry=1, unattended='wait')",
    ]
    _, notebook = run(tmp_path, [cells[0], *cells, *cells])  # the first one finds out which API the server has
    outputs = [output for cell in notebook.cells[1:] for output in cell.outputs]
    assert len(outputs) == 2 * len(cells)
    for one, other in zip(outputs[:3], outputs[3:], strict=True):
        assert one["data"] == other["data"]
        assert one["metadata"][ANSWER]["id"] != other["metadata"][ANSWER]["id"]


@pytest.mark.parametrize(
    "by", [each if each == "nbclient" else pytest.param(each, marks=pytest.mark.long) for each in RUNNERS]
)
def test_an_answer_that_fails_fails_the_run(tmp_path: Path, by: str) -> None:
    done, notebook = run(tmp_path, [f"{CUT})", "print('never')"], by)
    assert done.returncode != 0
    assert "Interrupted" in done.stdout + done.stderr
    if notebook is None:  # `jupyter execute` writes nothing then
        assert by == "jupyter execute"
        return
    at = 1 if by == "papermill" and notebook.cells[0].cell_type == "markdown" else 0  # it puts a warning before
    at += next(index for index, cell in enumerate(notebook.cells[at:]) if "stream_cell" in cell.source)
    (bundle,) = displayed(notebook, at)
    assert bundle["text/plain"].startswith("## This is a")
    assert "The answer was cut off" in bundle["text/markdown"]
    assert errors(notebook, at) == ["Interrupted"]
    assert notebook.cells[at + 1].outputs == []


def test_a_failure_that_was_seen_to_does_not(tmp_path: Path) -> None:
    """By the call, by who waits for the result, and by the notebook's configuration, which comes last as it stays."""
    ways = [
        f"{CUT}, unattended='wait')",
        f"{CUT})\ntry:\n    cell.result()\nexcept Exception as error:\n    pass",
        f"{CUT})\ntry:\n    await cell\nexcept Exception as error:\n    pass",
        f"{ASK}configure(unattended='wait')\n{CUT})",
    ]
    done, notebook = run(tmp_path, [cell for way in ways for cell in (way, "print(cell.status)")])
    assert done.returncode == 0, done.stderr
    for index in range(0, 2 * len(ways), 2):
        assert errors(notebook, index) == []
        assert notebook.cells[index + 1].outputs[0]["text"] == "interrupted\n"
        (bundle,) = displayed(notebook, index)
        assert bundle[ANSWER]["document"]["status"] == "interrupted"


def test_the_notebooks_own_words_hold_too(tmp_path: Path) -> None:
    """A stop is no failure; the last expression is not shown twice, another cell's is; several are held at once."""
    many = f"{ASK}cells = [stream_cell(f'n{{n}}', model='rehearsal/echo?first_token=0.2') for n in range(20)]"
    cells = [
        f"{SLOW}\ncell",
        "cell",
        f"{ASK}stopped = stream_cell('x', model='rehearsal/stall?after=3')\nstopped.stop()",
        f"{ASK}hidden = stream_cell('not shown', model='rehearsal/echo', display=False)\nhidden",
        many,
        "print(hidden.status, *[one.text for one in cells])",
    ]
    done, notebook = run(tmp_path, cells)
    assert done.returncode == 0, done.stderr
    assert [len(displayed(notebook, index)) for index in range(5)] == [1, 1, 1, 1, 20]
    assert displayed(notebook, 0) == displayed(notebook, 1)
    assert displayed(notebook, 2)[0][ANSWER]["document"]["status"] == "stopped"
    assert displayed(notebook, 3)[0]["text/plain"] == "not shown"
    assert [bundle["text/plain"] for bundle in displayed(notebook, 4)] == [f"n{n}" for n in range(20)]
    assert notebook.cells[5].outputs[0]["text"] == "done " + " ".join(f"n{n}" for n in range(20)) + "\n"


def test_a_run_that_is_not_held_goes_on(tmp_path: Path) -> None:
    stalled = f"{ASK}cell = stream_cell('x', model='rehearsal/stall?after=3', unattended='return')"
    done, notebook = run(tmp_path, [stalled, "print(cell.status)\ncell.stop()\ncell"])
    assert done.returncode == 0, done.stderr
    assert notebook.cells[1].outputs[0]["text"].strip() in ("queued", "connecting", "streaming")


def test_what_is_read_on_the_notebooks_loop_cannot_be_held_and_says_so(tmp_path: Path) -> None:
    source = f"{ASK}async def words():\n    yield 'one '\n    yield 'two'\ncell = stream_cell(words())"
    done, notebook = run(tmp_path, [source, "print(await cell)"])
    assert done.returncode == 0, done.stderr
    assert any("write `await cell`" in output.get("text", "") for output in notebook.cells[0].outputs)
    assert notebook.cells[1].outputs[0]["text"] == "one two\n"


def test_in_a_box_the_widget_is_opened_after_all(tmp_path: Path) -> None:
    done, notebook = run(tmp_path, [SLOW, "import ipywidgets\nipywidgets.HBox([cell])"])
    assert done.returncode == 0, done.stderr
    (bundle,) = displayed(notebook, 1)
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_fifty_answers_of_two_kilobytes_are_below_400_kb(tmp_path: Path) -> None:
    words = "words = ' '.join(f'number {n}' for n in range(200))[:2000]\n"
    ask = "for n in range(50):\n    stream_cell(words, model='rehearsal/echo?rate=0')"
    done, notebook = run(tmp_path, [f"{ASK}{words}{ask}"])
    assert done.returncode == 0, done.stderr
    bundles = displayed(notebook, 0)
    assert [len(bundle["text/plain"]) for bundle in bundles] == [2000] * 50
    assert len(json.dumps(notebook)) < 400_000
