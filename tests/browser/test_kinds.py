"""Parts in a real page: their order, sources below them, and what the page does not know."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .accessible import checked
from .cells import ask

if TYPE_CHECKING:
    from collections.abc import Callable

    from .notebook import Notebook

BY_TURNS = """\
from streamcell import stream_cell

def chunks():
    said = [("reasoning_content", "First *think*."), ("content", "# One\\n\\nBefore the"),
            ("content", " second thought."), ("reasoning_content", "Think again."),
            ("content", "\\n\\nAnd **after** it.")]
    for field, text in said:
        yield {"choices": [{"index": 0, "delta": {field: text}, "finish_reason": None}]}
    yield {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "citations": [
        "https://example.org/rivers", "javascript:alert(1)"]}

cell = stream_cell(chunks)"""

GAUGE = (
    (Path(__file__).parents[1] / "kinds" / "gauge.py").read_text("utf-8")
    + """
from streamcell import StreamCell
from streamcell.answer.context import ALONE
from streamcell.answer.document import Document
from streamcell.answer.events import Finished, Origin, PartChanged, PartGrew, Started
from streamcell.answer.session import Session

class Measuring:
    retry_disabled_reason = home = way = None
    origin = Origin()
    def claim(self): pass
    def release(self): pass
    async def events(self, context=ALONE):
        yield Started(self.origin)
        yield PartGrew("text", "Measuring.")
        yield PartGrew("gauge", "<b>ten</b>", "g")
        yield PartChanged("gauge", {"level": 10}, "g")
        yield Finished("stop")

cell = StreamCell(Measuring(), Session(document=Document()), None)
cell._start()
cell"""
)

THOUGHT = "Thought for less than a second"
CITED = (
    "1. The water cycle, <https://example.org/water-cycle?utm_source=rehearsal>\n"
    "2. How \\*rivers\\* find their way, <https://example.org/rivers>\n"
    "3. gauge\\_2026.csv, `file-rehearsal-1`"
)

BLOCKS = """view => [...view.querySelectorAll('.sc-parts > :not(.sc-foot), .sc-foot > *')].map(
    (one) => [one.className, one.textContent])"""


@pytest.mark.long
def test_parts_stand_in_their_order_and_sources_below_them(open_notebook: Callable[..., Notebook]) -> None:
    notebook = open_notebook([BY_TURNS])
    notebook.run(0)
    notebook.wait_for_status(0, "done")
    view = notebook.view(0)
    assert view.evaluate(BLOCKS) == [
        ["sc-fold sc-reasoning", THOUGHT],
        ["sc-text", "OneBefore the second thought."],
        ["sc-fold sc-reasoning", THOUGHT],
        ["sc-text", "And after it."],
        ["sc-sources", "Sourceshttps://example.org/riversjavascript:alert(1)"],
    ]
    assert view.locator(".sc-sources a").evaluate_all("links => links.map((link) => link.href)") == [
        "https://example.org/rivers"
    ]
    view.get_by_text(THOUGHT).nth(1).click()
    # What is folded is drawn when it is opened, which the page hears of a moment later.
    view.locator(".sc-reasoning-text").nth(1).get_by_text("Think again.", exact=True).wait_for()
    notebook.picture("parts")
    assert notebook.copied(0) == (
        "# One\n\nBefore the second thought.\n\nAnd **after** it.\n\n"
        "**Sources**\n\n1. <https://example.org/rivers>\n2. javascript:alert(1)"
    )
    notebook.reopen_without_kernel()
    assert [name for name, _ in notebook.view(0).evaluate(BLOCKS)] == [
        "sc-fold sc-reasoning",
        "sc-text",
        "sc-fold sc-reasoning",
        "sc-text",
        "sc-sources",
    ]


def test_pages_and_files_are_cited_below_the_answer(open_notebook: Callable[..., Notebook]) -> None:
    notebook = open_notebook([ask("How do rivers work?", "rehearsal/citations?rate=0")])
    notebook.run(0)
    notebook.wait_for_status(0, "done")
    sources = notebook.view(0).get_by_role("group", name="Sources")
    shown = [
        ["The water cycle", "example.org"],
        ["How *rivers* find their way", "example.org"],
        ["gauge_2026.csv", "file-rehearsal-1"],
    ]
    each = "items => items.map((item) => [...item.children].map((one) => one.textContent))"
    assert sources.locator("li").evaluate_all(each) == shown
    assert sources.get_by_role("link").nth(1).get_attribute("href") == "https://example.org/rivers"
    assert checked(notebook.page)["violations"] == []
    notebook.picture("citations")
    assert notebook.copied(0).endswith("\n\n**Sources**\n\n" + CITED)
    notebook.reopen_without_kernel()
    sources = notebook.view(0).get_by_role("group", name="Sources")
    assert sources.locator("li").evaluate_all(each) == shown
    content = json.loads(notebook.path.read_text("utf-8"))
    assert "".join(content["cells"][0]["outputs"][0]["data"]["text/markdown"]).endswith(CITED)


def test_a_kind_that_the_page_does_not_know_is_shown_as_a_block_under_its_name(
    open_notebook: Callable[..., Notebook],
) -> None:
    notebook = open_notebook([GAUGE])
    notebook.run(0)
    notebook.wait_for_status(0, "done")
    block = notebook.view(0).get_by_role("group", name="gauge")
    assert block.locator("pre").inner_text() == "<b>ten</b>"
    notebook.reopen_without_kernel()
    assert notebook.view(0).get_by_role("group", name="gauge").locator("pre").inner_text() == "<b>ten</b>"
