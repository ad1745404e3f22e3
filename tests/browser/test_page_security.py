"""Hostile answers, streamed at every cut: nothing runs, nothing is fetched, nothing gets out of its box."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.sampling import SEED, sample

if TYPE_CHECKING:
    from collections.abc import Callable

    from .answer_page import AnswerPage, AnswerServer

# Tabs that share the payloads; each has a process of its own.
TABS = 3

START = (
    "([part, parts, every, from]) => { window.outcome = null;"
    " proofs.attackAll(part, parts, {every, from}).then((it) => { window.outcome = it }) }"
)


@pytest.mark.parametrize("every", [9, pytest.param(1, marks=pytest.mark.long)])
def test_no_payload_does_anything_however_it_is_cut(
    answer_server: AnswerServer, open_answer_page: Callable[[], AnswerPage], say: Callable[[str], None], every: int
) -> None:
    """By character, and in two pieces: cut at every place, or at one of so many."""
    every, offset = sample(every)
    pages = [open_answer_page() for _ in range(TABS)]
    served = list(answer_server.requests)
    for part, page in enumerate(pages):
        page.evaluate(START, [part, TABS, every, offset])
    outcomes = []
    for page in pages:
        page.page.wait_for_function("window.outcome", timeout=600_000)
        outcomes.append(page.evaluate("window.outcome"))
    count = sum(outcome["count"] for outcome in outcomes)
    assert count >= 500
    assert [report for outcome in outcomes for report in outcome["reports"]] == []
    assert [asked for page in pages for asked in page.asked] == []
    assert [event for page in pages for event in page.events] == []
    assert [page.page.url for page in pages] == [answer_server.url] * TABS
    assert answer_server.requests == served
    drawn = sum(outcome["drawn"] for outcome in outcomes)
    cuts = "every cut" if every == 1 else f"one of {every} cuts (STREAMCELL_SEED={SEED})"
    say(f"{count} payloads at {cuts}, drawn {drawn} times: nothing ran, nothing was fetched")


CONTROL = {
    "<img src=x onerror=alert(1)>": "alert",
    "<svg onload=alert(1)>": "alert",
    '<a href="javascript:alert(1)">a</a>': "leads to javascript:",
    '<div style="position:fixed">a</div>': "style",
    '<b id="location">a</b>': "not an allowed attribute",
    '<img name="cookie">': "a name of the page was taken",
    '<img src="https://evil.example/pixel.png">': "img-src https://evil.example/pixel.png",
    "<script>alert(1)</script>": "<script>",
    '<link rel="stylesheet" href="https://evil.example/x.css">': "style-src-elem https://evil.example/x.css",
}


def test_a_page_that_trusts_its_text_would_be_noticed(open_answer_page: Callable[[], AnswerPage]) -> None:
    page = open_answer_page()
    reports = page.evaluate("(payloads) => proofs.attackControl(payloads)", list(CONTROL))
    noticed = {report["payload"]: " ".join(report["wrong"]) for report in reports}
    for payload, sign in CONTROL.items():
        assert sign in noticed.get(payload, ""), payload
    page.wait_until_asked("evil.example")
