"""Reasoning between tags at the start of a text is told apart, however the text is cut."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamcell.sources.openai.thinking import ThinkTags, without_thinking


def split(*texts: str) -> tuple[str, str]:
    """Return the reasoning and the text of a text that comes in these pieces."""
    tags = ThinkTags()
    pieces = [piece for text in texts for piece in tags.feed(text)] + tags.end()
    return tuple("".join(text for kind, text in pieces if kind == name) for name in ("reasoning", "text"))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("text", "reasoning", "shown"),
    [
        ("<think>Hm.</think>Hi", "Hm.", "Hi"),
        ("\n<think>\nHm.\n\nSo.\n</think>\n\nHi\n", "Hm.\n\nSo.", "Hi\n"),
        ("<think>\n\n</think>\n\nHi", "", "Hi"),
        ("<think>Hm", "Hm", ""),
        ("<think>a < b </thin k", "a < b </thin k", ""),
        ("◁think▷Hm◁/think▷Hi", "Hm", "Hi"),
        ("<thought>Hm</thought>Hi", "Hm", "Hi"),
        ("Write <think>Hm</think>", "", "Write <think>Hm</think>"),
        ("<thinker> is a tag", "", "<thinker> is a tag"),
        ("<think>Hm</think>Hi <think>x</think>", "Hm", "Hi <think>x</think>"),
        (" \n Hi", "", " \n Hi"),
        ("<", "", "<"),
        ("", "", ""),
    ],
)
def test_whole_and_by_character(text: str, reasoning: str, shown: str) -> None:
    assert split(text) == (reasoning, shown)
    assert split(*text) == (reasoning, shown)
    assert without_thinking(text) == shown


@given(
    st.lists(st.sampled_from(["<think>", "</think>", "<thi", "</", "nk>", "\n", " ", "a", "b <"]), max_size=12),
    st.lists(st.integers(0, 60), max_size=6),
)
def test_cuts_do_not_matter(pieces: list[str], cuts: list[int]) -> None:
    text = "".join(pieces)
    places = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    assert split(*(text[a:b] for a, b in itertools.pairwise(places))) == split(text)
