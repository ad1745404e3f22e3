"""What a cell leaves in the notebook; the page's tests read the same examples."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from streamcell._errors import Interrupted, RateLimited, Stopped
from streamcell.answer.document import Document, Version
from streamcell.answer.events import Origin
from streamcell.answer.status import Status
from streamcell.notebook.output import ANSWER, bundle_of, note_of
from streamcell.wire.messages import view_of

EXAMPLES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "wire" / "outputs.json").read_text("utf-8"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["name"])
def test_both_languages_leave_the_same(example: dict[str, Any]) -> None:
    view = {**view_of(Document()), **example["document"]}
    data, metadata = bundle_of(view, "the key", "the model")
    assert {"data": data, "metadata": metadata} == example["output"]


def noted(**of_the_version: Any) -> str:
    return note_of(view_of(Document(current=replace(Version(text="Half of"), **of_the_version))))


def test_what_is_not_whole_says_so() -> None:
    assert noted(status=Status.DONE, finish_reason="stop") == ""
    assert "not the whole answer" in noted(status=Status.DONE, finish_reason="length")
    assert "not the whole answer" in noted(status=Status.DONE, finish_reason="content_filter")
    assert noted(status=Status.STOPPED, error=Stopped(text="Half of")).startswith("Stopped")
    assert "cut off" in noted(status=Status.INTERRUPTED, error=Interrupted("the connection broke"))
    assert noted(status=Status.FAILED, error=RateLimited("slow down")).startswith("Rate limit")
    assert noted(status=Status.STREAMING) == "Not finished when this was saved."
    assert noted(status=Status.DONE, refusal="I will not.") == "The model refused: I will not."


def test_the_text_stands_there_twice_and_nothing_that_is_empty() -> None:
    text = "word " * 400
    version = Version(text=text, status=Status.DONE, finish_reason="stop", origin=Origin("m", "Responses API", ""))
    bundle, metadata = bundle_of(view_of(Document(current=version)), "key", None)
    assert json.dumps(bundle).count(text) == 2
    assert metadata == {ANSWER: {"id": "key"}}
    assert bundle[ANSWER]["document"] == {
        "status": "done",
        "attempt": 1,
        "finish_reason": "stop",
        "origin": {"model": "m", "api": "Responses API", "note": "", "rehearsal": False},
        "versions": 1,
        "attempts": 1,
    }
