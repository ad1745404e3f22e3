"""`await cell` as a cell's last line: the answer stands there already, so its text is not shown once more below it."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path
from typing import Any

import pytest

from streamcell.notebook import ipython
from streamcell.notebook.joined import ANSWERS
from streamcell.notebook.output import ANSWER
from streamcell.notebook.shown_text import ShownText

from .notebooks import run

ASK = "from streamcell import stream_cell\ncell = stream_cell('one *two*', model='rehearsal/echo?rate=0')\n"
HIDDEN = "cell = stream_cell('one', model='rehearsal/echo?rate=0', display=False)\n"


def test_the_text_is_not_shown_again_where_the_answer_is(tmp_path: Path) -> None:
    again = [f"{ASK}await cell", f"{ASK}cell.result()", f"{ASK}text = await cell\ntext"]
    others = [
        "text",
        "await cell",
        f"{HIDDEN}await cell",
        f"{ASK}(await cell).upper()",
        f"{ASK}display(await cell)",
        "print(type(Out[1]).__mro__[1].__name__, Out[1] + '!', Out[2] == text)",
    ]
    done, notebook = run(tmp_path, [*again, *others])
    assert done.returncode == 0, done.stderr
    shown: list[list[Any]] = []
    for cell in notebook.cells:
        data = [output.get("data", {"text/plain": output.get("text")}) for output in cell.outputs]
        shown.append(["answer" if ANSWER in one else one["text/plain"] for one in data])
    assert shown == [
        ["answer"],
        ["answer"],
        ["answer"],
        ["'one *two*'"],
        ["'one *two*'"],
        ["'one'"],
        ["answer", "'ONE *TWO*'"],
        ["answer", "'one *two*'"],
        ["str one *two*! True\n"],
    ]


def test_a_turn_and_a_comparison_are_not_shown_again_below_themselves(tmp_path: Path) -> None:
    model = "'rehearsal/echo?rate=0'"
    lines = [
        f"from streamcell import stream_chat, stream_compare\nchat = stream_chat({model})\nchat.send('one')",
        "chat.send('two')",
        "chat.turns[0].text",
        f"other = stream_chat({model})\nother.send('three')\nawait other",
        f"grid = stream_compare('four', models=[{model}, {model} + '&seed=2'])\nawait grid",
        "grid.result()[0]",
    ]
    done, notebook = run(tmp_path, lines)
    assert done.returncode == 0, done.stderr
    shown = [
        ["group" if ANSWERS in one else "answer" if ANSWER in one else one["text/plain"] for one in data]
        for data in ([output.data for output in cell.outputs] for cell in notebook.cells)
    ]
    assert shown == [["group"], [], ["'one'"], ["group"], ["group"], ["'four'"]]


def test_it_is_a_string_for_everything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    text = ShownText("one", "here")
    assert isinstance(text, str)
    used = (text, f"{text}", text + "!", hash(text), json.dumps([text]))
    assert used == ("one", "one", "one!", hash("one"), '["one"]')
    for other in (copy.copy(text), copy.deepcopy(text), pickle.loads(pickle.dumps(text)), str(text), text[:]):
        assert type(other) is str
        assert other == "one"
    monkeypatch.setattr(ipython, "place", lambda: "elsewhere")
    with pytest.raises(NotImplementedError):
        text._ipython_display_()
