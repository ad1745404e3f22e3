"""What was shown stays as it is while the answer grows: over the corpus, by four characters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from .answer_page import AnswerPage

# Of all characters shown.
RETRACTED_LIMIT = 0.01
RETRACTED_LIMIT_OF_EACH = 0.02


def share(results: list[dict[str, Any]]) -> float:
    return float(sum(each["retracted"] for each in results) / sum(each["shown"] for each in results))


def describe(result: dict[str, Any]) -> str:
    worst = result["worst"]
    return (
        f"{result['retracted']} of {result['shown']}: {result['name']}; at once {worst['retracted']}:\n"
        f"    {worst['before']!r}\n    {worst['after']!r}"
    )


def test_closed_blocks_are_not_touched_and_little_is_taken_back(
    open_answer_page: Callable[[], AnswerPage], say: Callable[[str], None]
) -> None:
    page = open_answer_page()
    results = page.evaluate("proofs.watchCorpus()")
    worst = sorted(results, key=lambda each: each["retracted"], reverse=True)[:8]
    say("\n".join(describe(each) for each in worst))
    say(f"{len(results)} answers, {sum(each['shown'] for each in results)} characters: {share(results):.2%} retracted")
    assert len(results) >= 300
    assert [(each["name"], each["touched"][:3]) for each in results if each["touched"]] == []
    assert share(results) <= RETRACTED_LIMIT
    assert page.events == []


def test_a_page_that_draws_everything_anew_would_be_noticed(
    open_answer_page: Callable[[], AnswerPage], say: Callable[[str], None]
) -> None:
    results = open_answer_page().evaluate("proofs.watchControl()")
    say(f"control: {share(results):.2%} retracted, {sum(len(each['touched']) for each in results)} changes")
    assert share(results) > RETRACTED_LIMIT
    assert all(each["touched"] for each in results)


def test_little_is_taken_back_in_any_language(
    open_answer_page: Callable[[], AnswerPage], say: Callable[[str], None]
) -> None:
    results = open_answer_page().evaluate("proofs.watchHabits()")
    say("\n".join(describe(each) for each in results))
    assert len(results) >= 9
    assert [(each["name"], share([each])) for each in results if share([each]) > RETRACTED_LIMIT_OF_EACH] == []
