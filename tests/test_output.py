"""What a cell leaves in the notebook; the page's tests read the same examples."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest

from streamcell._errors import Interrupted, RateLimited, Stopped
from streamcell.answer.document import Document, Timings
from streamcell.answer.events import Origin, Usage
from streamcell.answer.parts import KINDS, Part
from streamcell.answer.status import Status
from streamcell.notebook.output import ANSWER, bundle_of, note_of, others_of
from streamcell.wire.messages import view_of
from tests.answers import version

EXAMPLES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "wire" / "outputs.json").read_text("utf-8"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["name"])
def test_both_languages_leave_the_same(example: dict[str, Any]) -> None:
    view = {**view_of(Document()), **example["document"], "parts": tuple(map(part_from, example["document"]["parts"]))}
    data, metadata = bundle_of(view, "the key", "the model")
    assert {"data": data, "metadata": metadata} == example["output"]


def part_from(given: dict[str, Any]) -> Part:
    """Return the part that travels as `given`."""
    part = KINDS[given["kind"]](open=False).with_body(given.get("body", ""))
    return part.with_fields(given.get("fields", {}))


def noted(**of_the_version: Any) -> str:
    return note_of(view_of(Document(current=replace(version("Half of"), **of_the_version))))


def test_what_is_not_whole_says_so() -> None:
    assert noted(status=Status.DONE, finish_reason="stop") == ""
    assert "not the whole answer" in noted(status=Status.DONE, finish_reason="length")
    assert "not the whole answer" in noted(status=Status.DONE, finish_reason="content_filter")
    assert noted(status=Status.STOPPED, error=Stopped(text="Half of")).startswith("Stopped")
    assert "cut off" in noted(status=Status.INTERRUPTED, error=Interrupted("the connection broke"))
    assert noted(status=Status.FAILED, error=RateLimited("slow down")).startswith("Rate limit")
    assert noted(status=Status.STREAMING) == "Not finished when this was saved."
    refused = version(refusal="I will not.", status=Status.DONE)
    assert note_of(view_of(Document(current=refused))) == "The model refused: I will not."


def test_versions_that_are_not_shown_are_kept_without_their_times() -> None:
    error = Stopped(text="one", request_id="req_1")
    first = version("one\x1b", status=Status.STOPPED, error=error, timings=Timings(1, 2), usage=Usage(3))
    failed = version("two", status=Status.FAILED, error=RateLimited("slow down", request_id="req_2"))
    document = Document(current=version("three", status=Status.DONE), former=(first, failed), shown=1)
    one, three = others_of(document, 1)
    parts = [{"kind": "text", "text": True, "body": "one\N{SYMBOL FOR ESCAPE}"}]
    assert one == {"parts": parts, "status": "stopped", "attempt": 1, "usage": ANY}
    parts = [{"kind": "text", "text": True, "body": "three"}]
    assert three == {"parts": parts, "status": "done", "attempt": 1, "version": 2}
    data, _ = bundle_of(view_of(document), "key", None, [one, three])
    assert data[ANSWER]["others"] == [one, three]
    assert "req_" not in json.dumps([*others_of(document, 2), data])


def test_the_text_stands_there_twice_and_nothing_that_is_empty() -> None:
    text = "word " * 400
    current = version(text, status=Status.DONE, finish_reason="stop", origin=Origin("m", "Responses API", ""))
    bundle, metadata = bundle_of(view_of(Document(current=current)), "key", None)
    assert json.dumps(bundle).count(text) == 2
    assert metadata == {ANSWER: {"id": "key"}}
    assert bundle[ANSWER]["document"] == {
        "parts": [{"kind": "text", "text": True, "characters": len(text)}],
        "status": "done",
        "attempt": 1,
        "finish_reason": "stop",
        "origin": {"model": "m", "api": "Responses API", "note": "", "rehearsal": False},
        "versions": 1,
        "attempts": 1,
    }
