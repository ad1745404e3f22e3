"""A recording that is played in a real notebook: Play, Pause, Step and the speed, with the mouse and by keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .accessible import checked

if TYPE_CHECKING:
    from collections.abc import Callable

    from .notebook import Notebook

RECORD = """\
from streamcell import stream_cell
recorded = stream_cell(lambda: [f"word{number} " for number in range(40)], display=False, record="replay.jsonl")
recorded.result(60)"""
REPLAY = "cell = stream_cell(replay='replay.jsonl', speed='step')"


def test_a_recording_is_stepped_played_and_played_again(open_notebook: Callable[..., Notebook]) -> None:
    notebook = open_notebook([RECORD, REPLAY, "print(len(cell.versions), cell.text == recorded.text)"])
    notebook.run(0)
    notebook.start(1)
    bar = notebook.view(1).get_by_role("group", name="Replay")
    step = bar.get_by_role("button", name="Step", exact=True)
    for number in range(3):
        step.click()
        notebook.answer(1).get_by_text(f"word{number}").wait_for()
    assert "word3" not in notebook.answer(1).inner_text()
    step.focus()
    notebook.page.keyboard.press("Enter")
    notebook.answer(1).get_by_text("word3").wait_for()
    assert notebook.status(1) == "streaming"

    bar.get_by_role("combobox", name="Speed").select_option("8×")
    notebook.page.wait_for_function(
        "(node) => node.value === '8'", arg=bar.get_by_role("combobox", name="Speed").element_handle()
    )
    assert checked(notebook.page)["violations"] == []
    bar.get_by_role("button", name="Play", exact=True).click()
    notebook.wait_for_status(1, "done")
    assert bar.get_by_role("button", name="Step", exact=True).get_attribute("aria-disabled") == "true"

    notebook.button(1, "Retry").click()
    notebook.view(1).get_by_text("2/2").wait_for()
    notebook.wait_for_status(1, "done")
    notebook.run(2)
    assert notebook.printed(2) == "2 True\n"
