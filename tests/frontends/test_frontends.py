"""One answer in each of the other front ends: it grows, it is what the server sent, Stop ends it, Retry asks again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.notebook import LIMIT, Growth

from .servers import ASKED, FRONT_ENDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamcell.rehearsal import Exchange, RehearsalServer

    from .page import AppPage

# These are in the main environment; `make test-long` has one with all of them.
QUICK = ("notebook", "shiny")


NAMES = [
    pytest.param(front_end.name, marks=[] if front_end.name in QUICK else pytest.mark.long) for front_end in FRONT_ENDS
]
pytestmark = pytest.mark.parametrize("server", NAMES, indirect=True)


def the_last(rehearsal: RehearsalServer, *, ended: str) -> Exchange:
    """The last request, once it is so."""
    last = rehearsal.exchanges[-1].request_id
    return rehearsal.wait_for(lambda one: one.request_id == last and one.ended == ended, timeout=LIMIT / 1000)


def test_stop_ends_the_request_and_retry_brings_the_whole_answer(
    open_app: Callable[[], AppPage], rehearsal: RehearsalServer
) -> None:
    app = open_app()
    first = app.wait_for_more_text(than=0)
    assert app.wait_for_more_text(than=first + 100) > first
    app.button("Stop").click()
    stopped = the_last(rehearsal, ended="closed_by_client")
    assert app.wait_for_status("stopped", "done") == "stopped"
    assert stopped.text_sent.startswith(app.copied())

    count = len(rehearsal.exchanges)
    growth = Growth(app.view)
    app.button("Retry").click()
    app.wait_for_status("streaming")
    assert app.wait_for_status("done", "failed", "interrupted") == "done"
    assert len(growth.lengths()) > 5, "the answer came in one piece"
    assert len(rehearsal.exchanges) == count + 1
    assert the_last(rehearsal, ended="finished").text_sent == ASKED
    assert app.copied() == ASKED
    # These come by name when they are needed: the highlighter's language, and math.
    app.answer.locator(".sc-code [class^=sc-t-]").first.wait_for(state="attached")
    app.answer.locator("math msqrt").wait_for(state="attached")


def test_a_later_page_shows_the_answer_too_and_so_does_one_that_is_reloaded_in_mid_stream(
    open_app: Callable[[], AppPage], rehearsal: RehearsalServer
) -> None:
    app = open_app()  # not the server's first page: that was another test's
    app.wait_for_more_text(than=100)
    count = len(rehearsal.exchanges)
    app.page.reload()
    app.wait_for_status("done")
    assert app.copied() == ASKED
    keeps = app.server.front_end.keeps
    assert len(rehearsal.exchanges) == count + (not keeps)
    if app.server.front_end.ends:
        left = rehearsal.exchanges[count - 1].request_id
        rehearsal.wait_for(lambda one: one.request_id == left and one.ended == "closed_by_client", timeout=LIMIT / 1000)
