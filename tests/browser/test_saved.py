"""A saved notebook, opened again: each answer stands there once, live where its kernel is, and never an error."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from .cells import ask

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .jupyterlab import JupyterLab
    from .notebook import Notebook

SENTENCE = "The owl in the lighthouse counts every wave"
WHOLE = f"# A saved answer\n\n{SENTENCE}, *twice* on Sundays: \\(a < b\\) and <b>bold</b>.\n\n- one\n- two\n"
LONG = "bulk?characters=20000&chunks=5000&rate=50"  # would take 100 s
ANSWER = "application/vnd.streamcell.answer+json"
ERRORS = ("Error displaying widget", "model not found", "Loading widget", "Javascript Error")
DONE, STOPPED, STREAMING = range(3)
CELLS = [ask(WHOLE, "echo?rate=0"), ask("To be stopped", LONG), ask("Saved in mid-stream", LONG)]


@pytest.fixture
def saved(open_notebook: Callable[..., Notebook]) -> Notebook:
    """A notebook that was saved when one answer was done, one stopped, and one on its way; the page has left it."""
    notebook = open_notebook(CELLS)
    notebook.run_all()
    notebook.wait_for_more_text(STOPPED, than=100)
    notebook.button(STOPPED, "Stop").click()
    notebook.wait_for_status(STOPPED, "stopped")
    notebook.wait_for_status(DONE, "done")
    notebook.wait_for_more_text(STREAMING, than=100)
    notebook.save()
    notebook.page.goto("about:blank")
    return notebook


def data_of(path: Path) -> list[dict[str, Any]]:
    """What each cell's one output holds in the file."""
    notebook = json.loads(path.read_text("utf-8"))
    assert "widgets" not in notebook["metadata"]
    outputs = [output for cell in notebook["cells"] for output in cell["outputs"]]
    assert len(outputs) == len(CELLS)
    joined = lambda value: "".join(value) if isinstance(value, list) else value  # noqa: E731
    return [{name: joined(value) for name, value in output["data"].items()} for output in outputs]


def visible(notebook: Notebook, index: int) -> str:
    """What the cell's outputs show; fails where it is not one answer, or an error."""
    text = notebook.cell(index).locator(".jp-OutputArea").inner_text()
    assert [words for words in ERRORS if words in text] == []
    assert notebook.cell(index).locator("[data-streamcell]:visible").count() == 1
    return text


def test_the_file_holds_the_answers_and_nothing_of_the_widgets(saved: Notebook) -> None:
    for index, data in enumerate(data_of(saved.path)):
        assert set(data) == {ANSWER, "text/markdown", "text/plain"}
        assert data[ANSWER]["document"]["status"] == ("done", "stopped", "streaming")[index]
        assert data["text/plain"] == WHOLE if index == DONE else len(data["text/plain"]) >= 100


@pytest.mark.parametrize("app", ["lab", "notebook"])
def test_with_its_kernel_it_is_live(saved: Notebook, app: str) -> None:
    texts = [data["text/plain"] for data in data_of(saved.path)]
    saved.reopen(saved.name, app=app)
    for index, button in enumerate(("Retry", "Retry", "Stop")):
        saved.button(index, button).wait_for()
        visible(saved, index)
    assert visible(saved, DONE).count(SENTENCE) == 1
    assert [saved.copied(DONE), saved.copied(STOPPED)] == texts[:STREAMING]
    saved.wait_for_more_text(STREAMING, than=len(texts[STREAMING]))
    saved.button(STREAMING, "Stop").click()
    saved.wait_for_status(STREAMING, "stopped")
    assert saved.copied(STREAMING).startswith(texts[STREAMING])
    saved.button(DONE, "Retry").click()
    saved.view(DONE).get_by_text("2/2").wait_for()


@pytest.mark.parametrize(("app", "kernel"), [("lab", True), ("lab", False), ("notebook", True), ("notebook", False)])
def test_without_its_kernel_it_is_what_was_saved(saved: Notebook, lab: JupyterLab, app: str, kernel: bool) -> None:
    lab.end_sessions({saved.name})
    texts = [data["text/plain"] for data in data_of(saved.path)]
    if not kernel:
        content = json.loads(saved.path.read_text("utf-8"))
        content["metadata"]["kernelspec"]["name"] = "a-kernel-of-last-year"
        saved.path.write_text(json.dumps(content), "utf-8")
    saved.reopen(saved.name, app=app, kernel=kernel)
    if kernel:
        saved.wait_until_ready()  # another one, which knows nothing of these answers
    for index, status in enumerate(("done", "stopped", "gone")):
        saved.wait_for_status(index, status)
        visible(saved, index)
        assert not saved.button(index, "Stop").is_visible()
        assert not saved.button(index, "Retry").is_visible()
        assert saved.copied(index) == texts[index]
    assert visible(saved, DONE).count(SENTENCE) == 1
    assert saved.answer(DONE).locator("h1").inner_text() == "A saved answer"
