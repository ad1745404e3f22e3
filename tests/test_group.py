"""Several answers in one output: what they save, and a run that nobody attends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from streamcell import stream_cell
from streamcell.answer.status import TERMINAL, Status
from streamcell.notebook.group import Group
from streamcell.notebook.joined import ANSWERS, Place, joined
from streamcell.notebook.output import ANSWER

from .notebooks import displayed, errors, run

WIRE = Path(__file__).parent / "wire"
LIMIT = 300.0


def example(name: str) -> Any:
    return json.loads((WIRE / f"{name}.json").read_text("utf-8"))


def test_both_languages_join_answers_alike() -> None:
    outputs = {one["name"]: (one["output"]["data"], one["output"]["metadata"]) for one in example("outputs")}
    given = example("../joined")
    places = [Place(**place) for place in given["places"]]
    data, metadata = joined(given["addon"], given["state"], places, outputs, "the key", "the model")
    assert {"data": data, "metadata": metadata} == given["output"]
    shown = [(place, item) for place, item in zip(places, data[ANSWERS]["items"], strict=True) if not place.hidden]
    for name in ("text/plain", "text/markdown"):
        for place, item in shown:
            start, length = item.get("at", {}).get(name, (0, 0))
            expected = outputs[place.key][0][name] if place.key else ""
            assert data[name][start : start + length] == expected


class Pair(Group):
    """A group as a layout would make one."""

    def ask(self, prompt: str, **options: Any) -> None:
        cell = stream_cell(prompt, display=False, **options)
        self._arrange([*self._arranged, Place(cell._key, plain=prompt)], [cell])


def test_its_saved_form_has_each_answer_once_and_stop_ends_those_that_stream() -> None:
    pair = Pair()
    pair.ask("Explain entropy", model="rehearsal?rate=0&first_token=0")
    pair.ask("Explain", model="rehearsal?first_token=600")
    first, second = pair._shown_cells
    text = first.result(LIMIT)
    pair.stop()
    assert (first.status, second.status) == ("done", "stopped")
    data, metadata = pair._repr_mimebundle_()
    assert data["text/plain"].count(text) == 1
    assert data["text/plain"].startswith("Explain entropy\n\n")
    items = data[ANSWERS]["items"]
    assert [item["answer"]["document"]["status"] for item in items] == ["done", "stopped"]
    assert [run["id"] for run in metadata[ANSWERS]["runs"]] == [first._key, second._key]
    assert all(Status(cell.status) in TERMINAL for cell in pair._shown_cells)


UNATTENDED = """\
from streamcell import stream_cell
from streamcell.notebook.group import Group
from streamcell.notebook.joined import Place
pair = Group()
pair._show()
def ask(prompt, **options):
    cell = stream_cell(prompt, display=False, **options)
    pair._arrange([*pair._arranged, Place(cell._key, plain=prompt)], [cell])
ask("Explain", model="rehearsal/tour?rate=400")"""


FAILING = """\
pair = Group()
pair._show()
ask("Explain", model="rehearsal/drop?after=12", retry=1)"""


def test_a_run_that_nobody_attends_holds_each_execution_saves_all_answers_once_and_fails_with_one(
    tmp_path: Path,
) -> None:
    done, notebook = run(tmp_path, [UNATTENDED, "ask('And more?', model='rehearsal/tour?rate=400')", FAILING, "1"])
    (bundle,) = displayed(notebook, 0)
    assert displayed(notebook, 1) == []
    assert set(bundle) == {ANSWERS, "text/markdown", "text/plain"}
    items = bundle[ANSWERS]["items"]
    assert [(item["plain"], item["answer"]["document"]["status"]) for item in items] == [
        ("Explain", "done"),
        ("And more?", "done"),
    ]
    assert bundle["text/plain"].count("## This is a rehearsal answer") == 2
    assert "widgets" not in notebook.metadata
    assert ANSWER not in bundle
    assert done.returncode != 0
    assert [errors(notebook, index) for index in range(4)] == [[], [], ["Interrupted"], []]
    assert notebook.cells[3].outputs == []
    assert "Interrupted" in done.stdout + done.stderr
