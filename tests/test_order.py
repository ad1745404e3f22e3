"""The field's order: reasoning, text, call and result, text, source, image; in both APIs, by the real SDK over HTTP."""

from __future__ import annotations

from typing import Literal

import pytest

from streamcell import ToolCall, stream_cell
from streamcell.notebook.output import ANSWER
from streamcell.rehearsal._pictures import base64_of

pytestmark = pytest.mark.usefixtures("embedded")

KINDS = ["reasoning", "text", "tool_call", "text", "citation", "image"]


def gauge(place: str) -> str:
    """Say how high the water stands at a place."""
    return f"4.2 m in {place}"


@pytest.mark.parametrize("api", ["responses", "chat"])
def test_parts_are_kept_saved_and_said_in_the_order_in_which_they_came(api: Literal["responses", "chat"]) -> None:
    thinks = {"reasoning": {"summary": "auto"}} if api == "responses" else {}
    options = {"tools": [gauge], "approve": True, "api": api, "display": False, **thinks}
    cell = stream_cell("How high is the river?", model="rehearsal/everything", **options)
    assert cell.result(300).endswith("The gauge says: 4.2 m in Oslo.")
    assert [part.kind for part in cell.parts] == KINDS
    call = cell.parts[2]
    assert isinstance(call, ToolCall)
    assert call.result == "4.2 m in Oslo"
    bundle = cell._repr_mimebundle_()[0]
    assert [part["kind"] for part in bundle[ANSWER]["document"]["parts"]] == KINDS
    saved = ["Let me look", "`gauge` (done)", "4.2 m in Oslo\n```", "The gauge says", "**Sources**", base64_of(1)]
    places = [bundle["text/markdown"].find(one) for one in saved]
    assert -1 not in places
    assert places == sorted(places)
