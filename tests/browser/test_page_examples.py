"""The specifications' examples, the corpus and generated documents are drawn the same streamed and whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from .answer_page import AnswerPage


def test_streamed_by_character_the_page_is_what_it_is_whole(
    open_answer_page: Callable[[], AnswerPage], say: Callable[[str], None]
) -> None:
    result = open_answer_page().evaluate("proofs.compareExamples()")
    say(f"{result['count']} documents compared")
    assert result["count"] >= 652 + 59 + 300 + 4000
    assert result["differences"] == []
