"""Nothing moves but the growing end, and no answer gets lower while it grows: over the corpus, by four characters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sampling import SEED, sample

if TYPE_CHECKING:
    from collections.abc import Callable

    from .answer_page import AnswerPage

# Of all updates. What turns out to be something else may get lower: a table that is a paragraph, bold text that is not.
BOUNCES = 0.0005

# As it would be if the caret were in the lines.
LINE = ".streamcell .sc-answer[data-tip]::after { content: '\\a0'; display: block }"


def watch(page: AnswerPage, every: int, offset: int, style: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.page.evaluate(
        "([every, offset, style]) => proofs.watchShifts(every, offset, style)", [every, offset, style]
    )
    return found


@pytest.mark.parametrize("every", [6, pytest.param(1, marks=pytest.mark.long)])
def test_only_the_growing_end_moves(
    open_answer_page: Callable[[], AnswerPage], say: Callable[[str], None], every: int
) -> None:
    every, offset = sample(every)
    results = watch(open_answer_page(), every, offset)
    updates = sum(each["updates"] for each in results)
    bounces = [(each["name"], one) for each in results for one in each["bounces"]]
    say(f"{len(results)} answers, {updates} updates (STREAMCELL_SEED={SEED}), {len(bounces)} bounces")
    assert len(results) >= 320 // every
    assert [(each["name"], one) for each in results for one in each["moved"]] == []
    assert len(bounces) <= max(1, BOUNCES * updates), bounces


def test_a_caret_with_a_line_of_its_own_would_be_noticed(open_answer_page: Callable[[], AnswerPage]) -> None:
    results = watch(open_answer_page(), 20, 0, LINE)
    assert sum(len(each["bounces"]) for each in results) > 10
