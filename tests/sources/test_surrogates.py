"""Lone surrogates: joined where two deltas cut a pair apart, replaced where one stays alone."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamcell.sources.base import REPLACEMENT, Surrogates, field_of, parts_of


def run(*pieces: str) -> tuple[list[str], int]:
    surrogates = Surrogates()
    shown = [surrogates.feed(piece) for piece in pieces]
    return [*shown, surrogates.end()], surrogates.replaced


@pytest.mark.parametrize(
    ("pieces", "shown", "replaced"),
    [
        (["plain", "text"], ["plain", "text", ""], 0),
        (["grüße", "日本"], ["grüße", "日本", ""], 0),
        (["a\ud83d", "\ude00b"], ["a", "😀b", ""], 0),
        (["\ud83d", "", "\ude00"], ["", "", "😀", ""], 0),
        (["\ud83d\ude00"], ["😀", ""], 0),
        (["a\ud83d"], ["a", REPLACEMENT], 1),
        (["\ud83d", "plain"], ["", f"{REPLACEMENT}plain", ""], 1),
        (["a\ude00b"], [f"a{REPLACEMENT}b", ""], 1),
        (["\ud83d", "\ud83d", "\ude00"], ["", REPLACEMENT, "😀", ""], 1),
        (["\ude00\ud83d"], [REPLACEMENT, REPLACEMENT], 2),
        ([f"{REPLACEMENT}\ud83dx"], [f"{REPLACEMENT}{REPLACEMENT}x", ""], 1),
        (["", ""], ["", "", ""], 0),
    ],
)
def test_the_cases(pieces: list[str], shown: list[str], replaced: int) -> None:
    assert run(*pieces) == (shown, replaced)


HALVES = st.text(st.sampled_from("a\ud83d\ude00é😀" + REPLACEMENT), max_size=12)


@given(st.lists(HALVES | st.text(max_size=8), max_size=12))
def test_what_is_shown_is_always_encodable_and_does_not_depend_on_the_cuts(pieces: list[str]) -> None:
    shown, replaced = run(*pieces)
    for text in shown:
        text.encode("utf-8")
    whole, replaced_whole = run("".join(pieces))
    assert ("".join(shown), replaced) == ("".join(whole), replaced_whole)


@given(st.text(), st.data())
def test_well_formed_text_in_utf16_halves_comes_out_as_it_was(text: str, data: st.DataObject) -> None:
    units = json.loads("[" + ",".join(f'"\\u{unit:04x}"' for unit in _utf16(text)) + "]")
    cuts = sorted(data.draw(st.lists(st.integers(0, len(units)), max_size=5)))
    pieces = ["".join(units[start:end]) for start, end in zip([0, *cuts], [*cuts, len(units)], strict=True)]
    shown, replaced = run(*pieces)
    assert ("".join(shown), replaced) == (text, 0)


def _utf16(text: str) -> list[int]:
    raw = text.encode("utf-16-be")
    return [int.from_bytes(raw[at : at + 2], "big") for at in range(0, len(raw), 2)]


def test_fields_of_mappings_objects_and_anything_else() -> None:
    assert field_of({"a": 1}, "a") == 1
    assert field_of(AssertionError("x"), "args") == ("x",)
    assert [field_of(None, "a"), field_of({}, "a"), field_of("text", "a"), field_of(7, "a")] == [None] * 4
    assert [parts_of({"a": [1]}, "a"), parts_of({"a": (1,)}, "a")] == [[1], [1]]
    assert [parts_of({"a": None}, "a"), parts_of({"a": "text"}, "a"), parts_of(None, "a")] == [[], [], []]
