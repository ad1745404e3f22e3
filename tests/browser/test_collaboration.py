"""Two people on one notebook, each with a browser, by jupyter-collaboration: an answer stays one output."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from .cells import grow_until
from .conftest import close
from .jupyterlab import COLLABORATION, JupyterLab
from .notebook import Opener

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from streamcell.rehearsal import RehearsalServer

GATE = "seen-by-two.gate"


@pytest.fixture
def people(
    tmp_path_factory: pytest.TempPathFactory,
    rehearsal: RehearsalServer,
    browser: Browser,
    request: pytest.FixtureRequest,
) -> Iterator[tuple[Opener, Opener]]:
    """Who opens notebooks in a JupyterLab that several people share: the environment has it, beside the main one."""
    environment = {"OPENAI_BASE_URL": rehearsal.base_url, "OPENAI_API_KEY": "rehearsal"}
    folder = tmp_path_factory.mktemp("collaboration") / "server"
    with JupyterLab(folder, environment, python=COLLABORATION) as lab:
        contexts = [browser.new_context(viewport={"width": 1100, "height": 1000}) for _ in range(2)]
        first, second = (Opener(lab, context, name) for context, name in zip(contexts, ("ada", "bob"), strict=True))
        yield first, second
        for opener, context in zip((first, second), contexts, strict=True):
            close(request, opener)
            context.close()


@pytest.mark.long
def test_an_answer_that_two_people_see_and_run_stays_one_output(people: tuple[Opener, Opener]) -> None:
    ada, bob = people
    first = ada([grow_until(GATE)])
    gate = first.path.with_name(GATE)
    said = first.path.with_name(f"{GATE}.txt")
    assert first.memory("panel.context.model.collaborative") is True
    first.run(0)
    first.wait_for_status(0, "streaming")
    second = bob.again(first)
    second.wait_for_status(0, "streaming")
    gate.touch()
    for notebook in (first, second):
        notebook.wait_for_status(0, "done")
    for runs in (second, first):
        assert [len(notebook.outputs(0)) for notebook in (first, second)] == [1, 1]
        gate.unlink()
        runs.run(0)
        for notebook in (first, second):
            notebook.wait_for_status(0, "streaming")
        gate.touch()
        for notebook in (first, second):
            notebook.wait_for_status(0, "done")
            notebook.save()
    assert [len(notebook.outputs(0)) for notebook in (first, second)] == [1, 1]
    (output,) = json.loads(first.path.read_text("utf-8"))["cells"][0]["outputs"]
    assert "".join(output["data"]["text/plain"]) == said.read_text("utf-8")
    assert [notebook.cell(0).locator("[data-streamcell]:visible").count() for notebook in (first, second)] == [1, 1]
