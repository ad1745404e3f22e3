"""Numbers, timeline and the comparison of versions, in a real page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from .accessible import checked
from .cells import ask

if TYPE_CHECKING:
    from collections.abc import Callable

    from .notebook import Notebook

RETRIED = """\
from streamcell import RetryPolicy, stream_cell
cell = stream_cell("Explain entropy", model="rehearsal/cut?after=40&rate=40,echo?rate=0", auto_resume=True,
                   retry=RetryPolicy(attempts=3, wait_initial=1.5))"""


@pytest.mark.long
def test_the_numbers_are_live_and_the_timeline_shows_the_waits(open_notebook: Callable[..., Notebook]) -> None:
    notebook = open_notebook([ask("Long. " * 3000, "echo?rate=40"), RETRIED])
    notebook.run(0)
    numbers = notebook.view(0).locator(".sc-numbers")
    numbers.get_by_text(re.compile(r"\d s · ≈ \d+ tokens/s · first token \d")).wait_for()
    # Another page learns from the kernel since when it streams.
    notebook.save()
    notebook.reload()
    notebook.view(0).locator(".sc-numbers").get_by_text(re.compile(r"[1-9]\d* s · ≈ \d+ tokens/s")).wait_for()
    notebook.button(0, "Stop").click()
    notebook.wait_for_status(0, "stopped")

    notebook.run(1)
    notebook.button(1, "Details").click()
    details = notebook.view(1).get_by_role("group", name="Details of the answer")
    details.locator(".sc-legend").get_by_text("Waiting to retry").wait_for()
    notebook.wait_for_status(1, "done")
    details.get_by_role("img", name=re.compile(r"Waiting to retry \(Interrupted\): \d+\.\d+ s")).wait_for()
    kinds = details.locator(".sc-piece").evaluate_all("pieces => pieces.map((one) => one.dataset.kind)")
    assert [kind for kind in kinds if kind != "gap"] == ["connect", "stream", "wait", "connect", "stream"]
    assert details.locator("dt").first.evaluate("(one) => getComputedStyle(one).float") == "none"
    assert checked(notebook.page)["violations"] == []
    notebook.picture("numbers")


AGAIN = """\
cell.retry(temperature=0)
await cell
cell.changed"""


def test_versions_are_compared_with_the_kernel_and_without(open_notebook: Callable[..., Notebook]) -> None:
    notebook = open_notebook([ask("The quick brown fox jumps over the lazy dog.", "echo?rate=0"), AGAIN])
    notebook.run(0)
    notebook.wait_for_status(0, "done")
    notebook.run(1)
    assert "temperature 0" in str(notebook.outputs(1))
    view = notebook.view(0)
    assert view.locator(".sc-changed").inner_text() == "temperature 0"
    notebook.button(0, "Compare").click()
    view.get_by_text("The two texts are the same.").wait_for()
    assert checked(notebook.page)["violations"] == []

    # A saved notebook has both versions, and needs no kernel to compare them.
    def change(output: dict[str, object]) -> None:
        data = output["data"]["application/vnd.streamcell.answer+json"]  # type: ignore[index]
        data["others"][0]["parts"][0]["body"] = "The slow brown fox jumps over the lazy dog."

    notebook.reopen_without_kernel(change=change)
    notebook.button(0, "Compare").click()
    text = notebook.view(0).locator(".sc-difference-text")
    text.locator("ins").wait_for()
    assert (text.locator("del").all_inner_texts(), text.locator("ins").all_inner_texts()) == (["slow"], ["quick"])
    notebook.picture("difference")


@pytest.mark.long
def test_the_text_is_coloured_by_probability_and_its_markdown_is_a_switch_away(
    open_notebook: Callable[..., Notebook],
) -> None:
    notebook = open_notebook([ask("Explain entropy", "tour?rate=0", logprobs=True, top_logprobs=4)])
    notebook.run(0)
    notebook.wait_for_status(0, "done")
    view = notebook.view(0)
    tokens = view.get_by_role("group", name="Tokens and their probabilities")
    tokens.get_by_text("perplexity").wait_for()
    assert view.locator(".sc-text h1, .sc-text h2").first.is_hidden()
    tokens.locator(".sc-token-text").focus()
    notebook.page.keyboard.press("ArrowRight")
    notebook.page.keyboard.press("ArrowRight")
    tokens.get_by_text("entropy at least").wait_for()
    assert tokens.locator("[data-here]").get_attribute("data-at") == "2"
    view.get_by_role("button", name="Text", exact=True).click()
    assert view.locator(".sc-text h1, .sc-text h2").first.is_visible()

    notebook.reopen_without_kernel()
    notebook.view(0).get_by_text("perplexity").wait_for()
