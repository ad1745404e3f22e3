"""Moderated answers in a real page: what the websocket carried, what the page shows, and what the notebook keeps."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from streamcell import _words as words

if TYPE_CHECKING:
    from collections.abc import Callable

    from .notebook import Notebook

FLAGGED = "Nothing pushes the cards"
SOURCE = f"""\
import threading
from streamcell import Moderation, stream_cell
go, flagged = threading.Event(), {FLAGGED[::-1]!r}[::-1]  # no notebook has it as it is

def judge(text):
    if flagged in text:
        go.wait(60)
        return {{"flagged": True, "categories": {{"our rule": 0.91}}}}
    return False

def moderation(mode):
    return Moderation(judge, mode=mode, window=200, overlap=40, timeout=60)
"""


def cell(mode: str) -> str:
    model = "rehearsal/tour?seed=1&rate=0"
    return f"cell = stream_cell('Explain entropy', model={model!r}, moderator=moderation({mode!r}))"


def carried(notebook: Notebook) -> str:
    """Return all that the kernel has sent to the page: each message, and what patches have appended, joined."""
    frames = notebook.frames.received()
    customs = [frame.custom for frame in frames if frame.custom is not None]
    grown = [op[2] for custom in customs for op in custom.get("ops", []) if op[0] == "grow"]
    return "\n".join(["".join(grown), *(json.dumps(frame.message["content"], ensure_ascii=False) for frame in frames)])


def saved(notebook: Notebook) -> str:
    notebook.save()
    return notebook.path.read_text("utf-8")


@pytest.mark.parametrize("mode", ["hold", pytest.param("watch", marks=pytest.mark.long)])
def test_flagged_text_is_taken_out_of_page_and_notebook(open_notebook: Callable[..., Notebook], mode: str) -> None:
    notebook = open_notebook([SOURCE, cell(mode), "go.set()", "go.clear()", cell(mode)])
    notebook.run(0)
    notebook.frames.clear()
    notebook.start(1)
    notebook.wait_for_status(1, "streaming")
    status = notebook.view(1).locator(".sc-status")
    if mode == "hold":
        expect(status).to_have_text("Checking the answer")  # all has come
        assert FLAGGED not in notebook.page.content()
        notebook.picture("moderation-held")
    else:
        expect(notebook.answer(1)).to_contain_text(FLAGGED)
    kept = saved(notebook)
    notebook.reload()  # amid that
    notebook.wait_for_connection()
    notebook.wait_for_status(1, "streaming")
    if mode == "hold":
        expect(notebook.answer(1)).to_contain_text("Entropy counts the ways")
        assert FLAGGED not in kept
    notebook.run(2)
    notebook.wait_for_status(1, "failed")
    card = notebook.view(1).locator(".sc-card")
    expect(card).to_contain_text(words.FLAGGED)
    expect(card.get_by_role("list", name="Flagged")).to_have_text("our rule0.91")
    expect(notebook.answer(1)).to_contain_text("Entropy counts the ways")
    assert FLAGGED not in notebook.page.content()
    assert not notebook.button(1, "Continue").is_visible()
    assert FLAGGED not in saved(notebook)

    # Retry is another version, and Stop leaves out what waits.
    notebook.button(1, "Retry").click()
    expect(notebook.view(1).get_by_text("2/2")).to_be_visible()
    notebook.wait_for_status(1, "failed")
    notebook.run(3)
    notebook.start(4)
    notebook.wait_for_status(4, "streaming")
    if mode == "watch":
        expect(notebook.answer(4)).to_contain_text(FLAGGED)
    else:
        expect(notebook.view(4).locator(".sc-status")).to_have_text("Checking the answer")
    notebook.button(4, "Stop").click()
    notebook.wait_for_status(4, "stopped")
    expect(notebook.view(4).locator(".sc-notice")).to_contain_text("were not judged yet")
    notebook.run(2)
    assert FLAGGED not in notebook.page.content()
    assert FLAGGED not in saved(notebook)
    if mode == "hold":
        assert FLAGGED not in carried(notebook)
        assert "Entropy counts the ways" in carried(notebook)
