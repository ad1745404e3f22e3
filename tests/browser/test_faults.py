"""What a user sees and can press when an answer is refused, falls silent, or is cut."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from .cells import ask

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamcell.rehearsal import Exchange

    from .notebook import Notebook

IMPORTS = "from streamcell import RetryPolicy, Timeouts, stream_cell\n"


AT_ITS_PLACE = """(mark, word) => {
    const place = ({ left, right, top, bottom }) => ({ left, right, top, bottom });
    const walker = document.createTreeWalker(mark.parentElement, NodeFilter.SHOW_TEXT);
    const found = [];
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        for (let at = node.data.indexOf(word); at >= 0; at = node.data.indexOf(word, at + 1)) {
            const range = document.createRange();
            range.setStart(node, at);
            range.setEnd(node, at + word.length);
            found.push(place(range.getBoundingClientRect()));
        }
    }
    const { left, top } = place(mark.getBoundingClientRect());
    const middle = left + 3;
    const away = ({ right, top: y }) => Math.hypot(right - middle, y - top);
    return { left: middle, top, word: found.sort((one, other) => away(one) - away(other))[0] };
}"""


def line(notebook: Notebook, index: int) -> str:
    return notebook.view(index).locator(".sc-status").inner_text()


def test_a_cut_answer_goes_on_with_continue_and_the_seam_stays_in_sight(
    open_notebook: Callable[..., Notebook], asked: Callable[..., Exchange]
) -> None:
    prompt = "Explain entropy, and be cut"
    notebook = open_notebook(
        [ask(prompt, "cut?after=60&rate=400"), "print([part.resumed and part.resumed.value for part in cell.parts])"]
    )
    notebook.start(0)
    notebook.wait_for_status(0, "interrupted")
    card = notebook.view(0).locator(".sc-card")
    assert "cut off" in card.inner_text()
    cut = notebook.copied(0)
    assert cut == asked(prompt, ended="finished").text_sent

    notebook.button(0, "Continue").click()
    notebook.wait_for_status(0, "done")
    assert card.count() == 0
    mark = notebook.view(0).get_by_role("note")
    assert "a second request asked for the rest" in str(mark.get_attribute("title"))
    assert " ".join(cut[-40:].split()) in str(mark.get_attribute("aria-label"))
    # It stands behind the last word that came before: over the text, as high as a line, and reached by keyboard.
    where = mark.evaluate(AT_ITS_PLACE, cut.split()[-1])
    assert where["left"] == pytest.approx(where["word"]["right"], abs=8)
    assert where["word"]["top"] - 4 <= where["top"] <= where["word"]["bottom"]
    notebook.picture("resumed")
    mark.focus()
    assert mark.evaluate("node => node === document.activeElement")
    whole = notebook.copied(0)
    assert whole.startswith(cut)
    assert len(whole) > len(cut)
    assert not notebook.button(0, "Continue").is_visible()
    notebook.run(1)
    assert notebook.printed(1).strip() == "[None, 'continued']"


def test_an_answer_that_is_taken_up_by_itself_stays_where_it_is(open_notebook: Callable[..., Notebook]) -> None:
    cell = (
        f"{IMPORTS}cell = stream_cell('Explain entropy', model='rehearsal/cut?after=200&rate=60', api='responses', "
        "background=True)"
    )
    notebook = open_notebook([cell])
    notebook.start(0)
    # What follows it is there: it is whole.
    notebook.answer(0).locator("h2 ~ *").first.wait_for(state="attached")
    heading = notebook.answer(0).locator("h2").first.element_handle()
    assert heading is not None
    selected = heading.evaluate("node => { getSelection().selectAllChildren(node); return String(getSelection()); }")
    notebook.wait_for_status(0, "done")
    assert "the provider resumed at this character" in str(notebook.view(0).get_by_role("note").get_attribute("title"))
    assert heading.evaluate("node => node.isConnected")
    assert notebook.page.evaluate("String(getSelection())") == selected != ""


def test_a_refusal_counts_down_and_retry_now_does_not_wait(open_notebook: Callable[..., Notebook]) -> None:
    notebook = open_notebook([ask("Explain entropy", "rate_limit?retry_after=50,tour?rate=400")])
    notebook.start(0)
    notebook.wait_for_status(0, "waiting")
    first = line(notebook, 0)
    assert re.fullmatch(r"Waiting · attempt 2 of 4, in \d+ s · Rate limit reached", first)
    notebook.page.wait_for_function(
        "([node, text]) => node.innerText !== text",
        arg=[notebook.view(0).locator(".sc-status").element_handle(), first],
    )
    assert notebook.button(0, "Stop").is_visible()
    notebook.button(0, "Retry now").click()
    notebook.wait_for_status(0, "done", timeout=30_000)
    assert notebook.answer(0).locator("h2").first.inner_text() == "Entropy counts the ways"


def test_silence_is_shown_before_it_is_given_up_and_the_text_stays(open_notebook: Callable[..., Notebook]) -> None:
    cell = (
        f"{IMPORTS}cell = stream_cell('Explain entropy', model='rehearsal/stall?after=20&seconds=3600&rate=400', "
        "timeouts=Timeouts(between_chunks=15, notify_after=1))"
    )
    notebook = open_notebook([cell])
    notebook.start(0)
    notebook.wait_for_status(0, "streaming")
    status = notebook.view(0).locator(".sc-status")
    status.filter(has_text=re.compile(r"no data for \d+ s, given up after 15 s")).wait_for()
    notebook.wait_for_status(0, "interrupted")
    assert "fell silent" in notebook.view(0).locator(".sc-card").inner_text()
    assert notebook.copied(0).startswith("## Entropy")
    assert notebook.button(0, "Continue").is_visible()
