"""What a provider's finish reason means, whatever it calls it."""

from __future__ import annotations

import pytest

from streamcell.answer.finish import FINISH_REASONS, Meaning, finish_of


@pytest.mark.parametrize(
    ("word", "reason", "meaning"),
    [
        ("stop", "stop", Meaning.WHOLE),
        ("STOP", "stop", Meaning.WHOLE),
        ("end_turn", "stop", Meaning.WHOLE),
        (" eos_token ", "stop", Meaning.WHOLE),
        ("MAX_TOKENS", "length", Meaning.LIMIT),
        ("max-tokens", "length", Meaning.LIMIT),
        ("model_context_window_exceeded", "length", Meaning.LIMIT),
        ("SAFETY", "content_filter", Meaning.FILTERED),
        ("tool_use", "tool_calls", Meaning.TOOL),
        ("abort", "error", Meaning.TROUBLE),
        ("insufficient_system_resource", "error", Meaning.TROUBLE),
        ("moon", "moon", Meaning.UNKNOWN),
    ],
)
def test_a_providers_word_is_known(word: str, reason: str, meaning: Meaning) -> None:
    found = finish_of(word)
    assert (found.reason, found.meaning, found.word) == (reason, meaning, word.strip())
    assert (found.notice is not None) == (meaning is Meaning.UNKNOWN)


def test_only_whole_answers_and_cut_ones_can_be_done() -> None:
    by_reason = {finish.reason: finish.meaning for finish in FINISH_REASONS.values()}
    assert len(by_reason) == len(Meaning) - 1, "a reason of ours has one meaning"
    assert by_reason["stop"] is Meaning.WHOLE
    assert all(word == finish.word == word.lower() for word, finish in FINISH_REASONS.items())


def test_an_endless_word_is_bounded() -> None:
    assert len(finish_of("x" * 100_000).notice or "") < 200
