"""A saved notebook, opened again: each answer stands there once, live where its kernel is, and never an error."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from .cells import ask
from .notebook import PANEL, Opener

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import BrowserContext, Page

    from .jupyterlab import JupyterLab
    from .notebook import Notebook

SENTENCE = "The owl in the lighthouse counts every wave"
WHOLE = f"# A saved answer\n\n{SENTENCE}, *twice* on Sundays: \\(a < b\\) and <b>bold</b>.\n\n- one\n- two\n"
LONG = "bulk?characters=40000&chunks=10000&rate=50"  # would take 200 s
ANSWER = "application/vnd.streamcell.answer+json"
ERRORS = ("Error displaying widget", "model not found", "Loading widget", "Javascript Error")
DONE, STOPPED, STREAMING = range(3)
CELLS = [ask(WHOLE, "echo?rate=0"), ask("To be stopped", LONG), ask("Saved in mid-stream", LONG)]


@pytest.fixture(scope="module")
def saved(lab: JupyterLab, context: BrowserContext, spare: list[Page]) -> Iterator[Notebook]:
    """A notebook that was saved when one answer was done, one stopped, and one on its way; the page has left it."""
    opener = Opener(lab, context, "saved", spare)
    notebook = opener(CELLS)
    notebook.run_all()
    notebook.wait_for_more_text(STOPPED, than=100)
    notebook.button(STOPPED, "Stop").click()
    notebook.wait_for_status(STOPPED, "stopped")
    notebook.wait_for_status(DONE, "done")
    notebook.wait_for_more_text(STREAMING, than=100)
    notebook.save()
    notebook.page.goto("about:blank")
    yield notebook
    opener.close()


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


def test_with_its_kernel_it_is_live(saved: Notebook) -> None:
    """In JupyterLab and then in Notebook 7, which is left with the last answer stopped."""
    texts = [data["text/plain"] for data in data_of(saved.path)]
    for app in ("lab", "notebook"):
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
    saved.page.goto("about:blank")


@pytest.mark.parametrize(("app", "kernel"), [("lab", True), ("lab", False), ("notebook", True), ("notebook", False)])
def test_without_its_kernel_it_is_what_was_saved(saved: Notebook, lab: JupyterLab, app: str, kernel: bool) -> None:
    lab.end_sessions({saved.name})
    texts = [data["text/plain"] for data in data_of(saved.path)]
    content = json.loads(saved.path.read_text("utf-8"))
    content["metadata"]["kernelspec"]["name"] = "python3" if kernel else "a-kernel-of-last-year"
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


@pytest.mark.parametrize(
    "state", [False, pytest.param(True, marks=pytest.mark.long)], ids=["as it is", "with widgets' state saved"]
)
def test_fifty_answers_of_two_kilobytes_are_below_400_kb(open_notebook: Callable[..., Notebook], state: bool) -> None:
    words = " ".join(f"number {n}" for n in range(200))[:2000]
    many = f"from streamcell import stream_cell\nfor n in range(50): stream_cell({words!r}, model='echo?rate=0')"
    notebook = open_notebook([many, "import ipywidgets\nipywidgets.IntSlider(value=42)"])
    toggle = "@jupyter-widgets/jupyterlab-manager:saveWidgetState"
    if state:
        notebook.execute(toggle)
        notebook.page.wait_for_function(f"() => window.jupyterapp.commands.isToggled({toggle!r})")
    try:
        notebook.run_all()
        notebook.cell(0).locator('[data-streamcell][data-status="done"]').nth(49).wait_for()
        notebook.wait_for_cell(1)
        notebook.save()
    finally:
        if state:
            notebook.execute(toggle)
    assert notebook.path.stat().st_size < 400_000
    content = json.loads(notebook.path.read_text("utf-8"))
    assert len(content["cells"][0]["outputs"]) == 50
    # Another's widget is saved, as the user asked for, ours are in the outputs.
    saved_state = content["metadata"].get("widgets", {}).get("application/vnd.jupyter.widget-state+json", {})
    models = sorted(model["model_name"] for model in saved_state.get("state", {}).values())
    assert models == (["IntSliderModel", "LayoutModel", "SliderStyleModel"] if state else [])


TWICE = """\
from itertools import count
from streamcell import stream_cell

def asked_twice():
    numbers = count(1)
    return lambda: [f"{'word ' * 400}{next(numbers)}"]

cells = [stream_cell(asked_twice()) for _ in range(50)]"""
AGAIN = """\
for cell in cells: cell.result(), cell.retry()
for cell in cells: cell.result()"""
ENDINGS = "() => [...document.querySelectorAll('[data-streamcell-answer]')].map((one) => one.textContent.trim().at(-1))"


@pytest.mark.long
def test_fifty_answers_of_two_versions_of_two_kilobytes_are_below_600_kb_and_both_can_be_read_without_a_kernel(
    open_notebook: Callable[..., Notebook],
) -> None:
    notebook = open_notebook([TWICE, AGAIN])
    notebook.run_all()
    notebook.wait_for_cell(1)
    notebook.page.wait_for_function(f"() => ({ENDINGS})().join('') === '2'.repeat(50)")
    notebook.page.wait_for_function("() => document.querySelectorAll('[data-status=done]').length === 50")
    notebook.save()
    assert notebook.path.stat().st_size < 600_000
    content = json.loads(notebook.path.read_text("utf-8"))
    outputs = content["cells"][0]["outputs"]
    kept = [other["parts"][0]["body"][-1] for output in outputs for other in output["data"][ANSWER]["others"]]
    assert kept == ["1"] * 50
    content["metadata"]["kernelspec"]["name"] = "a-kernel-of-last-year"
    notebook.path.write_text(json.dumps(content), "utf-8")
    notebook.lab.end_sessions({notebook.name})
    notebook.reopen(notebook.name, kernel=False)
    notebook.wait_for_status(0, "done")
    assert notebook.page.evaluate(ENDINGS) == ["2"] * 50
    notebook.button(0, "Previous version").click()
    notebook.page.wait_for_function(f"() => ({ENDINGS})().join('') === '1' + '2'.repeat(49)")
    assert notebook.view(0).get_by_text("1/2", exact=True).is_visible()
    assert notebook.copied(0).endswith(" 1")
    notebook.button(0, "Next version").click()
    notebook.page.wait_for_function(f"() => ({ENDINGS})()[0] === '2'")


def test_the_same_answer_again_is_the_same_output_but_for_its_metadata(open_notebook: Callable[..., Notebook]) -> None:
    """So that Git's diffs show what has changed, and nbdime no output as deleted and another as inserted."""
    notebook = open_notebook([ask(WHOLE, "echo?rate=0")])
    outputs = []
    for _ in range(2):
        notebook.run(0)
        notebook.wait_for_status(0, "done")
        # The kernel's Markdown of the answer comes behind its end.
        notebook.page.wait_for_function(
            f"() => {PANEL}.content.widgets[0].model.sharedModel.getOutputs()"
            ".some((output) => String(output.data['text/markdown']).startsWith('# A saved answer'))"
        )
        notebook.save()
        cell = json.loads(notebook.path.read_text("utf-8"))["cells"][0]
        outputs += cell["outputs"]
    (one, other) = outputs
    assert one["data"] == other["data"]
    assert one["metadata"][ANSWER]["id"] != other["metadata"][ANSWER]["id"]
