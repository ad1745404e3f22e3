"""The work for long answers in a page that is laid out, counted rather than timed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from .answer_page import AnswerPage

# Of the nodes that are there in the end.
CREATED_LIMIT = 1.5


def test_each_node_is_made_about_once(open_answer_page: Callable[[], AnswerPage], say: Callable[[str], None]) -> None:
    counts = open_answer_page().evaluate("proofs.countWork()")
    made = {each["kind"]: each["created"] / each["final"] for each in counts}
    say("nodes created, of those in the end: " + ", ".join(f"{kind} {share:.2f}" for kind, share in made.items()))
    assert {"mixed", "para", "fence", "list", "table"} <= set(made)
    assert {kind: share for kind, share in made.items() if not 1 <= share <= CREATED_LIMIT} == {}
