"""A call of a tool is the same Markdown in a saved notebook and on the clipboard: the page reads the same file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from streamcell.answer.parts.tool_call import CallState, ToolCall

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "kinds" / "tool_call.json").read_text("utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["fields"].get("state", "called")))
def test_a_call_is_saved_as_the_page_copies_it(case: dict[str, Any]) -> None:
    fields = {**case["fields"], "state": CallState(case["fields"].get("state", "called"))}
    assert ToolCall(arguments=case["body"], **fields).markdown() == case["markdown"]


def test_the_cases_have_every_state() -> None:
    assert {case["fields"].get("state", "called") for case in CASES} == {state.value for state in CallState}
