from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamcell.rehearsal._tokens import count, pieces

# What tears most easily: combining marks, joiners, skin tones, flags, keycaps, line ends, scripts without spaces.
TRICKY = st.text(
    st.sampled_from("a b1_é\u0301\u200d\ufe0f\u20e3👩👧🏽🏾🇮🇸🇫🏴\U000e0067\U000e007f\r\n\t 漢かन्सम\u0644א한\u1161`*|")
)


@given(st.text() | TRICKY)
def test_joined_pieces_are_the_text(text: str) -> None:
    assert "".join(pieces(text)) == text
    assert all(pieces(text))


@pytest.mark.parametrize(
    "together",
    ["👩‍👩‍👧‍👦", "👍🏾", "🇮🇸", "🏴󠁧󠁢󠁷󠁬󠁳󠁿", "3️⃣", "e\u0301", "नि", "❤️", "\r\n", "\u1112\u1161\u11ab", "🏳️‍🌈"],
)
@given(before=st.text(max_size=12), after=st.text(st.sampled_from("ab 1.\n漢"), max_size=12))
def test_what_a_reader_sees_as_one_stays_in_one_piece(together: str, before: str, after: str) -> None:
    if before.endswith(tuple("🇦🇧🇨🇩🇪🇫🇬🇭🇮🇯🇰🇱🇲🇳🇴🇵🇶🇷🇸🇹🇺🇻🇼🇽🇾🇿")):
        before = ""  # half a flag before a flag makes another flag
    start = len(before)
    ends, at = set(), 0
    for piece in pieces(before + together + after):
        at += len(piece)
        ends.add(at)
    assert not ends & set(range(start + 1, start + len(together)))


def test_words_take_the_space_before_them() -> None:
    assert pieces("Explain entropy, please.\n\nNow!") == [
        "Explain",
        " entropy",
        ",",
        " please",
        ".",
        "\n\n",
        "Now",
        "!",
    ]


def test_long_words_and_numbers_come_in_parts() -> None:
    assert pieces("incomprehensibilities 1234567") == ["incom", "prehe", "nsibi", "lities", " 123", "456", "7"]


def test_indentation_stays_apart_from_the_word() -> None:
    assert pieces("    return x") == ["   ", " return", " x"]


def test_count_is_the_number_of_pieces() -> None:
    assert count("Explain entropy, please.") == 5
    assert count("") == 0


def test_many_combining_marks_cost_linear_time() -> None:
    assert pieces("a" + "\u0301\u0302" * 100_000) == ["a" + "\u0301\u0302" * 100_000]
